"""The dashboard with a new viewing session for each run, so that each run writes audit records; it also times each run.

With `off=1` in the address a run has no audit and no permission checks: its queries are called without their decorator,
and the table of permissions allows everything. Membership and consent are still checked: without them another page
would be shown. The environment variable RUN_TIMES names a file to which each run appends one line: `off`, wall and
processor time of the run, and processor time of the process until then, in milliseconds.
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
from dashboard.domain.access.permissions import PERMITTED, Action, Relation  # noqa: E402
from dashboard.ui.session import reads  # noqa: E402
from tests.benchmarks.entry_script import drop_page_values  # noqa: E402


class AllRoles(dict):  # type: ignore[type-arg]
    """A row of the table of permissions that allows every role the action in every relation."""

    def get(self, *_: object) -> frozenset[Relation]:
        return frozenset(Relation)


@contextmanager
def without_audit_and_checks() -> Iterator[None]:
    """Changes module globals, which is safe because only one session runs at a time here."""
    audited = {name: query for name, query in vars(reads).items() if hasattr(query, "__audited__")}
    assert audited, "no audited query was found"
    permitted = dict(PERMITTED)
    try:
        for name, query in audited.items():
            setattr(reads, name, query.__wrapped__)
        for action in Action:
            PERMITTED[action] = AllRoles()
        yield
    finally:
        for name, query in audited.items():
            setattr(reads, name, query)
        PERMITTED.update(permitted)


@contextmanager
def timed(off: bool) -> Iterator[None]:
    """Times the run, however it ends: Streamlit stops a script by an exception of its own."""
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
drop_page_values()
st.session_state.pop("viewing_session", None)
with timed(off):
    if off:
        with without_audit_and_checks():
            runpy.run_path(str(ROOT / "dashboard" / "app.py"), run_name="__main__")
    else:
        runpy.run_path(str(ROOT / "dashboard" / "app.py"), run_name="__main__")
