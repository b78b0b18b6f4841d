"""``variants``, ``train variants`` and ``evaluate variants``: which substitutions a protein will tolerate."""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from biocore import zoo
from biocore.cli.families import LIBRARY, add_sources, open_families, profile_of
from biocore.cli.files import add_output, check_out, read_records, write_table
from biocore.cli.models import card_of
from biocore.cli.training import progress
from biocore.errors import InputError
from biocore.esm2.measured import read_measurements
from biocore.esm2.variants import Variant, parse_variant, parse_variants, score_variants
from biocore.families import Families, Profile
from biocore.io import read_text
from biocore.sequence import AMINO_ACIDS, clean_protein
from biocore.variants import EffectScan, VariantModel, features
from biocore.variants.assay import METHODS, AssayFit, design, fit_assay

MODEL = "variant-effect"


def register(commands) -> None:
    command = commands.add_parser("variants", help="which substitutions a protein will tolerate, and why")
    command.add_argument("input", help="FASTA file, a sequence, or -")
    command.add_argument(
        "--variants", metavar="LIST|FILE", help="R175H, p.Arg175His or several at once A12G:F45L; a list or a file of "
        "them; default: every substitution"
    )  # fmt: skip
    command.add_argument("--model", default=MODEL, metavar="NAME", help="default: %(default)s")
    command.add_argument(
        "--families", default=LIBRARY, metavar="NAME", help="library of families; default: %(default)s"
    )
    add_sources(command)
    command.add_argument("--offset", type=int, default=0, metavar="N", help="added to residue numbers")
    command.add_argument("--assay", type=Path, metavar="CSV", help="learn from these measured variants (mutant, score)")
    command.add_argument("--method", choices=METHODS, default=METHODS[0], help="with --assay; default: %(default)s")
    command.add_argument("--next", type=int, default=0, metavar="N", help="with --assay: the N variants to make next")
    command.add_argument("--diverse", action="store_true", help="with --next: one of each position before a second")
    add_output(command)
    command.set_defaults(run=run)


def open_model(name: str) -> VariantModel:
    """A model of variant effects by its name.

    Raises
    ------
    InputError
        No such model, or one of another task.
    ModelUnavailable
        It is not on this machine.
    """
    return zoo.load(card_of(name, "variant-effect", "does not score variants; these do:").name)


def run(arguments: argparse.Namespace) -> None:
    check_out(arguments.out)
    if (arguments.next or arguments.diverse) and arguments.assay is None:
        raise InputError("--next and --diverse go with --assay: the measured variants to learn from.")
    records = read_records(arguments.input)
    if len(records) > 1 and (arguments.assay or arguments.alignment):
        raise InputError(f"{len(records)} records given; an assay or an alignment is of one protein.")
    variants = _variants(arguments.variants) if arguments.variants else None
    model, library = open_model(arguments.model), open_families(arguments.families)
    tables = []
    for record in records:
        cleaned = clean_protein(record.sequence, record=record.name)
        profile = profile_of(library, cleaned.sequence, arguments)
        scan = model.scan(cleaned.sequence, profile)
        if arguments.database is not None:  # the mean of both is better than either: docs/models_variants.md
            scan = scan.averaged(model.scan(cleaned.sequence, library.profile(cleaned.sequence)))
        doubtful = scan.worth if any(scan.cautions) else ""
        for note in (*cleaned.notes, *scan.missing, *([doubtful] if doubtful else [])):
            print(f"note: {record.name}: {note}", file=sys.stderr)
        fit = _fitted(scan, profile, arguments) if arguments.assay else None
        if fit is not None and arguments.next:
            table = design(fit, arguments.next, diverse=arguments.diverse)
        else:
            table = scan.table(arguments.offset) if variants is None else _named(scan, variants, arguments.offset)
            table = table.drop(columns=["wild_type", "substitution"], errors="ignore")
            table = table if fit is None else _with_fit(table, fit)
        table.insert(0, "record", record.name)
        tables.append(table)
    write_table(pd.concat(tables), arguments)


