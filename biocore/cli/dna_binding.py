"""``bind``, ``track``, ``ism``, ``saliency``: which factors bind a sequence, where, and which bases matter."""

import argparse
import difflib
import re
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from biocore import zoo
from biocore.cli.files import add_output, read_records, write_table
from biocore.errors import InputError, ModelUnavailable
from biocore.sequence import Record, clean_dna, one_hot

if TYPE_CHECKING:
    from biocore.tfbinding import Track

TASK = "tf-binding"
SHORTEST = 20  # bp
WIDTH = 101  # bp; what the models were trained on
LONGEST_MAP = 1000  # bp; a longer record is mapped in its strongest window only


def register(commands) -> None:
    bind = commands.add_parser("bind", help="which factors bind a sequence, and where best")
    add_dna_input(bind)
    _add_windows(bind)
    bind.add_argument("--top", type=int, default=1, metavar="N", help="best N windows that do not overlap (default 1)")
    bind.set_defaults(run=run_bind)

    track = commands.add_parser("track", help="score every window of a sequence")
    add_dna_input(track)
    _add_windows(track)
    track.set_defaults(run=run_track)

    ism = commands.add_parser("ism", help="in-silico mutagenesis: the effect of every single-base change")
    add_dna_input(ism)
    add_part(ism)
    ism.add_argument("--unit", choices=["log-odds", "probability"], default="log-odds", help="of the changes")
    ism.set_defaults(run=run_ism)

    saliency = commands.add_parser("saliency", help="gradients of the model with respect to each base")
    add_dna_input(saliency)
    add_part(saliency)
    saliency.add_argument(
        "--method",
        choices=["gradient", "corrected-gradient", "integrated-gradients"],
        default="corrected-gradient",
        help="default: corrected-gradient",
    )
    saliency.set_defaults(run=run_saliency)


def add_dna_input(command: argparse.ArgumentParser) -> None:
    """Add ``INPUT``, ``--tf`` and where the result goes."""
    command.add_argument(
        "input", metavar="INPUT", help="FASTA or GenBank file, a DNA sequence, or - for standard input"
    )
    command.add_argument("--tf", required=True, metavar="NAME[,NAME]|all", help="factors, such as CTCF or MAX,USF1")
    add_output(command)


def _add_windows(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--strand", choices=["both", "forward", "reverse"], default="both", help="default: both as one"
    )
    command.add_argument("--window", type=int, default=WIDTH, metavar="BP", help=f"bp of a window (default {WIDTH})")
    command.add_argument("--stride", type=int, default=1, metavar="BP", help="from one window to the next (default 1)")


def add_part(command: argparse.ArgumentParser) -> None:
    """Add ``--part``."""
    command.add_argument(
        "--part",
        metavar="FIRST-LAST",
        help=f"positions shown to the model, from 1 (default: the record; its strongest {WIDTH}-bp window above "
        f"{LONGEST_MAP:,} bp)",
    )


# ---------------------------------------------------------------------------------------------------- inputs


def factor_names(text: str) -> list[str]:
    """Names of the models of ``NAME[,NAME]|all``; a factor may be given with or without ``tf-``, in any case.

    Raises
    ------
    InputError
        No such factor; the message lists the nearest or all.
    ModelUnavailable
        There is no factor model on this machine.
    """
    known = {name.removeprefix("tf-"): name for name in zoo.names(TASK) if zoo.available(zoo.card(name))}
    if not known:
        raise ModelUnavailable("There is no transcription-factor model on this machine; train one first.")
    wanted = [word.strip() for word in text.split(",") if word.strip()]
    if not wanted:
        raise InputError(f"--tf names no factor; use all, or some of {', '.join(known)}.")
    if [word.lower() for word in wanted] == ["all"]:
        return zoo.here(TASK)
    upper = {short.upper(): name for short, name in known.items()}
    names = []
    for word in wanted:
        short = word.upper().removeprefix("TF-")
        if short not in upper:
            near = difflib.get_close_matches(short, upper, n=3, cutoff=0.5)
            near = [upper[n].removeprefix("tf-") for n in near] or list(known)
            raise InputError(f"There is no model of the factor {word!r}. There is {', '.join(near)}; or use all.")
        names.append(upper[short])
    return list(dict.fromkeys(names))


def _cleaned(text: str) -> list[Record]:
    """Records with cleaned sequences; what was changed is said on standard error."""
    records = []
    for record in read_records(text):
        cleaned = clean_dna(record.sequence, record=record.name, min_length=SHORTEST)
        for note in cleaned.notes:
            print(f"{record.name}: {note}", file=sys.stderr)
        records.append(Record(record.name, cleaned.sequence, record.description))
    return records


def _labels(names: Sequence[str]) -> list[str]:
    return [name.removeprefix("tf-") for name in names]


