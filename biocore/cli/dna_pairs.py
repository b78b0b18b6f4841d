"""``pairs`` and ``implant``: bases that act together, and what the place and the spacing of motifs do."""

import argparse

import pandas as pd

from biocore import zoo
from biocore.cli.dna_binding import add_dna_input, add_part, factor_names, mapped_parts
from biocore.cli.files import add_output, check_out, read_records, write_table
from biocore.errors import InputError

CORE = 20  # bp


def register(commands) -> None:
    pairs = commands.add_parser("pairs", help="double mutants of DNA: bases that act together")
    add_dna_input(pairs)
    add_part(pairs)
    pairs.add_argument(
        "--core", metavar="FIRST-LAST", help=f"positions that are paired (default: the {CORE} that matter most)"
    )
    pairs.set_defaults(run=run_pairs)

    implant = commands.add_parser("implant", help="motifs implanted into backgrounds: what place and spacing do")
    implant.add_argument("motif", metavar="MOTIF", help="IUPAC letters, such as CACGTG, or a known motif's name")
    implant.add_argument("--second", metavar="MOTIF", help="a second motif behind the first: what the gap between does")
    implant.add_argument("--tf", required=True, metavar="NAME[,NAME]|all", help="factors, such as CTCF or MAX,USF1")
    implant.add_argument("--input", metavar="INPUT", help="DNA whose dinucleotide shuffles are implanted into")
    implant.add_argument("--backgrounds", type=int, default=20, metavar="N", help="default: %(default)s")
    implant.add_argument("--length", type=int, default=101, metavar="BP", help="of random backgrounds; default 101")
    implant.add_argument("--widest", type=int, default=40, metavar="BP", help="widest gap; default: %(default)s")
    implant.add_argument("--seed", type=int, default=0)
    add_output(implant)
    implant.set_defaults(run=run_implant)


def run_pairs(arguments: argparse.Namespace) -> None:
    from biocore.attribution import core, mutation_scan, pair_effects
    from biocore.cli.dna_binding import parse_part

    check_out(arguments.out)
    tables = []
    for name, model, record, low, high in mapped_parts(arguments):
        window = record.sequence[low:high]
        if arguments.core:
            chosen = parse_part(arguments.core, len(record.sequence), record.name, shortest=2, option="--core")
        else:
            chosen = core(mutation_scan(model, window, start=low), width=CORE)
        table = pair_effects(model, window, chosen, start=low).table()
        table.insert(0, "tf", name.removeprefix("tf-"))
        table.insert(0, "record", record.name)
        tables.append(table)
    write_table(pd.concat(tables, ignore_index=True), arguments)


def run_implant(arguments: argparse.Namespace) -> None:
    from biocore.attribution import backgrounds, implant_gaps, implant_offsets

    check_out(arguments.out)
    names = factor_names(arguments.tf)
    if arguments.backgrounds < 2 or not 20 <= arguments.length <= 1000:
        raise InputError("--backgrounds must be 2 or more and --length 20 to 1,000 bp.")
    source = read_records(arguments.input)[0].sequence if arguments.input else None
    into = backgrounds(source, length=arguments.length, count=arguments.backgrounds, seed=arguments.seed)
    first = motif_letters(arguments.motif)
    second = motif_letters(arguments.second) if arguments.second else None
    tables = []
    for name in names:
        model = zoo.load(name)
        if second is None:
            result = implant_offsets(model, first, into, seed=arguments.seed)
        else:
            widest = min(arguments.widest, len(into[0]) - len(first) - len(second))
            gaps = range(widest + 1)
            result = implant_gaps(model, first, second, into, gaps=gaps, seed=arguments.seed)
        table = result.table()
        table.insert(0, "tf", name.removeprefix("tf-"))
        tables.append(table)
    write_table(pd.concat(tables, ignore_index=True), arguments)


def motif_letters(text: str) -> str:
    """IUPAC letters of a motif given by its letters or by the name of a known one.

    Raises
    ------
    InputError
        Neither.
    """
    from biocore.motif.known import KNOWN
    from biocore.motif.matrix import IUPAC

    known = {k.name.upper(): k.consensus for k in KNOWN}
    word = text.strip().upper()
    if word in known:
        return known[word]
    letters = word.replace("U", "T")
    if not letters or set(letters) - set(IUPAC):
        names = ", ".join(k.name for k in KNOWN)
        raise InputError(f"{text!r} is neither IUPAC letters, such as CANNTG, nor a known motif: {names}.")
    return letters
