"""The recipe of the transcription-factor models: one trunk for all factors, a head and a table of 6-mers for each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from biocore import zoo
from biocore.errors import InputError
from biocore.sequence import dinucleotide_shuffles
from biocore.stats.calibration import calibrate
from biocore.stats.ranking import auroc
from biocore.tfbinding import TFModel
from biocore.tfbinding.model import SharedTrunk, strand_scores
from biocore.tfbinding.network import VARIANTS, Architecture, Network, kmer_term
from biocore.tfbinding.train.baseline import fit_kmer_regression
from biocore.tfbinding.train.data import KINDS, DnaDataset, apart, batches, overlapping
from biocore.tfbinding.train.seeds import enriched_words, seeded_kernel
from biocore.training.fit import History, Report, TrainConfig, Trainer
from biocore.training.store import save_params

TRUNK = "tf-trunk"
BATCH = 512
SHIFT = 3  # bp by which a training sequence is moved at most; what moves in is unknown
WORDS = 6  # enriched words of each factor among the first filters
KMER_STRENGTH = 5e-3  # inverse L2 penalty of the tables of 6-mers
REPEATS = 0.01  # share of simple repeats (one or two bases) among an epoch's rows, unbound for every factor
BLEND_STRENGTH = 20.0  # pull of a factor's blend towards the one of all factors, in rows
_ROWS = jnp.concatenate([jnp.eye(4), jnp.full((1, 4), 0.25)])


@dataclass(frozen=True)
class TrainedFactors:
    """What training gave: models in memory, not yet on disk.

    Attributes
    ----------
    models : tuple of TFModel
        One per dataset, sharing a trunk.
    history : History
    train : tuple of DnaDataset
        What is left of each factor's training rows without those that overlap its own held-out sequences.
    left_out : mapping of factor -> int
        Further rows that the network did not see, because they overlap another factor's held-out sequences.
    """

    models: tuple[TFModel, ...]
    history: History
    train: tuple[DnaDataset, ...]
    left_out: dict[str, int]


def train_factors(
    train: Sequence[DnaDataset],
    valid: Sequence[DnaDataset],
    *,
    variant: str,
    config: TrainConfig,
    report: Report | None = None,
) -> TrainedFactors:
    """Train the models of one or several factors.

    Parameters
    ----------
    train, valid : sequences of DnaDataset
        The same factors in the same order, all of one length.  `valid` decides when to stop and calibrates.
    variant : str
        A name in `tfbinding.VARIANTS`.
    config : TrainConfig
    report : callable, optional
        Gets lines of progress.

    Returns
    -------
    TrainedFactors

    Raises
    ------
    InputError
        The variant is not known, sequences differ in length, or without the rows that overlap the held-out ones a
        factor has no positives or no negatives to learn from.

    Notes
    -----
    - The network is trained on all factors at once; a row counts only for its own factor.
    - Shuffled negatives are drawn anew from the positives in every epoch; sequences are turned to a random strand and
      moved by up to 3 bp.
    - One row in a hundred is a simple repeat, unbound for every factor: no data set holds poly-A, users do.
    - The first filters start from each factor's enriched words.
    - Rows that overlap a held-out sequence (`data.overlapping`) are left out, so that what is measured there is not
      remembered from here: those of the same factor from everything, those of another factor from the shared network.
    - Network and table of 6-mers are blended and calibrated by logistic regression on `valid`, each factor's weights
      drawn towards those of all factors together.
    """
    training = FactorTraining(train, valid, variant=variant, config=config, report=report)
    while not training.trainer.finished:
        training.trainer.epoch()
    return training.finish()


class FactorTraining:
    """`train_factors`, an epoch of the network at a time.  Parameters and errors as there.

    Attributes
    ----------
    trainer : Trainer
        Of the network; when it has finished, `finish` gives the models.
    """

    def __init__(
        self,
        train: Sequence[DnaDataset],
        valid: Sequence[DnaDataset],
        *,
        variant: str,
        config: TrainConfig,
        report: Report | None = None,
    ):
        if variant not in VARIANTS:
            raise InputError(f"There is no variant {variant!r}; use {', '.join(VARIANTS)}.")
        lengths = {data.codes.shape[1] for data in (*train, *valid)}
        if len(lengths) != 1:
            raise InputError(f"the sequences have {sorted(lengths)} bp; all files of one run must have one length.")
        self._train = tuple(apart(data, held_out) for data, held_out in zip(train, valid, strict=True))
        self._valid, self._architecture, self._window = tuple(valid), VARIANTS[variant], lengths.pop()
        pool, self._left_out = _pool(self._train, valid, VARIANTS[variant].flank)
        self.trainer = _network_trainer(pool, valid, VARIANTS[variant], config, report)

    def finish(self) -> TrainedFactors:
        """The models with the weights of the best epoch, their tables of 6-mers, and calibration."""
        params, state, history = self.trainer.result()
        models = _assemble(self._train, self._valid, self._architecture, params, state, self._window)
        return TrainedFactors(models, history, self._train, self._left_out)


# ---------------------------------------------------------------------------------------------------- network


@dataclass(frozen=True)
class _Pool:
    """Training rows of all factors: codes (N, L), labels (N,), factor (N,), and which are shuffles."""

    codes: np.ndarray
    labels: np.ndarray
    factor: np.ndarray
    shuffled: np.ndarray


def _pool(train: Sequence[DnaDataset], valid: Sequence[DnaDataset], flank: int) -> tuple[_Pool, dict[str, int]]:
    kept, left_out = [], {}
    for i, data in enumerate(train):
        others = [v.codes for j, v in enumerate(valid) if j != i]
        use = ~overlapping(data.codes, np.concatenate(others)) if others else np.ones(len(data), bool)
        kept.append(data.rows(use))
        left_out[data.name] = int((~use).sum())
    return _Pool(
        _flanked(np.concatenate([d.codes for d in kept]), flank),
        np.concatenate([d.labels for d in kept]),
        np.repeat(np.arange(len(kept)), [len(d) for d in kept]),
        np.concatenate([d.kinds == KINDS.index("dinucleotide_shuffle") for d in kept]),
    ), left_out


def _flanked(codes: np.ndarray, length: int) -> np.ndarray:
    """Short sequences between unknown bases, as the models score them."""
    missing = max(0, length - codes.shape[1])
    return np.pad(codes, ((0, 0), (missing // 2, missing - missing // 2)), constant_values=4)


def _epoch(pool: _Pool, seed: int, epoch: int) -> Iterator[dict[str, np.ndarray]]:
    """Batches of one epoch: the rows, with their shuffled negatives replaced by fresh ones."""
    rng = np.random.default_rng((seed, epoch))
    fixed = np.flatnonzero(~pool.shuffled)
    drawn = []
    for i in np.unique(pool.factor):
        mine = pool.factor == i
        drawn.append(rng.choice(np.flatnonzero(mine & (pool.labels == 1)), (mine & pool.shuffled).sum()))
    origin = np.concatenate(drawn)
    fresh = dinucleotide_shuffles(pool.codes[origin], seed=int(rng.integers(1 << 31)))
    repeats = _repeats(rng.integers(0, 16, round(REPEATS * len(pool.codes))), pool.codes.shape[1])
    codes = np.concatenate([pool.codes[fixed], fresh, repeats])
    labels = np.concatenate([pool.labels[fixed], np.zeros(len(fresh) + len(repeats), np.uint8)])
    of_repeats = rng.integers(0, pool.factor.max() + 1, len(repeats))
    factor = np.concatenate([pool.factor[fixed], pool.factor[origin], of_repeats])
    weight = np.where(labels == 1, (labels == 0).sum() / max((labels == 1).sum(), 1), 1)
    for rows in batches(len(codes), min(BATCH, len(codes)), seed=int(rng.integers(1 << 31))):
        yield {
            "codes": _moved(codes[rows], rng),
            "label": labels[rows].astype(np.float32),
            "factor": factor[rows].astype(np.int32),
            "weight": weight[rows].astype(np.float32),
        }


def _repeats(units: np.ndarray, length: int) -> np.ndarray:
    """Sequences of one pair of letters over and over; the sixteen pairs are numbered AA, AC ... TT."""
    return np.stack([units // 4, units % 4], axis=1)[:, np.arange(length) % 2].astype(np.uint8)


def _moved(codes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each row moved by up to `SHIFT` bp; unknown bases move in."""
    count, length = codes.shape
    padded = np.pad(codes, ((0, 0), (SHIFT, SHIFT)), constant_values=4)
    start = rng.integers(0, 2 * SHIFT + 1, (count, 1))
    return np.take_along_axis(padded, start + np.arange(length), axis=1)


