"""What a press asks for opens in the run that follows, and in no later one: not on coming back to a page that was left
at once, and not when a page that could not be shown can be shown again.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.domain.pilot.enrolment import EnrolmentAction
from dashboard.errors import ServerUnavailable
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.screening.chosen import Asked
from tests.pages import real, samples
from tests.pages.conftest import Answers, shown

ALDOUS = {"id": samples.ALDOUS.id}
MINE = {"tab": "tasks"}
# Where something is asked for, what it is, and a button that stands in what opens.
OPENS: dict[str, tuple[Path, Mapping[str, str], tuple[Any, ...], str]] = {
    "a task of a patient": (navigation.PATIENT, ALDOUS, ("patient", samples.ALDOUS.id, "add", ""), "Add task"),
    "a reminder": (navigation.WORKLIST, MINE, ("tasks", "chase", "t1"), "Send the reminder"),
    "a goal of a plan": (
        navigation.CARE_PLAN,
        ALDOUS,
        ("care_plan", samples.ALDOUS.id, "add-goal", None, ""),
        "Save",
    ),
}


def go(app: AppTest, page: Path, params: Mapping[str, str]) -> list[str]:
    """What can be pressed on the page."""
    app.switch_page(str(page))
    app.query_params.clear()
    for name, value in params.items():
        app.query_params[name] = value
    shown(app.run())
    return [each.label for each in app.button]


@pytest.mark.parametrize("what", OPENS)
def test_what_was_asked_for_right_before_leaving_opens_nothing_on_coming_back(app: AppTest, what: str) -> None:
    page, params, asked, button = OPENS[what]
    app.run()
    go(app, page, params)
    app.session_state["asked"] = asked
    assert button not in go(app, navigation.TIMELINE, ALDOUS)
    assert button not in go(app, page, params)
    app.session_state["asked"] = asked
    assert button in go(app, page, params)
    assert button not in go(app, page, params) or what == "a goal of a plan", "a form stays, a dialog opens once"


def test_a_page_that_could_not_be_shown_opens_nothing_later(app: AppTest, answers: Answers) -> None:
    page, params, asked, button = OPENS["a task of a patient"]

    def silent(patient_id: str) -> Any:
        raise ServerUnavailable("server-timeout", reference="r")

    app.run()
    answers.patient = silent
    app.session_state["asked"] = asked
    assert "Try again" in go(app, page, params)
    answers.patient = samples.summary
    assert button not in go(app, page, params)


def test_a_form_of_the_screening_opens_in_the_run_that_follows(tmp_path: Path) -> None:
    asked = ("screening", Asked(EnrolmentAction.LIST, ("p1",)))
    with real.loaded_server(tmp_path) as server, real.pages_on(server.base_url, tmp_path):
        at = real.app("screening").run()
        at.session_state["asked"] = asked
        assert "screening_asked" not in at.session_state
        go(at, navigation.WORKLIST, {})
        go(at, navigation.SCREENING, {})
        assert "screening_asked" not in at.session_state
        for wanted, held in ((asked, "screening_asked"), (("screening", "p2"), "screening_answering")):
            at.session_state["asked"] = wanted
            go(at, navigation.SCREENING, {})
            assert at.session_state[held] == wanted[1]
            del at.session_state[held]
