"""The section Evaluation of the pilot: computed when pressed, small numbers in words, nobody named, failures."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.errors import ServerUnavailable
from dashboard.ui.navigation import pages as navigation
from tests.fakes import FakeFhirServer
from tests.pages.conftest import shown
from tests.pages.whole import Open, held, whole
from tests.unit.evaluation import study_records as make
from tests.unit.evaluation.test_command import a_study
from tests.unit.people_of_the_pilot import MANAGER, pilot_records


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[FakeFhirServer, Open]:
    # The sites of the study have names of their own, and its people none that a page could show.
    return whole(monkeypatch, tmp_path, [*pilot_records(("s7", 40)), *a_study(60)])


def evaluated(opened: tuple[FakeFhirServer, Open]) -> AppTest:
    app = opened[1](MANAGER).switch_page(str(navigation.ENROLMENT)).run()
    assert "by site and conditions" not in shown(app)
    return app.button(key="pilot_evaluate").click().run()


def test_the_change_of_each_measure_by_group_then_by_site(opened: tuple[FakeFhirServer, Open]) -> None:
    app = evaluated(opened)
    page = shown(app)
    assert not app.exception
    assert "−10.0 (−10.0 to −10.0)" in page and "Intervention group" in page and "Comparison group" in page
    assert "Site 1" in page and "HbA1c by site and conditions" in page
    assert "Why some numbers are not shown" in page and "not shown" in page
    assert "cannot be computed" in page or "lines of which nothing may be shown" in page
    assert "Draft, not reviewed." in page and "qzx" not in page
    assert "By the records until 30-Sep-2026, the end of the last whole quarter" in page
    # What says nothing but how many people there are is named once, and is no line of the table.
    assert "lines of which nothing may be shown" in page and "PHQ-9 after 12 months: Intervention group" in page
    assert page.index("lines of which nothing") < page.index("PHQ-9 after 12 months") < page.index("Why some numbers")
    # It stays while the page is open, without being read again.
    asked = len(opened[0].asked)
    assert "HbA1c by site" in shown(app.run())
    assert not [each for each in opened[0].asked[asked:] if each.type == "Observation"]


def test_a_managers_session_holds_nobodys_row(opened: tuple[FakeFhirServer, Open]) -> None:
    app = evaluated(opened)
    assert "page_evaluation" in app.session_state
    assert "qzx" not in repr(held(app)).casefold()


def test_a_server_that_is_away_gets_a_sentence(opened: tuple[FakeFhirServer, Open]) -> None:
    opened[0].failing["Observation"] = ServerUnavailable("server-timeout", reference="r")
    app = evaluated(opened)
    assert not app.exception and "by site and conditions" not in shown(app)
    assert any("FHIR server" in each.value for each in (*app.error, *app.warning)) or "FHIR server" in shown(app)


def test_without_a_study_nobody_is_evaluated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    opened = whole(monkeypatch, tmp_path, [*pilot_records(("s1", 40)), make.STUDY])
    app = evaluated(opened)
    assert "Nobody who was enrolled by 30-Sep-2026, the end of the last whole quarter, can be evaluated." in shown(app)
