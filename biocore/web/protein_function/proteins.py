"""What was pasted, cleaned, and the model that is asked."""

import hashlib
from dataclasses import dataclass

import streamlit as st

from biocore import runtime, web, zoo
from biocore.errors import InputError
from biocore.sequence import clean_protein, parse_records
from biocore.web import shipped

TASK = "protein-function"
MAX_RECORDS = 1000
MAX_RESIDUES = 40_000  # titin has 34,350
KEPT = 200  # answers a session remembers
AT_ONCE = 1500  # residues of all proteins up to which they are answered on the page
HELP = (
    "FASTA (up to 1,000 proteins) or one bare sequence in one-letter code; case, spaces and digits are ignored. "
    "X, B, Z, U, O and * are accepted and reported."
)
QUICKGO = "https://www.ebi.ac.uk/QuickGO/term/"
AMIGO = "https://amigo.geneontology.org/amigo/term/"
UNIPROT = "https://www.uniprot.org/uniprotkb/"
_NAMES = ("Insulin", "Haemoglobin beta", "Lysozyme", "Kinase CDK1", "Collagen II", "Top7 (designed)")


@dataclass(frozen=True)
class Protein:
    """A cleaned protein with its name; `key` stands for its sequence."""

    name: str
    sequence: str
    notes: tuple[str, ...]

    @property
    def key(self) -> str:
        """Short hash of the sequence."""
        return hashlib.sha256(self.sequence.encode()).hexdigest()[:20]


@st.cache_data
def examples() -> dict[str, str]:
    """Name -> FASTA text of each worked example, and all of them together."""
    records = parse_records((runtime.ASSETS / "examples" / "function.fa").read_text())
    texts = [f">{r.name} {r.description}\n{''.join(r.sequence.split())}\n" for r in records]
    return shipped.register(dict(zip(_NAMES, texts, strict=True)) | {"All six": "".join(texts)})


def read_proteins(text: str) -> list[Protein]:
    """Clean what was pasted.  Of many records those that cannot be read are named and left out.

    Raises
    ------
    InputError
        Nothing can be read.
    """
    records = parse_records(text, max_records=MAX_RECORDS)
    found, refused = [], []
    for record in records:
        name = record.name if len(records) > 1 or record.name != "sequence" else None
        try:
            cleaned = clean_protein(record.sequence, record=name, max_length=MAX_RESIDUES)
        except InputError as error:
            refused.append(error)
            continue
        found.append(Protein(record.name, cleaned.sequence, cleaned.notes))
    if not found:
        raise refused[0]
    if refused:
        shown = "  \n".join(web.plain(str(error)) for error in refused[:5])
        more = f"  \n... and {len(refused) - 5:,} more" if len(refused) > 5 else ""
        st.warning(f"{len(refused):,} of {len(records):,} records were left out:  \n{shown}{more}")
    return found


def choose_model() -> zoo.ModelCard:
    """The menu of function models; shown only where there is a choice.

    Raises
    ------
    ModelUnavailable
        There is none.
    """
    cards = zoo.cards(TASK)
    if not cards:
        from biocore.errors import ModelUnavailable

        raise ModelUnavailable("There is no function model on this machine: python -m biocore train function")
    if len(cards) == 1:
        return cards[0]
    return zoo.card(web.model_picker(TASK, key="model"))
