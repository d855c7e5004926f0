"""The button that prints, on four pages: what stands on every sheet of the browser's own print, and when it is off."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.ui.navigation import pages as navigation
from tests.pages import plan_samples, samples, timeline_samples
from tests.pages.conftest import Answers
from tests.pages.test_break_glass import GRANT

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


@pytest.mark.parametrize("name", ["patient", "timeline", "care_plan"])
def test_a_patients_sheets_carry_the_patient(app: AppTest, name: str) -> None:
    opened(app, name, id="p123456")
    assert not button(app).disabled
    for part in ("ALDOUS, Mary (Mrs)", "Born 03-Feb-1948 (78)", "NHS No. 999 012 3456", "Page ", "counter(pages)"):
        assert part in margins(app)


def test_the_worklists_sheets_carry_the_teams_and_how_many_patients(app: AppTest) -> None:
    opened(app, "worklist")
    assert not button(app).disabled
    assert "Warwick North, Leamington" in margins(app)
    assert "8 patients" in margins(app)
    assert "landscape" in margins(app)


def test_a_worklist_of_nobody_is_not_printed(app: AppTest) -> None:
    opened(app, "worklist", q="nobody has this name")
    assert button(app).disabled
    assert button(app).help == "There is no patient to be printed."


@pytest.mark.parametrize("name", ["patient", "timeline", "care_plan"])
def test_a_record_that_is_open_in_an_emergency_is_not_printed(app: AppTest, answers: Answers, name: str) -> None:
    answers.patient = lambda person: replace(samples.summary(person), emergency_access=GRANT)
    answers.timeline = lambda who: timeline_samples.timeline(who, emergency_access=GRANT)
    answers.care_plan = lambda who: plan_samples.view(emergency_access=GRANT)
    opened(app, name, id="p123456")
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
