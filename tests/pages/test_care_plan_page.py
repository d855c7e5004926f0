"""The page of the shared care plan: what it says, in which order, for whom; and what is changed where it stands."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.actions.change_plan import PlanConflict, PlanSaved
from dashboard.cache.drafts import Draft
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from dashboard.domain.care_plan.merge import Arrived, Choice, merge
from dashboard.domain.care_plan.plan_item import FIELDS as DOMAIN_FIELDS
from dashboard.domain.care_plan.shared_plan import SharedPlan, items_of, with_links, with_values
from dashboard.domain.care_plan.views import BrokenSave
from dashboard.domain.care_plan.write_items import changed_values
from dashboard.domain.record.care_plan import PlanActivity
from dashboard.domain.record.goal import RELATIONS, Goal
from dashboard.domain.record.observation import Measure, Target
from dashboard.domain.values.code_systems import SNOMED
from dashboard.domain.values.datatypes import Coding, NamedReference, PartialDate, Quantity, Reference
from dashboard.errors import Failure, UnexpectedAnswer, UserFacingError
from dashboard.fhir.mapping.writable import from_fhir, to_fhir
from dashboard.ui.care_plan.blocks import blocks_html, plan_blocks, split
from dashboard.ui.care_plan.conflict_html import HAPPENED, conflict_html
from dashboard.ui.care_plan.history_rows import saves
from dashboard.ui.care_plan.page import PlanPage, plan_page
from dashboard.ui.care_plan.plan_html import heading_html
from dashboard.ui.care_plan.targets_form import TypedTarget, number_of, read_target
from dashboard.ui.care_plan.view import PlanView, read_plan_view, write_plan_view
from dashboard.ui.care_plan.widget_at_once import may_change
from dashboard.ui.care_plan.words import FIELDS, value_words
from dashboard.ui.care_plan.words import RELATIONS as RELATION_WORDS
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.session import drafts, session
from dashboard.ui.shared.view_time import ViewTime
from tests.pages import plan_samples as sample
from tests.pages import real, samples
from tests.pages.conftest import APP, Answers, shown
from tests.patience import PATIENCE
from tests.unit import people_and_teams as make

AT = ViewTime(samples.AS_OF, UTC)
IDENT = sample.PERSON.id


def page_of(shared: SharedPlan | None = None, **more: Any) -> PlanPage:
    made = shared if shared is not None else sample.shared_plan()
    return plan_page(sample.view(made), made, sample.summary(), AT, **{"may_change": True} | more)


def html_of(page: PlanPage) -> str:
    return str(blocks_html(plan_blocks(page, heading_html(page)), large=page.large))


def words_of(page: PlanPage) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html_of(page)))


@pytest.fixture
def opened(app: AppTest, answers: Answers) -> AppTest:
    """The page, open on the sample's plan."""
    answers.patient = lambda person: sample.summary()
    return open_plan(app)


def open_plan(app: AppTest) -> AppTest:
    app.run()
    app.switch_page(str(navigation.CARE_PLAN))
    app.query_params["id"] = IDENT
    return app.run()


def press(at: AppTest, do: str, part: str = "before", **more: str) -> AppTest:
    return real.send_press(at, f"plan-{part}-{IDENT}", {"do": do, **more})


# --- reading ---------------------------------------------------------------------------------------------------------


def test_the_persons_own_goals_come_first_in_their_words_then_the_teams() -> None:
    words = words_of(page_of())
    own, team, ended = (
        words.index(each) for each in ("“Walk to the allotment", "Blood pressure under", "Stop smoking")
    )
    assert own < team < ended
    assert "the patient’s own" in words


def test_a_goal_says_target_latest_trend_due_agreement_relations_and_who_does_what() -> None:
    words = words_of(page_of())
    for said in (
        "BP below 130/80 mmHg", "148/82", "misses goal", "up from 139/80", "by 31-Mar-2027", "Mary Aldous agrees",
        "Joan Aldous does not agree: “She gets dizzy.”", "conflicts with “ Walk to the allotment",
        "Check the ramipril dose", "Dr Sarah Whitfield", "late, 16-Nov-2026", "patient’s agreement not recorded",
        "Smoking: none", "CKD", "Walks to the gate now.",
    ):  # fmt: skip
        assert said in words, said


def test_what_is_late_says_so_in_a_word() -> None:
    assert "late: by 31-Oct-2026" in words_of(page_of()), "a goal"
    assert "late, 16-Nov-2026" in words_of(page_of()), "an activity"


def test_what_ended_is_folded_with_its_reason_and_a_way_back() -> None:
    html = html_of(page_of())
    ended = html[html.index('data-key="ended"') :]
    assert "She does not want it any more" in ended and "Cancelled" in ended and "reopen-reached" in ended


def test_the_head_says_status_review_version_and_who_changed_it_last_and_why() -> None:
    words = words_of(page_of())
    assert "Active review due 02-Dec-2026 version 14" in words
    assert "last changed by A. Lindqvist, 14-Nov-2026 : New result" in words.replace("2026:", "2026 :")
    late = replace(sample.shared_plan().plan, end=PartialDate("2026-11-01"))
    assert "review was due 01-Nov-2026" in words_of(page_of(replace(sample.shared_plan(), plan=late)))


