"""A factor's model from a user's own labelled DNA, an epoch a step."""

import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from biocore import zoo
from biocore.errors import InputError
from biocore.jobs import own
from biocore.jobs.arrays import array_text, text_array
from biocore.jobs.description import Description, canonical
from biocore.jobs.kinds import records
from biocore.jobs.kinds.base import Arrays, Kind, Parts, Step
from biocore.jobs.models import Models

if TYPE_CHECKING:
    import pandas as pd

    from biocore.tfbinding.train.data import DnaDataset
    from biocore.tfbinding.train.recipe import FactorTraining

LEAST, MOST = 200, 60_000  # rows
LONGEST = 1000  # bp
HELD_OUT = 0.2  # share of the rows that are measured on
VARIANT = "shared"
_LETTERS = np.frombuffer(b"ACGTN", np.uint8)
_CODES = np.zeros(256, np.uint8)
_CODES[_LETTERS] = np.arange(len(_LETTERS))


@dataclass(frozen=True)
class OwnModel:
    """What a training has come to so far.

    Attributes
    ----------
    tf : str
    losses : tuple of float
        Of each epoch that has run.
    auroc : tuple of float
        On the held-out windows after each epoch; of the network alone.
    name : str or None
        Of the model, for `zoo.load`; None until it is trained.
    card : ModelCard or None
    checks : tuple of dict
        question, passed, found; empty until it is trained.
    """

    tf: str
    losses: tuple[float, ...]
    auroc: tuple[float, ...]
    name: str | None = None
    card: zoo.ModelCard | None = None
    checks: tuple[dict[str, Any], ...] = ()


def dataset_inputs(data: "DnaDataset") -> dict[str, Any]:
    """Inputs of `TrainFactor` from labelled DNA."""
    from biocore.tfbinding.train.data import KINDS

    texts = [row.tobytes().decode() for row in _LETTERS[data.codes]]
    return {"sequences": texts, "labels": data.labels.tolist(), "kinds": [KINDS[kind] for kind in data.kinds]}


