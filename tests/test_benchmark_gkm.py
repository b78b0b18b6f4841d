"""The kernel of the gapped k-mer machine that the factor models are measured against, beside brute force."""

import itertools

import numpy as np
import pytest

from benchmarks import gkm_kernel
from benchmarks.gkm_kernel import GappedKernel, mismatch_weights

LENGTH, INFORMATIVE = 4, 2
WORDS = list(itertools.product(range(4), repeat=LENGTH))


@pytest.fixture(autouse=True)
def not_compiled(monkeypatch):
    for name in ("_add_near", "_squares"):
        monkeypatch.setattr(gkm_kernel, name, getattr(gkm_kernel, name).py_func)


def gapped(word):
    """The gapped words of a word, as (places, bases)."""
    return {(places, tuple(word[i] for i in places)) for places in itertools.combinations(range(LENGTH), INFORMATIVE)}


def estimate():
    """What counts of words become: the least-norm counts with the same gapped words."""
    known = sorted(set().union(*map(gapped, WORDS)))
    holds = np.array([[part in gapped(word) for word in WORDS] for part in known], float)
    return np.linalg.pinv(holds) @ holds


def counts(sequence, place):
    """Weighted counts of a sequence's words on both strands."""
    result = np.zeros(len(WORDS))
    for strand, weights in ((sequence, place), ([3 - base for base in reversed(sequence)], place[::-1])):
        for at, weight in enumerate(weights):
            result[WORDS.index(tuple(strand[at : at + LENGTH]))] += weight
    return result


def test_kernel_is_the_product_of_counts_estimated_from_gapped_words():
    codes = np.random.default_rng(0).integers(0, 4, (3, 9)).astype(np.uint8)
    kernel = GappedKernel(LENGTH, INFORMATIVE, mismatches=LENGTH, truncated=False, peak=5, half_life=1.5)
    estimated = np.array([counts(list(row), kernel.positions(6)) for row in codes]) @ estimate()
    unit = estimated / np.linalg.norm(estimated, axis=1, keepdims=True)
    np.testing.assert_allclose(kernel(codes, codes[:2]), unit @ unit[:2].T, atol=1e-12)


def test_the_cut_filter_and_the_mismatches_left_out():
    """The filter of four bases of which two count turns negative at three mismatches; two words, no more."""
    cut = estimate()
    apart = np.array([[sum(a != b for a, b in zip(u, v, strict=True)) for v in WORDS] for u in WORDS])
    cut[apart >= 3] = 0
    product = cut @ cut
    first = product[0] / product[0, 0]
    np.testing.assert_allclose(mismatch_weights(LENGTH, INFORMATIVE, truncated=True)[apart[0]], first, atol=1e-12)
    kernel = GappedKernel(LENGTH, INFORMATIVE, mismatches=1, peak=1)
    codes = np.array([[0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 1]], np.uint8)  # no word is near to another's other strand
    np.testing.assert_allclose(kernel(codes, codes[:1])[:, 0], [1, first[1], 0], atol=1e-12)


def test_strands_are_alike_and_a_sequence_is_one_with_itself():
    codes = np.random.default_rng(1).integers(0, 4, (2, 8)).astype(np.uint8)
    kernel = GappedKernel(LENGTH, INFORMATIVE, mismatches=2)
    turned = (3 - codes)[:, ::-1]
    np.testing.assert_allclose(kernel(turned, codes), kernel(codes, codes), atol=1e-12)
    np.testing.assert_allclose(np.diag(kernel(codes, codes)), 1, atol=1e-12)