def _network_trainer(
    pool: _Pool, valid: Sequence[DnaDataset], architecture: Architecture, config: TrainConfig, report: Report | None
) -> Trainer:
    network = Network(architecture, len(valid))
    start = jax.jit(partial(network.init, train=False))  # compiled: faster than step by step
    variables = start(jax.random.key(config.seed), jnp.zeros((2, pool.codes.shape[1], 4), jnp.float32))
    params, state = variables["params"], variables["batch_stats"]
    words = [
        word
        for i in range(len(valid))
        for word in enriched_words(pool.codes[pool.factor == i], pool.labels[pool.factor == i], count=WORDS)
    ]
    first = params["trunk"]["conv0"]
    first["kernel"] = jnp.asarray(seeded_kernel(first["kernel"], words))

    def loss(params, state, batch, key):
        turn, drop = jax.random.split(key)
        x = _ROWS[_turned(batch["codes"], turn)]
        out, new = network.apply(
            {"params": params, "batch_stats": state}, x, train=True, rngs={"dropout": drop}, mutable=["batch_stats"]
        )
        out = jnp.take_along_axis(out, batch["factor"][:, None], axis=1)[:, 0]
        losses = optax.sigmoid_binary_cross_entropy(out, batch["label"]) * batch["weight"]
        return losses.sum(), (batch["weight"].sum(), new["batch_stats"])

    def evaluate(params, state):
        models = _models(valid, architecture, params, state)
        values = [
            auroc(data.labels, strand_scores([model], _ROWS_NUMPY[data.codes]).mean(axis=0)[0])
            for model, data in zip(models, valid, strict=True)
        ]
        return {"auroc": float(np.mean(values))}

    return Trainer(
        loss,
        params,
        state,
        partial(_epoch, pool, config.seed),
        evaluate,
        config,
        steps_per_epoch=max(1, len(pool.codes) // BATCH),
        monitor="auroc",
        report=report,
    )


_ROWS_NUMPY = np.asarray(_ROWS)


def _turned(codes: jax.Array, key: jax.Array) -> jax.Array:
    """Half of the rows as their reverse complement."""
    turn = jax.random.bernoulli(key, 0.5, (len(codes), 1))
    return jnp.where(turn, jnp.where(codes == 4, 4, 3 - codes)[:, ::-1], codes)


# ----------------------------------------------------------------------------------------- blend and calibrate


def _models(datasets: Sequence[DnaDataset], architecture: Architecture, params, state) -> list[TFModel]:
    """Uncalibrated models of the network alone."""
    plain = replace(architecture, kmers=False)
    trunk = SharedTrunk(plain, {"params": params["trunk"], "batch_stats": state["trunk"]})
    none = np.zeros((1, 64, 64), np.float32)
    heads = [{name: np.asarray(a)[i : i + 1] for name, a in params["heads"].items()} for i in range(len(datasets))]
    return [
        TFModel(data.name, trunk, head, none, 1.0, 0.0, data.codes.shape[1])
        for data, head in zip(datasets, heads, strict=True)
    ]


def _assemble(
    train: Sequence[DnaDataset], valid: Sequence[DnaDataset], architecture: Architecture, params, state, window: int
) -> tuple[TFModel, ...]:
    """Calibrated models; with their tables of 6-mers where the architecture has them."""
    networks = _models(valid, architecture, params, state)
    trunk = replace(networks[0].trunk, architecture=architecture)
    columns, tables = [], []
    for network, fitted_on, held_out in zip(networks, train, valid, strict=True):
        scores = [strand_scores([network], _ROWS_NUMPY[held_out.codes]).mean(axis=0)[0]]
        table = np.zeros((1, 64, 64), np.float32)
        if architecture.kmers:
            repeats = _repeats(np.tile(np.arange(16), max(1, round(REPEATS * len(fitted_on) / 16))), window)
            codes = np.concatenate([fitted_on.codes, repeats])
            labels = np.append(fitted_on.labels, np.zeros(len(repeats), np.uint8))
            weights, _ = fit_kmer_regression(codes, labels, strength=KMER_STRENGTH)
            table = (weights * (window - 5)).astype(np.float32).reshape(1, 64, 64)  # the network uses means, not sums
            scores.append(_kmer_means(table, _flanked(held_out.codes, architecture.flank)))
        columns.append(np.stack(scores, axis=1))
        tables.append(table)
    common, _ = calibrate(np.concatenate([d.labels for d in valid]), np.concatenate(columns))
    models = []
    for network, column, table, held_out in zip(networks, columns, tables, valid, strict=True):
        weights, offset = calibrate(held_out.labels, column, prior=common, strength=BLEND_STRENGTH)
        table = table * np.float32(weights[1]) if architecture.kmers else table
        models.append(replace(network, trunk=trunk, kmers=table, scale=float(weights[0]), offset=offset, window=window))
    return tuple(models)


@jax.jit
def _kmer_term(table, x):
    return kmer_term(table, x, x.shape[1])[:, 0]


def _kmer_means(table: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """The table's term for each row, (N,)."""
    parts = [np.asarray(_kmer_term(table, _ROWS_NUMPY[codes[i : i + BATCH]])) for i in range(0, len(codes), BATCH)]
    return np.concatenate(parts)


# ------------------------------------------------------------------------------------------------------- disk


def write_models(
    folder: Path, models: Sequence[TFModel], cards: Sequence[zoo.ModelCard], trunk_card: zoo.ModelCard | None
) -> list[zoo.ModelCard]:
    """Write models and their cards into `folder`, one folder each, and the shared trunk into its own.

    Parameters
    ----------
    cards : sequence of ModelCard
        Of the models; what locates and rebuilds a model (architecture, calibration, hashes) is filled in here.
    trunk_card : ModelCard or None
        None puts the trunk into each model's own folder, for a model trained alone.

    Returns
    -------
    list of ModelCard
        As read back from disk.
    """
    shared = {}
    architecture = models[0].trunk.architecture.to_json()
    trunk = {"trunk": models[0].trunk.variables}
    if trunk_card is not None:
        trunk_card = replace(
            trunk_card, folder=folder / trunk_card.name, details={**trunk_card.details, "architecture": architecture}
        )
        path = save_params(trunk_card.folder, trunk)
        zoo.write_card(trunk_card)
        shared = {"trunk": trunk_card.name, "trunk_sha256": zoo.sha256(path)}
    written = []
    for model, card in zip(models, cards, strict=True):
        tensors: dict[str, Any] = {"heads": model.heads, **({} if shared else trunk)}
        if model.trunk.architecture.kmers:
            tensors["kmers"] = model.kmers
        save_params(folder / card.name, tensors)
        details = {
            "tf": model.tf,
            **shared,
            "architecture": architecture,
            "calibration": {"scale": model.scale, "offset": model.offset},
        }
        card = replace(card, folder=folder / card.name, window=model.window, details={**details, **card.details})
        written.append(zoo.read_card(zoo.write_card(card)))
    return written
