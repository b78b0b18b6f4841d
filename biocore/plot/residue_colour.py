"""Colours of residues, each with the legend that explains them.  Palettes are safe for colour-blind readers."""

from dataclasses import dataclass

import numpy as np

from biocore.errors import InputError
from biocore.structure.model import POLYMERS, PROTEIN, Structure
from biocore.structure.secondary import HELIX, STRAND

MISSING = "#B8BEC4"
CHAINS = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#7F6BB3", "#8C564B", "#5F6B6D", "#B8A000",
)  # fmt: skip
PLDDT = (  # AlphaFold DB's own colours
    (90.0, "#0053D6", "very high (> 90)"),
    (70.0, "#65CBF3", "confident (70-90)"),
    (50.0, "#FFDB13", "low (50-70)"),
    (-np.inf, "#FF7D45", "very low (< 50)"),
)
SECONDARY = (("helix", HELIX, "#CC3D7A"), ("strand", STRAND, "#E0A100"), ("turn", frozenset("TS"), "#56B4E9"))
COIL = "#8A949E"
ELEMENTS = {
    "C": "#8F9BA5",
    "N": "#2F5BD8",
    "O": "#D8262C",
    "S": "#C79A00",
    "P": "#E07B00",
    "H": "#FFFFFF",
    "Fe": "#B5521B",
    "Zn": "#7D80B0",
    "Mg": "#2E8B57",
    "Ca": "#3D9970",
    "Cl": "#1FA01F",
    "Na": "#AB5CF2",
    "Cd": "#B8A24A",
}
OTHER_ELEMENT = "#B45F9B"
SPECTRUM = ("#3B4CC0", "#3A89C9", "#2FB5A5", "#8CC63F", "#F2C12E", "#E8742C", "#B40426")  # first residue to last
SEQUENTIAL = ("#440154", "#414487", "#2A788E", "#22A884", "#7AD151", "#FDE725")
DIVERGING = ("#2166AC", "#67A9CF", "#D1E5F0", "#F7F7F7", "#FDDBC7", "#EF8A62", "#B2182B")
HYDROPHOBICITY = ("#2166AC", "#92C5DE", "#F7F7F7", "#F4A582", "#B35806")
KYTE_DOOLITTLE = dict(
    zip(
        "ARNDCQEGHILKMFPSTWYV",
        (
            1.8,
            -4.5,
            -3.5,
            -3.5,
            2.5,
            -3.5,
            -3.5,
            -0.4,
            -3.2,
            4.5,
            3.8,
            -3.9,
            1.9,
            2.8,
            -1.6,
            -0.8,
            -0.7,
            -0.9,
            -1.3,
            4.2,
        ),
        strict=True,
    )
)
STEPS = 48
LIMITS = (2.0, 98.0)  # percentiles at which the colours of a track end: one extreme residue must not whiten all others

MODES = {
    "chain": "chain",
    "spectrum": "spectrum (first to last residue)",
    "secondary": "secondary structure",
    "element": "element",
    "hydrophobicity": "hydrophobicity",
    "b": "B-factor",
    "plddt": "pLDDT (confidence of a prediction)",
    "track": "a per-residue track",
}


@dataclass(frozen=True)
class Colouring:
    """A colour for each residue, and what the colours mean.

    Attributes
    ----------
    palette : tuple of str
        Hex colours; the last one stands for "no value".
    index : uint8 array, (R,)
        Place in the palette.
    legend : tuple of (str, str)
        Label and colour of each class; empty for a gradient.
    gradient : tuple of str
        Colours from `low` to `high`; empty for classes.
    by_element : bool
        Atoms are coloured by `ELEMENTS` instead.
    """

    mode: str
    title: str
    palette: tuple[str, ...]
    index: np.ndarray
    legend: tuple[tuple[str, str], ...] = ()
    gradient: tuple[str, ...] = ()
    low: float = float("nan")
    high: float = float("nan")
    missing: bool = False
    by_element: bool = False

    def colours(self) -> list[str]:
        """Hex colour of each residue."""
        return [self.palette[i] for i in self.index]


