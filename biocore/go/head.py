"""The networks: an MLP from a protein's vector to every term; a small one of its kind weighs it against the neighbours.

They answer in numpy; `go.train.mlp` trains them in flax.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

WIDTHS = (512, 256)
FLOOR = 1e-4


@dataclass(frozen=True)
class Mlp:
    """A trained MLP with the scaling of its inputs.

    Attributes
    ----------
    params : nested dict of arrays
        Flax parameters.
    mean, scale : float32 arrays, (D,)
        Inputs are ``(x - mean) / scale``, cut at 6.
    widths : tuple of int
    outputs : int
    """

    params: Mapping[str, Any]
    mean: np.ndarray
    scale: np.ndarray
    widths: tuple[int, ...]
    outputs: int

    def __post_init__(self):
        sizes = [len(self.mean), *self.widths, self.outputs]
        shapes = [np.shape(self.params[f"Dense_{layer}"]["kernel"]) for layer in range(len(sizes) - 1)]
        if len(self.scale) != len(self.mean) or shapes != list(zip(sizes[:-1], sizes[1:], strict=True)):
            raise ValueError(
                f"layers of {shapes} do not lead from {sizes[0]} inputs over {self.widths} to {self.outputs}"
            )

    def standardise(self, x: np.ndarray) -> np.ndarray:
        """Inputs as the network reads them.

        Parameters
        ----------
        x : float array, (N, D)

        Returns
        -------
        float32 array, (N, D)
        """
        return np.clip((np.asarray(x, np.float32) - self.mean) / self.scale, -6, 6)

    def __call__(self, x: np.ndarray, *, block: int = 4096) -> np.ndarray:
        """Logits, float32 (N, outputs).

        In numpy, so that a page's first answer does not wait for a compiler; a test holds it to flax's own numbers.
        """
        return np.concatenate(
            [self._forward(x[i : i + block]) for i in range(0, len(x), block)]
            or [np.zeros((0, self.outputs), np.float32)]
        )

    def _forward(self, x: np.ndarray) -> np.ndarray:
        hidden = self.standardise(x)
        last = len(self.widths)
        for layer in range(last + 1):
            weights = self.params[f"Dense_{layer}"]
            hidden = hidden @ np.asarray(weights["kernel"], np.float32) + np.asarray(weights["bias"], np.float32)
            if layer < last:
                hidden = _gelu(hidden)
        return hidden

    def arrays(self, prefix: str, *, half: bool = False) -> dict[str, np.ndarray]:
        """Weights as named arrays, for safetensors; in half precision where `half`.

        Parameters
        ----------
        prefix : str
            What each name begins with.
        half : bool

        Returns
        -------
        dict of arrays
        """
        flat = {f"{prefix}.mean": self.mean, f"{prefix}.scale": self.scale}
        for layer, weights in self.params.items():
            for kind, values in weights.items():
                flat[f"{prefix}.{layer}.{kind}"] = np.asarray(values, np.float16 if half else np.float32)
        return {name: np.ascontiguousarray(values) for name, values in flat.items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], prefix: str) -> "Mlp":
        """The reverse of `arrays`.

        Parameters
        ----------
        arrays : mapping
        prefix : str

        Returns
        -------
        Mlp

        Raises
        ------
        KeyError
            An array is missing.
        ValueError
            The layers do not fit one another.
        """
        layers = sorted({n.split(".")[1] for n in arrays if n.startswith(f"{prefix}.Dense_")})
        params = {
            layer: {kind: arrays[f"{prefix}.{layer}.{kind}"].astype(np.float32) for kind in ("kernel", "bias")}
            for layer in layers
        }
        widths = tuple(params[layer]["bias"].shape[0] for layer in layers)
        return cls(params, arrays[f"{prefix}.mean"], arrays[f"{prefix}.scale"], widths[:-1], widths[-1])


def _gelu(x: np.ndarray) -> np.ndarray:
    """As flax computes it (tanh approximation)."""
    return 0.5 * x * (1 + np.tanh(np.float32(np.sqrt(2 / np.pi)) * (x + np.float32(0.044715) * x**3)))


def logit(p: np.ndarray, floor: float = FLOOR) -> np.ndarray:
    """Natural log-odds, with p kept `floor` away from 0 and 1.

    Parameters
    ----------
    p : float array
        Probabilities.
    floor : float

    Returns
    -------
    float32 array of the same shape

    Examples
    --------
    >>> [round(float(v), 2) for v in logit(np.array([0.0, 0.5]))]
    [-9.21, 0.0]
    """
    p = np.clip(np.asarray(p, dtype=np.float32), floor, 1 - floor)
    return np.log(p) - np.log1p(-p)


def project(network: Mlp, x: np.ndarray, centre: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Scaled inputs (N, width) on main axes, float32 (N, d); the axes cover the first inputs.

    Parameters
    ----------
    network : Mlp
        Whose scaling is used.
    x : float array, (N, width)
    centre : float array, (first inputs,)
    axes : float array, (first inputs, d)
    """
    width = len(centre)
    return (network.standardise(x)[:, :width] - centre) @ axes
