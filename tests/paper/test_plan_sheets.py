"""The care plan on paper: for colleagues all that the page says, for the person what concerns the person, plainly."""

from dataclasses import replace

import pytest

from dashboard.domain.care_plan.shared_plan import SharedPlan
from dashboard.domain.care_plan.views import CarePlanView
from dashboard.domain.record.care_plan import CarePlan
from dashboard.domain.record.care_team import TeamMember
from dashboard.domain.record.goal import Acceptance
from dashboard.domain.record.views import Section
from dashboard.domain.values.datatypes import NamedReference, PartialDate
from dashboard.paper.document import Document
from dashboard.paper.pdf import pdf_file
from dashboard.ui.paper.own_plan_document import own_plan_document
from dashboard.ui.paper.plan_document import plan_html
from dashboard.ui.shared.dates import days_as_dates
from tests.pages import plan_samples
from tests.pages.plan_samples import PATIENT, PRESSURE, REACHED, WALK
from tests.paper.documents import AT, WHO, of_own_plan, of_plan, plan_unread
from tests.paper.reading import missing, sheets, squeezed


def text_of(document: Document) -> str:
    return squeezed(" ".join(sheets(pdf_file(document))))


def with_goal(change: dict[str, object], of: object = WALK) -> CarePlanView:
    shared = plan_samples.shared_plan()
    goals = tuple(replace(goal, **change) if goal.origin == of else goal for goal in shared.goals)  # type: ignore[arg-type]
    return plan_samples.view(replace(shared, goals=goals))


def with_plan(**change: object) -> CarePlanView:
    shared = plan_samples.shared_plan()
    plan: CarePlan = replace(shared.plan, **change)  # type: ignore[arg-type]
    return plan_samples.view(replace(shared, plan=plan))


VIEWS = {
    "everything": plan_samples.view,
    "no goal": lambda: plan_samples.view(plan_samples.empty_plan()),
    "much unread": plan_unread,
    "two active ones and one of others": lambda: plan_samples.view(
        also_active=(plan_samples.shared_plan(),), others=(plan_samples.empty_plan(),)
    ),
}


@pytest.mark.parametrize("name", VIEWS)
def test_for_colleagues_everything_that_the_page_says_is_printed(name: str) -> None:
    view = VIEWS[name]()
    shared = view.ours or plan_samples.empty_plan()
    with days_as_dates():
        html = str(plan_html(view, shared, plan_samples.summary(), AT))
    assert missing(html, pdf_file(of_plan(view))) == []


def test_for_colleagues_there_are_owners_days_what_is_late_marks_agreement_reasons_notes_and_who_changed_it() -> None:
    text = text_of(of_plan())
    for said in (
        "“Walk to the allotment and back without stopping”",
        "the patient’s own",
        "T2DM",
        "conflicts with “Walk to the allotment",
        "Mary Aldous agrees; Joan Aldous does not agree: “She gets dizzy.”",
        "BP below 130/80 mmHg",
        "148/82",
        "misses goal",
        "Check the ramipril dose",
        "late, 16-Nov-2026",
        "Tom Hadley",
        "Stop smoking",
        "She does not want it any more",
        "Her daughter comes along.",
        "version 14",
        "last changed by A. Lindqvist, 14-Nov-2026: New result",
    ):
        assert squeezed(said) in text, said


def test_for_the_person_the_sheets_say_what_matters_what_is_done_and_whom_to_call() -> None:
    text = text_of(of_own_plan())
    parts = [
        "My care plan",
        "We will look at it again by 2 December 2026.",
        "What matters to me",
        "“Walk to the allotment and back without stopping”",
        "What we want to reach",
        "Your blood pressure is 148/82. Your goal is below 130/80. You are not at your goal yet.",
        "What I do",
        "What others do",
        "Check the ramipril dose",
        "This was due on 16 November 2026.",
        "Who to call",
        "Tom Hadley nurse",
        "When you feel ill",
        "call 999",
        "a draft. No clinician has checked them yet.",
    ]
    places = [text.index(squeezed(part)) for part in parts]
    assert places == sorted(places)


def test_for_the_person_there_is_no_code_of_the_trade_and_no_word_of_urgency() -> None:
    text = text_of(of_own_plan())
    for word in ("misses goal", "T2DM", "CKD", "Requested", "Active", "noted:", "version", "Urgent", "Petra Gone"):
        assert squeezed(word) not in text, word


def test_what_the_person_does_stands_by_itself() -> None:
    shared = plan_samples.shared_plan()
    mine = replace(shared.activities[0], owner=PATIENT, owner_name="Mary Aldous", text="Weigh yourself")  # type: ignore[call-arg]
    text = text_of(of_own_plan(plan_samples.view(replace(shared, activities=(mine, *shared.activities[1:])))))
    assert text.index("WhatIdo") < text.index("Weighyourself") < text.index("Whatothersdo")
    assert "Thereisnothingforyoutodonow" not in text
    assert "Thereisnothingforyoutodonow" in text_of(of_own_plan())