def test_a_plan_without_goals_and_one_of_many_say_what_there_is() -> None:
    assert "No goal is agreed yet" in words_of(page_of(sample.empty_plan()))
    many = tuple(
        replace(sample.goals()[1], origin=Reference("Goal", f"g{n}"), text=f"Goal number {n}", related=())
        for n in range(40)
    )
    shared = SharedPlan(replace(sample.shared_plan().plan, goals=tuple(each.origin for each in many)), many)
    assert html_of(page_of(shared)).count('class="c3-plangoal"') == 40


def test_a_medicine_and_an_appointment_are_shown_and_not_edited() -> None:
    html = html_of(page_of())
    assert "Team conference" in html and "01-Dec-2026" in html
    assert "edit-visit" not in html and "edit-m1" not in html and "edit-ramipril" in html


def test_what_is_written_in_the_plan_itself_is_shown() -> None:
    written = replace(sample.shared_plan().plan, details=(PlanActivity("Salt", not_to_do=True), PlanActivity("Walk")))
    words = words_of(page_of(replace(sample.shared_plan(), plan=written)))
    assert "Written in the plan itself" in words and "Not to be done: Salt" in words


def test_whoever_may_change_nothing_sees_no_button_that_changes() -> None:
    html = html_of(page_of(may_change=False))
    keys = set(re.findall(r'data-key="([a-z-]+?)-', html))
    assert not keys & {"edit", "add", "up", "down", "note", "end", "reopen"}


@pytest.mark.parametrize(
    ("roles", "may"), [((Role.CLINICIAN,), True), ((Role.COORDINATOR,), True), ((Role.PILOT_MANAGER,), False)]
)
def test_who_may_change_the_plan(monkeypatch: pytest.MonkeyPatch, roles: tuple[Role, ...], may: bool) -> None:
    monkeypatch.setattr(session, "user", lambda: replace(samples.USERS[0], roles=roles))
    assert may_change(sample.view()) is may
    grant: Any = object()
    assert not may_change(replace(sample.view(), emergency_access=grant)), "emergency access is for reading"


def test_text_with_markup_is_shown_as_text() -> None:
    evil = "<script>alert(1)</script>\u202e"
    goals = tuple(replace(each, text=evil) for each in sample.goals())
    html = html_of(page_of(replace(sample.shared_plan(), goals=goals)))
    assert "<script>" not in html and "&lt;script&gt;" in html and "\u202e" not in html


def test_every_field_and_relation_of_the_domain_has_words() -> None:
    assert set(FIELDS) >= set(DOMAIN_FIELDS)
    assert set(RELATION_WORDS) == set(RELATIONS)


def test_no_value_is_shown_as_code() -> None:
    shared, names = sample.shared_plan(), page_of().names
    for origin, item in items_of(shared).items():
        for name, value in item.fields.items():
            words = value_words(name, value, origin.type, names)
            assert words and not re.search(r"Reference\(|Target\(|frozenset|Comment\(", words), (name, words)


def test_addresses_come_back() -> None:
    view = PlanView("p1", Reference("CarePlan", "c9"), Reference("Goal", "g1"), True, "2", "3", True)
    assert read_plan_view(write_plan_view(view)) == view
    assert read_plan_view({"id": "p1", "item": "../..", "first": "x"}) == PlanView("p1")


# --- the page --------------------------------------------------------------------------------------------------------


def test_the_page_shows_the_plan_under_the_banner_and_its_tab_is_current(opened: AppTest) -> None:
    html = shown(opened)
    assert "ALDOUS, Mary" in html and "Known allergies" in html
    assert re.search(r'aria-current="page">Care plan<', html) and "What we want to reach together" in html


def test_no_plan_yet_is_said(app: AppTest, answers: Answers) -> None:
    answers.care_plan = lambda person: replace(sample.view(), ours=None)
    app.run()
    app.switch_page(str(navigation.CARE_PLAN))
    app.query_params["id"] = IDENT
    html = shown(app.run())
    assert "No shared plan yet" in html


def test_something_new_begins_with_what_is_usual_or_is_of_another_kind(opened: AppTest) -> None:
    at = press(opened, "add-goal", whose="team")
    usual = next(each for each in at.selectbox if each.key.startswith("plan_usual-"))
    usual.select(next(each for each in usual.options if "CKD, draft" in each)).run()
    assert at.text_area[0].value and not at.exception
    at.button("plan_close").click().run()
    at = press(at, "add-activity", item=str(sample.SUGAR))
    kind = next(each for each in at.selectbox if each.key.startswith("plan_kind-"))
    kind.select("Order").run()
    assert any(each.key.startswith("plan_addresses-ServiceRequest") for each in at.multiselect)
    usual = next(each for each in at.selectbox if each.key.startswith("plan_usual-"))
    usual.select(usual.options[1]).run()
    assert at.text_area[0].value and not at.exception


def test_activities_of_the_plan_itself_are_made_records_on_request(opened: AppTest, answers: Answers) -> None:
    written = replace(sample.shared_plan().plan, details=(PlanActivity("Walk", in_plan=True),))
    answers.care_plan = lambda person: sample.view(replace(sample.shared_plan(), plan=written))
    opened.run()
    assert "Make activities of them" in shown(opened)
    press(opened, "convert")
    name, asked = answers.done[-1]
    assert name == "convert_activity_details" and [each.text for each in asked["activities"]] == ["Walk"]


