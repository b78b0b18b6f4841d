"""``function``, ``prepare-function``, ``train function`` and ``evaluate function``: GO molecular functions."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from biocore import runtime, zoo
from biocore.cli.files import add_output, check_out, read_records, write_parts, write_table
from biocore.cli.models import card_of
from biocore.errors import InputError
from biocore.io import read_text
from biocore.sequence import clean_protein

DEFAULT_MODEL = "go-mf"
ALIGNMENTS = ("auto", "none", "mmseqs", "blastp", "both")
ASPECTS = ("molecular_function", "biological_process", "cellular_component")
SAID_FROM = 20  # more proteins are counted on standard error as they are answered


def register(commands) -> None:
    command = commands.add_parser("function", help="GO molecular functions of proteins, with calibrated probabilities")
    command.add_argument("input", help="FASTA file, a sequence, or -")
    command.add_argument("--model", default=DEFAULT_MODEL, metavar="NAME", help="default: %(default)s")
    command.add_argument(
        "--above-threshold", action="store_true", help="only predicted terms; default: every term of 0.01 or more"
    )
    command.add_argument(
        "--terms", metavar="GO:...,GO:...|FILE", help="only these terms, however unlikely: a list, or a file of lines"
    )
    add_output(command)
    command.set_defaults(run=run_function)

    prepare = commands.add_parser("prepare-function", help="a training table from FASTA, annotations and go-basic.obo")
    prepare.add_argument("--fasta", type=Path, required=True, help="UniProt or CAFA sequences, .gz or not")
    prepare.add_argument("--annotations", type=Path, required=True, help="GAF, or a table with EntryID and term")
    prepare.add_argument("--obo", type=Path, required=True, help="go-basic.obo")
    prepare.add_argument(
        "--aspect",
        default="molecular_function",
        choices=ASPECTS,
        help="part of the ontology (default %(default)s); a model of another one names it on its card",
    )
    prepare.add_argument("--taxon", type=int, metavar="N", help="keep one species: 9606 is human")
    prepare.add_argument("--taxonomy", type=Path, metavar="TSV", help="accession and taxon, where FASTA states none")
    prepare.add_argument("--clusters", type=Path, metavar="TSV", help="mmseqs easy-cluster table; default: by k-mers")
    prepare.add_argument(
        "--drop-unclustered", action="store_true", help="leave out proteins that --clusters lacks, instead of stopping"
    )
    prepare.add_argument("--seed", type=int, default=0, help="of the split into train and valid")
    prepare.add_argument("--out", type=Path, required=True, metavar="DIR", help="proteins.tsv.gz, terms.tsv.gz, report")
    prepare.set_defaults(run=run_prepare)


def register_train(kinds) -> None:
    command = kinds.add_parser("function", help="the GO head, from a table of proteins and a table of terms")
    command.add_argument("--data", type=Path, required=True, metavar="TSV", help="as prepare-function writes it")
    command.add_argument("--terms", type=Path, required=True, metavar="TSV|OBO", help="table of terms, or go-basic.obo")
    command.add_argument(
        "--aspect",
        default="molecular_function",
        choices=ASPECTS,
        help="part of the ontology that the table's terms are of (default %(default)s)",
    )
    command.add_argument("--backbone", default="esm-mini", metavar="NAME", help="protein language model, or none")
    command.add_argument(
        "--layer", type=int, default=-1, help="block whose states are pooled; -1 (default) is the last"
    )
    command.add_argument("--max-residues", type=int, default=20_000, help="read of one protein (default %(default)s)")
    command.add_argument("--epochs", type=int, default=20, help="default %(default)s")
    command.add_argument("--folds", type=int, default=5, help="of the cross-validation in the training split")
    command.add_argument("--seeds", type=int, default=1, help="copies of the head that are averaged")
    command.add_argument("--families", default="families", metavar="NAME", help="library of families, or none")
    command.add_argument(
        "--exact",
        action="store_true",
        help="align with every reference, not only with a filter's choice",
    )
    command.add_argument("--min-proteins", type=int, default=10, help="terms with fewer are left out (default 10)")
    command.add_argument("--embeddings", type=Path, metavar="DIR", help="where embeddings are kept between runs")
    command.add_argument("--align", default="auto", choices=ALIGNMENTS, help="yardstick")
    command.add_argument(
        "--out", type=Path, metavar="DIR", help="default: go-mf in the models folder of biocore's home"
    )
    command.add_argument("--bootstrap", type=int, default=200, help="resamplings of the proteins (default 200)")
    command.add_argument(
        "--final", action="store_true", help="let the valid proteins vote, too, once the model is measured"
    )
    command.add_argument(
        "--chance", type=int, default=200, metavar="N", help="random and shuffled sequences of each kind (default 200)"
    )
    command.add_argument("--ablate", action="store_true", help="measure what each group of inputs is worth, too")
    command.add_argument("--seed", type=int, default=0)
    command.set_defaults(run=run_train)


def register_evaluate(kinds) -> None:
    command = kinds.add_parser("function", help="Fmax, Smin, auPRC, auROC beside neighbours and other simple methods")
    command.add_argument("--data", type=Path, required=True, metavar="TSV", help="as prepare-function writes it")
    command.add_argument("--split", default="valid", help="value of the column subset; 'all' takes every row")
    command.add_argument("--model", default=DEFAULT_MODEL, metavar="NAME")
    command.add_argument(
        "--reference", type=Path, metavar="TSV", help="table with the model's training proteins, to align"
    )
    command.add_argument("--embeddings", type=Path, metavar="DIR", help="where embeddings are kept between runs")
    command.add_argument("--align", default="auto", choices=ALIGNMENTS)
    command.add_argument("--bootstrap", type=int, default=200, help="resamplings of the proteins (default 200)")
    command.add_argument(
        "--min-proteins",
        type=int,
        default=40,
        help="training proteins of a term from which it is measured; rarer ones apart (default 40)",
    )
    command.add_argument(
        "--chance", type=int, default=200, metavar="N", help="random and shuffled sequences of each kind (default 200)"
    )
    command.add_argument("--store", action="store_true", help="keep the measurements with the model, for its page")
    command.add_argument("--details", type=Path, metavar="JSON", help="write everything measured here")
    add_output(command)
    command.set_defaults(run=run_evaluate)


def run_function(arguments: argparse.Namespace) -> None:
    check_out(arguments.out)
    records = read_records(arguments.input)
    cleaned = []
    for record in records:
        protein = clean_protein(record.sequence, record=record.name)
        cleaned.append(protein.sequence)
        for note in protein.notes:
            print(f"{record.name}: {note}", file=sys.stderr)
    model = open_model(arguments.model)
    terms = None if arguments.terms is None else wanted_terms(arguments.terms, model.terms)
    names = [record.name for record in records]
    write_parts(_answers(model, names, cleaned, arguments.above_threshold, terms), arguments)


def _answers(
    model, names: Sequence[str], sequences: Sequence[str], above_threshold: bool, terms: Sequence[str] | None
) -> Iterator[pd.DataFrame]:
    """Tables of a few proteins each, as they are answered; says who is out of the domain, and how many are done."""
    from biocore.go import tables

    done = 0
    for prediction in model.blocks(sequences):
        block = names[done : done + len(prediction)]
        for name, why in zip(block, prediction.abstained, strict=True):
            if why:
                print(f"{name}: abstained (out of domain). {why}", file=sys.stderr)
        yield tables.scores(model, prediction, block, above_threshold=above_threshold, terms=terms)
        done += len(prediction)
        if len(names) > SAID_FROM:
            print(f"{done:,} of {len(names):,} proteins", file=sys.stderr)


def wanted_terms(text: str, known: Sequence[str]) -> list[str]:
    """The terms of ``--terms``: a list with commas, or the first word of each line of a file.

    Raises
    ------
    InputError
        A term the model does not know.
    """
    path = Path(text)
    lines = read_text(path).splitlines() if not text.startswith("GO:") and path.is_file() else text.split(",")
    terms = [line.split()[0] for line in lines if line.split()]
    for number, term in enumerate(terms, 1):
        if term not in known:
            raise InputError(
                f"term {number}, {term!r}, is none of the {len(known):,} the model knows "
                f"({known[0]}, ...); rarer ones it shows only as a homologue's.",
                record="--terms",
            )
    if not terms:
        raise InputError("names no term.", record="--terms")
    return terms


def open_model(name: str):
    """A function model by name.

    Raises
    ------
    InputError
        The model is of another kind.
    """
    return zoo.load(card_of(name, "protein-function", "does not predict functions; choose from").name)


def run_prepare(arguments: argparse.Namespace) -> None:
    from biocore.go.ontology import read_obo
    from biocore.go.train import prepare

    ontology = read_obo(arguments.obo, aspect=arguments.aspect)
    prepared = prepare.prepare(
        arguments.fasta,
        arguments.annotations,
        ontology,
        aspect=arguments.aspect,
        taxon=arguments.taxon,
        taxonomy=arguments.taxonomy,
        clusters=arguments.clusters,
        drop_unclustered=arguments.drop_unclustered,
        seed=arguments.seed,
    )
    try:
        arguments.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", record=str(arguments.out)) from error
    prepared.table.to_csv(arguments.out / "proteins.tsv.gz", sep="\t", index=False)
    terms = [(t, ontology.names[t], ";".join(ontology.parents[t])) for t in ontology.order]
    pd.DataFrame(terms, columns=["term", "name", "parents"]).to_csv(
        arguments.out / "terms.tsv.gz", sep="\t", index=False
    )
    report = prepared.report()
    report.to_csv(arguments.out / "report.tsv", sep="\t", index=False)
    sys.stdout.write(report.to_csv(index=False))


def run_train(arguments: argparse.Namespace) -> None:
    from biocore.go import train as training
    from biocore.go.ontology import read_obo, read_terms
    from biocore.go.train import mlp, sources

    for name, low in (("epochs", 1), ("folds", 2), ("seeds", 1), ("min_proteins", 1), ("max_residues", 1)):
        if getattr(arguments, name) < low:
            raise InputError(f"--{name.replace('_', '-')} is {getattr(arguments, name)}; use {low} or more.")
    table = sources.read_table(arguments.data)
    if ".obo" in arguments.terms.name:
        ontology = read_obo(arguments.terms, aspect=arguments.aspect)
    else:
        ontology = read_terms(arguments.terms)
    settings = training.Settings(
        backbone=arguments.backbone,
        families=arguments.families,
        aspect=arguments.aspect,
        filtered=not arguments.exact,
        min_proteins=arguments.min_proteins,
        folds=arguments.folds,
        seeds=arguments.seeds,
        layer=arguments.layer,
        max_residues=arguments.max_residues,
        seed=arguments.seed,
        fit=mlp.FitConfig(epochs=arguments.epochs),
    )
    out = arguments.out or runtime.home() / "models" / DEFAULT_MODEL
    card = training.run(
        table,
        ontology,
        settings,
        out,
        embeddings=arguments.embeddings,
        align=arguments.align,
        bootstrap=arguments.bootstrap,
        unreal=arguments.chance,
        ablate=arguments.ablate,
        final=arguments.final,
        say=training.to_stderr,
    )
    print(json.dumps({q.metric + ", " + q.note: [q.value, q.low, q.high] for q in card.quality}, indent=1))


def run_evaluate(arguments: argparse.Namespace) -> None:
    from biocore.go import train as training
    from biocore.go.train import sources

    table = sources.read_table(arguments.data)
    chosen = table if arguments.split == "all" else table[table["subset"] == arguments.split]
    if chosen.empty:
        raise InputError(
            f"no protein of the subset {arguments.split!r}; there are {', '.join(sorted(set(table['subset'])))}.",
            record=str(arguments.data),
        )
    model = open_model(arguments.model).as_measured
    source = sources.read_table(arguments.reference) if arguments.reference else table
    sequences = dict(zip(source["EntryID"], source["Sequence"], strict=True))
    complete = all(accession in sequences for accession in model.reference.accessions)
    references = [sequences[a] for a in model.reference.accessions] if complete else None
    if not complete and arguments.align not in ("auto", "none"):
        raise InputError("the model's training proteins are needed to align; give their table as --reference.")
    seen = chosen["EntryID"].isin(set(model.reference.accessions))
    if seen.any():
        print(f"{int(seen.sum()):,} of {len(chosen):,} proteins are among the training proteins", file=sys.stderr)
    folder = arguments.embeddings or training.embedding_folder(model.language.name)
    data = training.load_data(
        chosen, model.terms, model.backbone, folder=folder, reading=model.reading, say=training.to_stderr
    )
    results, _ = training.evaluate(
        model,
        data,
        folder=folder,
        library=None if model.library.name == "none" else zoo.load(model.library.name),
        references=references,
        align=arguments.align,
        min_proteins=arguments.min_proteins,
        bits=model.information,
        bootstrap=arguments.bootstrap,
        unreal=arguments.chance,
        say=training.to_stderr,
    )
    _say_abstained(results)
    if arguments.store:
        training.store(zoo.card(arguments.model), results)
    if arguments.details:
        arguments.details.write_text(json.dumps(results) + "\n")
    rows = [
        {"labels": labels, "method": method, "metric": metric, "value": v[0], "low": v[1], "high": v[2]}
        for labels, methods in results["methods"].items()
        for method, metrics in methods.items()
        for metric, v in metrics.items()
    ]
    write_table(pd.DataFrame(rows), arguments)


def _say_abstained(results: dict) -> None:
    """Of how many real proteins the model says nothing, and of how many sequences that are none."""
    print(f"abstained: {results['abstained']:,} of {results['proteins']:,} proteins", file=sys.stderr)
    for kind, found in results["chance"].items():
        print(
            f"no term predicted: {found['without_term']:,} of {found['sequences']:,} {kind} sequences of 60 to 3,000 "
            f"residues; the highest probability of the others {found['most']:.2f}",
            file=sys.stderr,
        )
