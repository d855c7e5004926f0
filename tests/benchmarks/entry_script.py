"""Runs the dashboard's entry script for scripts that wrap it: compiled once, as Streamlit does with what it runs."""

from functools import lru_cache
from pathlib import Path
from types import CodeType

import streamlit as st

from dashboard.ui.session import reads
from dashboard.ui.session.reads import PageValue

# The figures of a cold page are of a complete one; part 5 measures when its first rows come.
reads.FIRST_ROWS_SECONDS = 600.0
APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"


def run_app() -> None:
    """Runs the entry script once."""
    exec(_code(), {"__name__": "__main__", "__file__": str(APP)})


def drop_page_values() -> None:
    """Removes the values that this session has of the page on screen, so that the next run calls its queries."""
    for key in [key for key, value in st.session_state.items() if isinstance(value, PageValue)]:
        del st.session_state[key]


@lru_cache(maxsize=1)
def _code() -> CodeType:
    return compile(APP.read_text(encoding="utf-8"), str(APP), "exec")
