"""A kind of job that needs no model: squares of numbers, and steps that misbehave on request."""

import os
import signal
import sys
import time

import numpy as np

from biocore.errors import InputError
from biocore.jobs.kinds.base import Kind

DIST = "toy_jobs-1.0.dist-info"


class Squares(Kind):
    """``inputs``: {"numbers": [...]}.  A number's step runs `seconds`, writes into `log`, and may do `harm`."""

    name, title, unit = "squares", "Squares", "numbers"
    defaults = {"seconds": 0.0, "log": "", "harm": "", "at": -1, "once": "", "long": False}

    def read(self, inputs, settings):
        numbers = inputs.get("numbers", [])
        if not numbers or not all(isinstance(n, int | float) for n in numbers):
            raise InputError("numbers are needed.")
        return {"numbers": list(numbers)}, dict(settings)

    def models(self, inputs, settings):
        return []

    def steps(self, description):
        own = {name: description.settings[name] for name in ("seconds", "log", "harm", "at", "once")}
        long = description.settings["long"]
        numbers = dict.fromkeys(description.inputs["numbers"])
        return [self.step(description, {"n": n, **own}, long=long) for n in numbers]

    def run(self, step, models, parts):
        asked = step.payload
        if asked["log"]:
            with open(asked["log"], "a") as log:
                print(asked["n"], os.getpid(), time.time(), file=log, flush=True)
        time.sleep(asked["seconds"])
        if asked["harm"] and asked["n"] == asked["at"] and not (asked["once"] and os.path.exists(asked["once"])):
            if asked["once"]:
                open(asked["once"], "w").close()
            _harm(asked["harm"])
        return {"square": np.array([asked["n"] ** 2], float)}

    def collect(self, description, steps, parts):
        known = {step.payload["n"]: parts[step.key]["square"][0] for step in steps if step.key in parts}
        return np.array([known.get(n, np.nan) for n in description.inputs["numbers"]]) if known else None

    def tables(self, description, result):
        import pandas as pd

        return {"squares": pd.DataFrame({"number": description.inputs["numbers"], "square": result})}


class Sum(Squares):
    """The sum of the squares: a last step that needs the others."""

    name, title = "sum", "Sum of squares"

    def steps(self, description):
        squares = super().steps(description)
        return [*squares, self.step(description, {"sum": True}, needs=[step.key for step in squares])]

    def run(self, step, models, parts):
        if "sum" in step.payload:
            return {"sum": np.array([sum(parts[key]["square"][0] for key in step.needs)])}
        return super().run(step, models, parts)

    def collect(self, description, steps, parts):
        return float(parts[steps[-1].key]["sum"][0]) if steps[-1].key in parts else None

    def tables(self, description, result):
        import pandas as pd

        return {"sum": pd.DataFrame({"sum": [result]})}


def _harm(what: str) -> None:
    if what == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "memory":
        filled = np.ones(int(os.environ["TOY_GB"]) * 2**27)
        time.sleep(30)
        print(filled.sum())
    if what == "bug":
        raise ZeroDivisionError("a toy's bug")
    if what == "input":
        raise InputError("this number cannot be squared.")


def install(folder, monkeypatch) -> None:
    """Make the toys known to this process and to those it starts, the way a package would: by entry points."""
    from pathlib import Path

    from biocore.jobs import kinds

    (folder / DIST).mkdir()
    (folder / DIST / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-jobs\nVersion: 1.0\n")
    (folder / DIST / "entry_points.txt").write_text(
        "[biocore.jobs]\nsquares = jobs_toys:Squares\nsum = jobs_toys:Sum\n"
    )
    here = str(Path(__file__).parent)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), here]))
    monkeypatch.syspath_prepend(str(folder))
    if here not in sys.path:
        monkeypatch.syspath_prepend(here)
    kinds._others.cache_clear()
    kinds.get.cache_clear()
    kinds.steps_of.cache_clear()
