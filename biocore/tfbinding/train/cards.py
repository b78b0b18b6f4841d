"""What the cards of factor models say: origin, measured quality, limits."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from biocore import zoo
from biocore.tfbinding.train.measure import AGAINST, CROSS_FITTED, FactorReport
from biocore.tfbinding.train.recipe import TRUNK
from biocore.training.fit import History

_CITATIONS = {
    "DeepBind": "Alipanahi et al. (2015), Nat Biotechnol 33:831-838, doi:10.1038/nbt.3300",
    "FastSK": "Blakely et al. (2020), Bioinformatics 36:i857-i865, doi:10.1093/bioinformatics/btaa817",
    "JASPAR": "Khan et al. (2018), Nucleic Acids Res 46:D260-D266, doi:10.1093/nar/gkx1126",
    "PEnG": "Kiesel et al. (2018), Nucleic Acids Res 46:W215-W220, doi:10.1093/nar/gky431",
}
_ENCODE = "ENCODE Project Consortium (2012), Nature 489:57-74, doi:10.1038/nature11247"
_LIMITS = (
    "Trained on windows of {window} bp around binding sites of one experiment; what it learnt includes partners' sites "
    "and base composition of that cell type. It sees sequence only: no chromatin, no methylation. Probabilities assume "
    "that a bound and an unbound window are equally likely, which along a genome they are not."
)
_CENTRED = (
    " Motif-centred sites: the positives were chosen by this factor's motif and centred on it, so its scores and its "
    "measured quality are inflated."
)
_KNOWN = {
    "ARID3A": " The peaks do not hold the ARID3A motif: the model recognises the sites of co-factors.",
}


def manifest(folder: Path) -> dict[str, Mapping[str, Any]]:
    """Rows of ``MANIFEST.csv`` in a data folder, by factor; empty where there is none.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    dict
        Factor -> its row; empty without a file.
    """
    path = folder / "MANIFEST.csv"
    if not path.is_file():
        return {}
    rows = pd.read_csv(path).to_dict(orient="records")
    return {row["transcription_factor"]: row for row in rows if "transcription_factor" in row}


def factor_card(
    report: FactorReport,
    history: History,
    facts: Mapping[str, Any],
    *,
    window: int,
    variant: str,
    rows: Mapping[str, int],
    shipped: bool,
    calibration: str,
    alone: bool,
) -> zoo.ModelCard:
    """Card of one factor's model.

    Parameters
    ----------
    report : FactorReport
    history : History
    facts : mapping
        The factor's row of `manifest`, or empty.
    window : int
        bp of the training sequences.
    variant : str
    rows : mapping
        "positives" and "negatives" the factor was trained on; "overlapping" rows of its training file, left out because
        its own held-out windows cover the same place; "left_out", what the shared network did not see.
    shipped : bool
        True for models that come with biocore, trained on public data.
    calibration : str
        How outputs became log-odds, in words.
    alone : bool
        True for a model with a trunk of its own, whose card then holds the whole history.

    Returns
    -------
    ModelCard
        Without what `write_models` fills in.
    """
    tf = report.tf
    centred = facts.get("positives_are") == "motif-centred"
    origin = facts.get("source", "the user's own file")
    kinds = [AGAINST[row.against] for row in report.rows if row.against != "both"]
    limits = _LIMITS.format(window=window) + (_CENTRED if centred else "") + (_KNOWN.get(tf, "") if facts else "")
    return zoo.ModelCard(
        name=f"tf-{tf}" if variant == "shared" else f"tf-{tf}-{variant}",
        task="tf-binding",
        title=tf if variant == "shared" else f"{tf} ({variant})",
        source="assets" if shipped else "user",
        output_unit="log-odds of binding (natural log, prior 1:1)",
        trained_on=(
            f"{origin}: {rows['positives']:,} bound and {rows['negatives']:,} unbound windows of {window} bp"
            + (f" ({' and '.join(kinds)})" if kinds else "")
            + ("; motif-centred sites" if centred else "")
            + (f"; {rows['overlapping']:,} that overlap held-out windows were left out" if rows["overlapping"] else "")
        ),
        limits=limits,
        licence="Apache-2.0 (weights)" if shipped else "the user's own",
        citation="; ".join(
            [text for word, text in _CITATIONS.items() if word in origin] + [_ENCODE] * ("ENCODE" in origin)
        ),
        window=window,
        quality=_quality(report),
        details={
            "variant": variant,
            **({"example": True} if shipped and variant != "shared" else {}),
            "motif_centred": centred,
            "source_of_positives": origin,
            "training_rows": dict(rows),
            "calibration_method": calibration,
            "reliability": _reliability(report),
            "training_curve": {
                "train_loss": [round(v, 4) for v in history.train_loss],
                "valid_auroc": [round(m[history.monitor], 4) for m in history.metrics],
                "note": "network alone, mean over the factors trained together",
                "best_epoch": history.best + 1,
            },
            **({"history": history.to_json()} if alone else {}),
        },
    )


def measured_card(card: zoo.ModelCard, report: FactorReport) -> zoo.ModelCard:
    """A model's card with what was measured of it anew, in place of what it says.

    Parameters
    ----------
    card : ModelCard
    report : FactorReport

    Returns
    -------
    ModelCard
    """
    return replace(card, quality=_quality(report), details={**card.details, "reliability": _reliability(report)})


def trunk_card(factors: int, history: History, *, shipped: bool, window: int) -> zoo.ModelCard:
    """Card of the part that the factors share.

    Parameters
    ----------
    factors : int
        How many share it.
    history : History
    shipped : bool
        True for models that come with biocore.
    window : int
        bp of the training sequences.

    Returns
    -------
    ModelCard
    """
    return zoo.ModelCard(
        name=TRUNK,
        task=TRUNK,
        title=f"Convolutions shared by {factors} transcription-factor models",
        source="assets" if shipped else "user",
        output_unit="features",
        trained_on=f"the training windows of {factors} factors together",
        limits="A part of the factors' models; of no use alone.",
        licence="Apache-2.0 (weights)" if shipped else "the user's own",
        citation="",
        window=window,
        details={"history": history.to_json()},
    )


def _reliability(report: FactorReport) -> dict[str, Any]:
    return {
        "split": report.split,
        "note": CROSS_FITTED if report.cross_fitted else "rows that took no part in calibration",
        **report.reliability.as_dict(digits=4),
    }


def _quality(report: FactorReport) -> tuple[zoo.Quality, ...]:
    rows = []
    for row in report.rows:
        measured = [
            (name + suffix, values[key])
            for suffix, values in (("", row.model), (" of the 6-mer baseline", row.baseline))
            for key, name in (("auroc", "auROC"), ("auprc", "auPRC"))
        ]
        for metric, interval in [*measured, ("auROC above the 6-mer baseline's", row.gain)]:
            value, low, high = (round(number, 4) for number in (interval.value, interval.low, interval.high))
            rows.append(
                zoo.Quality(metric, value, low, high, split=report.split, note=f"against {AGAINST[row.against]}")
            )
    return tuple(rows)


def refitted_card(
    card: zoo.ModelCard, report: FactorReport, rows: Mapping[str, int], calibration: str
) -> zoo.ModelCard:
    """A model's card after its table of words and its calibration were fitted anew.

    Parameters
    ----------
    card : ModelCard
    report : FactorReport
        Of the model as it is now.
    rows : mapping
        As for `factor_card`.
    calibration : str
        How outputs became log-odds, in words.

    Returns
    -------
    ModelCard
        Without the calibration and hashes of before, which `write_models` fills in.
    """
    card = measured_card(card, report)
    details = {name: value for name, value in card.details.items() if name != "calibration"}
    details |= {"training_rows": dict(rows), "calibration_method": calibration}
    return replace(card, details=details)
