"""What changed since the team last met: which events, which values, which medicines, in which order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from dashboard.domain.attention.trend import key_results
from dashboard.domain.record.medicine import Medicine
from dashboard.domain.record.medicine_changes import MedicineChangeKind
from dashboard.domain.record.observation import Measure
from dashboard.domain.timeline.changes import WITHOUT_CONFERENCE, changes_since_conference
from dashboard.domain.timeline.events import Event, EventKind, EventState, Timeline
from dashboard.domain.values.datatypes import PartialDate, Reference
from tests.unit.domain.timeline.timelines import NOW, event, measured, timeline
from tests.unit.domain.timeline.timelines import medicine as medicine_event

MET = datetime(2026, 10, 27, 13, 0, tzinfo=UTC)


def medicine(text: str, started: str, ended: str = "", status: str = "active", valid_until: str = "") -> Medicine:
    return Medicine(
        Reference("MedicationRequest", text.split()[0]), text, (), "", "1 daily", status,
        PartialDate(started) if started else None, PartialDate(ended) if ended else None,
        valid_until=PartialDate(valid_until) if valid_until else None,
    )  # fmt: skip


def told(*events: Event, **more: object) -> Timeline:
    made = timeline(*events, conference=MET)
    results = key_results([result for each in events for result in each.results], NOW)
    return replace(made, results=results, **more)  # type: ignore[arg-type]


def test_events_come_by_kind_and_then_the_newest_first() -> None:
    found = changes_since_conference(
        told(
            event(EventKind.PROCEDURE, "foot check", "2026-11-12"),
            event(EventKind.CONTACT, "visit", "2026-11-01"),
            event(EventKind.CONTACT, "admitted", "2026-11-11"),
            event(EventKind.CONDITION, "angina", "2026-11-02", state=EventState.ONGOING),
            event(EventKind.IMMUNISATION, "influenza", "2026-11-08"),
        ),
        NOW,
    )
    assert [each.text for each in found.events] == ["angina", "admitted", "visit", "foot check", "influenza"]
    assert (found.since, found.conference) == (MET, True)


def test_what_is_planned_or_old_or_the_conference_itself_is_not_named() -> None:
    recorded = PartialDate("2026-11-02")
    found = changes_since_conference(
        told(
            event(EventKind.CONTACT, "before", "2026-10-01"),
            event(EventKind.CONTACT, "booked", "2026-12-01", state=EventState.PLANNED, recorded=recorded),
            event(EventKind.CONFERENCE, "met", "2026-10-27", "2026-10-28"),
            medicine_event("ramipril", "2026-11-02"),
            measured(Measure.POTASSIUM, "5.9", "2026-11-22"),
        ),
        NOW,
    )
    assert found.events == ()


def test_a_value_is_in_a_curve_and_only_a_new_one() -> None:
    found = changes_since_conference(
        told(
            measured(Measure.POTASSIUM, "5.9", "2026-11-22"),
            measured(Measure.SODIUM, "139", "2026-11-21"),
            measured(Measure.HBA1C, "62", "2026-10-01"),
        ),
        NOW,
    )
    assert [curve.measures for curve in found.curves] == [(Measure.POTASSIUM,), (Measure.SODIUM,)]


def test_medicines_since_and_before_each_newest_first() -> None:
    made = told(
        medicines=(
            medicine("Ramipril 5 mg", "2026-11-03"),
            medicine("Spironolactone 25 mg", "2026-10-18"),
            medicine("Metformin 500 mg", "2019-04-29", status="stopped", valid_until="2026-04-07"),
            medicine("Sertraline 50 mg", "2024-01-01", "2026-11-20", status="stopped"),
            medicine("Aspirin 75 mg", "2027-01-01"),
        )
    )
    found = changes_since_conference(made, NOW)
    assert [(each.kind, each.medicine.text) for each in found.medicines] == [
        (MedicineChangeKind.STOPPED, "Sertraline 50 mg"),
        (MedicineChangeKind.STARTED, "Ramipril 5 mg"),
    ]
    # A stop without its day stands where it can have been at the latest.
    assert [(each.kind, each.medicine.text) for each in found.medicines_before] == [
        (MedicineChangeKind.STARTED, "Spironolactone 25 mg"),
        (MedicineChangeKind.STOPPED, "Metformin 500 mg"),
        (MedicineChangeKind.STARTED, "Sertraline 50 mg"),
        (MedicineChangeKind.STARTED, "Metformin 500 mg"),
    ]


def test_a_change_without_any_day_is_kept_and_comes_last() -> None:
    found = changes_since_conference(told(medicines=(medicine("Aspirin", ""), medicine("Ramipril", "2026-01-01"))), NOW)
    assert [each.medicine.text for each in found.medicines_before] == ["Ramipril", "Aspirin"]


def test_without_a_conference_the_last_three_months_are_new() -> None:
    made = replace(told(event(EventKind.CONTACT, "visit", "2026-09-01")), conference=None)
    found = changes_since_conference(made, NOW)
    assert (found.since, found.conference) == (NOW - WITHOUT_CONFERENCE, False)
    assert [each.text for each in found.events] == ["visit"]
    assert not changes_since_conference(made, NOW + timedelta(days=30)).events
