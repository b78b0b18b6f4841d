"""Where a file says which residues of UniProt its chains are: DBREF of PDB files, struct_ref_seq of mmCIF."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_WHOLE = {"UNP", "UNIPROT", "UNIPROTKB"}


@dataclass(frozen=True)
class Stretch:
    """Residues of a chain that are consecutive residues of a UniProt entry.

    Attributes
    ----------
    chain : str
        Author's name.
    accession : str
    first, last : int
        Author's residue numbers, or 1-based positions in the chain's sequence where `labelled`.
    start : int
        1-based residue of the entry that `first` is.
    labelled : bool
    """

    chain: str
    accession: str
    first: int
    last: int
    start: int
    labelled: bool


def from_pdb(text: str) -> list[Stretch]:
    """Of the DBREF records before the first atom; those with insertion codes or of unequal length are left out.

    Examples
    --------
    >>> line = "DBREF  3I40 B    1    30  UNP    P01308   INS_HUMAN       25     54"
    >>> stretch, = from_pdb(line)
    >>> stretch.accession, stretch.start
    ('P01308', 25)
    """
    found = []
    for line in text.splitlines():
        if line[:6] in ("ATOM  ", "HETATM"):
            break
        if line[:6] == "DBREF " and line[26:32].strip() in _WHOLE and not (line[18:19] + line[24:25]).strip():
            numbers = [line[14:18], line[20:24], line[55:60], line[62:67]]
            found += _stretch(line[12:13], line[33:41], numbers, labelled=False)
    return found


def from_block(block: Any) -> list[Stretch]:
    """Of an mmCIF block's tables struct_ref and struct_ref_seq."""
    import gemmi

    def texts(tags: list[str]) -> list[list[str]]:
        rows = block.find(tags)
        return [["" if gemmi.cif.is_null(cell) else gemmi.cif.as_string(cell) for cell in row] for row in rows]

    known = {id for id, name in texts(["_struct_ref.id", "_struct_ref.db_name"]) if name.upper() in _WHOLE}
    tags = ["ref_id", "pdbx_strand_id", "pdbx_db_accession", "seq_align_beg", "seq_align_end"]
    found = []
    for ref, chain, accession, *numbers in texts(
        [f"_struct_ref_seq.{tag}" for tag in (*tags, "db_align_beg", "db_align_end")]
    ):
        if ref in known:
            found += _stretch(chain, accession, numbers, labelled=True)
    return found


def _stretch(chain: str, accession: str, numbers: Iterable[str], *, labelled: bool) -> list[Stretch]:
    try:
        first, last, start, end = (int(number) for number in numbers)
    except ValueError:
        return []
    accession = accession.strip()
    if not accession.isalnum() or not accession.isascii() or last - first != end - start or last < first:
        return []
    return [Stretch(chain.strip(), accession, first, last, start, labelled)]


def residue_of(stretches: Iterable[Stretch], row: Mapping[str, Any]) -> str:
    """A residue's place in UniProt, as ``P01308:31``; empty where the file does not say.

    Parameters
    ----------
    row : mapping
        chain, number, insertion and label_number, as `model.Residue` has them.
    """
    for stretch in stretches:
        number = row["label_number"] if stretch.labelled else row["number"]
        here = stretch.chain in (row["chain"], row["chain"].rstrip("0123456789"))  # copies of an assembly are numbered
        if here and number is not None and stretch.first <= number <= stretch.last:
            if stretch.labelled or not row["insertion"]:
                return f"{stretch.accession}:{stretch.start + number - stretch.first}"
    return ""
