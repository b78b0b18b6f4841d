"""The loop that computes jobs: whose turn it is gets about a second of steps, then the next one."""

import os
import secrets
import socket
import sys
import time
import traceback
from collections import OrderedDict, deque
from dataclasses import dataclass

from biocore.errors import BiocoreError
from biocore.jobs import kinds, queue
from biocore.jobs.description import Description
from biocore.jobs.kinds import Step
from biocore.jobs.models import Models
from biocore.jobs.store import ASIDE, MAIN, Store, StoredParts

TURN_S = 1.0  # seconds of one turn, at least one step
_PLANS = 32  # jobs whose missing steps a worker remembers between turns


class Worker:
    """Computes the jobs of a store, one step at a time.

    Parameters
    ----------
    store : Store, optional
    name : str
        Of the device it computes on; one worker of a name lives at a time, which `process` sees to.
    lane : str, optional
        "main" computes steps in turn, "aside" the long ones; the default is everything.
    models : Models, optional

    Attributes
    ----------
    current : (str, float) or None
        The job whose step is computed now, and when that began (monotonic seconds).
    """

    def __init__(
        self,
        store: Store | None = None,
        *,
        name: str = "main",
        lane: str | None = None,
        models: Models | None = None,
    ):
        self.store = store or Store()
        self.models = models or Models()
        self.lane = lane
        self.current: tuple[str, float] | None = None
        self._plans: OrderedDict[tuple[str, float], _Plan] = OrderedDict()
        self.prefix = prefix_of(name, lane or MAIN)
        self.id = f"{self.prefix}{os.getpid()}:{secrets.token_hex(4)}"

    def drain(self) -> int:
        """Compute until no job waits; returns the number of turns.  For tests, and for whoever has no process."""
        turns = 0
        while self.turn():
            turns += 1
        return turns

    def turn(self, *, seconds: float = TURN_S) -> bool:
        """Compute the next job for a while; False where none waits."""
        row = queue.claim(self.store, self.id, self.lane)
        if row is None:
            return False
        try:
            self._compute(row["id"], row["run_started"], seconds)
        except BiocoreError as error:
            queue.fail(self.store, row["id"], self.id, str(error))
        except MemoryError:
            queue.fail(self.store, row["id"], self.id, "A step of this job needs more memory than there is.")
        except Exception as error:  # a bug, in one job of one kind: it is said there, and the others go on
            traceback.print_exc(file=sys.stderr)
            queue.fail(
                self.store,
                row["id"],
                self.id,
                f"This is a fault of biocore, not yours: {type(error).__name__}: {error}",
            )
        except BaseException:  # told to end: the step is not to blame
            queue.forgive(self.store, self.id)
            raise
        finally:
            self.current = None
            queue.release(self.store, row["id"], self.id)
        return True

    def _compute(self, job: str, started: float, seconds: float) -> None:
        plan = self._plan(job, started)
        if plan is None:
            return
        if not plan.todo:
            queue.set_done(self.store, job, self.id)
            return
        self.models.expect(plan.description.models)
        kind, until = kinds.get(plan.description.kind), time.monotonic() + seconds
        while plan.todo:
            step = plan.todo[0]
            lane = ASIDE if step.long else MAIN
            if self.lane not in (None, lane):
                self._plans.pop((job, started))  # what is missing is looked up anew when it comes back
                queue.move(self.store, job, self.id, lane)
                return
            begun = queue.begin(self.store, job, self.id, step.key)
            if begun is None:
                return
            if begun.attempts >= queue.MOST_ATTEMPTS:
                message = (
                    f"A step of this job has ended the computing process {begun.attempts} times ({begun.reason}), so "
                    "it is not tried again. Try fewer or shorter records."
                )
                queue.fail(self.store, job, self.id, message)
                return
            self.current = job, time.monotonic()
            arrays = None if begun.known else run_step(kind, step, self.models, self.store)
            plan.todo.popleft()
            if not queue.finish(self.store, job, self.id, step, arrays, last=not plan.todo):
                return
            if time.monotonic() > until:
                return

    def _plan(self, job: str, started: float) -> "_Plan | None":
        """The steps of a job that are missing; kept between turns, as planning a large job takes long."""
        key = job, started
        if key not in self._plans:
            text = self.store.description(job)
            if text is None:
                return None
            description = Description.stored(text)
            steps = kinds.steps_of(description)
            finished = queue.known(self.store, job, self.id, steps)
            while len(self._plans) >= _PLANS:
                self._plans.popitem(last=False)
            self._plans[key] = _Plan(description, deque(step for step in steps if step.key not in finished))
        self._plans.move_to_end(key)
        return self._plans[key]


@dataclass
class _Plan:
    """A job's description, and its steps that are not finished."""

    description: Description
    todo: deque[Step]


def prefix_of(name: str, lane: str) -> str:
    """How the ids of all workers of a name and lane begin."""
    return f"{socket.gethostname()}:{name}:{lane}:"


def run_step(kind: kinds.Kind, step: Step, models: Models, store: Store) -> kinds.Arrays:
    """The arrays of a step; those it needs are read from the store."""
    return kind.run(step, models, StoredParts(store, step.needs))
