"""The library of families as a model of the zoo."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from biocore.families.alignments import alignment_profile
from biocore.families.blend import Blend, blend_of
from biocore.families.columns import CODES
from biocore.families.database import Database, Progress, database_profile
from biocore.families.hmm import CALIBRATION
from biocore.families.library import Library
from biocore.families.mixture import Mixture
from biocore.families.profile import Profile
from biocore.families.search import PRIOR, Aligned, FamilySearch
from biocore.families.unpacked import folder_of
from biocore.sequence import AMINO_ACIDS
from biocore.zoo import ModelCard, weights

MAX_RESIDUES = 20_000


class Families:
    """Profiles of proteins from the embedded library, an alignment, or a database.

    Parameters
    ----------
    library : Library
    card : ModelCard
    hash : str
        Changes with the library.
    """

    def __init__(self, library: Library, card: ModelCard, *, hash: str):
        self.library, self.card, self.hash = library, card, hash
        self._search = FamilySearch(library)

    @property
    def name(self) -> str:
        return self.card.name

    @property
    def family_search(self) -> FamilySearch:
        """What finds families, for measuring it piece by piece."""
        return self._search

    def profile(self, sequence: str, *, hidden: tuple[int, ...] = ()) -> Profile:
        """What the embedded families say about each residue.

        Parameters
        ----------
        sequence : str, length L
            Cleaned protein.
        hidden : tuple of int
            0-based positions that are X to the search, so that the answer there owes nothing to what stands there.

        Notes
        -----
        Columns of a family do not depend on the protein; hiding a residue changes only which families are found and how
        they are aligned.  `evaluate families` measures by how much.
        """
        return self._search.profile(_hide(sequence, hidden))

    def search(self, sequence: str, *, evalue: float = 1e-3, families: Sequence[int] | None = None) -> list[Aligned]:
        """Aligned stretches up to an E-value, best first; see `FamilySearch.search`."""
        return self._search.search(_hide(sequence, ()), evalue=evalue, families=families)

    def candidates(self, sequence: str, *, most: int) -> np.ndarray:
        """Families that pass the quick filter, best first; see `FamilySearch.candidates`."""
        return self._search.candidates(_hide(sequence, ()), most=most)

    def alignment_profile(self, sequence: str, text: str, *, source: str = "your alignment") -> Profile:
        """The profile from an alignment; see `biocore.families.alignments.alignment_profile`."""
        return alignment_profile(text, sequence, self.library.prior, pseudocount=PRIOR, source=source)

    def database_profile(
        self, sequence: str, path: Path | Database, *, hidden: tuple[int, ...] = (), progress: Progress | None = None
    ) -> Profile:
        """The profile from a FASTA database; see `biocore.families.database.database_profile`."""
        return database_profile(_hide(sequence, hidden), path, self.library.prior, pseudocount=PRIOR, progress=progress)

    def blend(self, language_model: str) -> Blend:
        """The weights for blending with a language model, by its name."""
        return blend_of(self.card.details, language_model)


def _hide(sequence: str, hidden: tuple[int, ...]) -> str:
    letters = np.frombuffer(sequence.encode("ascii"), np.uint8).copy()
    letters[CODES[letters] >= len(AMINO_ACIDS)] = ord("X")
    letters[list(hidden)] = ord("X")
    return letters.tobytes().decode()


def as_tensors(library: Library) -> dict[str, np.ndarray]:
    """A library as named arrays, for safetensors."""
    return {
        "lengths": library.lengths.astype(np.int32),
        "members": library.members.astype(np.int32),
        "blocks": np.concatenate(library.blocks),
        "block_sizes": np.array([len(block) for block in library.blocks], np.int64),
        "trust": library.trust.astype(np.float32),
        "alphabet_weights": library.alphabet.weights,
        "alphabet_components": library.alphabet.components,
        "prior_weights": library.prior.weights,
        "prior_components": library.prior.components,
        "calibration": np.array([library.calibration[name] for name in CALIBRATION], np.float32),
    }


def from_tensors(tensors: dict[str, np.ndarray]) -> Library:
    """Inverse of `as_tensors`."""
    edges = np.concatenate([[0], np.cumsum(tensors["block_sizes"])])
    return Library(
        tensors["lengths"],
        tensors["members"],
        tuple(tensors["blocks"][a:b] for a, b in zip(edges[:-1], edges[1:], strict=True)),
        tensors["trust"],
        Mixture(tensors["alphabet_weights"], tensors["alphabet_components"]),
        Mixture(tensors["prior_weights"], tensors["prior_components"]),
        dict(zip(CALIBRATION, tensors["calibration"].tolist(), strict=True)),
    )


def load(card: ModelCard) -> Families:
    """The library of a card.

    Raises
    ------
    ModelUnavailable
        Its file is not on this machine, or is damaged.
    """
    from safetensors.numpy import load_file

    path = weights(card)
    tensors: dict[str, Any] = load_file(path)
    sha256 = card.sha256.get(path.name, "")
    return Families(replace(from_tensors(tensors), folder=folder_of(sha256)), card, hash=sha256[:16])
