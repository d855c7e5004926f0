"""A conference: which action is allowed in which status, what a plan needs, and what moving it does to the answers."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dashboard.domain.conference.conference import (
    FARTHEST,
    LONGEST,
    LONGEST_PLACE,
    LONGEST_TITLE,
    MOST_ATTENDEES,
    MOST_IN_SERIES,
    SHORTEST,
    STATES,
    Attendee,
    Conference,
    ConferenceAction,
    after,
    answered,
    cancelled,
    changed_conference,
    ended,
    new_conference,
    planned_again,
    resumed,
    series_starts,
    started,
    with_patients,
)
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Reference
from dashboard.errors import UserFacingError

AT = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
START = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
GP = NamedReference(Reference("Practitioner", "gp"), "Dr Jane Okafor")
NURSE = NamedReference(Reference("Practitioner", "nurse"), "Tom Hadley")
TEAM = NamedReference(Reference("Organization", "team-1"), "Team 1")
# https://hl7.org/fhir/R4/valueset-appointmentstatus.html
STATUSES = {
    "proposed", "pending", "booked", "arrived", "fulfilled", "cancelled", "noshow", "entered-in-error", "checked-in",
    "waitlist",
}  # fmt: skip


def conference(**other: Any) -> Conference:
    asked: dict[str, Any] = {
        "title": "Case conference, Team 1",
        "start": START,
        "minutes": 60,
        "place": "Room 2",
        "team": TEAM,
        "attendees": [GP, NURSE],
        "agenda": Reference("List", "l1"),
        "at": AT,
    }
    return new_conference(Reference("Appointment", "c1"), **asked | other)


def test_every_status_of_an_appointment_has_its_actions() -> None:
    assert STATES.keys() == STATUSES
    for status, actions in STATES.items():
        for action in ConferenceAction:
            if action in actions:
                assert actions[action] in STATUSES and after(status, action) == actions[action]
            else:
                with pytest.raises(UserFacingError):
                    after(status, action)


def test_its_life_from_plan_to_end_and_back() -> None:
    planned = conference()
    assert planned.to_come and not planned.running and not planned.over
    running = started(planned)
    assert running.running and not running.to_come
    over = ended(running)
    assert over.over and not over.running
    assert resumed(over).running
    off = cancelled(planned, " holiday \x00")
    assert (off.status, off.cancelled_because) == ("cancelled", "holiday")
    assert planned_again(off) == planned


def test_its_length_is_between_start_and_end() -> None:
    assert conference().minutes == 60
    assert conference(minutes=90).end == PartialDate("2026-11-24T14:30:00+00:00")
    nowhere = Conference(Reference("Appointment", "c"), "", "booked", "", None, None)
    assert nowhere.minutes == 0


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"title": " \n"}, "conference-title-empty"),
        ({"title": "x" * (LONGEST_TITLE + 1)}, "conference-title-too-long"),
        ({"place": "x" * (LONGEST_PLACE + 1)}, "conference-place-too-long"),
        ({"minutes": SHORTEST - 1}, "conference-length-impossible"),
        ({"minutes": LONGEST + 1}, "conference-length-impossible"),
        ({"start": AT - timedelta(days=1)}, "conference-start-impossible"),
        ({"start": AT + FARTHEST + timedelta(days=1)}, "conference-start-impossible"),
        ({"attendees": []}, "conference-nobody"),
        ({"attendees": [NamedReference(None, "Somebody")]}, "conference-nobody"),
        (
            {"attendees": [NamedReference(Reference("Practitioner", f"p{n}")) for n in range(MOST_ATTENDEES + 1)]},
            "conference-too-many",
        ),
    ],
)
def test_what_is_missing_or_cannot_be_is_refused(wrong: dict[str, Any], code: str) -> None:
    with pytest.raises(UserFacingError) as refused:
        conference(**wrong)
    assert refused.value.code == code


def test_the_bounds_themselves_are_allowed() -> None:
    assert conference(title="x" * LONGEST_TITLE, place="x" * LONGEST_PLACE, minutes=SHORTEST).minutes == SHORTEST
    assert conference(minutes=LONGEST, start=AT).minutes == LONGEST


def test_a_start_without_zone_is_a_defect() -> None:
    with pytest.raises(ValueError, match="time zone"):
        conference(start=datetime(2026, 11, 24, 13))


def test_a_series_keeps_its_hour_when_the_clocks_change() -> None:
    first = datetime(2026, 10, 20, 13, 0, tzinfo=ZoneInfo("Europe/London"))
    starts = series_starts(first, 1, 3)
    assert [each.hour for each in starts] == [13, 13, 13]
    assert [each.astimezone(UTC).hour for each in starts] == [12, 13, 13]
    assert series_starts(first, 0, 1) == (first,)


@pytest.mark.parametrize(("apart", "count"), [(1, 0), (1, MOST_IN_SERIES + 1), (0, 2), (14, 2)])
def test_what_is_no_series_is_refused(apart: int, count: int) -> None:
    with pytest.raises(UserFacingError):
        series_starts(START, apart, count)


def test_a_conference_that_moves_asks_everybody_again_and_another_place_does_not() -> None:
    coming = answered(conference(), GP.to, "accepted")  # type: ignore[arg-type]
    assert coming.attendees == (Attendee(GP, "accepted"), Attendee(NURSE))
    elsewhere = changed_conference(coming, coming.title, START, 60, "Room 9", [GP], AT)
    assert elsewhere.place == "Room 9" and elsewhere.attendees == (Attendee(GP, "accepted"),)
    later = changed_conference(coming, coming.title, START + timedelta(days=1), 60, "Room 2", [GP, NURSE], AT)
    assert {each.answer for each in later.attendees} == {"needs-action"}


def test_one_that_has_begun_keeps_its_start_and_may_get_another_end() -> None:
    running = started(conference())
    longer = changed_conference(running, running.title, START, 90, "", [GP], at=START + timedelta(days=2))
    assert longer.minutes == 90 and longer.running


def test_only_who_is_asked_answers_and_only_with_an_answer() -> None:
    with pytest.raises(UserFacingError, match="not-asked"):
        answered(conference(), Reference("Practitioner", "other"), "accepted")
    with pytest.raises(UserFacingError, match="answer-impossible"):
        answered(conference(), GP.to, "perhaps")  # type: ignore[arg-type]


def test_a_patient_is_on_it_once() -> None:
    one = Reference("Patient", "p1")
    assert with_patients(conference(), [one, one]).patients == (one,)
    assert conference().attends(GP.to) and not conference().attends(one)  # type: ignore[arg-type]