def _variants(text: str) -> list[Variant]:
    """A list, or a file: one variant a line (or the first column of a table), unreadable ones named by line."""
    path = Path(text)
    if not path.suffix or not path.is_file():
        return parse_variants(text)
    found, header = [], True
    for number, line in enumerate(read_text(path).splitlines(), 1):
        cell = line.replace("\t", ",").replace(";", ",").split(",")[0].strip()
        if not cell or line.startswith("#"):
            continue
        try:
            found.append(parse_variant(cell))
        except InputError as error:
            if not (header and cell.isalpha()):
                raise InputError(f"line {number} of {path.name}: {error}") from error
        header = False
    if not found:
        raise InputError(f"{path.name} holds no variant. Write one a line: R175H, p.Arg175His, A12G:F45L.")
    return found


def _named(scan: EffectScan, variants: list[Variant], offset: int) -> pd.DataFrame:
    """variant, position (of the first substitution), score, percentile (of single ones), a column a group, problem."""
    scored = score_variants(scan, variants, offset=offset)
    table = scored.table.drop(columns="rank")
    table.insert(1, "position", [variant.substitutions[0].number for variant in variants])
    parts = np.full((len(variants), len(scan.groups)), np.nan)
    for row, variant in enumerate(variants):
        if np.isfinite(table["score"][row]):
            places = [(s.number - 1 - offset, AMINO_ACIDS.index(s.mutant)) for s in variant.substitutions]
            parts[row] = sum(scan.contributions[i, j] for i, j in places)
    residues = [[s.number - 1 - offset for s in variant.substitutions] for variant in variants]
    scored_too = np.isfinite(table["score"].to_numpy(float))
    cautions = [scan.caution(at) if known else "" for at, known in zip(residues, scored_too, strict=True)]
    table.insert(len(table.columns) - 1, "caution", cautions)
    for place, group in enumerate(scan.groups):
        table.insert(len(table.columns) - 1, group, parts[:, place])
    if scored.hint:
        print(f"note: {scored.hint}", file=sys.stderr)
    if any(len(variant.substitutions) > 1 for variant in variants):
        print("note: several substitutions at once are scored as the sum of the single ones", file=sys.stderr)
    return table


def _fitted(scan: EffectScan, profile: Profile, arguments: argparse.Namespace) -> AssayFit:
    measurements = read_measurements(read_text(arguments.assay))
    table = features(scan.sequence, profile)
    fit = fit_assay(scan, table, measurements, offset=arguments.offset, method=arguments.method)
    for row in fit.left_out.itertuples():
        print(f"note: line {row.line} of {arguments.assay.name}: {row.problem}", file=sys.stderr)
    for name, found in (("untrained", fit.untrained), (f"{fit.method}, by left-out position", fit.trained)):
        print(f"{name}: Spearman {found.value:.3f} ({found.low:.3f} to {found.high:.3f})", file=sys.stderr)
    print(fit.curve.round(3).to_string(index=False), file=sys.stderr)
    if fit.weight == fit.weight_measured == 0:
        print("note: learning from the assay did not help on left-out positions; its scale is used", file=sys.stderr)
    return fit


def _with_fit(table: pd.DataFrame, fit: AssayFit) -> pd.DataFrame:
    """The table with predicted and uncertainty of single substitutions, in the units of the measurement."""
    place = {}
    for name in table["variant"]:
        variant = parse_variant(name)
        if len(variant.substitutions) == 1:
            only = variant.substitutions[0]
            place[name] = only.number - 1 - fit.offset, AMINO_ACIDS.index(only.mutant)
    inside = {n: (i, j) for n, (i, j) in place.items() if 0 <= i < len(fit.sequence) and n[0] == fit.sequence[i]}
    for column, values in (("predicted", fit.mean), ("uncertainty", fit.uncertainty)):
        table[column] = [values[inside[name]] if name in inside else np.nan for name in table["variant"]]
    return table


def register_train(commands) -> None:
    command = commands.add_parser("variants", help="fit variant effects to deep mutational scans")
    _add_scans(command)
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="the model, named as the folder")
    command.set_defaults(run=train)


