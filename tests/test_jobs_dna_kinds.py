"""Jobs of the DNA page give what the plain functions give, with models made by hand."""

import numpy as np
import pytest

from biocore import attribution, jobs
from biocore.attribution.discovery import discover_motifs
from biocore.errors import InputError
from biocore.io import fasta_entries
from biocore.io.vcf import parse_vcf
from biocore.jobs import Description, Worker, kinds
from biocore.tfbinding.alleles import allele_effects

OWNER = "anne-" * 5
DNA = "".join(np.random.default_rng(5).choice(list("ACGT"), 150))


class Sees:
    """Log-odds: how often GATA stands on either strand, and twice that where CAC stands 10 to the left."""

    tf = "GATA1"

    def __call__(self, x):
        def hits(word):
            rows = ["ACGT".index(b) for b in word]
            n = x.shape[1] - len(word) + 1
            return np.prod([x[:, i : i + n, row] for i, row in enumerate(rows)], axis=0)

        gata, cac = hits("GATA"), hits("CAC")
        both = gata[:, 10:] * cac[:, : gata.shape[1] - 10]
        return (gata.sum(axis=1) + hits("TATC").sum(axis=1) + 2 * both.sum(axis=1)).astype(np.float32)


@pytest.fixture(autouse=True)
def toy(monkeypatch):
    """Every factor's model is the same toy, and steps are small."""
    from biocore.jobs.kinds import alleles, motifs

    monkeypatch.setattr(jobs.models, "load", lambda name: Sees())
    monkeypatch.setattr("biocore.tfbinding.model.scores", lambda models, x: np.stack([m(x) for m in models]))
    monkeypatch.setattr("biocore.tfbinding.alleles.scores", lambda models, x: np.stack([m(x) for m in models]))
    monkeypatch.setattr(alleles, "_WINDOWS", 2)
    monkeypatch.setattr(motifs, "_BASES", 600)
    monkeypatch.setattr(motifs, "_IMPLANTED", 30_000)
    kinds.steps_of.cache_clear()
    yield
    kinds.steps_of.cache_clear()


def done(description):
    """A job's partial and whole result, computed by a worker; and it is the same question after a round trip."""
    assert Description.from_json(description.to_json()) == description
    job = jobs.submit(description, OWNER)
    worker = Worker()
    worker.turn(seconds=-1)
    some = jobs.partial(job)
    worker.drain()
    job = jobs.get(job.id, OWNER)
    assert job.state == "done", job.message
    result = jobs.result(job)
    assert all(len(table) for table in kinds.get(description.kind).tables(description, result).values())
    assert "python -m biocore" in description.command()
    return some, result


def test_the_variants_of_a_vcf():
    lines = [f"chr1\t{p}\t.\t{DNA[p - 1]}\t{alt}" for p, alt in ((40, "A,GATA"), (60, "<DEL>"), (80, "TT"))]
    vcf, reference = "\n".join(["##fileformat=VCFv4.3", *lines]), f">1\n{DNA}\n"
    description = Description.make("alleles", {"vcf": vcf, "reference": reference}, models=["tf-GATA1"])
    some, found = done(description)
    plain = allele_effects([Sees()], parse_vcf(vcf.splitlines()), fasta_entries(reference.splitlines()))
    np.testing.assert_array_equal(found.alternate, plain.alternate)
    assert found.table().equals(plain.table()) and found.info() == plain.info()
    assert np.isnan(some.reference).sum() > np.isnan(found.reference).sum() == 1  # the deletion is not written out
    with pytest.raises(InputError, match="REF is"):
        Description.make("alleles", {"vcf": vcf, "reference": f">1\n{DNA[::-1]}\n"}, models=["tf-GATA1"])
    for wrong in ({"pairs": [[0, 99]]}, {"alleles": [[7, 0]]}, {"variants": [["x"]]}):
        with pytest.raises(InputError, match="of the description"):
            Description.make("alleles", {**description.inputs, **wrong}, models=["tf-GATA1"])


def test_motifs_a_model_reads():
    rng = np.random.default_rng(0)
    windows = ["".join(rng.choice(list("ACGT"), 60)) for _ in range(30)]
    windows = [w[:20] + "CAC" + w[23:30] + "GATA" + w[34:] for w in windows]
    asked = {"model": "tf-GATA1", "least": 10}
    some, found = done(
        Description.make("discover", {"records": [[str(i), w] for i, w in enumerate(windows)]}, asked)
    )  # fmt: skip
    plain = discover_motifs(Sees(), windows, least=10, name="GATA1")
    assert some is None and [m.motif.name for m in found] == [m.motif.name for m in plain] != []
    for one, other in zip(found, plain, strict=True):
        np.testing.assert_allclose(one.motif.probabilities, other.motif.probabilities)
        assert (one.seqlets, one.sequences) == (other.seqlets, other.sequences)
    assert "GATA" in found[0].motif.consensus + found[0].motif.reverse_complement().consensus
    with pytest.raises(InputError, match="19 sequences; 20 or more"):
        Description.make("discover", {"records": [[str(i), w] for i, w in enumerate(windows[:19])]}, asked)


@pytest.mark.parametrize(("second", "kind"), [("", "offset"), ("GATA", "gap")])
def test_implants(second, kind):
    asked = {"model": "tf-GATA1", "first": "CAC" if second else "GATR", "second": second, "backgrounds": 6}
    some, found = done(Description.make("implants", {"records": [["w", DNA]]}, {**asked, "widest": 12}))
    into = attribution.backgrounds(DNA, length=len(DNA), count=6)
    plain = (
        attribution.implant_gaps(Sees(), "CAC", "GATA", into, gaps=range(13))
        if second
        else attribution.implant_offsets(Sees(), "GATR", into)
    )
    np.testing.assert_array_equal(found.effects, plain.effects)
    np.testing.assert_array_equal(found.places, plain.places)
    assert found.kind == kind and 0 < len(some.effects) < 6
    if second:
        assert found.table().set_index("gap").effect.idxmax() == 7  # CAC, 7 bp, GATA: 10 from start to start
    for wrong, said in (({"first": "Z"}, "'Z'"), ({"first": "A" * 200}, "200 letters"), ({"first": ""}, "first is")):
        with pytest.raises(InputError, match=said):
            Description.make("implants", {"records": [["w", DNA]]}, {**asked, **wrong})


def test_pairs():
    window = DNA[:50] + "CAC" + DNA[53:60] + "GATA" + DNA[64:]
    asked = {"model": "tf-GATA1", "start": 1000, "low": 1050, "high": 1064}
    _, found = done(Description.make("pairs", {"records": [["w", window]]}, asked))
    plain = attribution.pair_effects(Sees(), window, (1050, 1064), start=1000)
    np.testing.assert_array_equal(found.together, plain.together)
    assert found.core == plain.core and found.table().equals(plain.table())
    with pytest.raises(InputError, match="low is 5; use a whole number from 1,000"):
        Description.make("pairs", {"records": [["w", window]]}, {**asked, "low": 5})
