"""In-silico mutagenesis of 101, 200 and 2,000 bp: `mutation_scan` against the book's loop and against tangermeme.

    python benchmarks/bench_attribution.py [--lengths 101,200,2000] [--repeats 5] [--tf CTCF]

Three ways to the same numbers, on one machine, in one run, warm, their turns interleaved so that a busy machine slows
all of them; the median of the repeats is printed.  Of 2,000 bp the middle hundred positions are changed:

biocore      `attribution.mutation_scan` of a shipped model, both strands
products     the matrix products that `mutation_scan` cannot do without, alone, in PyTorch: the limit
loop         as in the book: each mutant built in a Python loop and scored on its own, without compilation (one repeat,
             up to 300 bp)
tangermeme   `saturation_mutagenesis` of the same network with the same weights in PyTorch, both strands, at its
             default batch size and at one batch for the whole scan (of 512 at most: more takes gigabytes); the faster
             of the two is compared.  Its own quick way, which cuts convolutions, refuses this network and says so.
whole      for a network with transformer blocks (`--tf CTCF-one-transformer`) instead of tangermeme: biocore itself,
           each changed sequence computed as a whole
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from tangermeme.saturation_mutagenesis import saturation_mutagenesis

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from biocore import tfbinding, zoo  # noqa: E402
from biocore.attribution import integrated_gradients, mutation_scan, significance  # noqa: E402
from biocore.sequence import one_hot  # noqa: E402
from biocore.tfbinding.incremental import reach  # noqa: E402
from biocore.tfbinding.words import word_length  # noqa: E402

LONGEST_LOOP = 300  # bp
LONGEST_WHOLE = 500  # bp


def tensor(array) -> torch.Tensor:
    return torch.tensor(np.asarray(array, np.float32))


class Twin(torch.nn.Module):
    """The shipped network in PyTorch, layer by layer, with the same weights; (N, 4, L) -> (N, 1) log-odds."""

    def __init__(self, model: tfbinding.TFModel):
        super().__init__()
        self.architecture, self.scale, self.offset = model.trunk.architecture, model.scale, model.offset
        params, stats = model.trunk.variables["params"], model.trunk.variables["batch_stats"]
        self.convolutions = torch.nn.ModuleList()
        for i, (filters, width, _) in enumerate(self.architecture.blocks):
            kernel = tensor(params[f"conv{i}"]["kernel"]).permute(2, 1, 0)  # (K, C, F) -> (F, C, K)
            layer = torch.nn.Conv1d(kernel.shape[1], filters, width, bias=False)
            layer.weight.data = kernel.contiguous()
            norm = _norm(torch.nn.BatchNorm1d(filters, eps=1e-5), params[f"norm{i}"], stats[f"norm{i}"])
            self.convolutions.append(torch.nn.ModuleList([layer, norm]))
        kernel = tensor(params["mlp"]["kernel"])
        self.dense = torch.nn.Linear(*kernel.shape, bias=False)
        self.dense.weight.data = kernel.T.contiguous()
        self.norm = _norm(torch.nn.BatchNorm1d(kernel.shape[1], eps=1e-5), params["norm_mlp"], stats["norm_mlp"])
        self.kernel, self.bias, self.out = (tensor(model.heads[name][0]) for name in ("kernel", "bias", "out"))
        self.kmers = tensor(model.kmers[0]) if self.architecture.kmers else None
        self.gelu = torch.nn.GELU(approximate="tanh")

    def strand(self, x: torch.Tensor) -> torch.Tensor:
        h, pooled = x, []
        for (convolution, norm), (_, _, pool) in zip(self.convolutions, self.architecture.blocks, strict=True):
            h = convolution(h)
            h = self.gelu(norm(torch.nn.functional.max_pool1d(h, pool) if pool > 1 else h))
            edge = h.shape[2] // 3
            pooled += [h.amax(2), h[:, :, edge : h.shape[2] - edge].amax(2), h.mean(2)]
        features = self.gelu(self.norm(self.dense(torch.cat(pooled, 1))))
        log_odds = self.gelu(features @ self.kernel + self.bias) @ self.out * self.scale + self.offset
        return log_odds if self.kmers is None else log_odds + self.kmer_term(x)

    def kmer_term(self, x: torch.Tensor) -> torch.Tensor:
        half = word_length(self.kmers) // 2
        n = x.shape[2] - half + 1
        begins = x[:, :, :n].transpose(1, 2)
        for i in range(1, half):
            begins = (begins[..., None] * x[:, :, i : i + n].transpose(1, 2)[:, :, None]).flatten(2)
        counts = torch.einsum("nla,nlb->nab", begins[:, :-half], begins[:, half:]) / (n - half)
        return torch.einsum("nab,ab->n", counts, self.kmers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return ((self.strand(x) + self.strand(x.flip(1, 2))) / 2)[:, None]


def _norm(layer: torch.nn.BatchNorm1d, params, stats) -> torch.nn.BatchNorm1d:
    layer.weight.data, layer.bias.data = tensor(params["norm"]["scale"]), tensor(params["norm"]["bias"])
    layer.running_mean, layer.running_var = tensor(stats["norm"]["mean"]), tensor(stats["norm"]["var"])
    return layer


def loop(model: tfbinding.TFModel, sequence: str) -> np.ndarray:
    """Effects, (L, 4): one mutant at a time, one uncompiled call for each."""
    score = model.logit_fn
    reference = float(score(one_hot([sequence]))[0])
    effects = np.zeros((len(sequence), 4), np.float32)
    for position, there in enumerate(sequence):
        for base, letter in enumerate("ACGT"):
            if letter != there:
                mutant = sequence[:position] + letter + sequence[position + 1 :]
                effects[position, base] = float(score(one_hot([mutant]))[0]) - reference
    return effects


def tangermeme(twin: Twin, sequence: str, batch_size: int) -> np.ndarray:
    """Effects at the positions compared, (P, 4), not centred."""
    x = torch.tensor(one_hot([sequence]).transpose(0, 2, 1))
    first, last = compared(sequence)
    with torch.no_grad():
        raw = saturation_mutagenesis(
            twin, x, start=first, end=last, batch_size=batch_size, device="cpu", raw_outputs=True
        )
    return (raw.y_hat[0, :, :, 0] - raw.y0[0, 0]).numpy().T


def compared(sequence: str) -> tuple[int, int]:
    """Positions that are changed: all, or the middle hundred of a long sequence."""
    if len(sequence) <= LONGEST_WHOLE:
        return 0, len(sequence)
    first = (len(sequence) - 100) // 2
    return first, first + 100


def biocore(model: tfbinding.TFModel, sequence: str) -> np.ndarray:
    """Effects at the positions compared, (P, 4)."""
    if len(sequence) <= LONGEST_WHOLE:
        return mutation_scan(model, sequence).effects
    positions, x = np.arange(*compared(sequence)), one_hot([sequence])
    base = np.nonzero(x[0, positions] == 0)[1].reshape(-1, 3)
    reference, scores = model.substitutions(x, np.zeros(len(positions), int), positions, base)
    effects = np.zeros((len(positions), 4), np.float32)
    np.put_along_axis(effects, base, scores - reference, axis=1)
    return effects


def products(model: tfbinding.TFModel, positions: int) -> Callable[[], None]:
    """The matrix products of an incremental scan, both strands, with numbers of no meaning."""
    architecture = model.trunk.architecture
    changes = reach(architecture)
    scans = 2 * 3 * positions
    filters, width, pool = architecture.blocks[0]
    room = changes[0][1] * pool
    shapes = [(scans, 4 * (room - changes[0][0] + 1), room * filters)]
    for (channels, _, _), (_, before), (filters, width, _) in zip(
        architecture.blocks, changes, architecture.blocks[1:], strict=False
    ):
        shapes.append((scans * before, channels, width * filters))
    dense = model.trunk.variables["params"]["mlp"]["kernel"].shape
    shapes += [(scans, *dense), (scans, *model.heads["kernel"].shape[1:])]
    pairs = [(torch.rand(n, k), torch.rand(k, m)) for n, k, m in shapes]

    def multiply() -> None:
        for a, b in pairs:
            torch.matmul(a, b)

    return multiply


def seconds(function: Callable[[], object]) -> tuple[float, object]:
    started = time.perf_counter()
    result = function()
    return time.perf_counter() - started, result


def compare(model: tfbinding.TFModel, sequence: str, repeats: int, with_loop: bool) -> None:
    ways = {"biocore": lambda: biocore(model, sequence)}
    attends = model.trunk.architecture.transformers > 0
    if attends:
        ways["every change as a whole"] = lambda: mutation_scan(lambda x: model(x), sequence).effects
    else:
        twin = Twin(model).eval()
        ways["tangermeme, batches of 32"] = lambda: tangermeme(twin, sequence, 32)
        ways["tangermeme, large batches"] = lambda: tangermeme(twin, sequence, min(3 * len(sequence), 512))
    results = {name: way() for name, way in ways.items()}  # warm
    if not attends:
        ways["products"] = products(model, -int(np.subtract(*compared(sequence))))
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, way in ways.items():
            times[name].append(seconds(way)[0])
    medians = {name: statistics.median(t) for name, t in times.items()}
    if with_loop and len(sequence) <= LONGEST_LOOP:
        medians["loop"], results["loop"] = seconds(lambda: loop(model, sequence))
    for name, value in medians.items():
        difference = f"{np.abs(results[name] - results['biocore']).max():.1e}" if name in results else ""
        print(
            f"{len(sequence):>6} {name:<27} {value * 1e3:>10.1f} {value / medians['biocore']:>13.1f} {difference:>19}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--lengths", default="101,200,2000", help="bp (default 101,200,2000)")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--tf", default="CTCF")
    parser.add_argument("--no-loop", action="store_true", help="leave out the book's loop, which takes long")
    arguments = parser.parse_args()

    model = zoo.load(f"tf-{arguments.tf}")
    rng = np.random.default_rng(0)
    print(f"{arguments.tf}, both strands; PyTorch uses {torch.get_num_threads()} threads")
    print(f"{'bp':>6} {'way':<27} {'ms':>10} {'times slower':>13} {'largest difference':>19}")
    for length in (int(part) for part in arguments.lengths.split(",")):
        compare(model, "".join(rng.choice(list("ACGT"), length)), arguments.repeats, not arguments.no_loop)

    sequence = "".join(rng.choice(list("ACGT"), 101))
    for name, way in {
        "integrated gradients, 64 steps": lambda: integrated_gradients(model.logit_fn, sequence),
        "significance, 20 shuffles": lambda: significance(model, sequence, seed=0),
    }.items():
        way()
        print(f"{101:>6} {name:<31} {statistics.median(seconds(way)[0] for _ in range(3)) * 1e3:>6.1f} ms")


if __name__ == "__main__":
    main()
