"""GO molecular functions from sequence: data, network, neighbours, calibration, evidence.

``zoo.load("go-mf")`` gives a `FunctionModel`; see `predict`.
"""

from biocore.go.predict import FunctionModel, Prediction, evaluation, load

__all__ = ["FunctionModel", "Prediction", "evaluation", "load"]
