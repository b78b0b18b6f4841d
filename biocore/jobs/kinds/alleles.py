"""What the variants of a VCF do to every factor, both alleles of each."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from biocore import zoo
from biocore.errors import InputError
from biocore.jobs.description import Description
from biocore.jobs.kinds import records
from biocore.jobs.kinds.base import Arrays, Kind, Parts, Step
from biocore.jobs.kinds.dna import ALL, asked_models
from biocore.jobs.models import Models

if TYPE_CHECKING:
    from biocore.tfbinding.alleles import AlleleWindows

_WINDOWS = 256  # of one step
MOST = 1_000_000  # variants


class Alleles(Kind):
    """``vcf``: its text, and ``reference``: FASTA of the sequences it names.  ``models``: as of a DNA scan.

    A description holds only the variants and the windows around them, as ``variants``, ``alleles``, ``pairs``,
    ``windows``, ``skipped``.  The result is a `tfbinding.alleles.AlleleEffects`; windows that are not finished are NaN.
    """

    name, title, unit = "alleles", "Variants of a VCF", "windows"
    defaults = {"models": ALL}

    def read(self, inputs: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[dict, dict]:
        from biocore.io import fasta_entries
        from biocore.io.vcf import parse_vcf
        from biocore.tfbinding.alleles import allele_windows

        asked = {"models": asked_models(settings["models"])}
        if "windows" in inputs:
            _stored(inputs)
            return {name: inputs[name] for name in ("variants", "alleles", "pairs", "windows", "skipped")}, asked
        if not all(isinstance(inputs.get(name), str) for name in ("vcf", "reference")):
            raise InputError('inputs are {"vcf": text, "reference": text}, the second as FASTA.')
        read = parse_vcf(inputs["vcf"].splitlines(), most=MOST)
        found = allele_windows(read, fasta_entries(inputs["reference"].splitlines(), source="reference"))
        return {
            "variants": [[v.line, v.chromosome, v.position, v.id, v.ref, list(v.alts)] for v in found.variants],
            "alleles": found.alleles.tolist(),
            "pairs": found.pairs.tolist(),
            "windows": list(found.texts),
            "skipped": {str(row): why for row, why in found.skipped.items()},
        }, asked

    def models(self, inputs: Mapping[str, Any], settings: Mapping[str, Any]) -> Sequence[str]:
        return settings["models"]

    def residues(self, description: Description) -> int:
        return sum(map(len, description.inputs["windows"]))

    def steps(self, description: Description) -> list[Step]:
        windows, models = description.inputs["windows"], description.settings["models"]
        return [
            self.step(description, {"models": models, "windows": windows[a:b]}, b - a)
            for a, b in records.spans(len(windows), _WINDOWS)
        ]

    def run(self, step: Step, models: Models, parts: Parts) -> Arrays:
        from biocore.sequence import one_hot
        from biocore.tfbinding.model import scores

        loaded = models.several(tuple(step.payload["models"]))
        return {"log_odds": scores(loaded, one_hot(step.payload["windows"]))}

    def collect(self, description: Description, steps: Sequence[Step], parts: Parts) -> Any | None:
        found = [
            parts[step.key]["log_odds"]
            if step.key in parts
            else np.full((len(description.settings["models"]), len(step.payload["windows"])), np.nan)
            for step in steps
        ]
        if steps and not any(step.key in parts for step in steps):
            return None
        tfs = [zoo.factor(name) for name in description.settings["models"]]
        log_odds = np.concatenate([np.empty((len(tfs), 0)), *found], axis=1)
        return _stored(description.inputs).effects(tfs, log_odds)

    def tables(self, description: Description, result: Any) -> dict[str, Any]:
        return {"variants": result.table()}


def _stored(inputs: Mapping[str, Any]) -> "AlleleWindows":
    """The windows of a description.

    Raises
    ------
    InputError
        They do not fit together.
    """
    from biocore.io.vcf import VcfVariant
    from biocore.sequence import clean_dna
    from biocore.tfbinding.alleles import AlleleWindows

    try:
        variants = tuple(
            VcfVariant(int(line), str(chromosome), int(position), str(id), str(ref), tuple(map(str, alts)), ())
            for line, chromosome, position, id, ref, alts in inputs["variants"]
        )
        alleles = np.array(inputs["alleles"], int).reshape(-1, 2)
        pairs = np.array(inputs["pairs"], int).reshape(-1, 2)
        skipped = {int(row): str(why) for row, why in inputs["skipped"].items()}
        windows = tuple(clean_dna(text, min_length=1).sequence for text in inputs["windows"])
        fits = all(0 <= v < len(variants) and 0 <= a < len(variants[v].alts) for v, a in alleles)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"the variants of the description cannot be read: {error}") from error
    if not fits or len(pairs) != len(alleles) or (pairs.size and not -1 <= pairs.min() <= pairs.max() < len(windows)):
        raise InputError("variants, alleles, pairs and windows of the description do not fit together.")
    return AlleleWindows(variants, alleles, skipped, windows, pairs)
