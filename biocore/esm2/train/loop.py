"""The training loop: resumable, logged, on a GPU in bfloat16 or on a CPU in float32."""

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from biocore import runtime
from biocore.errors import InputError
from biocore.esm2.network import configuration
from biocore.esm2.train.batches import IGNORED, Masking, Plan
from biocore.esm2.train.corpus import Corpus
from biocore.esm2.vocabulary import PAD

# name -> layers, width, heads.  "8m" is the shape of facebook/esm2_t6_8M_UR50D
SHAPES = {"8m": (6, 320, 20), "mini": (6, 192, 6), "small": (6, 128, 4), "tiny": (2, 32, 2)}
VALIDATION_SEED = 20231
WATCHED = 400  # held-out proteins a run is watched on; `evaluate plm` measures on 2,000


@dataclass(frozen=True)
class PretrainingConfig:
    """Everything that decides what is learned.  Two runs of one configuration on one machine give the same losses.

    Attributes
    ----------
    steps : int
        Length of the schedule; the learning rate has fallen to a tenth of its peak at its end.
    budget : int
        Tokens a step, padding included.
    crop : int
        Longest piece of a protein, residues.
    held_out : float
        Fraction of clusters kept for validation.
    chosen : float
        Fraction of residues the model must predict in training; in validation it is always 15 %.
    start : str
        Folder of a model of the same shape to go on from; empty: random weights.
    """

    shape: str = "8m"
    steps: int = 20_000
    budget: int = 65_536
    crop: int = 512
    peak_rate: float = 2e-3
    warm_up: int = 500
    weight_decay: float = 0.01
    clip: float = 1.0
    held_out: float = 0.01
    seed: int = 0
    weights: dict[str, float] = field(default_factory=dict)
    chosen: float = 0.15
    start: str = ""

    def __post_init__(self):
        if self.shape not in SHAPES:
            raise InputError(f"there is no shape {self.shape!r}; use one of {', '.join(SHAPES)}.")
        if self.steps < 1 or self.warm_up < 0 or not 0 < self.held_out < 1:
            raise InputError("steps must be 1 or more, warm-up 0 or more, and the held-out fraction between 0 and 1.")
        if not 0 < self.chosen < 1:
            raise InputError(f"the fraction of masked residues is {self.chosen:g}; use one between 0 and 1: 0.15.")
        if self.budget < self.crop + 2:
            raise InputError(f"a step of {self.budget:,} tokens cannot hold one piece of {self.crop:,} residues.")

    def rate(self, step: int) -> float:
        """Learning rate of a step (0-based): linear warm-up, then half a cosine down to a tenth of the peak."""
        if step < self.warm_up:
            return self.peak_rate * (step + 1) / self.warm_up
        done = min(1.0, (step - self.warm_up) / max(1, self.steps - self.warm_up))
        return self.peak_rate * (0.1 + 0.45 * (1 + math.cos(math.pi * done)))


def pretrain(
    corpus: Corpus,
    config: PretrainingConfig,
    out: Path,
    *,
    minutes: float | None = None,
    resume: bool = False,
    checkpoint_minutes: float = 3.0,
    report: Callable[[dict[str, Any]], None] = lambda row: None,
):
    """Train, or go on training, and keep the state in ``out/checkpoint``.

    Parameters
    ----------
    corpus : Corpus
    config : PretrainingConfig
        When resuming it must be the one the checkpoint was made with.
    out : Path
        Gets ``checkpoint/`` (safetensors + JSON) and ``log.jsonl`` (a line for each report: step, loss, rate, tokens
        per second, or validation loss, perplexity and accuracy).
    minutes : float, optional
        Stop after this long; ``resume=True`` goes on later as if nothing had happened.
    report : callable
        Called with every line of the log.

    Returns
    -------
    transformers.EsmForMaskedLM
        In evaluation mode, float32, on the device it was trained on.

    Raises
    ------
    InputError
        There is a checkpoint and `resume` is False, or none and it is True, or it was made with another configuration;
        or the corpus has no cluster left on one side of the split.
    """
    started = time.monotonic()
    held_out = corpus.held_out(config.held_out)
    if held_out.all() or not held_out.any():
        raise InputError(
            f"{len(set(corpus.clusters.tolist())):,} clusters cannot be split {config.held_out:.1%} to the rest."
        )
    state = _State.open(out, config, resume)
    plan = Plan(corpus, ~held_out, config.crop, config.budget, config.seed, dict(config.weights))
    validation = validation_batches(corpus, held_out, config, most=WATCHED)
    log = _Log(out / "log.jsonl", report)
    since, tokens, saved = time.monotonic(), 0, time.monotonic()
    for epoch, index, ids in plan.steps(state.epoch, state.batch):
        if state.step >= config.steps or (minutes is not None and time.monotonic() - started > 60 * minutes):
            break
        inputs, labels = Masking(config.chosen).apply(ids, np.random.default_rng([config.seed, 2, state.step]))
        loss = _step(state, config, inputs, labels)
        tokens += int((ids != PAD).sum())
        state.step, state.epoch, state.batch = state.step + 1, epoch, index + 1
        if state.step <= 20 or state.step % 50 == 0:
            seconds = time.monotonic() - since
            row = {"step": state.step, "epoch": epoch, "loss": float(loss), "rate": config.rate(state.step - 1)}
            log.write(row | {"tokens_per_second": round(tokens / seconds)})
            since, tokens = time.monotonic(), 0
        if time.monotonic() - saved > 60 * checkpoint_minutes:
            log.write({"step": state.step} | validate(state.model, validation))
            state.save()
            since, tokens, saved = time.monotonic(), 0, time.monotonic()
    log.write({"step": state.step} | validate(state.model, validation))
    state.save()
    return state.model.eval()


