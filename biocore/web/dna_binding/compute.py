"""Cached calls into the library.  Keys are strings and numbers; a user's results stay in the user's session."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from biocore import attribution, jobs, tfbinding, zoo
from biocore.attribution import EffectMap, PairEffects, Significance, VariantEffects
from biocore.errors import BiocoreError, InputError, ModelUnavailable
from biocore.io import fasta_entries
from biocore.io.vcf import parse_vcf
from biocore.jobs import Description
from biocore.sequence import one_hot
from biocore.tfbinding.alleles import AlleleEffects, allele_effects
from biocore.tfbinding.attention import AttentionMaps, attention_maps
from biocore.tfbinding.inside import ReceptiveField, receptive_field
from biocore.tfbinding.tracks import Track
from biocore.web import shipped
from biocore.web.browser_key import owner
from biocore.web.dna_binding.inputs import Dna, examples, parse_dna
from biocore.web.job_link import as_fasta, keep_job_in_link, shared_jobs
from biocore.web.shared import open_models
from biocore.web.waiting import job

WIDTH = 101  # bp; what the models were trained on
AT_ONCE = 30_000  # bp in all that are scanned on the page
SHUFFLES, LEVEL, SEED = 20, 0.05, 0
TRAINING = "train-tfbinding"  # kind of job


def models_here() -> dict[str, str]:
    """Factor -> model name, of every factor model on this machine and of those this visitor has trained.

    Raises
    ------
    ModelUnavailable
        There is none.
    """
    found = {zoo.factor(name): name for name in shipped_models()} | own_models()
    if not found:
        raise ModelUnavailable("There is no DNA model on this machine. Train one: python -m biocore train tfbinding")
    return found


def shipped_models() -> tuple[str, ...]:
    """Names of the factor models on this machine that are nobody's own."""
    return tuple(zoo.here("tf-binding"))


def own_models() -> dict[str, str]:
    """Factor -> model name, of the models this visitor has trained, or that were shared with them."""
    known: dict[str, str | None] = st.session_state.setdefault("dna.own_models", {})
    found = {}
    for one in reversed([*jobs.jobs_of(owner(), kind=TRAINING), *shared_jobs(TRAINING)]):
        if one.state != jobs.DONE:
            continue
        name = known.get(one.id)
        if name is None or not zoo.is_here(name):
            try:
                name = jobs.result(one).name
            except BiocoreError:  # cleaned away: the page Jobs says so
                continue
            known[one.id] = name
        found[zoo.factor(name)] = name
    return found


def scan_records(sequences: tuple[str, ...], stride: int = 1) -> list[Track]:
    """Every factor at every window of every record, both strands."""
    return _scan_records(sequences, stride, tuple(models_here().values()))


@shipped.cached(
    given=["sequences"], models=["models"], max_entries=4, show_spinner="Scoring every window with every factor..."
)
def _scan_records(sequences: tuple[str, ...], stride: int, models: tuple[str, ...]) -> list[Track]:
    with open_models(models) as loaded:
        return tfbinding.record_tracks(loaded, sequences, window=WIDTH, stride=stride)


def _with(name: str, use: Callable[[Any], Any]) -> Any:
    """What `use` makes of a model, by its name; the models that ship are opened together."""
    names = shipped_models()
    if name not in names:
        names = tuple(models_here().values())
    with open_models(names) as loaded:
        return use(loaded[names.index(name)])


def _with_model(tf: str, use: Callable[[Any], Any]) -> Any:
    return _with(models_here()[tf], use)


def strand_scores(tf: str, sequence: str) -> tuple[float, float]:
    """Log-odds of one window: forward, reverse."""
    return _strand_scores(models_here()[tf], sequence)


@shipped.cached(given=["sequence"], models=["model"], max_entries=64)
def _strand_scores(model: str, sequence: str) -> tuple[float, float]:
    forward, reverse = _with(model, lambda loaded: loaded.strand_log_odds(one_hot([sequence])))
    return float(forward[0]), float(reverse[0])


def ism(tf: str, sequences: tuple[str, ...], starts: tuple[int, ...]) -> list[EffectMap]:
    """In-silico mutagenesis of windows that begin at 0-based `starts` of their records."""
    return _ism(models_here()[tf], sequences, starts)


