"""``python -m biocore COMMAND``: every module of this package with a ``register`` adds the commands listed here for it.

A command starts in the time that its own module takes to import; the others are imported where the help names all.

Exit status: 0 done, 2 bad input, 3 model or data unavailable.  Results go to stdout or ``--out``, messages to stderr.
"""

import argparse
import importlib
import sys
from collections.abc import Sequence

from biocore.errors import DataUnavailable, InputError, ModelUnavailable

COMMANDS = {
    "contacts": ("contacts",),
    "dna_binding": ("bind", "track", "ism", "saliency"),
    "dna_discovery": ("discover",),
    "dna_pairs": ("pairs", "implant"),
    "dna_variants": ("vcf",),
    "embedding_map": ("embed", "map", "neighbours", "map-examples"),
    "families": ("families", "profile"),
    "jobs": ("jobs",),
    "masked_residues": ("mask", "scan-protein", "fetch"),
    "models": ("models",),
    "protein_function": ("function", "prepare-function"),
    "report": ("report", "tours"),
    "structures": ("structure",),
    "training": ("train", "evaluate"),
    "variants": ("variants",),
}


def parser(command: str | None = None) -> argparse.ArgumentParser:
    """The command line: of one command, or whole where that is none of `COMMANDS`.

    A command's function gets the parsed arguments and returns nothing.
    """
    root = argparse.ArgumentParser(prog="python -m biocore", description=__doc__.split("\n")[0])
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    of_one = [module for module, names in COMMANDS.items() if command in names]
    for module in of_one or COMMANDS:
        importlib.import_module(f"{__name__}.{module}").register(commands)
    return root


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    words = sys.argv[1:] if arguments is None else arguments
    parsed = parser(words[0] if words else None).parse_args(words)
    try:
        parsed.run(parsed)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except (ModelUnavailable, DataUnavailable) as error:
        print(f"unavailable: {error}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader (head, less) has seen enough
        sys.stderr.close()
        return 0
    return 0
