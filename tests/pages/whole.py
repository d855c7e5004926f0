"""The app on records of a test: pages, queries and the server's verbs as they are, nothing between them replaced."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.cache.patient_cache import SUMMARY_CACHE
from dashboard.cache.team_cache import TEAM_CACHE
from dashboard.domain.access.user import OwnRole, User
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_own_record import OWN_ANSWERS
from dashboard.settings import load_settings
from dashboard.ui.session import session
from tests.fakes import FakeFhirServer
from tests.pages import samples
from tests.pages.conftest import APP
from tests.patience import PATIENCE
from tests.unit.people_of_the_pilot import KEY

Open = Callable[[User], AppTest]


def whole(monkeypatch: pytest.MonkeyPatch, folder: Path, rows: Iterable[dict[str, Any]]) -> tuple[FakeFhirServer, Open]:
    """The server with these records, and how to open the app there as somebody."""
    server = FakeFhirServer(rows)
    TEAM_CACHE.forget()
    SUMMARY_CACHE.forget()
    OWN_ANSWERS.forget()
    settings = replace(
        load_settings({"DASHBOARD_PSEUDONYM_KEY": KEY}, folder / "none"), as_of=samples.AS_OF, data_dir=folder
    )
    process = session.Process(settings, server, load_terminology())  # type: ignore[arg-type]
    monkeypatch.setattr(session, "process", lambda: process)
    monkeypatch.setattr(session, "_own_role", lambda who: OwnRole(None, seen=False))
    monkeypatch.setattr(session, "_users", lambda name: {session.user_id(each): each for each in samples.USERS})
    monkeypatch.setattr(session, "_at_home", lambda name: ("demo-patient", "demo-carer"))

    def open_as(who: User) -> AppTest:
        monkeypatch.setattr(session, "user", lambda: who)
        return AppTest.from_file(str(APP), default_timeout=PATIENCE)

    return server, open_as


def held(at: AppTest) -> list[Any]:
    """Everything that a session holds and has sent to the browser: elements, state, address."""
    state: Any = at.session_state
    panels = [element.proto.json for element in at.get("bidi_component")]
    return [str(at._tree), panels, state._state._state, dict(at.query_params)]
