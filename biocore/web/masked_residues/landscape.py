"""Every substitution of the protein: heat map, tracks, both strategies, and what goes to other pages."""

from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from biocore import web
from biocore.esm2 import BLEND, FAMILY, MASKED, STRATEGIES, WILD_TYPE, SubstitutionScan
from biocore.families import Profile
from biocore.plot import masked_residues as plot
from biocore.plot.theme import symmetric_limit
from biocore.sequence import AMINO_ACIDS
from biocore.stats.correlation import spearman
from biocore.web.job_link import keep_job_in_link
from biocore.web.masked_residues import homologues
from biocore.web.masked_residues import scan as scans
from biocore.web.masked_residues.inputs import Protein
from biocore.web.masked_residues.model import Choice
from biocore.web.masked_residues.residues import click, masked
from biocore.web.tracks import offer_track
from biocore.web.waiting import duration

MAX_SHOWN = 400  # residues in one heat map; more columns than pixels show nothing
STRATEGY = "masked_residues.strategy"  # session key of the menu
_HANDLED = "masked_residues.handled_click"


def show_landscape(protein: Protein, choice: Choice, profile: Profile | None) -> SubstitutionScan:
    """The section with the heat map.  Returns the scan that is shown."""
    sequence = protein.sequence
    profile = profile if profile is not None and profile.coverage else None
    scans.run_wild_type(choice, sequence)
    strategy = _strategy(choice, protein, profile)
    if strategy in (MASKED, BLEND):
        scans.run_masked(choice, sequence, protein.name)
    else:
        keep_job_in_link(None)
    scan = _scan(choice, protein, profile, strategy)
    if not scan.done.all():
        st.info(f"{int(scan.done.sum()):,} of {len(sequence):,} residues are scanned; the others are left white.")
    if len(sequence) > choice.window:
        st.caption(
            f"The protein is longer than the {choice.window:,} residues this model sees at once.",
            help="Masked marginals look at a window centred on each residue; wild-type marginals blend windows that "
            "overlap by half.",
        )
    _numbers(protein, choice, scan)
    start, stop = _window(protein, scan)
    event = web.figure(
        plot.landscape(
            scan,
            start=start,
            stop=stop,
            offset=protein.offset,
            selected=masked(protein),
            limit=symmetric_limit(scan.scores),
            conservation=None if profile is None else profile.conservation,
        ),
        f"landscape_{scan.strategy}",
        alt=_in_words(protein, scan),
        key="masked_residues.landscape",
        on_select="rerun",
        selection_mode="points",
    )
    _use_click(protein, event, "masked_residues.landscape")
    st.caption(
        "Blue: less expected than the wild type; red: more. Click a cell to mask its residue.",
        help="Dots mark the wild type, frames the masked residues. Drag to zoom, double-click to go back.",
    )
    _table(protein, scan)
    _offer(protein, scan)
    _compare(protein, choice)
    return scan


def _scan(choice: Choice, protein: Protein, profile: Profile | None, strategy: str) -> SubstitutionScan:
    """The scan of a strategy, or of the nearest one that is there; says so where it is another."""
    sequence = protein.sequence
    marginal = scans.result(choice, sequence, MASKED)
    if strategy == BLEND and profile is not None and marginal is not None and marginal.done.all():
        mixed = homologues.blended(profile, marginal.probabilities, choice.card.name)
        return SubstitutionScan.from_probabilities(sequence, BLEND, mixed, f"{profile.source} + {choice.card.name}")
    if strategy == BLEND and profile is not None:
        st.info("The blend needs the language model with one mask at a time; the family alone is shown until then.")
    if strategy in (BLEND, FAMILY) and profile is not None:
        return SubstitutionScan.from_probabilities(sequence, FAMILY, profile.probabilities, profile.source)
    scan = scans.result(choice, sequence, strategy)
    if scan is None:
        st.info("No residue is scanned yet with one mask at a time; the wild-type marginal is shown until then.")
        scan = scans.result(choice, sequence, WILD_TYPE)
    assert scan is not None  # the one-pass scan is always there
    return scan


