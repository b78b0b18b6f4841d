"""What a factor's model has learned: motifs it reads in many windows, motifs implanted, bases that act together."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from biocore import zoo
from biocore.errors import InputError
from biocore.jobs.description import Description
from biocore.jobs.flat import from_arrays, to_arrays
from biocore.jobs.kinds import records
from biocore.jobs.kinds.base import Arrays, Kind, Parts, Step
from biocore.jobs.kinds.dna import SHORTEST, TASK
from biocore.jobs.models import Models

_BASES = 1500  # of the windows that are mutated in one step
_IMPLANTED = 200_000  # bases of the sequences that are scored in one step
LONGEST = 10_000  # bp of a window
MOST_GAP = 1000  # bp


def _factor(settings: Mapping[str, Any]) -> None:
    records.of_task(records.text(settings, "model"), TASK)


class Discover(Kind):
    """``records``: windows of one length, 20 or more.  ``model``: a factor's; ``least`` places of a motif, ``seed``.

    The result is a list of `motif.discovery.DiscoveredMotif`.
    """

    name, title, unit = "discover", "Motifs a model reads", "windows"
    defaults = {"model": "", "least": 20, "seed": 0}

    def read(self, inputs: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[dict, dict]:
        from biocore.attribution.discovery import with_shuffles

        _factor(settings)
        records.whole(settings, "least", 5, 10_000)
        records.whole(settings, "seed", 0, 2**31 - 1)
        clean = records.dna(inputs, shortest=SHORTEST)
        with_shuffles([sequence for _, sequence in clean["records"]], seed=settings["seed"])
        return clean, dict(settings)

    def steps(self, description: Description) -> list[Step]:
        from biocore.attribution.discovery import with_shuffles

        asked = description.settings
        windows, shuffled = with_shuffles([s for _, s in description.inputs["records"]], seed=asked["seed"])
        distinct = list(dict.fromkeys([*windows, *shuffled]))
        steps = [
            self.step(description, {"model": asked["model"], "sequences": distinct[a:b]}, b - a)
            for a, b in records.spans(len(distinct), max(1, _BASES // len(windows[0])))
        ]
        rest = {"windows": windows, "shuffled": shuffled, "least": asked["least"], "model": asked["model"]}
        return [
            *steps,
            self.step(description, rest, max(1, len(distinct) // 10), needs=[s.key for s in steps], long=True),
        ]

    def run(self, step: Step, models: Models, parts: Parts) -> Arrays:
        from biocore.attribution import mutation_scans
        from biocore.attribution.discovery import motifs_of

        asked = step.payload
        if "sequences" in asked:
            scans = mutation_scans(models.get(asked["model"]), asked["sequences"])
            return {"effects": np.stack([scan.centred for scan in scans]).astype(np.float32)}
        effects = np.concatenate([parts[key]["effects"] for key in step.needs])
        row = {s: i for i, s in enumerate(dict.fromkeys([*asked["windows"], *asked["shuffled"]]))}
        ours, null = (effects[[row[s] for s in asked[name]]] for name in ("windows", "shuffled"))
        name = zoo.factor(asked["model"])
        found = motifs_of(asked["windows"], ours, asked["shuffled"], null, least=asked["least"], name=name)
        return {k: v for i, motif in enumerate(found) for k, v in to_arrays(motif, f"{i}.").items()} | {
            "count": np.array([len(found)])
        }

    def collect(self, description: Description, steps: Sequence[Step], parts: Parts) -> list[Any] | None:
        from biocore.motif.discovery import DiscoveredMotif

        if steps[-1].key not in parts:
            return None
        arrays = parts[steps[-1].key]
        return [from_arrays(DiscoveredMotif, arrays, f"{i}.") for i in range(int(arrays["count"][0]))]

    def tables(self, description: Description, result: Any) -> dict[str, Any]:
        import pandas as pd

        from biocore.motif import known_motifs
        from biocore.motif.discovery import as_rows

        matrices = [
            {"name": one.motif.name, "position": i + 1, **dict(zip("ACGT", map(float, row), strict=True))}
            for one in result
            for i, row in enumerate(one.motif.probabilities)
        ]
        columns = ["name", "consensus", "seqlets", "sequences", "known", "q_value", "strand", "source"]
        return {
            "motifs": pd.DataFrame(as_rows(result, known_motifs()), columns=columns),
            "matrices": pd.DataFrame(matrices, columns=["name", "position", *"ACGT"]),
        }

    def command(self, description: Description) -> str:
        asked = description.settings
        tf = zoo.factor(asked["model"])
        return f"python -m biocore discover input.fasta --tf {tf} --least {asked['least']} --seed {asked['seed']}"


class Implants(Kind):
    """``records``: one window, whose shuffles are implanted into.  ``model``: a factor's; ``first``, and ``second`` or
    "": motifs in IUPAC letters; ``backgrounds``: how many; ``widest``: largest gap between the two, bp.

    The result is an `attribution.ImplantEffects`, of the finished backgrounds only where some are not.
    """

    name, title, unit = "implants", "Motifs implanted", "backgrounds"
    defaults = {"model": "", "first": "", "second": "", "backgrounds": 20, "widest": 40}

    def read(self, inputs: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[dict, dict]:
        from biocore.attribution.implants import drawn

        _factor(settings)
        records.whole(settings, "backgrounds", 2, 1000)
        records.whole(settings, "widest", 0, MOST_GAP)
        clean = records.one(records.dna(inputs, shortest=SHORTEST), self.name)
        length = _checked_length(clean)
        if not isinstance(settings["second"], str):
            raise InputError(f"second is {settings['second']!r}; letters are needed, or nothing.")
        both = records.text(settings, "first"), settings["second"]
        for motif in filter(None, both):
            drawn(motif, 1, length)
        if len("".join(both)) > length:
            raise InputError(f"The two motifs have {len(''.join(both)):,} letters; {length:,} bp are there for them.")
        return clean, dict(settings)

    def steps(self, description: Description) -> list[Step]:
        from biocore.attribution.implants import SEED, backgrounds, drawn

        asked, sequence = description.settings, description.inputs["records"][0][1]
        count, length = asked["backgrounds"], len(sequence)
        into = backgrounds(sequence, length=length, count=count)
        first, second = drawn(asked["first"], count, length), None
        if asked["second"]:
            second = drawn(asked["second"], count, length, SEED + 1)
            widest = min(asked["widest"], length - len(first[0]) - len(second[0]))
            each = (widest + 1) * 3
        else:
            widest, each = 0, length - len(first[0]) + 1
        size, steps = max(1, _IMPLANTED // (each * length)), []
        for a, b in records.spans(count, size):
            payload = {"model": asked["model"], "into": into[a:b], "first": first[a:b], "widest": widest}
            payload["second"] = second[a:b] if second else None
            steps.append(self.step(description, payload, b - a))
        return steps

    def run(self, step: Step, models: Models, parts: Parts) -> Arrays:
        from biocore.attribution import implant_gaps, implant_offsets

        asked, model = step.payload, models.get(step.payload["model"])
        if asked["second"] is None:
            return to_arrays(implant_offsets(model, asked["first"], asked["into"]))
        gaps = range(asked["widest"] + 1)
        return to_arrays(implant_gaps(model, asked["first"], asked["second"], asked["into"], gaps=gaps))

    def collect(self, description: Description, steps: Sequence[Step], parts: Parts) -> Any | None:
        from dataclasses import replace

        from biocore.attribution import ImplantEffects

        found = [from_arrays(ImplantEffects, parts[step.key]) for step in steps if step.key in parts]
        if not found:
            return None
        return replace(found[0], effects=np.concatenate([one.effects for one in found]))

    def tables(self, description: Description, result: Any) -> dict[str, Any]:
        return {"implants": result.table()}

    def command(self, description: Description) -> str:
        asked = description.settings
        second = f" --second {asked['second']}" if asked["second"] else ""
        return (
            f"python -m biocore implant {asked['first']} --tf {zoo.factor(asked['model'])}{second} "
            f"--input input.fasta --backgrounds {asked['backgrounds']}"
        )


class Pairs(Kind):
    """``records``: one window.  ``model``: a factor's; ``start``: 0-based place of the window in its record; ``low``
    and ``high``: 0-based half-open, in the record, up to 40 bp.

    The result is an `attribution.PairEffects`.
    """

    name, title, unit = "pairs", "Bases that act together", "cores"
    defaults = {"model": "", "start": 0, "low": 0, "high": 20}

    def read(self, inputs: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[dict, dict]:
        _factor(settings)
        clean = records.one(records.dna(inputs, shortest=SHORTEST), self.name)
        length, start = _checked_length(clean), records.whole(settings, "start", 0, 2**40)
        low = records.whole(settings, "low", start, start + length - 2)
        records.whole(settings, "high", low + 2, min(start + length, low + 40))
        return clean, dict(settings)

    def steps(self, description: Description) -> list[Step]:
        payload = {**description.settings, "sequence": description.inputs["records"][0][1]}
        return [self.step(description, payload, long=True)]

    def run(self, step: Step, models: Models, parts: Parts) -> Arrays:
        from biocore.attribution import pair_effects

        asked = step.payload
        core = asked["low"], asked["high"]
        return to_arrays(pair_effects(models.get(asked["model"]), asked["sequence"], core, start=asked["start"]))

    def collect(self, description: Description, steps: Sequence[Step], parts: Parts) -> Any | None:
        from biocore.attribution import PairEffects

        return from_arrays(PairEffects, parts[steps[0].key]) if steps[0].key in parts else None

    def tables(self, description: Description, result: Any) -> dict[str, Any]:
        return {"pairs": result.table(), "distances": result.by_distance()}

    def command(self, description: Description) -> str:
        asked = description.settings
        return (
            f"python -m biocore pairs input.fasta --tf {zoo.factor(asked['model'])} "
            f"--core {asked['low'] + 1}-{asked['high']}"
        )


def _checked_length(clean: Mapping[str, Any]) -> int:
    name, sequence = clean["records"][0]
    if len(sequence) > LONGEST:
        raise InputError(f"{len(sequence):,} bp; a window of up to {LONGEST:,} bp is taken.", record=name)
    return len(sequence)
