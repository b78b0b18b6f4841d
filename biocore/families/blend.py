"""A family's profile and a language model as one answer."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from biocore.families.profile import Profile

FLOOR = 1e-5
# effective homologues between which the weights are drawn as straight lines, on a logarithmic scale
KNOTS = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)


@dataclass(frozen=True)
class Blend:
    """Log-linear weights, depending on the effective number of homologues at a residue.

    ``log p = a(n) log profile + b(n) log model - log Z``; each of a and b is given at `KNOTS`.

    Attributes
    ----------
    profile, model : float arrays, (K,)
        Weights of the profile and of the language model at each knot.
    fitted : bool
        Whether they were fitted for this language model, or are the plain rule of `plain_blend`.
    """

    profile: np.ndarray
    model: np.ndarray
    fitted: bool

    def __post_init__(self):
        if self.profile.shape != (len(KNOTS),) or self.model.shape != (len(KNOTS),):
            raise ValueError(f"one weight for each of the {len(KNOTS)} knots is needed")

    def weights(self, effective: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """a and b at each residue, float (L,) each."""
        at = np.log1p(np.asarray(effective, float))
        knots = np.log1p(KNOTS)
        return np.interp(at, knots, self.profile), np.interp(at, knots, self.model)

    def __call__(self, profile: np.ndarray, model: np.ndarray, effective: np.ndarray) -> np.ndarray:
        """Blended probabilities, float32 (L, 20).

        Parameters
        ----------
        profile, model : float arrays, (L, 20)
            Probabilities over the 20 amino acids.
        effective : float array, (L,)
            Effective number of homologues behind each row of `profile`.  Where it is 0 the answer is the language
            model's own, whatever the weights: a profile without homologues knows only the background.
        """
        a, b = self.weights(effective)
        logs = a[:, None] * np.log(np.maximum(profile, FLOOR)) + b[:, None] * np.log(np.maximum(model, FLOOR))
        logs -= logs.max(axis=1, keepdims=True)
        mixed = np.exp(logs)
        alone = np.asarray(effective) <= 0
        mixed[alone] = model[alone]
        return (mixed / mixed.sum(axis=1, keepdims=True)).astype(np.float32)

    def of(self, profile: Profile, model: np.ndarray) -> np.ndarray:
        """Blended probabilities of a whole protein, float32 (L, 20)."""
        return self(profile.probabilities, model, profile.effective)


def plain_blend() -> Blend:
    """The rule for a language model no weights were fitted for: both count half, the model alone without homologues."""
    half = np.where(np.array(KNOTS) > 0, 0.5, 0.0)
    return Blend(half, 1 - half, fitted=False)


def blend_of(details: Mapping, model: str) -> Blend:
    """The blend that a card's ``details["blend"]`` holds for a language model, else `plain_blend`."""
    kept = details.get("blend", {}).get(model)
    if kept is None:
        return plain_blend()
    return Blend(np.array(kept["profile"], float), np.array(kept["model"], float), fitted=True)


def fit_blend(
    profile: np.ndarray, model: np.ndarray, effective: np.ndarray, truth: np.ndarray, *, pull: float = 3.0
) -> Blend:
    """Weights that give held-out residues with homologues the highest probability; the others need none.

    Parameters
    ----------
    profile, model : float arrays, (N, 20)
        At hidden residues of proteins neither was trained on.
    effective : float array, (N,)
    truth : int array, (N,)
        Column of the residue that was hidden.
    pull : float
        Penalty on the difference between neighbouring knots, in nats; keeps knots with few residues near their
        neighbours.
    """
    from scipy.optimize import minimize

    known = np.asarray(effective) > 0
    profile, model, effective, truth = profile[known], model[known], np.asarray(effective)[known], truth[known]
    knots = np.log1p(KNOTS)
    at = np.clip(np.log1p(effective), knots[0], knots[-1])
    upper = np.clip(np.searchsorted(knots, at), 1, len(knots) - 1)
    part = (at - knots[upper - 1]) / (knots[upper] - knots[upper - 1])
    basis = np.zeros((len(at), len(knots)))
    rows = np.arange(len(at))
    basis[rows, upper - 1], basis[rows, upper] = 1 - part, part
    first, second = np.log(np.maximum(profile, FLOOR)), np.log(np.maximum(model, FLOOR))

    def loss(parameters):
        a, b = parameters[: len(knots)], parameters[len(knots) :]
        logs = (basis @ a)[:, None] * first + (basis @ b)[:, None] * second
        top = logs.max(axis=1, keepdims=True)
        p = np.exp(logs - top)
        total = p.sum(axis=1, keepdims=True)
        p /= total
        value = (np.log(total[:, 0]) + top[:, 0] - logs[rows, truth]).sum()
        slopes = [basis.T @ ((p * f).sum(axis=1) - f[rows, truth]) for f in (first, second)]
        for slope, weights in zip(slopes, (a, b), strict=True):
            step = np.diff(weights)
            value += pull * (step**2).sum()
            slope[:-1] -= 2 * pull * step
            slope[1:] += 2 * pull * step
        return value, np.concatenate(slopes)

    start = np.concatenate([np.linspace(0.1, 1, len(knots)), np.linspace(1, 0.3, len(knots))])
    found = minimize(loss, start, jac=True, method="L-BFGS-B").x
    return Blend(found[: len(knots)], found[len(knots) :], fitted=True)
