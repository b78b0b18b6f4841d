"""Groups of related proteins by MMseqs2: clusters, their alignments, and relatives across clusters.

MMseqs2 is needed for training only (Debian: ``apt-get install mmseqs2``).  Steinegger & Soding (2017),
doi:10.1038/nbt.3988.
"""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from biocore.errors import InputError, ModelUnavailable
from biocore.families.train.msa import Hit, Pair

SENSITIVITY, EVALUE, COVERAGE = 6, 0.001, 0.6
RELATIVES = 4  # sensitivity of the search among representatives, which clusters have passed through at 6 already
FIELDS = "query,target,qstart,tstart,cigar,evalue,qend,tend"
Say = Callable[[str], None]


def cluster(fasta: Path, folder: Path, *, threads: int, say: Say) -> Path:
    """Cluster proteins, align each with its representative, and find the relatives of representatives.

    Steps whose result lies in `folder` are not repeated.

    Parameters
    ----------
    fasta : Path
        Names must be the numbers of the proteins, 0 to N - 1.
    folder : Path
        Gets ``members.tsv`` (representative, member) and ``relatives.tsv`` (representative, other representative), both
        with `FIELDS`.
    threads : int

    Raises
    ------
    ModelUnavailable
        MMseqs2 is not installed.
    InputError
        It failed; its last words are in the message.
    """
    program = shutil.which("mmseqs")
    if program is None:
        raise ModelUnavailable("MMseqs2 is not installed; it clusters the proteins. Debian: apt-get install mmseqs2.")
    folder.mkdir(parents=True, exist_ok=True)

    def run(done: str, *arguments: str) -> None:
        if not (folder / f"{done}.done").exists():
            say(f"mmseqs {arguments[0]} ...")
            finished = subprocess.run([program, *arguments, "-v", "1"], cwd=folder, capture_output=True, text=True)
            if finished.returncode:
                words = (finished.stdout + finished.stderr).strip().splitlines()
                raise InputError(f"mmseqs {arguments[0]} failed: {words[-1] if words else 'without a word'}")
            (folder / f"{done}.done").touch()

    many = ("--threads", str(threads))
    run("seq", "createdb", str(fasta.resolve()), "seq", "--shuffle", "0")
    bounds = ("-s", str(SENSITIVITY), "-e", str(EVALUE), "-c", str(COVERAGE))
    run("clu", "cluster", "seq", "clu", "tmp", *bounds, *many)
    run("aln", "align", "seq", "seq", "clu", "aln", "-a", "-e", str(EVALUE), *many)
    run("members", "convertalis", "seq", "seq", "aln", "members.tsv", "--format-output", FIELDS, *many)
    run("rep", "createsubdb", "clu", "seq", "rep")
    run("pref", "prefilter", "rep", "rep", "pref", "-s", str(RELATIVES), "--max-seqs", "200", *many)
    run("paln", "align", "rep", "rep", "pref", "paln", "-a", "-e", str(EVALUE), *many)
    run("relatives", "convertalis", "rep", "rep", "paln", "relatives.tsv", "--format-output", FIELDS, *many)
    return folder


def read_hits(path: Path) -> Iterator[tuple[int, list[Hit]]]:
    """Query and its hits, query after query, of a table that `cluster` has made."""
    query, hits = None, []
    with path.open() as file:
        for line in file:
            q, t, start, other, cigar, evalue, *_ = line.rstrip("\n").split("\t")
            if query is not None and int(q) != query:
                yield query, hits
                hits = []
            query = int(q)
            hits.append(Hit(Pair(int(t), int(start) - 1, int(other) - 1, cigar), float(evalue)))
    if query is not None:
        yield query, hits


def read_groups(folder: Path, left_out: np.ndarray) -> dict[int, list[Pair]]:
    """Representative -> its aligned members (itself not among them), without the proteins that are left out.

    Parameters
    ----------
    folder : Path
    left_out : bool array, (N,)
    """
    groups = {}
    for representative, hits in read_hits(folder / "members.tsv"):
        if not left_out[representative]:
            groups[representative] = [
                hit.pair for hit in hits if hit.pair.member != representative and not left_out[hit.pair.member]
            ]
    return groups