def available(structure: Structure) -> list[str]:
    """Colour modes that say something about this structure; a track can always be given."""
    modes = ["chain", "spectrum", "secondary", "element", "hydrophobicity", "b", "plddt", "track"]
    if structure.confidence is None:
        modes.remove("plddt")
    if structure.confidence is not None or not np.nanmax(np.abs(structure.b), initial=0):
        modes.remove("b")
    if not any(chain.kind == PROTEIN for chain in structure.chains):
        modes.remove("hydrophobicity")
        modes.remove("secondary")
    return modes


def colour(
    structure: Structure, mode: str, *, values: np.ndarray | None = None, title: str = "", unit: str = ""
) -> Colouring:
    """Colours of all residues.

    Parameters
    ----------
    mode : str
        One of `MODES`.
    values : float array, (R,)
        For "track": NaN means no value.

    Raises
    ------
    InputError
        Unknown mode, or one that this structure has nothing for.

    References
    ----------
    Hydrophobicity: Kyte & Doolittle (1982), doi:10.1016/0022-2836(82)90515-0.
    """
    if mode not in MODES:
        raise InputError(f"{mode!r} is not a way to colour; use {', '.join(MODES)}.")
    if mode == "chain":
        return _by_chain(structure)
    if mode == "secondary":
        return _by_secondary(structure)
    if mode == "element":
        return _by_element(structure)
    if mode == "plddt":
        if structure.confidence is None:
            raise InputError("this structure has no pLDDT: it is not recognised as a prediction.")
        return _by_plddt(structure, structure.confidence)
    if mode == "spectrum":
        return _gradient(structure, mode, _along_chain(structure), "Place in its chain (%)", SPECTRUM, 0, 100)
    if mode == "hydrophobicity":
        return _gradient(
            structure, mode, _hydropathy(structure), "Hydropathy (Kyte-Doolittle)", HYDROPHOBICITY, -4.5, 4.5
        )
    if mode == "b":
        return _gradient(structure, mode, structure.b, "B-factor (Å²)", SEQUENTIAL, *_range(structure.b))
    if values is None or not np.isfinite(values).any():
        raise InputError("choose a track to colour by.")
    low, high = colour_limits(values)
    label = f"{title} ({unit})" if unit else title
    return _gradient(structure, mode, values, label, DIVERGING if low < 0 < high else SEQUENTIAL, low, high)


def colour_limits(values: np.ndarray) -> tuple[float, float]:
    """Where a colour scale begins and ends: percentiles 2 and 98, symmetric around 0 where both signs occur.

    Of a few values these are the extremes.

    Parameters
    ----------
    values : float array
        NaN is left out.

    Examples
    --------
    >>> colour_limits(np.array([*np.linspace(0, 1, 99), 1000.0])) [1] < 1
    True
    """
    known = np.asarray(values, float)[np.isfinite(values)]
    if not known.size:
        return 0.0, 1.0
    low, high = (float(v) for v in np.percentile(known, LIMITS, method="nearest"))
    if low < 0 < high:
        low, high = -max(-low, high), max(-low, high)
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def bands(plddt: np.ndarray) -> np.ndarray:
    """AlphaFold's four classes of confidence.

    Parameters
    ----------
    plddt : float array, (R,)
        From 0 to 100; NaN where there is none.

    Returns
    -------
    uint8 array, (R,)
        0 very high to 3 very low; 4 where there is no value.
    """
    found = np.full(len(plddt), len(PLDDT), np.uint8)
    for number, (least, _, _) in reversed(list(enumerate(PLDDT))):
        with np.errstate(invalid="ignore"):
            found[plddt > least] = number
    return found


def _classes(structure, mode, title, index, entries, missing_label="") -> Colouring:
    """Legend entries that occur in polymers; index `len(entries)` means none of them."""
    legend = [(label, shade) for number, (label, shade) in enumerate(entries) if (index == number).any()]
    missing = bool((index[polymer_rows(structure)] == len(entries)).any())
    if missing and missing_label:
        legend.append((missing_label, MISSING))
    palette = (*(shade for _, shade in entries), MISSING)
    return Colouring(mode, title, palette, index.astype(np.uint8), tuple(legend), missing=missing)


