"""Models in the zoo: read them, and what was measured of them."""

import json
from typing import Any

from biocore import zoo
from biocore.errors import ModelUnavailable
from biocore.families.model import Families
from biocore.go import features
from biocore.go.predict import FunctionModel


def load(
    card: zoo.ModelCard, *, backbone: features.Backbone | None = None, library: Families | None = None
) -> FunctionModel:
    """The model of a card; the language model behind it is loaded when it is first needed.

    Parameters
    ----------
    card : ModelCard
    backbone : Backbone, optional
        The language model, where it is already loaded.
    library : Families, optional
        The library of families, where it is already loaded.

    Returns
    -------
    FunctionModel

    Raises
    ------
    ModelUnavailable
        The weights are missing, damaged, or do not fit the card.
    """
    from safetensors.numpy import load_file

    arrays = load_file(zoo.weights(card))
    try:
        return FunctionModel.from_arrays(arrays, card.details, backbone=backbone, library=library)
    except KeyError as error:
        raise ModelUnavailable(f"{card.folder} is not a function model of this version: {error} is missing.") from error
    except (TypeError, ValueError) as error:
        raise ModelUnavailable(f"{card.folder} is not a function model of this version: {error}.") from error


def evaluation(card: zoo.ModelCard) -> dict[str, Any]:
    """The measurements stored beside the weights (``evaluation.json``); empty where there are none.

    Parameters
    ----------
    card : ModelCard

    Returns
    -------
    dict
        As `go.train.evaluate` gives it.
    """
    path = card.folder / "evaluation.json"
    return json.loads(path.read_text()) if path.exists() else {}
