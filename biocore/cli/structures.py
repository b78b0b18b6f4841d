"""``structure``: residues of a structure, from an archive, a file or built; ``--prefetch`` fills the cache."""

import argparse
import sys
from pathlib import Path

from biocore.cli.files import add_output, write_table
from biocore.errors import BiocoreError, DataUnavailable, InputError


def register(commands) -> None:
    command = commands.add_parser(
        "structure",
        help="residues of a structure with both numberings, secondary structure and B-factor",
        description="A PDB id, a UniProt accession (AlphaFold DB), a file (.pdb .cif, .gz) or - for stdin.",
    )
    command.add_argument("input", nargs="?", metavar="ID|FILE", help="what to read")
    command.add_argument(
        "--prefetch", nargs="+", metavar="ID", help="download these into the cache, if there is a connection"
    )
    command.add_argument("--build", nargs=2, metavar=("SHAPE", "SEQUENCE"), help="helix, strand, ppii or collagen")
    command.add_argument("--model", type=int, default=1, help="which model of the file (1-based)")
    command.add_argument("--assembly", default="", help="biological assembly by name, e.g. 1")
    command.add_argument("--waters", action="store_true", help="list waters too")
    command.add_argument("--fasta", action="store_true", help="write the chains' sequences as FASTA instead")
    add_output(command)
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Write the table.

    Raises
    ------
    InputError, DataUnavailable
        As `archive.fetch`, `read.read_structure` and `build.build_peptide`.
    """
    given = [name for name in ("input", "prefetch", "build") if getattr(arguments, name)]
    if len(given) != 1:
        raise InputError("give one of: an identifier or file, --prefetch ID..., --build SHAPE SEQUENCE.")
    if arguments.prefetch:
        _prefetch(arguments.prefetch)
        return
    from biocore.structure import tables

    structure = _structure(arguments)
    for note in structure.notes:
        print(note, file=sys.stderr)
    if arguments.fasta:
        _write_text(tables.fasta(structure), arguments.out)
    else:
        write_table(tables.residue_table(structure, waters=arguments.waters), arguments)


def _structure(arguments: argparse.Namespace):
    from biocore import structure

    if arguments.build:
        shape, sequence = arguments.build
        return structure.build_peptide(sequence, shape)
    options = {"model": arguments.model, "assembly": arguments.assembly}
    if arguments.input == "-":
        return structure.read_structure(sys.stdin.buffer.read(), "standard input", **options)
    path = Path(arguments.input)
    if path.is_file():
        return structure.read_structure(_content(path), path.name, **options)
    if path.suffix:
        raise InputError("there is no such file.", record=arguments.input)
    return structure.fetch(arguments.input, **options)


def _content(path: Path) -> bytes:
    from biocore.structure.read import MAX_BYTES

    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"the file is larger than {MAX_BYTES // 2**20} MB.", record=str(path))
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", record=str(path)) from error


def _write_text(text: str, out: Path | None) -> None:
    if out is None:
        sys.stdout.write(text)
        return
    try:
        out.write_text(text)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror or error}", record=str(out)) from error


def _prefetch(identifiers: list[str]) -> None:
    """Fetch each; one that fails does not stop the others, but without a connection none is asked after the first.

    Being offline is no failure (exit status 0): what is fetched beforehand is a convenience.
    """
    from biocore.structure import fetch
    from biocore.structure.archive import Offline

    failed: list[BiocoreError] = []
    for text in identifiers:
        try:
            structure = fetch(text)
            print(f"{structure.name}: {len(structure.atoms):,} atoms, kept", file=sys.stderr)
        except Offline as error:
            print(f"{text}: {error} Nothing more is fetched now; the rest works without it.", file=sys.stderr)
            break
        except BiocoreError as error:
            print(f"{text}: {error}", file=sys.stderr)
            failed.append(error)
    if failed:
        kind = InputError if all(isinstance(e, InputError) for e in failed) else DataUnavailable
        raise kind(f"{len(failed)} of {len(identifiers)} were not fetched.")
