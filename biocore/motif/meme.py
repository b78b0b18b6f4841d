"""Motifs written as MEME text (minimal format), which other tools read."""

from collections.abc import Sequence

from biocore.motif.matrix import Motif


def meme_text(motifs: Sequence[Motif]) -> str:
    """MEME text of motifs; `parse_motifs` reads it back.

    Parameters
    ----------
    motifs : sequence of Motif

    Returns
    -------
    str
    """
    lines = ["MEME version 4", "", "ALPHABET= ACGT", "", "strands: + -", ""]
    for motif in motifs:
        lines += [f"MOTIF {motif.name.replace(' ', '_')}", f"letter-probability matrix: alength= 4 w= {len(motif)}"]
        lines += [" ".join(f"{value:.6f}" for value in row) for row in motif.probabilities]
        lines.append("")
    return "\n".join(lines)
