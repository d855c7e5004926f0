"""The start of a plan: what is chosen is kept, for the right team, and offered where somebody else was first."""

import re
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.actions.change_plan import PlanConflict, PlanSaved
from dashboard.domain.care_plan.merge import Choice, merge
from dashboard.domain.care_plan.shared_plan import items_of
from dashboard.domain.values.datatypes import PartialDate, Reference
from dashboard.errors import ServerUnavailable, UserFacingError
from dashboard.ui.navigation import pages as navigation
from tests.pages import plan_samples as sample
from tests.pages import real
from tests.pages.conftest import APP, Answers, shown
from tests.patience import PATIENCE

IDENT = sample.PERSON.id
TEAM = sample.team()
OTHER = replace(TEAM, origin=Reference("CareTeam", "kidney"), team_name="Kidney clinic")


def open_plan(app: AppTest) -> AppTest:
    app.run()
    app.switch_page(str(navigation.CARE_PLAN))
    app.query_params["id"] = IDENT
    return app.run()


@pytest.fixture
def empty(app: AppTest, answers: Answers) -> AppTest:
    """The page of a patient without a plan."""
    answers.patient = lambda person: sample.summary()
    answers.care_plan = lambda person: replace(sample.view(), ours=None, teams=(TEAM,))
    return open_plan(app)


def key(name: str) -> str:
    return f"start_{name}-{IDENT}"


def choose(at: AppTest, why: bool = True) -> AppTest:
    """Chooses the goal of a blood pressure, and the first activity for it."""
    goals = at.multiselect(key("goals"))
    goals.select(next(each for each in goals.options if each.startswith("Blood pressure"))).run()
    at.multiselect(key("activities")).select(at.multiselect(key("activities")).options[0]).run()
    if why:
        at.selectbox(key("why")).select("Agreed with the person").run()
    return at


def press(at: AppTest, do: str, **more: str) -> AppTest:
    return real.send_press(at, f"plan-before-{IDENT}", {"do": do, **more})


def test_a_plan_begins_with_chosen_usual_goals_each_a_draft_with_its_source(empty: AppTest, answers: Answers) -> None:
    at = empty
    assert not at.multiselect(key("goals")).value, "nobody has chosen anything yet"
    choose(at, why=False)
    assert "draft" in at.multiselect(key("goals")).value[0] or at.multiselect(key("goals")).value
    assert "no clinician has reviewed" in shown(at)
    at.button("start_plan").click().run()
    assert "Say why" in at.error[0].value and not answers.done
    at.selectbox(key("why")).select("Agreed with the person").run()
    at.button("start_plan").click().run()
    name, asked = answers.done[-1]
    goal, activity = asked["items"]
    assert name == "start_plan" and goal.origin.type == "Goal" and goal.origin in activity["goals"]
    assert goal["targets"] and goal["addresses"] == frozenset({sample.CKD})
    assert asked["team"] == TEAM.origin


def test_what_is_chosen_survives_a_reload_and_can_be_thrown_away(empty: AppTest, answers: Answers) -> None:
    choose(empty)
    empty.text_input(key("title")).set_value("Plan of Mary").run()
    empty.date_input(key("due")).set_value(None).run()
    again = open_plan(AppTest.from_file(str(APP), default_timeout=PATIENCE))
    assert "These are your words of" in shown(again)
    assert again.text_input(key("title")).value == "Plan of Mary"
    assert again.date_input(key("due")).value is None
    assert again.selectbox(key("why")).value == "Agreed with the person"
    assert len(again.multiselect(key("goals")).value) == len(again.multiselect(key("activities")).value) == 1
    again.button("start_throw").click().run()
    [goals] = [each for each in again.multiselect if each.key.startswith("start_goals")]
    assert not goals.value and "These are your words of" not in shown(again)
    assert "start_throw" not in [each.key for each in again.button]
    third = open_plan(AppTest.from_file(str(APP), default_timeout=PATIENCE))
    assert not third.multiselect(key("goals")).value


def test_what_is_chosen_is_there_after_another_page(empty: AppTest) -> None:
    at = choose(empty)
    at.text_input(key("title")).set_value("Plan of Mary").run()
    at.switch_page(str(navigation.WORKLIST)).run()
    again = open_plan(at)
    assert again.text_input(key("title")).value == "Plan of Mary"
    assert len(again.multiselect(key("goals")).value) == 1
    assert "These are your words of" in shown(open_plan(AppTest.from_file(str(APP), default_timeout=PATIENCE)))


