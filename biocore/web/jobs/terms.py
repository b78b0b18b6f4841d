"""Limits, retention and privacy, in words and numbers."""

import streamlit as st

from biocore.jobs.limits import limits


def show_terms() -> None:
    """What one visitor may ask for, how long it is kept, and who can see it."""
    here = limits()
    st.markdown(
        f"- **Limits.** A job takes up to {here.records:,} records and {here.residues:,} residues or bases; "
        f"{here.queued:,} of your jobs may run or wait at a time. Visitors take turns, one long job of each at a time. "
        "On your own machine `python -m biocore jobs run` has no limit.\n"
        f"- **Kept** for {here.days:,.0f} days after the end, then deleted with its input. Where all results together "
        f"take more than {here.gb:g} GB, those unused for longest go first; the job stays and can be run again.\n"
        "- **Who sees a job.** Only this browser, by a random key in its storage: clear that, and the jobs cannot be "
        "opened any more. *Share* makes a link that lets whoever has it see the input and the result until you delete "
        "the job. Whoever runs this server can read what is stored on it.\n"
        "- **A model you train** is offered to this browser only, and deleted with its job.\n"
        "- **The same question** is answered once: a job whose results are known, also from somebody else's question, "
        "is done at once."
    )
