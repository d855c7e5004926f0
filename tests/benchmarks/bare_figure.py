"""The bare rerun: a button that replaces one figure from memory by another. Its time is Streamlit and plotly alone."""

import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:] = [str(ROOT), *(entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).parent)]

import streamlit as st  # noqa: E402


@st.cache_resource
def recorded() -> list[dict[str, object]]:
    """Returns the figures of two presets, as the dashboard drew them."""
    figures: list[dict[str, object]] = json.loads(Path(os.environ["BARE_FIGURES"]).read_text(encoding="utf-8"))
    return figures


@st.fragment
def page() -> None:
    figures = recorded()
    st.session_state.setdefault("shown", 0)

    def other() -> None:
        st.session_state["shown"] = 1 - st.session_state["shown"]

    st.button("Other", key="other", on_click=other)
    st.plotly_chart(
        figures[st.session_state["shown"]], key="figure", theme=None, on_select="rerun", selection_mode="points"
    )


st.set_page_config(layout="wide")
page()