@pytest.mark.parametrize(("do", "action"), [("finish-save", "finish_broken_save"), ("undo-save", "undo_broken_save")])
def test_a_save_that_broke_off_is_told_and_finished_or_undone(
    opened: AppTest, answers: Answers, do: str, action: str
) -> None:
    answers.care_plan = lambda person: sample.view(broken=(BrokenSave("s1", (sample.SUGAR,), 3, "Tom Hadley"),))
    opened.run()
    html = shown(opened)
    assert "A save by Tom Hadley broke off: 1 of 3 records were written" in html and "What it was before" in html
    press(opened, do, save="s1")
    name, asked = answers.done[-1]
    assert name == action and asked["ident"] == "s1"


def test_plans_that_could_not_be_read_are_not_called_none(app: AppTest, answers: Answers) -> None:
    failed = {"CarePlan": Failure("server-unreachable")}
    answers.care_plan = lambda person: replace(sample.view(), ours=None, failed=failed)
    app.run()
    app.switch_page(str(navigation.CARE_PLAN))
    app.query_params["id"] = IDENT
    html = shown(app.run())
    assert "No shared plan yet" not in html and "This could not be read." in html


def test_other_plans_are_listed_and_looked_into_and_two_active_ones_told(opened: AppTest, answers: Answers) -> None:
    other = replace(sample.empty_plan().plan, origin=Reference("CarePlan", "c9"), title="Plan of the hospital")
    answers.care_plan = lambda person: sample.view(others=(SharedPlan(other),), also_active=(SharedPlan(other),))
    opened.run()
    html = shown(opened)
    assert "Other plans" in html and "Plan of the hospital" in html and "1 other active plan" in html
    opened.query_params["plan"] = "CarePlan/c9"
    html = shown(opened.run())
    assert "This is another plan" in html and "edit-" not in html


@pytest.mark.parametrize("do", ["edit", "note", "end"])
def test_a_form_opens_under_what_it_changes(opened: AppTest, do: str) -> None:
    at = press(opened, do, item=str(sample.SUGAR))
    assert not at.exception
    keys = [each.key for each in at.get("bidi_component")]
    assert keys.index(f"plan-before-{IDENT}") < keys.index("plan-formhead") < keys.index(f"plan-after-{IDENT}")


def fill(at: AppTest, **fields: str) -> None:
    for name, value in fields.items():
        key = next(each.key for each in at if getattr(each, "key", None) and each.key.startswith(f"plan_{name}-"))
        real.send(at, key, value)


def saved(answers: Answers) -> dict[str, Any]:
    name, asked = answers.done[-1]
    assert name == "save_plan"
    return asked


def test_saving_gives_the_action_the_plan_as_read_the_changed_item_and_the_reason(
    opened: AppTest, answers: Answers
) -> None:
    answers.action = lambda **asked: PlanSaved(sample.shared_plan())
    at = press(opened, "edit", item=str(sample.SUGAR))
    at.text_area[0].set_value("HbA1c under 56 mmol/mol").run()
    at.selectbox(f"plan_why-{sample.SUGAR.type}-{sample.SUGAR.id}").select("New result or finding").run()
    at.button("plan_save").click().run()
    asked = saved(answers)
    assert asked["base"] == sample.shared_plan() and asked["reason"] == "New result or finding"
    before = items_of(sample.shared_plan())
    changed = {origin for origin, item in asked["mine"].items() if item != before.get(origin)}
    assert changed == {sample.SUGAR} and asked["mine"][sample.SUGAR]["title"] == "HbA1c under 56 mmol/mol"
    assert "Saved: HbA1c under 56 mmol/mol" in shown(at)
    press(at, "undo")
    assert saved(answers)["mine"][sample.SUGAR]["title"] == "HbA1c under 58 mmol/mol"


def as_stored(**fields: Any) -> SharedPlan:
    """The plan with these fields of the goal for sugar."""
    shared = sample.shared_plan()
    items = items_of(shared)
    items[sample.SUGAR] = items[sample.SUGAR].with_fields(fields)
    by = NamedReference(Reference("Practitioner", "gp"), "GP")
    at = datetime(2026, 11, 23, tzinfo=UTC)
    return with_values(shared, changed_values(shared, items, patient=Reference("Patient", IDENT), by=by, at=at))


def test_taking_back_takes_back_only_the_own_change(opened: AppTest, answers: Answers) -> None:
    stored = as_stored(title="HbA1c under 56 mmol/mol", priority="low-priority")
    before = items_of(sample.shared_plan())[sample.SUGAR]
    came_in = Arrived(sample.SUGAR, "priority", before["priority"], "low-priority")
    answers.action = lambda **asked: PlanSaved(stored, (came_in,))
    at = press(opened, "edit", item=str(sample.SUGAR))
    at.text_area[0].set_value("HbA1c under 56 mmol/mol").run()
    at.selectbox("plan_why-Goal-sugar").select("Review of the plan").run()
    at.button("plan_save").click().run()
    assert "1 change of colleagues came in" in shown(at)
    press(at, "undo")
    asked = saved(answers)
    assert asked["base"] == stored, "what others save after this is merged with it"
    assert asked["mine"][sample.SUGAR] == before.with_fields({"priority": "low-priority"})


