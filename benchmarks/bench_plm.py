"""How fast is a training step of the protein language model?  Tokens a second, and the share of the chip's peak.

    python -m benchmarks.bench_plm                               # mini and small, this machine
    python -m benchmarks.bench_plm --shapes 8m --tokens 65536 --peak-tflops 989   # an H100 or H200 in bfloat16

Each shape is timed with ESM's own gelu and with torch's, in turns; the best of the repeats counts.  Only ratios within
one run mean anything on a machine that does other work.
"""

import argparse
import time

import numpy as np

from biocore import runtime
from biocore.esm2.network import configuration
from biocore.esm2.train import PretrainingConfig
from biocore.esm2.train.batches import Masking
from biocore.esm2.train.loop import SHAPES, loss_of, new_model, use_one_kernel_gelu
from biocore.esm2.vocabulary import CLS, EOS


def batch(tokens: int, crop: int) -> np.ndarray:
    """Random proteins of one length, int64 (N, crop + 2)."""
    rng = np.random.default_rng(0)
    ids = rng.integers(4, 24, (max(1, tokens // (crop + 2)), crop + 2))
    ids[:, 0], ids[:, -1] = CLS, EOS
    return ids


def seconds_a_step(config: PretrainingConfig, one_kernel: bool, ids: np.ndarray, repeats: int) -> float:
    """Best of some training steps, the first (which allocates) left out."""
    import torch
    from transformers import EsmForMaskedLM

    model = EsmForMaskedLM(configuration(*SHAPES[config.shape])).to(runtime.device().torch).train()
    if one_kernel:
        use_one_kernel_gelu(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    best = float("inf")
    for repeat in range(repeats + 1):
        inputs, labels = Masking().apply(ids, np.random.default_rng(repeat))
        if model.device.type == "cuda":
            torch.cuda.synchronize()
        started = time.perf_counter()
        loss_of(model, inputs, labels).mean().backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if model.device.type == "cuda":
            torch.cuda.synchronize()
        if repeat:
            best = min(best, time.perf_counter() - started)
    return best


def main() -> None:
    import torch

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", nargs="+", default=["small", "mini"])
    parser.add_argument("--tokens", type=int, default=4096)
    parser.add_argument("--crops", type=int, nargs="+", default=[126, 254])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--peak-tflops", type=float, help="of the chip, to report a share of it")
    arguments = parser.parse_args()
    print(f"{runtime.device().name}, {torch.get_num_threads()} threads")
    print("shape\tparameters\tcrop\tgelu\ttokens/s\tTFLOP/s\tshare of peak")
    for shape in arguments.shapes:
        for crop in arguments.crops:
            ids = batch(arguments.tokens, crop)
            config = PretrainingConfig(shape=shape, budget=max(arguments.tokens, crop + 2), crop=crop)
            parameters = sum(p.numel() for p in new_model(config).parameters())
            for name, one_kernel in (("ESM's", False), ("torch's", True)):
                speed = ids.size / seconds_a_step(config, one_kernel, ids, arguments.repeats)
                flops = 6 * parameters * speed / 1e12  # forward and backward products; attention left out
                share = f"{flops / arguments.peak_tflops:.1%}" if arguments.peak_tflops else "-"
                print(
                    f"{shape}\t{parameters / 1e6:.2f} M\t{crop}\t{name}\t{speed:,.0f}\t{flops:.3f}\t{share}", flush=True
                )


if __name__ == "__main__":
    main()
