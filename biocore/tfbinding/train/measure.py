"""Measure factor models on held-out data, beside the 6-mer baseline."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from biocore.stats.calibration import Reliability, reliability
from biocore.stats.ranking import Interval, areas
from biocore.tfbinding import TFModel, probability, scores
from biocore.tfbinding.train.baseline import kmer_baseline, kmer_counts
from biocore.tfbinding.train.data import DnaDataset, one_hot_codes

AGAINST = {
    "both": "both kinds of negative",
    "dinucleotide_shuffle": "dinucleotide shuffles",
    "genomic": "genomic windows",
}


@dataclass(frozen=True)
class Measured:
    """One model or baseline against one kind of negative."""

    tf: str
    against: str
    positives: int
    negatives: int
    model: dict[str, Interval]
    baseline: dict[str, Interval]


@dataclass(frozen=True)
class FactorReport:
    """All that is measured of one factor's model on one split.

    Attributes
    ----------
    tf, split : str
    rows : tuple of Measured
        One for each kind of negative that the data hold, "both" first.
    reliability : Reliability
        Of the calibrated probabilities, against both kinds.
    baseline_strength : float
        Inverse L2 penalty of the baseline, the best of six on the valid split.
    """

    tf: str
    split: str
    rows: tuple[Measured, ...]
    reliability: Reliability
    baseline_strength: float


def measure_factor(
    model: TFModel, train: DnaDataset, valid: DnaDataset, split: str, held_out: DnaDataset, *, seed: int
) -> FactorReport:
    """Measure a model and the 6-mer baseline on the same sequences.

    Parameters
    ----------
    model : TFModel
    train, valid : DnaDataset
        What the baseline is fitted on, and what its L2 penalty is tuned on.
    split : str
        Name of `held_out`, for the report.
    held_out : DnaDataset
        What both are measured on; `valid` itself favours both alike (it tuned the one, stopped the other).
    seed : int
        Of the bootstrap samples; model and baseline see the same ones.
    """
    outputs = scores([model], one_hot_codes(held_out.codes))[0]
    weights, intercept, strength = kmer_baseline((train.codes, train.labels), (valid.codes, valid.labels))
    reference = kmer_counts(held_out.codes) @ weights + intercept
    rows = []
    for against in AGAINST:
        use = np.ones(len(held_out), bool) if against == "both" else held_out.is_against(against)
        labels = held_out.labels[use]
        if labels.all():
            continue
        rows.append(
            Measured(
                model.tf,
                against,
                int(labels.sum()),
                int((labels == 0).sum()),
                areas(labels, outputs[use], seed=seed),
                areas(labels, reference[use], seed=seed),
            )
        )
    return FactorReport(
        model.tf, split, tuple(rows), reliability(held_out.labels, probability(outputs)), float(strength)
    )


def table(reports: Sequence[FactorReport]) -> pd.DataFrame:
    """One row for each factor and kind of negative, and the means over the factors."""
    rows = []
    for report in reports:
        for measured in report.rows:
            row = {
                "tf": measured.tf,
                "split": report.split,
                "against": measured.against,
                "positives": measured.positives,
                "negatives": measured.negatives,
            }
            for source, areas_ in (("", measured.model), ("baseline_", measured.baseline)):
                for name, interval in areas_.items():
                    row |= {f"{source}{name}": interval.value}
                    row |= {f"{source}{name}_low": interval.low, f"{source}{name}_high": interval.high}
            row["calibration_error"] = report.reliability.error if measured.against == "both" else float("nan")
            row["brier"] = report.reliability.brier if measured.against == "both" else float("nan")
            rows.append(row)
    frame = pd.DataFrame(rows)
    if len(reports) > 1:
        values = ["auroc", "auprc", "baseline_auroc", "baseline_auprc", "calibration_error", "brier"]
        means = frame.groupby("against", sort=False)[values].mean().reset_index()
        frame = pd.concat([frame, means.assign(tf="mean", split=reports[0].split)], ignore_index=True)
    return frame
