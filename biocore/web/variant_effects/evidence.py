"""Why one substitution got its score: its column, its chemistry, and what each group of features adds."""

import numpy as np
import pandas as pd
import streamlit as st

from biocore import web
from biocore.errors import InputError
from biocore.plot import variant_effects as plot
from biocore.sequence import AMINO_ACIDS
from biocore.web.masked_residues.inputs import Protein
from biocore.web.variant_effects import selection
from biocore.web.variant_effects.compute import Basis

_TEXT, _ERROR = "variant_effects.named", "variant_effects.named_error"
GROUP_HELP = {
    "profile": "which residues homologues have in this column",
    "conservation": "how little this column and its neighbours vary",
    "homologues": "how many homologues are known",
    "chemistry": "size, charge, hydropathy and similarity of both residues",
    "surroundings": "the residues around",
    "language model": "what the language model expects here",
    "structure": "how buried the residue is",
}


def show_evidence(protein: Protein, basis: Basis) -> None:
    """The section of one substitution."""
    cell = selection.selected(protein, basis.scan)
    if cell is None:
        st.caption("No residue of this protein is one of the 20: nothing can be scored.")
        return
    left, right = st.columns([1, 3], vertical_alignment="bottom")
    with left:
        st.text_input(
            "Another substitution",
            key=_TEXT,
            placeholder=selection.name(protein, cell),
            on_change=_use_text,
            args=(protein, basis),
            help="I44A or p.Ile44Ala; or click a cell or a row above.",
        )
    variant = selection.name(protein, cell)
    index, residue = cell
    column = AMINO_ACIDS.index(residue)
    value = float(basis.scan.scores[index, column])
    with right:
        st.markdown(f"**{web.plain(variant)}** {web.plain(basis.scan.statement(value))}")
        if basis.scan.caution([index]):
            st.caption(f":material/warning: Little trust here: {web.plain(basis.scan.caution([index]))}.")
    if st.session_state.get(_ERROR):
        st.error(web.plain(st.session_state[_ERROR]), icon=":material/error:")
    _numbers(basis, index, column, value)
    left, right = st.columns(2)
    with left:
        _contributions(basis, index, column, variant)
    with right:
        _column(protein, basis, index, residue)
    _features(basis, index, column, variant)


def _use_text(protein: Protein, basis: Basis) -> None:
    text = st.session_state[_TEXT]
    st.session_state.pop(_ERROR, None)
    if not text.strip():
        return
    try:
        selection.select(*selection.find(protein, basis.scan, text))
    except InputError as error:
        st.session_state[_ERROR] = str(error)


def _numbers(basis: Basis, index: int, column: int, value: float) -> None:
    cells = st.columns(4)
    cells[0].metric(
        "Score", f"{value:+.2f}", help="About 0 is as good as the best in a scan, about -1 as bad as the worst."
    )
    cells[1].metric(
        "Percentile",
        f"{basis.scan.percentiles[index, column]:.0f}",
        help="Among all substitutions of this protein; 100 is the best tolerated.",
    )
    profile = basis.profile
    bits = float("nan") if profile is None else float(profile.conservation[index])
    cells[2].metric(
        "Conservation",
        f"{bits:.2f} bits" if np.isfinite(bits) else "not defined",
        help="Kullback-Leibler divergence of the column from the background: 0 is any residue, above 4 nearly always "
        "the same.",
    )
    known = 0.0 if profile is None else float(profile.effective[index])
    cells[3].metric(
        "Effective homologues", f"{known:.1f}", help="With a residue in this column; close relatives count once."
    )


def _contributions(basis: Basis, index: int, column: int, variant: str) -> None:
    scan = basis.scan
    parts = [(group, float(value)) for group, value in zip(scan.groups, scan.contributions[index, column], strict=True)]
    web.figure(
        plot.contributions(parts, intercept=scan.intercept, title=f"{variant}: what makes the score"),
        f"{variant}_contributions",
        alt=f"Waterfall of {variant}: " + ", ".join(f"{group} {value:+.2f}" for group, value in parts) + ".",
        key="variant_effects.contributions",
    )
    meant = "; ".join(f"{group}: {GROUP_HELP[group]}" for group in scan.groups if group in GROUP_HELP)
    st.caption(
        "Each bar is what a group of features adds to the score of the average substitution.",
        help=f"The model is linear, so the bars add up exactly. {web.plain(meant)}.",
    )


def _column(protein: Protein, basis: Basis, index: int, residue: str) -> None:
    columns = []
    if basis.profile is not None and basis.profile.effective[index] > 0:
        columns.append(("family", basis.profile.probabilities[index]))
    if basis.said is not None:
        columns.append(("language model", basis.said[index]))
    if not columns:
        st.info("Neither a family nor the language model says anything about this residue.")
        return
    label = protein.label(index)
    web.figure(
        plot.column_bars(
            columns, wild_type=protein.sequence[index], mutant=residue, title=f"What is expected at {label}"
        ),
        f"{label}_column",
        alt=f"Probabilities of the 20 amino acids at {label}: "
        + "; ".join(f"{name} says {residue} {values[AMINO_ACIDS.index(residue)]:.3f}" for name, values in columns)
        + ".",
        key="variant_effects.column",
    )
    marks = f"bars: {columns[0][0]}" + "".join(f", circles: {name}" for name, _ in columns[1:])
    lacking = "" if columns[0][0] == "family" else " No family found for this residue."
    st.caption(f"Probabilities of the 20 amino acids; {marks}.{lacking}", help="Colours are those of the side chains.")


def _features(basis: Basis, index: int, column: int, variant: str) -> None:
    """Every feature of the substitution that is not 0, by its group."""

    def draw() -> None:
        values = basis.table.values[index, column]
        kept = np.flatnonzero(values)
        web.table(
            pd.DataFrame(
                {
                    "group": [basis.table.groups[k] for k in kept],
                    "feature": [basis.table.names[k] for k in kept],
                    "value": values[kept].round(3),
                }
            ),
            f"{variant}_features",
            key="variant_effects.features",
        )

    web.fold("Every feature of this substitution", draw, key="variant_effects.features.fold")
