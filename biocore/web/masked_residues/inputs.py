"""Which protein, how it is numbered."""

from dataclasses import dataclass

import streamlit as st

from biocore import web
from biocore.esm2 import MAX_RESIDUES
from biocore.sequence import clean_protein, parse_records
from biocore.web import shipped

INSULIN = (
    "MALWMRLLPLLALLALWGPDPAAAFVNQHLCGSHLVEALYLVCGERGFFYTPKTRREAEDLQVGQVELGGGPGAGSLQPLALEGSLQKRGIVEQCCTSICSLYQLENYCN"
)
EXAMPLES = shipped.register(
    {
        "Human insulin": f">INS_HUMAN preproinsulin, P01308\n{INSULIN}\n",
        "Ubiquitin": ">ubiquitin 1UBQ\nMQIFVKTLTGKTITLEVEPSDTIENVKAKIQDKEGIPPDQQRLIFAGKQLEDGRTLSDYNIQKESTLHLVLRLRGG\n",
        "Lysozyme": ">lysozyme hen egg white, mature chain, 2LYZ\n"
        "KVFGRCELAAAMKRHGLDNYRGYSLGNWVCAAKFESNFNTQATNRNTDGSTDYGILQINSRWWCNDGRTPGSRNLCNIPCSALLSSDITASVNCAKKIVSDGNGMN"
        "AWVAWRNRCKGTDVQAWIRGCRL\n",
    }
)
BOOK_POSITIONS = {29: "L30 (0-based 29)", 26: "N27 (0-based 26)"}
HELP = (
    f"FASTA or a bare sequence in one-letter code, 1 to {MAX_RESIDUES:,} residues; case, spaces and digits are "
    "ignored. X, B, Z, U, O and * are accepted and reported."
)
PROTEIN = "masked_residues.protein"  # session key of the text area
MAX_OFFSET = 100_000


@dataclass(frozen=True)
class Protein:
    """A cleaned protein and how its residues are numbered: residue `index` (0-based) is ``index + 1 + offset``.

    `record` is its place among what was pasted, from 0.
    """

    name: str
    sequence: str
    offset: int
    notes: tuple[str, ...]
    record: int = 0

    def label(self, index: int) -> str:
        """ "L30" for a 0-based residue."""
        return f"{self.sequence[index]}{index + 1 + self.offset}"


def read_settings(prefix: str = "masked_residues") -> int:
    """The numbering offset, asked for beside the model; `prefix` is the page's own, for its session keys."""
    key = f"{prefix}.offset"
    web.start_from_link("offset", 0, key=key, cast=lambda text: max(-MAX_OFFSET, min(MAX_OFFSET, int(text))))
    return int(
        st.number_input(
            "Numbering offset",
            min_value=-MAX_OFFSET,
            max_value=MAX_OFFSET,
            step=1,
            key=key,
            persist_state="session",
            help="Added to residue numbers. -24 numbers the 25th residue of preproinsulin 1, as in the mature B chain.",
        )
        or 0
    )


def read_protein(text: str, offset: int, prefix: str = "masked_residues") -> Protein:
    """The protein to look at; a choice is offered where several were pasted.  `prefix` as in `read_settings`.

    Raises
    ------
    InputError
        As `parse_records` and `clean_protein`.
    """
    records = parse_records(text)
    index = web.record_menu([record.name for record in records], key=f"{prefix}.record")
    record = records[index]
    cleaned = clean_protein(record.sequence, record=record.name, max_length=MAX_RESIDUES)
    return Protein(record.name, cleaned.sequence, offset, cleaned.notes, index)
