"""The button that prints, on four pages: what stands on every sheet of the browser's own print, and when it is off."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.ui.navigation import pages as navigation
from dashboard.ui.worklist import rows
from tests.pages import plan_samples, samples, timeline_samples
from tests.pages.conftest import Answers
from tests.pages.test_audit_page import ADMINISTRATOR
from tests.pages.test_break_glass import GRANT
from tests.pages.whole import Open, whole
from tests.unit.people_of_the_pilot import MANAGER, MARK, pilot_records
from tests.unit.queries.test_own_record import patient_user

PAGES = {
    "worklist": navigation.WORKLIST,
    "patient": navigation.PATIENT,
    "timeline": navigation.TIMELINE,
    "care_plan": navigation.CARE_PLAN,
}


def opened(app: AppTest, name: str, **params: str) -> AppTest:
    app.run()
    app.switch_page(str(Path(PAGES[name])))
    for key, value in params.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception, app.exception
    return app


def button(app: AppTest) -> Any:
    [found] = [each.proto for each in app.get("download_button") if each.proto.label == "Print (PDF)"]
    return found


def margins(app: AppTest) -> str:
    """The texts of the sheets' margins as a browser reads them."""
    css = " ".join(each.proto.body for each in app.get("html") if "counter(page)" in each.proto.body)
    return re.sub(r"\\([0-9a-f]{6})", lambda found: chr(int(found[1], 16)), css)


IDENTITY = ("ALDOUS, Mary (Mrs)", "Born 03-Feb-1948 (78)", "NHS No. 999 012 3456", "Printed from the screen by ")


@pytest.mark.parametrize("name", ["patient", "timeline", "care_plan"])
def test_a_patients_sheets_carry_the_patient(app: AppTest, name: str) -> None:
    opened(app, name, id="p123456")
    assert not button(app).disabled
    for part in (*IDENTITY, "Page ", "counter(pages)"):
        assert part in margins(app)


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("timeline", {"large": "yes"}),
        ("timeline", {"table": "yes"}),
        ("care_plan", {"history": "yes"}),
        ("care_plan", {"plan": "CarePlan/nobody-knows"}),
    ],
)
def test_the_browsers_own_print_carries_the_patient_in_every_layout(
    app: AppTest, name: str, params: dict[str, str]
) -> None:
    opened(app, name, id="p123456", **params)
    assert all(part in margins(app) for part in IDENTITY)


def test_so_does_a_record_of_almost_nothing(app: AppTest, answers: Answers) -> None:
    answers.timeline = lambda who: timeline_samples.timeline(who, events=(), series={}, conference=None)
    opened(app, "timeline", id="p123456")
    assert all(part in margins(app) for part in IDENTITY)
    answers.care_plan = lambda who: replace(plan_samples.view(), ours=None)
    opened(app, "care_plan", id="p123456")
    assert all(part in margins(app) for part in IDENTITY)


def test_the_list_of_tasks_says_whose_it_is(app: AppTest) -> None:
    opened(app, "worklist", tab="tasks")
    assert "My tasks" in margins(app) and "open task" in margins(app)


def test_the_pages_of_other_roles_say_what_they_are(made: Open) -> None:
    audit = made(ADMINISTRATOR)
    audit.switch_page(str(navigation.AUDIT)).run()
    assert "Audit" in margins(audit) and "Printed from the screen by Ada Admin" in margins(audit)
    own = made(patient_user(f"{MARK}0001"))
    own.switch_page(str(navigation.MY_RECORD)).run()
    assert "NHS No." in margins(own) and "Printed from the screen by" in margins(own)
    counts = made(MANAGER)
    counts.switch_page(str(navigation.ENROLMENT)).run()
    assert "Enrolment" in margins(counts) and "Page " in margins(counts)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Open:
    return whole(monkeypatch, tmp_path, pilot_records(("s1", 40)))[1]


def test_the_worklists_sheets_carry_the_teams_and_how_many_patients(app: AppTest) -> None:
    opened(app, "worklist")
    assert not button(app).disabled
    assert "Warwick North, Leamington" in margins(app)
    assert "8 patients" in margins(app)
    assert "landscape" in margins(app)
    assert "On these sheets" not in margins(app)


def test_sheets_of_one_page_of_a_longer_list_say_so(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "PAGE_ROWS", 5)
    opened(app, "worklist")
    assert "8 patients" in margins(app) and "On these sheets: 1 to 5 of 8" in margins(app)
    opened(app, "worklist", page="2")
    assert "On these sheets: 6 to 8 of 8" in margins(app)


def test_a_worklist_of_nobody_is_not_printed(app: AppTest) -> None:
    opened(app, "worklist", q="nobody has this name")
    assert button(app).disabled
    assert button(app).help == "There is no patient to be printed."


@pytest.mark.parametrize("large", ["", "yes"])
@pytest.mark.parametrize("name", ["patient", "timeline", "care_plan"])
def test_a_record_that_is_open_in_an_emergency_is_not_printed(
    app: AppTest, answers: Answers, name: str, large: str
) -> None:
    answers.patient = lambda person: replace(samples.summary(person), emergency_access=GRANT)
    answers.timeline = lambda who: timeline_samples.timeline(who, emergency_access=GRANT)
    answers.care_plan = lambda who: plan_samples.view(emergency_access=GRANT)
    opened(app, name, id="p123456", large=large)
    if not (large and name == "timeline"):  # in a room there is no button
        assert button(app).disabled
        assert "is for reading" in button(app).help
    # Nor does the browser's own print have anything of it.
    css = " ".join(each.proto.body for each in app.get("html"))
    assert "counter(page)" not in css
    said = re.sub(r"\\([0-9a-f]{6})", lambda found: chr(int(found[1], 16)), css)
    assert "cannot be printed" in said


def test_a_plan_is_printed_for_colleagues_and_for_the_person(app: AppTest, answers: Answers) -> None:
    opened(app, "care_plan", id="p123456")
    labels = [each.proto.label for each in app.get("download_button")]
    assert labels == ["Print (PDF)", "Print for the person"]
    assert not any(each.proto.disabled for each in app.get("download_button"))
    answers.care_plan = lambda who: plan_samples.view(emergency_access=GRANT)
    app.run()
    assert all(each.proto.disabled for each in app.get("download_button"))


def test_where_there_is_no_plan_there_is_nothing_to_print(app: AppTest, answers: Answers) -> None:
    answers.care_plan = lambda who: replace(plan_samples.view(), ours=None)
    opened(app, "care_plan", id="p123456")
    assert not app.get("download_button")
