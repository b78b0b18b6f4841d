"""Where a structure comes from: an identifier, a sequence to build from, a file, pasted text.  Nothing is lost."""

from dataclasses import dataclass

import streamlit as st

from biocore import web
from biocore.errors import BiocoreError, DataUnavailable
from biocore.runtime import offline
from biocore.sequence import parse_records, recognise
from biocore.structure import archive, build, read
from biocore.structure.model import Structure
from biocore.web.link import from_link, set_link, share_link
from biocore.web.workspace import molecules
from biocore.workspace import PROTEIN

WAYS = {
    "id": "PDB or UniProt identifier",
    "seq": "sequence, ideal geometry",
    "file": "file",
    "text": "pasted file text",
}
MAGAININ = "GIGKFLHSAKKFGKAFVGEIMNS"
EXAMPLES = {  # name -> (way, value, shape)
    "Magainin 2, a built helix": ("seq", MAGAININ, "helix"),
    "Collagen-like, built": ("seq", "GPOGPOGPOGPOGPOGPOGPO", "collagen"),
    "Insulin 3I40": ("id", "3I40", ""),
    "Collagen 1BKV": ("id", "1BKV", ""),
    "Proteasome 1YAR": ("id", "1YAR", ""),
}
ABSENT = "↓"
TYPES = ["pdb", "ent", "cif", "mmcif", "gz"]
MAX_UPLOAD_MB = 60
FETCHED = "structures.fetched"  # session key: identifiers this session has opened


@dataclass(frozen=True)
class Source:
    """What the user asked for; enough to read it again.

    `way` is one of `WAYS`; `value` an identifier, a sequence or a file's name; `content` the file.
    """

    way: str
    value: str
    shape: str = ""
    content: bytes = b""

    @property
    def argument(self) -> list[str]:
        """How the command line is told the same."""
        if self.way == "seq":
            return ["--build", self.shape, "".join(self.value.split())]
        return [self.value] if self.way == "id" else [self.value or "FILE"]


def examples(prefix: str) -> None:
    """Worked examples, one click each; they fill the input part of the same `prefix`."""
    way_key, shape_key = f"{prefix}.way", f"{prefix}.shape"

    def use() -> None:
        chosen = st.session_state[f"{prefix}.example"]
        if chosen:
            way, value, shape = EXAMPLES[chosen]
            st.session_state[way_key], st.session_state[f"{prefix}.{way}"] = way, value
            if shape:
                st.session_state[shape_key] = shape

    absent = {name for name, (way, value, _) in EXAMPLES.items() if way == "id" and not archive.is_cached(value)}
    st.pills(
        "Worked examples",
        list(EXAMPLES),
        format_func=lambda name: f"{name} {ABSENT}" if name in absent else name,
        key=f"{prefix}.example",
        on_change=use,
        label_visibility="collapsed",
    )
    if absent:
        needs = "this server is offline" if offline() else "needs the internet"
        st.caption(f"{ABSENT} not on this machine yet: {needs}.")


def structure_input(
    prefix: str, label: str = "Structure from", *, linked: bool = True, default: str = MAGAININ, shape: str = "helix"
) -> Source:
    """The input part; `prefix` keeps two apart.  The `linked` one takes over from the address and other pages."""
    way_key, id_key, seq_key, shape_key, text_key = (
        f"{prefix}.{part}" for part in ("way", "id", "seq", "shape", "text")
    )
    if way_key not in st.session_state:
        st.session_state[way_key] = "seq"
        st.session_state[id_key], st.session_state[text_key] = "", ""
        st.session_state[seq_key], st.session_state[shape_key] = default, shape
        if linked:
            _from_address(prefix)
    if linked:
        _from_other_page(prefix)
    way = st.selectbox(label, list(WAYS), format_func=WAYS.__getitem__, key=way_key, persist_state="session")
    if way == "id":
        return Source("id", _identifier_input(id_key))
    if way == "seq":
        return _sequence_input(seq_key, shape_key)
    if way == "file":
        return _file_input(prefix)
    text = st.text_area(
        "Text of a PDB or mmCIF file",
        key=text_key,
        height=160,
        persist_state="session",
        placeholder="ATOM      1  N   ...",
    )
    return Source("text", "pasted text", content=text.encode("utf-8", "replace"))


def load(source: Source, *, model: int = 1, assembly: str = "") -> Structure:
    """The structure, or a message and the end of the page.  What opens without a connection is offered beside it."""
    try:
        if not source.value.strip() or (source.way in ("file", "text") and not source.content):
            st.info(_nothing_yet(source), icon=":material/info:")
            st.stop()
        structure = _load(source, model, assembly)
        if source.way == "id":
            st.session_state.setdefault(FETCHED, {})[source.value.strip()] = None
        return structure
    except BiocoreError as error:
        st.error(web.plain(str(error)), icon=":material/error:")
        if isinstance(error, DataUnavailable):
            st.caption(web.plain(f"Opens without a connection: {', '.join(_kept()) or 'nothing fetched yet'}."))
        st.stop()


