"""``embed``, ``map``, ``neighbours`` and ``map-examples``: vectors of proteins, and where they lie."""

import argparse
import json
import sys
from contextlib import nullcontext
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd

from biocore import embedding, zoo
from biocore.cli.files import add_output, check_out, read_records, write_table
from biocore.cli.models import card_of
from biocore.embedding import bulk, engine
from biocore.embedding.projection.neighbours import METRICS
from biocore.errors import InputError
from biocore.io.text import read_text
from biocore.jobs import ENGINES, cluster
from biocore.sequence import Record

TASK = "protein-language-model"
DEFAULT_MODEL = "esm-mini"


def register(commands) -> None:
    _register_embed(commands)
    _register_map(commands)
    _register_neighbours(commands)
    _register_examples(commands)


def _register_embed(commands) -> None:
    command = commands.add_parser("embed", help="a vector for each protein; goes on where it stopped")
    command.add_argument("input", help="FASTA file (.gz too), a sequence, or - for standard input")
    _add_model(command)
    command.add_argument("--engine", choices=ENGINES, default="local", help="where to compute; ray: a cluster")
    command.add_argument("--report", type=Path, metavar="FILE", help="write what was done and skipped as JSON")
    add_output(command)
    command.set_defaults(run=run_embed)


def _register_map(commands) -> None:
    command = commands.add_parser("map", help="coordinates of proteins in 2 or 3 dimensions")
    _add_embeddings(command)
    defaults = embedding.ProjectionSettings()
    command.add_argument("--method", choices=list(embedding.METHODS), default=defaults.method)
    command.add_argument("--dims", type=int, default=2, help="2 or 3")
    _add_metric(command, defaults.metric)
    command.add_argument("--perplexity", type=float, default=defaults.perplexity, help="t-SNE; default %(default)s")
    command.add_argument("--neighbours", type=int, default=defaults.neighbours, help="UMAP; default %(default)s")
    command.add_argument("--min-dist", type=float, default=defaults.min_dist, help="UMAP; default %(default)s")
    command.add_argument("--seed", type=int, default=0)
    command.add_argument(
        "--colour", metavar="COLUMN", help="labels whose separation is measured, and the figure's colour"
    )
    command.add_argument(
        "--project",
        "--place",
        metavar="NEW",
        help="new proteins projected into the map of INPUT, which stays as it is",
    )
    command.add_argument(
        "--vectors", type=Path, metavar="FILE", help="keep vectors and projection: .npz .h5 .parquet .csv"
    )
    command.add_argument("--figure", type=Path, metavar="FILE", help="write the figure as one .html file")
    command.add_argument(
        "--report", type=Path, metavar="FILE", help="write the projection's quality and the separation as JSON"
    )
    add_output(command)
    command.set_defaults(run=run_map)


def _register_neighbours(commands) -> None:
    command = commands.add_parser("neighbours", help="the nearest proteins of one, in the original space")
    _add_embeddings(command)
    command.add_argument("--of", required=True, metavar="RECORD", help="name of the protein")
    command.add_argument("-k", type=int, default=10, help="how many; default %(default)s")
    _add_metric(command, "cosine")
    add_output(command)
    command.set_defaults(run=run_neighbours)


def _register_examples(commands) -> None:
    command = commands.add_parser("map-examples", help="compute the worked examples of the embedding map again")
    command.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder with localisation/ and go/")
    _add_model(command)
    command.set_defaults(run=run_examples)


def _add_model(command: argparse.ArgumentParser) -> None:
    command.add_argument("--model", default=DEFAULT_MODEL, help="language model; default %(default)s")
    command.add_argument("--layer", type=int, default=-1, help="layer whose states are averaged; -1: the last")


def _add_metric(command: argparse.ArgumentParser, default: str) -> None:
    command.add_argument("--metric", choices=METRICS, default=default, help="distance; default %(default)s")


def _add_embeddings(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "input", help=f"FASTA, a file of vectors ({' '.join(embedding.ENDINGS)}), example:NAME, or - for FASTA"
    )
    _add_model(command)
    command.add_argument("--labels", type=Path, metavar="FILE", help="CSV or TSV, joined by identifier")


# ------------------------------------------------------------------------------------------------------------ embed


def run_embed(arguments: argparse.Namespace) -> None:
    check_out(arguments.out)
    job = _run_job(read_records(arguments.input, allow_empty=True), arguments.model, arguments.layer, arguments.engine)
    if arguments.out is not None and arguments.out.suffix == ".parquet":
        done = bulk.write_rows(job, arguments.out)
    else:
        done = _write_text(job, arguments)
    lost = len(job.names) - done
    report = {
        "requested": job.requested,
        "done": done,
        "reused": job.reused,
        "skipped": len(job.skipped) + lost,
        "model": job.model,
        "model_hash": job.model_hash,
        "layer": job.layer,
        "reasons": [{"record": s.record, "reason": s.reason} for s in job.skipped],
    }
    _say(f"requested {job.requested:,} = done {done:,} ({job.reused:,} of them before) + skipped {report['skipped']:,}")
    if arguments.report:
        _write_json(report, arguments.report)


