"""Opening a folder of weights: every way in which it can be the wrong one has its own message."""

import json
import logging
import threading
import warnings
from pathlib import Path
from typing import Any

from biocore import runtime, zoo
from biocore.errors import ModelUnavailable
from biocore.esm2 import vocabulary
from biocore.esm2.contacts import ContactHead
from biocore.esm2.library import transformers_class
from biocore.esm2.model import Esm2

CONFIG, VOCABULARY = "config.json", "vocab.txt"
_HELP = "Point to the folder of an ESM-2 model as on the hub: config.json, vocab.txt and model.safetensors."
_SUPPORTED = {
    "position_embedding_type": "rotary",
    "emb_layer_norm_before": False,
    "is_decoder": False,
    "is_folding_model": False,
    "vocab_size": len(vocabulary.TOKENS),
}


def open_folder(folder: Path, card: zoo.ModelCard | None = None, *, hash: str | None = None) -> Esm2:
    """An ESM-2 model from a folder in the hub's layout, on the GPU when there is one.

    Parameters
    ----------
    folder : Path
        With ``config.json``, ``vocab.txt`` and ``model.safetensors`` (or its parts and their index).
    card : ModelCard, optional
        Default is one that says no more than where the folder is.
    hash : str, optional
        What stands for these weights in cache keys; computed from the files where it is not known.

    Raises
    ------
    ModelUnavailable
        Not a folder of an ESM-2 model, a truncated or missing file, another vocabulary; the message says what to do.
    """
    folder = Path(folder).expanduser()
    config = check_folder(folder)
    files = weight_files(folder)
    for file in files:
        check_safetensors(file)
    card = card or local_card(folder, config)
    with _reading:
        masked_lm, head = _read(folder)
    if card.source == "assets":
        head = None  # what ships was trained here, without contacts: its card has the head, if there is one
    return Esm2(masked_lm, card, hash=hash or _hash(files), contact_head=head)


