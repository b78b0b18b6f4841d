"""What all pages share in a session: the current molecule, the residue that is looked at, and their side bar."""

from biocore.web.workspace.cursor import changed, look_at, news, pointed, pointed_in
from biocore.web.workspace.molecules import choose, chosen, kind_of, molecule, put, stamp, use

__all__ = [
    "changed",
    "choose",
    "chosen",
    "kind_of",
    "look_at",
    "molecule",
    "news",
    "pointed",
    "pointed_in",
    "put",
    "stamp",
    "use",
]
