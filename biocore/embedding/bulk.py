"""Embedding many proteins: plans of nearly equal lengths, and a store that keeps what is finished.

    job = prepare(records, model_name, model_hash, layer=-1)
    for progress in engine.run(job, open_model): ...
    done = collect(job)

A job can be stopped at any time and prepared again: what is in the store is not computed a second time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from biocore.embedding.labels import header_columns
from biocore.embedding.plans import BatchPlan, plan
from biocore.embedding.sets import EmbeddingSet, unique_names
from biocore.embedding.store import VectorStore, key
from biocore.errors import InputError
from biocore.io import replacing
from biocore.sequence import Record, clean_protein

TOKENS_A_STEP = 8192  # tokens between two signs of progress; what a stop can lose
MAX_RESIDUES = 20_000  # in one protein


@dataclass(frozen=True)
class Skipped:
    """A record that is not embedded, and why."""

    record: str
    reason: str


@dataclass(frozen=True)
class Job:
    """Proteins to embed with one model and layer.

    Attributes
    ----------
    names, sequences : tuple of str
        Cleaned, in the order of the input, skipped ones left out; equal sequences may occur.
    table : DataFrame
        Length and what the headers say, a row for each name.
    descriptions : tuple of str
        The headers behind the names, as they were given.
    keys : tuple of str
        Of each sequence, in the store.
    requested, reused : int
        Records given, and how many of `names` were in the store already.
    skipped : tuple of Skipped
    plan : BatchPlan
        Over `todo`.
    todo : tuple of int
        Indices into `sequences`: one for each distinct sequence that is not in the store.
    notes : tuple of str
        What was changed in the input.
    """

    model: str
    model_hash: str
    layer: int
    names: tuple[str, ...]
    sequences: tuple[str, ...]
    table: pd.DataFrame
    descriptions: tuple[str, ...]
    keys: tuple[str, ...]
    requested: int
    reused: int
    skipped: tuple[Skipped, ...]
    plan: BatchPlan
    todo: tuple[int, ...]
    notes: tuple[str, ...]
    store: VectorStore

    @property
    def residues(self) -> int:
        """Residues still to be computed."""
        return sum(len(self.sequences[i]) for i in self.todo)

    def steps(self) -> Iterator[tuple[list[str], list[str]]]:
        """Keys and sequences of one batch after another."""
        for batch in self.plan.batches:
            rows = [self.todo[i] for i in batch]
            yield [self.keys[i] for i in rows], [self.sequences[i] for i in rows]


@dataclass(frozen=True)
class Progress:
    """How far a job is: distinct sequences and residues, seconds so far, and seconds to go (NaN before the first)."""

    sequences: int
    of_sequences: int
    residues: int
    of_residues: int
    seconds: float

    @property
    def fraction(self) -> float:
        return self.residues / self.of_residues if self.of_residues else 1.0

    @property
    def remaining(self) -> float:
        return self.seconds * (1 - self.fraction) / self.fraction if self.fraction else float("nan")


def prepare(
    records: Sequence[Record],
    model: str,
    model_hash: str,
    *,
    layer: int = -1,
    budget: int = TOKENS_A_STEP,
    store: VectorStore | None = None,
    strict: bool = False,
) -> Job:
    """Clean the records, see what the store has, and plan the rest.

    Parameters
    ----------
    records : list of Record
    model, model_hash, layer
        Name and hash of the model (``model.name``, ``model.hash``), and its layer, -1 for the last.
    budget : int
        Tokens of one step.
    store : VectorStore, optional
    strict : bool
        Refuse a record that cannot be embedded, instead of skipping it with its reason.

    Raises
    ------
    InputError
        With `strict`: the first bad record.  Always: no record is left.
    """
    store = store or VectorStore()
    kept, sequences, skipped, changes = [], [], [], []
    for record in records:
        try:
            cleaned = clean_protein(record.sequence, record=record.name, max_length=MAX_RESIDUES)
        except InputError as error:
            if strict:
                raise
            skipped.append(Skipped(record.name, str(error).removeprefix(f"record {record.name!r}").lstrip(":, ")))
            continue
        kept.append(record)
        sequences.append(cleaned.sequence)
        changes.append(cleaned.notes)
    if not kept:
        first = f" The first: {skipped[0].record}: {skipped[0].reason}" if skipped else ""
        raise InputError(f"None of the {len(records):,} records can be embedded.{first}")
    names, notes = unique_names([record.name for record in kept])
    lengths = pd.DataFrame({"length": [len(s) for s in sequences]})
    table = pd.concat([lengths, header_columns(kept).drop(columns="length", errors="ignore")], axis=1)
    keys = [key(model_hash, layer, s) for s in sequences]
    here = store.present(keys)
    first_of = {k: i for i, k in reversed(list(enumerate(keys))) if k not in here}
    todo = tuple(sorted(first_of.values()))
    return Job(
        model=model,
        model_hash=model_hash,
        layer=layer,
        names=names,
        sequences=tuple(sequences),
        table=table,
        descriptions=tuple(record.description for record in kept),
        keys=tuple(keys),
        requested=len(records),
        reused=sum(k in here for k in keys),
        skipped=tuple(skipped),
        plan=plan([len(sequences[i]) for i in todo], budget=budget),
        todo=todo,
        notes=notes + _changes(names, changes),
        store=store,
    )


def _changes(names: Sequence[str], changes: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """What cleaning changed: each change for a few records, their number for many."""
    changed = [(name, found) for name, found in zip(names, changes, strict=True) if found]
    lines = tuple(f"{name}: {' '.join(found)}" for name, found in changed[:3])
    more = len(changed) - len(lines)
    return lines + ((f"... and letters changed or rare in {more:,} more records.",) if more > 0 else ())


def collect(job: Job) -> EmbeddingSet | None:
    """The finished proteins of a job, in the order of the input; None where nothing is finished.

    A protein that is in the store is here, whatever became of the rest.
    """
    vectors = job.store.get(job.keys)
    rows = [i for i, k in enumerate(job.keys) if k in vectors]
    if not rows:
        return None
    return EmbeddingSet(
        names=tuple(job.names[i] for i in rows),
        vectors=np.stack([vectors[job.keys[i]] for i in rows]),
        table=job.table.iloc[rows].reset_index(drop=True),
        sequences=tuple(job.sequences[i] for i in rows),
        model=job.model,
        model_hash=job.model_hash,
        layer=job.layer,
        notes=job.notes,
    )


def write_rows(job: Job, path: Path, *, rows_at_a_time: int = 4096) -> int:
    """Write record, length, model, embedding as parquet; returns the number of rows.

    The file appears under its name when it is complete.  Memory holds one part of it at a time.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    fields = [("record", pa.string()), ("length", pa.int64()), ("model", pa.string())]
    schema = pa.schema([*fields, ("embedding", pa.list_(pa.float32()))])
    about = {"model": job.model, "model_hash": job.model_hash, "layer": job.layer}
    schema = schema.with_metadata({"biocore": _json(about)})
    count = 0
    with replacing(path) as part, pq.ParquetWriter(part, schema) as writer:
        for start in range(0, len(job.names), rows_at_a_time):
            stop = min(start + rows_at_a_time, len(job.names))
            vectors = job.store.get(job.keys[start:stop])
            rows = [i for i in range(start, stop) if job.keys[i] in vectors]
            count += len(rows)
            columns = {
                "record": [job.names[i] for i in rows],
                "length": [len(job.sequences[i]) for i in rows],
                "model": [job.model] * len(rows),
                "embedding": [vectors[job.keys[i]] for i in rows],
            }
            writer.write_table(pa.table(columns, schema=schema))
    return count


def _json(value: dict) -> str:
    import json

    return json.dumps(value)
