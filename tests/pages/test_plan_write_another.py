"""In a conflict another value than both can be given, by the field that the form itself has for it."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.actions.change_plan import PlanConflict, PlanSaved
from dashboard.domain.care_plan.merge import merge
from dashboard.domain.care_plan.shared_plan import items_of
from dashboard.domain.values.datatypes import NamedReference
from tests.pages import plan_samples as sample
from tests.pages.conftest import Answers, shown
from tests.pages.test_start_plan_page import open_plan, press


@pytest.mark.parametrize(
    ("name", "mine", "theirs", "chosen", "value"),
    [
        ("priority", "high-priority", "low-priority", "not recorded", ""),
        ("status", "on-hold", "completed", "Cancelled", "cancelled"),
        ("agreement:Patient/p123456", "agree", "disagree", "has not decided yet", "pending"),
        ("expressed_by", sample.GP, sample.NURSE, "", None),
    ],
)
def test_another_value_is_given_by_the_field_of_the_form(
    app: AppTest, answers: Answers, name: str, mine: Any, theirs: Any, chosen: str, value: Any
) -> None:
    answers.patient = lambda person: sample.summary()
    before = items_of(sample.shared_plan())

    def side(changed: Any) -> Any:
        return {**before, sample.SUGAR: before[sample.SUGAR].with_fields({name: changed})}

    def save(**asked: Any) -> Any:
        if asked["choices"]:
            return PlanSaved(sample.shared_plan())
        return PlanConflict(merge(before, side(mine), side(theirs)), sample.shared_plan(), {})

    answers.action = save
    at = press(open_plan(app), "edit", item=str(sample.SUGAR))
    at.text_area[0].set_value("Another").run()
    at.selectbox("plan_why-Goal-sugar").select("New result or finding").run()
    at.button("plan_save").click().run()
    at.radio("plan_choice-0").set_value("other").run()
    key = name.replace(":", "-").replace("/", "-")
    field = next(each for each in at.selectbox if each.key.startswith(f"plan_{key}-"))
    field.select(chosen or field.options[0]).run()
    at.button("plan_decide").click().run()
    assert not at.exception and "class" in shown(at)
    [choice] = answers.done[-1][1]["choices"].values()
    assert isinstance(choice[name], NamedReference) if value is None else choice[name] == value
