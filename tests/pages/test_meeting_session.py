"""What is saved in a plan while a conference is on this screen names that conference, and nothing else does."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import Answers
from tests.patience import PATIENCE

SCRIPT = """from dashboard.actions.change_plan import PlanSaved
from dashboard.domain.values.datatypes import Reference
from dashboard.ui.session import held_conference as meeting
from dashboard.ui.session import plans
meeting.hold_conference({held})
{between}
item = Reference("Goal", "g1")
plans.save("p1", None, {{}}, "r", {{}})
plans.link("p1", None, [], [], "r")
plans.sign("p1", None, "active", None, "r")
plans.agree("p1", None, Reference("Patient", "p1"), {{}}, "r")
plans.restore("p1", None, item, "1", "", "r")
plans.start("p1", "Plan", None, [], [], "r", None)
"""


@pytest.mark.parametrize(
    ("held", "between", "during"),
    [
        ('"c1", "p1"', "", "Appointment/c1"),
        ('"c1"', "", "Appointment/c1"),
        ('""', "", "None"),
        ('"not an id"', "", "None"),
        ('"c1", "p2"', "", "None"),  # another patient's plan, opened meanwhile
        ('"c1"', 'import streamlit as st; st.session_state["user_id"] = "prac-sw-nurse-1"', "None"),
    ],
)
def test_the_conference_of_this_window_is_named(answers: Answers, held: str, between: str, during: str) -> None:
    at = AppTest.from_string(SCRIPT.format(held=held, between=between), default_timeout=PATIENCE)
    at.run()
    assert not at.exception, at.exception
    said: list[tuple[str, Any]] = [(name, str(asked["during"])) for name, asked in answers.done]
    assert said == [
        (name, during)
        for name in (
            "save_plan", "link_activities", "sign_plan", "record_agreement", "restore_version", "start_plan",
        )
    ]  # fmt: skip
