"""``python -m biocore COMMAND``: every module of this package with a ``register`` adds its commands.

Exit status: 0 done, 2 bad input, 3 model or data unavailable.  Results go to stdout or ``--out``, messages to stderr.
"""

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Sequence

from biocore.errors import DataUnavailable, InputError, ModelUnavailable


def parser() -> argparse.ArgumentParser:
    """The whole command line.  A command's function gets the parsed arguments and returns nothing."""
    root = argparse.ArgumentParser(prog="python -m biocore", description=__doc__.split("\n")[0])
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda i: i.name):
        module = importlib.import_module(f"{__name__}.{info.name}")
        if "register" in vars(module):
            module.register(commands)
    return root


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    parsed = parser().parse_args(arguments)
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
