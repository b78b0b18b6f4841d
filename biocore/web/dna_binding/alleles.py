"""Variants from a VCF, scored with every factor against the records above or an uploaded reference."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from biocore.errors import InputError
from biocore.io import decode
from biocore.io.vcf import parse_vcf, vcf_text
from biocore.web.dna_binding import longer
from biocore.web.dna_binding.inputs import Dna
from biocore.web.frame import plain
from biocore.web.job_link import opened_job
from biocore.web.outputs import download, listing, table
from biocore.web.waiting import watch

MOST = 10_000  # variants
ENDINGS = ["vcf", "gz", "bgz", "txt"]
SHOWN = 1000  # rows


def show_alleles(records: Sequence[Dna]) -> None:
    """Upload a VCF; the effect of each alternate allele on every factor, as a table, CSV and VCF."""
    with st.expander("Variants from a VCF"):
        left, right = st.columns(2)
        given = left.file_uploader(f"VCF, up to {MOST:,} variants", type=ENDINGS, key="dna.vcf")
        reference = right.file_uploader(
            "Reference FASTA (default: the records above)",
            type=["fa", "fasta", "fna", "gz", "bgz"],
            key="dna.vcf_reference",
            help="Its names are the VCF's chromosomes; chr1 and 1 count as one. For whole genomes use the command "
            "python -m biocore vcf.",
        )
        opened = opened_job("alleles")
        if given is None and opened is not None:
            st.caption(plain(f"{opened.title}: a job that was opened here."))
            effects = watch(opened, key="dna.alleles_opened").result
            if effects is not None:
                _results(None, effects)
            return
        if given is None:
            st.caption("Substitutions and indels; both alleles, every factor, each in the middle of its own window.")
            return
        try:
            text = decode(given.getvalue(), given.name)
            fasta = decode(reference.getvalue(), reference.name) if reference else _fasta(records)
            effects = longer.alleles(text, fasta, given.name, MOST)
        except InputError as error:
            st.error(plain(str(error)))
            return
        if effects is not None:
            _results(text, effects)


def _fasta(records: Sequence[Dna]) -> str:
    return "".join(f">{record.name}\n{record.sequence}\n" for record in records)


def _results(text: str | None, effects) -> None:
    """Table and files; the VCF where its `text` is at hand."""
    rows = effects.table()
    order = np.argsort(-np.abs(np.nan_to_num(rows.change.to_numpy())), kind="stable")
    strongest = rows.iloc[order].head(SHOWN)
    variants = len(effects.variants)
    st.caption(
        f"{variants:,} variants, {len(effects.tfs)} factors; the strongest changes first"
        + (f" ({SHOWN:,} of {len(rows):,} rows; the files have them all)." if len(rows) > SHOWN else ".")
    )
    if effects.skipped:
        st.caption(plain(f"{len(effects.skipped):,} alleles were not scored: {next(iter(effects.skipped.values()))}"))
    columns = {
        "log_odds_ref": st.column_config.NumberColumn("log-odds, ref", format="%.2f"),
        "log_odds_alt": st.column_config.NumberColumn("log-odds, alt", format="%.2f"),
        "change": st.column_config.NumberColumn("change", format="%+.2f"),
    }
    if len(rows) > SHOWN:
        listing(strongest, key="dna.vcf_table", height=320, column_config=columns)
        download("Table as CSV", lambda: rows.to_csv(index=False), "variants.csv", "text/csv", key="dna.vcf_csv")
    else:
        table(strongest, "variants", key="dna.vcf_table", height=320, column_config=columns)
    if text is None:
        return
    download(
        "VCF with INFO fields",
        lambda: vcf_text(parse_vcf(text.splitlines()), *effects.info()),
        "variants.vcf",
        "text/plain",
        key="dna.vcf_out",
    )
