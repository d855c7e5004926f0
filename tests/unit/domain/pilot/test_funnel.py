"""The funnel: how many people reached each step, against a slow count over the raw resources of random cohorts."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.domain.pilot.counts import Level
from dashboard.domain.pilot.enrolment import STATES, EnrolmentAction
from dashboard.domain.pilot.funnel import WHOLE, Area, Loss, Step, count_funnel, count_losses, one_per_person
from dashboard.domain.pilot.study import line_on
from dashboard.domain.pilot.subject import Details, Subject, changed, new_subject, taken_back
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Reference
from dashboard.fhir.mapping.writable import to_fhir
from tests.laws import examples
from tests.unit.domain.pilot.test_enrolment import HERE, ME, NEEDED, THERE, WAY, S, do, listed, way

Json = dict[str, Any]
SITES = [NamedReference(Reference("Organization", f"org-{n}"), f"Site {n}") for n in range(1, 5)]
REGIONS = {"org-1": "north", "org-2": "north", "org-3": "south"}  # of org-4 nothing is known
FIRST = date(2026, 9, 1)
ORDER = ("screened", "eligible", "approached", "consented", "enrolled", "active", "completed")
# What each state of a change says, written down once more, apart from the table of the program.
SAYS = {
    "ineligible": "screened", "eligible": "eligible", "approached": "approached", "declined": "approached",
    "consented": "consented", "withdrawn": "consented", "enrolled": "enrolled", "active": "active",
    "follow-up": "active", "completed": "completed",
}  # fmt: skip


def random_subject(chance: random.Random, number: int, people: int) -> Subject:
    day = FIRST + timedelta(days=chance.randrange(20))
    patient = Reference("Patient", f"p{chance.randrange(people)}")
    at = datetime.combine(date(2026, 11, 20), time(8, 0), UTC)
    subject = new_subject(
        Reference("ResearchSubject", f"s{number}"), patient, Reference("ResearchStudy", "st1"), chance.choice(SITES),
        by=ME, why="On the list", day=day, at=at,
    )  # fmt: skip
    for minute in range(chance.randrange(9)):
        now = at + timedelta(minutes=minute + 1)
        day += timedelta(days=chance.choice((0, 0, 1, 5)))
        if chance.random() < 0.15 and len(subject.valid_changes) > 1:
            subject = taken_back(subject, by=ME, why="A slip", at=now)
            continue
        allowed = sorted(STATES[subject.state])
        if not allowed:
            break
        action = chance.choice(allowed)
        elsewhere = [site for site in SITES if site != subject.site]
        needed = NEEDED.get(action, {}) | ({"site": chance.choice(elsewhere)} if action is EnrolmentAction.MOVE else {})
        day = max(day, subject.valid_changes[-1].day.start)
        subject = changed(subject, action, Details(day, **needed), by=ME, why="Asked", at=now)
    return subject


def slow_count(rows: list[Json], survivors: dict[str, str], until: str | None) -> dict[tuple[str, str, str, str], int]:
    """(level, region, site, step) -> people, from the raw resources alone."""
    found: dict[tuple[str, str, str, str], int] = {}
    people: dict[str, list[Json]] = {}
    for row in rows:
        ident = row["individual"]["reference"].split("/")[1]
        people.setdefault(survivors.get(ident, ident), []).append(row)
    for theirs in people.values():
        changes = [change for row in theirs for change in _changes(row)]
        for number, step in enumerate((*ORDER, "withdrawn")):
            withdrawn = step == "withdrawn"
            reaching = [
                each for each in changes if (each["state"] == step if withdrawn else _at_least(each["state"], number))
            ]
            first = min(reaching, key=lambda each: each["day"], default=None)
            if first is None or (until is not None and first["day"] > until):
                continue
            site = first["site"]["reference"].split("/")[1]
            region = REGIONS.get(site, "")
            for key in (("all", "", ""), ("region", region, ""), ("site", region, site)):
                found[*key, step] = found.get((*key, step), 0) + 1
    return found


def _changes(row: Json) -> list[Json]:
    """The changes that hold, each as the values of its parts."""
    found = []
    for extension in row["extension"]:
        if extension["url"].endswith("enrolment-change"):
            parts = {}
            for part in extension["extension"]:
                parts[part["url"]] = next(value for name, value in part.items() if name != "url")
            if not parts.get("takenBack") and parts["action"] != "take-back":
                found.append(parts)
    return found


def _at_least(state: str, number: int) -> bool:
    return state in SAYS and ORDER.index(SAYS[state]) >= number


@settings(max_examples=examples(150), deadline=None)
@given(st.integers(0, 10**9), st.integers(1, 30), st.booleans())
def test_the_funnel_is_what_a_slow_count_of_the_resources_says(seed: int, size: int, early: bool) -> None:
    chance = random.Random(seed)
    # Each person once or more: some have two records, and some Patients were merged.
    subjects = sorted(
        (random_subject(chance, number, size * 3) for number in range(size)), key=lambda each: each.origin.id
    )
    survivors = {f"p{n}": f"p{n + 1}" for n in range(0, size * 3, 7)}
    until = FIRST + timedelta(days=12) if early else None
    counted = count_funnel(subjects, REGIONS, survivors, until)
    flat = {
        (str(area.level), area.region, area.site, str(step)): number
        for area, steps in counted.items()
        for step, number in steps.items()
        if number
    }
    joined = one_per_person(subjects, survivors)
    assert len(joined) == len({survivors.get(each.patient.id, each.patient.id) for each in subjects})
    rows = [to_fhir(each) for each in _in_order(subjects, joined)]
    assert flat == slow_count(rows, survivors, str(until) if until else None)
    whole = counted[WHOLE]
    assert [whole[Step(step)] for step in ORDER] == sorted((whole[Step(step)] for step in ORDER), reverse=True)
    for level in (Level.REGION, Level.SITE):
        parts = [steps for area, steps in counted.items() if area.level is level]
        assert all(sum(steps[step] for steps in parts) == whole[step] for step in Step)


def _in_order(subjects: list[Subject], joined: list[Subject]) -> list[Subject]:
    """The subjects, of one person in the order in which their changes are joined: on one day the first one counts."""
    last = {each.origin for each in joined}
    return sorted(subjects, key=lambda each: (each.origin in last, _last(each), each.origin.id))


def _last(subject: Subject) -> str:
    return max(each.recorded.moment.isoformat() for each in subject.changes)


def test_nobody_is_counted_as_nobody() -> None:
    assert count_funnel([], REGIONS) == {WHOLE: dict.fromkeys(Step, 0)}


def test_two_records_of_one_person_are_one() -> None:
    first = way(EnrolmentAction.FIND_ELIGIBLE, day=FIRST)
    kept = do(replace(listed(), patient=Reference("Patient", "p2"), site=THERE), EnrolmentAction.FIND_INELIGIBLE)
    [one] = one_per_person([kept, first], {"p1": "p2"})
    assert one.origin == kept.origin and one.state is S.INELIGIBLE
    counted = count_funnel([kept, first], REGIONS, {"p1": "p2"})
    assert counted[WHOLE][Step.SCREENED] == counted[WHOLE][Step.ELIGIBLE] == 1
    assert counted[Area(Level.SITE, "north", "org-1")][Step.SCREENED] == 1  # where it was first
    assert len(one_per_person([kept, first], {})) == 2
    [bare] = one_per_person([replace(kept, changes=()), first], {"p1": "p2"})
    assert bare.patient.id == "p2"


@pytest.mark.parametrize(("until", "known"), [(None, 1), (date(2027, 1, 1), 0)])
def test_a_step_that_another_system_recorded_without_a_day_counts_where_no_day_is_asked_for(
    until: date | None, known: int
) -> None:
    theirs = replace(listed(), status="on-study", changes=(), start=PartialDate("2026-09-01"))
    assert count_funnel([theirs], REGIONS, until=until)[WHOLE][Step.ENROLLED] == known


def test_who_is_lost_is_counted_with_the_step_the_reason_and_the_site() -> None:
    people = [
        way(EnrolmentAction.FIND_INELIGIBLE),
        do(way(*WAY[S.APPROACHED]), EnrolmentAction.DECLINE),
        do(do(way(*WAY[S.ENROLLED]), EnrolmentAction.MOVE), EnrolmentAction.WITHDRAW),
        way(EnrolmentAction.LEAVE),
        do(way(EnrolmentAction.FIND_INELIGIBLE), EnrolmentAction.FIND_ELIGIBLE),  # came back
        replace(listed(), status="withdrawn"),  # another system says so
        replace(listed(), status="off-study", changes=()),
    ]
    subjects = [replace(each, patient=Reference("Patient", f"p{n}")) for n, each in enumerate(people)]
    counted = count_losses(subjects, {"org-1": "north", "org-2": "south"})
    assert counted[WHOLE] == {
        Loss(Step.SCREENED, S.INELIGIBLE, "ict-self-check"): 1,
        Loss(Step.APPROACHED, S.DECLINED, "no-time"): 1,
        Loss(Step.ENROLLED, S.WITHDRAWN, "too-ill"): 1,
        Loss(None, S.LEFT, "moved-away"): 1,
        Loss(Step.CONSENTED, S.WITHDRAWN): 1,
        Loss(Step.ENROLLED, S.LEFT): 1,
    }
    assert counted[Area(Level.REGION, "south")] == {Loss(Step.ENROLLED, S.WITHDRAWN, "too-ill"): 1}
    assert count_losses([], {}) == {WHOLE: {}}


def test_an_early_step_elsewhere_does_not_move() -> None:
    moved = do(do(way(EnrolmentAction.FIND_ELIGIBLE), EnrolmentAction.MOVE), EnrolmentAction.APPROACH)
    counted = count_funnel([moved], {"org-1": "north", "org-2": "south"})
    assert counted[Area(Level.REGION, "north")] == dict.fromkeys(Step, 0) | {Step.SCREENED: 1, Step.ELIGIBLE: 1}
    assert counted[Area(Level.REGION, "south")][Step.APPROACHED] == 1
    assert moved.site == THERE and HERE != THERE


def test_who_moves_after_being_lost_stays_lost_where_and_why_it_was() -> None:
    moved = do(way(EnrolmentAction.FIND_INELIGIBLE), EnrolmentAction.MOVE)
    counted = count_losses([moved], {"org-1": "north", "org-2": "south"})
    assert counted[Area(Level.REGION, "north")] == {Loss(Step.SCREENED, S.INELIGIBLE, "ict-self-check"): 1}
    assert moved.site == THERE


def test_a_target_line_is_straight_between_its_bends_and_level_outside() -> None:
    line = ((date(2026, 1, 1), 0.0), (date(2026, 1, 11), 20.0), (date(2026, 1, 21), 60.0))
    days = (date(2025, 12, 1), date(2026, 1, 6), date(2026, 1, 16), date(2026, 3, 1))
    assert [line_on(line, day) for day in days] == [0, 10, 40, 60]
    assert line_on((), date(2026, 1, 1)) is None
