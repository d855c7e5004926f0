"""The dashboard, which forgets what it holds when the address says so: what a first visitor waits for.

`?cold=team` forgets everything, `?cold=patient` the patients opened lately, as for one who comes from the worklist.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HIDING = (Path(__file__).absolute().parent, ROOT)
sys.path[:] = [str(ROOT), *(entry for entry in sys.path if Path(entry).absolute() not in HIDING)]

import streamlit as st  # noqa: E402

from dashboard.queries.kept_patients import KEPT  # noqa: E402
from dashboard.queries.team_data import STORE  # noqa: E402
from tests.benchmarks.entry_script import run_app  # noqa: E402

if "cold" in st.query_params:
    KEPT.forget()
    if st.query_params["cold"] == "team":
        STORE.forget()
    for key in [key for key in st.session_state if str(key).startswith("kept_")]:
        del st.session_state[key]
run_app()
