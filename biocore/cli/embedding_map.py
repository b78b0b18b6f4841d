"""``embed``, ``map``, ``neighbours`` and ``map-examples``: vectors of proteins, and where they lie."""

import argparse
import json
import sys
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pandas as pd

from biocore import embedding, zoo
from biocore.cli.files import ENDINGS, add_output, write_table
from biocore.embedding import bulk, engine
from biocore.errors import InputError
from biocore.io.text import read_text
from biocore.sequence import Record, parse_records

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
    command.add_argument("--engine", choices=engine.ENGINES, default="local", help="where to compute; ray: a cluster")
    command.add_argument("--report", type=Path, metavar="FILE", help="write what was done and skipped as JSON")
    add_output(command)
    command.set_defaults(run=run_embed)


def _register_map(commands) -> None:
    command = commands.add_parser("map", help="coordinates of proteins in 2 or 3 dimensions")
    _add_collection(command)
    defaults = embedding.MapSettings()
    command.add_argument("--method", choices=["tsne", "umap", "pca"], default=defaults.method)
    command.add_argument("--dims", type=int, default=2, help="2 or 3")
    command.add_argument("--metric", choices=["euclidean", "cosine"], default=defaults.metric)
    command.add_argument("--perplexity", type=float, default=defaults.perplexity, help="t-SNE; default %(default)s")
    command.add_argument("--neighbours", type=int, default=defaults.neighbours, help="UMAP; default %(default)s")
    command.add_argument("--min-dist", type=float, default=defaults.min_dist, help="UMAP; default %(default)s")
    command.add_argument("--seed", type=int, default=0)
    command.add_argument(
        "--colour", metavar="COLUMN", help="labels whose separation is measured, and the figure's colour"
    )
    command.add_argument("--place", metavar="INPUT", help="proteins put into the map of INPUT, which stays as it is")
    command.add_argument("--vectors", type=Path, metavar="FILE", help="keep vectors and map: .npz .h5 .parquet .csv")
    command.add_argument("--figure", type=Path, metavar="FILE", help="write the figure as one .html file")
    command.add_argument("--report", type=Path, metavar="FILE", help="write faithfulness and separation as JSON")
    add_output(command)
    command.set_defaults(run=run_map)


def _register_neighbours(commands) -> None:
    command = commands.add_parser("neighbours", help="the nearest proteins of one, in the original space")
    _add_collection(command)
    command.add_argument("--of", required=True, metavar="RECORD", help="name of the protein")
    command.add_argument("-k", type=int, default=10, help="how many; default %(default)s")
    command.add_argument("--metric", choices=["euclidean", "cosine"], default="cosine")
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


def _add_collection(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "input", help=f"FASTA, a file of vectors ({' '.join(embedding.ENDINGS)}), example:NAME, or - for FASTA"
    )
    _add_model(command)
    command.add_argument("--labels", type=Path, metavar="FILE", help="CSV or TSV, joined by identifier")


# ------------------------------------------------------------------------------------------------------------ embed


def run_embed(arguments: argparse.Namespace) -> None:
    _check_out(arguments.out, ENDINGS)
    job = _run_job(_read_fasta(arguments.input), arguments.model, arguments.layer, arguments.engine)
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
    found = bulk.collect(job)
    assert found is not None  # `prepare` refuses a job without records, and the job has run
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
    try:
        for progress in engine.run(job, lambda: nullcontext(model), engine=where):
            _show(progress)
    except KeyboardInterrupt:
        _say("\nstopped; what is finished is kept, and the same command goes on from there")
        raise
    return job


def _language_model(name: str):
    card = zoo.card(name)
    if card.task != TASK:
        raise InputError(f"{name} is not a protein language model; use one of {', '.join(zoo.names(TASK))}.")
    return zoo.load(name)


