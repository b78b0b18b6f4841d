"""How good the families are: the numbers of their card, each beside what needs no family."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from biocore.families.blend import Blend, fit_blend
from biocore.families.columns import GAP
from biocore.families.database import Database
from biocore.families.hmm import background
from biocore.families.model import Families
from biocore.families.train.recipe import HELD_OUT, TUNED_ON, Proteins
from biocore.stats.intervals import percentile_interval

MASKED = 0.15
MOST_RESIDUES = 1000  # of one protein; longer ones are cut
BINS = (0.0, 1e-9, 2.0, 5.0, 15.0, 50.0, np.inf)
BIN_NAMES = ("no homologue", "up to 2", "2 to 5", "5 to 15", "15 to 50", "more than 50")
BOOTSTRAPS = 1000
LanguageModel = Callable[[str, Sequence[int]], np.ndarray]
Say = Callable[[str], None]


def chosen_proteins(proteins: Proteins, *, tuning: bool, most: int, seed: int = 1) -> np.ndarray:
    """One protein of each held-out cluster (or of each cluster the blend is fitted on), in random order, int (N,)."""
    low, high = (HELD_OUT, HELD_OUT + TUNED_ON) if tuning else (0, HELD_OUT)
    rows = np.flatnonzero(proteins.part(low, high))
    _, first = np.unique(proteins.clusters[rows], return_index=True)
    return np.random.default_rng(seed).permutation(rows[first])[:most]


def masked_positions(proteins: Proteins, row: int) -> np.ndarray:
    """Residues of a protein to mask, 15 % of those that are known, the same each time; none of a scrap."""
    known = np.flatnonzero(proteins.codes(row)[:MOST_RESIDUES] < GAP)
    if len(known) < 10:
        return known[:0]
    return np.sort(np.random.default_rng([2, int(row)]).permutation(known)[: max(1, round(MASKED * len(known)))])


def masked_residues(
    families: Families,
    proteins: Proteins,
    rows: np.ndarray,
    language_model: LanguageModel,
    *,
    say: Say,
    database: Database | None = None,
) -> pd.DataFrame:
    """Every masked residue with what profile and language model say of it.

    Parameters
    ----------
    language_model : callable
        (sequence, positions) -> (P, 20) probabilities with all positions masked at once.
    database : Database, optional
        To search for homologues instead of the library.

    Returns
    -------
    DataFrame
        protein, position (0-based), truth (column of `AMINO_ACIDS`), effective, profile, model, background: the
        probability each gives to the truth; profile_0 to profile_19 and model_0 to model_19.
    """
    tables = []
    for done, row in enumerate(rows, 1):
        sequence = proteins.sequences[row][:MOST_RESIDUES]
        truth = proteins.codes(row)[:MOST_RESIDUES]
        positions = masked_positions(proteins, row)
        if not len(positions):
            continue
        hidden = tuple(positions.tolist())
        if database is None:
            profile = families.profile(sequence, hidden=hidden)
        else:
            profile = families.database_profile(sequence, database, hidden=hidden)
        said = language_model(sequence, positions.tolist())
        tables.append(
            pd.DataFrame({"protein": row, "position": positions, "truth": truth[positions]})
            .assign(effective=profile.effective[positions])
            .join(pd.DataFrame(profile.probabilities[positions]).add_prefix("profile_"))
            .join(pd.DataFrame(said).add_prefix("model_"))
        )
        if done % (100 if database is None else 10) == 0:
            say(f"{done:,} of {len(rows):,} proteins")
    table = pd.concat(tables, ignore_index=True)
    at = np.arange(len(table))
    for name in ("profile", "model"):
        table[name] = _columns(table, name)[at, table["truth"]]
    table["background"] = background()[table["truth"]]
    return table


def _columns(table: pd.DataFrame, name: str) -> np.ndarray:
    return table[[f"{name}_{i}" for i in range(20)]].to_numpy()


def fitted_blend(table: pd.DataFrame) -> Blend:
    """The blend of profile and language model that fits masked residues best; see `fit_blend`."""
    effective, truth = table["effective"].to_numpy(), table["truth"].to_numpy()
    return fit_blend(_columns(table, "profile"), _columns(table, "model"), effective, truth)


def with_blend(table: pd.DataFrame, blend: Blend) -> pd.DataFrame:
    """`table` with the column blend: the probability the blend gives to the truth."""
    mixed = blend(_columns(table, "profile"), _columns(table, "model"), table["effective"].to_numpy())
    return table.assign(blend=mixed[np.arange(len(table)), table["truth"]])


def perplexities(table: pd.DataFrame, *, seed: int = 0) -> list[dict[str, Any]]:
    """Perplexity of background, language model, profile and blend, whole and by effective number of homologues.

    Returns
    -------
    list of dict
        metric, value, low, high (95 % bootstrap over proteins), split, note.
    """
    covered = table["effective"] > 0
    split = f"{table['protein'].nunique():,} held-out clusters, {len(table):,} residues masked (15 %)"
    rows = [_row("residues with a homologue", float(covered.mean()), _share_interval(table, covered, seed), split, "")]
    bins = pd.cut(table["effective"], BINS, labels=BIN_NAMES, right=False, include_lowest=True)
    parts = [("", table), (" (where a homologue is known)", table[covered])]
    parts += [(f" ({name})", table[bins == name]) for name in BIN_NAMES[:1]]
    parts += [(f" ({name} effective homologues)", table[bins == name]) for name in BIN_NAMES[1:]]
    for suffix, part in parts:
        if part["protein"].nunique() < 20:
            continue
        for name in ("background", "model", "profile", "blend"):
            value, interval = _perplexity(part, name, seed)
            rows.append(_row(f"masked perplexity, {name}{suffix}", value, interval, split, f"{len(part):,} residues"))
    return rows


def _row(metric: str, value: float, interval, split: str, note: str) -> dict[str, Any]:
    return {"metric": metric, "value": value, "low": interval[0], "high": interval[1], "split": split, "note": note}


def _by_protein(part: pd.DataFrame, values: np.ndarray) -> np.ndarray:
    frame = pd.DataFrame({"protein": part["protein"].to_numpy(), "sum": values, "n": 1.0})
    return frame.groupby("protein")[["sum", "n"]].sum().to_numpy()


def _resampled(sums: np.ndarray, seed: int) -> np.ndarray:
    draws = np.random.default_rng(seed).integers(0, len(sums), (BOOTSTRAPS, len(sums)))
    drawn = np.stack([sums[draw].sum(axis=0) for draw in draws])
    return drawn[:, 0] / drawn[:, 1]


def _perplexity(part: pd.DataFrame, name: str, seed: int) -> tuple[float, tuple[float, float]]:
    sums = _by_protein(part, -np.log(np.maximum(part[name].to_numpy(), 1e-9)))
    value = float(np.exp(sums[:, 0].sum() / sums[:, 1].sum()))
    interval = percentile_interval(value, np.exp(_resampled(sums, seed)))
    return value, (interval.low, interval.high)


def _share_interval(table: pd.DataFrame, covered: pd.Series, seed: int) -> tuple[float, float]:
    interval = percentile_interval(float(covered.mean()), _resampled(_by_protein(table, covered.to_numpy(float)), seed))
    return interval.low, interval.high


def shuffled_hits(families: Families, proteins: Proteins, rows: np.ndarray, *, seed: int = 3) -> list[dict[str, Any]]:
    """Hits of shuffled held-out proteins beside what their E-values promise."""
    rng = np.random.default_rng(seed)
    evalues = []
    for row in rows:
        letters = rng.permutation(list(proteins.sequences[row][:MOST_RESIDUES]))
        evalues += [a.hit.evalue for a in families.search("".join(letters), evalue=10.0)]
    found = np.array(evalues)
    split = f"{len(rows):,} held-out proteins, letters in random order"
    return [
        {
            "metric": f"hits of shuffled sequences with E <= {limit:g}, per sequence",
            "value": float((found <= limit).sum() / len(rows)),
            "split": split,
            "note": f"{limit:g} expected",
        }
        for limit in (1.0, 0.1, 0.01, 0.001)
    ]


def database_perplexity(
    families: Families,
    proteins: Proteins,
    rows: np.ndarray,
    language_model: LanguageModel,
    blend: Blend,
    *,
    folder: Path,
    say: Say,
) -> list[dict[str, Any]]:
    """Perplexities where homologues come from searching all proteins that are not held out, beside the library's.

    Parameters
    ----------
    folder : Path
        Gets the database.
    """
    database = folder / "database.fasta"
    kept = np.flatnonzero(~proteins.part(0, HELD_OUT))
    database.write_text("".join(f">{i}\n{proteins.sequences[i]}\n" for i in kept))
    opened = Database(database, in_memory=True)
    library = with_blend(masked_residues(families, proteins, rows, language_model, say=say), blend)
    searched = with_blend(masked_residues(families, proteins, rows, language_model, say=say, database=opened), blend)
    split = f"{len(rows):,} held-out clusters, {len(library):,} residues masked (15 %)"
    found = []
    for source, table in (("the embedded families", library), ("a search of all other proteins", searched)):
        for name in ("profile", "blend"):
            value, interval = _perplexity(table, name, 0)
            found.append(_row(f"masked perplexity, {name}, from {source}", value, interval, split, "the same residues"))
        covered = table["effective"] > 0
        share = _share_interval(table, covered, 0)
        found.append(_row(f"residues with a homologue, from {source}", float(covered.mean()), share, split, ""))
    return found


def hidden_difference(
    families: Families, proteins: Proteins, rows: np.ndarray, *, each: int = 5, seed: int = 4
) -> list[dict[str, Any]]:
    """What it changes in a residue's profile that the search has seen the residue, as in a scan of a whole protein.

    Parameters
    ----------
    each : int
        Residues of a protein, hidden one at a time.
    """
    found = []
    for row in rows:
        sequence, truth = proteins.sequences[row][:MOST_RESIDUES], proteins.codes(row)[:MOST_RESIDUES]
        seen = families.profile(sequence)
        known = np.random.default_rng([seed, int(row)]).permutation(np.flatnonzero(truth < GAP))[:each]
        for position in known.tolist():
            hidden = families.profile(sequence, hidden=(position,))
            a, b = seen.probabilities[position], hidden.probabilities[position]
            both = seen.effective[position] > 0, hidden.effective[position] > 0
            found.append((row, a[truth[position]], b[truth[position]], np.abs(a - b).sum() / 2, *both))
    table = pd.DataFrame(found, columns=["protein", "seen", "hidden", "distance", "covered", "covered_hidden"])
    split = f"{len(rows):,} held-out clusters, {len(table):,} residues, one at a time"
    made = []
    for name, words in (("seen", "search of the whole protein"), ("hidden", "search without the residue")):
        value, interval = _perplexity(table, name, 0)
        made.append(_row(f"perplexity of the profile, {words}", value, interval, split, "the same residues"))
    moved = _share_interval(table, table["distance"], 0)
    made.append(
        _row("distance of the two profiles at a residue", float(table["distance"].mean()), moved, split, "0 to 1")
    )
    lost = table["covered"] != table["covered_hidden"]
    share = _share_interval(table, lost, 0)
    made.append(_row("residues covered in one of the two searches only", float(lost.mean()), share, split, ""))
    return made