def _strategy(choice: Choice, protein: Protein, profile: Profile | None) -> str:
    """Menu of strategies; long proteins open with a cheap one."""
    quick = scans.is_quick(choice, protein.sequence)
    offered = STRATEGIES if profile is None else (BLEND, FAMILY, *STRATEGIES)
    first = (MASKED if quick else WILD_TYPE) if profile is None else (BLEND if quick else FAMILY)
    last = st.session_state.get(f"{STRATEGY}.last", first)
    last = last if last in offered else first
    if st.session_state.get(STRATEGY) not in (None, *offered):
        st.session_state[STRATEGY] = last
    # A browser that draws the menu anew, after an empty box, may send that nothing is chosen: the last choice holds
    web.start_from_link("strategy", last, key=STRATEGY, allowed=offered)
    if st.session_state.setdefault(f"{STRATEGY}.of", protein.sequence) != protein.sequence:
        st.session_state[f"{STRATEGY}.of"] = protein.sequence
        if not quick:
            st.session_state[STRATEGY] = first
    cost = duration(scans.expected_seconds(choice, protein.sequence))
    strategy = st.segmented_control(
        "Strategy",
        offered,
        format_func=lambda s: plot.STRATEGY_LABELS[s],
        required=True,
        key=STRATEGY,
        persist_state="session",  # also while the box is empty and this part is not drawn
        help="How a substitution is scored: log p(substitution) - log p(wild type). Blend: family and language model "
        "together. Family profile: what homologues have at the residue. Masked marginal: each residue is "
        "masked once, so the model predicts it without seeing it; one pass for each residue. Wild-type marginal: one "
        "pass over the protein as it is; quicker, less accurate (Meier et al. 2021).",
    )
    strategy = strategy or last
    st.session_state[f"{STRATEGY}.last"] = strategy
    if strategy == WILD_TYPE:
        st.caption(f"One pass. One mask at a time would take {len(protein.sequence):,} passes, about {cost} here.")
    return strategy


def _numbers(protein: Protein, choice: Choice, scan: SubstitutionScan) -> None:
    cells = st.columns(4)
    value = scan.pseudo_perplexity
    if scan.strategy != WILD_TYPE:
        label, help_text = (
            "Pseudo-perplexity",
            "exp of the mean -log p(wild type), each residue masked once; 1 is no surprise, 20 a guess.",
        )
    else:
        label, help_text = (
            "One-pass perplexity",
            "The same without masks: lower, because the model sees the residue.",
        )
    cells[0].metric(label, f"{value:.2f}" if np.isfinite(value) else "not defined", help=help_text)
    cells[1].metric("Mean entropy", _mean(scan.entropy, " bits"), help="0 is certain; 4.32 is no idea.")
    cells[2].metric("Mean effect", _mean(scan.mean_effect), help="Mean score of all substitutions, log-odds.")
    part = scan.strategy if scan.strategy in STRATEGIES else MASKED
    cells[3].metric("Time of the language model", duration(scans.seconds(choice, protein.sequence, part)))


def _mean(values: np.ndarray, unit: str = "") -> str:
    known = values[np.isfinite(values)]
    return f"{known.mean():.2f}{unit}" if known.size else "not defined"


def _window(protein: Protein, scan: SubstitutionScan) -> tuple[int, int]:
    """Which residues the heat map shows, 0-based half-open; long proteins get an overview and a slider."""
    length = len(protein.sequence)
    if length <= MAX_SHOWN:
        return 0, length
    key = "masked_residues.start"
    if st.session_state.get(f"{key}.of") != protein.sequence:
        st.session_state[f"{key}.of"] = protein.sequence
        st.session_state[key] = 1 + protein.offset
    first, last = 1 + protein.offset, length - MAX_SHOWN + 1 + protein.offset
    st.session_state["masked_residues.start"] = min(max(st.session_state["masked_residues.start"], first), last)
    chosen = st.slider(
        f"First of the {MAX_SHOWN} residues in the heat map",
        min_value=first,
        max_value=last,
        key="masked_residues.start",
    )
    start = int(chosen) - 1 - protein.offset
    event = web.figure(
        plot.protein_tracks(scan, offset=protein.offset, window=(start, start + MAX_SHOWN)),
        "tracks",
        alt="Entropy and mean effect along the whole protein; the residues of the heat map are shaded.",
        key="masked_residues.tracks",
        on_select="rerun",
        selection_mode="points",
    )
    _use_click(protein, event, "masked_residues.tracks")
    return start, start + MAX_SHOWN


def _use_click(protein: Protein, event, source: str) -> None:
    """Mask the residue of a clicked point; a selection that was handled before is left alone."""
    points = (event or {}).get("selection", {}).get("points", [])
    found = [p["customdata"] for p in points if p.get("customdata") is not None]
    if not found:
        return
    data = found[0]
    index = int(data[0] if isinstance(data, list | tuple) else data.get("0", -1) if isinstance(data, dict) else data)
    seen = st.session_state.setdefault(_HANDLED, {})
    mark = (protein.sequence, str(data))
    if seen.get(source) != mark and 0 <= index < len(protein.sequence):
        seen[source] = mark
        click(protein, index)
        st.rerun()


