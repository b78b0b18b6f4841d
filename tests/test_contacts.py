"""Contacts: from attention, from columns that change together, and how often a prediction is right."""

import json
import shutil

import numpy as np
import pytest
from esm_toys import masked_lm, tiny_folder

from biocore.cli import main
from biocore.errors import InputError, ModelUnavailable
from biocore.esm2 import open_folder
from biocore.esm2.contacts import ContactHead
from biocore.esm2.model import Esm2
from biocore.esm2.train.contact_precision import precision_rows
from biocore.esm2.train.contacts import fit_head
from biocore.families import coevolution
from biocore.plot.contacts import contact_map as draw
from biocore.sequence import AMINO_ACIDS
from biocore.structure import build_peptide
from biocore.structure.contact_map import (
    ContactMap,
    KnownContacts,
    average_product_corrected,
    chance,
    hits,
    known_contacts,
    measured_in_words,
)
from biocore.structure.known import homologous_groups, known_proteins
from biocore.zoo import ModelCard, Quality

SEQUENCE = "MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQAPILSRVGDGTQDNLSGAEKAVQ"
CARD = ModelCard("toy", "protein-language-model", "Toy", "assets", "p", "toys", "none", "CC0", "none", window=40)


def known(length, pairs, name="p", sequence=None):
    distances = np.full((length, length), 20, np.float32)
    np.fill_diagonal(distances, 0)
    for i, j in pairs:
        distances[i, j] = distances[j, i] = 5
    return KnownContacts(name, sequence or "A" * length, distances)


def predicted(truth, scores):
    return ContactMap(truth.sequence, np.asarray(scores, np.float32), "test")


# ---------------------------------------------------------------------------------------------------------- precision


def test_precision_counts_the_best_pairs_that_touch():
    truth = known(60, [(0, 30), (5, 40), (10, 55)])
    scores = np.zeros((60, 60))
    scores[0, 30], scores[5, 40], scores[1, 50], scores[2, 4] = 4, 3, 2, 9  # the last is too near to count
    assert hits(predicted(truth, scores), truth, part=20) == (2, 3)
    assert chance(truth) == pytest.approx(3 / (36 * 37 / 2))


def test_pairs_of_unknown_distance_are_passed_over():
    truth = known(60, [(0, 30)])
    distances = truth.distances.copy()
    distances[5, :] = distances[:, 5] = np.nan
    truth = KnownContacts("p", truth.sequence, distances)
    scores = np.zeros((60, 60))
    scores[5, 40], scores[0, 30] = 9, 1
    assert hits(predicted(truth, scores), truth, part=59) == (1, 1)
    scores[0, 30] = np.nan  # not predicted: comes last
    assert hits(predicted(truth, scores), truth, part=59) == (0, 1)


def test_a_perfect_map_and_its_chance_are_reported_together():
    truths = [known(60, [(i, i + 30) for i in range(30)], f"p{k}") for k in range(3)]
    rows = precision_rows([predicted(t, t.contacts) for t in truths], truths, name="oracle", split="3")
    assert [row["value"] for row in rows[1:]] == [1.0, 1.0] and rows[0]["value"] == 0.5  # 30 contacts for 60 pairs
    assert all(row["note"].startswith("by chance 0.045") for row in rows)


def test_what_was_measured_is_said_and_so_is_a_map_no_better_than_chance():
    chance_ = "by chance 0.03 [0, 1]"
    rows = [
        Quality("contact precision, attention of toy, best L/5 pairs, long range", 0.04, low, 0.08, "9", chance_)
        for low in (0.035, 0.01)
    ]
    good, bad = (measured_in_words([row], "attention") for row in rows)
    assert good == "Measured: 4 % [4, 8] of the best L/5 long-range pairs touch (by chance 0.03 [0, 1]; 9)."
    assert bad.endswith("No better than chance: read no fold from this map.")
    assert "not measured" in measured_in_words(rows, "direct coupling")


