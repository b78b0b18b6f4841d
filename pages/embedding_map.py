"""Embedding map: inputs, one map with its numbers of trust, neighbours in the original space, files."""

import streamlit as st

from biocore import web
from biocore.web import embedding_map as maps

web.page("Embedding map", "Which proteins does the model see as similar?")

with web.show_errors():
    request = maps.request_input()
    settings = maps.settings_input()
    request, settings = maps.applied(request, settings)
    maps.link(request, settings)
    embeddings = maps.embeddings_for(request, settings)
    maps.about(request, embeddings)
    shown = maps.compute_map(embeddings, settings, request.example)
    web.show_notes(shown.notes)

    maps.new_proteins_input(embeddings)
    maps.show_map(request, embeddings, shown)
    maps.show_neighbours(embeddings, shown)
    maps.show_outputs(request, embeddings, shown, settings)
    maps.share(request)

    card = maps.model_card(embeddings)
    if card is not None:
        web.limits(card)
st.caption(
    ":material/warning: **Limits of maps.** t-SNE and UMAP keep neighbours, not distances: the space between groups "
    "and their sizes mean little. Compare what you see with the numbers beside the map and the neighbours below it."
)
