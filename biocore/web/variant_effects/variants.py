"""Variants as people write them, scored; those that cannot be are named by their line."""

import pandas as pd
import streamlit as st

from biocore import web
from biocore.errors import InputError
from biocore.esm2.variants import MAX_VARIANTS, Variant, parse_variants, score_variants, variant_words
from biocore.variants import EffectScan
from biocore.web.masked_residues.inputs import Protein
from biocore.web.variant_effects import selection
from biocore.web.variant_effects.compute import Basis
from biocore.web.variant_effects.inputs import EXAMPLE_VARIANTS, EXAMPLES

VARIANTS = "variant_effects.variants"
CAUTION = st.column_config.TextColumn("caution", help="Why a score deserves little trust; empty: nothing known")


def show_variants(protein: Protein, basis: Basis) -> None:
    """Text field of variants and their table; a click on a row shows its evidence."""
    handed = web.take_over("variants")
    if handed is not None:
        st.session_state[VARIANTS] = handed
    first = protein.sequence in next(iter(EXAMPLES.values()))
    web.start_from_link("variants", EXAMPLE_VARIANTS if first else "", key=VARIANTS)
    text = st.text_area(
        "Your variants",
        key=VARIANTS,
        height=90,
        persist_state="session",
        help="R175H or p.Arg175His, several at once as A12G:F45L; separated by commas, spaces or lines. Numbers count "
        "with the offset above.",
    )
    if not text.strip():
        st.caption("Write R175H, p.Arg175His, or several at once: A12G:F45L.")
        return
    try:
        read, unread = read_lines(text)
    except InputError as error:
        st.error(web.plain(str(error)), icon=":material/error:")
        return
    table, hint = variant_table(basis.scan, read, unread, offset=protein.offset)
    if hint:
        st.warning(f"A wild-type residue does not fit the protein. {web.plain(hint)}", icon=":material/help:")
    _name_problems(table)
    event = web.table(
        table.round({"score": 3, "percentile": 1}),
        "variants",
        key="variant_effects.variants.table",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "score": st.column_config.NumberColumn("score", help="Higher is better tolerated"),
            "percentile": st.column_config.NumberColumn(
                "percentile", help="Within this protein; 100 is the best tolerated; of single substitutions only"
            ),
            "meaning": st.column_config.TextColumn("meaning", help="In measured scans the model had not seen"),
            "caution": CAUTION,
        },
    )
    if (table["caution"] != "").any():
        st.caption(web.plain(basis.scan.worth))
    if table["variant"].str.contains(":").any():
        st.caption(
            "Several substitutions at once are additive: the sum of their single scores, without percentile.",
            help="How substitutions act on each other is not modelled; the sum says less than a single score.",
        )
    _use_row(protein, basis.scan, table, event.selection.rows if event is not None else [])


def _name_problems(table: pd.DataFrame) -> None:
    """The first variants that have no score, each with its line and the reason."""
    wrong = table[table["problem"] != ""]
    lines = [
        f"Line {line}, {variant}: {problem}"
        for line, variant, problem in wrong[["line", "variant", "problem"]].head(5).itertuples(index=False)
    ]
    if len(wrong) > len(lines):
        lines.append(f"{len(wrong) - len(lines):,} more stand in the table.")
    if lines:
        st.warning("  \n".join(web.plain(line) for line in lines), icon=":material/warning:")


def read_lines(text: str) -> tuple[list[tuple[int, Variant]], list[tuple[int, str, str]]]:
    """Variants with their lines (from 1), and what cannot be read as (line, text, problem); repeats are dropped.

    Raises
    ------
    InputError
        More than 10,000 variants.
    """
    read: dict[str, tuple[int, Variant]] = {}
    unread = []
    words = [(n, w) for n, line in enumerate(text.splitlines(), 1) for w in variant_words(line)]
    if len(words) > MAX_VARIANTS:
        raise InputError(f"{len(words):,} variants given; up to {MAX_VARIANTS:,} are accepted.")
    for line, word in words:
        try:
            [variant] = parse_variants(word)
            read.setdefault(str(variant), (line, variant))
        except InputError as error:
            unread.append((line, word, str(error)))
    return list(read.values()), unread


def variant_table(
    scan: EffectScan, read: list[tuple[int, Variant]], unread: list[tuple[int, str, str]], *, offset: int
) -> tuple[pd.DataFrame, str]:
    """A table, and an offset that would fit, or empty.

    One row for each: line, variant, score, percentile, meaning, caution, problem.
    """
    scored = score_variants(scan, [variant for _, variant in read], offset=offset)
    table = scored.table.drop(columns="rank")
    table.insert(0, "line", [line for line, _ in read])
    silent = table["score"].isna() & (table["problem"] == "")
    table.loc[silent, "problem"] = "the wild type: nothing changes"
    single = ~table["variant"].str.contains(":").astype(bool)
    meant = [scan.statement(score) if one else "" for score, one in zip(table["score"], single, strict=True)]
    table.insert(4, "meaning", meant)
    places = [[s.number - 1 - offset for s in variant.substitutions] for _, variant in read]
    cautions = [scan.caution(at) if known else "" for at, known in zip(places, table["score"].notna(), strict=True)]
    table.insert(5, "caution", cautions)
    lost = pd.DataFrame(unread, columns=["line", "variant", "problem"])
    if len(lost):
        table = pd.concat([table, lost], ignore_index=True) if len(table) else lost.reindex(columns=table.columns)
    table[["meaning", "caution"]] = table[["meaning", "caution"]].fillna("")
    return table.sort_values("line", kind="stable").reset_index(drop=True), scored.hint


def _use_row(protein: Protein, scan: EffectScan, table: pd.DataFrame, rows: list[int]) -> None:
    mark = (protein.sequence, st.session_state[VARIANTS], tuple(rows))
    if not rows or st.session_state.get("variant_effects.variant_row") == mark:
        return
    st.session_state["variant_effects.variant_row"] = mark
    try:
        selection.select(*selection.find(protein, scan, str(table["variant"].iloc[rows[0]])))
    except InputError as error:
        st.caption(web.plain(str(error)))
        return
    st.rerun()
