"""How fast is a masked-marginal scan?  Against the book's loop of single masks, and against one batch of everything.

    python benchmarks/bench_esm2.py                      # 8M shape, 110 and 400 residues
    python benchmarks/bench_esm2.py --shapes 8M 150M 650M  # on a GPU
    python benchmarks/bench_esm2.py --budgets 256 512 1024 2048 4096

Weights are random (speed does not depend on them), so nothing is fetched.  Ways take turns, and the best of the
repeats counts, because other work on the machine only ever makes a run slower.  CPU seconds add up all threads.
"""

import argparse
import os
import platform
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from biocore import runtime  # noqa: E402
from biocore.esm2 import TOKENS, open_folder  # noqa: E402
from biocore.esm2.model import TOKENS_PER_BATCH  # noqa: E402
from biocore.esm2.network import configuration  # noqa: E402
from biocore.esm2.vocabulary import CLS, EOS, MASK, encode  # noqa: E402
from biocore.sequence import AMINO_ACIDS  # noqa: E402

SHAPES = {  # layers, width, heads of the published models
    "8M": (6, 320, 20),
    "35M": (12, 480, 20),
    "150M": (30, 640, 20),
    "650M": (33, 1280, 20),
}


def random_folder(shape: str, folder: Path) -> Path:
    """A folder in the hub's layout with random weights of a published shape."""
    from transformers import EsmForMaskedLM

    EsmForMaskedLM(configuration(*SHAPES[shape])).save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(TOKENS))
    return folder


def masked_rows(sequence: str):
    """Every single mask of a protein as token ids, int64 (L, L + 2)."""
    import torch

    ids = torch.tensor([CLS, *encode(sequence).tolist(), EOS]).repeat(len(sequence), 1)
    ids[torch.arange(len(sequence)), torch.arange(len(sequence)) + 1] = MASK
    return ids


def one_at_a_time(masked_lm, sequence: str) -> np.ndarray:
    """The book's loop: a forward pass of transformers for each mask."""
    import torch

    rows, found = masked_rows(sequence).to(masked_lm.device), []
    with torch.no_grad():
        for position in range(len(sequence)):
            ids = rows[position : position + 1]
            logits = masked_lm(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
            found.append(torch.log_softmax(logits[0, position + 1].float(), -1).cpu())
    return torch.stack(found).numpy()


def one_batch(masked_lm, sequence: str) -> np.ndarray:
    """Everything at once through transformers."""
    import torch

    rows = masked_rows(sequence).to(masked_lm.device)
    with torch.no_grad():
        logits = masked_lm(input_ids=rows, attention_mask=torch.ones_like(rows)).logits
    where = torch.arange(len(sequence))
    return torch.log_softmax(logits[where, where + 1].float(), -1).cpu().numpy()


def micro_batches(model, sequence: str, tokens: int) -> np.ndarray:
    """biocore's scan with a token budget."""
    model.tokens_per_batch = tokens
    return model.substitution_scores(sequence).token_log_probabilities


def measure(ways: dict, repeats: int) -> tuple[dict, dict]:
    """Best wall and CPU seconds of each way, taken in turns; and each way's answer."""
    best: dict = {}
    answers: dict = {}
    for _ in range(repeats):
        for name, way in ways.items():
            wall, cpu = time.perf_counter(), time.process_time()
            answers[name] = way()
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            before = best.get(name, (np.inf, np.inf))
            best[name] = (min(before[0], wall), min(before[1], cpu))
    return best, answers


def main() -> None:
    import torch
    from transformers import EsmForMaskedLM

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=["8M"])
    parser.add_argument("--lengths", nargs="+", type=int, default=[110, 400])
    parser.add_argument("--budgets", nargs="+", type=int, default=[], help="tokens per micro-batch to compare")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()

    device = runtime.device()
    dtype = torch.float32 if device.torch == "cpu" else torch.bfloat16
    print(f"{device.name}, {platform.processor() or platform.machine()}, torch {torch.__version__}, {dtype}")
    print(f"threads {torch.get_num_threads()}, load {os.getloadavg()[0]:.1f}, best of {arguments.repeats}\n")
    print("| shape | residues | way | seconds | CPU seconds | residues/s | times faster |")
    print("|---|---|---|---|---|---|---|")
    for shape in arguments.shapes:
        with tempfile.TemporaryDirectory() as temporary:
            folder = random_folder(shape, Path(temporary))
            ours = open_folder(folder)
            plain = EsmForMaskedLM.from_pretrained(folder, dtype=dtype).eval().to(device.torch)
        for length in arguments.lengths:
            sequence = "".join(np.random.default_rng(0).choice(list(AMINO_ACIDS), length))
            ways = {
                "one mask at a time (transformers)": partial(one_at_a_time, plain, sequence),
                "one batch (transformers)": partial(one_batch, plain, sequence),
            }
            for budget in arguments.budgets or [TOKENS_PER_BATCH[device.torch]]:
                ways[f"biocore, {budget:,} tokens at a time"] = partial(micro_batches, ours, sequence, budget)
            ours.embed([sequence])  # wakes the libraries up
            best, answers = measure(ways, arguments.repeats)
            reference = answers["one mask at a time (transformers)"]
            slowest = best["one mask at a time (transformers)"][0]
            for name, (wall, cpu) in best.items():
                off = np.abs(answers[name] - reference).max()
                note = "" if off < 1e-3 or dtype is torch.bfloat16 else f" (differs by {off:.1e}!)"
                print(
                    f"| {shape} | {length} | {name}{note} | {wall:.2f} | {cpu:.2f} | {length / wall:,.0f} "
                    f"| {slowest / wall:.2f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
