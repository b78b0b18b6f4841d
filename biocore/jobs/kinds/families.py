"""What homologues say of many proteins: effects of variants, and searches in a database."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from biocore import runtime
from biocore.errors import InputError
from biocore.jobs.description import Description
from biocore.jobs.flat import from_arrays, to_arrays
from biocore.jobs.kinds import records
from biocore.jobs.kinds.base import Arrays, Kind, Parts, Step
from biocore.jobs.models import Models

LIBRARY, VARIANTS = "families", "variant-effect"


class Variants(Kind):
    """``records``: proteins.  ``model`` of variant effects, ``families``: the library whose homologues it reads.

    The result is a list with a `variants.EffectScan` for each record, None where it is not finished.
    """

    name, title, unit = "variants", "Variant effects", "proteins"
    defaults = {"model": VARIANTS, "families": LIBRARY}

    def read(self, inputs: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[dict, dict]:
        records.of_task(records.text(settings, "model"), "variant-effect")
        records.of_task(records.text(settings, "families"), "protein-families")
        return records.proteins(inputs), dict(settings)

    def models(self, inputs: Mapping[str, Any], settings: Mapping[str, Any]) -> Sequence[str]:
        return [settings["model"], settings["families"]]

    def steps(self, description: Description) -> list[Step]:
        distinct = dict.fromkeys(sequence for _, sequence in description.inputs["records"])
        return [self.step(description, {**description.settings, "sequence": sequence}) for sequence in distinct]

    def run(self, step: Step, models: Models, parts: Parts) -> Arrays:
        asked = step.payload
        profile = models.get(asked["families"]).profile(asked["sequence"])
        return to_arrays(models.get(asked["model"]).scan(asked["sequence"], profile))

    def collect(self, description: Description, steps: Sequence[Step], parts: Parts) -> list[Any] | None:
        from biocore.variants import EffectScan

        known = {
            step.payload["sequence"]: from_arrays(EffectScan, parts[step.key]) for step in steps if step.key in parts
        }
        return [known.get(sequence) for _, sequence in description.inputs["records"]] if known else None

    def tables(self, description: Description, result: Any) -> dict[str, Any]:
        import pandas as pd

        tables = []
        for (name, _), scan in zip(description.inputs["records"], result, strict=True):
            table = scan.table().drop(columns=["wild_type", "substitution"])
            table.insert(0, "record", name)
            tables.append(table)
        return {"variants": pd.concat(tables, ignore_index=True)}

    def command(self, description: Description) -> str:
        asked = description.settings
        return f"python -m biocore variants input.fasta --model {asked['model']} --families {asked['families']}"


def databases() -> list[Path]:
    """The FASTA databases that may be searched: the setting ``BIOCORE_DATABASES``."""
    return [Path(text).expanduser() for text in runtime.setting("databases").split(":") if text]


class SearchDatabase(Kind):
    """``records``: proteins.  ``database``: the path of one of `databases`; ``model``: a library of families, for its
    background.

    The result is a list with a `families.Profile` for each record, None where it is not finished.  The search of one
    protein is one long step.
    """

    name, title, unit = "search-database", "Homologues in a database", "proteins"
    defaults = {"model": LIBRARY, "database": ""}

    def read(self, inputs: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[dict, dict]:
        records.of_task(records.text(settings, "model"), "protein-families")
        path = Path(records.text(settings, "database")).expanduser()
        if path not in databases():
            known = ", ".join(map(str, databases())) or "none is"
            raise InputError(f"the database {path} is not among those of BIOCORE_DATABASES ({known}).")
        return records.proteins(inputs), {**settings, "database": str(path)}

    def steps(self, description: Description) -> list[Step]:
        path = Path(description.settings["database"])
        stamp = [path.stat().st_size, path.stat().st_mtime_ns] if path.is_file() else []
        distinct = dict.fromkeys(sequence for _, sequence in description.inputs["records"])
        common = {**description.settings, "stamp": stamp}
        return [self.step(description, {**common, "sequence": sequence}, long=True) for sequence in distinct]

    def run(self, step: Step, models: Models, parts: Parts) -> Arrays:
        asked = step.payload
        return to_arrays(models.get(asked["model"]).database_profile(asked["sequence"], Path(asked["database"])))

    def collect(self, description: Description, steps: Sequence[Step], parts: Parts) -> list[Any] | None:
        from biocore.families import Profile
        from biocore.families.profile import FamilyHit

        known = {}
        for step in steps:
            if step.key in parts:
                profile = from_arrays(Profile, parts[step.key], hits=lambda hit: FamilyHit(**hit))
                known[step.payload["sequence"]] = profile
        return [known.get(sequence) for _, sequence in description.inputs["records"]] if known else None

    def tables(self, description: Description, result: Any) -> dict[str, Any]:
        import pandas as pd

        from biocore.families.tables import family_table, profile_table

        named = [(*record, profile) for record, profile in zip(description.inputs["records"], result, strict=True)]
        return {
            "profiles": pd.concat([profile_table(p, s, record=n) for n, s, p in named], ignore_index=True),
            "homologues": pd.concat([family_table(p.hits, record=n) for n, _, p in named], ignore_index=True),
        }

    def command(self, description: Description) -> str:
        return f"python -m biocore profile input.fasta --database {description.settings['database']}"
