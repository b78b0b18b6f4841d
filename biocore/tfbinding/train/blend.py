"""A network and a table of words become one model: fitted apart, then blended and calibrated on the valid split."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from biocore.stats.calibration import calibrate
from biocore.tfbinding import TFModel
from biocore.tfbinding.model import SharedTrunk, strand_scores
from biocore.tfbinding.network import Architecture
from biocore.tfbinding.train.baseline import fit_gapped_regression
from biocore.tfbinding.train.data import DnaDataset, one_hot_codes, repeats
from biocore.tfbinding.words import mean_term, with_unknown

WORD = 8  # bp of the words in a table
TABLE_STRENGTH = 0.03  # inverse L2 penalty of the tables of words
BLEND_STRENGTH = 20.0  # pull of a factor's blend towards the one of all factors, in rows
REPEATS = 0.01  # share of simple repeats (one or two bases) among the rows, unbound for every factor
_NO_WORDS = np.zeros((1, 4, 4), np.float32)


def networks_of(datasets: Sequence[DnaDataset], architecture: Architecture, params, state) -> list[TFModel]:
    """Uncalibrated models of a network alone, one for each dataset, sharing a trunk.

    Parameters
    ----------
    datasets : sequence of DnaDataset
    architecture : Architecture
    params, state : mappings
        Of `network.Network` with as many factors.

    Returns
    -------
    list of TFModel
    """
    trunk = SharedTrunk(replace(architecture, kmers=False), {"params": params["trunk"], "batch_stats": state["trunk"]})
    heads = [{name: np.asarray(a)[i : i + 1] for name, a in params["heads"].items()} for i in range(len(datasets))]
    return [
        TFModel(data.name, trunk, head, _NO_WORDS, 1.0, 0.0, data.codes.shape[1])
        for data, head in zip(datasets, heads, strict=True)
    ]


def plain(models: Sequence[TFModel]) -> list[TFModel]:
    """The networks of models that share a trunk, without table and calibration.

    Parameters
    ----------
    models : sequence of TFModel

    Returns
    -------
    list of TFModel
    """
    shared = models[0].trunk
    trunk = SharedTrunk(replace(shared.architecture, kmers=False), shared.variables)
    return [replace(model, trunk=trunk, kmers=_NO_WORDS, scale=1.0, offset=0.0) for model in models]


def blended(
    networks: Sequence[TFModel], train: Sequence[DnaDataset], valid: Sequence[DnaDataset], architecture: Architecture
) -> tuple[TFModel, ...]:
    """Calibrated models; with their tables of words where the architecture has them.

    Parameters
    ----------
    networks : sequence of TFModel
        Without table and calibration, sharing a trunk.
    train, valid : sequences of DnaDataset
        Of the same factors: what tables are fitted on, and what blends and calibrates.
    architecture : Architecture

    Returns
    -------
    tuple of TFModel
    """
    trunk = replace(networks[0].trunk, architecture=architecture)
    columns, tables = [], []
    for network, fitted_on, held_out in zip(networks, train, valid, strict=True):
        scores = [strand_scores([network], one_hot_codes(held_out.codes)).mean(axis=0)[0]]
        table = _table(fitted_on) if architecture.kmers else _NO_WORDS
        if architecture.kmers:
            scores.append(_term(table, held_out.codes, architecture.flank))
        columns.append(np.stack(scores, axis=1))
        tables.append(table)
    common, _ = calibrate(np.concatenate([d.labels for d in valid]), np.concatenate(columns))
    models = []
    for network, column, table, held_out in zip(networks, columns, tables, valid, strict=True):
        weights, offset = calibrate(held_out.labels, column, prior=common, strength=BLEND_STRENGTH)
        table = table * np.float32(weights[-1]) if architecture.kmers else table
        models.append(replace(network, trunk=trunk, kmers=table, scale=float(weights[0]), offset=offset))
    return tuple(models)


def _table(data: DnaDataset) -> np.ndarray:
    """A factor's table of words, (1, 4**4, 4**4), as a sum over a window of the data's length."""
    length = data.codes.shape[1]
    simple = repeats(np.tile(np.arange(16), max(1, round(REPEATS * len(data) / 16))), length)
    codes = np.concatenate([data.codes, simple])
    labels = np.append(data.labels, np.zeros(len(simple), np.uint8))
    weights = fit_gapped_regression(codes, labels, strength=TABLE_STRENGTH, k=WORD)
    side = 4 ** (WORD // 2)
    return (weights * (length - WORD + 1)).astype(np.float32).reshape(1, side, side)  # models use means, not sums


def _term(table: np.ndarray, codes: np.ndarray, flank: int) -> np.ndarray:
    """What a table adds to the log-odds of each row, (N,)."""
    missing = max(0, flank - codes.shape[1])  # short sequences lie between unknown bases, as models score them
    letters = np.pad(codes, ((0, 0), (missing // 2, missing - missing // 2)), constant_values=4).astype(np.int32)
    return np.asarray(mean_term(with_unknown(table[0])[:, None], letters, letters.shape[1]))[:, 0]
