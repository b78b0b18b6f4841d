"""``report``: every page's answer about a molecule as one HTML file, or as a session for the pages."""

import argparse
import sys
from pathlib import Path

from biocore.cli.files import check_out, read_records
from biocore.errors import InputError
from biocore.io import write_atomically

ENDINGS = (".html", ".zip")


def register(commands) -> None:
    command = commands.add_parser(
        "report",
        help="every page's answer about a protein or a DNA in one HTML file",
        description="A FASTA or GenBank file, a sequence, - for stdin, or a session file (.biocore.zip).",
    )
    command.add_argument("input", metavar="INPUT", help="of several records the first, unless --record says another")
    command.add_argument("--record", type=int, default=1, metavar="N", help="which record, from 1")
    command.add_argument("--structure", metavar="ID|FILE", help="of this protein: a PDB id, an accession, or a file")
    command.add_argument("--title", default="", help="heading; the record's name by default")
    command.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="report.html, or NAME.biocore.zip to open on the pages"
    )
    command.set_defaults(run=run)

    tours = commands.add_parser("tours", help="make the guided tours of the pages, as session files")
    tours.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="assets/tours, to have the pages show them"
    )
    tours.set_defaults(run=run_tours)


def run_tours(arguments: argparse.Namespace) -> None:
    """Compute every tour and write it into a folder.

    Raises
    ------
    InputError
        The folder does not exist.
    ModelUnavailable, DataUnavailable
        A model is not on this machine.
    """
    from biocore.workspace.session import ENDING, write_session
    from biocore.workspace.tours import TOURS, build

    if not arguments.out.is_dir():
        raise InputError("the folder does not exist.", record=str(arguments.out))
    for tour in TOURS:
        path = arguments.out / f"{tour.name}{ENDING}"
        write_atomically(path, write_session(build(tour)))
        print(path, file=sys.stderr)


def run(arguments: argparse.Namespace) -> None:
    """Write the report.

    Raises
    ------
    InputError, DataUnavailable
        The input, the structure or the place of the file cannot be used.
    """
    check_out(arguments.out, ENDINGS)
    session = _session(arguments)
    if arguments.out.suffix == ".zip":
        from biocore.workspace.session import write_session

        write_atomically(arguments.out, write_session(session))
        return
    from biocore.workspace.report import report_html
    from biocore.workspace.session import structure_of

    molecule = next(iter(session.molecules.values()), None)
    if molecule is None:
        raise InputError("this session holds no molecule to report on.")
    text = report_html(
        molecule,
        session.answers,
        tuple(session.tracks),
        structure=structure_of(session),
        title=arguments.title or session.title,
        notes=session.notes,
        made_with=session.versions,
    )
    write_atomically(arguments.out, text)


def _session(arguments: argparse.Namespace):
    """The session of a file, or one with every page's answer computed now."""
    from biocore.sequence import to_fasta
    from biocore.workspace import TrackTable, read_molecule
    from biocore.workspace.answers import answer_pages
    from biocore.workspace.answers.shape import hydropathy
    from biocore.workspace.session import ENDING, Session, read_session, versions

    path = Path(arguments.input)
    if arguments.input.endswith(ENDING):
        try:
            return read_session(path.read_bytes())
        except OSError as error:
            raise InputError(f"cannot be read: {error.strerror or error}", record=str(path)) from error
    records = read_records(arguments.input)
    if not 1 <= arguments.record <= len(records):
        raise InputError(f"record {arguments.record} does not exist; there are {len(records):,}.")
    molecule = read_molecule(to_fasta(records), current=arguments.record - 1)
    given, structure = _structure(arguments.structure)
    answers, table = [], TrackTable()
    for page, found in answer_pages(molecule, structure=structure):
        print(f"{page}: {found.answer.text[:100]}", file=sys.stderr)
        answers.append(found.answer)
        for track in found.tracks:
            table = table.add(track)
    if molecule.kind == "protein":
        table = table.add(hydropathy(molecule.sequence))
    return Session(
        {molecule.kind: molecule},
        table,
        tuple(answers),
        structure=given,
        page="workspace",
        title=arguments.title or molecule.name,
        versions=versions(),
    )


def _structure(text: str | None):
    """The file's bytes and what they hold; nothing where none was named."""
    if not text:
        return None, None
    from biocore import structure

    path = Path(text)
    if path.is_file():
        content = path.read_bytes()
        return (path.name, content), structure.read_structure(content, path.name)
    if path.suffix:
        raise InputError("there is no such file.", record=text)
    return (text, b""), structure.fetch(text)