def _tracks(records: Sequence[Record], names: Sequence[str], width: int, stride: int) -> list["Track"]:
    from biocore import tfbinding

    models = [zoo.load(name) for name in names]
    if width < SHORTEST or stride < 1:
        raise InputError(
            f"--window must be {SHORTEST} or more and --stride 1 or more; {width} and {stride} were given."
        )
    return tfbinding.record_tracks(models, [record.sequence for record in records], window=width, stride=stride)


# -------------------------------------------------------------------------------------------------- commands


def run_bind(arguments: argparse.Namespace) -> None:
    from biocore.tfbinding.tracks import site_table

    if arguments.top < 1:
        raise InputError(f"--top is {arguments.top}; use 1 or more.")
    names, records = factor_names(arguments.tf), _cleaned(arguments.input)
    tables = []
    for record, track in zip(records, _tracks(records, names, arguments.window, arguments.stride), strict=True):
        tables.append(site_table(track, record=record.name, strand=arguments.strand, top=arguments.top))
    write_table(pd.concat(tables, ignore_index=True), arguments)


def run_track(arguments: argparse.Namespace) -> None:
    from biocore.tfbinding.tracks import track_table

    names, records = factor_names(arguments.tf), _cleaned(arguments.input)
    tables = []
    for record, track in zip(records, _tracks(records, names, arguments.window, arguments.stride), strict=True):
        tables.append(track_table(track, record=record.name, strand=arguments.strand))
    write_table(pd.concat(tables, ignore_index=True), arguments)


def run_ism(arguments: argparse.Namespace) -> None:
    from biocore.attribution import effect_table, mutation_scan, to_probability

    tables = []
    for name, model, record, low, high in mapped_parts(arguments):
        scan = mutation_scan(model, record.sequence[low:high], start=low, record=record.name)
        scan = to_probability(scan) if arguments.unit == "probability" else scan
        tables.append(effect_table(scan, record=record.name, tf=name.removeprefix("tf-")))
    write_table(pd.concat(tables, ignore_index=True), arguments)


def run_saliency(arguments: argparse.Namespace) -> None:
    from biocore.attribution import effect_table, gradient_map

    tables = []
    for name, model, record, low, high in mapped_parts(arguments):
        result = gradient_map(model.logit_fn, record.sequence[low:high], arguments.method, start=low)
        if np.isfinite(result.completeness_error):
            print(f"{record.name}, {name}: completeness error {result.completeness_error:.2%}", file=sys.stderr)
        tables.append(effect_table(result, record=record.name, tf=name.removeprefix("tf-")))
    write_table(pd.concat(tables, ignore_index=True), arguments)


def mapped_parts(arguments: argparse.Namespace) -> Iterator[tuple]:
    """Model name, model, record and the 0-based half-open part to map, for every record and factor."""
    from biocore import tfbinding

    names, records = factor_names(arguments.tf), _cleaned(arguments.input)
    models = [zoo.load(name) for name in names]
    for record in records:
        for name, model in zip(names, models, strict=True):
            low, high = 0, len(record.sequence)
            if arguments.part:
                low, high = parse_part(arguments.part, len(record.sequence), record.name)
            elif high > LONGEST_MAP:
                track = tfbinding.track([model], one_hot([record.sequence])[0], window=WIDTH)
                best = track.sites(track.tfs[0], count=1)[0]
                low, high = best.start, best.end
                print(
                    f"{record.name} has {len(record.sequence):,} bp: the strongest window of {_labels([name])[0]}, "
                    f"positions {low + 1:,} to {high:,}, is mapped. Choose another with --part FIRST-LAST.",
                    file=sys.stderr,
                )
            yield name, model, record, low, high


def parse_part(
    text: str, length: int, record: str, *, shortest: int = SHORTEST, option: str = "--part"
) -> tuple[int, int]:
    """``FIRST-LAST`` (1-based, both included) as 0-based half-open places.

    Parameters
    ----------
    text : str
    length : int
        Of the record, bp.
    record : str
        Its name, for messages.
    shortest : int
        Fewest bp.
    option : str
        How the user names it, for messages.

    Raises
    ------
    InputError
        Not two numbers, outside the record, shorter than `shortest` or longer than 1,000 bp.
    """
    match = re.fullmatch(r"([\d,]+)\s*(?:-|\.\.|:)\s*([\d,]+)", text.strip())
    if not match:
        raise InputError(f"{option} {text!r} is not FIRST-LAST, such as 101-201.")
    first, last = (int(match[k].replace(",", "")) for k in (1, 2))
    if not 1 <= first <= last <= length:
        raise InputError(f"{option} {text} does not lie within positions 1 to {length:,}.", record=record)
    if not shortest <= last - first + 1 <= LONGEST_MAP:
        raise InputError(f"{option} {text} has {last - first + 1:,} bp; {shortest} to {LONGEST_MAP:,} bp are mapped.")
    return first - 1, last
