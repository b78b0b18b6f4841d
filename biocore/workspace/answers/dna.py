"""Which factors bind a DNA, and where."""

import numpy as np

from biocore import tfbinding, zoo
from biocore.errors import ModelUnavailable
from biocore.plot import dna_binding as plot
from biocore.tfbinding.tracks import Track as Scores
from biocore.tfbinding.tracks import on_strand, site_table
from biocore.workspace.answers.asking import Found, Opener, as_json, hash_of
from biocore.workspace.molecule import DNA
from biocore.workspace.session import Answer
from biocore.workspace.tracks import Track

TASK = "tf-binding"
MOST_TRACKS = 4  # the strongest factors become tracks


def dna_binding(sequence: str, name: str, opener: Opener, quick: bool) -> Found:
    """The strongest windows of all factors.

    Raises
    ------
    ModelUnavailable
        No factor's model is on this machine.
    InputError
        The DNA is too short.
    """
    names = zoo.here(TASK)
    if not names:
        raise ModelUnavailable("There is no DNA model on this machine.")
    with opener(names) as models:
        scores = tfbinding.record_tracks(models, [sequence])[0]
    best = on_strand(scores, "both").max(axis=1)
    order = np.argsort(-best, kind="stable")
    table = site_table(scores, record=name, strand="both", top=1).sort_values(
        "log_odds", ascending=False, ignore_index=True
    )
    windows = len(scores.starts)
    needed = float(np.log(max(windows, 2)))
    likely = table[table["log_odds"] > needed]
    shown = likely if len(likely) else table.head(1)
    sites = "; ".join(
        f"{row.tf} at {row.start:,}-{row.end:,} (strand {row.strand}), log-odds {row.log_odds:.1f}"
        for row in shown.head(5).itertuples()
    )
    lead = "Likely bound" if len(likely) else "No factor is more likely bound than not; the strongest is"
    text = (
        f"{lead}: {sites}. {len(names)} factors were scored at {windows:,} windows of {scores.window} bp; with so many "
        f"windows one is likely bound above log-odds of {needed:.1f}."
    )
    figure = None if quick else as_json(_figure(scores, best[order], order))
    answer = Answer(
        "dna_binding",
        "DNA binding",
        text,
        figure,
        f"Heat map of {len(names)} factors along {name}. {sites}." if windows > 1 else f"Bars of factors. {sites}.",
        table,
        zoo.card(names[0]).limits,
        ("bind", sequence if len(sequence) <= 2000 else "dna.fasta", "--tf", "all", "--out", "sites.csv"),
        {each: hash_of(each) for each in names},
    )
    kept = [_track(scores, int(row), sequence) for row in order[:MOST_TRACKS]] if windows > 1 else []
    return Found(answer, tuple(kept))


def _figure(scores: Scores, best: np.ndarray, order: np.ndarray):
    if len(scores.starts) > 1:
        return plot.overview(tfbinding.overview(scores, bins=600), [])
    return plot.factor_bars([scores.tfs[i] for i in order], best, unit="log-odds")


def _track(scores: Scores, row: int, sequence: str) -> Track:
    """Each window's log-odds at its middle base; the ends, which no window is centred on, have none."""
    values = np.full(len(sequence), np.nan)
    values[np.asarray(scores.starts) + scores.window // 2] = on_strand(scores, "both")[row]
    tf = scores.tfs[row]
    return Track(f"{tf} binding, window centred here", sequence, values, "log-odds", f"tf-{tf}", DNA)
