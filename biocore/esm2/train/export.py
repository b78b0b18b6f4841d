"""From a trained model to a folder that `zoo` and `transformers` both open."""

import json
from pathlib import Path
from typing import Any

from biocore import zoo
from biocore.esm2.train.loop import SHAPES, PretrainingConfig
from biocore.esm2.vocabulary import TOKENS


def export(
    model: Any, config: PretrainingConfig, folder: Path, *, trained_on: str, steps: int, name: str
) -> zoo.ModelCard:
    """Write weights (float16), configuration, vocabulary and card.

    Parameters
    ----------
    model : transformers.EsmForMaskedLM
    folder : Path
        Made where it does not exist.
    trained_on : str
        What the card says of the data.
    steps : int
        How many steps were made.

    Returns
    -------
    ModelCard
        Without measured quality; `zoo.write_card` it again once that is measured.
    """
    import torch
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        # the rotary frequencies span orders of magnitude that float16 does not hold
        key: (value.detach().cpu() if "inv_freq" in key else value.detach().cpu().to(torch.float16)).contiguous()
        for key, value in model.state_dict().items()
        # the decoder is tied to the embeddings and to lm_head.bias; nobody has trained the contact head
        if not key.startswith(("lm_head.decoder.", "esm.contact_head."))
    }
    save_file(tensors, folder / zoo.WEIGHTS, metadata={"format": "pt"})
    settings = model.config.to_diff_dict() | {
        "model_type": "esm",
        "architectures": ["EsmForMaskedLM"],
        "dtype": "float16",
    }
    (folder / "config.json").write_text(json.dumps(settings, indent=1, sort_keys=True) + "\n")
    (folder / "vocab.txt").write_text("\n".join(TOKENS) + "\n")
    layers, width, heads = SHAPES[config.shape]
    parameters = sum(tensor.numel() for tensor in tensors.values())
    card = zoo.ModelCard(
        name=name,
        task="protein-language-model",
        title=f"{name} ({parameters / 1e6:.1f} M parameters, trained with biocore)",
        source="user",
        output_unit="log-odds of substitutions, natural log",
        trained_on=f"{trained_on}; {steps:,} steps of up to {config.budget:,} tokens, crops of {config.crop} residues",
        limits="A small model of sequences alone. Measure it before judging variants by it.",
        licence="That of the training data; the weights are yours.",
        citation="Architecture: Lin et al. (2023), Science 379:1123-1130, doi:10.1126/science.ade2574.",
        window=config.crop,
        details={
            "parameters": parameters,
            "layers": layers,
            "width": width,
            "heads": heads,
            "training_steps": steps,
            "weights": "float16; computed in float32",
        },
        folder=folder,
    )
    zoo.write_card(card)
    return zoo.read_card(folder / "card.json")