def loaded(prefix: str) -> Structure | None:
    """The structure that an input part of this session shows, for other pages; None where it shows none.

    Nothing is fetched: an entry counts once it is on this machine.
    """
    way = st.session_state.get(f"{prefix}.way")
    if way == "file":
        name, content = st.session_state.get(f"{prefix}.kept_file", ("", b""))
        source = Source("file", name, content=content)
    else:
        value = str(st.session_state.get(f"{prefix}.{way}", ""))
        source = Source("text", "pasted text", content=value.encode("utf-8", "replace"))
        if way == "id":
            source = Source("id", value)
    try:
        if way not in ("id", "file", "text") or (way == "id" and not archive.is_cached(source.value)):
            return None
        return _load(source, 1, "") if source.way == "id" or source.content else None
    except BiocoreError:
        return None  # its own page says what is wrong with it


def _kept() -> list[str]:
    """Entries on this machine that this session has opened, and the worked examples; not those of other users."""
    examples = [value for way, value, _ in EXAMPLES.values() if way == "id"]
    known = {archive.parse_identifier(value).name for value in [*examples, *st.session_state.get(FETCHED, ())]}
    return sorted(known & {identifier.name for identifier in archive.cached()})


@st.cache_resource(max_entries=8, scope="session", show_spinner="Reading the structure...")
def _load(source: Source, model: int, assembly: str) -> Structure:
    """Structures are frozen, so one copy serves all runs of a session."""
    if source.way == "id":
        return archive.fetch(source.value, model=model, assembly=assembly)
    if source.way == "seq":
        records = parse_records(source.value)
        name = records[0].name if source.value.lstrip().startswith(">") else ""
        return build.build_peptide(records[0].sequence, source.shape, name=name[:60])
    return read.read_structure(source.content, source.value, model=model, assembly=assembly)


def keep_in_link(source: Source) -> None:
    """The identifier of a public entry stands in the address."""
    set_link(
        id=source.value.strip() if source.way == "id" else None, shape=source.shape if source.way == "seq" else None
    )


def share(source: Source) -> None:
    """A link on request, with the sequence that is built; files do not travel in a link."""
    if source.way == "seq":
        share_link(f"your sequence ({len(''.join(source.value.split())):,} letters)", seq=source.value)
    elif source.way == "id":
        share_link(f"the identifier {source.value.strip()[:60]}", seq=None)
    else:
        st.text("A structure file does not fit into a link: send the file along.")


def _nothing_yet(source: Source) -> str:
    return {
        "id": f"Type {archive.WANTED}.",
        "seq": "Paste a protein sequence.",
        "file": f"Choose a file. {read.ACCEPTED}.",
        "text": "Paste the text of a PDB or mmCIF file.",
    }[source.way]


def _from_address(prefix: str) -> None:
    identifier, sequence = from_link("id", ""), from_link("seq", "")
    if identifier:
        st.session_state[f"{prefix}.way"], st.session_state[f"{prefix}.id"] = "id", identifier[:60]
    elif sequence:
        st.session_state[f"{prefix}.seq"] = sequence
        shape = from_link("shape", "helix")
        st.session_state[f"{prefix}.shape"] = shape if shape in build.SHAPES else "helix"


def _from_other_page(prefix: str) -> None:
    structure, protein = web.take_over("structure"), web.take_over("protein")
    if structure is not None:
        way = "text" if recognise(structure) == "structure" else "id"
        st.session_state[f"{prefix}.way"] = way
        st.session_state[f"{prefix}.{way}"] = structure if way == "text" else structure.strip()
    elif protein is not None:  # to see numbers on a structure: the one that is loaded stays, none is built unasked
        now = molecules.molecule(PROTEIN)
        if now is None or now.records[now.current].sequence != protein:
            molecules.use(PROTEIN, protein)
        st.session_state["structures.colour"] = "track"


def _identifier_input(key: str) -> str:
    return st.text_input(
        "Identifier",
        key=key,
        persist_state="session",
        placeholder="3I40, pdb_00003i40, P01308 or AF-P01308-F1",
        help="PDB entries come from the RCSB PDB, UniProt accessions from AlphaFold DB; both are kept on this machine.",
    )


def _sequence_input(seq_key: str, shape_key: str) -> Source:
    sequence = st.text_area(
        "Protein sequence",
        key=seq_key,
        height=80,
        persist_state="session",
        help="One-letter code or FASTA, up to 500 residues. In a triple helix O is hydroxyproline.",
    )
    known = st.session_state.get(shape_key, "helix")
    shape = st.selectbox(
        "Backbone",
        list(build.SHAPES),
        format_func=lambda name: build.SHAPES[name].title,
        key=shape_key,
        persist_state="session",
        help=web.plain(f"{build.SHAPES[known].about} Angles: {build.SHAPES[known].reference}."),
    )
    st.caption("Draws the backbone you choose; it does not predict how the sequence folds.")
    return Source("seq", sequence, shape)


def _file_input(prefix: str) -> Source:
    """The file stays in the session, so that leaving the page does not lose it."""
    kept = f"{prefix}.kept_file"
    file = st.file_uploader(
        f"{read.ACCEPTED}; up to {MAX_UPLOAD_MB} MB",
        type=TYPES,
        key=f"{prefix}.file",
        max_upload_size=MAX_UPLOAD_MB,
    )
    if file is not None and st.session_state.get(f"{kept}.of") != file.file_id:
        st.session_state[kept] = (file.name, file.getvalue())
        st.session_state[f"{kept}.of"] = file.file_id
        st.rerun()  # what the tab keeps for a reload is sent at the top of a page
    name, content = st.session_state.get(kept, ("", b""))
    if file is None and name:
        st.caption(f"Showing {web.plain(name)}, chosen before.")
    return Source("file", name, content=content)
