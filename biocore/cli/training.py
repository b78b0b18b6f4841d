"""``train`` and ``evaluate``: models of one's own, and every published number again.

What can be trained is looked up: a module of this package with a ``register_train`` or ``register_evaluate`` adds its
kind (``train KIND``) to these two commands.
"""

import importlib
import pkgutil
import sys

from biocore import cli


def register(commands) -> None:
    modules = [importlib.import_module(f"{cli.__name__}.{info.name}") for info in pkgutil.iter_modules(cli.__path__)]
    for name, help_text in (
        ("train", "train a model on your own data"),
        ("evaluate", "measure models on held-out data"),
    ):
        kinds = commands.add_parser(name, help=help_text).add_subparsers(dest="kind", required=True, metavar="KIND")
        for module in modules:
            if f"register_{name}" in vars(module):
                getattr(module, f"register_{name}")(kinds)


def progress(line: str) -> None:
    """Show a line on stderr; one without a line break is overwritten by the next, where that is a terminal."""
    if line.endswith("\n"):
        sys.stderr.write("\r\033[K" + line if sys.stderr.isatty() else line)
    elif sys.stderr.isatty():
        sys.stderr.write("\r\033[K" + line)
    sys.stderr.flush()
