"""Tiny ESM-2 folders with random weights, made in a moment; loud enough that every part changes the answer."""

import json
import shutil
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp

from biocore.esm2 import TOKENS

TINY = {
    "vocab_size": 33,
    "hidden_size": 24,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 1026,
    "position_embedding_type": "rotary",
    "emb_layer_norm_before": False,
    "token_dropout": True,
    "mask_token_id": 32,
    "pad_token_id": 1,
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
}


def masked_lm(seed: int = 0, **changes):
    """EsmForMaskedLM in evaluation mode with random weights."""
    import torch
    from transformers import EsmConfig, EsmForMaskedLM

    generator = torch.Generator().manual_seed(seed)
    model = EsmForMaskedLM(EsmConfig(**(TINY | changes))).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            scale_of_norm = 1.0 if "orm.weight" in name or "norm_after.weight" in name else 0.0
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.15 + scale_of_norm)
    return model


@lru_cache(maxsize=1)
def _template() -> Path:
    folder = Path(mkdtemp(prefix="esm-toy-"))
    masked_lm().save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(TOKENS))
    return folder


def tiny_folder(folder: Path, **config) -> Path:
    """A folder in the hub's layout; `config` changes entries of its config.json."""
    shutil.copytree(_template(), folder)
    if config:
        values = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(values | config))
    return folder


def tiny_model(home: Path, name: str = "esm-mini", *, parameters: int = 2_713_430) -> Path:
    """A tiny language model under a name, as a user's own in a home folder; its card is that of what ships otherwise.

    Parameters
    ----------
    home : Path
        As ``BIOCORE_HOME``.
    name : str
        "esm-mini" stands for the one that ships.
    parameters : int
        What the card says: jobs and pages cut their work by it.
    """
    from dataclasses import replace

    from biocore import runtime, zoo

    folder = home / "models" / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    tiny_folder(folder)
    card = zoo.read_card(runtime.ASSETS / "models" / "esm-mini" / "card.json")
    kept = {key: value for key, value in card.details.items() if key != "contacts"}
    details = {**kept, "parameters": parameters, "layers": TINY["num_hidden_layers"], "width": TINY["hidden_size"]}
    zoo.write_card(replace(card, name=name, title=name, folder=folder, details={**details, "order": 99}, quality=()))
    return folder