def check_folder(folder: Path) -> dict[str, Any]:
    """The configuration of an ESM-2 folder.

    Raises
    ------
    ModelUnavailable
        Files are missing, or belong to another kind of model.
    """
    if not folder.is_dir():
        raise ModelUnavailable(f"{folder} is not a folder on this machine. {_HELP}")
    try:
        config = json.loads((folder / CONFIG).read_text())
        tokens = (folder / VOCABULARY).read_text().split()
    except FileNotFoundError as error:
        raise ModelUnavailable(
            f"{folder} is not the folder of an ESM-2 model: {Path(error.filename).name} is missing. {_HELP}"
        ) from error
    except (OSError, ValueError) as error:
        raise ModelUnavailable(f"{folder} cannot be read: {error}. {_HELP}") from error
    if not isinstance(config, dict) or config.get("model_type") != "esm":
        kind = config.get("model_type") if isinstance(config, dict) else None
        raise ModelUnavailable(f"{folder} holds a model of type {kind or 'unknown'!r}, not esm. {_HELP}")
    for name, wanted in _SUPPORTED.items():
        if config.get(name, wanted) != wanted:
            raise ModelUnavailable(
                f"{folder} is of the ESM family but not an ESM-2 language model: {name} is {config[name]!r} "
                f"where {wanted!r} is needed. {_HELP}"
            )
    vocabulary.check(tokens, folder / VOCABULARY)
    return config


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files of a folder: one, or the parts its index names.

    Raises
    ------
    ModelUnavailable
        None is there; weights in another format are not opened.
    """
    single = folder / zoo.WEIGHTS
    if single.exists():
        return [single]
    index = folder / f"{zoo.WEIGHTS}.index.json"
    if index.exists():
        try:
            names = sorted(set(json.loads(index.read_text())["weight_map"].values()))
        except (ValueError, KeyError, AttributeError) as error:
            raise ModelUnavailable(f"{index} is damaged ({error}). Fetch the model again.") from error
        missing = [name for name in names if not (folder / name).exists()]
        if missing:
            raise ModelUnavailable(f"{folder} is incomplete: {', '.join(missing)} is missing. Fetch the model again.")
        return [folder / name for name in names]
    pickled = [path.name for path in folder.glob("*.bin")]
    hint = (
        f" {pickled[0]} is a pickle, which can run any program when it is opened; convert it to safetensors first "
        "(transformers: EsmForMaskedLM.from_pretrained(...).save_pretrained(...))."
        if pickled
        else ""
    )
    raise ModelUnavailable(f"{folder} holds no {zoo.WEIGHTS}.{hint or ' ' + _HELP}")


def check_safetensors(path: Path) -> None:
    """Refuse a file that is shorter than its header says: a download that broke off.

    Raises
    ------
    ModelUnavailable
    """
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 2 <= length <= min(size - 8, 100_000_000):
                raise ValueError("no header")
            header = json.loads(file.read(length))
        end = max(entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelUnavailable(
            f"{path} is not a whole safetensors file ({size:,} bytes). Delete it and fetch the model again."
        ) from error
    if size < 8 + length + end:
        raise ModelUnavailable(
            f"{path} is truncated: {size:,} of {8 + length + end:,} bytes. Delete it and fetch the model again."
        )


def local_card(folder: Path, config: dict[str, Any]) -> zoo.ModelCard:
    """A card for a folder nothing is known about but its configuration."""
    return zoo.ModelCard(
        name=str(folder),
        task="protein-language-model",
        title=f"{folder.name} (your folder)",
        source="user",
        output_unit="log-odds of substitutions, natural log",
        trained_on="unknown: a folder of your own",
        limits="Nothing is known here about how this model was trained or how good it is.",
        licence="unknown",
        citation="",
        window=int(config.get("max_position_embeddings", 1026)) - 4,
        folder=folder,
    )


_reading = threading.Lock()  # from_pretrained changes settings of the whole process while it reads: one at a time


def _read(folder: Path) -> tuple[Any, ContactHead | None]:
    """EsmForMaskedLM in evaluation mode, float32 on the processor, bfloat16 on a GPU; and its contact head, if any."""
    import torch
    from safetensors import SafetensorError

    masked_lm_class = transformers_class("EsmForMaskedLM")
    from transformers.utils import logging as hub_logging

    device = runtime.device().torch
    dtype = torch.float32 if device == "cpu" else torch.bfloat16
    bars, level = hub_logging.is_progress_bar_enabled(), hub_logging.get_verbosity()
    hub_logging.disable_progress_bar()
    hub_logging.set_verbosity(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            loaded: Any = masked_lm_class.from_pretrained(  # a pair, because of the last argument
                folder,
                dtype=dtype,
                use_safetensors=True,
                local_files_only=True,
                trust_remote_code=False,
                attn_implementation="sdpa",
                ignore_mismatched_sizes=True,  # reported below, by name
                output_loading_info=True,
            )
            masked_lm, info = loaded
    except (SafetensorError, OSError, ValueError, RuntimeError, KeyError) as error:
        raise ModelUnavailable(
            f"The weights in {folder} cannot be read ({str(error).splitlines()[0][:200]}). Fetch the model again."
        ) from error
    finally:
        hub_logging.set_verbosity(level)
        if bars:
            hub_logging.enable_progress_bar()
    mismatched = [name for name, *_ in info["mismatched_keys"] if "contact_head" not in name]
    if mismatched:
        raise ModelUnavailable(
            f"The weights in {folder} do not fit its config.json: {sorted(mismatched)[0]} has another shape. "
            "Fetch the model again."
        )
    missing = [name for name in info["missing_keys"] if "contact_head" not in name and "position_ids" not in name]
    if missing:
        raise ModelUnavailable(
            f"The weights in {folder} lack {len(missing)} tensors, {sorted(missing)[0]} for one: they are not "
            "those of an ESM-2 language model. Fetch the model again."
        )
    return masked_lm.requires_grad_(False).eval().to(device), _contact_head(masked_lm, info)


def _contact_head(masked_lm: Any, info: dict[str, Any]) -> ContactHead | None:
    """The checkpoint's own; None where it has none, and transformers has put random numbers there."""
    absent = [*info["missing_keys"], *(name for name, *_ in info["mismatched_keys"])]
    head = getattr(masked_lm.esm, "contact_head", None)
    if head is None or any("contact_head" in name for name in absent):
        return None
    regression = head.regression
    return ContactHead(regression.weight.detach().float().cpu().numpy()[0], regression.bias.item(), "its checkpoint")


def _hash(files: list[Path]) -> str:
    return "-".join(zoo.sha256(file)[:16] for file in files)
