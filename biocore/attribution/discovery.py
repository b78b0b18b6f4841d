"""What a model learned: motifs from mutagenesis of many sequences."""

from collections.abc import Sequence

import numpy as np

from biocore.attribution.ism import Predictor, mutation_scans
from biocore.errors import InputError
from biocore.motif.discovery import DiscoveredMotif, discover, window_strength
from biocore.sequence import clean_dna, dinucleotide_shuffle, one_hot

FEWEST = 20  # sequences
_SHUFFLED = 100  # sequences shuffled for the null distribution


def discover_motifs(
    predict: Predictor, sequences: Sequence[str], *, seed: int = 0, least: int = 20, name: str = "motif"
) -> list[DiscoveredMotif]:
    """In-silico mutagenesis of sequences that are bound, and the motifs it shows.

    Parameters
    ----------
    predict : callable, (N, L, 4) -> (N,) log-odds
    sequences : sequence of str
        Of one length, A C G T N.
    seed : int
        For the shuffles that say what stands out.
    least : int
        Fewest seqlets of a motif.
    name : str
        For the motifs' names.

    Returns
    -------
    list of DiscoveredMotif

    Raises
    ------
    InputError
        Fewer than 20 sequences, of several lengths, or too few stretches stand out.
    """
    cleaned, shuffled = with_shuffles(sequences, seed=seed)
    effects, null = (np.stack([scan.centred for scan in mutation_scans(predict, some)]) for some in (cleaned, shuffled))
    return motifs_of(cleaned, effects, shuffled, null, least=least, name=name)


def with_shuffles(sequences: Sequence[str], *, seed: int = 0) -> tuple[list[str], list[str]]:
    """The cleaned sequences, and shuffles of at most 100 of them that say what stands out.

    Parameters and errors as of `discover_motifs`.
    """
    if len(sequences) < FEWEST:
        raise InputError(f"{len(sequences)} sequences; {FEWEST} or more are needed to find what they have in common.")
    cleaned = [clean_dna(s).sequence for s in sequences]
    if len({len(s) for s in cleaned}) != 1:
        raise InputError("Sequences of one length are needed.")
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(len(cleaned))[:_SHUFFLED]
    return cleaned, [dinucleotide_shuffle(cleaned[i].replace("N", "A"), rng) for i in chosen]


def motifs_of(
    cleaned: Sequence[str], effects: np.ndarray, shuffled: Sequence[str], null: np.ndarray, *, least: int, name: str
) -> list[DiscoveredMotif]:
    """Motifs from the effects of sequences and of their shuffles, float (N, L, 4) and (M, L, 4), each centred.

    What `with_shuffles` gives, scanned; the rest as `discover_motifs`.
    """
    chance = window_strength(null, one_hot(shuffled)).max(axis=1)
    return discover(effects, one_hot(cleaned), chance, least=least, name=name)
