"""VCF text: the columns a variant is read from, and new INFO fields written beside what is there."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from biocore.errors import InputError

_BASES = re.compile(r"[ACGTNacgtn]+")
_OTHER = re.compile(r"<[^<>\s]+>|\*|\.|[^\s]*[\[\]][^\s]*")  # symbolic, overlapping, missing, breakends
_COLUMNS = ("#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO")


@dataclass(frozen=True)
class VcfVariant:
    """One data line.

    Attributes
    ----------
    line : int
        1-based, in the file.
    chromosome : str
    position : int
        0-based place of the reference allele's first base.
    id : str
        "." where there is none.
    ref : str
        A, C, G, T, N in upper case.
    alts : tuple of str
        As `ref`, or as written where they are no bases (``<DEL>``, ``*``, breakends).
    columns : tuple of str
        The line as it is, without its end.
    """

    line: int
    chromosome: str
    position: int
    id: str
    ref: str
    alts: tuple[str, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Vcf:
    """Header lines (without line ends) and variants, in the file's order."""

    header: tuple[str, ...]
    variants: tuple[VcfVariant, ...]


def is_bases(allele: str) -> bool:
    """Whether an alternate allele is written out in bases."""
    return _BASES.fullmatch(allele) is not None


def parse_vcf(lines: Iterable[str], *, source: str = "VCF", most: int | None = None) -> Vcf:
    """Read a VCF.

    Parameters
    ----------
    lines : iterable of str
    source : str
        File name, for messages.
    most : int, optional
        Most variants.

    Returns
    -------
    Vcf

    Raises
    ------
    InputError
        A line has fewer than five columns, a position or an allele that cannot be read; or there is no variant, or more
        than `most`.

    Examples
    --------
    >>> parse_vcf(["#CHROM POS", "chr1\\t7\\t.\\tG\\tA,GT\\t.\\t.\\t."]).variants[0].alts
    ('A', 'GT')
    """
    header, variants = [], []
    for number, text in enumerate(lines, 1):
        text = text.rstrip("\r\n")
        if text.startswith("#"):
            header.append(text)
        elif text.strip():
            variants.append(_variant(text, number, source))
            if most is not None and len(variants) > most:
                raise InputError(f"there are more than {most:,} variants. Split the file.", record=source)
    if not variants:
        raise InputError("there is no variant: no line below the header.", record=source)
    return Vcf(tuple(header), tuple(variants))


def _variant(text: str, number: int, source: str) -> VcfVariant:
    columns = text.split("\t")
    if len(columns) < 5:
        hint = " Columns are separated by tabs." if len(text.split()) >= 5 else ""
        message = f"line {number} has {len(columns)} columns; CHROM, POS, ID, REF and ALT are needed.{hint}"
        raise InputError(message, record=source)
    chromosome, position, name, ref, alt = columns[:5]
    if not re.fullmatch(r"[1-9]\d*", position):
        raise InputError(f"line {number}: POS is {position!r}; a whole number from 1 is needed.", record=source)
    if not is_bases(ref):
        raise InputError(f"line {number}: REF is {ref!r}; bases A, C, G, T are needed.", record=source)
    alts = alt.split(",")
    for allele in alts:
        if not is_bases(allele) and not _OTHER.fullmatch(allele):
            raise InputError(f"line {number}: ALT is {allele!r}; bases A, C, G, T are needed.", record=source)
    kept = tuple(a.upper() if is_bases(a) else a for a in alts)
    return VcfVariant(number, chromosome, int(position) - 1, name, ref.upper(), kept, tuple(columns))


def vcf_text(vcf: Vcf, declarations: Sequence[str], info: Sequence[Mapping[str, str]]) -> str:
    """A VCF with INFO fields added; every other column stays as it is.

    Parameters
    ----------
    vcf : Vcf
    declarations : sequence of str
        ``##INFO=<...>`` lines.
    info : sequence of mapping, one for each variant
        Value of each new field.

    Returns
    -------
    str
    """
    meta = [line for line in vcf.header if line.startswith("##")] or ["##fileformat=VCFv4.2"]
    named = [line for line in vcf.header if not line.startswith("##")] or [
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
    ]
    lines = [*meta, *declarations, *named[-1:]]
    for variant, fields in zip(vcf.variants, info, strict=True):
        columns = [*variant.columns, *["."] * (8 - len(variant.columns))]
        added = [f"{name}={value}" for name, value in fields.items()]
        there = [] if columns[7] in {".", ""} else [columns[7]]
        columns[7] = ";".join([*there, *added]) or "."
        lines.append("\t".join(columns))
    return "\n".join(lines) + "\n"
