"""``vcf``: what the variants of a VCF do to the binding of every factor."""

import argparse
import sys
from pathlib import Path

from biocore import zoo
from biocore.cli.dna_binding import factor_names
from biocore.cli.files import ENDINGS, add_output, check_out, write_table
from biocore.io import read_text, write_atomically
from biocore.io.fasta import read_fasta
from biocore.io.vcf import parse_vcf, vcf_text


def register(commands) -> None:
    command = commands.add_parser("vcf", help="what the variants of a VCF do to every factor, both alleles")
    command.add_argument("input", type=Path, metavar="VCF", help="plain or compressed (gzip, bgzip)")
    command.add_argument(
        "--reference", type=Path, required=True, metavar="FASTA", help="the genome the variants were called on; may be "
        "compressed"
    )  # fmt: skip
    command.add_argument("--tf", required=True, metavar="NAME[,NAME]|all", help="factors, such as CTCF or MAX,USF1")
    add_output(command)
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    from biocore.tfbinding.alleles import allele_effects

    check_out(arguments.out, (*ENDINGS, ".vcf"))
    names = factor_names(arguments.tf)
    vcf = parse_vcf(read_text(arguments.input).splitlines(), source=str(arguments.input))
    effects = allele_effects([zoo.load(name) for name in names], vcf, read_fasta(arguments.reference))
    if effects.skipped:
        reasons = sorted(set(effects.skipped.values()))
        print(f"{len(effects.skipped):,} alleles were not scored: {'; '.join(reasons[:3])}", file=sys.stderr)
    if arguments.out is not None and arguments.out.suffix == ".vcf":
        write_atomically(arguments.out, vcf_text(vcf, *effects.info()))
    else:
        write_table(effects.table(), arguments)