def _show(progress: bulk.Progress) -> None:
    if not progress.of_sequences:
        return
    end = "\n" if progress.share == 1 or not sys.stderr.isatty() else "\r"
    if end == "\n" and progress.share < 1 and int(10 * progress.share) == int(10 * _show.last):
        return  # a log gets ten lines
    _show.last = progress.share
    left = "" if np.isnan(progress.remaining) else f", about {progress.remaining:,.0f} s to go"
    _say(f"{progress.sequences:,} of {progress.of_sequences:,} proteins ({progress.share:.0%}){left}   ", end=end)


_show.last = -1.0


def _read_fasta(text: str) -> list[Record]:
    """Records of a file, of standard input, or of a sequence; empty ones stay, to be reported."""
    if text == "-":
        return parse_records(sys.stdin.read(), allow_empty=True)
    try:
        is_file = Path(text).is_file()
    except OSError:  # too long for a file name
        is_file = False
    if is_file:
        return parse_records(read_text(Path(text)), allow_empty=True)
    if not text.strip().isalpha() and not text.lstrip().startswith(">"):
        raise InputError(f"{text[:80]!r} is neither a file nor a sequence.")
    return parse_records(text, allow_empty=True)


# -------------------------------------------------------------------------------------------------------------- map


def run_map(arguments: argparse.Namespace) -> None:
    _check_out(arguments.out, ENDINGS)
    _check_out(arguments.vectors, embedding.ENDINGS)
    _check_out(arguments.figure, (".html",))
    collection = _collection(arguments.input, arguments)
    shown = collection.map if arguments.place and collection.map else _compute(collection, arguments)
    for note in shown.notes:
        _say(note)
    report = _measure(collection, shown, arguments.colour)
    table = embedding.to_frame(collection, shown)
    placed = None
    if arguments.place:
        placed = _place(collection, shown, arguments)
        new = embedding.to_frame(*placed)
        table = pd.concat([table.assign(placed=False), new.assign(placed=True)], ignore_index=True)
    write_table(table, arguments)
    if arguments.vectors:
        arguments.vectors.write_bytes(embedding.write_vectors(collection, arguments.vectors.suffix, shown))
    if arguments.figure:
        _write_figure(collection, shown, placed, arguments)
    if arguments.report:
        _write_json(report, arguments.report)


def _compute(collection: embedding.Collection, arguments: argparse.Namespace) -> embedding.Map:
    settings = embedding.MapSettings(
        method=arguments.method,
        dims=arguments.dims,
        metric=arguments.metric,
        perplexity=arguments.perplexity,
        neighbours=arguments.neighbours,
        min_dist=arguments.min_dist,
        seed=arguments.seed,
    )
    if settings.method == "umap":
        _say("computing UMAP; the first one takes half a minute more, while its code is compiled")
    return embedding.map_of(collection, settings)


def _measure(collection: embedding.Collection, shown: embedding.Map, colour: str | None) -> dict:
    """Faithfulness, and separation of the labels in `colour`: said on stderr, returned for the report."""
    kept = embedding.faithfulness(collection.vectors, shown)
    _say(shown.title)
    _say(
        f"trustworthiness {_number(kept.trustworthiness)}, neighbour overlap {_number(kept.neighbour_overlap)} "
        f"(by chance {_number(kept.overlap_by_chance)}) of {kept.k} neighbours"
    )
    if shown.variance:
        _say(f"variance shown {kept.variance:.1%}")
    report = {"settings": vars(shown.settings), "notes": list(shown.notes), "faithfulness": vars(kept)}
    if colour:
        if colour not in collection.table:
            columns = ", ".join(map(str, collection.table)) or "none"
            raise InputError(f"There is no column {colour!r}; there are: {columns}.")
        labels = [str(v) for v in collection.table[colour]]
        apart = embedding.separation(collection.vectors, labels, metric=shown.settings.metric)
        _say(
            f"separation of {colour} in the original space: silhouette {_number(apart.silhouette)}, "
            f"{apart.k}-neighbour accuracy {_number(apart.accuracy)} "
            f"({_number(apart.low)} to {_number(apart.high)}; commonest label {_number(apart.majority)})"
        )
        for note in apart.notes:
            _say(note)
        report["separation"] = vars(apart) | {"labels": [vars(row) for row in apart.labels]}
    return report


