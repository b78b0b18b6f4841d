"""Variants of a VCF: alleles in their windows, the reference checked, INFO fields beside what was there."""

import gzip

import numpy as np
import pytest

from biocore.cli import main
from biocore.errors import InputError
from biocore.io.fasta import FastaEntry
from biocore.io.vcf import parse_vcf, vcf_text
from biocore.sequence import one_hot
from biocore.tfbinding import alleles
from biocore.tfbinding.alleles import allele_effects

RNG = np.random.default_rng(3)
CHROMOSOME = "".join(RNG.choice(list("ACGT"), 400))
HEADER = ["##fileformat=VCFv4.2", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"]


class Toy:
    """Score = how many C the window has, weighted by their places."""

    tf = "TOY"


@pytest.fixture(autouse=True)
def toy(monkeypatch):
    weights = np.random.default_rng(0).normal(size=101)
    monkeypatch.setattr(alleles, "scores", lambda models, x: (x[:, :, 1] @ weights)[None].repeat(len(models), axis=0))
    return lambda sequence: float(one_hot([sequence])[0, :, 1] @ weights)


def line(position, ref, alt, info="."):
    return f"chr1\t{position}\trs{position}\t{ref}\t{alt}\t.\tPASS\t{info}"


def effects_of(*lines):
    vcf = parse_vcf([*HEADER, *lines])
    return vcf, allele_effects([Toy()], vcf, [FastaEntry("1 a chromosome", CHROMOSOME.lower(), 1)])


def other(base):
    return "ACGT"[("ACGT".index(base) + 1) % 4]


def test_each_allele_stands_in_the_middle_of_its_own_window(toy):
    at = 200  # 0-based
    ref, deleted = CHROMOSOME[at], CHROMOSOME[at : at + 5]
    _, found = effects_of(line(at + 1, ref, f"{other(ref)},{ref}GGG"), line(at + 1, deleted, ref))
    whole = CHROMOSOME
    assert found.reference[0, 0] == pytest.approx(toy(whole[at - 50 : at + 51]))
    assert found.alternate[0, 0] == pytest.approx(toy(whole[at - 50 : at] + other(ref) + whole[at + 1 : at + 51]))
    inserted = whole[at - 48 : at] + ref + "GGG" + whole[at + 1 : at + 50]
    assert len(inserted) == 101 and found.alternate[0, 1] == pytest.approx(toy(inserted))
    assert found.reference[0, 2] == pytest.approx(toy(whole[at - 48 : at + 53]))
    assert found.alternate[0, 2] == pytest.approx(toy(whole[at - 50 : at + 1] + whole[at + 5 : at + 55]))
    table = found.table()
    assert list(table.position) == [201, 201, 201] and list(table.alt) == [other(ref), f"{ref}GGG", ref]
    np.testing.assert_allclose(table.change, table.log_odds_alt - table.log_odds_ref)


def test_beyond_the_ends_bases_are_unknown(toy):
    _, found = effects_of(line(1, CHROMOSOME[0], other(CHROMOSOME[0])))
    assert found.reference[0, 0] == pytest.approx(toy("N" * 50 + CHROMOSOME[:51]))


def test_info_is_added_and_everything_else_kept():
    vcf, found = effects_of(
        line(50, CHROMOSOME[49], f"{other(CHROMOSOME[49])},<DEL>", "DP=7"), line(60, CHROMOSOME[59], "*")
    )
    text = vcf_text(vcf, *found.info())
    again = parse_vcf(text.splitlines())
    assert len(again.header) == 5 and again.header[-1] == HEADER[1]
    first, second = (v.columns for v in again.variants)
    assert first[:7] == vcf.variants[0].columns[:7]
    fields = dict(part.split("=") for part in first[7].split(";"))
    assert fields["DP"] == "7" and fields["TFB_CHANGE_TOY"] == f"{found.change[0, 0]:.4f},."
    assert second[7] == "TFB_REF_TOY=.;TFB_ALT_TOY=.;TFB_CHANGE_TOY=."
    notes = found.table().note
    assert notes[0] == "" and "not written out" in notes[1]


def test_a_reference_that_does_not_fit_is_refused_with_its_lines():
    wrong = other(CHROMOSOME[9])
    with pytest.raises(InputError, match=rf"line 4: REF is {wrong}, the reference has {CHROMOSOME[9]}\..*assembly"):
        effects_of(line(5, CHROMOSOME[4], "A"), line(10, wrong, "A"))
    with pytest.raises(InputError, match="line 3: 1 ends at position 400"):
        effects_of(line(401, "A", "C"))
    with pytest.raises(InputError, match=r"line 3: the reference has no sequence named chrX"):
        effects_of(line(4, "A", "C").replace("chr1", "chrX"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chr1 5 . A C", "line 3 has 1 columns.*separated by tabs"),
        ("chr1\t0\t.\tA\tC", "line 3: POS is '0'"),
        ("chr1\t5\t.\t-\tC", "line 3: REF is '-'"),
        ("chr1\t5\t.\tA\tC/G", "line 3: ALT is 'C/G'"),
        ("", "there is no variant"),
    ],
)
def test_a_vcf_that_cannot_be_read_says_where(text, message):
    with pytest.raises(InputError, match=message):
        parse_vcf([*HEADER, text])


def test_command_reads_compressed_files_and_writes_both_formats(tmp_path, capsys):
    vcf, fasta = tmp_path / "in.vcf.gz", tmp_path / "genome.fa.gz"
    rows = [line(50, CHROMOSOME[49], other(CHROMOSOME[49])), line(90, CHROMOSOME[89], "<DUP>")]
    vcf.write_bytes(gzip.compress("\n".join([*HEADER, *rows]).encode()))
    half = f">chr1\n{CHROMOSOME[:200]}\n".encode()  # bgzip: several gzip members one after another
    fasta.write_bytes(gzip.compress(half) + gzip.compress(f"{CHROMOSOME[200:]}\n".encode()))
    out = tmp_path / "out.vcf"
    assert main(["vcf", str(vcf), "--reference", str(fasta), "--tf", "CTCF,MAX", "--out", str(out)]) == 0
    assert "1 alleles were not scored" in capsys.readouterr().err
    assert "TFB_CHANGE_CTCF=" in out.read_text().splitlines()[-2]
    assert main(["vcf", str(vcf), "--reference", str(fasta), "--tf", "MAX"]) == 0
    assert capsys.readouterr().out.splitlines()[0].startswith("chromosome,position,id,ref,alt,tf")
    vcf.write_bytes(gzip.compress("\n".join([*HEADER, line(50, other(CHROMOSOME[49]), "A")]).encode()))
    assert main(["vcf", str(vcf), "--reference", str(fasta), "--tf", "MAX"]) == 2
