"""Counts by week: against a slow way of counting, whatever was discussed and decided, in any order."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.domain.conference.discussion import Discussion
from dashboard.domain.conference.history import Counts, PastDiscussion, by_week, counts_of, done_in_time, week_of
from dashboard.domain.conference.note import ConferenceNote, EntryKind, NoteEntry
from dashboard.domain.record.order import Order
from dashboard.domain.record.task import Task
from dashboard.domain.values.datatypes import NO_CONCEPT, NOBODY, PartialDate, Reference
from tests.laws import examples

TODAY = date(2026, 12, 2)
ONE = Reference("Patient", "p1")


def task(ident: str, status: str, due: date | None, ended: date | None) -> Task:
    return Task(
        Reference("Task", ident), "1", "x", ONE, status, "routine", None, "", "", None,
        PartialDate(due.isoformat()) if due else None, ended=PartialDate(ended.isoformat()) if ended else None,
    )  # fmt: skip


def talk(conference: str, patient: str, day: date | None, *decided: Task) -> PastDiscussion:
    start = PartialDate(datetime(day.year, day.month, day.day, 13, tzinfo=UTC).isoformat()) if day else None
    ident = f"{conference}-{patient}"
    return PastDiscussion(
        Discussion(
            Reference("Encounter", ident), "1", Reference("Patient", patient), Reference("Appointment", conference),
            conference, "finished", start,
        ),
        decided,
    )  # fmt: skip


DAYS = st.dates(date(2026, 10, 1), date(2026, 12, 20))
TASKS = st.builds(
    task,
    st.uuids().map(str),
    st.sampled_from(["completed", "requested", "in-progress", "failed", "cancelled", "rejected"]),
    st.none() | DAYS,
    st.none() | DAYS,
)
TALKS = st.lists(
    st.builds(
        lambda conference, patient, day, tasks: talk(conference, patient, day, *tasks),
        st.sampled_from(["c1", "c2", "c3"]),
        st.sampled_from(["p1", "p2", "p3"]),
        st.none() | DAYS,
        st.lists(TASKS, max_size=3),
    ),
    max_size=12,
)


def slow(talks: list[PastDiscussion]) -> list[tuple[date, int, int, int, int, int]]:
    """Day by day: each Monday of the time, and what fell into the seven days from it."""
    found = []
    monday = date(2026, 12, 21)
    while monday > date(2026, 9, 1):
        week = [
            each
            for each in talks
            if each.discussion.start is not None
            and str(monday) <= each.discussion.start.text[:10] < str(monday + timedelta(days=7))
        ]
        if week:
            meetings, pairs, decisions, due, done = set(), set(), 0, 0, 0
            for each in week:
                meetings.add(each.discussion.conference.id)
                pairs.add(f"{each.discussion.conference.id} {each.discussion.patient.id}")
                for record in each.decided:
                    if record.status in ("cancelled", "rejected"):
                        continue
                    decisions += 1
                    if record.due is not None and record.due.text < str(TODAY):
                        due += 1
                        ended = record.ended.text if isinstance(record, Task) and record.ended else ""
                        done += record.status == "completed" and ended <= record.due.text
            found.append((monday, len(meetings), len(pairs), decisions, due, done))
        monday -= timedelta(days=7)
    return found


@given(TALKS, st.randoms())
@settings(max_examples=examples(200))
def test_the_counts_are_those_of_a_slow_way_in_any_order(talks: list[PastDiscussion], chance: object) -> None:
    found = [
        (each.week, each.conferences, each.counts.discussed, each.counts.decisions, each.counts.due,
         each.counts.in_time)
        for each in by_week(talks, TODAY)
    ]  # fmt: skip
    assert found == slow(talks)
    mixed = list(talks)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert by_week(mixed, TODAY) == by_week(talks, TODAY)


@given(TALKS)
@settings(max_examples=examples(100))
def test_no_count_is_more_than_what_it_is_a_part_of_and_weeks_lose_no_decision(talks: list[PastDiscussion]) -> None:
    weeks = by_week(talks, TODAY)
    for each in weeks:
        assert each.week.weekday() == 0 and 1 <= each.conferences <= each.counts.discussed
        assert each.counts.in_time <= each.counts.due <= each.counts.decisions
    dated = [each for each in talks if each.discussion.start is not None]
    total = counts_of(dated, TODAY)
    assert sum(each.counts.decisions for each in weeks) == total.decisions
    assert sum(each.counts.in_time for each in weeks) == total.in_time


@pytest.mark.parametrize(
    ("status", "due", "ended", "expected"),
    [
        ("completed", date(2026, 12, 1), date(2026, 12, 1), True),
        ("completed", date(2026, 11, 30), date(2026, 12, 1), False),
        ("completed", date(2026, 12, 1), None, True),
        ("requested", date(2026, 12, 1), None, False),
        ("completed", date(2026, 12, 2), date(2026, 12, 1), None),  # its day is not past
        ("completed", None, date(2026, 12, 1), None),
    ],
)
def test_what_is_done_in_time(status: str, due: date | None, ended: date | None, expected: bool | None) -> None:
    assert done_in_time(task("t", status, due, ended), TODAY) is expected


def test_the_day_of_a_change_counts_where_no_end_is_on_record_and_a_message_has_none() -> None:
    done = task("t", "completed", date(2026, 12, 1), None)
    assert done_in_time(replace(done, modified=PartialDate("2026-12-02")), TODAY) is False
    message = Order(
        Reference("CommunicationRequest", "c"), "completed", "", "Ring", NO_CONCEPT, None, None, None,
        due=PartialDate("2026-12-01"),
    )  # fmt: skip
    assert done_in_time(message, TODAY) is True


def test_a_discussion_that_two_programs_wrote_counts_once_and_a_week_begins_at_the_sites() -> None:
    decided = task("t", "requested", None, None)
    twice = [talk("c1", "p1", date(2026, 11, 24), decided), talk("c1", "p1", date(2026, 11, 24), decided)]
    assert counts_of(twice, TODAY) == Counts(1, 1, 0, 0)
    assert week_of(PartialDate("2026-11-22T23:59:00+00:00")) == date(2026, 11, 16)
    assert week_of(PartialDate("2026-11-23T00:00:00+00:00")) == date(2026, 11, 23)


def test_the_entries_of_a_discussion_are_those_of_the_meeting() -> None:
    note = ConferenceNote(
        Reference("Composition", "n"), "1", ONE, Reference("Appointment", "c1"), "c1", "", PartialDate("2026-11-24"),
        NOBODY,
        entries=tuple(NoteEntry(*each) for each in (
            (EntryKind.PREPARATION, NOBODY, None, "x"), (EntryKind.NO_CHANGE, NOBODY, None, "y"),
        )),
    )  # fmt: skip
    assert [each.text for each in replace(talk("c1", "p1", None), note=note).entries] == ["y"]
    assert talk("c1", "p1", None).entries == ()
