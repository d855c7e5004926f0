"""The bare page: the same tables, charts and controls as a page of the dashboard, from memory, without any query.

The elements were recorded from the real pages (`record_elements`): the worklist without a filter, the worklist with
one, to which a press on a total leads (`?other=1`), and a patient (`?patient=1`). Its time is what Streamlit itself
costs for a page of this size.
"""

import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HIDING = (Path(__file__).absolute().parent, ROOT)
sys.path[:] = [str(ROOT), *(entry for entry in sys.path if Path(entry).absolute() not in HIDING)]

import streamlit as st  # noqa: E402

from dashboard.ui.shared.html import Html  # noqa: E402
from dashboard.ui.shared.panel import panel, style  # noqa: E402


@st.cache_resource
def recorded() -> list[list[dict[str, str]]]:
    """Returns the elements of each view; the file is read once."""
    views: list[list[dict[str, str]]] = json.loads(Path(os.environ["BARE_PAGE"]).read_text(encoding="utf-8"))
    return views


def pressed(_: object) -> None:
    """Changes to the other view, through the address as on the real page."""
    if "other" in st.query_params:
        st.query_params.clear()
    else:
        st.query_params["other"] = "1"


@st.fragment(run_every=30)
def page() -> None:
    views = recorded()
    view = 2 if "patient" in st.query_params else int("other" in st.query_params)
    for number, element in enumerate(views[view]):
        show(f"bare-{number}", element)


def show(key: str, element: dict[str, str]) -> None:
    kind, label, value = element["kind"], element["label"], element["value"]
    if kind == "panel":
        panel(key, Html(value), pressed)
    elif kind == "button":
        st.button(label, key=key)
    elif kind == "text_input":
        st.text_input(label, key=key)
    elif kind == "selectbox":
        st.selectbox(label, json.loads(value), key=key)
    elif kind == "multiselect":
        st.multiselect(label, json.loads(value), key=key)
    elif kind == "markdown":
        st.markdown(value)


st.set_page_config(layout="wide")
style()
page()
