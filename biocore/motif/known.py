"""A small table of well-known binding sequences, each with the paper that established it.

Facts written down here from the literature, not a copy of a motif database.  ARID3A is missing on purpose: its AT-rich
site is too short and common to box, and the peaks the model learned from do not hold it.
"""

from dataclasses import dataclass
from functools import lru_cache

from biocore.motif.matrix import Motif, from_consensus


@dataclass(frozen=True)
class Known:
    """A consensus in IUPAC letters, the factors it stands for, and its source."""

    name: str
    consensus: str
    factors: tuple[str, ...]
    source: str


KNOWN = (
    Known("CTCF site", "CCASYAGRKGGCRS", ("CTCF",), "Kim et al. 2007, doi:10.1016/j.cell.2006.12.048"),
    Known("E-box", "CACGTG", ("MAX", "MYC", "USF1"), "Blackwell et al. 1990, doi:10.1126/science.2251503"),
    Known("USF site", "GTCACGTGAC", ("USF1",), "Sawadogo & Roeder 1985, doi:10.1016/0092-8674(85)90021-2"),
    Known("CArG box", "CCWWWWWWGG", ("SRF",), "Treisman 1986, PMID 3524858"),
    Known("GATA site", "WGATAAG", ("GATA1", "GATA3"), "Merika & Orkin 1993, doi:10.1128/mcb.13.7.3999-4010.1993"),
    Known("NRSE (RE1)", "TTCAGCACCNNGGACAGCGCC", ("REST",), "Schoenherr & Anderson 1995, doi:10.1126/science.7871435"),
    Known("AP-1 site", "TGASTCA", ("JUN", "MAFK"), "Angel et al. 1987, doi:10.1016/0092-8674(87)90611-8"),
    Known("MARE", "TGCTGASTCAGCA", ("MAFK",), "Kataoka et al. 1994, doi:10.1128/mcb.14.1.700-712.1994"),
    Known("NRF-1 site", "YGCGCAYGCGCR", ("NRF1",), "Evans & Scarpulla 1990, doi:10.1101/gad.4.6.1023"),
    Known("ETS site", "CCGGAAGT", ("ELK1", "GABPA"), "Wei et al. 2010, doi:10.1038/emboj.2010.106"),
    Known("p53 half-site pair", "RRRCWWGYYYRRRCWWGYYY", ("TP53",), "el-Deiry et al. 1992, doi:10.1038/ng0492-45"),
    Known("forkhead site", "TRTTTAC", ("FOXA1",), "Pierrou et al. 1994, doi:10.1002/j.1460-2075.1994.tb06827.x"),
    Known("YY1 site", "AANATGGCGGC", ("YY1",), "Kim, Faulk & Kim 2007, doi:10.1093/nar/gkm235"),
    Known("CCAAT box", "RRCCAATSR", (), "Mantovani 1998, doi:10.1093/nar/26.5.1135"),
    Known("CRE", "TGACGTCA", (), "Montminy et al. 1986, doi:10.1073/pnas.83.18.6682"),
)


@lru_cache(maxsize=1)
def known_motifs() -> tuple[Motif, ...]:
    """The table as matrices."""
    return tuple(from_consensus(k.name, k.consensus, source=k.source, factors=k.factors) for k in KNOWN)


def for_factor(tf: str) -> tuple[Motif, ...]:
    """The known motifs of one factor, by gene symbol; empty where the table has none.

    Parameters
    ----------
    tf : str

    Returns
    -------
    tuple of Motif
    """
    return tuple(motif for motif in known_motifs() if tf in motif.factors)
