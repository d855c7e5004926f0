"""The figures of the pilot that are remembered are those that would be decided on anew."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dashboard.cache import enrolment_figures
from dashboard.cache.enrolment_figures import EnrolmentFiguresCache
from dashboard.domain.pilot.enrolment_counts import EnrolmentCounts
from dashboard.domain.pilot.enrolment_disclosure import may_show
from dashboard.domain.pilot.enrolment_shown import EnrolmentFigures
from dashboard.domain.pilot.funnel import WHOLE, Step
from tests.unit.enrolment_of_the_pilot import AT, enrolment_counts


def test_the_same_counts_are_decided_once_a_day_and_others_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    decided: list[EnrolmentCounts] = []

    def counted(counts: EnrolmentCounts) -> EnrolmentFigures:
        decided.append(counts)
        return may_show(counts)

    monkeypatch.setattr(enrolment_figures, "may_show", counted)
    cache, counts = EnrolmentFiguresCache(), enrolment_counts()
    more = {**counts.funnel, WHOLE: {**counts.funnel[WHOLE], Step.SCREENED: counts.funnel[WHOLE][Step.SCREENED] + 9}}
    asked = (
        (counts, 1),
        (replace(enrolment_counts(), fetched=AT + timedelta(minutes=5)), 1),
        (replace(counts, fetched=AT + timedelta(days=40)), 2),
        (replace(counts, funnel=more), 3),
        (counts, 4),
    )
    for each, times in asked:
        assert cache.figures(each) == may_show(each) and len(decided) == times
