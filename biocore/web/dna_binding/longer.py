"""What takes a while on the DNA page and is a job: variants of a VCF, motifs a model reads, implants, pairs."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from biocore.attribution import ImplantEffects, PairEffects
from biocore.io.vcf import parse_vcf
from biocore.jobs import Description
from biocore.motif import known_motifs
from biocore.motif.discovery import as_rows
from biocore.tfbinding.alleles import AlleleEffects
from biocore.web.dna_binding import compute
from biocore.web.dna_binding.compute import WIDTH, models_here
from biocore.web.frame import plain
from biocore.web.waiting import job

ALLELES_AT_ONCE = 200  # variants that are scored on the page
IMPLANTED_AT_ONCE = 300_000  # bases of sequences with implants that are scored on the page


def alleles(vcf: str, fasta: str, name: str, most: int) -> AlleleEffects | None:
    """Every factor at both alleles of a VCF's variants: of what is finished; None where nothing is.

    Raises
    ------
    InputError
        As `parse_vcf` and `allele_effects`.
    """
    models = tuple(models_here().values())
    if len(parse_vcf(vcf.splitlines(), most=most).variants) <= ALLELES_AT_ONCE:
        return compute.alleles(vcf, fasta, most, models)
    description = _alleles(vcf, fasta, models)
    count = len(description.inputs["variants"])
    answer = job(
        description,
        key="dna.alleles",
        title=f"{count:,} variants of {name}",
        start=f"Score {count:,} variants with every factor",
        unasked=True,
    )
    if answer.result is not None and not answer.complete:
        st.info("Some variants are scored; rows without numbers are still to come.", icon=":material/hourglass:")
    return answer.result


@st.cache_data(max_entries=4, scope="session", show_spinner="Reading the variants...")
def _alleles(vcf: str, fasta: str, models: tuple[str, ...]) -> Description:
    return Description.make("alleles", {"vcf": vcf, "reference": fasta}, {"models": list(models)})


def motifs(tf: str, windows: Sequence[tuple[str, str]]) -> list[dict[str, Any]] | None:
    """Motifs the factor's model reads in windows (name, sequence), each with the known one it looks like; None where
    that is not known yet.

    Raises
    ------
    InputError
        As `discover_motifs`.
    """
    settings = {"model": models_here()[tf], "least": max(5, len(windows) // 20)}
    answer = job(
        Description.make("discover", {"records": [list(window) for window in windows]}, settings),
        key="dna.motifs",
        title=f"Motifs {tf} reads in {len(windows):,} windows",
        start=f"Find what {tf} reads",
        unasked=True,
    )
    return as_rows(answer.result, known_motifs()) if answer.complete else None


def implants(tf: str, name: str, window: str, first: str, second: str | None, count: int, widest: int):
    """Effect of one motif by place, or of two by the gap between them, as a table; None where nothing is known yet.

    Raises
    ------
    InputError
        A motif does not fit.
    """
    room = len(window) - len(first) - len(second or "")
    sequences = 3 * (min(widest, room) + 1) if second else room + 1
    if sequences * count * len(window) <= IMPLANTED_AT_ONCE:
        return compute.implants(tf, window, first, second, count, widest)
    settings = {"model": models_here()[tf], "first": first, "second": second or "", "backgrounds": count}
    answer = job(
        Description.make("implants", {"records": [[name, window]]}, {**settings, "widest": widest}),
        key="dna.implants",
        title=f"{first}{' and ' + second if second else ''} implanted, {tf} in {name}",
        start="Implant",
        unasked=True,
    )
    found: ImplantEffects | None = answer.result
    if found is not None and not answer.complete:
        st.info(plain(f"{len(found.effects)} of {count} backgrounds so far."), icon=":material/hourglass:")
    return None if found is None or len(found.effects) < 2 else found.table()


def pairs(tf: str, name: str, window: str, start: int, low: int, high: int) -> PairEffects | None:
    """All double mutants of positions `low` to `high` (0-based, in the record) of a window; None where not known yet.

    Raises
    ------
    InputError
        As `attribution.pair_effects`.
    """
    if len(window) <= WIDTH:
        return compute.pairs(tf, window, start, low, high)
    answer = job(
        Description.make(
            "pairs",
            {"records": [[name, window]]},
            {"model": models_here()[tf], "start": start, "low": low, "high": high},
        ),
        key="dna.pairs_job",
        title=f"Double mutants of positions {low + 1:,} to {high:,} of {name}, {tf}",
        start="Score the double mutants",
        unasked=True,
    )
    return answer.result
