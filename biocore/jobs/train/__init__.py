"""Kinds of jobs that train a user's own model."""
