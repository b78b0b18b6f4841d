"""Motifs: known sites are found on either strand, p-values are exact, files with mistakes name the line."""

import dataclasses
import itertools
from io import StringIO

import Bio.motifs
import numpy as np
import pytest

from biocore.errors import InputError
from biocore.motif import (
    KNOWN,
    Motif,
    for_factor,
    from_consensus,
    known_motifs,
    match_map,
    parse_motifs,
    scan,
    score_distribution,
    threshold,
)
from biocore.sequence import one_hot, reverse_complement

MEME = """MEME version 4

ALPHABET= ACGT
strands: + -
Background letter frequencies
A 0.25 C 0.25 G 0.25 T 0.25

MOTIF MA0099.3 FOS::JUN
letter-probability matrix: alength= 4 w= 3 nsites= 20 E= 0
 0.0 0.0 0.0 1.0
 0.0 0.0 1.0 0.0
 1.0 0.0 0.0 0.0
URL http://example.org

MOTIF second
letter-probability matrix: alength= 4 w= 2

0.5 0.5 0 0
1e-3 0.999 0 0
"""
JASPAR = """>MA0001.1 EXAMPLE
A  [ 0  3 79 ]
C  [94 75  4 ]
G  [ 1  0  3 ]
T  [ 2 19 11 ]
>raw
1 0
0 1
0 0
0 0
"""


def background(length: int, seed: int = 0) -> str:
    return "".join(np.random.default_rng(seed).choice(list("ACGT"), length))


@pytest.mark.parametrize("known", KNOWN, ids=lambda k: k.name)
def test_each_known_site_is_found_on_both_strands(known):
    motif = from_consensus(known.name, known.consensus)
    site = "".join("ACGT"[i] for i in motif.probabilities.argmax(axis=1))
    for strand, planted in (("+", site), ("-", reverse_complement(site))):
        sequence = "N" * 30 + planted + "N" * 30
        best = scan(one_hot([sequence])[0], [motif])[0]
        assert (best.start, best.end) == (30, 30 + len(site))
        assert best.strand == strand or motif.consensus == motif.reverse_complement().consensus


@pytest.mark.parametrize("known", KNOWN, ids=lambda k: k.name)
def test_every_known_site_names_its_source(known):
    assert "doi:10." in known.source or "PMID" in known.source


def test_ctcf_motif_finds_the_books_core():
    hits = scan(one_hot(["CCACCAGGGGGCGC" * 2])[0], for_factor("CTCF"))
    assert [(h.start, h.strand) for h in hits[:2]] == [(0, "+"), (14, "+")]


def test_p_values_are_exact():
    motif = from_consensus("x", "ACR")
    scores, p_values = score_distribution(motif)
    every = one_hot(["".join(w) for w in itertools.product("ACGT", repeat=3)])
    found = np.einsum("nwb,wb->n", every, motif.log_odds)
    for score in np.unique(found.round(9)):
        exact = (found >= score - 1e-9).mean()
        index = np.abs(scores - score).argmin()
        assert p_values[max(index - 2, 0)] == pytest.approx(exact)
    assert p_values[0] == 1


def test_threshold_of_a_short_motif_is_its_best_score():
    motif = from_consensus("E-box", "CACGTG")  # 1 in 4,096 at best
    assert threshold(motif, 1e-4) == pytest.approx(motif.log_odds.max(axis=1).sum(), abs=0.05)
    hits = scan(one_hot(["TTCACGTGTTCACGTTTT"])[0], [motif])
    assert [(h.start, h.strand) for h in hits] == [(2, "+")]
    assert hits[0].p_value == pytest.approx(4**-6)


def test_scanning_random_dna_finds_as_many_as_the_p_value_says():
    motif = from_consensus("x", "TGASTCAGC")
    x = one_hot([background(200_000)])[0]
    hits = scan(x, [motif], p_value=1e-3)
    assert 2 * 200 * 0.2 < len(hits) < 2 * 200 * 1.1  # one threshold step can hold fewer than the p-value allows
    assert max(h.p_value for h in hits) <= 1e-3 * 1.0001