def register_evaluate(commands) -> None:
    command = commands.add_parser("variants", help="measure variant effects with each protein left out")
    _add_scans(command)
    command.add_argument("--out", type=Path, metavar="FILE", help="write the metrics here as JSON")
    command.add_argument("--assays", metavar="NAMES", help="own-assay mode on these, with commas between")
    command.add_argument("--method", choices=METHODS, default=METHODS[0], help="with --assays; default: %(default)s")
    command.add_argument(
        "--database", type=Path, metavar="FASTA", help="measure with profiles from a search of it, beside the families'"
    )
    command.set_defaults(run=evaluate)


def _add_scans(command: argparse.ArgumentParser) -> None:
    command.add_argument("--data", type=Path, required=True, metavar="DIR", help="index.csv and ASSAY.csv.gz")
    command.add_argument(
        "--families", default=LIBRARY, metavar="NAME", help="library of families; default: %(default)s"
    )
    command.add_argument("--language-model", metavar="NAME", help="try this language model as a feature, too")


def _prepared(arguments: argparse.Namespace):
    from biocore.variants.train import prepare

    library = open_families(arguments.families)
    model = zoo.load(arguments.language_model) if arguments.language_model else None
    return library, prepare(arguments.data, library, model, _say)


def _say(line: str) -> None:
    progress(line + "\n")


def train(arguments: argparse.Namespace) -> None:
    from biocore.variants.train import results, save

    library, rows = _prepared(arguments)
    found = results(rows, _say, said_by=arguments.language_model or "")
    print(save(rows, found, library, arguments.out))


def evaluate(arguments: argparse.Namespace) -> None:
    from biocore.variants.train import assay_table, own_assay, quality, results

    if arguments.database is not None and arguments.assays:
        raise InputError("--database and --assays are measured apart: give one of them.")
    library, rows = _prepared(arguments)
    if arguments.database is not None:
        _evaluate_database(library, rows, arguments)
        return
    if arguments.assays:
        _evaluate_own(rows, arguments, own_assay)
        return
    found = results(rows, _say, said_by=arguments.language_model or "")
    lines, assays = quality(rows, found), assay_table(rows, found)
    if arguments.out is not None:
        made = {"quality": lines, "ablation": found.ablation, "cautions": found.cautions, "assays": assays}
        arguments.out.write_text(json.dumps(made, indent=1) + "\n")
    print(pd.DataFrame(lines).drop(columns=["split", "note"]).to_string(index=False))
    print(pd.DataFrame(found.ablation).to_string(index=False))
    print(pd.DataFrame(found.cautions).T.to_string())
    print(pd.DataFrame(assays).drop(columns=["published", "doi"]).to_string(index=False))


def _evaluate_database(library: Families, rows, arguments: argparse.Namespace) -> None:
    from biocore.families.database import Database
    from biocore.variants.train import across_sources, with_profiles_of

    database = Database(arguments.database, in_memory=True)
    found = with_profiles_of(
        rows, lambda sequence: library.database_profile(sequence, database), _say, source=database.name
    )
    made = across_sources(rows, found, database.name)
    if arguments.out is not None:
        arguments.out.write_text(json.dumps(made, indent=1) + "\n")
    print(pd.DataFrame(made).to_string(index=False))


def _evaluate_own(rows, arguments: argparse.Namespace, own_assay) -> None:
    names = [name.strip() for name in arguments.assays.split(",")]
    known = {assay.name for row in rows for assay in row.protein.assays}
    if set(names) - known:
        raise InputError(
            f"{', '.join(sorted(set(names) - known))}: no such assay; these are: {', '.join(sorted(known))}."
        )
    made = own_assay.learning(rows, names, _say, method=arguments.method)
    if arguments.out is not None:
        arguments.out.write_text(json.dumps(made, indent=1) + "\n")
    print(pd.DataFrame(made).to_string(index=False))
    print(own_assay.means(made).to_string(index=False))