def test_contacts_of_a_built_helix_are_near_in_sequence():
    found = known_contacts(build_peptide("A" * 24), "A")
    i, j = np.nonzero(np.triu(found.contacts, 1))
    assert (j - i).max() < 6 and found.sequence == "A" * 24


def test_average_product_takes_out_what_residues_have_in_common():
    rng = np.random.default_rng(0)
    maps = rng.random((3, 9, 9))
    found = average_product_corrected(maps)
    np.testing.assert_allclose(found.sum(axis=-1), 0, atol=1e-10)


def test_homologues_are_grouped_and_strangers_are_not():
    assert homologous_groups([SEQUENCE, SEQUENCE[3:50], "WWHHGGPPNNDDCCWWHHGGPPNNDDCC" * 2]) == [0, 0, 2]


# ---------------------------------------------------------------------------------------------------------- attention


def test_contacts_are_those_of_transformers():
    import torch

    from biocore.esm2.vocabulary import CLS, EOS, encode

    reference = masked_lm(attn_implementation="eager")
    regression = reference.esm.contact_head.regression
    head = ContactHead(regression.weight.detach().numpy()[0], regression.bias.item(), "toy")
    model = Esm2(masked_lm(), CARD.__class__(**(vars(CARD) | {"window": 100})), hash="", contact_head=head)
    tokens = torch.tensor([[CLS, *encode(SEQUENCE).tolist(), EOS]])
    with torch.no_grad():
        theirs = reference.predict_contacts(tokens, torch.ones_like(tokens))[0].numpy()
    np.testing.assert_allclose(model.contacts(SEQUENCE).scores, theirs, atol=1e-5)


def test_a_protein_longer_than_the_window_is_seen_in_pieces():
    head = ContactHead(np.ones(12), 0.0, "toy")
    found = Esm2(masked_lm(), CARD, hash="", contact_head=head).contacts(SEQUENCE).scores
    np.testing.assert_allclose(found, found.T, atol=1e-5)
    assert np.isnan(found[0, -1]) and np.isfinite(found[0, 39])
    with pytest.raises(ValueError, match="do not fit 12"):
        Esm2(masked_lm(), CARD, hash="", contact_head=ContactHead(np.ones(5), 0.0, "toy")).contacts(SEQUENCE)


def test_a_checkpoint_without_contact_head_has_none_and_says_so(tmp_path):
    from safetensors.torch import load_file, save_file

    folder = tiny_folder(tmp_path / "model")
    assert open_folder(folder).contact_head is not None
    tensors = {k: v for k, v in load_file(folder / "model.safetensors").items() if "contact_head" not in k}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelUnavailable, match="no contact head. Fit one with: python -m biocore train contacts"):
        open_folder(folder).contacts(SEQUENCE)


def test_a_head_finds_the_attention_that_marks_contacts():
    class Oracle:
        """Attention of two heads, one of which knows the contacts."""

        name, window = "oracle", 100

        def attention_features(self, sequence):
            rng = np.random.default_rng(len(sequence))
            noise = rng.normal(size=(1, len(sequence), len(sequence)))
            yield np.concatenate([truth[sequence].contacts[None] + 0.0, noise]).astype(np.float32)

    rng = np.random.default_rng(1)
    proteins = [
        known(n, rng.integers(0, n, (2 * n, 2)), f"p{n}", "".join(rng.choice(list(AMINO_ACIDS), n)))
        for n in range(60, 65)
    ]
    truth = {p.sequence: p for p in proteins}
    fitted = fit_head(Oracle(), proteins, [0, 0, 1, 2, 3], say=lambda line: None)
    assert fitted.head.weights[0] > 3 and abs(fitted.head.weights[1]) < 0.3
    rows = precision_rows(fitted.held_out, proteins, name="oracle", split="")
    assert rows[2]["value"] == 1
    with pytest.raises(InputError, match="3 groups of homologues; 4 groups are needed"):
        fit_head(Oracle(), proteins, [0, 0, 1, 2, 2], say=lambda line: None)


# -------------------------------------------------------------------------------------------------------- coevolution


