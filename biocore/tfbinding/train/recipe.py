"""The recipe of the transcription-factor models: one trunk for all factors, a head and a table of words for each."""

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
from biocore.stats.ranking import auroc
from biocore.tfbinding import TFModel
from biocore.tfbinding.model import strand_scores
from biocore.tfbinding.network import VARIANTS, Architecture, Network
from biocore.tfbinding.train.blend import REPEATS, blended, networks_of, plain
from biocore.tfbinding.train.data import KINDS, DnaDataset, apart, batches, one_hot_codes, overlapping, repeats
from biocore.tfbinding.train.seeds import enriched_words, seeded_kernel
from biocore.training.fit import History, Report, TrainConfig, Trainer
from biocore.training.store import save_params

TRUNK = "tf-trunk"
BATCH = 512
SHIFT = 3  # bp by which a training sequence is moved at most; what moves in is unknown
WORDS = 6  # enriched words of each factor among the first filters
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
    - Network and table of words are blended and calibrated by logistic regression on `valid`, each factor's weights
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
        self._valid, self._architecture = tuple(valid), VARIANTS[variant]
        pool, self._left_out = _pool(self._train, valid, VARIANTS[variant].flank)
        self.trainer = _network_trainer(pool, valid, VARIANTS[variant], config, report)

    def finish(self) -> TrainedFactors:
        """The models with the weights of the best epoch, their tables of words, and calibration."""
        params, state, history = self.trainer.result()
        networks = networks_of(self._valid, self._architecture, params, state)
        models = blended(networks, self._train, self._valid, self._architecture)
        return TrainedFactors(models, history, self._train, self._left_out)


def refit_tables(
    models: Sequence[TFModel], train: Sequence[DnaDataset], valid: Sequence[DnaDataset]
) -> tuple[tuple[TFModel, ...], tuple[DnaDataset, ...]]:
    """Fit tables of words, blend and calibration anew, beside networks that stay as they are.

    Parameters
    ----------
    models : sequence of TFModel
        Of one architecture with tables of words, sharing a trunk.
    train, valid : sequences of DnaDataset
        What the networks were trained from, in the order of `models`.

    Returns
    -------
    models
    train
        What is left of the training rows without those that overlap the factor's own held-out sequences.

    Raises
    ------
    InputError
        The architecture has no tables of words; otherwise as `train_factors`.
    """
    architecture = models[0].trunk.architecture
    if not architecture.kmers:
        raise InputError(f"{models[0].tf} has no table of words, so there is none to fit anew.")
    train = tuple(apart(data, held_out) for data, held_out in zip(train, valid, strict=True))
    return blended(plain(models), train, valid, architecture), train


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
    simple = repeats(rng.integers(0, 16, round(REPEATS * len(pool.codes))), pool.codes.shape[1])
    codes = np.concatenate([pool.codes[fixed], fresh, simple])
    labels = np.concatenate([pool.labels[fixed], np.zeros(len(fresh) + len(simple), np.uint8)])
    of_repeats = rng.integers(0, pool.factor.max() + 1, len(simple))
    factor = np.concatenate([pool.factor[fixed], pool.factor[origin], of_repeats])
    weight = np.where(labels == 1, (labels == 0).sum() / max((labels == 1).sum(), 1), 1)
    for rows in batches(len(codes), min(BATCH, len(codes)), seed=int(rng.integers(1 << 31))):
        yield {
            "codes": _moved(codes[rows], rng),
            "label": labels[rows].astype(np.float32),
            "factor": factor[rows].astype(np.int32),
            "weight": weight[rows].astype(np.float32),
        }


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
        models = networks_of(valid, architecture, params, state)
        values = [
            auroc(data.labels, strand_scores([model], one_hot_codes(data.codes)).mean(axis=0)[0])
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


def _turned(codes: jax.Array, key: jax.Array) -> jax.Array:
    """Half of the rows as their reverse complement."""
    turn = jax.random.bernoulli(key, 0.5, (len(codes), 1))
    return jnp.where(turn, jnp.where(codes == 4, 4, 3 - codes)[:, ::-1], codes)


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


def write_tables(models: Sequence[TFModel], cards: Sequence[zoo.ModelCard]) -> list[zoo.ModelCard]:
    """Write models whose networks are on disk already, each into the folder of its card; trunks stay as they are.

    Parameters
    ----------
    models : sequence of TFModel
    cards : sequence of ModelCard
        Of the models, with their folders; calibration and hash are filled in here.

    Returns
    -------
    list of ModelCard
        As read back from disk.
    """
    written = []
    for model, card in zip(models, cards, strict=True):
        tensors: dict[str, Any] = {"heads": model.heads, "kmers": model.kmers}
        if "trunk" not in card.details:
            tensors["trunk"] = model.trunk.variables
        save_params(card.folder, tensors)
        details = {**card.details, "calibration": {"scale": model.scale, "offset": model.offset}}
        written.append(zoo.read_card(zoo.write_card(replace(card, details=details))))
    return written
