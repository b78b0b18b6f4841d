"""Confidence of predicted models (pLDDT): stated by the file, or recognised in its B-factor column."""

import numpy as np

from biocore.structure.model import Atoms


def stated(block, model: int) -> dict[tuple[str, int], float] | None:
    """The pLDDT that an mmCIF block states for its residues.

    A ModelCIF file may bring several local metrics (``_ma_qa_metric``) for several models; only the one whose type or
    name says pLDDT is read, and only its values for this model.

    Parameters
    ----------
    block : gemmi.cif.Block or None
    model : int
        Number of the model, as ``_atom_site.pdbx_PDB_model_num`` has it.

    Returns
    -------
    dict or None
        (label_asym_id, 1-based label_seq_id) -> pLDDT as written, 0-100 or 0-1.  Empty where the file has local metrics
        but no pLDDT of this model; None where it has no local metric at all.
    """
    if block is None or not block.find_values("_ma_qa_metric_local.metric_value"):
        return None
    metric = _plddt_metric(block)
    if not metric:
        return {}
    tags = ["label_asym_id", "label_seq_id", "metric_id", "metric_value", "?model_id"]
    found = {}
    for row in block.find("_ma_qa_metric_local.", tags):
        if _text(row[2]) != metric or (row.has(4) and _text(row[4]) not in ("", str(model))):
            continue
        try:
            found[_text(row[0]), int(_text(row[1]))] = float(_text(row[3]))
        except ValueError:
            continue
    return found


def _plddt_metric(block) -> str:
    """Identifier of the local pLDDT; one per residue goes before one per atom.  Empty where there is none."""
    best: dict[bool, str] = {}
    for row in block.find("_ma_qa_metric.", ["id", "mode", "?type", "?name"]):
        words = [_text(row[i]).lower() for i in (2, 3) if row.has(i)]
        if _text(row[1]).lower() == "local" and any(word.startswith("plddt") for word in words):
            best.setdefault(any("all-atom" in word for word in words), _text(row[0]))
    return best.get(False, best.get(True, ""))


def _text(value: str) -> str:
    import gemmi

    return "" if gemmi.cif.is_null(value) else gemmi.cif.as_string(value).strip()


def looks_predicted(head, resolution: float, atoms: Atoms, polymer: np.ndarray, b: np.ndarray) -> bool:
    """True where the B-factor column can only be a predicted model's confidence.

    The file names a predictor; or it names no experiment, its values are the same for all atoms of a residue, differ
    between residues, and fit the scale 0-100 or 0-1.

    Parameters
    ----------
    head : headers.Header
    resolution : float
        In angstrom; 0 or NaN where the file states none.
    polymer : bool array, (R,)
        Resolved residues of proteins and nucleic acids.
    b : float array, (R,)
        Mean B-factor of each residue.
    """
    values = b[polymer]
    if values.min() < 0 or values.max() > 100 or values.max() == 0:
        return False
    if head.predicted:
        return True
    if resolution > 0 or head.method:
        return False
    inside = polymer[atoms.residue]
    constant = np.abs(atoms.b - b[atoms.residue])[inside] < 0.006
    return bool(constant.mean() > 0.99 and np.ptp(values) > 0 and inside.sum() > 1.5 * polymer.sum())


def rescaled(values: np.ndarray) -> np.ndarray:
    """Values of pLDDT on 0-100, (R,), from values on 0-100 or, as some programs write, on 0-1; NaN stays NaN."""
    top = np.nanmax(values) if np.isfinite(values).any() else np.nan
    return values * np.float32(100) if top <= 1 else values