def _place(collection, shown, arguments) -> tuple[embedding.Collection, embedding.Map]:
    """The new proteins with their places in the map, as a collection and a map of their own."""
    if _is_vectors(arguments.place) or arguments.place.startswith("example:"):
        new = _collection(arguments.place, argparse.Namespace(**(vars(arguments) | {"labels": None})))
    else:
        name = collection.model or arguments.model
        job = _run_job(_read_fasta(arguments.place), name, collection.layer)
        new = bulk.collect(job)
        assert new is not None
    hashes = collection.model_hash, new.model_hash
    if all(hashes) and not embedding.same_weights(*hashes):
        raise InputError(
            "The map and the new proteins come from different models, so their vectors cannot be compared."
        )
    coordinates = embedding.place(collection.vectors, shown, new.vectors, names=new.names)
    return new, embedding.Map(coordinates, shown.settings, shown.variance)


def _write_figure(collection, shown, placed, arguments) -> None:
    from biocore.plot import embedding_map as maps

    points = embedding.points(collection, shown, None if placed is None else (placed[0], placed[1].coordinates))
    figure = maps.map_figure(points, shown.axes, colour=arguments.colour, title=shown.title)
    figure.write_html(arguments.figure, include_plotlyjs=True)


def _is_vectors(text: str) -> bool:
    return Path(text).suffix.lower() in (*embedding.ENDINGS, ".hdf5")


def _collection(text: str, arguments: argparse.Namespace) -> embedding.Collection:
    """Proteins with vectors from whatever was given, with their labels."""
    if text.startswith("example:"):
        collection = embedding.example(text.removeprefix("example:")).collection
    elif _is_vectors(text):
        collection = embedding.read_vectors(Path(text))
    else:
        found = bulk.collect(_run_job(_read_fasta(text), arguments.model, arguments.layer))
        assert found is not None
        collection = found
    for note in collection.notes:
        _say(note)
    if arguments.labels is not None:
        labels = embedding.read_labels(read_text(arguments.labels), name=str(arguments.labels))
        join = embedding.join_labels(collection.names, labels)
        for note in join.notes:
            _say(note)
        collection = collection.with_columns(join.columns)
    return collection


def run_neighbours(arguments: argparse.Namespace) -> None:
    _check_out(arguments.out, ENDINGS)
    collection = _collection(arguments.input, arguments)
    if arguments.of not in collection.names:
        import difflib

        near = difflib.get_close_matches(arguments.of, collection.names, n=3, cutoff=0.4) or collection.names[:3]
        raise InputError(f"There is no protein {arguments.of!r}. Did you mean: {', '.join(near)}?")
    write_table(
        embedding.neighbour_table(
            collection, collection.names.index(arguments.of), k=arguments.k, metric=arguments.metric
        ),
        arguments,
    )


# --------------------------------------------------------------------------------------------------------- examples


def run_examples(arguments: argparse.Namespace) -> None:
    from biocore.cli import _map_examples

    model = _language_model(arguments.model)
    for name, (records, columns, card) in _map_examples.sets(arguments.data, model).items():
        if records is None:
            collection = _map_examples.tokens(model, columns)
        else:
            found = bulk.collect(_run_job(records, arguments.model, arguments.layer))
            assert found is not None
            collection = _map_examples.without_sequences(found, columns)
        path = _map_examples.write(name, collection, card, model)
        _say(f"{path}: {len(collection):,} vectors, {path.stat().st_size / 1e6:.2f} MB")


# ---------------------------------------------------------------------------------------------------------- helpers


def _check_out(path: Path | None, endings: tuple[str, ...]) -> None:
    """Refuse a result file that cannot be written before hours are spent on it."""
    if path is None:
        return
    if path.suffix not in endings:
        raise InputError(
            f"the format {path.suffix or '(no ending)'!r} is not known; use {', '.join(endings)}.", record=str(path)
        )
    if not path.parent.is_dir():
        raise InputError("the folder does not exist.", record=str(path))


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


def _say(text: str, end: str = "\n") -> None:
    print(text, file=sys.stderr, end=end, flush=True)
