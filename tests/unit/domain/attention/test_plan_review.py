"""When a plan was last gone through, against an obvious version on random plans."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from dashboard.domain.attention.assess import reasons_of
from dashboard.domain.attention.patient_facts import PatientFacts
from dashboard.domain.attention.plan_review import is_review, last_gone_through, unreviewed_since
from dashboard.domain.record.care_plan import CarePlan, CarePlanSummary
from dashboard.domain.values import site_time
from dashboard.domain.values.datatypes import PartialDate, Reference

ON = date(2026, 11, 23)
PLAN = CarePlanSummary(Reference("CarePlan", "c1"), "1", "Shared plan", "active", "", None, None)
MOMENTS = some.datetimes(datetime(2024, 1, 1), datetime(2026, 12, 31), timezones=some.just(UTC))
STATUSES = ("draft", "active", "on-hold", "revoked", "completed", "entered-in-error", "unknown", "")


def obvious(status: str, agreed: date | None, edits: list[datetime], on: date) -> date | None:
    """Walks back day by day from half a year ago: some day of it must be the last on which anything was done."""
    done = {edit.astimezone(UTC).date() for edit in edits} | ({agreed} if agreed else set())
    if status not in ("active", "on-hold") or not done or any(day > on for day in done):
        return None
    day = on
    for _ in range(184):
        if day in done:
            return None
        day -= timedelta(days=1)
    while day not in done:
        day -= timedelta(days=1)
    return day


@given(
    status=some.sampled_from(STATUSES),
    agreed=some.none() | some.dates(date(2024, 1, 1), date(2026, 12, 31)),
    edits=some.lists(
        some.datetimes(datetime(2024, 1, 1), datetime(2026, 12, 31), timezones=some.just(UTC)), max_size=4
    ),
)
def test_the_quick_version_and_the_obvious_one_agree(status: str, agreed: date | None, edits: list[datetime]) -> None:
    start = PartialDate(agreed.isoformat()) if agreed else None
    plan = replace(PLAN, status=status, start=start, edited=max(edits, default=None))
    assert unreviewed_since(plan, ON) == obvious(status, agreed, edits, ON)


def test_the_day_of_a_change_is_that_of_the_sites(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_time, "_zone", [ZoneInfo("Europe/Madrid")])
    evening = datetime(2026, 5, 23, 22, 30, tzinfo=UTC)
    assert last_gone_through(replace(PLAN, edited=evening)) == date(2026, 5, 24)
    assert unreviewed_since(replace(PLAN, edited=evening), ON) is None


def test_the_reason_names_the_day_and_the_plan_and_is_a_draft() -> None:
    plan = replace(PLAN, start=PartialDate("2026-01-05"))
    (reason,) = [each for each in reasons_of(PatientFacts(plan=plan), ON, ()) if each.detail == "plan-unreviewed"]
    assert (reason.since, reason.origin) == (PartialDate("2026-01-05"), Reference("CarePlan", "c1"))
    assert reason.source.endswith("draft")


@pytest.mark.parametrize("before", STATUSES)
@pytest.mark.parametrize("after", STATUSES)
def test_a_plan_is_reviewed_when_it_is_saved_again_while_it_is_in_force(before: str, after: str) -> None:
    was = CarePlan(Reference("CarePlan", "c1"), "1", "Shared plan", before, "plan", goals=(Reference("Goal", "g1"),))
    now = replace(was, status=after, end=PartialDate("2027-05-01"))
    in_force = before in ("active", "on-hold") and after in ("active", "on-hold")
    assert is_review(was, now) is in_force
    assert not is_review(was, was)
    assert not is_review(replace(was, goals=()), replace(now, goals=was.goals)), "the first goals make the plan"