class TrainFactor(Kind):
    """``csv``: text with the columns sequence and label; or ``bed`` and ``reference``: peaks, and FASTA they lie in; or
    ``sequences`` of one length, ``labels`` (1 bound, 0 not), ``kinds`` (of negatives), as `dataset_inputs` gives
    them, which a description holds.  ``tf``: the factor's name; ``epochs`` at most, ``seed``.

    The result is an `OwnModel`, of the epochs that have run where not all have.
    """

    name, title, unit = "train-tfbinding", "DNA model from own data", "epochs"
    defaults = {"tf": "", "epochs": 12, "seed": 0}

    def read(self, inputs: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[dict, dict]:
        tf = records.text(settings, "tf").strip()
        if not tf.replace("-", "").replace("_", "").isalnum() or len(tf) > 40:
            raise InputError(f"The name {tf!r} must be up to 40 letters, digits, - and _.")
        records.whole(settings, "epochs", 1, 100)
        records.whole(settings, "seed", 0, 2**31 - 1)
        inputs = _labelled(inputs, tf, settings["seed"])
        given = {name: inputs.get(name) for name in ("sequences", "labels", "kinds")}
        _split({**given, **settings, "tf": tf})
        return given, {**settings, "tf": tf}

    def models(self, inputs: Mapping[str, Any], settings: Mapping[str, Any]) -> Sequence[str]:
        return []

    def residues(self, description: Description) -> int:
        return sum(map(len, description.inputs["sequences"]))

    def steps(self, description: Description) -> list[Step]:
        asked = {**description.inputs, **description.settings}
        stamp = hashlib.sha256(canonical(asked).encode()).hexdigest()
        steps: list[Step] = []
        for epoch in range(asked["epochs"]):
            steps.append(self._step(stamp, {"epoch": epoch, **asked}, steps))
        return [*steps, self._step(stamp, {"epoch": None, **asked}, steps)]

    def _step(self, stamp: str, payload: dict[str, Any], before: Sequence[Step]) -> Step:
        """A step whose key covers the data by their hash: they are the same in every one."""
        needs = (before[-1].key,) if before else ()
        key = canonical([self.name, self.version, stamp, payload["epoch"], list(needs)])
        return Step(hashlib.sha256(key.encode()).hexdigest(), payload, 1.0, needs, True)

    def run(self, step: Step, models: Models, parts: Parts) -> Arrays:
        asked = step.payload
        training = models.note((self.name, _stamp(asked)), lambda: _training(asked))
        trainer = training.trainer
        before = parts[step.needs[0]] if step.needs else None
        wanted = asked["epochs"] if asked["epoch"] is None else asked["epoch"]
        if before is not None and trainer.done != min(wanted, _epochs_in(before)):
            trainer.restore(before)
        elif before is None and trainer.done:
            training = _training(asked)
            trainer = training.trainer
        if asked["epoch"] is None:
            return _finished(training, own.name_of(step.key), asked)
        if not trainer.finished:
            trainer.epoch()
        return trainer.snapshot()

    def collect(self, description: Description, steps: Sequence[Step], parts: Parts) -> OwnModel | None:
        known = [step for step in steps[:-1] if step.key in parts]
        tf = description.settings["tf"]
        if not known:
            return None
        history = json.loads(array_text(parts[known[-1].key]["history"]))
        found = OwnModel(tf, tuple(history["losses"]), tuple(m["auroc"] for m in history["metrics"]))
        if steps[-1].key not in parts:
            return found
        last = parts[steps[-1].key]
        card = own.keep(own.name_of(steps[-1].key), last)
        return replace(found, name=card.name, card=card, checks=tuple(json.loads(array_text(last["checks"]))))

    def tables(self, description: Description, result: OwnModel) -> "dict[str, pd.DataFrame]":
        import pandas as pd

        epochs = range(1, len(result.losses) + 1)
        quality = [asdict(row) for row in result.card.quality] if result.card else []
        return {
            "epochs": pd.DataFrame({"epoch": epochs, "loss": result.losses, "held_out_auroc": result.auroc}),
            "quality": pd.DataFrame(quality),
            "checks": pd.DataFrame(result.checks),
        }


def _labelled(inputs: Mapping[str, Any], tf: str, seed: int) -> Mapping[str, Any]:
    """The inputs as sequences, labels and kinds.  Errors as of `load_dna`, `parse_bed` and `at_peaks`."""
    from biocore.io import fasta_entries
    from biocore.tfbinding.train.data import load_dna
    from biocore.tfbinding.train.rows import at_peaks, parse_bed

    texts = {name: inputs[name] for name in ("csv", "bed", "reference") if name in inputs}
    if not all(isinstance(text, str) for text in texts.values()):
        raise InputError(f"{', '.join(texts)} must be text.")
    if "csv" in texts:
        return dataset_inputs(load_dna(Path("CSV"), tf, text=texts["csv"]))
    if "bed" in texts:
        if "reference" not in texts:
            raise InputError("peaks need the FASTA of the sequences they lie in.", record="BED")
        peaks = parse_bed(texts["bed"].splitlines(), most=MOST // 2)
        reference = fasta_entries(texts["reference"].splitlines(), source="reference")
        return dataset_inputs(at_peaks(peaks, reference, tf, seed=seed))
    return inputs


def _stamp(asked: Mapping[str, Any]) -> str:
    kept = {name: asked[name] for name in ("sequences", "labels", "kinds", "tf", "epochs", "seed")}
    return hashlib.sha256(canonical(kept).encode()).hexdigest()


def _split(asked: Mapping[str, Any]) -> "tuple[DnaDataset, DnaDataset]":
    """Rows to learn from and rows held out.

    Raises
    ------
    InputError
        The rows cannot be used.
    """
    from biocore.tfbinding.train.data import KINDS, DnaDataset
    from biocore.tfbinding.train.rows import split

    sequences, labels, kinds = (asked[name] for name in ("sequences", "labels", "kinds"))
    if not all(isinstance(values, list) for values in (sequences, labels, kinds)):
        raise InputError("inputs are lists of sequences, labels and kinds.")
    if not LEAST <= len(sequences) <= MOST or len(sequences) != len(labels) or len(labels) != len(kinds):
        raise InputError(f"{len(sequences):,} sequences; {LEAST} to {MOST:,} are taken, with a label and a kind each.")
    length = len(sequences[0])
    if any(not isinstance(s, str) or len(s) != length or set(s) - set("ACGTN") for s in sequences):
        raise InputError(f"sequences of A, C, G, T, N of one length ({length} bp) are needed.")
    if not 20 <= length <= LONGEST or set(labels) - {0, 1} or set(kinds) - set(KINDS):
        raise InputError(f"20 to {LONGEST:,} bp, labels 0 and 1, and kinds {', '.join(KINDS)} are taken.")
    codes = _CODES[np.frombuffer("".join(sequences).encode(), np.uint8)].reshape(-1, length)
    data = DnaDataset(
        asked["tf"], codes, np.array(labels, np.uint8), np.array([KINDS.index(kind) for kind in kinds], np.uint8)
    )
    return split(data, share=HELD_OUT, seed=asked["seed"])


def _training(asked: Mapping[str, Any]) -> "FactorTraining":
    from biocore.tfbinding.train.recipe import FactorTraining
    from biocore.training.fit import TrainConfig

    train, valid = _split(asked)
    config = TrainConfig(epochs=asked["epochs"], seed=asked["seed"])
    return FactorTraining([train], [valid], variant=VARIANT, config=config)


def _epochs_in(snapshot: Arrays) -> int:
    return len(json.loads(array_text(snapshot["history"]))["losses"])


def _finished(training: "FactorTraining", name: str, asked: Mapping[str, Any]) -> Arrays:
    """Blend, calibrate, measure and check; the model's files as arrays."""
    from biocore.tfbinding.train.cards import factor_card
    from biocore.tfbinding.train.checks import six_checks
    from biocore.tfbinding.train.measure import measure_factor
    from biocore.tfbinding.train.recipe import write_models

    trained = training.finish()
    given, valid = _split(asked)
    (model,), (fitted_on,) = trained.models, trained.train
    report = measure_factor(model, fitted_on, valid, "held out", valid, seed=0)
    bound = int(fitted_on.labels.sum())
    rows = {"positives": bound, "negatives": len(fitted_on) - bound}
    rows |= {"overlapping": len(given) - len(fitted_on), "left_out": 0}
    card = factor_card(
        report,
        trained.history,
        {},
        window=model.window,
        variant=VARIANT,
        rows=rows,
        shipped=False,
        calibration=f"Platt scaling on the held-out fifth of {len(given) + len(valid):,} rows, prior 1:1",
        alone=True,
    )
    checks = [asdict(check) for check in six_checks(model, report, fitted_on, valid)]
    card = replace(card, name=name, details={**card.details, "checks": checks})
    model = replace(model, tf=f"{model.tf} (own {name[4:8]})")  # beside others of the same factor
    with tempfile.TemporaryDirectory() as folder:
        (written,) = write_models(Path(folder), [model], [card], None)
        arrays = own.to_arrays(written.folder)
    own.keep(name, arrays)
    return {**arrays, "checks": text_array(json.dumps(checks))}
