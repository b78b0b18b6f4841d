"""Which model: one that is here, one that is fetched with a progress bar, or a folder of the user's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from biocore import esm2, runtime, web, zoo
from biocore.errors import ModelUnavailable

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
    name = web.model_picker(TASK, key="model")
    with st.popover("Use a folder of your own", icon=":material/folder_open:"):
        st.text_input(
            "Path of a folder with config.json, vocab.txt and model.safetensors",
            key="protein.folder",
            persist_state="session",
            help="An ESM-2 model as on the hub, on the machine that runs this page. Leave empty to use the menu.",
            disabled=not runtime.is_on("folders"),
        )
    path = (st.session_state.get("protein.folder") or "").strip()
    if path:
        chosen = _open(str(Path(path).expanduser()), folder=True)
        if chosen is not None:
            return chosen
    card = zoo.card(name)
    if zoo.available(card):
        chosen = _open(name)
        if chosen is not None:
            return chosen
    else:
        _offer_download(card)
    if name == FALLBACK:
        raise ModelUnavailable(f"{FALLBACK} cannot be opened, and no other model was chosen.")
    st.caption(f"Until then this page shows the answers of **{web.plain(zoo.title(FALLBACK))}**.")
    return _choice(FALLBACK, zoo.card(FALLBACK))


def _open(name: str, *, folder: bool = False) -> Choice | None:
    """The model, or its error as a message."""
    try:
        if folder:
            with web.open_folder(Path(name), esm2.open_folder) as model:
                return Choice(str(model.card.folder), model.card, model.hash, model.window, model.parameters)
        return _choice(name, zoo.card(name))
    except ModelUnavailable as error:
        st.error(web.plain(str(error)), icon=":material/error:")
        return None


def _choice(name: str, card: zoo.ModelCard) -> Choice:
    with web.open_model(name) as model:
        return Choice(name, card, model.hash, model.window, model.parameters)


def _offer_download(card: zoo.ModelCard) -> None:
    details = card.details
    st.warning(
        f"**{web.plain(card.title)} is not on this machine.** Fetching takes {details['download_mb']:,} MB of disk; "
        f"running it takes about {details['memory_mb'] / 1000:,.1f} GB of memory "
        f"(GPU: {details['memory_gpu_mb'] / 1000:,.1f}). Revision {web.plain(card.revision[:8])} of "
        f"{web.plain(str(card.hub_repository))}.",
        icon=":material/cloud_download:",
    )
    if not st.button(web.plain(f"Fetch {card.name}"), key="protein.fetch", type="primary"):
        return
    bar = st.progress(0.0, "Asking the hub...")

    def show(done: int, total: int) -> None:
        bar.progress(min(done / max(total, 1), 1.0), f"{done / 1e6:,.0f} of {total / 1e6:,.0f} MB")

    try:
        esm2.fetch(card, show)
    except ModelUnavailable as error:
        bar.empty()
        st.error(web.plain(str(error)), icon=":material/error:")
        return
    st.rerun()
