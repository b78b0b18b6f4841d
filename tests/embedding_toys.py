"""Small collections of embeddings whose answers are known."""

import numpy as np
import pandas as pd

from biocore.embedding import EmbeddingSet


def clusters(each=20, dims=16, apart=12.0, seed=0):
    """Two groups far apart, and which is which."""
    x = np.random.default_rng(seed).normal(size=(2 * each, dims)).astype(np.float32)
    x[each:, 0] += apart
    return x, ["a"] * each + ["b"] * each


def some(n=6, **options):
    vectors = np.random.default_rng(1).normal(size=(n, 4)).astype(np.float32)
    table = pd.DataFrame({"label": [f"l{i % 2}" for i in range(n)], "length": range(10, 10 + n)})
    return EmbeddingSet(tuple(f"p{i}" for i in range(n)), vectors, table, **options)
