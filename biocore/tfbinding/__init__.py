"""Transcription-factor binding: one-hot DNA (N, L, 4) -> calibrated log-odds (N,), in JAX and flax."""

from biocore.tfbinding.loading import load
from biocore.tfbinding.model import TFModel, probability, record_tracks, scores, strand_scores, track
from biocore.tfbinding.network import MIN_LENGTH, VARIANTS, Architecture
from biocore.tfbinding.sites import Site, bedgraph, binned_maximum, strongest_sites, window_around
from biocore.tfbinding.tracks import (
    STRANDS,
    Overview,
    Track,
    on_strand,
    overview,
    site_table,
    track_table,
)

__all__ = [
    "STRANDS",
    "Overview",
    "Site",
    "Track",
    "bedgraph",
    "binned_maximum",
    "on_strand",
    "overview",
    "record_tracks",
    "site_table",
    "strongest_sites",
    "track_table",
    "window_around",
    "MIN_LENGTH",
    "VARIANTS",
    "Architecture",
    "TFModel",
    "load",
    "probability",
    "scores",
    "strand_scores",
    "track",
]
