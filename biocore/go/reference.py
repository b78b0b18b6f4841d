"""The annotated proteins a model knows: what neighbours are found by, and what they are annotated with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from biocore.go.homology import HomologyIndex


@dataclass(frozen=True)
class Reference:
    """Annotated training proteins: no sequences, only what neighbours are found by and what they are annotated with.

    Attributes
    ----------
    accessions : tuple of str, length M
    vectors : float array, (M, d)
        Embeddings on their main axes.
    homology : HomologyIndex
    starts, terms : int arrays
        Terms of protein i are ``terms[starts[i]:starts[i + 1]]``, as numbers of `term_ids`.
    term_ids, term_names : tuples of str
        Every term a training protein has, also those too rare for the network.
    """

    accessions: tuple[str, ...]
    vectors: np.ndarray
    homology: HomologyIndex
    starts: np.ndarray
    terms: np.ndarray
    term_ids: tuple[str, ...]
    term_names: tuple[str, ...]

    def __post_init__(self):
        proteins = len(self.accessions)
        if not len(self.vectors) == len(self.homology) == len(self.starts) - 1 == proteins:
            raise ValueError("one vector, one string of groups and one list of terms for each reference protein")
        if int(self.starts[-1]) != len(self.terms) or len(self.term_ids) != len(self.term_names):
            raise ValueError("the reference proteins' terms do not fit their lists or names")

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], *, filtered: bool = False) -> "Reference":
        """From a model's arrays, as `go.train.fit` writes them; `filtered` as in `HomologyIndex`."""
        return cls(
            tuple(lines(arrays["text.accessions"])),
            arrays["reference.vectors"].astype(np.float32),
            HomologyIndex.from_arrays(arrays, filtered=filtered),
            arrays["reference.starts"],
            arrays["reference.terms"],
            tuple(lines(arrays["text.terms"])),
            tuple(lines(arrays["text.names"])),
        )

    def __len__(self) -> int:
        return len(self.accessions)

    def first(self, count: int) -> "Reference":
        """The first `count` proteins alone."""
        end = int(self.starts[count])
        return replace(
            self,
            accessions=self.accessions[:count],
            vectors=self.vectors[:count],
            homology=self.homology.first(count),
            starts=self.starts[: count + 1],
            terms=self.terms[:end],
        )

    def terms_of(self, protein: int) -> list[str]:
        """Identifiers of a reference protein's terms.

        Parameters
        ----------
        protein : int
            0-based row.

        Returns
        -------
        list of str
        """
        return [self.term_ids[t] for t in self.terms[self.starts[protein] : self.starts[protein + 1]]]

    @cached_property
    def names(self) -> dict[str, str]:
        """Identifier -> name."""
        return dict(zip(self.term_ids, self.term_names, strict=True))

    @cached_property
    def term_counts(self) -> dict[str, int]:
        """Identifier -> how many reference proteins have it."""
        counts = np.bincount(self.terms.astype(int), minlength=len(self.term_ids))
        return dict(zip(self.term_ids, counts.tolist(), strict=True))

    def labels(self, vocabulary: Sequence[str]) -> np.ndarray:
        """Bool array (M, T) over a vocabulary.

        Parameters
        ----------
        vocabulary : sequence of str, T
        """
        column = {term: i for i, term in enumerate(vocabulary)}
        place = np.array([column.get(term, -1) for term in self.term_ids])[self.terms.astype(int)]
        rows = np.repeat(np.arange(len(self)), np.diff(self.starts.astype(int)))
        matrix = np.zeros((len(self), len(vocabulary)), dtype=bool)
        matrix[rows[place >= 0], place[place >= 0]] = True
        return matrix


def lines(array: np.ndarray) -> list[str]:
    """The reverse of `as_lines`."""
    return array.tobytes().decode().split("\n")


def as_lines(texts: Sequence[str]) -> np.ndarray:
    """Texts without line breaks as bytes, uint8, for safetensors."""
    return np.frombuffer("\n".join(texts).encode(), dtype=np.uint8).copy()
