"""Transcription-factor binding: one-hot DNA (N, L, 4) -> calibrated log-odds (N,), in JAX and flax."""

from biocore.tfbinding.model import TFModel, TrackResult, load, probability, scores, strand_scores, track
from biocore.tfbinding.network import MIN_LENGTH, VARIANTS, Architecture
from biocore.tfbinding.sites import Site, bedgraph, binned_maximum, strongest_sites, window_around
from biocore.tfbinding.tracks import (
    STRANDS,
    Overview,
    WindowTrack,
    on_strand,
    overview,
    record_tracks,
    site_table,
    track_table,
)

__all__ = [
    "STRANDS",
    "Overview",
    "Site",
    "WindowTrack",
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
    "TrackResult",
    "load",
    "probability",
    "scores",
    "strand_scores",
    "track",
]
