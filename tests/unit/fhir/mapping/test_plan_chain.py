"""From items to records and back: what an editor changes in a plan of the demo is what everybody reads afterwards."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from dashboard.demo.cohort import patient_record
from dashboard.domain.care_plan.plan_item import AGREEMENT, MEMBER, RELATION, FieldValue, PlanItem, field_of
from dashboard.domain.care_plan.shared_plan import Membership, SharedPlan, items_of
from dashboard.domain.care_plan.write_items import changed_values
from dashboard.domain.record.comment import Comment
from dashboard.domain.record.goal import OtherTarget
from dashboard.domain.record.observation import Measure, Target
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Quantity, Reference
from dashboard.fhir.client import json_text
from dashboard.fhir.mapping.plan_part import plan_part
from dashboard.fhir.mapping.writable import from_fhir, to_fhir
from tests.laws import examples

Json = dict[str, Any]
AT = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
NURSE = NamedReference(Reference("Practitioner", "nurse"), "Anna")
EDITED = {"CarePlan", "Goal", "Task", "ServiceRequest", "CommunicationRequest", "CareTeam"}


def plans(index: int) -> Iterator[tuple[SharedPlan, Reference]]:
    """The shared plans of a patient of the demo, as they are read from a server."""
    rows = [json_text.parse(json_text.written(row)) for row in patient_record(index, 7, AT.date())]
    found = {Reference(row["resourceType"], row["id"]): row for row in rows if row.get("id")}
    for origin, row in found.items():
        if origin.type != "CarePlan":
            continue
        plan: Any = plan_part(row)
        parts = [plan_part(found[to]) for to in (*plan.goals, *plan.activities) if to in found and to.type in EDITED]
        teams = [plan_part(each) for to, each in found.items() if to.type == "CareTeam"]
        goals: Any = [each for each in parts if each.origin.type == "Goal"]
        work: Any = [each for each in parts if each.origin.type != "Goal"]
        team: Any = teams[0] if teams else None
        yield SharedPlan(plan, tuple(goals), tuple(work), team), plan.patient


def edits(item: PlanItem, others: list[Reference]) -> Iterator[tuple[str, FieldValue]]:
    """Another value of each field of an item."""
    note = Comment("Anna", "2026-11-23T14:02:00+00:00", "Noted <b>now</b>", NURSE.to)
    other = Reference("Condition", "another")
    weight = Target(Measure.WEIGHT, None, Quantity(Decimal("71.50"), "kg", "<="))
    targets = item["targets"] if isinstance(item["targets"], tuple) else ()
    values: dict[str, tuple[FieldValue, ...]] = {
        "title": ("Other words", "İş \u202e<i>"),
        "description": ("More", ""),
        "status": ("on-hold",),
        "achievement_status": ("achieved", ""),
        "priority": ("low-priority", "") if item.origin.type == "Goal" else ("urgent",),
        "targets": ((), (weight,), (*targets, OtherTarget(None, "Steps", text="many")), targets[1:]),
        "start": (PartialDate("2026-10-01"), None),
        "due": (PartialDate("2027-06-30"), None),
        "expressed_by": (NURSE,),
        "owner": (NURSE, NamedReference(Reference("Organization", "o"), "")),
        "reason": ("because", ""),
        "status_reason": ("moved", ""),
        "outcome": ("came of it", ""),
        "addresses": (frozenset(), frozenset({other}), frozenset({*_members(item["addresses"]), other})),
        "goals": (frozenset(), frozenset({Reference("Goal", "another")})),
        "notes": ((*(item["notes"] if isinstance(item["notes"], tuple) else ()), note),),
        "goal_order": (tuple(reversed(_sequence(item["goal_order"]))),),
        "activity_order": (tuple(reversed(_sequence(item["activity_order"]))),),
    }
    for name in item.fields:
        for value in values.get(name, ()):
            yield name, value
        if name.startswith(f"{AGREEMENT}:"):
            yield from ((name, each) for each in ("disagree", ""))
        elif name.startswith(f"{RELATION}:"):
            yield from ((name, each) for each in ("milestone", "conflicts-with", ""))
        elif name.startswith(f"{MEMBER}:") and isinstance(was := item[name], Membership):
            yield from ((name, replace(was, until=day)) for day in (PartialDate("2026-12-01"), None))
    if item.origin.type == "Goal":
        yield field_of(AGREEMENT, Reference("RelatedPerson", "son")), "pending"
        yield from ((field_of(RELATION, each), "successor") for each in others[:1] if each != item.origin)
    if item.origin.type == "CareTeam":
        yield (
            field_of(MEMBER, Reference("Practitioner", "new")),
            Membership("Kim", None, "Dietitian", PartialDate("2026-11-23")),
        )


def _members(value: FieldValue) -> frozenset[Any]:
    return value if isinstance(value, frozenset) else frozenset()


def _sequence(value: FieldValue) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else ()


def saved(shared: SharedPlan, items: dict[Reference, PlanItem], patient: Reference) -> tuple[SharedPlan, list[Json]]:
    """The plan as it is read after its changed records were written, and those records."""
    values = changed_values(shared, items, patient=patient, by=NURSE, at=AT)
    rows = [json_text.parse(json_text.written(to_fhir(value))) for value in values]
    read: dict[Reference, Any] = {
        value.origin: from_fhir(type(value), row) for value, row in zip(values, rows, strict=True)
    }
    return (
        SharedPlan(
            read.get(shared.plan.origin, shared.plan),
            tuple(read.get(each.origin, each) for each in shared.goals),
            tuple(read.get(each.origin, each) for each in shared.activities),
            read.get(shared.team.origin, shared.team) if shared.team is not None else None,
        ),
        rows,
    )


@pytest.mark.parametrize("index", random.Random(7).sample(range(60), examples(50) // 10))
def test_an_edit_of_one_field_is_read_back_and_nothing_else_is_another(index: int) -> None:
    for shared, patient in plans(index):
        items = items_of(shared)
        goals = [origin for origin in items if origin.type == "Goal"]
        for origin, item in items.items():
            for name, value in edits(item, goals):
                edited = {**items, origin: item.with_fields({name: value})}
                after, rows = saved(shared, edited, patient)
                found = items_of(after)
                assert len(rows) == (edited[origin] != item), (origin, name)
                assert found.keys() == edited.keys()
                for each in found:
                    wanted, now = dict(edited[each].fields), dict(found[each].fields)
                    if each == origin and name == "targets":
                        assert set(_sequence(now.pop("targets"))) == set(_sequence(wanted.pop("targets")))
                    assert now == wanted, (origin, name, value)


def test_the_demo_has_plans_with_what_is_edited() -> None:
    shared = [each for index in range(20) for each, _ in plans(index)]
    types = {origin.type for each in shared for origin in items_of(each)}
    assert types >= EDITED
