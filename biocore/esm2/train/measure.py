"""How good a protein language model is: the numbers of its card, each beside what needs no model."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from biocore.errors import InputError
from biocore.esm2 import MASKED, Esm2
from biocore.esm2.train.corpus import Corpus
from biocore.esm2.train.loop import PretrainingConfig, residue_losses, validation_batches
from biocore.sequence import AMINO_ACIDS

LENGTH_BANDS = ((1, 100), (101, 300), (301, 600), (601, 100_000))
# Human preproinsulin (P01308) and haemoglobin subunit beta (P68871): two proteins every biologist knows
INSULIN = (
    "MALWMRLLPLLALLALWGPDPAAAFVNQHLCGSHLVEALYLVCGERGFFYTPKTRREAEDLQVGQVELGGGPGAGSLQPLALEGSLQKRGIVEQCCTSICSLYQLENYCN"
)
HAEMOGLOBIN_BETA = (
    "MVHLTPEEKSAVTALWGKVNVDEVGGEALGRLLVVYPWTQRFFESFGDLSTPDAVMGNPKVKAHGKKVLGAFSDGLAHLDNLKGTFATLSELHCDKLHVDPENFRLLGNV"
    "LVCVLAHHFGKEFTPPVQAAYQKVVAGVANALAHKYH"
)
INSULIN_POSITIONS = (29, 26)  # 0-based


def masked_quality(folder: Path, corpus: Corpus, config: PretrainingConfig) -> list[dict[str, Any]]:
    """Perplexity and accuracy at masked residues of the held-out clusters, whole and by length and group.

    Parameters
    ----------
    folder : Path
        An ESM-2 model in the hub's layout.
    corpus : Corpus
    config : PretrainingConfig
        Gives the held-out fraction, the crop and so the very residues that are masked.

    Returns
    -------
    list of dict
        metric, value, low, high (95 % bootstrap over proteins), split, note.
    """
    return quality_of(masked_residues(folder, corpus, config), corpus)


def masked_residues(folder: Path, corpus: Corpus, config: PretrainingConfig) -> pd.DataFrame:
    """Every masked residue of the held-out clusters: loss (nats), right, protein, token, baseline, baseline_right.

    The baseline knows the residue frequencies of the other clusters.  Rows are the same for every model.
    """
    from transformers import EsmForMaskedLM
    from transformers.utils import logging

    logging.disable_progress_bar()
    model = EsmForMaskedLM.from_pretrained(folder, dtype="float32").eval()
    held_out = corpus.held_out(config.held_out)
    table = pd.DataFrame(residue_losses(model, validation_batches(corpus, held_out, config)))
    counts = np.bincount(corpus.tokens[_residues_of(corpus, ~held_out)], minlength=33)[:33].astype(float)
    table["baseline"] = -np.log(np.maximum(counts, 1)[table["token"]] / counts.sum())
    table["baseline_right"] = table["token"] == counts.argmax()
    return table


def quality_of(table: pd.DataFrame, corpus: Corpus) -> list[dict[str, Any]]:
    """`masked_quality` of what `masked_residues` found."""
    split = f"{table['protein'].nunique():,} held-out clusters, {len(table):,} residues masked (15 %)"
    rows = _perplexities(table, "", split)
    lengths = corpus.lengths[table["protein"]]
    for low, high in LENGTH_BANDS:
        band = table[(lengths >= low) & (lengths <= high)]
        if band["protein"].nunique() >= 20:
            rows += _perplexities(band, f" ({low} to {high:,} residues)", split)[:1]
    if corpus.groups:
        groups = np.array(corpus.groups)[table["protein"]]
        for group in sorted(set(groups)):
            rows += _perplexities(table[groups == group], f" ({group})", split)[:1]
    return rows


def perplexity_ratio(table: pd.DataFrame, other: pd.DataFrame, name: str) -> dict[str, Any]:
    """Perplexity of one model over another's on the same residues; below 1 it is better.

    Parameters
    ----------
    table, other : DataFrame
        Of `masked_residues`, for the same corpus and configuration.
    """
    sums = (
        pd.DataFrame({"difference": table["loss"] - other["loss"], "n": 1, "protein": table["protein"]})
        .groupby("protein")
        .sum()
    )
    draws = np.random.default_rng(0).integers(0, len(sums), (1000, len(sums)))
    differences, counts = (sums[column].to_numpy()[draws].sum(axis=1) for column in ("difference", "n"))
    low, high = np.quantile(np.exp(differences / counts), [0.025, 0.975])
    value = np.exp(sums["difference"].sum() / sums["n"].sum())
    row = _row(f"masked perplexity, ratio to {name}", value, "the same residues", "below 1: better than the other")
    return row | {"low": float(low), "high": float(high)}


def _residues_of(corpus: Corpus, proteins: np.ndarray) -> np.ndarray:
    return np.repeat(proteins, corpus.lengths)


def _perplexities(table: pd.DataFrame, suffix: str, split: str) -> list[dict[str, Any]]:
    by_protein = table.groupby("protein").agg(
        loss=("loss", "sum"), right=("right", "sum"), baseline=("baseline", "sum"), n=("loss", "size")
    )
    rng = np.random.default_rng(0)
    draws = rng.integers(0, len(by_protein), (1000, len(by_protein)))
    sums = {name: by_protein[name].to_numpy()[draws].sum(axis=1) for name in by_protein}
    perplexity = np.exp(sums["loss"] / sums["n"])
    accuracy = sums["right"] / sums["n"]
    baseline = float(np.exp(table["baseline"].mean()))
    low, high = np.quantile(perplexity, [0.025, 0.975])
    accuracy_low, accuracy_high = np.quantile(accuracy, [0.025, 0.975])
    return [
        _row(f"masked perplexity{suffix}", np.exp(table["loss"].mean()), split, f"residue frequencies: {baseline:.2f}")
        | {"low": float(low), "high": float(high)},
        _row(
            f"masked accuracy{suffix}",
            table["right"].mean(),
            split,
            f"the commonest residue: {table['baseline_right'].mean():.3f}",
        )
        | {"low": float(accuracy_low), "high": float(accuracy_high)},
    ]


def known_proteins(model: Esm2) -> list[dict[str, Any]]:
    """p(wild type) at two places of insulin, and its mean over haemoglobin beta."""
    rows = []
    for position in INSULIN_POSITIONS:
        answer = model.residue_probabilities(INSULIN, [position])
        rows.append(
            _row(
                f"probability of {INSULIN[position]} at insulin residue {position + 1}",
                answer.wild_type_probability[0],
                "P01308, that residue masked",
                f"rank {answer.wild_type_rank[0]:.0f} of 20",
            )
        )
    probabilities = model.substitution_scores(HAEMOGLOBIN_BETA, MASKED).wild_type_probability
    rows.append(
        _row(
            "mean p(wild type), haemoglobin beta",
            np.mean(probabilities),
            "P68871, one mask at a time",
        )
    )
    return rows


def substitution_agreement(model: Esm2) -> dict[str, Any]:
    """Spearman correlation of mean substitution scores with BLOSUM62 over the 380 pairs of different amino acids.

    Scores are masked marginals averaged over insulin and haemoglobin beta by wild type and substitution.

    References
    ----------
    Henikoff & Henikoff (1992), PNAS 89:10915-10919, doi:10.1073/pnas.89.22.10915.
    """
    from Bio.Align import substitution_matrices
    from scipy.stats import spearmanr

    blosum = substitution_matrices.load("BLOSUM62")
    sums, counts = np.zeros((20, 20)), np.zeros((20, 1))
    for sequence in (INSULIN, HAEMOGLOBIN_BETA):
        for residue, scores in zip(sequence, model.substitution_scores(sequence, MASKED).scores, strict=True):
            wild_type = AMINO_ACIDS.index(residue)
            sums[wild_type] += scores
            counts[wild_type] += 1
    with np.errstate(invalid="ignore"):
        means = sums / counts
    pairs = [(i, j) for i in range(20) for j in range(20) if i != j and counts[i]]
    rho = spearmanr([means[p] for p in pairs], [blosum[AMINO_ACIDS[i]][AMINO_ACIDS[j]] for i, j in pairs]).statistic
    return _row("Spearman correlation of substitution scores with BLOSUM62", rho, f"{len(pairs)} pairs of amino acids")


def localisation(
    model: Esm2, path: Path, *, most: int = 600, report: Callable[[int, int], None] | None = None
) -> list[dict[str, Any]]:
    """Extracellular against membrane proteins by nearest neighbours in the embedding, beside composition alone.

    Parameters
    ----------
    path : Path
        Table with the columns label ("Extracellular", "Cell membrane"; others are left out) and sequence: TSV, or .gz.
    most : int
        Proteins of each kind, 100 to 500 residues, drawn with a fixed seed.
    """
    from sklearn.model_selection import cross_val_score
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    table = pd.read_csv(path, sep="\t")
    missing = {"label", "sequence"} - set(table)
    if missing:
        raise InputError(f"lacks the columns {', '.join(sorted(missing))}.", record=str(path))
    table = table[table["sequence"].str.len().between(100, 500) & ~table["sequence"].str.contains("[^A-Z]")]
    kinds = {
        "extracellular": table[table["label"].str.lower() == "extracellular"],
        "membrane": table[table["label"].str.lower() == "cell membrane"],
    }
    chosen = pd.concat(
        [rows.drop_duplicates("sequence").sample(min(most, len(rows)), random_state=0) for rows in kinds.values()],
        keys=kinds,
    )
    truth = chosen.index.get_level_values(0) == "membrane"
    vectors = model.embed(list(chosen["sequence"]), progress=report)
    composition = np.array([[s.count(a) / len(s) for a in AMINO_ACIDS] for s in chosen["sequence"]])
    split = f"{truth.sum()} membrane, {(~truth).sum()} extracellular; 5-fold, 10 neighbours; homologues not removed"
    rows = []
    for name, features in (("embedding", vectors), ("composition alone", composition)):
        classifier = make_pipeline(StandardScaler(), KNeighborsClassifier(10))
        order = np.random.default_rng(0).permutation(len(truth))
        scores = cross_val_score(classifier, features[order], truth[order], cv=5, scoring="balanced_accuracy")
        rows.append(_row(f"membrane or extracellular by nearest neighbours, {name}", scores.mean(), split))
    return rows


def _row(metric: str, value: float, split: str, note: str = "") -> dict[str, Any]:
    return {"metric": metric, "value": float(value), "split": split, "note": note}
