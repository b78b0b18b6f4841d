"""Homologues of a protein in a FASTA database on this machine (Swiss-Prot, UniRef50): iterated search with HMMER."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np

from biocore import runtime
from biocore.errors import DataUnavailable, InputError
from biocore.families.alignments import aligned_profile
from biocore.families.hmm import alphabet, background
from biocore.families.mixture import Mixture
from biocore.families.profile import FamilyHit, Profile
from biocore.io import read_fasta, write_atomically

CHUNK = 20_000  # sequences between two signs of progress
INCLUDED = 1e-3  # E-value
ROUNDS = 2
LONGEST = 40_000  # residues of one database sequence; HMMER reads no more than 100,000
Progress = Callable[[int, int], None]


class Database:
    """A FASTA database as HMMER searches it.

    Parameters
    ----------
    path : Path
        FASTA, gzip- or xz-compressed or not.
    in_memory : bool
        Keep the digitised sequences between searches, a byte a residue and more; for many proteins in one process.
    """

    def __init__(self, path: Path, *, in_memory: bool = False):
        self.path = path
        self._kept: list | None = [] if in_memory else None

    @property
    def name(self) -> str:
        return self.path.name

    def __len__(self) -> int:
        """Sequences in it; reads the file."""
        return sum(map(len, self._kept)) if self._kept else sum(1 for _ in read_fasta(self.path))

    def blocks(self) -> Iterator:
        """The database in pieces HMMER can search."""
        if self._kept is None:
            return _blocks(self.path)
        if not self._kept:
            self._kept.extend(_blocks(self.path))
        return iter(self._kept)


def database_profile(
    sequence: str,
    path: Path | Database,
    prior: Mixture,
    *,
    pseudocount: float,
    rounds: int = ROUNDS,
    progress: Progress | None = None,
) -> Profile:
    """The profile of a protein from its homologues in a FASTA database.

    Parameters
    ----------
    sequence : str
        Upper case; X where a residue is hidden.
    path : Path or Database
        FASTA, gzip- or xz-compressed or not.
    prior : Mixture
    pseudocount : float
        Observations the prior is worth.
    rounds : int
        Searches; each but the first starts from what the one before has found.
    progress : callable, optional
        Called with sequences searched so far and in all, rounds together.

    Raises
    ------
    DataUnavailable
        The file is not there.
    InputError
        It is no FASTA, or holds no sequence.

    Notes
    -----
    The result is kept below ``<home>/profiles`` under the database's path, size and time and the sequence, and the
    alignment beside it (`kept_alignment`).  As jackhmmer does: Johnson et al. (2010), doi:10.1186/1471-2105-11-431.
    """
    database = path if isinstance(path, Database) else Database(path)
    if not database.path.is_file():
        raise DataUnavailable(f"The database {database.name!r} is not on this machine.")
    kept = runtime.home() / "profiles" / f"{_key(sequence, database.path, rounds, pseudocount)}.json"
    if kept.is_file():
        return _read(kept, sequence)
    rows, hits = _search(sequence, database, rounds, progress)
    _keep_alignment(rows, sequence, database.path, rounds)
    if len(rows) < 2:
        nothing = np.zeros(len(sequence), np.float32)
        null = np.tile(background(), (len(sequence), 1))
        profile = Profile(sequence, null, nothing, (), database.name, background())
    else:
        profile = aligned_profile(rows, sequence, prior, pseudocount=pseudocount, source=database.name, hits=hits)
    kept.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(kept, _as_json(profile))
    return profile


def database_alignment(
    sequence: str, path: Path | Database, *, rounds: int = ROUNDS, progress: Progress | None = None
) -> list[tuple[str, str, int]]:
    """The homologues of a protein aligned with it, rows as `biocore.families.read_alignment` gives them.

    Parameters and errors as in `database_profile`; one row, the protein's own, where no homologue is found.  The result
    is kept below ``<home>/profiles``.
    """
    database = path if isinstance(path, Database) else Database(path)
    if not database.path.is_file():
        raise DataUnavailable(f"The database {database.name!r} is not on this machine.")
    kept = kept_alignment(sequence, database.path, rounds=rounds)
    if kept is not None:
        return [(entry.name, entry.sequence, entry.line) for entry in read_fasta(kept)]
    rows = _search(sequence, database, rounds, progress)[0]
    _keep_alignment(rows, sequence, database.path, rounds)
    return rows


def kept_alignment(sequence: str, path: Path, *, rounds: int = ROUNDS) -> Path | None:
    """The aligned FASTA that an earlier search of the database has left on this machine, or None."""
    try:
        kept = _alignment_file(sequence, path, rounds)
        return kept if kept.is_file() else None
    except OSError:  # the database is gone
        return None


def _keep_alignment(rows: list[tuple[str, str, int]], sequence: str, path: Path, rounds: int) -> None:
    kept = _alignment_file(sequence, path, rounds)
    kept.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(kept, "".join(f">{name}\n{letters}\n" for name, letters, _ in rows))


def _alignment_file(sequence: str, path: Path, rounds: int) -> Path:
    return runtime.home() / "profiles" / f"{_key(sequence, path, rounds, 0)}.fasta"


def _search(
    sequence: str, database: Database, rounds: int, progress: Progress | None
) -> tuple[list[tuple[str, str, int]], tuple[FamilyHit, ...]]:
    """Rows of the last alignment (name, letters, line), the protein first, and the hits."""
    from pyhmmer.easel import TextSequence
    from pyhmmer.plan7 import Background, Builder, Trace

    total = len(database)
    if not total:
        raise InputError("holds no sequence.", record=database.name)
    query = TextSequence(name="query", sequence=sequence).digitize(alphabet())
    null = Background(alphabet())
    builder = Builder(alphabet(), architecture="hand")  # as jackhmmer: the columns stay the residues of the query
    hmm, _, _ = builder.build(query, null)
    own: dict = {"sequences": [query], "traces": [Trace.from_sequence(query)], "all_consensus_cols": True}
    for number in range(rounds):
        parts, done = [], number * total
        for block in database.blocks():
            parts.append(_searched(hmm, block, total))
            done += len(block)
            if progress is not None:
                progress(done, total * rounds)
        found = parts[0].merge(*parts[1:])
        if not any(hit.included for hit in found):
            return [("query", sequence, 1)], ()
        msa = found.to_msa(alphabet(), digitize=True, **own)
        if number < rounds - 1:
            msa.name = "query"
            hmm, _, _ = builder.build_msa(msa, null)
    text = msa.textize()
    names = list(text.names)
    rows = [(name, letters, line) for line, (name, letters) in enumerate(zip(names, text.alignment, strict=True), 1)]
    rows.sort(key=lambda row: row[0] != "query")
    return rows, _hits(found, len(sequence))


def _blocks(path: Path) -> Iterator:
    from pyhmmer.easel import DigitalSequenceBlock, TextSequence

    block = DigitalSequenceBlock(alphabet())
    for number, entry in enumerate(read_fasta(path), 1):
        letters = re.sub(r"[^A-Z]", "X", entry.sequence.rstrip("*").upper())[:LONGEST]
        if letters:
            name = entry.name or f"record {number}"
            block.append(TextSequence(name=name, sequence=letters).digitize(alphabet()))
        if len(block) == CHUNK:
            yield block
            block = DigitalSequenceBlock(alphabet())
    if len(block):
        yield block


def _searched(hmm, block, total: int):
    from pyhmmer.plan7 import Pipeline

    pipeline = Pipeline(alphabet(), Z=total, domZ=total, E=INCLUDED, domE=INCLUDED, incE=INCLUDED, incdomE=INCLUDED)
    return pipeline.search_hmm(hmm, block)


def _hits(found, length: int) -> tuple[FamilyHit, ...]:
    """The included stretches, best first; columns are the protein's own residues."""
    hits = []
    for hit in found:
        for domain in hit.domains:
            if hit.included and domain.included:
                start, end = domain.alignment.hmm_from - 1, domain.alignment.hmm_to
                hits.append(
                    FamilyHit(hit.name, float(domain.i_evalue), float(domain.score), start, end, start, end, length, 1)
                )
    return tuple(sorted(hits, key=lambda hit: hit.evalue))


def _key(sequence: str, path: Path, rounds: int, pseudocount: float) -> str:
    stat = path.stat()
    text = f"1\n{path.resolve()}\n{stat.st_size}\n{stat.st_mtime_ns}\n{rounds}\n{pseudocount}\n{sequence}"
    return hashlib.sha256(text.encode()).hexdigest()


def _as_json(profile: Profile) -> str:
    return json.dumps(
        {
            "probabilities": np.round(profile.probabilities.astype(float), 6).tolist(),
            "effective": np.round(profile.effective.astype(float), 3).tolist(),
            "hits": [asdict(hit) for hit in profile.hits],
            "source": profile.source,
        }
    )


def _read(path: Path, sequence: str) -> Profile:
    kept = json.loads(path.read_text())
    probabilities = np.array(kept["probabilities"], np.float32)
    hits = tuple(FamilyHit(**hit) for hit in kept["hits"])
    return Profile(sequence, probabilities, np.array(kept["effective"], np.float32), hits, kept["source"], background())