@pytest.mark.parametrize(
    ("title", "why", "sentence"),
    [("", "Review of the plan", "Say in words what it is."), ("Other words", "", "Say why in a few words")],
)
def test_what_is_missing_is_said_and_nothing_is_saved(
    opened: AppTest, answers: Answers, title: str, why: str, sentence: str
) -> None:
    at = press(opened, "edit", item=str(sample.SUGAR))
    at.text_area[0].set_value(title).run()
    if why:
        at.selectbox("plan_why-Goal-sugar").select(why).run()
    at.button("plan_save").click().run()
    assert sentence in at.error[0].value and not answers.done


def test_what_is_typed_is_offered_again_and_can_be_thrown_away(opened: AppTest) -> None:
    at = press(opened, "edit", item=str(sample.SUGAR))
    at.text_area[0].set_value("Half a senten").run()
    at.button("plan_close").click().run()
    html = shown(at)
    assert "Not saved yet" in html and "Half a senten" in html
    at = press(at, "go-on", item=str(sample.SUGAR), whose="edit")
    assert at.text_area[0].value == "Half a senten"
    at.button("plan_throw").click().run()
    assert at.text_area[0].value == "HbA1c under 58 mmol/mol"
    at.button("plan_close").click().run()
    assert "Not saved yet" not in shown(at)


def test_a_refusal_is_a_sentence_and_the_form_keeps_what_was_typed(opened: AppTest, answers: Answers) -> None:
    def refuse(**asked: Any) -> Any:
        raise UserFacingError("plan-due-impossible")

    answers.action = refuse
    at = press(opened, "edit", item=str(sample.SUGAR))
    at.text_area[0].set_value("New words").run()
    at.selectbox("plan_why-Goal-sugar").select("Review of the plan").run()
    at.button("plan_save").click().run()
    for _ in range(2):
        assert not at.exception and at.text_area[0].value == "New words"
        assert ["The due date is from today" in each.value for each in at.error] == [True]
        at.run()  # whatever draws the page anew
    answers.action = lambda **asked: PlanSaved(sample.shared_plan())
    at.button("plan_save").click().run()
    assert not at.error and "Saved" in shown(at)


def in_the_history(at: AppTest, answers: Answers) -> None:
    at.query_params["view"] = "history"
    at.run()
    del at.query_params["view"]


def on_another_plan(at: AppTest, answers: Answers) -> None:
    at.query_params["plan"] = "CarePlan/c9"
    at.run()
    del at.query_params["plan"]


def where_the_plan_cannot_be_read(at: AppTest, answers: Answers) -> None:
    known = answers.care_plan

    def away(person: Any) -> Any:
        raise UnexpectedAnswer("answer-web-page")

    answers.care_plan = away
    at.session_state["page_care-plan"] = None
    at.run()
    answers.care_plan = known


def on_another_page(at: AppTest, answers: Answers) -> None:
    at.switch_page(str(navigation.PATIENT))
    at.run()
    at.switch_page(str(navigation.CARE_PLAN))
    at.query_params["id"] = IDENT


OUT_OF_SIGHT = (in_the_history, on_another_plan, where_the_plan_cannot_be_read, on_another_page)


@pytest.mark.parametrize("out_of_sight", OUT_OF_SIGHT)
@pytest.mark.parametrize("do", ["edit", "note"])
def test_a_form_that_was_out_of_sight_for_a_run_goes_on_from_what_was_typed(
    opened: AppTest, answers: Answers, out_of_sight: Callable[[AppTest, Answers], None], do: str
) -> None:
    answers.action = lambda **asked: PlanSaved(sample.shared_plan())
    at = press(opened, do, item=str(sample.SUGAR))
    at.text_area[0].set_value("Half a senten").run()
    if do == "edit":
        at.selectbox("plan_why-Goal-sugar").select("Review of the plan").run()
    for _ in range(2):
        out_of_sight(at, answers)
        at.run()
        assert not at.exception and at.text_area[0].value == "Half a senten"
        assert "Half a senten" in str([dict(each.fields) for each in drafts_of_sugar()]), "its draft is kept"
    at.text_area[0].set_value("Half a sentence").run()
    at.button("plan_save").click().run()
    goal = saved(answers)["mine"][sample.SUGAR]
    assert "Half a sentence" in str(goal["notes"] if do == "note" else goal["title"])
    assert saved(answers)["reason"] == ("Note added" if do == "note" else "Review of the plan")
    assert not drafts_of_sugar()


def drafts_of_sugar() -> list[Draft]:
    """What all users have typed of the goal for sugar."""
    every = (own.values() for own in drafts.DRAFTS._drafts.values())
    return [draft for own in every for _, draft in own if draft.item == sample.SUGAR]


def test_a_field_that_was_put_back_stays_so_out_of_sight_and_in_a_draft(opened: AppTest, answers: Answers) -> None:
    at = press(opened, "edit", item=str(sample.SUGAR))
    at.text_area[0].set_value("Half a senten").run()
    at.selectbox("plan_priority-Goal-sugar").select_index(1).run()
    in_the_history(at, answers)
    at.run()
    at.text_area[0].set_value("HbA1c under 58 mmol/mol").run()
    chosen = at.selectbox("plan_priority-Goal-sugar").value
    in_the_history(at, answers)
    at.run()
    for _ in range(2):
        assert at.text_area[0].value == "HbA1c under 58 mmol/mol"
        assert at.selectbox("plan_priority-Goal-sugar").value == chosen
        at.button("plan_close").click().run()
        at = press(at, "go-on", item=str(sample.SUGAR), whose="edit")


