"""Embedding 1,000 human proteins of mixed length: this project's plan against two common ways.

    python benchmarks/bench_embed.py --data DIR [--model esm-mini] [--proteins 1000] [--rounds 3]

| way | what it does |
|---|---|
| one at a time | transformers' EsmModel, one protein a call, as in the book (but the mean over residues only) |
| file order | transformers' EsmModel, padded batches of 8 as they come |
| planned | `esm2.embed`: sorted by length into batches of equal tokens |

All three have the same weights and threads; each round times them one after another, and the median is printed.
Proteins longer than the model's window are left out, so that no way has to tile.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from biocore import zoo
from biocore.embedding import plans

SIZE = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with go/human_mf.tsv.gz")
    parser.add_argument("--model", default="esm-mini")
    parser.add_argument("--proteins", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    model = zoo.load(arguments.model)
    sequences = proteins(arguments.data, arguments.proteins, model.window)
    lengths = [len(s) for s in sequences]
    print(f"{len(sequences):,} human proteins of {min(lengths)} to {max(lengths)} residues, {sum(lengths):,} in all; "
          f"{model.name} on {model.device}")  # fmt: skip

    ordered, planned = plans.in_file_order(lengths, size=SIZE), plans.plan(lengths, budget=model.tokens_per_batch)
    ways = {
        "one at a time": (lambda: in_batches(plain, model, sequences, plans.in_file_order(lengths, size=1)), 0.0),
        "file order": (lambda: in_batches(plain, model, sequences, ordered), ordered.padding_fraction),
        "planned": (lambda: model.embed(sequences), planned.padding_fraction),
    }
    plain = transformers_model(arguments.model, model.device)
    model.embed(sequences[:20])  # warm up
    in_batches(plain, model, sequences[:20], plans.in_file_order(lengths[:20], size=SIZE))
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    vectors = {}
    for _ in range(arguments.rounds):
        for name, (run, _) in ways.items():
            start = time.process_time() if model.device == "cpu" else time.perf_counter()
            vectors[name] = run()
            end = time.process_time() if model.device == "cpu" else time.perf_counter()
            seconds[name].append(end - start)
    clock = "processor seconds" if model.device == "cpu" else "seconds"
    print(f"\n| way | {clock} | residues per second | padding | planned is faster by |\n|---|---|---|---|---|")
    best = statistics.median(seconds["planned"])
    for name, (_, padding) in ways.items():
        middle = statistics.median(seconds[name])
        print(f"| {name} | {middle:.1f} | {sum(lengths) / middle:,.0f} | {padding:.1%} | {middle / best:.2f} x |")
    for name in ("one at a time", "file order"):
        print(f"largest difference to {name}: {np.abs(vectors[name] - vectors['planned']).max():.1e}")


def proteins(data: Path, count: int, longest: int) -> list[str]:
    """A fixed random sample of human proteins that fit the window."""
    table = pd.read_csv(data / "go" / "human_mf.tsv.gz", sep="\t", usecols=["Sequence"])
    known = table["Sequence"].str.fullmatch("[ACDEFGHIKLMNPQRSTVWY]+") & (table["Sequence"].str.len() <= longest)
    return table[known]["Sequence"].sample(count, random_state=0).tolist()


def transformers_model(name: str, device: str):
    import torch
    from transformers import EsmModel

    folder = zoo.card(name).folder
    return EsmModel.from_pretrained(folder, add_pooling_layer=False, dtype=torch.float32).eval().to(device)


def in_batches(plain, model, sequences: list[str], plan: plans.BatchPlan) -> np.ndarray:
    """Mean over residues from transformers' own forward pass, batch by batch."""
    import torch

    ids = {token: i for i, token in enumerate(model.vocabulary)}
    rows = {}
    for indices in plan.batches:
        width = max(len(sequences[i]) for i in indices) + 2
        tokens = torch.full((len(indices), width), ids["<pad>"])
        for row, index in enumerate(indices):
            coded = [ids["<cls>"], *(ids[letter] for letter in sequences[index]), ids["<eos>"]]
            tokens[row, : len(coded)] = torch.tensor(coded)
        mask = tokens.ne(ids["<pad>"]).long()
        with torch.inference_mode():
            states = plain(input_ids=tokens.to(model.device), attention_mask=mask.to(model.device)).last_hidden_state
        for row, index in enumerate(indices):
            rows[index] = states[row, 1 : len(sequences[index]) + 1].float().mean(dim=0).cpu().numpy()
    return np.vstack([rows[i] for i in range(len(sequences))])


if __name__ == "__main__":
    main()
