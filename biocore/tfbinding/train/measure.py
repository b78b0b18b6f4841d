"""Measure factor models on held-out data, beside the 6-mer baseline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from biocore.stats.calibration import Reliability, calibrate, reliability
from biocore.stats.intervals import Interval
from biocore.stats.ranking import areas, auroc, auroc_difference
from biocore.tfbinding import TFModel, probability, scores
from biocore.tfbinding.train.baseline import kmer_baseline, kmer_counts
from biocore.tfbinding.train.data import DnaDataset, apart, one_hot_codes

CROSS_FITTED = "each half calibrated on the other"
AGAINST = {
    "both": "both kinds of negative",
    "dinucleotide_shuffle": "dinucleotide shuffles",
    "genomic": "genomic windows",
}


@dataclass(frozen=True)
class Measured:
    """One model and the baseline against one kind of negative.

    Attributes
    ----------
    tf, against : str
    positives, negatives : int
        Rows.
    model, baseline : mapping of measure -> Interval
    gain : Interval
        auROC of the model minus that of the baseline.
    parts : mapping of str -> float
        auROC of the "network" alone and of the table of "words" alone; empty for a model without a table.
    """

    tf: str
    against: str
    positives: int
    negatives: int
    model: dict[str, Interval]
    baseline: dict[str, Interval]
    gain: Interval
    parts: Mapping[str, float]


@dataclass(frozen=True)
class FactorReport:
    """All that is measured of one factor's model on one split.

    Attributes
    ----------
    tf, split : str
    rows : tuple of Measured
        One for each kind of negative that the data hold, "both" first.
    reliability : Reliability
        Of the calibrated probabilities, against both kinds; see `cross_fitted`.
    cross_fitted : bool
        True where the split is the one that calibrated the model: reliability is then measured on each half of the rows
        after calibration on the other half.
    baseline_strength : float
        Inverse L2 penalty of the baseline, the best of six on the valid split.
    """

    tf: str
    split: str
    rows: tuple[Measured, ...]
    reliability: Reliability
    cross_fitted: bool
    baseline_strength: float


def measure_factor(
    model: TFModel, train: DnaDataset, valid: DnaDataset, split: str, held_out: DnaDataset, *, seed: int
) -> FactorReport:
    """Measure a model and the 6-mer baseline on the same sequences.

    Parameters
    ----------
    model : TFModel
    train, valid : DnaDataset
        What the baseline is fitted on (without rows that overlap `held_out`), and what its L2 penalty is tuned on;
        `valid` also calibrated the model.
    split : str
        Name of `held_out`, for the report.
    held_out : DnaDataset
        What both are measured on; `valid` itself favours both alike (it tuned the one, stopped the other).
    seed : int
        Of the bootstrap samples, of which model and baseline see the same, and of the halves of `cross_fitted`.

    Returns
    -------
    FactorReport
    """
    parts = parts_of(model, held_out)
    outputs = parts.sum(axis=1)
    names = ("network", "words") if parts.shape[1] > 1 else ()
    train = apart(train, held_out)
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
                auroc_difference(labels, outputs[use], reference[use]),
                {name: auroc(labels, part) for name, part in zip(names, parts[use].T, strict=False)},
            )
        )
    own = held_out is valid
    calibrated = cross_fitted(held_out.labels, parts, seed=seed) if own else outputs
    known = np.isfinite(calibrated)
    found = reliability(held_out.labels[known], probability(calibrated[known]))
    return FactorReport(model.tf, split, tuple(rows), found, own, float(strength))


def parts_of(model: TFModel, data: DnaDataset) -> np.ndarray:
    """What the network and, where there is one, the table of words add to each row's log-odds, (N, 1 or 2).

    Parameters
    ----------
    model : TFModel
    data : DnaDataset

    Returns
    -------
    float array, (N, 1 or 2)
    """
    x = one_hot_codes(data.codes)
    if not model.trunk.architecture.kmers:
        return model(x)[:, None]
    network = replace(model, kmers=np.zeros_like(model.kmers))
    alone, both = scores([network, model], x)
    return np.stack([alone, both - alone], axis=1)


def cross_fitted(labels: np.ndarray, columns: np.ndarray, *, seed: int) -> np.ndarray:
    """Log-odds of each row, calibrated on the half of the rows that it is not in.

    Parameters
    ----------
    labels : array of 0 and 1, (N,)
    columns : array, (N, K)
        Scores to blend and calibrate, as `calibrate` takes them.
    seed : int
        Of the halves, which have the same share of positives.

    Returns
    -------
    float array, (N,)
        At a prior of 1:1; NaN everywhere where a class has fewer than two rows.

    Notes
    -----
    Nothing of a row's label enters its own log-odds, not even through the pull towards a common blend, which is left
    out; so what is measured of them is, if anything, worse than the model calibrated on all rows.
    """
    from sklearn.model_selection import StratifiedKFold

    log_odds = np.full(len(labels), np.nan)
    if np.bincount(labels, minlength=2).min() < 2:
        return log_odds
    for fit, rest in StratifiedKFold(2, shuffle=True, random_state=seed).split(columns, labels):
        weights, offset = calibrate(labels[fit], columns[fit])
        log_odds[rest] = columns[rest] @ weights + offset
    return log_odds


def table(reports: Sequence[FactorReport]) -> pd.DataFrame:
    """One row for each factor and kind of negative, and the means over the factors.

    Parameters
    ----------
    reports : sequence of FactorReport

    Returns
    -------
    DataFrame
        tf, split, against, positives, negatives; auroc and auprc of the model and (baseline_) of the 6-mer regression,
        each with the ends of its interval (_low, _high); gain, the auROC of the model minus the baseline's, with the
        ends of DeLong's interval; network_auroc and words_auroc, of the two parts alone;
        calibration_error and brier, on the rows "both".
    """
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
            row |= {"gain": measured.gain.value, "gain_low": measured.gain.low, "gain_high": measured.gain.high}
            row |= {f"{name}_auroc": value for name, value in measured.parts.items()}
            row["calibration_error"] = report.reliability.error if measured.against == "both" else float("nan")
            row["brier"] = report.reliability.brier if measured.against == "both" else float("nan")
            rows.append(row)
    frame = pd.DataFrame(rows)
    if len(reports) > 1:
        values = [name for name in ("network_auroc", "words_auroc") if name in frame]
        values += ["auroc", "auprc", "baseline_auroc", "baseline_auprc", "gain", "calibration_error", "brier"]
        means = frame.groupby("against", sort=False)[values].mean().reset_index()
        frame = pd.concat([frame, means.assign(tf="mean", split=reports[0].split)], ignore_index=True)
    return frame
