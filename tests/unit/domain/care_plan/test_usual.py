"""Usual goals and activities: what is refused, and what may just stand."""

from dataclasses import replace

import pytest

from dashboard.domain.care_plan.usual import LONGEST, MOST_WEEKS, Citation, Usual, UsualActivity, UsualGoal
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.values.code_systems import SNOMED
from dashboard.domain.values.datatypes import Coding

CITED = Citation("NICE NG28, 2015", "https://www.nice.org.uk/guidance/ng28", "V")
GOAL = UsualGoal("walk", "Walk every day", 26, CITED)
ACTIVITY = UsualActivity("shoes", "Look for good shoes", "Task", 4, CITED, goals=("walk",))


def test_a_citation_shows_source_edition_and_how_it_was_read() -> None:
    assert CITED.cited == "NICE NG28, 2015 [V]"


@pytest.mark.parametrize(
    ("field", "value"), [("source", "NICE NG28"), ("url", "http://www.nice.org.uk"), ("url", ""), ("mark", "X")]
)
def test_a_citation_without_edition_link_or_mark_is_refused(field: str, value: str) -> None:
    with pytest.raises(ValueError, match=r"year|https|marked"):
        replace(CITED, **{field: value})


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("text", "x" * LONGEST, "x" * (LONGEST + 1)),
        ("text", "x", "  "),
        ("weeks", 0, -1),
        ("weeks", MOST_WEEKS, MOST_WEEKS + 1),
        ("key", "k", ""),
    ],
)
def test_words_weeks_and_keys_have_bounds(field: str, good: object, bad: object) -> None:
    for one in (GOAL, ACTIVITY):
        assert getattr(replace(one, **{field: good}), field) == good  # type: ignore[type-var]
        with pytest.raises(ValueError, match=r"needs|weeks"):
            replace(one, **{field: bad})  # type: ignore[type-var]


def test_an_activity_becomes_one_of_three_kinds() -> None:
    for kind in ("ServiceRequest", "Task", "CommunicationRequest"):
        assert replace(ACTIVITY, kind=kind).kind == kind
    with pytest.raises(ValueError, match="MedicationRequest"):
        replace(ACTIVITY, kind="MedicationRequest")


def test_what_recurs_daily_has_no_week_and_who_has_no_role_is_the_patient() -> None:
    assert replace(ACTIVITY, weeks=None, every=(1, "d")).weeks is None
    assert ACTIVITY.by_patient
    assert not replace(ACTIVITY, role=Coding(SNOMED, "159002008")).by_patient


def test_a_plan_is_a_draft_until_somebody_has_reviewed_it() -> None:
    usual = Usual(ConditionKey.HF, "Usual", "1", (GOAL,), (ACTIVITY,))
    assert usual.draft
    assert not replace(usual, reviewed_by="Dr A. Example, 2027").draft


def test_activities_are_found_by_the_goal_that_they_serve() -> None:
    other = replace(GOAL, key="sleep")
    usual = Usual(ConditionKey.HF, "Usual", "1", (GOAL, other), (ACTIVITY,))
    assert usual.serving(GOAL) == (ACTIVITY,)
    assert usual.serving(other) == ()


def test_keys_are_there_once_and_a_served_goal_is_there() -> None:
    with pytest.raises(ValueError, match="walk is there twice"):
        Usual(ConditionKey.HF, "Usual", "1", (GOAL, GOAL), ())
    with pytest.raises(ValueError, match="shoes is there twice"):
        Usual(ConditionKey.HF, "Usual", "1", (GOAL,), (ACTIVITY, ACTIVITY))
    with pytest.raises(ValueError, match="serves the goal 'walk'"):
        Usual(ConditionKey.HF, "Usual", "1", (), (ACTIVITY,))
