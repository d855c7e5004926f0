"""One row of the worklist: everything it shows of a patient, from the patient's record alone."""

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import date, datetime, timedelta
from typing import Any

from dashboard.domain.attention.assess import assess
from dashboard.domain.attention.patient_facts import conditions_of, patient_facts, suspected_conditions
from dashboard.domain.attention.score_reasons import ScoreWeight
from dashboard.domain.attention.trend import TREND_DAYS, key_results, with_targets
from dashboard.domain.care_plan.views import plan_that_counts
from dashboard.domain.record.appointment import Appointment
from dashboard.domain.record.care_plan import CarePlanSummary, summary_of
from dashboard.domain.record.care_team import CareTeam
from dashboard.domain.record.condition import PROGRAMME, Condition, ConditionKey, latest_first
from dashboard.domain.record.contact import last_contact
from dashboard.domain.record.goal import Goal
from dashboard.domain.record.medicine import Medicine
from dashboard.domain.record.observation import Observation
from dashboard.domain.record.organisation import Organisation, region_of
from dashboard.domain.record.patient_record import PatientRecord
from dashboard.domain.record.provenance import Provenance
from dashboard.domain.record.task import Task
from dashboard.domain.record.unreadable import some_unread
from dashboard.domain.record.views import WORKLIST_COLUMNS
from dashboard.domain.risk.score import RiskScore
from dashboard.domain.values.datatypes import PartialDate, Reference


def worklist_row(
    record: PatientRecord,
    teams: list[CareTeam],
    organisations: Mapping[str, Organisation],
    me: Reference,
    on: date,
    unread: Set[str] = frozenset(),
    awaited: Set[str] = frozenset(),
    risks: tuple[RiskScore, ...] = (),
    weights: tuple[ScoreWeight, ...] = (),
) -> dict[str, Any]:
    """The row as of a day, with exactly the columns of `WORKLIST_COLUMNS`.

    `unread` are the resource types that could not be read, `awaited` those still being read: what is missing of them
    gives no reason, nor a plan that is there and cannot be read. `risks` are the scores of the record on that day,
    `weights` what they add to the urgency.
    """
    problems: list[Condition] = [problem for problem in record.values("Condition") if problem.active]
    observations: list[Observation] = list(record.values("Observation"))
    medicines: list[Medicine] = [*record.values("MedicationRequest"), *record.values("MedicationStatement")]
    tasks: list[Task] = [line for line in record.values("Task") if line.open]
    results = with_targets(key_results([r for each in observations for r in each.results], on), record.values("Goal"))
    plan = best_plan(record, teams)
    unread = unread | _unread_plan(record, plan)
    last_seen = last_contact(record.values("Encounter"), on - timedelta(days=TREND_DAYS), on)
    known_stages = stages(problems)
    attention = assess(
        patient_facts(
            person=record.person,
            problems=problems,
            results=results,
            checks_done=checks_done(observations, on),
            medicines=medicines,
            tasks=tasks,
            plan=plan,
            last_contact=last_seen,
            stages=known_stages,
            on=on,
            unread=unread | awaited,
        ),
        on,
        risks,
        weights,
    )
    site = organisations.get(record.person.site.id) if record.person.site else None
    row = {
        "patient_id": record.person.id,
        "person": record.person,
        "team_ids": tuple(dict.fromkeys(team_id(team) for team in teams)),
        "team": teams[0].team_name,
        "site": site.name if site else "",
        "region": region_name(site, organisations),
        "conditions": conditions_of(problems),
        "suspected": suspected_conditions(problems),
        "stages": known_stages,
        "reasons": attention.reasons,
        "urgency": attention.urgency,
        "overdue": attention.overdue,
        "risks": risks,
        "results": results,
        "next_conference": _next_conference(record.values("Appointment"), on),
        **_work(tasks, me, on),
        "last_contact": last_seen,
        "plan": plan,
        "unread": frozenset(unread),
        "awaited": frozenset(awaited),
        "updated": _moment(record.newest()),
    }
    assert row.keys() == WORKLIST_COLUMNS.keys()
    return row


def _work(tasks: list[Task], me: Reference, on: date) -> dict[str, Any]:
    """The columns about open tasks."""
    return {
        "open_tasks": len(tasks),
        "my_tasks": sum(line.owner == me for line in tasks),
        "overdue_tasks": sum(line.due is not None and line.due.end < on for line in tasks),
        "owners": tuple(sorted({line.owner_name for line in tasks if line.owner_name})),
    }


def _unread_plan(record: PatientRecord, plan: CarePlanSummary | None) -> Set[str]:
    """The type of a plan that is there and cannot be read, where there is no other one."""
    return {"CarePlan"} if plan is None and some_unread(record.unreadable(), "CarePlan") else frozenset()


def team_id(team: CareTeam) -> str:
    """The MDT's id; a CareTeam without a managing organisation is a team of its own."""
    return team.team.id if team.team is not None else team.origin.id


def region_name(site: Organisation | None, known: Mapping[str, Organisation]) -> str:
    """The name of the region a site is part of; "" where no region is above it."""
    region = region_of(site, known)
    return region.name if region is not None else ""


def stages(problems: Iterable[Condition]) -> dict[ConditionKey, str]:
    """The stage of each condition; of several, that of the latest onset, whatever the order they came in."""
    latest: dict[ConditionKey, str] = {}
    for problem in reversed(latest_first(problems)):
        for key in problem.keys:
            if problem.stage:
                latest[key] = problem.stage
    return {key: latest[key] for key in PROGRAMME if key in latest}


def checks_done(observations: Iterable[Observation], on: date) -> dict[str, PartialDate]:
    """When each recurring check that has no value of its own (foot, eyes) was last recorded."""
    done: dict[str, PartialDate] = {}
    for observation in observations:
        when = observation.when
        if observation.check and when is not None and when.start <= on:
            done[observation.check] = max(when, done.get(observation.check, when))
    return done


def best_plan(record: PatientRecord, teams: Sequence[CareTeam]) -> CarePlanSummary | None:
    """The plan that counts for these teams, with its goals and its last editor."""
    plan = plan_that_counts(record.values("CarePlan"), teams)
    if plan is None:
        return None
    goals: dict[Reference, Goal] = {line.origin: line for line in record.values("Goal")}
    edits: list[Provenance] = record.values("Provenance")
    return summary_of(plan, goals, edits)


def _next_conference(booked: Iterable[Appointment], on: date) -> datetime | None:
    """The earliest conference of today or later: one that began this morning is still today's."""
    times = (appointment.when for appointment in booked if appointment.conference)
    coming = (when.moment for when in times if when is not None and when.end >= on)
    return min(coming, default=None)


def _moment(stamp: str) -> datetime | None:
    """meta.lastUpdated as a moment; None where the server gives none."""
    try:
        return PartialDate(stamp).moment
    except ValueError:
        return None
