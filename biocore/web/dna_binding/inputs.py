"""DNA records and motifs, as the user gives them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import streamlit as st

from biocore import motif, runtime
from biocore.errors import InputError
from biocore.sequence import clean_dna, parse_records
from biocore.web import shipped
from biocore.web.frame import plain
from biocore.web.inputs import show_upload_error, upload_text

SHORTEST, LONGEST = 20, 100_000  # bp of a record
MOST_RECORDS, MOST_BASES = 500, 200_000
HELP = (
    "One or many records: plain, FASTA or GenBank text, 20 to 100,000 bp each. Case, spaces and digits are ignored; "
    "U is read as T; other IUPAC letters as N."
)
EXAMPLES = {  # what the menu says -> file in assets/examples
    "Four known sites": "dna_four_sites.fa",
    "CTCF core, repeated": "dna_ctcf_repeat.fa",
    "Ten records": "dna_ten_records.fa",
}


@dataclass(frozen=True)
class Dna:
    """A cleaned record: name, description as given, sequence of A C G T N, notes on what was changed."""

    name: str
    description: str
    sequence: str
    notes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.sequence)

    @property
    def label(self) -> bool | None:
        """True or False where the description says bound or unbound (``label=1``, ``negative`` ...), else None."""
        words = self.description.lower().replace("=", " ").split()
        if "label" in words[:-1]:
            return {"1": True, "0": False}.get(words[words.index("label") + 1])
        if {"positive", "bound"} & set(words):
            return True
        return False if {"negative", "unbound"} & set(words) else None


@lru_cache(maxsize=1)
def examples() -> dict[str, str]:
    """Worked examples: what the menu says -> FASTA text."""
    return shipped.register(
        {title: (runtime.ASSETS / "examples" / name).read_text() for title, name in EXAMPLES.items()}
    )


@st.cache_data(max_entries=8, scope="session", show_spinner=False)
def read_dna(text: str) -> list[Dna]:
    """`parse_dna`, once for each text of a session."""
    return parse_dna(text)


def parse_dna(text: str) -> list[Dna]:
    """Records of pasted text, cleaned.

    Raises
    ------
    InputError
        As `parse_records` and `clean_dna`; or there are too many records or bases.
    """
    records = []
    for record in parse_records(text, max_records=MOST_RECORDS):
        cleaned = clean_dna(record.sequence, record=record.name, min_length=SHORTEST, max_length=LONGEST)
        records.append(Dna(record.name, record.description, cleaned.sequence, cleaned.notes))
    total = sum(len(record) for record in records)
    if total > MOST_BASES:
        raise InputError(
            f"There are {total:,} bp in all; this page takes up to {MOST_BASES:,} bp. "
            "Use `python -m biocore bind FILE --tf all` for more."
        )
    return records


def notes(records: Sequence[Dna]) -> list[str]:
    """What was changed, with the record's name where there are several; at most eight lines."""
    found = [f"{r.name}: {note}" if len(records) > 1 else note for r in records for note in r.notes]
    return found if len(found) <= 8 else [*found[:7], f"... and {len(found) - 7:,} more notes of this kind."]


def motif_input() -> tuple[motif.Motif, ...]:
    """A place to upload or paste MEME or JASPAR text; what cannot be read is said beside it and stays there."""

    with st.popover("Your own motifs", help="Boxed beside the well-known ones."):
        upload_text(
            "MEME or JASPAR file", key="dna.motif_file", into="dna.motifs", types=("meme", "jaspar", "txt", "pfm")
        )
        text = st.text_area("or paste its text", key="dna.motifs", height=140, persist_state="session")
        show_upload_error("dna.motif_file")
        if not (text or "").strip():
            return ()
        try:
            found = tuple(motif.parse_motifs(text))
        except InputError as error:
            st.error(plain(str(error)))
            return ()
        names = ", ".join(m.name for m in found[:8]) + (" ..." if len(found) > 8 else "")
        st.caption(plain(f"{len(found):,} read: {names}"))
        return found
