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
class Setting:
    """What an environment variable is for, in a few words, and what holds where it is unset."""

    meaning: str
    default: str = ""


# every setting there is, as BIOCORE_<NAME>; README.md lists the same ones
SETTINGS = {
    "home": Setting("folder of caches and of the models you train", "~/.cache/biocore"),
    "device": Setting("auto, cpu or gpu", "auto"),
    "max_models": Setting("how many models stay in memory", "4"),
    "offline": Setting("1: ask nothing of the internet", "no"),
    "fetch": Setting("largest model, in GB, that visitors of a page may fetch from the hub", "1"),
    "folders": Setting("yes: visitors may open models in folders of the server; empty: where it is theirs alone"),
    "databases": Setting("FASTA databases offered for homologue searches: paths with : between them"),
    "store_gb": Setting("room for stored embeddings, in GB; the oldest go first", "4"),
    "jobs": Setting("worker: long work runs in a process of its own; none: someone else runs `jobs worker`", "worker"),
    "job_records": Setting("records that one job of a visitor may have", "20000"),
    "job_residues": Setting("residues or bases that one job of a visitor may have", "10000000"),
    "jobs_queued": Setting("jobs of one visitor that may run or wait at a time", "20"),
    "jobs_gb": Setting("room for the results of jobs, in GB; the oldest go first", "8"),
    "jobs_days": Setting("days a job and its results are kept", "30"),
    "worker_gb": Setting("memory of the process that computes jobs, in GB; a step that needs more fails its job", "8"),
    "structure_cache_mb": Setting("room for fetched structures, in MB; the oldest go first", "500"),
    "hub": Setting("address of the model hub, for a mirror; empty: that of huggingface_hub"),
    "rcsb_url": Setting("address of the PDB archive, for a mirror (https)", "https://files.rcsb.org"),
    "alphafold_url": Setting("address of AlphaFold DB, for a mirror (https)", "https://alphafold.ebi.ac.uk"),
}


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
    path = Path(setting("home")).expanduser()
    path.mkdir(parents=True, exist_ok=True)
    return path


def setting(name: str) -> str:
    """Value of a setting.

    Parameters
    ----------
    name : str
        One of ``SETTINGS``.

    Returns
    -------
    str
        The environment variable ``BIOCORE_<NAME>``; the default of `SETTINGS` where it is unset or empty.
    """
    return os.environ.get(f"BIOCORE_{name.upper()}") or SETTINGS[name].default


def is_on(name: str) -> bool:
    """Whether a setting says yes.

    Parameters
    ----------
    name : str
        One of ``SETTINGS`` whose values are yes and no.

    Raises
    ------
    InputError
        It is neither 1, true, yes, on nor 0, false, no, off (in either case).
    """
    value = setting(name).strip().lower()
    if value not in {"1", "true", "yes", "on", "0", "false", "no", "off"}:
        raise InputError(f"BIOCORE_{name.upper()} is {value!r}; use yes or no.")
    return value in {"1", "true", "yes", "on"}


def number(name: str) -> float:
    """A setting that is a number, 0 or more.

    Parameters
    ----------
    name : str
        One of ``SETTINGS``.

    Raises
    ------
    InputError
        It is not a number, or below 0.
    """
    text = setting(name)
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 <= value < float("inf"):
        raise InputError(f"BIOCORE_{name.upper()} is {text!r}; use a number such as {SETTINGS[name].default}.")
    return value


def offline() -> bool:
    """True where ``BIOCORE_OFFLINE`` is on: nothing is asked of the internet."""
    return is_on("offline")


def visitors_may_open_folders(address: str | None) -> bool:
    """Whether visitors of the pages may name folders of the server: ``BIOCORE_FOLDERS``.

    Unset, they may where the server listens to its own machine alone: who sits there can read its files anyway.

    Parameters
    ----------
    address : str or None
        What the server listens on; None stands for every address.

    Raises
    ------
    InputError
        The setting is neither yes nor no.
    """
    return is_on("folders") if setting("folders") else address in {"localhost", "127.0.0.1", "::1"}


def configure_frameworks() -> None:
    """Set what JAX and the hub client read when they start.  Called by ``import biocore``; what a user has set is kept.

    JAX takes three quarters of a GPU's memory at its start unless told otherwise, which would leave torch none.
    Threads of OpenMP (torch) that wait for each other keep their cores busy unless told to sleep: a scan beside other
    work then takes many times as long (docs/scaling.md).
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if setting("device") == "cpu":
        os.environ.setdefault("JAX_PLATFORMS", "cpu")


def share_cores() -> None:
    """Let linear algebra use one thread, for a process beside others: the dashboard, its workers.

    Its matrices are small, and threads of OpenBLAS that wait for each other keep their cores busy, too.
    """
    from threadpoolctl import threadpool_limits

    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # of what is still to be imported (scipy brings its own)
    threadpool_limits(int(os.environ["OPENBLAS_NUM_THREADS"]), user_api="blas")


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
    wish = setting("device").lower()
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
