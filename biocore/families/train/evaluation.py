"""``evaluate families``: fit the blend on clusters apart, measure on the held-out ones, keep both on the card."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from biocore import zoo
from biocore.errors import InputError
from biocore.families.train import measure
from biocore.families.train.cluster import Say
from biocore.families.train.filter import filter_loss
from biocore.families.train.recipe import read_proteins
from biocore.sequence import clean_protein

LEAST_PROTEINS = 20


def evaluation(
    name: str,
    data: Path,
    *,
    language_model: str,
    proteins: int,
    tune: int,
    shuffled: int,
    filtered: int,
    database: int,
    hidden: int,
    store: bool,
    say: Say,
) -> list[dict[str, Any]]:
    """Measure a library; see `biocore evaluate families --help` for the parameters.

    Returns
    -------
    list of dict
        metric, value, low, high, split, note: what the card holds.
    """
    everything = read_proteins(data)
    families = zoo.load(name)
    needs_model = proteins or tune or database
    said = _language_model(language_model) if needs_model else None
    blend, fitted = families.blend(language_model), {}
    if tune and said:
        rows = measure.chosen_proteins(everything, tuning=True, most=tune)
        say(f"fitting the blend on {len(rows):,} clusters ...")
        blend = measure.fitted_blend(measure.masked_residues(families, everything, rows, said, say=say))
        kept = {"profile": np.round(blend.profile, 4).tolist(), "model": np.round(blend.model, 4).tolist()}
        fitted = {language_model: kept}
    rows = measure.chosen_proteins(everything, tuning=False, most=max(proteins, shuffled, filtered, database, hidden))
    if len(rows) < LEAST_PROTEINS:
        raise InputError(f"{len(rows)} held-out clusters; {LEAST_PROTEINS} or more are needed.", record=str(data))
    found: list[dict[str, Any]] = []
    if proteins and said:
        say(f"measuring on {len(rows[:proteins]):,} held-out clusters ...")
        table = measure.masked_residues(families, everything, rows[:proteins], said, say=say)
        found += measure.perplexities(measure.with_blend(table, blend))
    if shuffled:
        say("searching with shuffled sequences ...")
        found += measure.shuffled_hits(families, everything, rows[:shuffled])
    if hidden:
        say("hiding residues ...")
        found += measure.hidden_difference(families, everything, rows[:hidden])
    if filtered:
        say("measuring the filter ...")
        found += filter_loss(families, everything, rows[:filtered], say=say)
    if database and said:
        with TemporaryDirectory() as folder:
            found += measure.database_perplexity(
                families, everything, rows[:database], said, blend, folder=Path(folder), say=say
            )
    if store:
        card = zoo.card(name)  # as it is now: another measurement may have been stored in these hours
        details = dict(card.details) | {"blend": dict(card.details.get("blend", {})) | fitted}
        zoo.write_card(replace(card, details=details, quality=_merged(card.quality, found)))
    return found


def _language_model(name: str) -> measure.LanguageModel:
    model = zoo.load(name)

    def said(sequence: str, positions: Sequence[int]) -> np.ndarray:
        return model.residue_probabilities(clean_protein(sequence).sequence, positions).probabilities

    return said


def _merged(before: Sequence[zoo.Quality], found: list[dict[str, Any]]) -> tuple[zoo.Quality, ...]:
    """What was measured before and is not measured anew, in its place, then what is new."""
    new = {row["metric"]: zoo.Quality(**row) for row in found}
    kept = [new.pop(quality.metric, quality) for quality in before]
    return (*kept, *new.values())
