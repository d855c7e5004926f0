"""The dashboard, which forgets what it holds when the address has `cold`: what the first visitor of a day waits for."""

import runpy
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:] = [str(ROOT), *(entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).parent)]

import streamlit as st  # noqa: E402

from dashboard.queries.team_data import STORE  # noqa: E402

if "cold" in st.query_params:
    STORE.forget()
    for key in [key for key in st.session_state if str(key).startswith("kept_")]:
        del st.session_state[key]
runpy.run_path(str(ROOT / "dashboard" / "app.py"), run_name="__main__")
