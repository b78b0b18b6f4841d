"""What a session is about: the current molecule, its tracks, and both as a file or a report for others."""

from biocore.workspace.molecule import DNA, PROTEIN, Molecule, read_molecule
from biocore.workspace.tracks import Track, TrackTable

__all__ = ["DNA", "PROTEIN", "Molecule", "Track", "TrackTable", "read_molecule"]
