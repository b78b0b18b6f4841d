"""Models: what there is, how good it is, and what it cannot do."""

import streamlit as st

from biocore import web
from biocore.web import models as cards

web.page("Models", "What each model was trained on, how good it is by measurement, and what it cannot do.")

with web.show_errors():
    web.table(cards.overview(), "models", column_config={"headline": st.column_config.TextColumn(width="large")})
    cards.show_broken()
    cards.show(cards.picker())
web.command_line(["models", "--json"])
