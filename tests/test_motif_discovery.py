"""Motifs compared and discovered: planted ones come out, and nothing else."""

import numpy as np
import pytest

from biocore.attribution.discovery import discover_motifs
from biocore.errors import InputError
from biocore.motif import Motif, from_consensus, known_motifs
from biocore.motif.compare import compare
from biocore.motif.discovery import as_rows


def noisy(consensus: str, seed: int, flank: int = 3) -> Motif:
    """A consensus softened, between columns that say nothing."""
    rng = np.random.default_rng(seed)
    p = 0.8 * from_consensus("m", consensus).probabilities + 0.2 * rng.dirichlet(np.ones(4) * 4, len(consensus))
    around = rng.dirichlet(np.ones(4) * 20, 2 * flank)
    return Motif("query", np.concatenate([around[:flank], p, around[flank:]]))


@pytest.mark.parametrize("consensus", ["TGACTCA", "CCGGAAGT", "TTCAGCACCATGGACAGCGCC"])
def test_a_softened_site_is_known_again_on_either_strand(consensus):
    query = noisy(consensus, 1)
    best = compare(query, known_motifs())[0]
    assert best.q_value < 0.05 and best.strand == "+"
    turned = compare(query.reverse_complement(), known_motifs())[0]
    assert turned.target.name == best.target.name and turned.p_value == pytest.approx(best.p_value, rel=0.2)
    assert compare(noisy("ACTGTCGA", 2), known_motifs())[0].q_value > 0.05


def test_p_values_are_those_of_random_columns():
    """Targets made of columns drawn at random reach 0.05 about that often."""
    rng = np.random.default_rng(0)
    targets = known_motifs()
    query = noisy("TGACTCA", 3)
    columns = np.concatenate([m.probabilities for t in targets for m in (t, t.reverse_complement())])
    drawn = [Motif(f"r{i}", columns[rng.integers(0, len(columns), 10)]) for i in range(60)]
    p_values = [m.p_value for t in drawn for m in compare(query, [*targets, t]) if m.target is t]
    assert np.mean(np.array(p_values) <= 0.05) <= 0.1 and np.median(p_values) > 0.3


def sees(*sites: str):
    """A model that adds up how well each site matches anywhere, on either strand (the best match counts)."""
    weights = []
    for site in sites:
        w = from_consensus("s", site).log_odds
        weights += [w - w.max(axis=1).sum() / len(w) * 0.5, w[::-1, ::-1] - w.max(axis=1).sum() / len(w) * 0.5]

    def predict(x):
        score = np.zeros(len(x))
        for pair in range(0, len(weights), 2):
            found = []
            for w in weights[pair : pair + 2]:
                places = x.shape[1] - len(w) + 1
                found.append(sum(x[:, i : i + places] @ w[i].astype(np.float32) for i in range(len(w))))
            score += np.maximum(np.concatenate(found, axis=1).max(axis=1), 0)
        return score

    return predict


def planted(count: int, *sites: str) -> list[str]:
    rng = np.random.default_rng(5)
    sequences = []
    for i in range(count):
        s = "".join(rng.choice(list("ACGT"), 60))
        site = sites[i % len(sites)]
        letters = "".join(rng.choice(list({"W": "AT", "S": "CG"}.get(b, b))) for b in site)
        at = int(rng.integers(0, 60 - len(site)))
        sequences.append(s[:at] + letters + s[at + len(site) :])
    return sequences


def test_two_planted_motifs_are_found_and_named():
    sites = ("TGASTCA", "CCGGAAGT")
    found = discover_motifs(sees(*sites), planted(60, *sites), least=15)
    rows = as_rows(found, known_motifs())
    assert {row["known"] for row in rows} == {"AP-1 site", "ETS site"} and len(rows) == 2
    assert all(row["sequences"] >= 20 for row in rows)
    assert all(np.allclose(np.sum(row["probabilities"], axis=1), 1, atol=0.01) for row in rows)


def test_too_few_sequences_and_too_little_signal_are_said():
    with pytest.raises(InputError, match="3 sequences; 20 or more"):
        discover_motifs(sees("TGASTCA"), ["ACGT" * 10] * 3)
    with pytest.raises(InputError, match="Sequences of one length"):
        discover_motifs(sees("TGASTCA"), ["ACGTA" * 10] * 20 + ["ACGTC" * 11])


def test_motifs_written_as_meme_are_read_back():
    from biocore.motif import parse_motifs
    from biocore.motif.meme import meme_text

    motifs = [noisy("TGACTCA", 4), noisy("CCGGAAGT", 5)]
    for before, after in zip(motifs, parse_motifs(meme_text(motifs)), strict=True):
        np.testing.assert_allclose(after.probabilities, before.probabilities, atol=1e-5)


def test_filters_and_reach_of_a_network_made_by_hand():
    """One filter that matches TGACTCA and sees nothing else: its motif is that, its field as wide as the filter."""
    from biocore.tfbinding import Architecture
    from biocore.tfbinding.inside import filter_motifs, receptive_field, theoretical_width
    from biocore.tfbinding.model import SharedTrunk

    kernel = np.zeros((9, 4, 1), np.float32)
    kernel[1:8, :, 0] = from_consensus("AP-1", "TGACTCA").probabilities
    ones, zeros = np.ones(1, np.float32), np.zeros(1, np.float32)
    variables = {
        "params": {"conv0": {"kernel": kernel}, "norm0": {"norm": {"scale": ones, "bias": zeros}}},
        "batch_stats": {"norm0": {"norm": {"mean": zeros, "var": ones}}},
    }
    trunk = SharedTrunk(Architecture(blocks=((1, 9, 1),)), variables)
    (motif,) = filter_motifs(trunk)
    assert motif.consensus[1:8] == "TGACTCA" and compare(motif, known_motifs())[0].target.name == "AP-1 site"
    field = receptive_field(trunk)
    assert theoretical_width(trunk.architecture) == field.width == 9
    assert field.shares[0] == field.shares[8] == 0 and field.effective == 7