@shipped.cached(given=["sequences"], models=["model"], max_entries=64, show_spinner="Changing every base...")
def _ism(model: str, sequences: tuple[str, ...], starts: tuple[int, ...]) -> list[EffectMap]:
    return _with(model, lambda loaded: attribution.mutation_scans(loaded, sequences, starts=starts))


def gradient(tf: str, sequence: str, start: int, method: str) -> EffectMap:
    """A gradient map of one window."""
    return _gradient(models_here()[tf], sequence, start, method)


@shipped.cached(
    given=["sequence"],
    models=["model"],
    settings=["method"],
    max_entries=64,
    show_spinner="Computing gradients...",
)
def _gradient(model: str, sequence: str, start: int, method: str) -> EffectMap:
    return _with(model, lambda loaded: attribution.gradient_map(loaded.logit_fn, sequence, method, start=start))


@st.cache_data(max_entries=64, scope="session", show_spinner=False)
def variant_effects(tf: str, sequence: str, start: int, text: str) -> VariantEffects:
    """Variants, read and scored."""
    variants = attribution.parse_variants(text, sequence, start=start)
    return _with_model(tf, lambda model: attribution.variant_effects(model, sequence, variants, start=start))


@st.cache_data(max_entries=16, scope="session", show_spinner="Changing every pair of bases...")
def pairs(tf: str, sequence: str, start: int, low: int, high: int) -> PairEffects:
    """All double mutants of positions `low` to `high` (0-based, in the record) of a window that begins at `start`."""
    return _with_model(tf, lambda model: attribution.pair_effects(model, sequence, (low, high), start=start))


@st.cache_data(max_entries=16, scope="session", show_spinner="Implanting...")
def implants(tf: str, sequence: str, first: str, second: str | None, count: int, widest: int) -> pd.DataFrame:
    """Effect of a motif at every offset of shuffles of a window, or of two at every gap up to `widest`."""
    into = attribution.backgrounds(sequence, length=len(sequence), count=count)
    if second is None:
        return _with_model(tf, lambda model: attribution.implant_offsets(model, first, into).table())
    gaps = range(min(widest, len(sequence) - len(first) - len(second)) + 1)
    return _with_model(tf, lambda model: attribution.implant_gaps(model, first, second, into, gaps=gaps).table())


def attending(tf: str) -> list[str]:
    """Names of a factor's models with transformer blocks on this machine."""
    cards = [card for card in zoo.cards("tf-binding") if card.details.get("tf") == tf and zoo.available(card)]
    return [card.name for card in cards if card.details.get("architecture", {}).get("transformers")]


@st.cache_data(max_entries=16, scope="session", show_spinner="Reading attention...")
def attention(name: str, sequence: str) -> tuple[AttentionMaps, ReceptiveField, float]:
    """Attention of a model in a window, its receptive field, and the window's log-odds."""
    with open_models((name,)) as (model,):
        log_odds = float(model(one_hot([sequence]))[0])
        return attention_maps(model, sequence), receptive_field(model.trunk), log_odds


@st.cache_data(max_entries=4, scope="session", show_spinner="Scoring both alleles with every factor...")
def alleles(vcf: str, fasta: str, most: int, models: tuple[str, ...]) -> AlleleEffects:
    """Models at both alleles of a VCF's variants, against a reference in FASTA."""
    read = parse_vcf(vcf.splitlines(), most=most)
    with open_models(models) as loaded:
        return allele_effects(loaded, read, fasta_entries(fasta.splitlines(), source="reference"))


# ---------------------------------------------------------------- long scans are jobs


def scan(records: Sequence[Dna]) -> tuple[list[Dna], list[Track]]:
    """Every factor along the records: short ones at once, long ones as a job; of that, what is finished so far.

    Returns
    -------
    records, tracks
        Those with at least one finished window; a track holds its finished windows only.

    Raises
    ------
    ModelUnavailable
        As `models_here`.
    """
    if sum(len(record) for record in records) <= AT_ONCE:
        keep_job_in_link(None)
        return list(records), scan_records(tuple(record.sequence for record in records))
    total = sum(len(record) for record in records)
    more = f" and {len(records) - 1:,} more" if len(records) > 1 else ""
    names = list(models_here().values())
    answer = job(
        Description.make("track", {"records": [[r.name, r.sequence] for r in records]}, {"models": names}),
        key="dna.scan",
        title=f"DNA scan of {records[0].name}{more}, {total:,} bp",
        start=f"Scan {total:,} bp with {len(names):,} factors",
        unasked=True,
        in_link=True,
    )
    parts = [(record, _finished(track)) for record, track in zip(records, answer.result or [], strict=False)]
    shown = [(record, track) for record, track in parts if len(track.starts)]
    if not shown:
        st.info("Nothing is scanned yet. The first windows can be shown in a moment.", icon=":material/hourglass:")
        st.stop()
    if not answer.complete:
        done, windows = sum(len(t.starts) for _, t in parts), sum(len(t.starts) for t in answer.result)
        st.info(f"{done:,} of {windows:,} windows are scanned; what follows is of these.")
    return [record for record, _ in shown], [track for _, track in shown]


