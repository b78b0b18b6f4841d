"""Inputs of jobs for `jobs_rates`, random but the same every time: (number of records, dice) -> inputs of each job."""

import os
import random
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.jobs_shared import AMINO_ACIDS, BASES, letters
from biocore import runtime, zoo

Inputs = Callable[[int, random.Random], list[dict[str, Any]]]
SITE = "CACGTGACTA"


def together(alphabet: str, length: int) -> Inputs:
    """All records in one job."""
    return lambda count, rng: [{"records": [[str(i), letters(alphabet, length, rng)] for i in range(count)]}]


def one_each(alphabet: str, length: int) -> Inputs:
    """A job for each record."""
    return lambda count, rng: [{"records": [["one", letters(alphabet, length, rng)]]} for _ in range(count)]


def variants(count: int, rng: random.Random) -> list[dict[str, Any]]:
    """A VCF of substitutions in one chromosome."""
    chromosome = letters(BASES, 200 + 30 * count, rng)
    lines = ["##fileformat=VCFv4.3", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"]
    for position in range(100, 100 + 30 * count, 30):
        other = BASES[(BASES.index(chromosome[position]) + 1) % 4]
        lines.append(f"1\t{position + 1}\t.\t{chromosome[position]}\t{other}\t.\t.\t.")
    return [{"vcf": "\n".join(lines), "reference": f">1\n{chromosome}\n"}]


def windows_with_sites(count: int, rng: random.Random) -> list[dict[str, Any]]:
    """Windows that hold the core of CTCF, 20 at least."""
    return [
        {"records": [[str(i), _planted("CCACCAGGGGGCGCTA", rng)] for i in range(max(20, count))]},
    ]


def labelled(count: int, rng: random.Random) -> list[dict[str, Any]]:
    """Windows to train on, half of them with a site, 400 at least."""
    rows = [f"{_planted(SITE, rng) if i % 2 else letters(BASES, 101, rng)},{i % 2}" for i in range(max(400, count))]
    return [{"csv": "\n".join(["sequence,label", *rows])}]


def new_in_a_map(count: int, rng: random.Random) -> list[dict[str, Any]]:
    """New proteins, and a map of 2,000 others."""
    from biocore.jobs.kinds.project import map_inputs

    dice = np.random.default_rng(0)
    width = int(zoo.card("esm-mini").details["width"])
    vectors, points = dice.normal(size=(2000, width)), dice.normal(size=(2000, 2))
    return [{**inputs, **map_inputs(vectors, points)} for inputs in together(AMINO_ACIDS, 300)(count, rng)]


def measured(count: int, rng: random.Random) -> list[dict[str, Any]]:
    """A protein of 300 residues with `count` measured variants, 100 at least."""
    import pandas as pd

    from biocore.jobs.kinds.assay import basis_inputs
    from biocore.variants import features

    sequence = letters(AMINO_ACIDS, 300, rng)
    profile = zoo.load("families").profile(sequence)
    scan = zoo.load("variant-effect").scan(sequence, profile)
    rows = scan.table().sample(max(100, count), random_state=0).reset_index(drop=True)
    noise = np.random.default_rng(0).normal(size=len(rows))
    table = pd.DataFrame({"line": rows.index + 2, "variant": rows["variant"], "measured": rows["score"] + noise})
    return [basis_inputs("one", scan, features(sequence, profile), table)]


def with_database(count: int, rng: random.Random) -> list[dict[str, Any]]:
    """Proteins, and a database of 2,000 others of 300 residues, made known by the setting."""
    path = runtime.home() / "database.fasta"
    path.write_text("".join(f">{i}\n{letters(AMINO_ACIDS, 300, rng)}\n" for i in range(2000)))
    os.environ["BIOCORE_DATABASES"] = str(path)
    return together(AMINO_ACIDS, 300)(count, rng)


def _planted(site: str, rng: random.Random) -> str:
    return letters(BASES, 40, rng) + site + letters(BASES, 61 - len(site), rng)
