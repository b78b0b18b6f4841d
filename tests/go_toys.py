"""A tiny world for the function tests: an ontology, proteins whose functions are motifs, a language model of counts."""

import numpy as np
import pandas as pd

from biocore.go.ontology import Ontology
from biocore.sequence import AMINO_ACIDS

NAMES = {
    "GO:0003674": "molecular_function",
    "GO:0005488": "binding",
    "GO:0000001": "metal binding",
    "GO:0000002": "zinc binding",
    "GO:0003824": "catalytic activity",
    "GO:0000004": "hydrolase",
    "GO:0000005": "zinc hydrolase",
}
PARENTS = {
    "GO:0003674": (),
    "GO:0005488": ("GO:0003674",),
    "GO:0000001": ("GO:0005488",),
    "GO:0000002": ("GO:0000001",),
    "GO:0003824": ("GO:0003674",),
    "GO:0000004": ("GO:0003824",),
    "GO:0000005": ("GO:0000002", "GO:0000004"),
}
ONTOLOGY = Ontology(NAMES, PARENTS, {"GO:9999999": "GO:0000002"}, frozenset({"GO:8888888"}))
FAMILIES = {"GO:0000002": "CCHHCWCC", "GO:0000004": "SGDSGPKY", "GO:0000005": "HEWGHWMR", "GO:0000001": "DDQEDFED"}


class CountsModel:
    """Stands for a language model: a residue's embedding is fixed by its letter and its neighbours'."""

    name, hash, window = "toy", "toyhash", 100

    def __init__(self):
        self.table = np.random.default_rng(7).normal(size=(256, 12)).astype(np.float32)

    def residue_embeddings(self, sequence, *, layer=-1):
        states = self.table[np.frombuffer(sequence.encode(), np.uint8)]
        around = np.vstack([states[:1], states[:-1]])
        return states + 0.5 * np.tanh(states * around)


def proteins(count=240, *, seed=0):
    """A table in the shape of the training table; each protein carries its family's motif three times."""
    rng = np.random.default_rng(seed)
    rows = []
    terms = list(FAMILIES)
    for number in range(count):
        term = terms[number % len(terms)]
        letters = rng.choice(list(AMINO_ACIDS), size=rng.integers(60, 160))
        sequence = "".join(letters)
        for place in (5, 25, 45):
            motif = FAMILIES[term]
            sequence = sequence[:place] + motif + sequence[place + len(motif) :]
        known = ";".join(sorted(ONTOLOGY.propagate({term}) - {"GO:0003674"}))
        subset = "valid" if number % 5 == 0 else "train"
        rows.append((f"P{number:05d}", subset, number, len(sequence), sequence, known, known if number % 2 else ""))
    columns = ["EntryID", "subset", "cluster", "Length", "Sequence", "terms", "terms_experimental"]
    return pd.DataFrame(rows, columns=columns)
