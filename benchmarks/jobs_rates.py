"""Seconds and kB of one record in each kind of job; see `bench_jobs`."""

import argparse
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks import jobs_inputs as given
from benchmarks.jobs_shared import AMINO_ACIDS, BASES, OWNER, new_home, seconds
from biocore import jobs, runtime, zoo
from biocore.jobs import Description, Store, Worker

RESIDUES, BP = 300, 1000


@dataclass(frozen=True)
class Rate:
    """What is measured: jobs of a kind over `count` records for each asked protein.

    Attributes
    ----------
    one : str
        What is counted.
    share : float
        Of the records that are asked for: less where one takes long.
    inputs : callable
        (number of records, dice) -> the inputs of the jobs, several where a job takes one record.
    """

    kind: str
    one: str
    inputs: Callable[[int, random.Random], list[dict[str, Any]]]
    settings: Mapping[str, Any] = field(default_factory=dict)
    share: float = 1.0


PROTEINS, DNA = given.together(AMINO_ACIDS, RESIDUES), given.together(BASES, BP)
_PROTEIN = f"protein of {RESIDUES} residues"
RATES = {
    "embed": Rate("embed", _PROTEIN, PROTEINS, share=10),
    "scan-protein, wild-type": Rate("scan-protein", _PROTEIN, PROTEINS, {"strategy": "wild-type"}, share=3),
    "scan-protein, masked": Rate("scan-protein", _PROTEIN, PROTEINS, {"strategy": "masked"}, share=0.3),
    "scan-protein, families": Rate("scan-protein", _PROTEIN, PROTEINS, {"model": "families"}),
    "function": Rate("function", _PROTEIN, PROTEINS),
    "occlusion": Rate(
        "occlusion", f"{_PROTEIN}, one term", given.one_each(AMINO_ACIDS, RESIDUES), {"term": "GO:0005515"}, share=0.3
    ),
    "variants": Rate("variants", _PROTEIN, PROTEINS),
    "map, tsne": Rate("map", f"{_PROTEIN}, embedded before", PROTEINS, {"method": "tsne"}, share=100),
    "track": Rate("track", f"{BP:,} bp, every factor", DNA, {"models": "all"}, share=3),
    "alleles": Rate("alleles", "variant, every factor", given.variants, share=30),
    "discover": Rate("discover", "window of 101 bp", given.windows_with_sites, {"model": "tf-CTCF"}, share=10),
    "implants": Rate(
        "implants",
        "window of 500 bp, 20 backgrounds",
        given.one_each(BASES, 500),
        {"model": "tf-CTCF", "first": "CACGTG"},
        share=0.3,
    ),
    "pairs": Rate(
        "pairs",
        "window of 500 bp, 20 positions",
        given.one_each(BASES, 500),
        {"model": "tf-CTCF", "low": 200, "high": 220},
    ),
    "train-tfbinding": Rate("train-tfbinding", "window of 101 bp, 12 epochs", given.labelled, {"tf": "ONE"}, share=200),
    "project": Rate("project", f"{_PROTEIN} into a map of 2,000", given.new_in_a_map, {"method": "tsne"}, share=10),
    "fit-assay": Rate("fit-assay", "measured variant, ridge", given.measured, share=40),
    "search-database": Rate("search-database", f"{_PROTEIN}, in 2,000 others", given.with_database, share=0.3),
    "significance": Rate(
        "significance", "window of 101 bp", given.one_each(BASES, 101), {"model": "tf-CTCF"}, share=0.5
    ),
}
NAMES = list(RATES)


def rates(arguments: argparse.Namespace) -> None:
    """A row for each kind, printed when it is known."""
    rng, models = random.Random(0), jobs.models.Models(8)
    print("| job | of | s for one | a million, core hours | kept for one, kB |\n|---|---|---|---|---|", flush=True)
    for name in arguments.kind:
        rate = RATES[name]
        count = max(2, round(arguments.proteins * rate.share))
        with new_home():
            store = Store()
            _compute(rate, rate.inputs(2, rng), models, store)
            asked = rate.inputs(count, rng)
            count = max(count, len(asked[0].get("records", [])) if len(asked) == 1 else 0)
            if rate.kind == "map":
                _compute(RATES["embed"], asked, models, store)
            start, before = seconds(), _kept(store)
            _compute(rate, asked, models, store)
            each, kept = (seconds() - start) / count, (_kept(store) - before) / count
            store.close()
        print(f"| {name} | {count} × {rate.one} | {each:.4f} | {each * 1e6 / 3600:,.0f} | {kept:,.1f} |", flush=True)


def description_of(rate: Rate, inputs: dict[str, Any]) -> Description:
    """The job of a rate; the term of an occlusion is the first of the model where it has no such."""
    settings = dict(rate.settings)
    if "term" in settings:
        terms = zoo.load("go-mf").terms
        settings["term"] = settings["term"] if settings["term"] in terms else terms[0]
    if "database" in jobs.kinds.get(rate.kind).defaults:
        settings["database"] = runtime.setting("databases")
    return Description.make(rate.kind, inputs, settings)


def _compute(rate: Rate, asked: list[dict[str, Any]], models, store: Store) -> None:
    for inputs in asked:
        job = jobs.submit(description_of(rate, inputs), OWNER, store=store)
        Worker(store, models=models).drain()
        ended = jobs.get(job.id, OWNER, store=store)
        assert ended is not None and ended.state == jobs.DONE, ended
        jobs.result(ended)


def _kept(store: Store) -> float:
    """kB of all results."""
    with store.reading() as connection:
        return connection.execute("SELECT coalesce(sum(size), 0) FROM results").fetchone()[0] / 1e3
