"""What a file says about itself: title, organism, method, date, molecules, ligands, secondary structure."""

import re
from dataclasses import dataclass, field

_PREDICTORS = re.compile(r"alphafold|esmfold|colabfold|rosettafold|openfold|boltz|chai-?1|omegafold", re.IGNORECASE)
_MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()


@dataclass(frozen=True)
class Header:
    """Facts about an entry; empty where the file does not tell."""

    entry: str = ""
    title: str = ""
    organism: str = ""
    method: str = ""
    date: str = ""
    molecules: dict[str, str] = field(default_factory=dict)  # by chain (PDB) or entity (mmCIF)
    components: dict[str, str] = field(default_factory=dict)  # ligand code -> name
    predicted: bool = False

    def molecule(self, chain: str, entity: str) -> str:
        """Name of the molecule of a chain (copies made for an assembly carry a number after the name)."""
        return self.molecules.get(f"entity {entity}") or next(
            (self.molecules[c] for c in (chain, chain.rstrip("0123456789")) if c in self.molecules), ""
        )


def from_block(block) -> Header:
    """Header of an mmCIF block.

    Parameters
    ----------
    block : gemmi.cif.Block
    """
    title = _value(block, "_struct.title")
    methods = [_plain(v) for v in block.find_values("_exptl.method")]
    organisms = [
        _plain(value)
        for tag in (
            "_entity_src_gen.pdbx_gene_src_scientific_name",
            "_entity_src_nat.pdbx_organism_scientific",
            "_pdbx_entity_src_syn.organism_scientific",
            "_ma_target_ref_db_details.organism_scientific",
        )
        for value in block.find_values(tag)
    ]
    molecules = {
        f"entity {_plain(row[0])}": _plain(row[1]) for row in block.find(["_entity.id", "_entity.pdbx_description"])
    }
    components = {_plain(row[0]): _plain(row[1]) for row in block.find(["_chem_comp.id", "_chem_comp.name"])}
    predicted = bool(_PREDICTORS.search(title) or _PREDICTORS.search(block.name))
    entry = _value(block, "_entry.id")
    return Header(
        entry=entry if re.fullmatch(r"[\w.-]{1,40}", entry) else "",
        title=title,
        organism=_distinct(organisms),
        method=_distinct(m for m in methods if not m.upper().startswith(("THEORETICAL", "IN SILICO"))).capitalize(),
        date=_value(block, "_pdbx_database_status.recvd_initial_deposition_date")
        or _value(block, "_database_PDB_rev.date_original"),
        molecules={k: v for k, v in molecules.items() if v},
        components={k: v for k, v in components.items() if v},
        predicted=predicted and not methods,
    )


def from_pdb(text: str) -> Header:
    """Header of PDB text, read from its own records.

    Parameters
    ----------
    text : str
        The file; only what stands before the first atom is read.

    References
    ----------
    PDB format 3.3, https://www.wwpdb.org/documentation/file-format.
    """
    records: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line[:6] in ("ATOM  ", "HETATM"):
            break
        records.setdefault(line[:6].strip(), []).append(line)
    first = (records.get("HEADER") or [""])[0]
    entry = first[62:66].strip()
    title = _joined(records.get("TITLE", []))
    method = _joined(records.get("EXPDTA", []))
    remarks = " ".join(records.get("REMARK", [])[:60])
    theoretical = "THEORETICAL" in method.upper()
    return Header(
        entry=entry if re.fullmatch(r"\w{4}", entry) else "",
        title=title,
        organism=_distinct(_organism(o) for o in _specifications(records.get("SOURCE", []), "ORGANISM_SCIENTIFIC")),
        method="" if theoretical else method.capitalize(),
        date=_date(first[50:59]),
        molecules=_chains(records.get("COMPND", [])),
        components=_ligands(records.get("HETNAM", [])),
        predicted=bool(_PREDICTORS.search(title) or (not method and _PREDICTORS.search(remarks)) or theoretical),
    )


