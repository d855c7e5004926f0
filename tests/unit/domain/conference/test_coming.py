"""What conferences ask of somebody: which are named, in which order, and whom the person is still to prepare."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from dashboard.domain.conference.agenda import DISCUSSED, Agenda, AgendaItem
from dashboard.domain.conference.coming import SOON, coming_conferences
from dashboard.domain.conference.conference import Attendee, Conference
from dashboard.domain.record.people import HumanName, Person
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Reference

AT = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
ME, OTHER = Reference("Practitioner", "gp"), Reference("Practitioner", "nurse")
ONE, TWO, THREE = (Reference("Patient", f"p{n}") for n in (1, 2, 3))


def meeting(ident: str, begins: timedelta, status: str = "booked", answer: str = "accepted") -> Conference:
    start = AT + begins
    return Conference(
        Reference("Appointment", ident), "1", status, ident,
        PartialDate(start.isoformat()), PartialDate((start + timedelta(hours=1)).isoformat()),
        attendees=(Attendee(NamedReference(ME, "GP"), answer),), agenda=Reference("List", f"list-{ident}"),
    )  # fmt: skip


def named(*conferences: Conference) -> list[str]:
    return [each.conference.origin.id for each in coming_conferences(conferences, {}, ME, {}, AT)]


def test_what_runs_comes_first_then_by_when_it_begins() -> None:
    later, sooner = meeting("later", timedelta(days=2)), meeting("sooner", timedelta(hours=1))
    runs = meeting("runs", -timedelta(minutes=30), "arrived")
    assert named(later, sooner, runs) == ["runs", "sooner", "later"]
    assert named(replace(sooner, start=None)) == [] and named(replace(runs, start=None)) == ["runs"]


def test_the_week_is_the_limit_and_what_is_over_by_the_clock_is_left_out() -> None:
    assert named(meeting("last", SOON), meeting("beyond", SOON + timedelta(seconds=1))) == ["last"]
    assert named(meeting("late", -timedelta(hours=1)), meeting("over", -timedelta(hours=1, seconds=1))) == ["late"]
    assert named(replace(meeting("no-end", -timedelta(seconds=1)), end=None)) == []


def test_whoever_is_not_asked_or_has_declined_is_told_of_none() -> None:
    declined = meeting("declined", timedelta(hours=1), answer="declined")
    others = replace(meeting("others", timedelta(hours=1)), attendees=(Attendee(NamedReference(OTHER, "Nurse")),))
    off, over = meeting("off", timedelta(hours=1), "cancelled"), meeting("over", -timedelta(hours=1), "fulfilled")
    assert named(declined, others, off, over) == []


def test_whom_to_prepare_is_who_was_asked_for_and_is_not_prepared_yet() -> None:
    me, other = NamedReference(ME, "GP"), NamedReference(OTHER, "Nurse")
    conference = meeting("one", timedelta(hours=1))
    assert conference.agenda is not None
    items = (
        AgendaItem(TWO, preparer=me), AgendaItem(ONE, preparer=me), AgendaItem(THREE, preparer=other),
    )  # fmt: skip
    people = {each: Person(each.id, HumanName(each.id), None, "") for each in (ONE, TWO, THREE)}

    def to_prepare(agenda: Agenda, open_tasks: tuple[Reference, ...]) -> list[str]:
        preparing = {each: people[each] for each in open_tasks}
        [found] = coming_conferences([conference], {agenda.origin: agenda}, ME, preparing, AT)
        return [each.id for each in found.to_prepare]

    agenda = Agenda(conference.agenda, "1", "one", "", items)
    assert to_prepare(agenda, (ONE, TWO, THREE)) == ["p2", "p1"]
    assert to_prepare(agenda, (ONE,)) == ["p1"]
    done = replace(agenda, items=(replace(items[0], outcome=DISCUSSED), *items[1:]))
    assert to_prepare(done, (ONE, TWO)) == ["p1"]
