"""Motifs: matrices from consensus, MEME or JASPAR text; well-known ones with their sources; scanning and matching."""

from biocore.motif.known import KNOWN, for_factor, known_motifs
from biocore.motif.matrix import Motif, from_consensus
from biocore.motif.parse import parse_motifs
from biocore.motif.scan import P_VALUE, Hit, MapMatch, match_map, scan, score_distribution, threshold

__all__ = [
    "KNOWN",
    "P_VALUE",
    "Hit",
    "MapMatch",
    "Motif",
    "for_factor",
    "from_consensus",
    "known_motifs",
    "match_map",
    "parse_motifs",
    "scan",
    "score_distribution",
    "threshold",
]
