"""GO molecular functions from sequence: data, network, neighbours, calibration, evidence.

``zoo.load("go-mf")`` gives a `FunctionModel`; see `predict`.
"""

from biocore.go.predict import FunctionModel, evaluation, load
from biocore.go.prediction import Prediction

__all__ = ["FunctionModel", "Prediction", "evaluation", "load"]