def _write_text(job: bulk.Job, arguments: argparse.Namespace) -> int:
    """Rows as CSV, TSV or JSON; a file appears under its name when it is complete."""
    found = _collected(job)
    table = pd.DataFrame(
        {
            "record": list(found.names),
            "length": found.table["length"],
            "model": job.model,
            "embedding": [[float(np.format_float_scientific(x, 7)) for x in row] for row in found.vectors],
        }
    )
    write_table(table, arguments)
    return len(table)


def _run_job(records: list[Record], name: str, layer: int, where: str = "local") -> bulk.Job:
    """Embed records with progress on stderr, skipping what cannot be read."""
    model = _language_model(name)
    if not -1 <= layer <= model.layers:
        raise InputError(f"layer {layer} does not exist; {name} has 0 to {model.layers} (or -1, the last).")
    job = bulk.prepare(records, name, model.hash, layer=layer)
    for skipped in job.skipped[:20]:
        _say(f"skipped {skipped.record}: {skipped.reason}")
    if len(job.skipped) > 20:
        _say(f"... and {len(job.skipped) - 20:,} more")
    said = -1.0
    try:
        elsewhere = cluster.embed if where == "ray" else None
        for progress in engine.run(job, lambda: nullcontext(model), elsewhere=elsewhere):
            said = _show(progress, said)
    except KeyboardInterrupt:
        _say("\nstopped; what is finished is kept, and the same command goes on from there")
        raise
    return job


def _collected(job: bulk.Job) -> embedding.EmbeddingSet:
    found = bulk.collect(job)
    assert found is not None  # `prepare` refuses a job without records, and the job has run
    return found


def _language_model(name: str):
    return zoo.load(card_of(name, TASK, "is not a protein language model; use one of").name)


def _show(progress: bulk.Progress, last: float) -> float:
    """Say how far a job is, in a log only every tenth of it; returns the fraction that was said last."""
    if not progress.of_sequences:
        return last
    end = "\n" if progress.fraction == 1 or not sys.stderr.isatty() else "\r"
    if end == "\n" and progress.fraction < 1 and int(10 * progress.fraction) == int(10 * last):
        return last
    left = "" if np.isnan(progress.remaining) else f", about {progress.remaining:,.0f} s to go"
    _say(f"{progress.sequences:,} of {progress.of_sequences:,} proteins ({progress.fraction:.0%}){left}   ", end=end)
    return progress.fraction


# -------------------------------------------------------------------------------------------------------------- map


def run_map(arguments: argparse.Namespace) -> None:
    check_out(arguments.out)
    check_out(arguments.vectors, embedding.ENDINGS)
    check_out(arguments.figure, (".html",))
    embeddings = _labelled(arguments)
    shown = embeddings.projection if arguments.project and embeddings.projection else _compute(embeddings, arguments)
    _say(*shown.notes)
    report = _measure(embeddings, shown, arguments.colour)
    table = embedding.to_frame(embeddings, shown)
    new = None
    if arguments.project:
        new = _project(embeddings, shown, arguments)
        added = embedding.to_frame(*new).assign(projected=True)
        table = pd.concat([table.assign(projected=False), added], ignore_index=True)
    write_table(table, arguments)
    if arguments.vectors:
        arguments.vectors.write_bytes(embedding.write_vectors(embeddings, arguments.vectors.suffix, shown))
    if arguments.figure:
        _write_figure(embeddings, shown, new, arguments)
    if arguments.report:
        _write_json(report, arguments.report)


def _compute(embeddings: embedding.EmbeddingSet, arguments: argparse.Namespace) -> embedding.Projection:
    given = {field.name: getattr(arguments, field.name) for field in fields(embedding.ProjectionSettings)}
    settings = embedding.ProjectionSettings(**given)
    if settings.method == "umap":
        _say("computing UMAP; the first one takes half a minute more, while its code is compiled")
    return embedding.projection_of(embeddings, settings)


def _measure(embeddings: embedding.EmbeddingSet, shown: embedding.Projection, colour: str | None) -> dict:
    """Quality of the projection, and separation of the labels in `colour`: said on stderr, returned for the report."""
    kept = embedding.projection_quality(embeddings.vectors, shown)
    _say(shown.title)
    _say(
        f"trustworthiness {_number(kept.trustworthiness)}, "
        f"neighbourhood preservation {_number(kept.neighbourhood_preservation)} (by chance "
        f"{_number(kept.preservation_by_chance)}) of {kept.k} neighbours"
    )
    if shown.variance:
        _say(f"variance shown {kept.variance:.1%}")
    report = {"settings": vars(shown.settings), "notes": list(shown.notes), "quality": vars(kept)}
    if colour:
        if colour not in embeddings.table:
            columns = ", ".join(map(str, embeddings.table)) or "none"
            raise InputError(f"There is no column {colour!r}; there are: {columns}.")
        labels = [str(v) for v in embeddings.table[colour]]
        apart = embedding.separation(embeddings.vectors, labels, metric=shown.settings.metric)
        _say(
            f"separation of {colour} in the original space: silhouette {_number(apart.silhouette)}, "
            f"{apart.k}-neighbour accuracy {_number(apart.accuracy)} "
            f"({_number(apart.low)} to {_number(apart.high)}; commonest label {_number(apart.majority)})"
        )
        _say(*apart.notes)
        report["separation"] = vars(apart) | {"labels": [vars(row) for row in apart.labels]}
    return report


