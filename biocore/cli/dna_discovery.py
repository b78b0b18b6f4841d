"""``discover``: the motifs a factor's model reads, from in-silico mutagenesis of sequences that it binds."""

import argparse
import json
import sys
from pathlib import Path

import pandas as pd

from biocore import zoo
from biocore.cli.dna_binding import SHORTEST, WIDTH, add_dna_input, factor_names
from biocore.cli.files import add_output, check_out, read_records, write_table
from biocore.cli.training import progress
from biocore.errors import InputError
from biocore.io import write_atomically
from biocore.sequence import clean_dna

COLUMNS = ["name", "consensus", "seqlets", "sequences", "known", "q_value", "strand", "source"]


def register(commands) -> None:
    command = commands.add_parser("discover", help="the motifs a model reads in many sequences, beside known ones")
    add_dna_input(command)
    command.add_argument("--least", type=int, default=20, metavar="N", help="fewest places of a motif (default 20)")
    command.add_argument("--most", type=int, default=500, metavar="N", help="sequences looked at (default 500)")
    command.add_argument("--meme", type=Path, metavar="FILE", help="also write the matrices here, as MEME text")
    command.add_argument("--seed", type=int, default=0)
    command.set_defaults(run=run)


def register_evaluate(kinds) -> None:
    command = kinds.add_parser("motifs", help="what each factor's model reads in the sites of its valid split")
    command.add_argument("--data", type=Path, required=True, metavar="DIR", help="as for train tfbinding")
    command.add_argument("--tf", default="all", metavar="NAME[,NAME]|all")
    command.add_argument("--split", default="valid", choices=("valid", "test"))
    command.add_argument("--most", type=int, default=500, metavar="N", help="sites looked at (default 500)")
    command.add_argument("--least", type=int, default=20, metavar="N", help="fewest places of a motif (default 20)")
    command.add_argument("--cards", action="store_true", help="also keep them beside the models, for the models page")
    command.add_argument("--seed", type=int, default=0)
    add_output(command)
    command.set_defaults(run=evaluate)


def evaluate(arguments: argparse.Namespace) -> None:
    """Motifs of models in bound sequences of their own data, chosen at random."""
    import numpy as np

    from biocore.attribution.discovery import discover_motifs
    from biocore.motif import known_motifs
    from biocore.motif.discovery import KEPT_AS, as_rows
    from biocore.sequence import DNA
    from biocore.tfbinding.train import data

    tables = []
    for name in factor_names(arguments.tf):
        tf = name.removeprefix("tf-")
        if tf not in data.factors(arguments.data, arguments.split):
            continue
        progress(f"{tf}\n")
        codes = data.load_dna(data.find(arguments.data, tf, arguments.split), tf)
        bound = np.unique(codes.codes[codes.labels == 1], axis=0)
        some = np.random.default_rng(arguments.seed).permutation(len(bound))[: arguments.most]
        letters = np.array(list(DNA + "N"))
        sites = ["".join(row) for row in letters[bound[some]]]
        found = discover_motifs(zoo.load(name), sites, seed=arguments.seed, least=arguments.least, name=tf)
        rows = as_rows(found, known_motifs())
        if arguments.cards:
            about = {"split": arguments.split, "sequences": len(sites), "motifs": rows}
            write_atomically(zoo.card(name).folder / KEPT_AS, json.dumps(about) + "\n")
        tables.append(pd.DataFrame(rows, columns=COLUMNS).assign(tf=tf))
    if not tables:
        raise InputError(f"no model matches the factors of {arguments.data}.")
    write_table(pd.concat(tables, ignore_index=True)[["tf", *COLUMNS]], arguments)


def run(arguments: argparse.Namespace) -> None:
    from biocore.motif import known_motifs
    from biocore.motif.discovery import as_rows
    from biocore.motif.meme import meme_text

    check_out(arguments.out)
    check_out(arguments.meme, (".meme", ".txt"))
    if arguments.least < 5 or arguments.most < 20:
        raise InputError("--least must be 5 or more and --most 20 or more.")
    names = factor_names(arguments.tf)
    sequences = [
        clean_dna(record.sequence, record=record.name, min_length=SHORTEST).sequence
        for record in read_records(arguments.input)
    ]
    tables, motifs = [], []
    for name in names:
        tf = name.removeprefix("tf-")
        found = _found(zoo.load(name), sequences, tf, arguments)
        motifs += [entry.motif for entry in found]
        rows = pd.DataFrame(
            as_rows(found, known_motifs()),
            columns=COLUMNS,
        )
        rows.insert(0, "tf", tf)
        tables.append(rows)
    if arguments.meme is not None:
        write_atomically(arguments.meme, meme_text(motifs))
    write_table(pd.concat(tables, ignore_index=True), arguments)


def _found(model, sequences: list[str], tf: str, arguments: argparse.Namespace) -> list:
    """Motifs of one factor in each sequence's strongest window; what cannot be used is said on standard error."""
    from biocore import tfbinding
    from biocore.attribution.discovery import discover_motifs

    if len(sequences) > arguments.most:
        print(f"the first {arguments.most:,} of {len(sequences):,} sequences are looked at (--most)", file=sys.stderr)
    windows = []
    some = sequences[: arguments.most]
    for sequence, track in zip(some, tfbinding.record_tracks([model], some), strict=True):
        if len(sequence) >= WIDTH:
            start = int(track.starts[track.log_odds[0].argmax()])
            windows.append(sequence[start : start + WIDTH])
    if len(windows) < len(some):
        print(f"{len(some) - len(windows):,} sequences shorter than {WIDTH} bp were left out", file=sys.stderr)
    return discover_motifs(model, windows, seed=arguments.seed, least=arguments.least, name=tf)