def test_a_carers_wish_is_not_said_to_be_the_persons_own() -> None:
    text = text_of(of_own_plan(with_goal({"expressed_by": NamedReference(plan_samples.CARER, "Joan Aldous")})))
    assert squeezed("Joan Aldous wishes this.") in text
    assert "“Walk" not in text
    assert text.index("Whatwewanttoreach") < text.index("Walktotheallotment")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("agree", ""),
        ("disagree", "You have said that you do not want this."),
        ("pending", "You have not said yet whether you want this."),
    ],
)
def test_a_goal_that_the_person_does_not_want_says_so(status: str, said: str) -> None:
    acceptance = Acceptance(NamedReference(PATIENT, "Mary Aldous"), status)
    text = text_of(of_own_plan(with_goal({"accepted_by": (acceptance,)}, PRESSURE)))
    assert squeezed(said) in text
    assert (squeezed("want this.") in text) == bool(said)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("draft", "This plan is a draft. You and your care team have not agreed on it yet."),
        ("on-hold", "This plan is on hold for now."),
        ("completed", "This plan has come to its end."),
        ("revoked", "This plan does not count any more."),
    ],
)
def test_a_plan_that_is_not_active_says_so_to_the_person(status: str, said: str) -> None:
    text = text_of(of_own_plan(with_plan(status=status)))
    assert squeezed(said) in text
    assert ("Wewilllookatitagain" in text) == (status in ("draft", "on-hold"))


def test_a_review_that_is_over_is_said() -> None:
    text = text_of(of_own_plan(with_plan(end=PartialDate("2026-11-01"))))
    assert squeezed("We wanted to look at it again by 1 November 2026.") in text
    assert "Wewilllook" not in text_of(of_own_plan(with_plan(end=None)))


def test_an_old_result_says_that_it_is_old() -> None:
    view, summary = plan_samples.view(), plan_samples.summary()
    found = {
        key: tuple(replace(each, old=True) for each in keys) for key, keys in (summary.results.value or {}).items()
    }
    document = own_plan_document(view, _ours(view), replace(summary, results=Section(found)), WHO, AT)
    assert text_of(document).count("Thisismorethanayearold.") == 2
    assert "Thisismorethanayearold." not in text_of(of_own_plan())


def test_a_carer_of_the_team_is_not_among_those_to_call() -> None:
    shared = plan_samples.shared_plan()
    assert shared.team is not None
    carer = TeamMember(plan_samples.CARER, "Joan Aldous", None, "Informal carer", None, None)
    team = replace(shared.team, members=(*shared.team.members, carer))
    assert "Informalcarer" not in text_of(of_own_plan(plan_samples.view(replace(shared, team=team))))


def test_what_was_reached_is_said_and_what_was_given_up_is_not() -> None:
    reached: dict[str, object] = {"lifecycle_status": "completed", "achievement_status": "achieved"}
    text = text_of(of_own_plan(with_goal(reached, REACHED)))
    assert squeezed("What we have reached") in text and "Stopsmoking" in text
    assert "Stopsmoking" not in text_of(of_own_plan())


def test_a_goal_whose_measure_has_no_result_says_so() -> None:
    view, summary = plan_samples.view(), plan_samples.summary()
    document = own_plan_document(view, _ours(view), replace(summary, results=Section({})), WHO, AT)
    assert text_of(document).count("Thereisnoresultyet.") == 2


def test_numbers_that_the_record_has_are_printed() -> None:
    view, summary = plan_samples.view(), plan_samples.summary()
    assert plan_samples.GP.to is not None
    called = replace(summary, phones=Section({plan_samples.GP.to: "01926 555 0123"}))
    text = text_of(own_plan_document(view, _ours(view), called, WHO, AT))
    assert squeezed("01926 555 0123") in text
    assert squeezed("Use the number on their last letter") not in text
    assert squeezed("Use the number on their last letter") in text_of(of_own_plan())


def test_what_could_not_be_read_is_said_on_both() -> None:
    for document in (of_plan(plan_unread()), of_own_plan(plan_unread())):
        assert squeezed("This could not be read.") in text_of(document)


def test_the_persons_letters_are_large_and_colleagues_sheets_are_wide() -> None:
    assert (of_own_plan().large, of_own_plan().wide) == (True, False)
    assert (of_plan().large, of_plan().wide) == (False, True)


def _ours(view: CarePlanView) -> SharedPlan:
    assert view.ours is not None
    return view.ours
