"""The dashboard where each run is a new look of its user, so that each is put on record; and says what a run took.

With `off=1` in the address that run is off the record: its queries are called without what records them, and nobody is
asked whether they may. Membership and consent stay: without them another page would be shown. RUN_TIMES names the file
that gets a line a run: off, wall and processor time of the whole process from its first line to its last, in ms.
"""

import json
import os
import runpy
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:] = [str(ROOT), *(entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).parent)]

import streamlit as st  # noqa: E402

from dashboard.cache.patient_cache import SUMMARY_CACHE  # noqa: E402
from dashboard.cache.team_cache import TEAM_CACHE  # noqa: E402
from dashboard.domain import access  # noqa: E402
from dashboard.ui.session import reads  # noqa: E402


class Everybody(dict):  # type: ignore[type-arg]
    """A table of permissions in which all may do all."""

    def get(self, *_: object) -> frozenset[access.Relation]:
        return frozenset(access.Relation)


@contextmanager
def off_the_record() -> Iterator[None]:
    """One session runs at a time here, so that what is changed for all is changed for its run alone."""
    recorded = {name: each for name, each in vars(reads).items() if hasattr(each, "__audited__")}
    permitted = dict(access.PERMITTED)
    try:
        for name, each in recorded.items():
            setattr(reads, name, each.__wrapped__)
        for action in access.Action:
            access.PERMITTED[action] = Everybody()
        yield
    finally:
        for name, each in recorded.items():
            setattr(reads, name, each)
        access.PERMITTED.update(permitted)


@contextmanager
def timed(off: bool) -> Iterator[None]:
    """Ends with the run however that ends: Streamlit stops a script by an exception of its own."""
    wall, processor = time.perf_counter(), time.process_time()
    try:
        yield
    finally:
        took = {
            "off": off,
            "wall": (time.perf_counter() - wall) * 1000,
            "processor": (time.process_time() - processor) * 1000,
            "until": time.process_time() * 1000,
        }
        with Path(os.environ["RUN_TIMES"]).open("a", encoding="utf-8") as file:
            file.write(json.dumps(took) + "\n")


off = "off" in st.query_params
if "cold" in st.query_params:
    SUMMARY_CACHE.forget()
    if st.query_params["cold"] == "team":
        TEAM_CACHE.forget()
for key in [key for key in st.session_state if str(key).startswith(("kept_", "page_")) or key == "viewing_session"]:
    if key != "worklist_rows":
        del st.session_state[key]
with timed(off):
    if off:
        with off_the_record():
            runpy.run_path(str(ROOT / "dashboard" / "app.py"), run_name="__main__")
    else:
        runpy.run_path(str(ROOT / "dashboard" / "app.py"), run_name="__main__")
