"""Which proteins go through a model together: batches of nearly equal lengths."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SPECIAL_TOKENS = 2  # <cls> and <eos>


@dataclass(frozen=True)
class BatchPlan:
    """Which sequences go through a model together.

    Attributes
    ----------
    batches : tuple of int tuples
        Indices of the sequences of each batch, short ones first.
    tokens, padding : int
        Real tokens (with ``<cls>`` and ``<eos>``), and the padding that makes the rows of a batch equally long.
    """

    batches: tuple[tuple[int, ...], ...]
    tokens: int
    padding: int

    @property
    def padding_fraction(self) -> float:
        """Fraction of the computed tokens that is padding; NaN for an empty plan."""
        return self.padding / (self.tokens + self.padding) if self.batches else float("nan")


def plan(lengths: Sequence[int], *, budget: int) -> BatchPlan:
    """Sort by length and fill batches up to `budget` tokens, padding included.

    Parameters
    ----------
    lengths : list of int
        Residues of each sequence.
    budget : int
        Tokens in one batch.  A longer sequence is a batch of its own.
    """
    order = sorted(range(len(lengths)), key=lambda i: (lengths[i], i))
    batches: list[list[int]] = []
    for index in order:
        width = lengths[index] + SPECIAL_TOKENS
        if not batches or (len(batches[-1]) + 1) * width > budget:
            batches.append([])
        batches[-1].append(index)
    return measured(batches, lengths)


def in_file_order(lengths: Sequence[int], *, size: int) -> BatchPlan:
    """Batches of `size` sequences as they come: what `plan` is compared with."""
    batches = [range(start, min(start + size, len(lengths))) for start in range(0, len(lengths), size)]
    return measured(batches, lengths)


def measured(batches: Iterable[Iterable[int]], lengths: Sequence[int]) -> BatchPlan:
    """A plan with its tokens and padding counted."""
    kept = tuple(tuple(batch) for batch in batches)
    widths = [[lengths[i] + SPECIAL_TOKENS for i in batch] for batch in kept]
    tokens = sum(map(sum, widths))
    return BatchPlan(kept, tokens, sum(len(w) * max(w) for w in widths) - tokens)
