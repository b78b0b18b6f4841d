"""Where biocore keeps its files and which device it computes on.  The only reader of the environment."""

import os
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from biocore.errors import InputError

PACKAGE = Path(__file__).resolve().parent


def _beside(name: str) -> Path:
    """A folder of the checkout, which an installed biocore carries inside the package (pyproject.toml says which)."""
    packed = PACKAGE / f"_{name}"
    return packed if packed.is_dir() else PACKAGE.parent / name


ASSETS = _beside("assets")
STATIC = _beside("static")
PAGES = _beside("pages")


@dataclass(frozen=True)
class Device:
    """What the models run on.

    Attributes
    ----------
    kind : str
        "cpu" or "gpu".
    name : str
        For people: the GPU's product name, or "CPU (n cores)".
    torch, jax : str
        The names the two frameworks use for it.  They may differ: JAX sees no GPU unless its CUDA build is installed.
    """

    kind: str
    name: str
    torch: str
    jax: str


def home() -> Path:
    """Folder for caches and user-trained models: ``$BIOCORE_HOME``, or ``~/.cache/biocore``.  Created on demand."""
    path = Path(os.environ.get("BIOCORE_HOME") or Path.home() / ".cache" / "biocore").expanduser()
    path.mkdir(parents=True, exist_ok=True)
    return path


def setting(name: str, default: str = "") -> str:
    """Value of the environment variable ``BIOCORE_<NAME>``; `default` where it is unset or empty."""
    return os.environ.get(f"BIOCORE_{name.upper()}") or default


def offline() -> bool:
    """True where ``BIOCORE_OFFLINE`` is set: nothing is asked of the internet."""
    return setting("offline").lower() in {"1", "true", "yes"}


def configure_frameworks() -> None:
    """Set what JAX and the hub client read when they start.  Called by ``import biocore``; what a user has set is kept.

    JAX takes three quarters of a GPU's memory at its start unless told otherwise, which would leave torch none.
    """
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if setting("device") == "cpu":
        os.environ.setdefault("JAX_PLATFORMS", "cpu")


def persist_jax_compilations() -> None:
    """Keep compiled JAX functions on disk, so that a restarted server answers its first question quickly."""
    import jax

    jax.config.update("jax_compilation_cache_dir", str(home() / "jax"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)


@lru_cache(maxsize=1)
def device() -> Device:
    """The device models run on: a GPU when there is one, else the CPU.

    ``BIOCORE_DEVICE=cpu`` keeps everything on the CPU.

    Raises
    ------
    InputError
        ``BIOCORE_DEVICE`` is neither empty, "auto", "cpu" nor "gpu", or "gpu" where torch finds none.
    """
    wish = setting("device", "auto").lower()
    if wish not in {"auto", "cpu", "gpu"}:
        raise InputError(f"BIOCORE_DEVICE is {wish!r}; use auto, cpu or gpu.")
    cpu = Device("cpu", f"CPU ({os.cpu_count()} cores)", "cpu", "cpu")
    if wish == "cpu" or (wish == "auto" and not _gpu_may_exist()):
        return cpu
    import torch

    if not torch.cuda.is_available():
        if wish == "gpu":
            raise InputError("BIOCORE_DEVICE is gpu, but torch finds no GPU. Set it up with: make app GPU=1")
        return cpu
    return Device("gpu", torch.cuda.get_device_name(0), "cuda", _jax_platform())


def _gpu_may_exist() -> bool:
    """Cheap check, without starting a framework: torch takes seconds to import, and most laptops have no GPU."""
    return "torch" in sys.modules or any(Path("/dev").glob("nvidia[0-9]*")) or Path("/dev/dxg").exists()


def _jax_platform() -> str:
    import jax

    return "gpu" if any(d.platform == "gpu" for d in jax.devices()) else "cpu"