def _in_words(protein: Protein, scan: SubstitutionScan) -> str:
    """The heat map's main message as a sentence."""
    scores = np.where(np.isfinite(scan.scores), scan.scores, np.nan)
    effect = scan.mean_effect
    if not np.isfinite(effect).any():
        return "No substitution is scored."
    low = int(np.nanargmin(effect))
    i, j = np.unravel_index(int(np.nanargmax(scores)), scores.shape)
    return (
        f"Heat map of scores ({plot.STRATEGY_LABELS[scan.strategy]}), {len(protein.sequence)} residues. "
        f"Least tolerant: {protein.label(low)} (mean {effect[low]:.2f}). "
        f"Most expected change: {protein.label(int(i))}{AMINO_ACIDS[j]} "
        f"({scores[i, j]:+.2f})."
    )


def full_table(protein: Protein, scan: SubstitutionScan) -> pd.DataFrame:
    """Every score, with the model and strategy that made it in each row."""
    table = scan.table(offset=protein.offset)
    table.insert(0, "record", protein.name)
    return table.assign(strategy=scan.strategy, model=scan.model)


def _table(protein: Protein, scan: SubstitutionScan) -> None:
    """The strongest substitutions in view, all of them as CSV."""

    def draw() -> None:
        table = scan.table(offset=protein.offset)
        table = table[table["wild_type"] != table["substitution"]].dropna(subset=["score"])
        table = table.sort_values("score", ascending=False)
        ends = pd.concat([table.head(20), table.tail(20)]) if len(table) > 40 else table
        st.caption("The 20 most and the 20 least expected substitutions; the CSV holds all.")
        web.listing(ends.round(4))
        web.download(
            "All scores as CSV",
            lambda: full_table(protein, scan).to_csv(index=False),
            f"substitutions_{scan.strategy}.csv",
            "text/csv",
            key="masked_residues.scores.csv",
        )

    web.fold("Scores as a table", draw, key="masked_residues.scores.fold")


def _offer(protein: Protein, scan: SubstitutionScan) -> None:
    """Entropy and mean effect for the structures page."""
    if not scan.done.all():
        return
    tracks = (("entropy", "bits", scan.entropy), ("mean substitution effect", "log-odds", scan.mean_effect))
    for name, unit, values in tracks:
        title = f"{name} ({scan.model}, {scan.strategy})"
        offer_track(title, protein.sequence, values, unit=unit, source=f"{scan.model}, {scan.strategy}")
    if (Path(__file__).parents[3] / "pages" / "structures.py").exists():
        web.link_to("structures", "Paint entropy or mean effect on a structure", protein=protein.sequence)


def _compare(protein: Protein, choice: Choice) -> None:
    """Both strategies side by side, once both are there."""
    a, b = (scans.result(choice, protein.sequence, strategy) for strategy in (MASKED, WILD_TYPE))
    if a is None or b is None or not a.done.all():
        return
    web.fold(
        "Both strategies side by side",
        lambda: _strategies(protein, choice, a, b),
        key="masked_residues.strategies.fold",
    )


def _strategies(protein: Protein, choice: Choice, a: SubstitutionScan, b: SubstitutionScan) -> None:
    other = np.array(list(protein.sequence))[:, None] != np.array(list(AMINO_ACIDS))[None]
    rho = spearman(a.scores[other], b.scores[other])
    rows = [
        {
            "strategy": plot.STRATEGY_LABELS[s],
            "passes over the protein": len(protein.sequence) if s == MASKED else 1,
            "seconds": round(scans.seconds(choice, protein.sequence, s), 3),
            "perplexity": round(scan.pseudo_perplexity, 3),
            "mean effect": round(float(np.nanmean(scan.mean_effect)), 3)
            if np.isfinite(scan.mean_effect).any()
            else float("nan"),
            "Spearman with the other": round(rho, 3),
        }
        for s, scan in ((MASKED, a), (WILD_TYPE, b))
    ]
    web.table(pd.DataFrame(rows), "strategies", key="masked_residues.strategies.table")
    shown = f"{rho:.2f}" if np.isfinite(rho) else "not defined"
    web.figure(
        plot.strategies(a, b, rho),
        "strategies",
        alt=f"Masked against wild-type marginals of every substitution; rank correlation {shown}.",
        key="masked_residues.strategies",
    )