def test_what_was_thrown_away_does_not_come_back(opened: AppTest) -> None:
    at = press(opened, "edit", item=str(sample.SUGAR))
    at.text_area[0].set_value("Half a senten").run()
    at.button("plan_close").click().run()
    at = press(at, "throw", item=str(sample.SUGAR), whose="edit")
    at = press(at, "edit", item=str(sample.SUGAR))
    assert at.text_area[0].value == "HbA1c under 58 mmol/mol"


def test_a_note_leaves_what_was_typed_into_the_item_itself(opened: AppTest) -> None:
    at = press(opened, "edit", item=str(sample.SUGAR))
    at.text_area[0].set_value("Half a senten").run()
    at = press(at, "note", item=str(sample.SUGAR))
    assert at.text_area[0].value == ""
    assert "Half a senten" in shown(at), "it waits"
    at.text_area[0].set_value("Half a note").run()
    assert [each.do for each in drafts_of_sugar()] == ["edit", "note"]
    at = press(at, "edit", item=str(sample.SUGAR))
    assert at.text_area[0].value == "Half a senten"


def test_another_kind_of_activity_begins_with_the_words_typed_so_far(opened: AppTest) -> None:
    at = press(opened, "add-activity", item=str(sample.SUGAR))
    at.text_area[0].set_value("Weekly walk").run()
    next(each for each in at.selectbox if each.key.startswith("plan_kind-")).select("Order").run()
    assert at.text_area[0].value == "Weekly walk"


@pytest.mark.parametrize("do", ["sign", "agree"])
def test_why_a_signature_was_refused_stays_until_the_next_try(opened: AppTest, answers: Answers, do: str) -> None:
    def refuse(**asked: Any) -> Any:
        raise UserFacingError("plan-due-impossible")

    at = press(opened, do)
    if do == "sign":
        at.selectbox("plan_status-CarePlan-c1").select("On hold").run()
    else:
        next(each for each in at.selectbox if each.label.startswith("HbA1c under 58")).select("agrees").run()
    at.selectbox("plan_why-CarePlan-c1").select("Review of the plan").run()
    button = at.button("plan_sign" if do == "sign" else "plan_save")
    conflict = PlanConflict(merge({}, {}, {}), sample.shared_plan(), {})
    for answer, words in ((refuse, "The due date is from today"), (lambda **asked: conflict, "Somebody else changed")):
        answers.action = answer
        button.click().run()
        assert [words in each.value for each in at.run().error] == [True]
    at.button("plan_close").click().run()
    assert not press(at, do).error


def test_a_new_goal_of_the_person_and_an_activity_for_a_goal(opened: AppTest, answers: Answers) -> None:
    answers.action = lambda **asked: PlanSaved(sample.shared_plan())
    at = press(opened, "add-goal", whose="patient")
    at.text_area[0].set_value("Dance at the wedding").run()
    why = next(each for each in at.selectbox if each.key.startswith("plan_why-"))
    why.select("Agreed with the person").run()
    at.button("plan_save").click().run()
    mine = saved(answers)["mine"]
    [new] = [item for origin, item in mine.items() if origin not in items_of(sample.shared_plan())]
    assert new["title"] == "Dance at the wedding" and new["expressed_by"].to == sample.PATIENT
    at = press(at, "add-activity", item=str(sample.SUGAR))
    at.text_area[0].set_value("Weekly walk").run()
    at.button("plan_save").click().run()
    assert "Say who is to do it." in at.error[0].value
    owner = next(each for each in at.selectbox if each.key.startswith("plan_owner-"))
    owner.select(owner.options[1]).run()
    at.button("plan_save").click().run()
    mine = saved(answers)["mine"]
    [new] = [item for origin, item in mine.items() if origin not in items_of(sample.shared_plan())]
    assert new["goals"] == frozenset({sample.SUGAR}) and new.origin.type == "Task"


