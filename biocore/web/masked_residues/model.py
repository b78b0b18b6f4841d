"""Which model: one that is here, one that is fetched with a progress bar, or a folder of the user's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from biocore import esm2, runtime, web, zoo
from biocore.errors import ModelUnavailable
from biocore.jobs.models import parameters

TASK = "protein-language-model"
FALLBACK = "esm-mini"


@dataclass(frozen=True)
class Choice:
    """A model that can be used now.

    Attributes
    ----------
    name : str
        Name in the zoo, or the path of a folder; what ``--model`` of the command line takes.
    card : ModelCard
    hash : str
        `Esm2.hash`: part of the key of every kept result.
    window, parameters : int
    """

    name: str
    card: zoo.ModelCard
    hash: str
    window: int
    parameters: int

    @contextmanager
    def opened(self) -> Iterator[esm2.Esm2]:
        """The model, for this session alone until the block ends."""
        if self.card.source == "user" and self.name == str(self.card.folder):
            with web.open_folder(self.card.folder, esm2.open_folder) as model:
                yield model
        else:
            with web.open_model(self.name) as model:
                yield model


def choose_model() -> Choice:
    """Menu of models, with a button to fetch what is not here and a field for a folder.

    Where the chosen model is not on this machine the page goes on with the one that ships, and says so.

    Raises
    ------
    ModelUnavailable
        Not even that one can be opened.
    """
    name = web.model_picker(TASK, key="masked_residues.model")
    path = _folder_input()
    if path:
        chosen = _open(str(Path(path).expanduser()), folder=True)
        if chosen is not None:
            return chosen
    card = zoo.card(name)
    if zoo.available(card):
        chosen = _open(name)
        if chosen is not None:
            return chosen
        if card.hub_repository:
            _fetch_button(card, f"Fetch {card.name} again", again=True)
    else:
        _offer_download(card)
    if name == FALLBACK:
        raise ModelUnavailable(f"{FALLBACK} cannot be opened, and no other model was chosen.")
    st.caption(f"Until then this page shows the answers of **{web.plain(zoo.title(FALLBACK))}**.")
    return choice_of(FALLBACK)


def _folder_input() -> str:
    """The path of a folder on the server; empty where none is given, or visitors may not name any."""
    allowed = runtime.visitors_may_open_folders(st.get_option("server.address"))
    with st.popover("Use a folder of your own", icon=":material/folder_open:"):
        path = st.text_input(
            "Path of a folder with config.json, vocab.txt and model.safetensors",
            key="masked_residues.folder",
            persist_state="session",
            help="An ESM-2 model as on the hub, on the machine that runs this page. Leave empty to use the menu.",
            disabled=not allowed,
        )
        if not allowed:
            st.caption("This server opens no folders for its visitors (BIOCORE_FOLDERS=yes allows it).")
    return (path or "").strip() if allowed else ""


def _open(name: str, *, folder: bool = False) -> Choice | None:
    """The model, or its error as a message."""
    try:
        if folder:
            with web.open_folder(Path(name), esm2.open_folder) as model:
                return Choice(str(model.card.folder), model.card, model.hash, model.window, model.parameters)
        return choice_of(name)
    except ModelUnavailable as error:
        st.error(web.plain(str(error)), icon=":material/error:")
        return None


def choice_of(name: str) -> Choice:
    """A model of the zoo by its name.

    Raises
    ------
    InputError, ModelUnavailable
        As `zoo.load`.
    """
    with web.open_model(name) as model:
        return Choice(name, zoo.card(name), model.hash, model.window, parameters(name))


def _offer_download(card: zoo.ModelCard) -> None:
    details = card.details
    st.warning(
        f"**{web.plain(card.title)} is not on this machine.** Fetching takes {details['download_mb']:,} MB of disk; "
        f"running it takes about {details['memory_mb'] / 1000:,.1f} GB of memory "
        f"(GPU: {details['memory_gpu_mb'] / 1000:,.1f}). Revision {web.plain(card.revision[:8])} of "
        f"{web.plain(str(card.hub_repository))}.",
        icon=":material/cloud_download:",
    )
    _fetch_button(card, f"Fetch {card.name}")


def _fetch_button(card: zoo.ModelCard, label: str, *, again: bool = False) -> None:
    """Fetch on a click, with a progress bar; after a failure the button is still there."""
    size = card.details["download_mb"]
    if size > 1000 * runtime.number("fetch"):
        st.caption(
            f"{size:,} MB are more than visitors of this server may fetch. "
            f"On its machine: python -m biocore fetch {web.plain(card.name)}",
            help="BIOCORE_FETCH sets how many GB that is.",
        )
        return
    if not st.button(web.plain(label), key="masked_residues.fetch", type="primary"):
        return
    bar = st.progress(0.0, "Asking the hub...")

    def show(done: int, total: int) -> None:
        bar.progress(min(done / max(total, 1), 1.0), f"{done / 1e6:,.0f} of {total / 1e6:,.0f} MB")

    try:
        esm2.fetch(card, show, again=again)
    except ModelUnavailable as error:
        bar.empty()
        st.error(web.plain(str(error)), icon=":material/error:")
        return
    st.rerun()