def test_a_score_threshold_can_be_given_instead():
    motif = from_consensus("x", "ACGT")
    x = one_hot(["ACGTACGA"])[0]
    assert [h.start for h in scan(x, [motif], min_score=5)] == [0]
    assert len(scan(x, [motif], min_score=-100)) == 5


def test_unknown_bases_match_nothing_and_a_motif_longer_than_the_sequence_neither():
    assert scan(one_hot(["N" * 50])[0], known_motifs()) == []
    assert scan(one_hot(["ACGT"])[0], known_motifs()) == []


def test_meme_and_jaspar_are_read():
    one, two = parse_motifs(MEME, source="file.meme")
    assert (one.name, one.consensus, one.source) == ("MA0099.3 FOS::JUN", "TGA", "file.meme")
    assert two.name == "second" and two.consensus == "MC"
    three, four = parse_motifs(JASPAR)
    assert three.name == "MA0001.1 EXAMPLE" and three.consensus == "CCA"
    np.testing.assert_allclose(three.probabilities[0], np.array([0, 94, 1, 2]) / 97)
    assert four.consensus == "AC"
    windows = JASPAR.replace("\n", "\r\n")
    assert [m.consensus for m in parse_motifs(windows)] == ["CCA", "AC"]


def test_what_is_read_is_what_biopython_reads():
    """Its reader keeps whole counts, so the file's are given for 1,000 sites."""
    rng = np.random.default_rng(0)
    rows = rng.multinomial(1000, [0.4, 0.3, 0.2, 0.1], size=9) / 1000
    matrix = "\n".join(" ".join(f"{p:.3f}" for p in row) for row in rows)
    text = MEME[: MEME.index("MOTIF")].replace("A 0.25 C 0.25 G 0.25 T 0.25", "A 0.32 C 0.18 G 0.18 T 0.32")
    text += f"MOTIF x\nletter-probability matrix: alength= 4 w= 9 nsites= 1000 E= 0\n{matrix}\n"
    ours, theirs = parse_motifs(text)[0], Bio.motifs.parse(StringIO(text), "minimal")[0]
    np.testing.assert_allclose(ours.probabilities, np.array([theirs.pwm[b] for b in "ACGT"]).T, atol=1e-9)
    assert dict(zip("ACGT", ours.background, strict=True)) == pytest.approx(theirs.background)
    plain = dataclasses.replace(ours, pseudocount=0.0)
    expected = theirs.pwm.log_odds(theirs.background)  # base 2
    np.testing.assert_allclose(plain.log_odds / np.log(2), np.array([expected[b] for b in "ACGT"]).T, atol=1e-9)
    jaspar = Bio.motifs.parse(StringIO(JASPAR), "jaspar")
    for mine, its in zip(parse_motifs(JASPAR), jaspar, strict=True):
        np.testing.assert_allclose(mine.probabilities, np.array([its.pwm[b] for b in "ACGT"]).T)