@pytest.mark.parametrize(
    ("chosen", "own", "code", "text"),
    [
        ("", "", "46255001", "Ward pharmacist"),
        ("Dietitian", "", "159033005", "Dietitian"),
        ("Something else, in my own words", "Walks the dog", "", "Walks the dog"),
    ],
)
def test_a_new_member_has_a_coded_role_or_one_in_words(
    opened: AppTest, answers: Answers, monkeypatch: pytest.MonkeyPatch, chosen: str, own: str, code: str, text: str
) -> None:
    pharmacist = User(
        Reference("Practitioner", "ph"), "Ann Pill", Coding(SNOMED, "46255001", "Pharmacist"), "Ward pharmacist"
    )
    known = {session.user_id(each): each for each in (*samples.USERS, pharmacist)}
    monkeypatch.setattr(session, "users", lambda: known)
    answers.action = lambda **asked: PlanSaved(sample.shared_plan())
    at = press(opened, "edit", item="CareTeam/ct1")
    at.selectbox("plan_joins-CareTeam-ct1").select("Ann Pill, Ward pharmacist").run()
    role = at.selectbox("plan_role-ph-CareTeam-ct1")
    assert role.value == "Ward pharmacist" and "Pharmacist" not in role.options
    if chosen:
        role.select(chosen).run()
    if own:
        at.text_input("plan_role-ph-own-CareTeam-ct1").set_value(own).run()
    at.selectbox("plan_why-CareTeam-ct1").select("New result or finding").run()
    again = press(open_plan(AppTest.from_file(str(APP), default_timeout=PATIENCE)), "edit", item="CareTeam/ct1")
    assert again.selectbox("plan_joins-CareTeam-ct1").value == "ph"
    assert again.selectbox("plan_role-ph-CareTeam-ct1").value == text, "a draft is offered in the fields"
    at.button("plan_save").click().run()
    team = saved(answers)["mine"][Reference("CareTeam", "ct1")]
    member = team["member:Practitioner/ph"]
    assert (member.role.code if member.role else "", member.role_text) == (code, text)
    before = items_of(sample.shared_plan())
    values = changed_values(
        sample.shared_plan(), {**before, team.origin: team}, patient=sample.PATIENT, by=sample.GP, at=samples.AS_OF
    )
    entry = to_fhir(replace(values[0], source={}, version=""))["participant"][-1]
    assert [concept["text"] for concept in entry["role"]] == [text]
    assert [each["code"] for each in entry["role"][0].get("coding", ())] == ([code] if code else [])


def test_goals_are_moved_within_their_kind(opened: AppTest, answers: Answers) -> None:
    answers.action = lambda **asked: PlanSaved(sample.shared_plan())
    press(opened, "down", item=str(sample.PRESSURE))
    plan = saved(answers)["mine"][Reference("CarePlan", "c1")]
    order = [each for each in plan["goal_order"] if each in (sample.PRESSURE, sample.SUGAR)]
    assert order == [sample.SUGAR, sample.PRESSURE]
    count = len(answers.done)
    press(opened, "up", item=str(sample.PRESSURE))
    assert len(answers.done) == count, "the first of its kind has nowhere to go"


def test_a_goal_ends_with_a_reason_and_is_reopened(opened: AppTest, answers: Answers) -> None:
    answers.action = lambda **asked: PlanSaved(sample.shared_plan())
    at = press(opened, "end", item=str(sample.SUGAR))
    at.selectbox("plan_status-Goal-sugar").select("Cancelled").run()
    at.button("plan_save").click().run()
    assert "Say why it ends" in at.error[0].value
    at.selectbox("plan_endreason-Goal-sugar").select("Something else has taken its place").run()
    at.button("plan_save").click().run()
    asked = saved(answers)
    goal = asked["mine"][sample.SUGAR]
    assert (goal["status"], goal["status_reason"]) == ("cancelled", "Something else has taken its place")
    assert asked["reason"] == "Something else has taken its place"
    press(at, "reopen", item=str(sample.REACHED))
    assert saved(answers)["mine"][sample.REACHED]["status"] == "active"


def test_whoever_may_not_change_it_changes_nothing_by_a_press(opened: AppTest, answers: Answers) -> None:
    answers.care_plan = lambda person: replace(sample.view(), emergency_access=samples_grant())
    opened.run()
    for do in ("edit", "down", "reopen", "undo", "add-goal"):
        at = press(opened, do, item=str(sample.PRESSURE))
        assert not at.exception and not at.text_area
    assert not answers.done


def samples_grant() -> Any:
    from tests.pages.test_break_glass import GRANT

    return GRANT


# --- two at once -----------------------------------------------------------------------------------------------------


def test_a_conflict_shows_the_three_sides_and_is_saved_with_the_choice(opened: AppTest, answers: Answers) -> None:
    base = sample.shared_plan()
    before = items_of(base)
    theirs = {**before, sample.SUGAR: before[sample.SUGAR].with_fields({"title": "HbA1c under 60"})}
    by = sample.changes()[Reference("CarePlan", "c1")]

    def conflict(**asked: Any) -> Any:
        if asked["choices"]:
            decided = Arrived(sample.SUGAR, "title", "HbA1c under 58 mmol/mol", "HbA1c under 60")
            return PlanSaved(as_stored(title="HbA1c under 59"), (decided,))
        return PlanConflict(merge(before, asked["mine"], theirs), base, {sample.SUGAR: by})

    answers.action = conflict
    at = press(opened, "edit", item=str(sample.SUGAR))
    at.text_area[0].set_value("HbA1c under 56").run()
    at.selectbox("plan_why-Goal-sugar").select("Review of the plan").run()
    at.button("plan_save").click().run()
    html = shown(at)
    for said in ("WAS", "YOURS", "THEIRS", "HbA1c under 58", "HbA1c under 56", "HbA1c under 60", "A. Lindqvist"):
        assert said in html, said
    at.button("plan_decide").click().run()
    assert "1 decision is still open." in at.error[0].value
    at.radio[0].set_value("mine").run()
    at.button("plan_decide").click().run()
    [choice] = saved(answers)["choices"].values()
    assert choice is Choice.MINE and saved(answers)["base"] == base
    assert "YOURS" not in shown(at)
    assert "Saved: HbA1c under 59" in shown(at), "the words that it has now"
    assert "came in while you were writing" not in shown(at), "it was decided, and did not come in by itself"


