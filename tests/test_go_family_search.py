"""Families of many proteins at once: the same hits as one by one; the filter lets a protein's own family pass."""

import numpy as np
import pytest

from biocore import runtime, zoo
from biocore.families.search import FamilySearch
from biocore.go.family_search import FamilyFinder

LYSOZYME = (
    "KVFERCELARTLKRLGMDGYRGISLANWMCLAKWESGYNTRATNYNAGDRSTDYGIFQINSRYWCNDGKTPGAVNACHLSCSALLQDNIADAVACAKRVVRDPQGI"
    "RAWVAWRNRCQNRDVRQYVQGCGV"
)
UBIQUITIN = "MQIFVKTLTGKTITLEVEPSDTIENVKAKIQDKEGIPPDQQRLIFAGKQLEDGRTLSDYNIQKESTLHLVLRLRGG"
pytestmark = pytest.mark.skipif(not (runtime.ASSETS / "models" / "families").exists(), reason="no library ships")


@pytest.fixture(scope="module")
def library():
    return zoo.load("families").library


@pytest.fixture(scope="module")
def finder(library):
    return FamilyFinder(library)


def test_hits_are_those_of_a_search_one_by_one(library, finder):
    proteins = [UBIQUITIN + "X" * 5 + LYSOZYME, LYSOZYME[::-1], UBIQUITIN]
    chosen = [finder.candidates(p, most=20) for p in proteins]
    together = finder.search(proteins, expect=1e-3, among=chosen)
    single = FamilySearch(library)
    for protein, families, found in zip(proteins, chosen, together, strict=True):
        alone = single.search(protein, evalue=1e-3, families=families.tolist())
        assert sorted((a.index, a.hit.start, a.hit.end) for a in alone) == sorted((f[0], f[3], f[4]) for f in found)
        values = {(a.index, a.hit.start): (a.hit.bits, np.log(a.hit.evalue)) for a in alone}
        for family, bits, expect, begin, _ in found:
            assert (bits, np.log(expect)) == pytest.approx(values[family, begin], rel=1e-4, abs=1e-3)
    assert together[0] and not together[1]
