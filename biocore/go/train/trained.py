"""What training gives, and what the valid split adds to it."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from biocore.go import calibration
from biocore.go.predict import FunctionModel
from biocore.go.train.settings import Data
from biocore.stats.calibration import Reliability, reliability


@dataclass(frozen=True)
class Trained:
    """A model, and the out-of-fold numbers its choices rest on.

    Attributes
    ----------
    model : FunctionModel
    arrays, details
        What is written to disk.
    record : dict
        Curves and out-of-fold measurements, JSON values.
    oof : float array, (N, T)
        Out-of-fold probabilities of the training proteins.
    """

    model: FunctionModel
    arrays: dict[str, np.ndarray]
    details: dict[str, Any]
    record: dict[str, Any]
    oof: np.ndarray


def settle(trained: Trained, valid: Data, predicted: np.ndarray) -> Trained:
    """Add what the valid split says: precision and recall at each threshold, and how often scores came true.

    Nothing is chosen here; `predicted` are the model's probabilities for `valid`, (N, T).

    Parameters
    ----------
    trained : Trained
    valid : Data
    predicted : float array, (N, T)

    Returns
    -------
    Trained
    """
    model = trained.model
    measured = calibration.measure_thresholds(predicted, valid.labels, model.thresholds.threshold)
    reliable = {"all terms": reliability(valid.labels, predicted, bins=calibration.BINS).as_dict()}
    for number, name in enumerate(model.calibration.groups):
        chosen = model.calibration.group == number
        found = reliability(valid.labels[:, chosen], predicted[:, chosen], bins=calibration.BINS)
        reliable[name] = found.as_dict()
    arrays = trained.arrays | measured.arrays()
    details = trained.details | {"reliability": reliable}
    as_read = {name: Reliability.from_dict(values) for name, values in reliable.items()}
    model = replace(model, thresholds=measured, reliability=as_read)
    return replace(trained, arrays=arrays, details=details, model=model)
