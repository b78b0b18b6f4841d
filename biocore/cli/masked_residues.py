"""``mask``, ``scan-protein`` and ``fetch``: family, language model and their blend on the command line."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from biocore import esm2, zoo
from biocore.cli.families import add_sources, open_families, profile_of
from biocore.cli.files import add_output, read_records, write_table
from biocore.cli.models import card_of
from biocore.errors import InputError
from biocore.esm2.variants import parse_positions
from biocore.families import Families, Profile
from biocore.sequence import AMINO_ACIDS, clean_protein

LANGUAGE_MODEL = "esm-mini"
FAMILIES, BLEND = "families", "blend"


def register(commands) -> None:
    mask = commands.add_parser("mask", help="what family and language model expect at a masked residue")
    mask.add_argument("sequence", help="a protein in one-letter code, a FASTA file with one record, or -")
    mask.add_argument("--position", required=True, metavar="P", help="residue to mask: 30 or L30; several with commas")
    _add_model(mask)
    mask.add_argument("--all-tokens", action="store_true", help="33 tokens instead of the 20 amino acids")
    add_output(mask)
    mask.set_defaults(run=run_mask)

    scan = commands.add_parser("scan-protein", help="score every substitution of a protein")
    scan.add_argument("input", help="FASTA file, a sequence, or -")
    scan.add_argument(
        "--strategy", choices=esm2.STRATEGIES, default=esm2.MASKED, help="of the language model; default: %(default)s"
    )
    _add_model(scan)
    add_output(scan)
    scan.set_defaults(run=run_scan)

    fetch = commands.add_parser("fetch", help="bring the weights of a hub model to this machine")
    fetch.add_argument("name", help="as `models` lists it")
    fetch.set_defaults(run=run_fetch)


def _add_model(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--model",
        default=BLEND,
        metavar="NAME",
        help=f"{FAMILIES}; a language model or the path of its folder; {BLEND} (default, with {LANGUAGE_MODEL}) or "
        f"{BLEND}:NAME of families and a language model",
    )
    add_sources(command)
    command.add_argument(
        "--offset", type=int, default=0, metavar="N", help="added to residue numbers, e.g. -24 for a mature chain"
    )


def open_model(name: str) -> esm2.Esm2:
    """A model by name (fetched with a progress line where it is not here) or by the path of a folder.

    Raises
    ------
    InputError
        No model of this name does this task.
    ModelUnavailable
    """
    if "/" in name or "\\" in name or Path(name).is_dir():
        return esm2.open_folder(Path(name))
    card = card_of(name, "protein-language-model", "is no protein language model; these are:")
    if card.hub_repository and not zoo.available(card):
        esm2.fetch(card, _progress(f"fetching {name}", 1e6, "MB"))
    return zoo.load(name)


def _progress(label: str, unit: float = 1, unit_name: str = "residues"):
    """A line on stderr that is rewritten, ten times a second at most; silent where nobody watches."""
    last = [0.0]

    def show(done: int, total: int) -> None:
        now = time.monotonic()
        if sys.stderr.isatty() and (now - last[0] > 0.1 or done >= total):
            last[0] = now
            end = "\n" if done >= total else ""
            print(
                f"\r{label}: {done / unit:,.0f} of {total / unit:,.0f} {unit_name}",
                end=end,
                file=sys.stderr,
                flush=True,
            )

    return show


def _clean(record) -> str:
    cleaned = clean_protein(record.sequence, record=record.name, max_length=esm2.MAX_RESIDUES)
    for note in cleaned.notes:
        print(f"note: {record.name}: {note}", file=sys.stderr)
    return cleaned.sequence


def _parts(arguments: argparse.Namespace) -> tuple[Families | None, esm2.Esm2 | None]:
    """The library and the language model that ``--model`` names; None for a part that does not take part."""
    name = arguments.model
    together = name == BLEND or name.startswith(f"{BLEND}:")
    model = name.removeprefix(BLEND).removeprefix(":") or LANGUAGE_MODEL if together else name
    library = open_families() if together or name == FAMILIES else None
    if library is None and (arguments.alignment or arguments.database):
        raise InputError(f"--alignment and --database go with --model {FAMILIES} or {BLEND}, not with {name}.")
    opened = None if name == FAMILIES else open_model(model)
    if library is not None and opened is not None and not library.blend(opened.name).fitted:
        print(f"note: nothing was fitted for blending with {opened.name}; both parts count half", file=sys.stderr)
    return library, opened


def _mixed(
    library: Families | None, model: esm2.Esm2 | None, profile: Profile | None, said: np.ndarray, rows: np.ndarray
) -> np.ndarray:
    """Probabilities at `rows` from the parts that take part, (P, 20)."""
    if library is None or profile is None:
        return said
    if model is None:
        return profile.probabilities[rows]
    return library.blend(model.name)(profile.probabilities[rows], said, profile.effective[rows])


def run_mask(arguments: argparse.Namespace) -> None:
    records = read_records(arguments.sequence)
    if len(records) > 1:
        raise InputError(f"{len(records)} records given; `mask` takes one protein.")
    sequence = _clean(records[0])
    positions = parse_positions(arguments.position, sequence, offset=arguments.offset)
    if not positions:
        raise InputError("--position is empty. Write 30 or L30.")
    library, model = _parts(arguments)
    answer = model.residue_probabilities(sequence, positions) if model else None
    if arguments.all_tokens:
        if answer is None or library is not None:
            raise InputError("--all-tokens goes with a language model alone, such as --model esm-mini.")
        labels, values = esm2.TOKENS, answer.tokens
    else:
        profile = profile_of(library, sequence, arguments, hidden=tuple(positions)) if library else None
        _say_where_nothing_is_known(profile, positions)
        said = answer.probabilities if answer else np.zeros((len(positions), len(AMINO_ACIDS)))
        labels, values = tuple(AMINO_ACIDS), _mixed(library, model, profile, said, np.array(positions))
    tables = []
    for index, position in enumerate(positions):
        order = np.argsort(-values[index], kind="stable")
        table = pd.DataFrame({"letter": [labels[k] for k in order], "probability": values[index][order]})
        if len(positions) > 1:
            table.insert(0, "position", position + 1 + arguments.offset)
        tables.append(table)
    write_table(pd.concat(tables), arguments)


def _say_where_nothing_is_known(profile: Profile | None, positions: Sequence[int]) -> None:
    if profile is not None and not profile.covered[list(positions)].all():
        print(
            "note: no family found for a residue: the language model or the background answers alone", file=sys.stderr
        )


def run_scan(arguments: argparse.Namespace) -> None:
    records = [(record.name, _clean(record)) for record in read_records(arguments.input)]
    library, model = _parts(arguments)
    if arguments.alignment is not None and len(records) > 1:
        raise InputError(f"{len(records)} records given; an alignment is of one protein.")
    tables = []
    for name, sequence in records:
        scan = None
        if model is not None:
            scan = model.substitution_scores(sequence, arguments.strategy, progress=_progress(f"scanning {name}"))
        if library is not None:
            profile = profile_of(library, sequence, arguments)
            _say_where_nothing_is_known(profile, range(len(sequence)))
            said = scan.probabilities if scan else profile.probabilities
            mixed = _mixed(library, model, profile, said, np.arange(len(sequence)))
            strategy = esm2.BLEND if model else esm2.FAMILY
            scan = esm2.SubstitutionScan.from_probabilities(sequence, strategy, mixed, arguments.model)
        assert scan is not None  # one of the two takes part
        table = scan.table(offset=arguments.offset)
        table.insert(0, "record", name)
        tables.append(table)
    write_table(pd.concat(tables), arguments)


def run_fetch(arguments: argparse.Namespace) -> None:
    card = zoo.card(arguments.name)
    if card.hub_repository is None:
        print(f"{card.name} ships with biocore or was trained here: nothing to fetch.", file=sys.stderr)
        return
    folder = esm2.fetch(card, _progress(f"fetching {card.name}", 1e6, "MB"))
    print(folder)