def _finished(track: Track) -> Track:
    known = ~np.isnan(track.forward).any(axis=0)
    return replace(track, starts=track.starts[known], forward=track.forward[:, known], reverse=track.reverse[:, known])


def open_job(description: Description) -> None:
    """Show a job of this page: its records, and of a job for one factor that factor."""
    state, asked = st.session_state, description.settings
    if "records" in description.inputs:
        state["hand_over.dna"] = as_fasta(description)
    if "model" in asked:
        state["dna.linked_tf"] = zoo.factor(asked["model"])
    if description.kind == "discover":
        state["dna.discover"] = True
    if description.kind == "pairs":
        state["dna.pairs"] = True
    if description.kind == "implants":
        state["dna.implanted"], state["dna.implant_first"] = True, asked["first"]
        state["dna.implant_second"], state["dna.implant_backgrounds"] = asked["second"], asked["backgrounds"]
    if description.kind == TRAINING:
        state["dna.training"] = description.settings["tf"]


# -------------------------------------------- the significance threshold: costly, so it follows the first answer


@dataclass(frozen=True)
class NoThreshold:
    """Why a window has no significance threshold."""

    reason: str


@shipped.cached(
    given=["sequence"],
    models=["model"],
    max_entries=64,
    show_spinner="Scanning shuffles for the significance threshold...",
)
def _significance(model: str, sequence: str) -> Significance | NoThreshold:
    try:
        return _with(
            model,
            lambda loaded: attribution.significance(loaded, sequence, seed=SEED, shuffles=SHUFFLES, level=LEVEL),
        )
    except InputError as error:
        return NoThreshold(str(error))


def answer_example(choose: Callable[[list[Dna], list[Track]], tuple[str, str, int]]) -> None:
    """What the page opens with, for all visitors; `choose` gives factor, window and its start."""
    records = parse_dna(next(iter(examples().values())))
    tracks = _scan_records(tuple(record.sequence for record in records), 1, shipped_models())
    tf, window, start = choose(records, tracks)
    model = next(name for name in shipped_models() if zoo.factor(name) == tf)
    _strand_scores(model, window)
    _ism(model, (window,), (start,))
    _significance(model, window)


def significance(tf: str, sequence: str) -> Significance | NoThreshold:
    """The threshold of a window, from the empirical null distribution of its shuffles."""
    found = _significance(models_here()[tf], sequence)
    known: list[tuple[str, str]] = st.session_state.setdefault("dna.thresholds", [])
    if (tf, sequence) not in known:
        st.session_state["dna.thresholds"] = [*known[-63:], (tf, sequence)]
    return found


def long_significance(tf: str, name: str, sequence: str) -> Significance | NoThreshold | None:
    """The threshold of a window longer than `WIDTH`, a job on request; None where it is not known yet."""
    settings = {"model": models_here()[tf], "shuffles": SHUFFLES, "level": LEVEL, "seed": SEED}
    try:
        description = Description.make("significance", {"records": [[name, sequence]]}, settings)
    except InputError as error:
        return NoThreshold(str(error))
    title = f"Significance threshold of {tf} in {name}"
    return job(description, key="dna.significance", title=title, start="Find the significance threshold").result


def known_significance(tf: str, sequence: str) -> Significance | NoThreshold | None:
    """`significance` where it was computed, by this session or for a worked example by any, else None."""
    here = (tf, sequence) in st.session_state.get("dna.thresholds", [])
    return significance(tf, sequence) if here or _significance.is_known(models_here()[tf], sequence) else None
