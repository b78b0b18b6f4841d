"""A correction of variant effects that learns from a user's own measurements."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from biocore.errors import DataUnavailable, InputError
from biocore.jobs.arrays import pack, unpack
from biocore.jobs.description import Description
from biocore.jobs.flat import from_arrays, to_arrays
from biocore.jobs.kinds import records
from biocore.jobs.kinds.base import Arrays, Kind, Parts, Step
from biocore.jobs.models import Models

if TYPE_CHECKING:
    import pandas as pd

    from biocore.variants import EffectScan, FeatureTable

_TABLES = ("table", "curve", "left_out")  # fields of an `AssayFit` that are tables
MOST = 100_000  # measurements


def basis_inputs(
    name: str, scan: "EffectScan", features: "FeatureTable", measurements: "pd.DataFrame"
) -> dict[str, Any]:
    """Inputs of `FitAssay`: a protein's scores and features, and what was measured of it.

    Parameters
    ----------
    name : str
        Of the protein.
    scan : EffectScan
    features : FeatureTable
    measurements : pandas.DataFrame
        As `esm2.measured.read_measurements` gives it.
    """
    rows = measurements[["line", "variant", "measured"]]
    return {
        "records": [[name, scan.sequence]],
        "scan": _text(to_arrays(scan)),
        "features": _text(to_arrays(features)),
        "measurements": [
            [int(line), str(variant), None if measured != measured else float(measured)]
            for line, variant, measured in rows.itertuples(index=False)
        ],
    }


class FitAssay(Kind):
    """What `basis_inputs` gives.  ``offset``: added to residue numbers; ``method``: one of `variants.assay.METHODS`.

    The result is a `variants.assay.AssayFit`.
    """

    name, title, unit = "fit-assay", "Fit to measured variants", "fits"
    defaults = {"offset": 0, "method": "ridge", "seed": 0}

    def read(self, inputs: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[dict, dict]:
        from biocore.variants.assay import METHODS

        records.choice(settings, "method", METHODS)
        records.whole(settings, "offset", -100_000, 100_000)
        records.whole(settings, "seed", 0, 2**31 - 1)
        clean = records.one(records.proteins(inputs), self.name)
        given = {**clean, **{name: inputs.get(name) for name in ("scan", "features", "measurements")}}
        scan, features, _ = _basis(given)
        sequence = clean["records"][0][1]
        if scan.sequence != sequence or features.values.shape[:2] != (len(sequence), 20):
            raise InputError("scores and features are not those of the protein.", record=clean["records"][0][0])
        return given, dict(settings)

    def steps(self, description: Description) -> list[Step]:
        return [self.step(description, {**description.settings, **description.inputs}, long=True)]

    def run(self, step: Step, models: Models, parts: Parts) -> Arrays:
        from dataclasses import replace

        from biocore.variants.assay import fit_assay

        asked = step.payload
        scan, features, measured = _basis(asked)
        fit = fit_assay(
            scan, features, measured, offset=asked["offset"], method=asked["method"], seed=asked["seed"]
        )  # fmt: skip
        tables: dict[str, Any] = {name: _parquet(getattr(fit, name)) for name in _TABLES}
        return to_arrays(replace(fit, **tables))

    def collect(self, description: Description, steps: Sequence[Step], parts: Parts) -> Any | None:
        from dataclasses import replace

        from biocore.variants.assay import AssayFit

        if steps[0].key not in parts:
            return None
        found = from_arrays(AssayFit, parts[steps[0].key])
        return replace(found, **{name: _from_parquet(getattr(found, name)) for name in _TABLES})

    def tables(self, description: Description, result: Any) -> dict[str, Any]:
        from biocore.variants.assay import design

        return {"fitted": result.table, "learning_curve": result.curve, "next_variants": design(result, 96)}


def _text(arrays: Arrays) -> str:
    return base64.b64encode(pack(arrays)).decode()


def _basis(given: Mapping[str, Any]) -> "tuple[EffectScan, FeatureTable, pd.DataFrame]":
    """What `basis_inputs` wrote.

    Raises
    ------
    InputError
        It is something else.
    """
    import pandas as pd

    from biocore.variants import EffectScan, FeatureTable

    try:
        scan, features = (
            from_arrays(kind, unpack(base64.b64decode(given[name], validate=True)))
            for name, kind in (("scan", EffectScan), ("features", FeatureTable))
        )
        if not 1 <= len(given["measurements"]) <= MOST:
            raise InputError(f"{len(given['measurements']):,} measurements; 1 to {MOST:,} are taken.")
        rows = [
            (int(line), str(variant), np.nan if measured is None else float(measured))
            for line, variant, measured in given["measurements"]
        ]
    except (KeyError, TypeError, ValueError, binascii.Error, DataUnavailable) as error:
        raise InputError(f"scores, features or measurements cannot be read: {error}") from error
    return scan, features, pd.DataFrame(rows, columns=["line", "variant", "measured"])


def _parquet(table: "pd.DataFrame") -> np.ndarray:
    data = BytesIO()
    table.to_parquet(data, index=False)
    return np.frombuffer(data.getvalue(), np.uint8)


def _from_parquet(data: np.ndarray) -> "pd.DataFrame":
    import pandas as pd

    return pd.read_parquet(BytesIO(data.tobytes()))
