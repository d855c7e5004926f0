"""The dashboard with caches that the address can empty.

`?forget=team` empties all caches and shows nothing. The next run is then what a first visitor waits for, without the
time that it takes to free the cached team. `?cold=patient` empties the cache of patients and shows the page, as for a
user who comes from the worklist.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HIDING = (Path(__file__).absolute().parent, ROOT)
sys.path[:] = [str(ROOT), *(entry for entry in sys.path if Path(entry).absolute() not in HIDING)]

import streamlit as st  # noqa: E402

from dashboard.cache.patient_cache import SUMMARY_CACHE  # noqa: E402
from dashboard.cache.team_cache import TEAM_CACHE  # noqa: E402
from tests.benchmarks.entry_script import drop_page_values, run_app  # noqa: E402

if "forget" in st.query_params:
    SUMMARY_CACHE.forget()
    TEAM_CACHE.forget()
    drop_page_values()
    st.stop()
if "cold" in st.query_params:
    SUMMARY_CACHE.forget()
    drop_page_values()
run_app()
