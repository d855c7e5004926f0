"""The dashboard, which forgets what it holds when the address says so.

`?forget=team` forgets everything and shows nothing: the next run is what a first visitor waits for, who does not wait
until ten thousand results of somebody before are let go. `?cold=patient` forgets the patients opened lately and goes
on, as for one who comes from the worklist.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HIDING = (Path(__file__).absolute().parent, ROOT)
sys.path[:] = [str(ROOT), *(entry for entry in sys.path if Path(entry).absolute() not in HIDING)]

import streamlit as st  # noqa: E402

from dashboard.cache.patient_cache import SUMMARY_CACHE  # noqa: E402
from dashboard.cache.team_cache import TEAM_CACHE  # noqa: E402
from tests.benchmarks.entry_script import run_app  # noqa: E402


def forget_session() -> None:
    """What this session kept of the pages before."""
    for key in [key for key in st.session_state if str(key).startswith(("kept_", "page_"))]:
        del st.session_state[key]


if "forget" in st.query_params:
    SUMMARY_CACHE.forget()
    TEAM_CACHE.forget()
    forget_session()
    st.stop()
if "cold" in st.query_params:
    SUMMARY_CACHE.forget()
    forget_session()
run_app()