def _step(state: "_State", config: PretrainingConfig, inputs: np.ndarray, labels: np.ndarray):
    import torch

    for group in state.optimizer.param_groups:
        group["lr"] = config.rate(state.step)
    state.model.train()
    state.optimizer.zero_grad(set_to_none=True)
    loss = loss_of(state.model, inputs, labels).mean()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(state.model.parameters(), config.clip)
    state.optimizer.step()
    return loss.detach()


def loss_of(model, inputs: np.ndarray, labels: np.ndarray):
    """Cross-entropy of every masked position, (n,); the head runs on those alone."""
    import torch

    device = model.device
    ids, wanted = (torch.from_numpy(array).to(device, non_blocking=True) for array in (inputs, labels))
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
        hidden = model.esm(ids, attention_mask=(ids != PAD).long()).last_hidden_state
        masked = wanted != IGNORED
        logits = model.lm_head(hidden[masked])
    return torch.nn.functional.cross_entropy(logits.float(), wanted[masked], reduction="none")


def validation_batches(corpus: Corpus, held_out: np.ndarray, config: PretrainingConfig, *, most: int = 2_000):
    """Held-out proteins with fixed masks: (inputs, labels, protein of each row), the same for every run and model.

    One protein a cluster (the first), at most `most` of them, cut to the first `crop` residues.
    """
    rows = np.flatnonzero(held_out)
    _, first = np.unique(corpus.clusters[rows], return_index=True)
    proteins = np.random.default_rng(VALIDATION_SEED).permutation(rows[first])[:most]
    proteins = proteins[np.argsort(corpus.lengths[proteins], kind="stable")]
    plan = Plan(corpus, held_out, config.crop, config.budget, config.seed)
    batches: list[list[tuple[int, int, int]]] = []
    batch: list[tuple[int, int, int]] = []
    for protein in proteins.tolist():
        length = min(int(corpus.lengths[protein]), config.crop)
        if batch and (len(batch) + 1) * (length + 2) > min(config.budget, 16_384):
            batches.append(batch)
            batch = []
        batch.append((protein, 0, length))
    batches.append(batch)
    made = []
    for number, pieces in enumerate(batches):
        masked = Masking(masked=1.0, replaced=0.0).apply(
            plan.ids(pieces), np.random.default_rng([VALIDATION_SEED, number])
        )
        made.append((*masked, np.array([piece[0] for piece in pieces])))
    return made


def validate(model, batches) -> dict[str, float]:
    """Loss, perplexity and accuracy over all masked residues of the held-out proteins."""
    table = residue_losses(model, batches)
    loss = float(table["loss"].mean())
    return {"valid_loss": loss, "valid_perplexity": math.exp(loss), "valid_accuracy": float(table["right"].mean())}


def residue_losses(model, batches) -> dict[str, np.ndarray]:
    """For every masked residue of `validation_batches`: loss (nats), right (bool), protein, token (wild type)."""
    import torch

    model.eval()
    columns: dict[str, list[np.ndarray]] = {"loss": [], "right": [], "protein": [], "token": []}
    for inputs, labels, proteins in batches:
        masked = labels != IGNORED
        if not masked.any():
            continue
        with torch.inference_mode():
            ids = torch.from_numpy(inputs).to(model.device)
            hidden = model.esm(ids, attention_mask=(ids != PAD).long()).last_hidden_state
            logits = model.lm_head(hidden[torch.from_numpy(masked).to(model.device)]).float().cpu()
            truth = torch.from_numpy(labels[masked])
            losses = torch.nn.functional.cross_entropy(logits, truth, reduction="none")
        columns["loss"].append(losses.numpy())
        columns["right"].append((logits.argmax(-1) == truth).numpy())
        columns["protein"].append(np.broadcast_to(proteins[:, None], labels.shape)[masked])
        columns["token"].append(labels[masked])
    return {name: np.concatenate(parts) for name, parts in columns.items()}


def new_model(config: PretrainingConfig):
    """An ``EsmForMaskedLM`` to train: that of ``config.start``, or one whose weights are drawn from the seed.

    Raises
    ------
    InputError
        The model to start from is not there, or has another shape.
    """
    import torch
    from transformers import EsmForMaskedLM

    shape = SHAPES[config.shape]
    if config.start:
        model = _started(config, shape)
    else:
        with torch.random.fork_rng():
            torch.manual_seed(config.seed)
            model = EsmForMaskedLM(configuration(*shape))
    use_one_kernel_gelu(model)
    return model