def test_a_decision_that_waits_loses_nothing(opened: AppTest, answers: Answers) -> None:
    before = items_of(sample.shared_plan())
    theirs = {**before, sample.SUGAR: before[sample.SUGAR].with_fields({"title": "HbA1c under 60"})}
    answers.action = lambda **asked: PlanConflict(merge(before, asked["mine"], theirs), sample.shared_plan(), {})
    at = press(opened, "edit", item=str(sample.SUGAR))
    at.text_area[0].set_value("HbA1c under 56").run()
    at.selectbox("plan_why-Goal-sugar").select("Review of the plan").run()
    at.button("plan_save").click().run()
    at.button("plan_later").click().run()
    assert "Not saved yet" in shown(at) and "HbA1c under 56" in shown(at)


def test_every_kind_of_conflict_has_words() -> None:
    conflict, page = sample.conflict_page()
    for each in conflict.found.merged.conflicts:
        assert "THEIRS" in str(conflict_html(each, None, page.names, UTC, "Me"))
    from dashboard.domain.care_plan.merge import ConflictKind

    assert set(HAPPENED) == set(ConflictKind)


# --- how it came to be -----------------------------------------------------------------------------------------------


def test_every_save_says_who_when_why_and_field_by_field(opened: AppTest, answers: Answers) -> None:
    opened.query_params["view"] = "history"
    opened.query_params["item"] = str(sample.SUGAR)
    html = shown(opened.run())
    for said in ("A. Lindqvist", "New result", "somebody elsewhere", "HbA1c under 60 mmol/mol", "Better sugar"):
        assert said in html, said
    assert "Two versions side by side" in html
    answers.action = lambda **asked: PlanSaved(sample.shared_plan())
    at = real.send_press(
        opened, f"plan-saves-{IDENT}", {"do": "restore", "item": str(sample.SUGAR), "version": "2", "field": "due"}
    )
    assert not at.exception
    name, asked = answers.done[-1]
    assert name == "restore_version" and (asked["number"], asked["field"]) == ("2", "due")
    assert "Brought back. Saved, the team sees it." in [each.value for each in at.toast]


def test_a_press_that_nobody_foresaw_is_a_number_and_no_traceback(
    opened: AppTest, answers: Answers, caplog: pytest.LogCaptureFixture
) -> None:
    """What is done before the next run has no page yet that could show it, and its error may quote a record."""

    def fails(**asked: Any) -> PlanSaved:
        raise RuntimeError("Mary Aldous, 943 476 5919")

    answers.action = fails
    goal = str(sample.SUGAR)
    for do in ("up", "down"):  # one of them can be done
        press(opened, do, item=goal)
        if opened.toast:
            break
    [said] = [each.value for each in opened.toast]
    number = said.rpartition(": ")[2].strip(".\\")
    assert "Look whether it was done before you press again" in said
    assert not opened.exception and f"defect {number}: RuntimeError" in caplog.text
    assert "Aldous" not in caplog.text and "Aldous" not in said


def test_saves_are_listed_newest_first_with_what_differs() -> None:
    rows = saves(sample.history())
    assert [each.items[0].version.version for each in rows] == ["3", "2", "1"]
    assert {change.field for change in rows[0].items[0].changes} == {"title", "due"}
    assert rows[-1].items[0].first


# --- signing off -----------------------------------------------------------------------------------------------------


def test_signing_offers_what_may_follow_and_gives_status_and_day(opened: AppTest, answers: Answers) -> None:
    answers.action = lambda **asked: PlanSaved(sample.shared_plan())
    at = press(opened, "sign")
    status = at.selectbox("plan_status-CarePlan-c1")
    assert "Draft" not in status.options and "On hold" in status.options
    status.select("On hold").run()
    at.selectbox("plan_why-CarePlan-c1").select("Review of the plan").run()
    at.button("plan_sign").click().run()
    name, asked = answers.done[-1]
    assert name == "sign_plan" and asked["status"] == "on-hold" and asked["review_due"] == PartialDate("2026-12-02")


def test_what_the_person_says_to_a_goal_is_recorded(opened: AppTest, answers: Answers) -> None:
    answers.action = lambda **asked: PlanSaved(sample.shared_plan())
    at = press(opened, "agree")
    field = next(each for each in at.selectbox if each.label.startswith("HbA1c under 58"))
    field.select("agrees").run()
    at.selectbox("plan_why-CarePlan-c1").select("Agreed with the person").run()
    at.button("plan_save").click().run()
    name, asked = answers.done[-1]
    assert name == "record_agreement" and asked["person"] == sample.PATIENT
    assert asked["answers"] == {sample.SUGAR: "agree"}


# --- medicines and appointments ---------------------------------------------------------------------------------------


def test_only_current_medicines_and_coming_appointments_that_are_not_in_the_plan_are_offered(
    opened: AppTest, answers: Answers
) -> None:
    assert "link-plan" in shown(opened)
    at = press(opened, "link")
    put_in, taken_out = at.multiselect("plan_put-in-CarePlan-c1"), at.multiselect("plan_take-out-CarePlan-c1")
    assert put_in.options == ["Prescription: Metformin, 500 mg twice a day"]
    assert taken_out.options == ["Prescription: Prescription", "Appointment: Team conference, 01-Dec-2026"]
    at.button("plan_save").click().run()
    assert "Choose what is put into the plan" in at.error[0].value and not answers.done


