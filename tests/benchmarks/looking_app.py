"""The dashboard where each run is a new look of its user, so that each is put on record.

With OFF_THE_RECORD in the environment nothing is put on record and nobody is asked whether they may: the same page
without audit and checks. Membership and consent stay: without them another page would be shown.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HIDING = (Path(__file__).absolute().parent, ROOT)
sys.path[:] = [str(ROOT), *(entry for entry in sys.path if Path(entry).absolute() not in HIDING)]

import streamlit as st  # noqa: E402

from dashboard.domain import access  # noqa: E402
from dashboard.domain.audit import AuditRecord  # noqa: E402
from dashboard.queries import audited  # noqa: E402
from dashboard.queries.kept_patients import KEPT  # noqa: E402
from dashboard.queries.team_data import STORE  # noqa: E402
from tests.benchmarks.entry_script import run_app  # noqa: E402


class NoRecord:
    """Takes everything and keeps nothing."""

    def record(self, record: AuditRecord) -> None:
        pass

    begin = finish = record


class Everybody(dict):  # type: ignore[type-arg]
    """A table of permissions in which all may do all."""

    def get(self, *_: object) -> frozenset[access.Relation]:
        return frozenset(access.Relation)


if os.environ.get("OFF_THE_RECORD"):
    audited._recorder[:] = [NoRecord()]
    audited._record = lambda *_, **__: None  # type: ignore[assignment, return-value]
    audited.install = lambda recorder: None
    for action in access.Action:
        access.PERMITTED[action] = Everybody()
if "cold" in st.query_params:
    KEPT.forget()
    if st.query_params["cold"] == "team":
        STORE.forget()
for key in [key for key in st.session_state if str(key).startswith("kept_") or key == "audit_look"]:
    if key != "kept_words":
        del st.session_state[key]
run_app()
