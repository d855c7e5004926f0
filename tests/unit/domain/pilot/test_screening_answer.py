"""Which answers of the screening may be the latest, and what they say together."""

from dataclasses import replace
from datetime import date

import pytest

from dashboard.domain.pilot.screening_answer import ScreeningAnswer, ScreeningQuestion, agreed, latest_answers
from dashboard.domain.values.datatypes import PartialDate, Reference

ON = date(2026, 11, 23)


def answer(when: str, holds: bool | None = True) -> ScreeningAnswer:
    at = PartialDate(when) if when else None
    return ScreeningAnswer(Reference("Observation", "o"), ScreeningQuestion.LIVING_SITUATION, holds, when, at)


@pytest.mark.parametrize(
    ("given", "latest"),
    [
        (["2025-01-01", "2026-01-01"], ["2026-01-01"]),
        (["2026", "2026-03-01"], ["2026", "2026-03-01"]),
        (["2025", "2026-03-01"], ["2026-03-01"]),
        (["", "2019"], ["2019"]),
        (["", ""], ["", ""]),
        (["2026-03-01T08:00:00Z", "2026-03-01T09:00:00Z"], ["2026-03-01T09:00:00Z"]),
        (["2026-03-01", "2026-03-01T09:00:00Z"], ["2026-03-01", "2026-03-01T09:00:00Z"]),
        (["2026-11-24", "2026-11-23"], ["2026-11-23"]),
        ([], []),
    ],
)
def test_an_answer_that_another_is_surely_later_than_is_not_the_latest(given: list[str], latest: list[str]) -> None:
    assert [each.text for each in latest_answers([answer(when) for when in given], ON)] == latest


@pytest.mark.parametrize(
    ("first", "then", "says"),
    [
        (("2026-03-01", "2026-03-01T08:00:00Z"), ("2026-03-01", "2026-03-01T15:00:00Z"), True),
        (("2026-03-01", "2026-03-01T15:00:00Z"), ("2026-03-01", "2026-03-01T08:00:00Z"), False),
        # Recorded later of an earlier day.
        (("2026-03-02", "2026-03-02T08:00:00Z"), ("2026-03-01", "2026-03-05T08:00:00Z"), False),
        (("2026-03-01", "2026-03-01T08:00:00Z"), ("2026-03-01", ""), None),
        (("2026-03-01", "2026-03-01T08:00:00Z"), ("2026-03-01", "2026-03-01"), None),
        (("2026-03-01", "2026-03-01T08:00:00Z"), ("2026-03-01", "2026-03-01T08:00:00Z"), None),
    ],
)
def test_of_two_answers_of_one_day_the_one_recorded_later_counts(
    first: tuple[str, str], then: tuple[str, str], says: bool | None
) -> None:
    given = [
        replace(answer(day, holds), recorded=PartialDate(recorded) if recorded else None)
        for (day, recorded), holds in ((first, False), (then, True))
    ]
    assert agreed(latest_answers(given, ON)) is says


@pytest.mark.parametrize(
    ("said", "together"),
    [([True, True], True), ([False], False), ([True, False], None), ([True, None], None), ([None], None), ([], None)],
)
def test_answers_that_differ_say_nothing(said: list[bool | None], together: bool | None) -> None:
    assert agreed([answer("2026", holds) for holds in said]) is together