def test_they_are_put_in_and_taken_out_with_a_reason_and_the_way_back(opened: AppTest, answers: Answers) -> None:
    base = sample.shared_plan()
    order = tuple(each for each in base.plan.activities if each != sample.VISIT)
    stored = replace(base, plan=replace(base.plan, activities=(*order, sample.METFORMIN)))
    answers.action = lambda **asked: PlanSaved(stored)
    at = press(opened, "link")
    at.multiselect("plan_put-in-CarePlan-c1").select(str(sample.METFORMIN)).run()
    at.multiselect("plan_take-out-CarePlan-c1").select(str(sample.VISIT)).run()
    at.button("plan_save").click().run()
    assert "Say in a few words why" in at.error[0].value and not answers.done
    at.selectbox("plan_why-CarePlan-c1").select("Agreed with the person").run()
    at.button("plan_save").click().run()
    name, asked = answers.done[-1]
    assert name == "link_activities" and asked["base"] == base and asked["reason"] == "Agreed with the person"
    assert (asked["put_in"], asked["taken_out"]) == ([sample.METFORMIN], [sample.VISIT])
    assert "Saved: Metformin, 500 mg twice a day, Team conference, 01-Dec-2026" in shown(at)
    press(at, "undo")
    asked = saved(answers)
    before = items_of(base)
    assert asked["base"] == stored and asked["mine"].keys() == before.keys()
    assert asked["mine"][base.plan.origin]["activity_order"] == base.plan.activities


def test_a_conflict_of_what_is_taken_out_is_asked(opened: AppTest, answers: Answers) -> None:
    base = sample.shared_plan()
    before = items_of(base)
    theirs = {**before, sample.VISIT: before[sample.VISIT].with_fields({"outcome": "It helped"})}
    merged = merge(before, with_links(before, [], [sample.VISIT]), theirs)
    answers.action = lambda **asked: PlanConflict(merged, base, {})
    at = press(opened, "link")
    at.multiselect("plan_take-out-CarePlan-c1").select(str(sample.VISIT)).run()
    at.selectbox("plan_why-CarePlan-c1").select("Agreed with the person").run()
    at.button("plan_save").click().run()
    assert "One of you took this out of the plan" in shown(at) and "It helped" in shown(at)
    assert "what you chose is to be chosen again" in shown(at)
    answers.action = lambda **asked: PlanSaved(base)
    at.radio("plan_choice-0").set_value("mine").run()
    at.button("plan_decide").click().run()
    assert sample.VISIT not in saved(answers)["mine"] and list(saved(answers)["choices"].values()) == [Choice.MINE]


# --- targets ---------------------------------------------------------------------------------------------------------


def test_a_target_that_was_not_touched_stays_as_recorded_and_others_are_numbers() -> None:
    target = sample.below(Measure.HBA1C, "58")
    assert read_target(TypedTarget(target, Measure.HBA1C, "", "58")) is target
    changed = read_target(TypedTarget(target, Measure.HBA1C, "", "56,5"))
    assert changed is not None and changed.high is not None and str(changed.high.value) == "56.5"
    assert changed.high.comparator == "<"
    assert read_target(TypedTarget(target, Measure.HBA1C, " ", "")) is None
    for low, high in (("x", ""), ("", "1e400"), ("-3", ""), ("nan", "")):
        with pytest.raises(UserFacingError):
            read_target(TypedTarget(None, Measure.HBA1C, low, high))
    with pytest.raises(UserFacingError):
        read_target(TypedTarget(None, Measure.HBA1C, "60", "50"))


@pytest.mark.parametrize(("low", "high"), [("70", "75"), ("70", "70"), ("", "75"), ("70", "")])
@pytest.mark.parametrize("recorded", [None, ("<", "80"), (">", "60"), ("", "72")])
def test_every_target_that_can_be_typed_can_be_saved(low: str, high: str, recorded: tuple[str, str] | None) -> None:
    was = None
    if recorded is not None:
        end = Quantity(Decimal(recorded[1]), "kg", recorded[0])
        was = Target(Measure.WEIGHT, None if recorded[0] == "<" else end, None if recorded[0] == ">" else end)
    typed = read_target(TypedTarget(was, Measure.WEIGHT, low, high))
    assert typed is not None
    goal = from_fhir(Goal, make.goal("g1", "p1") | {"target": []})
    written = to_fhir(replace(goal, targets=(typed,)))
    assert from_fhir(Goal, written).targets == (typed,), "FHIR's range includes both of its ends"


def test_an_end_that_was_not_touched_keeps_its_digits() -> None:
    ends = Quantity(Decimal("70.55"), "kg", ">="), Quantity(Decimal("75.55"), "kg", "<=")
    shown = [number_of(end, Measure.WEIGHT) for end in ends]
    changed = read_target(TypedTarget(Target(Measure.WEIGHT, *ends), Measure.WEIGHT, shown[0], "74"))
    assert changed == Target(Measure.WEIGHT, ends[0], Quantity(Decimal(74), "kg", "<="))


def test_a_form_that_stands_nowhere_is_at_the_end() -> None:
    blocks = plan_blocks(page_of(), heading_html(page_of()))
    before, after = split(blocks, Reference("Goal", "unknown"))
    assert len(before) == len(blocks) and not after
