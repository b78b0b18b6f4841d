"""Six checks that every trained factor model must stand: known ways in which such models go wrong."""

from dataclasses import dataclass

import numpy as np

from biocore.sequence import one_hot
from biocore.stats.ranking import auroc
from biocore.tfbinding import TFModel
from biocore.tfbinding.train.data import DnaDataset, one_hot_codes, overlapping
from biocore.tfbinding.train.measure import FactorReport

LEAST_AUROC = 0.6  # below it a model says little
LARGEST_ERROR = 0.1  # expected calibration error
STRANDS = 1e-3  # log-odds
REPEATED = 0.5  # probability above which a simple repeat counts as called bound


@dataclass(frozen=True)
class Check:
    """What is asked, whether the model stands it, and what was found."""

    question: str
    passed: bool
    found: str


def six_checks(model: TFModel, report: FactorReport, train: DnaDataset, held_out: DnaDataset) -> list[Check]:
    """Is what was measured to be believed?

    Parameters
    ----------
    model : TFModel
    report : FactorReport
        On `held_out`, which calibrated the model; its calibration is measured crosswise.
    train : DnaDataset
        What the model has learned from.
    held_out : DnaDataset

    Returns
    -------
    list of Check
        Held-out rows apart from the training rows; above chance; above the share of G and C; above a regression on
        6-mers; simple repeats not called bound and both strands alike; calibrated.
    """
    row = report.rows[0]
    ours, baseline = row.model["auroc"], row.baseline["auroc"]
    gc = _gc_auroc(held_out)
    shared = int(overlapping(held_out.codes, train.codes).sum())
    repeats = [pair * (model.window // 2 + 1) for pair in ("AA", "CC", "AC", "AG", "AT", "CG")]
    logits = model(one_hot([text[: model.window] for text in repeats]))
    called = [text[:2] for text, logit in zip(repeats, logits, strict=True) if 1 / (1 + np.exp(-logit)) > REPEATED]
    forward, reverse = _both_strands(model, held_out)
    differ = float(np.abs(forward - reverse).max())
    error = report.reliability.error
    return [
        Check("Are the held-out windows apart from the training windows?", shared == 0, f"{shared:,} overlap by 50 bp"),
        Check(
            f"Is auROC on held-out windows above {LEAST_AUROC:g}, interval and all?",
            bool(ours.low > LEAST_AUROC),
            f"{ours.value:.3f} [{ours.low:.3f}, {ours.high:.3f}]",
        ),
        Check(
            "Does it know more than the share of G and C?",
            bool(ours.low > gc),
            f"{ours.value:.3f}; by G and C alone {gc:.3f}",
        ),
        Check(
            "Does it rank at least as well as a regression on 6-mers?",
            bool(ours.value >= baseline.value),
            f"{ours.value:.3f}; 6-mers {baseline.value:.3f} [{baseline.low:.3f}, {baseline.high:.3f}]",
        ),
        Check(
            "Are simple repeats left unbound, and do both strands give one answer?",
            not called and differ <= STRANDS,
            (f"called bound: {', '.join(called)}" if called else "no repeat of one or two bases is called bound")
            + f"; strands differ by {differ:.1g} at most",
        ),
        Check(
            "Are its probabilities what is seen?",
            bool(error <= LARGEST_ERROR),
            f"expected calibration error {error:.3f}",
        ),
    ]


def _gc_auroc(data: DnaDataset) -> float:
    """Of the share of G and C, in the direction that is better."""
    share = np.isin(data.codes, (1, 2)).mean(axis=1)
    found = auroc(data.labels, share)
    return max(found, 1 - found)


def _both_strands(model: TFModel, data: DnaDataset) -> tuple[np.ndarray, np.ndarray]:
    """Log-odds of some windows as they are, and turned."""
    x = one_hot_codes(data.codes[:64])
    return model(x), model(x[:, ::-1, ::-1])