def _by_chain(structure: Structure) -> Colouring:
    index = np.zeros(len(structure.residues), np.uint8)
    legend = []
    for number, chain in enumerate(structure.chains):
        index[chain.start : chain.stop] = number % len(CHAINS)
        if number < 30:
            label = f"{chain.name}  {chain.molecule}".strip()
            legend.append((label[:60], CHAINS[number % len(CHAINS)]))
    if len(structure.chains) > 30:
        legend.append((f"and {len(structure.chains) - 30:,} more, colours repeat", MISSING))
    return Colouring("chain", "Chain", (*CHAINS, MISSING), index, tuple(legend))


def _by_secondary(structure: Structure) -> Colouring:
    entries = [(label, shade) for label, _, shade in SECONDARY] + [("coil", COIL)]
    index = np.full(len(structure.residues), len(entries))
    for row, residue in enumerate(structure.residues):
        if residue.kind == PROTEIN:
            index[row] = next((n for n, (_, codes, _) in enumerate(SECONDARY) if residue.secondary in codes), 3)
    return _classes(structure, "secondary", "Secondary structure", index, entries, "not protein")


def _by_element(structure: Structure) -> Colouring:
    present = list(dict.fromkeys(structure.atoms.element.tolist()))
    present.sort(key=lambda e: (list(ELEMENTS).index(e) if e in ELEMENTS else 99, e))
    legend = tuple((e, ELEMENTS.get(e, OTHER_ELEMENT)) for e in present[:20])
    index = np.zeros(len(structure.residues), np.uint8)
    return Colouring("element", "Element", (ELEMENTS["C"], MISSING), index, legend, by_element=True)


def _by_plddt(structure: Structure, confidence: np.ndarray) -> Colouring:
    entries = [(label, shade) for _, shade, label in PLDDT]
    return _classes(structure, "plddt", "pLDDT (confidence)", bands(confidence), entries, "no value")


def _along_chain(structure: Structure) -> np.ndarray:
    values = np.full(len(structure.residues), np.nan)
    for chain in structure.chains:
        values[chain.start : chain.polymer_stop] = np.linspace(0, 100, max(1, len(chain.polymer)))[: len(chain.polymer)]
    return values


def _hydropathy(structure: Structure) -> np.ndarray:
    return np.array([KYTE_DOOLITTLE.get(r.letter, np.nan) if r.kind == PROTEIN else np.nan for r in structure.residues])


def _range(values: np.ndarray) -> tuple[float, float]:
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def _gradient(structure, mode, values, title, stops, low, high) -> Colouring:
    palette = tuple(interpolate(stops, STEPS))
    with np.errstate(invalid="ignore"):
        steps = np.clip(np.round((values - low) / (high - low) * (STEPS - 1)), 0, STEPS - 1)
    index = np.where(np.isfinite(values), np.nan_to_num(steps), STEPS).astype(np.uint8)
    return Colouring(
        mode,
        title,
        (*palette, MISSING),
        index,
        gradient=tuple(stops),
        low=float(low),
        high=float(high),
        missing=bool((index[polymer_rows(structure)] == STEPS).any()),
    )


def interpolate(stops: tuple[str, ...], steps: int) -> list[str]:
    """`steps` hex colours evenly along `stops`."""
    channels = np.array([[int(stop[i : i + 2], 16) for i in (1, 3, 5)] for stop in stops], float)
    where = np.linspace(0, len(stops) - 1, steps)
    mixed = [np.interp(where, np.arange(len(stops)), channels[:, c]) for c in range(3)]
    return [f"#{int(round(r)):02X}{int(round(g)):02X}{int(round(b)):02X}" for r, g, b in zip(*mixed, strict=True)]


def polymer_rows(structure: Structure) -> np.ndarray:
    """Rows of polymer residues that are resolved."""
    return np.array([r.index for r in structure.residues if r.kind in POLYMERS and r.resolved], int)