def _started(config: PretrainingConfig, shape: tuple[int, int, int]):
    from transformers import EsmForMaskedLM
    from transformers.utils import logging

    if not (Path(config.start) / "config.json").exists():
        raise InputError("holds no model to start from (config.json, model.safetensors).", record=config.start)
    logging.disable_progress_bar()
    model = EsmForMaskedLM.from_pretrained(config.start, dtype="float32")
    found = (model.config.num_hidden_layers, model.config.hidden_size, model.config.num_attention_heads)
    if found != shape:
        raise InputError(
            f"has {found[0]} layers of width {found[1]} with {found[2]} heads; the shape {config.shape} has "
            f"{shape[0]}, {shape[1]} and {shape[2]}.",
            record=config.start,
        )
    return model


def use_one_kernel_gelu(model: Any) -> None:
    """Let a model's layers call torch's own exact gelu: the same function as ESM's in one kernel instead of six.

    7 to 26 % more tokens a second on two CPU cores (`python -m benchmarks.bench_plm`).  No other model is changed.

    Parameters
    ----------
    model : transformers.EsmForMaskedLM
    """
    from torch.nn.functional import gelu

    def expanding(dense: Any) -> Callable[[Any], Any]:
        return lambda states: gelu(dense(states))

    for layer in model.esm.encoder.layer:
        layer.intermediate.forward = expanding(layer.intermediate.dense)
    head = model.lm_head
    head.forward = lambda states: head.decoder(head.layer_norm(gelu(head.dense(states)))) + head.bias


@dataclass
class _State:
    """What a checkpoint holds: weights, the optimizer's two moments, and where in the data the run is."""

    folder: Path
    config: PretrainingConfig
    model: Any
    optimizer: Any
    step: int = 0
    epoch: int = 0
    batch: int = 0

    @classmethod
    def open(cls, out: Path, config: PretrainingConfig, resume: bool) -> "_State":
        import torch

        folder = out / "checkpoint"
        exists = (folder / "state.json").exists()
        if exists and not resume:
            raise InputError("holds a checkpoint. Use --resume to go on with it, or another folder.", record=str(out))
        if resume and not exists:
            raise InputError("holds no checkpoint to resume.", record=str(out))
        folder.mkdir(parents=True, exist_ok=True)
        model = new_model(config).to(runtime.device().torch)
        decayed = [p for p in model.parameters() if p.ndim > 1]
        others = [p for p in model.parameters() if p.ndim <= 1]
        optimizer = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": config.weight_decay}, {"params": others, "weight_decay": 0.0}],
            lr=config.peak_rate,
            betas=(0.9, 0.98),
            eps=1e-8,
        )
        state = cls(folder, config, model, optimizer)
        if resume:
            state._load()
        return state

    def _named(self) -> list[tuple[str, Any]]:
        return list(self.model.named_parameters())

    def save(self) -> None:
        """Write the checkpoint beside the old one, then put it in its place: a killed run leaves a whole one."""
        from safetensors.torch import save_file

        tensors = {}
        for name, parameter in self._named():
            tensors[f"weight.{name}"] = parameter.detach()
            moments = self.optimizer.state.get(parameter, {})
            for key in ("exp_avg", "exp_avg_sq"):
                if key in moments:
                    tensors[f"{key}.{name}"] = moments[key]
        file = f"step-{self.step}.safetensors"
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, self.folder / file)
        values = {
            "config": asdict(self.config),
            "step": self.step,
            "epoch": self.epoch,
            "batch": self.batch,
            "file": file,
        }
        draft = self.folder / "state.json.new"
        draft.write_text(json.dumps(values, indent=1) + "\n")
        draft.replace(self.folder / "state.json")
        for old in self.folder.glob("step-*.safetensors"):
            if old.name != file:
                old.unlink()

    def _load(self) -> None:
        import torch
        from safetensors.torch import load_file

        values = json.loads((self.folder / "state.json").read_text())
        if values["config"] != asdict(self.config):
            differ = [k for k, v in asdict(self.config).items() if values["config"].get(k) != v]
            raise InputError(
                f"the checkpoint was made with other settings: {', '.join(differ)}.", record=str(self.folder)
            )
        tensors = load_file(self.folder / values["file"], device=str(self.model.device))
        self.step, self.epoch, self.batch = values["step"], values["epoch"], values["batch"]
        with torch.no_grad():
            for name, parameter in self._named():
                parameter.copy_(tensors[f"weight.{name}"])
                if f"exp_avg.{name}" in tensors:
                    self.optimizer.state[parameter] = {
                        "step": torch.tensor(float(self.step)),
                        "exp_avg": tensors[f"exp_avg.{name}"],
                        "exp_avg_sq": tensors[f"exp_avg_sq.{name}"],
                    }


@dataclass
class _Log:
    path: Path
    report: Callable[[dict[str, Any]], None]

    def write(self, row: dict[str, Any]) -> None:
        with self.path.open("a") as file:
            file.write(json.dumps(row) + "\n")
        self.report(row)