def test_a_start_that_fails_loses_nothing(empty: AppTest, answers: Answers) -> None:
    def away(**asked: Any) -> Any:
        raise ServerUnavailable("server-unreachable")

    answers.action = away
    at = choose(empty)
    at.button("start_plan").click().run()
    assert at.error and len(at.multiselect(key("goals")).value) == 1
    answers.action = lambda **asked: PlanSaved(sample.shared_plan())
    at.button("start_plan").click().run()
    answers.care_plan = lambda person: sample.view()
    assert "You had begun a plan too" not in shown(at.run()), "it is saved"


def test_in_several_teams_it_is_asked_whose_plan_it_is(empty: AppTest, answers: Answers) -> None:
    answers.care_plan = lambda person: replace(sample.view(), ours=None, teams=(TEAM, OTHER))

    def not_chosen(**asked: Any) -> Any:
        raise UserFacingError("plan-team-not-chosen")

    answers.action = not_chosen
    at = choose(empty.run())
    at.button("start_plan").click().run()
    assert "Choose the team whose plan it will be" in at.error[0].value
    at.selectbox(key("team")).select("Kidney clinic").run()
    at.button("start_plan").click().run()
    assert [asked["team"] for _, asked in answers.done] == [None, OTHER.origin]


def test_who_was_second_is_told_and_adds_what_was_chosen(empty: AppTest, answers: Answers) -> None:
    def there(**asked: Any) -> Any:
        answers.care_plan = lambda person: sample.view()
        raise UserFacingError("plan-there-already")

    answers.action = there
    at = choose(empty)
    at.text_input(key("title")).set_value("Plan of Mary").run()
    at.button("start_plan").click().run()
    html = shown(at)
    assert "Somebody else has started the plan meanwhile" in str([each.value for each in at.get("toast")])
    assert "Blood pressure" in html and "Title: Plan of Mary" in html and "Add it to this plan" in html
    now = items_of(sample.shared_plan())

    def save(**asked: Any) -> Any:
        merged = merge(items_of(asked["base"]), asked["mine"], now)
        assert not merged.conflicts and set(now) < set(merged.items)
        return PlanSaved(sample.shared_plan())

    answers.action = save
    at = press(at, "add-start")
    name, asked = answers.done[-1]
    new = [item for item in asked["mine"].values() if item.origin not in now]
    assert name == "save_plan" and [item.origin.type == "Goal" for item in new] == [True, False]
    assert asked["reason"] == "Agreed with the person"
    html = shown(at)
    assert "You had begun a plan too" not in html and not re.search(r'data-act="[^"]*undo', html)


def test_what_both_had_chosen_is_decided(empty: AppTest, answers: Answers) -> None:
    choose(empty)
    answers.care_plan = lambda person: sample.view()
    at = empty.run()

    def save(**asked: Any) -> Any:
        if asked["choices"]:
            return PlanSaved(sample.shared_plan())
        new = next(item for origin, item in asked["mine"].items() if origin.type == "Goal")
        theirs = {**items_of(asked["base"]), sample.SUGAR: new.with_fields({"due": PartialDate("2027-01-01")})}
        theirs[sample.SUGAR] = replace(theirs[sample.SUGAR], origin=sample.SUGAR)
        return PlanConflict(merge(items_of(asked["base"]), asked["mine"], theirs), sample.shared_plan(), {})

    answers.action = save
    at = press(at, "add-start")
    assert "both added something about the same" in shown(at)
    at.radio("plan_choice-0").set_value("both").run()
    at.button("plan_decide").click().run()
    [choice] = answers.done[-1][1]["choices"].values()
    assert choice is Choice.BOTH and "You had begun a plan too" not in shown(at)


def test_what_was_chosen_is_thrown_away_beside_the_plan(empty: AppTest, answers: Answers) -> None:
    choose(empty)
    answers.care_plan = lambda person: sample.view()
    at = empty.run()
    assert "You had begun a plan too" in shown(at)
    at = press(at, "throw", item="CarePlan/to-be-started", whose="start")
    assert "You had begun a plan too" not in shown(at)
    at = press(at, "add-start")
    assert not at.exception and not answers.done


def test_what_was_typed_into_a_plan_that_was_deleted_is_shown_until_it_is_thrown_away(
    app: AppTest, answers: Answers
) -> None:
    answers.patient = lambda person: sample.summary()
    at = press(open_plan(app), "edit", item=str(sample.SUGAR))
    at.text_area[0].set_value("Dance at the wedding").run()
    answers.care_plan = lambda person: replace(sample.view(), ours=None, teams=(TEAM,))
    html = shown(at.run())
    assert "is not there any more" in html and "In words: Dance at the wedding" in html and "No shared plan yet" in html
    at = real.send_press(at, f"plan-drafts-{IDENT}", {"do": "throw", "item": str(sample.SUGAR), "whose": "edit"})
    assert "Dance at the wedding" not in shown(at)