def secondary_ranges(parsed, block) -> dict[tuple[str, int, str], str]:
    """Secondary structure from the file's own records.

    Parameters
    ----------
    parsed : gemmi.Structure
        With its helices and sheets.
    block : gemmi.cif.Block or None
        Of an mmCIF file; AlphaFold writes strands where no reader looks for them.

    Returns
    -------
    dict
        (author's chain, author's number, insertion code) -> H, G, I or E; empty where the file states none.
    """
    import gemmi

    spans = []
    for helix in parsed.helices:
        letter = {5: "G", 3: "I"}.get(int(helix.pdb_helix_class.value), "H")
        spans.append((helix.start, helix.end, letter))
    spans += [(strand.start, strand.end, "E") for sheet in parsed.sheets for strand in sheet.strands]
    if block is not None:
        spans += _predicted_strands(block, gemmi)
    if not spans or len(parsed) == 0:
        return {}
    found: dict[tuple[str, int, str], str] = {}
    order: dict[str, list[tuple[int, str]]] = {}
    for chain in parsed[0]:
        order.setdefault(chain.name, []).extend((r.seqid.num, r.seqid.icode.strip()) for r in chain)
    place = {name: {key: i for i, key in reversed(list(enumerate(keys)))} for name, keys in order.items()}
    for start, end, letter in spans:
        rows = place.get(start.chain_name, {})
        first = rows.get((start.res_id.seqid.num, start.res_id.seqid.icode.strip()))
        last = rows.get((end.res_id.seqid.num, end.res_id.seqid.icode.strip()))
        if first is not None and last is not None:
            for number, insertion in order[start.chain_name][first : last + 1]:
                found[start.chain_name, number, insertion] = letter
    return found


def _predicted_strands(block, gemmi) -> list:
    """AlphaFold writes strands among its helices (``_struct_conf``, type STRN), where no reader looks for them."""
    tags = ["conf_type_id", "beg_auth_asym_id", "beg_auth_seq_id", "end_auth_asym_id", "end_auth_seq_id"]
    spans = []
    for row in block.find("_struct_conf.", tags):
        kind, chain, first, end_chain, last = (_plain(value) for value in row)
        if kind.upper().startswith("STRN") and re.fullmatch(r"-?\d{1,6}", first) and re.fullmatch(r"-?\d{1,6}", last):
            ends = []
            for name, number in ((chain, first), (end_chain, last)):
                address = gemmi.AtomAddress()
                address.chain_name = name
                address.res_id.seqid = gemmi.SeqId(number)
                ends.append(address)
            spans.append((*ends, "E"))
    return spans


def _plain(value: str) -> str:
    import gemmi

    return "" if gemmi.cif.is_null(value) else " ".join(gemmi.cif.as_string(value).split())


def _value(block, tag: str) -> str:
    return next((_plain(value) for value in block.find_values(tag)), "")


def _distinct(values) -> str:
    return ", ".join(dict.fromkeys(value for value in values if value))


def _joined(lines: list[str]) -> str:
    return " ".join(" ".join(line[10:80].strip() for line in lines).split())


def _organism(text: str) -> str:
    """ "HOMO SAPIENS (STRAIN X1)" as "Homo sapiens (STRAIN X1)"."""
    name, bracket, rest = text.partition("(")
    return name.capitalize() + bracket + rest


def _specifications(lines: list[str], wanted: str) -> list[str]:
    return [value for key, value in _pairs(lines) if key == wanted]


def _pairs(lines: list[str]) -> list[tuple[str, str]]:
    """``KEY: value;`` lists of COMPND and SOURCE."""
    parts = (part.partition(":") for part in _joined(lines).split(";"))
    return [(key.strip(), value.strip()) for key, _, value in parts if value.strip()]


def _chains(lines: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    molecule = ""
    for key, value in _pairs(lines):
        if key == "MOLECULE":
            nucleic = re.match(r"(DNA|RNA)\b *\(5'", value)  # what follows is the sequence, which is shown anyway
            molecule = nucleic[1] if nucleic else value.capitalize()
        elif key == "CHAIN":
            found |= {chain.strip(): molecule for chain in value.split(",")}
    return found


def _ligands(lines: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        code = line[11:14].strip()
        found[code] = (found.get(code, "") + line[15:70].rstrip()).strip()
    return {code: name.capitalize() for code, name in found.items()}


def _date(text: str) -> str:
    """ "01-JUL-09" as 2009-07-01; the archive began in 1971."""
    match = re.fullmatch(r"(\d\d)-([A-Z]{3})-(\d\d)", text.strip())
    if not match or match[2] not in _MONTHS:
        return ""
    year = int(match[3])
    return f"{1900 + year if year > 70 else 2000 + year}-{_MONTHS.index(match[2]) + 1:02}-{match[1]}"
