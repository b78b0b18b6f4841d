"""Transcription-factor binding: one-hot DNA (N, L, 4) -> calibrated log-odds (N,), in JAX and flax."""

from biocore.tfbinding.model import TFModel, TrackResult, load, probability, scores, strand_scores, track
from biocore.tfbinding.network import MIN_LENGTH, VARIANTS, Architecture

__all__ = [
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
