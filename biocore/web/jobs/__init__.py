"""The Jobs page in parts: this browser's jobs, many proteins in one go, and what is kept for how long."""

from biocore.web.jobs.listing import show_jobs
from biocore.web.jobs.many import submit_many
from biocore.web.jobs.terms import show_terms

__all__ = ["show_jobs", "show_terms", "submit_many"]