def test_a_background_makes_common_bases_count_less():
    at_rich = MEME.replace("A 0.25 C 0.25 G 0.25 T 0.25", "A 0.4 C 0.1\nG 0.1 T 0.4")
    even, rich = parse_motifs(MEME)[0], parse_motifs(at_rich)[0]  # TGA
    assert rich.background == pytest.approx((0.4, 0.1, 0.1, 0.4))
    assert rich.log_odds[0, 3] < even.log_odds[0, 3] and rich.log_odds[1, 2] > even.log_odds[1, 2]
    assert rich.log_odds[1, 2] == pytest.approx(np.log(0.98 / 0.1 + 0.02))
    assert score_distribution(rich)[1][-1] == pytest.approx(0.4 * 0.1 * 0.4)  # chance of TGA in such DNA
    assert score_distribution(even)[1][-1] == pytest.approx(1 / 64)
    hit = scan(one_hot(["CCTGACC"])[0], [rich], p_value=0.02)[0]
    assert (hit.start, hit.strand, hit.p_value) == (2, "+", pytest.approx(0.016))
    one_strand = MEME.replace("A 0.25 C 0.25 G 0.25 T 0.25", "A 0.5 C 0.1 G 0.3 T 0.1")
    assert parse_motifs(one_strand)[0].background == pytest.approx((0.3, 0.2, 0.2, 0.3))  # both strands are scanned


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (MEME.replace("T 0.25", "T"), "line 6: background frequencies are written 'A 0.25"),
        (MEME.replace("T 0.25", "T x"), "line 6: 'x' is not a number"),
        (MEME.replace("T 0.25", "T 0.9"), "line 6: background frequencies must be above 0 and sum to 1"),
        (MEME.replace("A 0.25 C 0.25", "A 0.5 C 0"), "line 6: background frequencies must be above 0 and sum to 1"),
        ("  \n", "empty"),
        ("hello", "neither a 'MOTIF' line"),
        ("AC  M00001\nP0 A C G T", "TRANSFAC"),
        ("MOTIF x\n", "no 'letter-probability matrix:'"),
        ("MOTIF\nletter-probability matrix:\n1 0 0 0", "line 1: 'MOTIF' without a name"),
        ("MEME version 4\nALPHABET= ACDEFGHIKLMNPQRSTVWY\nMOTIF x", "line 2: the alphabet is not ACGT"),
        ("MOTIF x\nletter-probability matrix: w= 2\n1 0 0 0\n", "line 4: the matrix has 1 of 2 rows"),
        ("MOTIF x\nletter-probability matrix: w= 1\n1 0 0\n", "line 3: 3 numbers; 4 are needed"),
        ("MOTIF x\nletter-probability matrix: w= 2\n1 0 0 0\n1 0 zero 0\n", "line 4: 'zero' is not a number"),
        (">x\nA [1 2]\nC [1 2]\nG [1 2]\n", "record 'x': line 1: no row for T"),
        (">x\nA [1 2]\nC [1]\nG [1 2]\nT [1 2]", "different lengths (A 2, C 1, G 2, T 2)"),
        (">x\nA [1 2]\nA [1 2]\n", "a second or fifth row for A"),
        (">x\n1 0\n1 0\n1 0\n1 0\n", "position 2: all four numbers are 0"),
        (">x\n-1 1\n1 0\n1 0\n1 0\n", "negative"),
    ],
)
def test_a_bad_motif_file_says_what_and_where(text, message):
    with pytest.raises(InputError) as error:
        parse_motifs(text)
    assert message in str(error.value)


def test_a_bad_consensus_names_the_letter():
    with pytest.raises(InputError, match="record 'x', position 3: 'Q'"):
        from_consensus("x", "ACQT")
    with pytest.raises(InputError, match="1 to 100 letters"):
        from_consensus("x", "")


def test_a_matrix_must_be_one():
    with pytest.raises(ValueError, match="sum to 1"):
        Motif("x", np.full((3, 4), 0.5))
    with pytest.raises(ValueError, match="must be"):
        Motif("x", np.full((3, 5), 0.2))
    with pytest.raises(ValueError, match="four positive numbers"):
        Motif("x", np.full((3, 4), 0.25), background=(0.5, 0.5, 0.0, 0.0))


@pytest.mark.parametrize("strand", ["+", "-"])
def test_a_map_of_effects_finds_its_motif(strand):
    rng = np.random.default_rng(0)
    motif = next(m for m in known_motifs() if m.name == "MARE")
    weights = motif.log_odds if strand == "+" else motif.reverse_complement().log_odds
    effects = 0.1 * rng.normal(size=(101, 4))
    effects[40 : 40 + len(motif)] += weights
    best = match_map(effects, known_motifs())[0]
    assert best.motif.name == "MARE" and best.start == 40 and best.correlation > 0.9


def test_a_flat_map_looks_like_nothing():
    assert all(m.correlation == 0 for m in match_map(np.zeros((50, 4)), known_motifs()))
    assert match_map(np.full((50, 4), np.nan), known_motifs())[0].correlation == 0
