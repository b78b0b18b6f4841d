"""GO molecular functions from sequence: data, network, neighbours, calibration, evidence.

``zoo.load("go-mf")`` gives a `FunctionModel`; see `predict`.
"""

from biocore.go.predict import FunctionModel
from biocore.go.prediction import Prediction
from biocore.go.stored import evaluation, load

__all__ = ["FunctionModel", "Prediction", "evaluation", "load"]
