"""A model of one's own factor as a job: rows and peaks, taken up again where it was left, for its owner alone."""

import shutil

import numpy as np
import pytest

from biocore import jobs, zoo
from biocore.errors import InputError, ModelUnavailable
from biocore.io import fasta_entries
from biocore.jobs import Description, Worker, kinds, limits
from biocore.jobs.train import tfbinding
from biocore.sequence import one_hot, reverse_complement
from biocore.tfbinding.network import VARIANTS, Architecture
from biocore.tfbinding.train.data import DnaDataset
from biocore.tfbinding.train.rows import at_peaks, groups, parse_bed, split

OWNER = "anne-" * 5
WORD = "CACGTGACTA"
RNG = np.random.default_rng(0)


def letters(length):
    return "".join(RNG.choice(list("ACGT"), length))


def csv(rows=240, length=60):
    """Half of the rows hold a word on either strand."""
    lines = ["sequence,label"]
    for i in range(rows):
        text = letters(length)
        if i % 2:
            text = text[:20] + (WORD if i % 4 == 1 else reverse_complement(WORD)) + text[30:]
        lines.append(f"{text},{i % 2}")
    return "\n".join(lines)


def test_peaks_become_windows_at_their_summit_and_as_many_unbound_ones():
    chromosome = letters(30_000)
    bed = ["track name=x", *(f"chr1\t{a}\t{a + 200}\t.\t0\t.\t0\t0\t0\t{70}" for a in range(500, 20_500, 160))]
    peaks = parse_bed(bed)
    assert (peaks[0].middle, peaks[0].line) == (570, 2)
    data = at_peaks(peaks, fasta_entries([">1 first", chromosome.lower()]), "MYTF")
    bound = int(data.labels.sum())
    assert bound == 125 and len(data) == 250 and data.codes.shape[1] == 101
    assert "".join("ACGT"[c] for c in data.codes[0]) == chromosome[520:621]
    genomic = data.codes[data.kinds == 2]
    assert 0 < len(genomic) <= bound // 2
    for row in genomic:  # outside every peak
        at = chromosome.index("".join("ACGT"[c] for c in row))
        assert at + 101 <= 500 or at >= 20_340 + 200
    with pytest.raises(InputError, match="line 2 has no chromosome, start and end"):
        parse_bed(["chr1\t1\t2", "chr1 x y"])
    with pytest.raises(InputError, match="0 of 125 peaks.*no sequence named 1"):
        at_peaks(peaks, fasta_entries([">2", chromosome]), "MYTF")


def test_rows_that_share_a_stretch_stay_on_one_side():
    texts = [letters(100) for _ in range(300)]
    texts[1] = letters(60) + texts[0][:40]
    texts[2] = reverse_complement(texts[1][:35]) + letters(65)  # related to 0 by way of 1, on the other strand
    codes = one_hot(texts).argmax(axis=2).astype(np.uint8)
    group = groups(codes)
    assert group[0] == group[1] == group[2] and len(set(group.tolist())) == 298
    labels = np.arange(300) % 2
    data = DnaDataset("MYTF", codes, labels.astype(np.uint8), np.full(300, 3, np.uint8))
    train, held = split(data, share=0.2, seed=0)
    assert (len(train), len(held)) == (240, 60)
    ours = {row.tobytes() for row in codes[:3]}
    assert len({row.tobytes() for row in held.codes} & ours) in (0, 3)
    with pytest.raises(InputError, match="0 bound and 300 unbound"):
        split(DnaDataset("MYTF", codes, np.zeros(300, np.uint8), data.kinds), share=0.2, seed=0)


@pytest.fixture
def small(monkeypatch):
    """A network that is compiled and trained in seconds."""
    tiny = Architecture(blocks=((8, 10, 4),), mlp=0, head=0, pools="last", dropout=0.0, flank=0)
    monkeypatch.setitem(VARIANTS, "tiny", tiny)
    monkeypatch.setattr(tfbinding, "VARIANT", "tiny")
    kinds.steps_of.cache_clear()


def test_a_training_goes_on_in_another_process_and_its_model_is_its_owners(small):
    description = Description.make("train-tfbinding", {"csv": csv()}, tf="MYTF", epochs=2)
    assert Description.from_json(description.to_json()) == description
    job = jobs.submit(description, OWNER)
    Worker().turn(seconds=-1)
    some = jobs.partial(jobs.get(job.id, OWNER))
    assert len(some.losses) == 1 and some.card is None
    Worker().drain()  # knows nothing of what the other one has in memory
    job = jobs.get(job.id, OWNER)
    assert job.state == "done", job.message
    found = jobs.result(job)
    assert found.losses[:1] == some.losses and len(found.losses) == 2 and len(found.checks) == 6
    assert {q.metric for q in found.card.quality} >= {"auROC", "auROC of the 6-mer baseline"}
    tables = kinds.get("train-tfbinding").tables(description, found)
    assert len(tables["epochs"]) == 2 and len(tables["checks"]) == 6

    model = zoo.load(found.name)
    assert model.tf == zoo.factor(found.name) == f"MYTF (own {found.name[4:8]})"
    sites, others = ["".join([letters(25), middle, letters(25)]) for middle in (WORD, letters(10))]
    assert model(one_hot([sites]))[0] > model(one_hot([others]))[0]

    # unlisted, found by its name alone, and deleted with its job
    assert found.name not in {card.name for card in zoo.cards()}
    folder = zoo.own_folder(found.name)
    shutil.rmtree(folder)
    assert jobs.result(job).name == found.name and folder.exists()  # written again from the store
    track = jobs.run_here(Description.make("track", {"records": [["d", letters(120)]]}, models=[found.name]))
    assert track[0].tfs == (model.tf,)
    jobs.delete(job.id, OWNER)
    limits.clean()
    assert not folder.exists()
    with pytest.raises(ModelUnavailable, match="was deleted, with the job"):
        zoo.card(found.name)


def test_rows_that_cannot_be_trained_on_are_refused():
    good = csv()
    for inputs, settings, said in (
        ({"csv": good.replace("label", "bound")}, {}, "no column 'label'"),
        ({"csv": csv(40)}, {}, "40 sequences; 200 to"),
        ({"csv": good}, {"tf": "../x"}, "must be up to 40 letters"),
        ({"csv": good}, {"epochs": 0}, "epochs is 0"),
        ({"bed": "chr1\t1\t2"}, {}, "need the FASTA"),
        ({"sequences": ["ACGT"] * 300, "labels": [2] * 300, "kinds": ["other"] * 300}, {}, "labels 0 and 1"),
    ):
        with pytest.raises(InputError, match=said):
            Description.make("train-tfbinding", inputs, {"tf": "MYTF", **settings})