def alignment(pairs, *, length=30, count=400, seed=2):
    """Random rows in which the columns of each pair always hold the same letter."""
    rng = np.random.default_rng(seed)
    rows = rng.choice(list("ACDEFGHIKL"), (count, length))
    for i, j in pairs:
        rows[:, j] = rows[:, i]
    return [(f"s{n}", "".join(row), n + 1) for n, row in enumerate(rows)]


def test_columns_that_change_together_are_found():
    pairs = [(2, 20), (5, 27), (11, 24)]
    rows = alignment(pairs)
    found = coevolution(rows, rows[0][1], source="test")
    assert found.effective == pytest.approx(400, rel=0.02)
    for one in (found.coupling, found.information):
        assert {tuple(pair) for pair in one.top(3).tolist()} == set(pairs)
        np.testing.assert_allclose(one.scores, one.scores.T, atol=1e-5)


def test_a_chain_of_couplings_is_told_from_its_ends():
    """Columns 3-12 and 12-25 are coupled; 3-25 change together only because of 12: direct coupling must see that."""
    rng = np.random.default_rng(3)
    rows = rng.choice(list("ACDE"), (1500, 30))
    for i, j in ((3, 12), (12, 25)):
        keep = rng.random(1500) < 0.8
        rows[keep, j] = rows[keep, i]
    given = [(f"s{n}", "".join(row), n + 1) for n, row in enumerate(rows)]
    scores = coevolution(given, given[0][1], source="test").coupling.scores
    assert min(scores[3, 12], scores[12, 25]) > 3 * scores[3, 25]


def test_too_few_homologues_and_too_long_proteins_are_refused():
    rows = alignment([], count=8)
    with pytest.raises(InputError, match="8 sequences reach over half of the protein, 8 where .* at least 20"):
        coevolution(rows, rows[0][1], source="test")
    with pytest.raises(InputError, match="up to 400"):
        coevolution(rows, "A" * 401, source="test")


# ------------------------------------------------------------------------------------------------ command line, figure


def test_contacts_of_an_alignment_on_the_command_line(tmp_path, capsys):
    rows = alignment([(2, 20)])
    path = tmp_path / "family.a3m"
    path.write_text("".join(f">{name}\n{letters}\n" for name, letters, _ in rows))
    assert main(["contacts", rows[0][1], "--alignment", str(path), "--top", "0.1", "--json"]) == 0
    table = json.loads(capsys.readouterr().out)
    assert len(table) == 3
    assert (table[0]["position_1"], table[0]["position_2"], table[0]["separation"]) == (3, 21, 18)
    assert main(["contacts", rows[0][1], "--model", "families"]) == 2
    assert "families is no language model" in capsys.readouterr().err
    assert main(["contacts", rows[0][1], "--top", "0"]) == 2


def test_structures_of_a_folder_are_read_once_a_sequence(tmp_path, shared_data):
    shutil.copy(shared_data / "structures" / "4HHB.pdb", tmp_path)
    found = known_proteins(tmp_path)
    assert [len(protein.sequence) for protein in found] == [141, 146]  # four chains, two sequences
    assert homologous_groups([protein.sequence for protein in found]) == [0, 0]
    (tmp_path / "4HHB.pdb").unlink()
    with pytest.raises(InputError, match="holds no protein chain of 40 to 1,000 residues"):
        known_proteins(tmp_path)


def test_the_map_shows_prediction_above_and_structure_below():
    truth = known(40, [(2, 30)]).contacts
    scores = np.zeros((40, 40))
    scores[2, 30] = scores[30, 2] = 0.9
    figure = draw(ContactMap("A" * 40, scores, "test"), truth=truth, offset=100, selected=3)
    above, below, pairs = figure.data[0], figure.data[1], figure.data[2]
    assert (above.x[0], above.y[0]) == (131, 103) and (below.x[0], below.y[0]) == (103, 131)
    assert (pairs.x[0], pairs.y[0]) == (131, 103) and pairs.text[0] == "A103 - A131, touches" and len(pairs.x) == 40
