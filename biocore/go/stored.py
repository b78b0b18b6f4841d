"""Models in the zoo: read them, and what was measured of them."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from biocore import zoo
from biocore.errors import ModelUnavailable
from biocore.families.model import Families
from biocore.go import features
from biocore.go.calibration import Calibration, Thresholds
from biocore.go.domain import Domain
from biocore.go.experiments import Experiments, Shown
from biocore.go.families import FamilyHits, FamilyIndex, FamilyLibrary
from biocore.go.head import Mlp
from biocore.go.predict import FunctionModel
from biocore.go.reference import Reference, lines
from biocore.go.stacking import Terms
from biocore.stats.calibration import Reliability


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
        return from_arrays(arrays, card.details, backbone=backbone, library=library)
    except KeyError as error:
        raise ModelUnavailable(f"{card.folder} is not a function model of this version: {error} is missing.") from error
    except (TypeError, ValueError) as error:
        raise ModelUnavailable(f"{card.folder} is not a function model of this version: {error}.") from error


def from_arrays(
    arrays: Mapping[str, np.ndarray],
    details: Mapping[str, Any],
    *,
    backbone: features.Backbone | None = None,
    library: Families | None = None,
) -> FunctionModel:
    """A model from what is written to disk.

    Parameters
    ----------
    arrays : mapping
        As `go.train.fit.train` makes them; their names are those of the shipped files.
    details : mapping
        The card's details.
    backbone : Backbone, optional
        The language model; loaded by name (``details["backbone"]``) when first needed.
    library : Families, optional
        The library of families; loaded by name (``details["families"]``) when first needed.

    Returns
    -------
    FunctionModel

    Raises
    ------
    KeyError
        Something is missing.
    ValueError
        The parts do not fit one another.
    """
    parents = enumerate(lines(arrays["text.parents"]))
    family_library = details.get("families", "none")  # models of before know none
    of_families = (
        FamilyIndex.build(FamilyHits.none(len(arrays["reference.starts"]) - 1))
        if family_library == "none"
        else FamilyIndex.from_arrays(arrays)
    )
    group = arrays["calibration.group"]
    experiments = None
    if copies := int(details.get("experiment_stacks", 0)):  # models of before have none
        experiments = Experiments(
            Shown.from_arrays(arrays, of_families),
            tuple(Mlp.from_arrays(arrays, f"experiment{i}") for i in range(copies)),
            Calibration(tuple(details["groups"]), group, arrays["experiment.slope"], arrays["experiment.offset"]),
        )
    return FunctionModel(
        terms=tuple(lines(arrays["text.vocabulary"])),
        parents={number: tuple(int(p) for p in text.split()) for number, text in parents},
        reference=Reference.from_arrays(arrays, filtered=bool(details.get("filtered", False))),
        heads=tuple(Mlp.from_arrays(arrays, f"head{i}") for i in range(int(details["heads"]))),
        stacks=tuple(Mlp.from_arrays(arrays, f"stack{i}") for i in range(int(details["stacks"]))),
        centre=arrays["centre"],
        axes=arrays["axes"].astype(np.float32),
        of_terms=Terms.from_arrays(arrays),
        information=arrays["information"].astype(float),
        calibration=Calibration(
            tuple(details["groups"]), group, *(arrays[f"calibration.{name}"] for name in ("slope", "offset"))
        ),
        thresholds=Thresholds.from_arrays(arrays),
        reliability={name: Reliability.from_dict(values) for name, values in details["reliability"].items()},
        domain=Domain.from_dict(details["familiar"]),
        count_groups=tuple(details["count_groups"]),
        vector_power=float(details["vector_power"]),
        min_proteins=int(details["settings"]["min_proteins"]),
        reading=features.Reading(int(details["layer"]), int(details["max_residues"])),
        language=features.LanguageModel(details["backbone"], str(details["backbone_hash"]), backbone),
        of_families=of_families,
        library=FamilyLibrary(family_library, str(details.get("families_hash", "none")), of_families.known, library),
        experiments=experiments,
        trained_on=int(details.get("trained_on", len(arrays["reference.starts"]) - 1)),
    )


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