def _project(
    embeddings: embedding.EmbeddingSet, shown: embedding.Projection, arguments: argparse.Namespace
) -> tuple[embedding.EmbeddingSet, embedding.Projection]:
    """New proteins, and where they lie on the map."""
    model = embeddings.model or arguments.model
    new = _embeddings(arguments.project, model, embeddings.layer)
    hashes = embeddings.model_hash, new.model_hash
    if all(hashes) and not embedding.same_weights(*hashes):
        raise InputError(
            "The map and the new proteins come from different models, so their vectors cannot be compared."
        )
    coordinates = embedding.transform(embeddings.vectors, shown, new.vectors, names=new.names)
    return new, embedding.Projection(coordinates, shown.settings, shown.variance)


def _write_figure(
    embeddings: embedding.EmbeddingSet,
    shown: embedding.Projection,
    new: tuple[embedding.EmbeddingSet, embedding.Projection] | None,
    arguments: argparse.Namespace,
) -> None:
    from biocore.plot import embedding_map as maps

    points = embedding.points(embeddings, shown, None if new is None else (new[0], new[1].coordinates))
    figure = maps.map_figure(points, shown.axes, colour=arguments.colour, title=shown.title)
    figure.write_html(arguments.figure, include_plotlyjs=True)


def _is_vectors(text: str) -> bool:
    return Path(text).suffix.lower() in (*embedding.ENDINGS, ".hdf5")


def _labelled(arguments: argparse.Namespace) -> embedding.EmbeddingSet:
    """The proteins of INPUT with their vectors, and the labels of ``--labels``."""
    embeddings = _embeddings(arguments.input, arguments.model, arguments.layer)
    if arguments.labels is None:
        return embeddings
    labels = embedding.read_labels(read_text(arguments.labels), name=str(arguments.labels))
    join = embedding.join_labels(embeddings.names, labels)
    _say(*join.notes)
    return embeddings.with_columns(join.columns)


def _embeddings(text: str, model: str, layer: int) -> embedding.EmbeddingSet:
    """Proteins with vectors from whatever was given."""
    if text.startswith("example:"):
        embeddings = embedding.example(text.removeprefix("example:")).embeddings
    elif _is_vectors(text):
        embeddings = embedding.read_vectors(Path(text))
    else:
        embeddings = _collected(_run_job(read_records(text, allow_empty=True), model, layer))
    _say(*embeddings.notes)
    return embeddings


def run_neighbours(arguments: argparse.Namespace) -> None:
    check_out(arguments.out)
    embeddings = _labelled(arguments)
    if arguments.of not in embeddings.names:
        import difflib

        near = difflib.get_close_matches(arguments.of, embeddings.names, n=3, cutoff=0.4) or embeddings.names[:3]
        raise InputError(f"There is no protein {arguments.of!r}. Did you mean: {', '.join(near)}?")
    row = embeddings.names.index(arguments.of)
    write_table(embedding.neighbour_table(embeddings, row, k=arguments.k, metric=arguments.metric), arguments)


# --------------------------------------------------------------------------------------------------------- examples


def run_examples(arguments: argparse.Namespace) -> None:
    from biocore.cli import _map_examples

    model = _language_model(arguments.model)
    for name, (records, columns, card) in _map_examples.sets(arguments.data, model).items():
        if records is None:
            embeddings = _map_examples.tokens(model, columns)
        else:
            found = _collected(_run_job(records, arguments.model, arguments.layer))
            embeddings = _map_examples.without_sequences(found, columns)
        path = _map_examples.write(name, embeddings, card, model)
        _say(f"{path}: {len(embeddings):,} vectors, {path.stat().st_size / 1e6:.2f} MB")


# ---------------------------------------------------------------------------------------------------------- helpers


def _write_json(report: dict, path: Path) -> None:
    def plain(value):
        if isinstance(value, dict):
            return {k: plain(v) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return [plain(v) for v in value]
        return None if isinstance(value, float) and np.isnan(value) else value

    path.write_text(json.dumps(plain(report), indent=1) + "\n")


def _number(value: float) -> str:
    return "not defined" if np.isnan(value) else f"{value:.3f}"


def _say(*lines: str, end: str = "\n") -> None:
    for line in lines:
        print(line, file=sys.stderr, end=end, flush=True)
