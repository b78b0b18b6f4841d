"""What the alleles of a VCF do to every factor: each allele in the middle of a window of its own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from biocore.errors import InputError
from biocore.io.fasta import FastaEntry
from biocore.io.vcf import Vcf, VcfVariant, is_bases
from biocore.sequence import IUPAC_DNA, one_hot
from biocore.tfbinding.model import WINDOW, TFModel, scores

LONGEST_ALLELE = 51  # bp: half of the window is left for what stands around
_SHOWN = 3  # mismatches named in a message
_ROWS = 4096  # windows scored in one call
_NOT_DNA = str.maketrans({letter: "N" for letter in IUPAC_DNA if letter not in "ACGTN"} | {"U": "T"})


@dataclass(frozen=True)
class AlleleEffects:
    """Log-odds of every allele.

    Attributes
    ----------
    tfs : tuple of str, length F
    variants : tuple of VcfVariant, length V
    alleles : int array, (A, 2)
        Variant (0-based) and which of its alternate alleles, for each that was scored or skipped.
    reference, alternate : float array, (F, A)
        Log-odds (natural log); NaN where an allele was skipped.
    skipped : mapping of int to str
        Row of `alleles` -> why.
    """

    tfs: tuple[str, ...]
    variants: tuple[VcfVariant, ...]
    alleles: np.ndarray
    reference: np.ndarray
    alternate: np.ndarray
    skipped: dict[int, str]

    def __post_init__(self):
        shape = (len(self.tfs), len(self.alleles))
        if self.reference.shape != shape or self.alternate.shape != shape:
            raise ValueError(f"reference (={self.reference.shape}) and alternate must be {shape}.")

    @property
    def change(self) -> np.ndarray:
        """Alternate minus reference, (F, A)."""
        return self.alternate - self.reference

    def table(self) -> pd.DataFrame:
        """A row for each alternate allele and factor, in the file's order.

        Returns
        -------
        DataFrame
            chromosome, position (1-based), id, ref, alt, tf, log_odds_ref, log_odds_alt, change, note.
        """
        count = len(self.tfs)
        of = [self.variants[v] for v in self.alleles[:, 0]]
        columns = {
            "chromosome": [v.chromosome for v in of],
            "position": [v.position + 1 for v in of],
            "id": [v.id for v in of],
            "ref": [v.ref for v in of],
            "alt": [v.alts[a] for v, a in zip(of, self.alleles[:, 1], strict=True)],
        }
        table = pd.DataFrame({name: np.repeat(np.array(values, object), count) for name, values in columns.items()})
        table["position"] = table.position.astype(int)
        table["tf"] = np.tile(self.tfs, len(of))
        table["log_odds_ref"] = self.reference.T.ravel()
        table["log_odds_alt"] = self.alternate.T.ravel()
        table["change"] = self.change.T.ravel()
        table["note"] = np.repeat([self.skipped.get(i, "") for i in range(len(of))], count)
        return table

    def info(self) -> tuple[list[str], list[dict[str, str]]]:
        """INFO fields for `io.vcf.vcf_text`: their declarations, and the values for each variant.

        Returns
        -------
        declarations : list of str
        values : list of dict, length V
        """
        declarations = []
        for tf in self.tfs:
            declarations += [
                f'##INFO=<ID=TFB_REF_{tf},Number=1,Type=Float,Description="Log-odds of {tf} binding, reference">',
                f'##INFO=<ID=TFB_ALT_{tf},Number=A,Type=Float,Description="Log-odds of {tf} binding, alternate">',
                f'##INFO=<ID=TFB_CHANGE_{tf},Number=A,Type=Float,Description="Change of the log-odds of {tf} binding">',
            ]
        values: list[dict[str, str]] = []
        rows = np.split(np.arange(len(self.alleles)), np.flatnonzero(np.diff(self.alleles[:, 0])) + 1)
        for members in rows:
            fields = {}
            for f, tf in enumerate(self.tfs):
                known = self.reference[f, members][np.isfinite(self.reference[f, members])]
                fields[f"TFB_REF_{tf}"] = _number(known[0] if len(known) else np.nan)
                fields[f"TFB_ALT_{tf}"] = ",".join(_number(v) for v in self.alternate[f, members])
                fields[f"TFB_CHANGE_{tf}"] = ",".join(_number(v) for v in self.change[f, members])
            values.append(fields)
        return declarations, values


@dataclass(frozen=True)
class AlleleWindows:
    """The windows that `allele_effects` scores, each of them once.

    Attributes
    ----------
    variants, alleles, skipped
        As of `AlleleEffects`.
    texts : tuple of str
        The windows, of one length.
    pairs : int array, (A, 2)
        Of `texts`: the reference and the alternate allele's; -1 where an allele was skipped.
    """

    variants: tuple[VcfVariant, ...]
    alleles: np.ndarray
    skipped: dict[int, str]
    texts: tuple[str, ...]
    pairs: np.ndarray

    def effects(self, tfs: Sequence[str], log_odds: np.ndarray) -> AlleleEffects:
        """What the alleles do, from the log-odds of each window, float (F, len(texts)); NaN where one is not known."""
        known = np.column_stack([log_odds, np.full(len(tfs), np.nan)])  # the last for what was skipped: index -1
        reference, alternate = known[:, self.pairs[:, 0]], known[:, self.pairs[:, 1]]
        return AlleleEffects(tuple(tfs), self.variants, self.alleles, reference, alternate, self.skipped)


def _number(value: float) -> str:
    return f"{value:.4f}" if np.isfinite(value) else "."


def allele_effects(
    models: Sequence[TFModel], vcf: Vcf, reference: Iterable[FastaEntry], *, window: int = WINDOW
) -> AlleleEffects:
    """Score both alleles of every variant with every factor.

    Parameters
    ----------
    models : sequence of TFModel, length F
    vcf : Vcf
    reference : iterable of FastaEntry
        Read once, one sequence in memory at a time; ``chr1`` and ``1`` count as one name.
    window : int
        bp.

    Returns
    -------
    AlleleEffects

    Raises
    ------
    InputError
        A reference allele is not what the reference sequence has there, a position lies behind its end, or a chromosome
        is not in it; the message names the lines.

    Notes
    -----
    Each allele stands in the middle of a window of its own, so both windows have one length; beyond the sequence's ends
    bases are unknown.  Alleles that are not written out (``<DEL>``, ``*``) or have more than 51 bp are skipped.
    """
    windows = allele_windows(vcf, reference, window=window)
    parts = [windows.texts[begin : begin + _ROWS] for begin in range(0, len(windows.texts), _ROWS)]
    none = np.empty((len(models), 0))
    found = np.concatenate([none, *(scores(models, one_hot(part)) for part in parts)], axis=1)
    return windows.effects([model.tf for model in models], found)


def allele_windows(vcf: Vcf, reference: Iterable[FastaEntry], *, window: int = WINDOW) -> AlleleWindows:
    """Each allele of a VCF in the middle of its window.  Parameters, errors and notes as of `allele_effects`."""
    windows = _windows(vcf, reference, window)
    alleles = np.array([(v, a) for v, variant in enumerate(vcf.variants) for a in range(len(variant.alts))])
    texts: dict[str, int] = {}
    pairs = np.full((len(alleles), 2), -1)
    skipped = {}
    for row, (v, a) in enumerate(alleles):
        variant = vcf.variants[v]
        why = _why_skipped(variant, variant.alts[a])
        if why:
            skipped[row] = why
            continue
        around = windows[v]
        for side, allele in enumerate((variant.ref, variant.alts[a])):
            text = _around(around, window, len(variant.ref), allele)
            pairs[row, side] = texts.setdefault(text, len(texts))
    return AlleleWindows(vcf.variants, alleles, skipped, tuple(texts), pairs)


def _why_skipped(variant: VcfVariant, alt: str) -> str:
    if not is_bases(alt):
        return f"{alt} is not written out in bases"
    longest = max(len(variant.ref), len(alt))
    return f"an allele has {longest} bp; up to {LONGEST_ALLELE} are scored" if longest > LONGEST_ALLELE else ""


def _around(around: str, window: int, ref: int, allele: str) -> str:
    """The allele in the middle of its window; `around` has `window` bases on either side of the reference allele."""
    left = (window - len(allele)) // 2
    right = window - left - len(allele)
    return around[window - left : window] + allele + around[window + ref : window + ref + right]


def _windows(vcf: Vcf, reference: Iterable[FastaEntry], window: int) -> dict[int, str]:
    """For each variant the bases around it: `window` of them on either side, N beyond the ends."""
    wanted: dict[str, list[int]] = {}
    for v, variant in enumerate(vcf.variants):
        wanted.setdefault(_plain_name(variant.chromosome), []).append(v)
    windows: dict[int, str] = {}
    wrong: list[str] = []
    for entry in reference:
        for v in wanted.pop(_plain_name(entry.name), []):
            variant, sequence = vcf.variants[v], entry.sequence
            begin, end = variant.position, variant.position + len(variant.ref)
            there = sequence[begin:end].upper()
            if len(there) < len(variant.ref):
                wrong.append(f"line {variant.line}: {entry.name} ends at position {len(sequence):,}")
            elif not _agree(there, variant.ref):
                wrong.append(f"line {variant.line}: REF is {_short(variant.ref)}, the reference has {_short(there)}")
            before = sequence[max(begin - window, 0) : begin]
            behind = sequence[end : end + window]
            text = before.rjust(window, "N") + there + behind.ljust(window, "N")
            windows[v] = text.upper().translate(_NOT_DNA)
    if wanted:
        lines = [vcf.variants[members[0]].line for members in wanted.values()]
        names = ", ".join(vcf.variants[members[0]].chromosome for members in list(wanted.values())[:_SHOWN])
        raise InputError(f"line {min(lines)}: the reference has no sequence named {names}.", record="VCF")
    if wrong:
        more = f" ({len(wrong):,} of {len(vcf.variants):,} lines do not fit.)" if len(wrong) > 1 else ""
        raise InputError(
            "; ".join(wrong[:_SHOWN]) + f".{more} Is this the assembly the variants were called on?", record="VCF"
        )
    return windows


def _plain_name(name: str) -> str:
    plain = name.removeprefix("chr")
    return {"M": "MT"}.get(plain, plain)


def _agree(there: str, ref: str) -> bool:
    """Unknown bases agree with any."""
    return all(a == b or "N" in (a, b) or a not in "ACGT" for a, b in zip(there, ref, strict=True))


def _short(allele: str) -> str:
    return allele if len(allele) <= 12 else f"{allele[:9]}... ({len(allele)} bp)"
