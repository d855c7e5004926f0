"""A value that is written back has every element of the resource it was read from, and only changed fields differ."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.domain.access.emergency_access import EmergencyAccess
from dashboard.domain.attention.plan_review import is_review
from dashboard.domain.record.care_plan import CarePlan, Outcome
from dashboard.domain.record.care_team import CareTeam, TeamMember
from dashboard.domain.record.comment import Comment
from dashboard.domain.record.goal import Acceptance, Goal, OtherTarget, RelatedGoal
from dashboard.domain.record.observation import Measure, Target
from dashboard.domain.record.order import Order
from dashboard.domain.record.provenance import Provenance, ResourceVersion
from dashboard.domain.record.task import Task
from dashboard.domain.values.datatypes import (
    CodeableConcept,
    Coding,
    NamedReference,
    PartialDate,
    Quantity,
    Reference,
)
from dashboard.fhir.mapping import care_plan, care_team, emergency_access, goal, order, provenance, task
from dashboard.fhir.mapping.writable import from_fhir, to_fhir
from dashboard.fhir.mapping.writing import NotWritable, put
from dashboard.fhir.terminology_files import load_terminology
from tests.laws import examples
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF

# Which lines run is measured by other tests, without so many records.
pytestmark = pytest.mark.no_cover

Json = dict[str, Any]
GRANT = emergency_access.to_fhir(
    EmergencyAccess(
        Reference("Task", "new"), Reference("Patient", "p1"), Reference("Practitioner", "gp"), "emergency", "pain",
        AS_OF, AS_OF + timedelta(hours=1), "Jane", Reference("Organization", "team-1"), "Team 1", source={},
    )
) | {"id": "g1"}  # fmt: skip
GOOD: dict[type, Json] = {
    Task: make.task("t1", "p1", "Practitioner/gp")
    | {
        "requester": {"reference": "Practitioner/nurse", "display": "Anna"},
        "note": [{"text": "first", "time": "2026-11-02T10:00:00Z"}, {"authorString": "nobody"}],
        "executionPeriod": {"start": "2026-11-01"},
        "reasonCode": {"text": "falls"},
        "restriction": {"period": {"end": "2026-12-01"}, "repetitions": 2},
    },
    EmergencyAccess: GRANT,
    CarePlan: make.plan("cp1", "p1")
    | {
        "category": [make.concept(make.SNOMED, "734163000", "Care plan")],
        "note": [{"text": "first", "time": "2026-11-02T10:00:00Z"}],
        "goal": [{"reference": "Goal/g1", "display": "HbA1c"}, {"display": "in words"}, {"reference": "Goal/g2"}],
        "activity": [{"reference": {"reference": "Task/t1"}, "progress": [{"text": "done"}]}, {"detail": {"x": 1}}],
    },
    Goal: make.goal("g1", "p1", "4548-4", 7, "%")
    | {
        "addresses": [{"reference": "Condition/c1"}],
        "achievementStatus": {"coding": [{"system": "urn:x", "code": "in-progress"}], "text": "on the way"},
    },
    Order: {
        "resourceType": "ServiceRequest",
        "id": "o1",
        "status": "active",
        "intent": "order",
        "code": make.concept(make.SNOMED, "306165005", "Eye clinic"),
        "subject": {"reference": "Patient/p1"},
        "occurrencePeriod": {"start": "2026-11-01", "end": "2026-12-01"},
        "performer": [{"reference": "Practitioner/gp", "display": "Jane"}, {"reference": "Practitioner/other"}],
        "requester": {"display": "Anna"},
        "reasonCode": [{"text": "pain"}],
        "note": [{"text": "first", "time": "2026-11-02T10:00:00Z"}],
    },
    CareTeam: make.care_team("p1", ["gp", "nurse"]),
    Provenance: make.provenance("v1", "CarePlan/cp1/_history/1", "Anna", "2026-01-01T10:00:00Z"),
}

PRIMITIVE = st.booleans() | st.integers(-9, 9) | st.text(max_size=6) | st.just("2026-11-01")
EXTENSION = st.fixed_dictionaries({"url": st.just("urn:x"), "valueString": st.text(max_size=6)})
ELEMENT = st.recursive(
    PRIMITIVE,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3) | st.dictionaries(st.text("abcx", min_size=1), inner, max_size=3)
    ),
    max_leaves=5,
)


@st.composite
def resources(draw: st.DrawFn, kind: type) -> Json:
    """Draws a readable resource with elements that the mapping does not know: unknown names, extensions at any depth,
    extensions of primitives (`_status`), contained resources, modifierExtension.
    """
    resource = copy.deepcopy(GOOD[kind])
    for name in draw(st.sets(st.sampled_from(["alien", "groupIdentifier", "language", "zzz", "output"]))):
        resource[name] = draw(ELEMENT)
    if draw(st.booleans()):
        resource["contained"] = [{"resourceType": "Basic", "id": "b", "code": draw(ELEMENT)}]
    for part in draw(st.lists(st.sampled_from(list(_objects(resource))), max_size=4)):
        part["extension"] = [*part.get("extension", ()), *draw(st.lists(EXTENSION, min_size=1, max_size=2))]
        for name in [each for each, value in part.items() if isinstance(value, str) and not each.startswith("_")]:
            if draw(st.booleans()):
                part[f"_{name}"] = {"extension": [draw(EXTENSION)]}
    return resource


def _objects(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(part)


def _within(path: str, parent: str) -> bool:
    return path == parent or path.startswith((f"{parent}.", f"{parent}["))


def differences(before: Any, after: Any, path: str = "") -> set[str]:
    """Returns the paths of all elements that differ; lists are compared entry by entry."""
    if isinstance(before, dict) and isinstance(after, dict):
        names = before.keys() | after.keys()
        parts = ((f"{path}.{name}".strip("."), before.get(name), after.get(name)) for name in names)
        return {found for at, left, right in parts for found in differences(left, right, at)}
    if isinstance(before, list) and isinstance(after, list) and before and after:
        pairs = [
            (before[n] if n < len(before) else None, after[n] if n < len(after) else None)
            for n in range(max(len(before), len(after)))
        ]
        return {found for n, pair in enumerate(pairs) for found in differences(*pair, f"{path}[{n}]")}
    return set() if type(before) is type(after) and before == after else {path}


@pytest.mark.parametrize("kind", GOOD)
@settings(max_examples=examples(200))
@given(data=st.data())
def test_a_value_that_was_read_is_written_back_without_a_difference(kind: type, data: st.DataObject) -> None:
    resource = data.draw(resources(kind))
    before = copy.deepcopy(resource)
    assert to_fhir(from_fhir(kind, resource)) == before
    assert resource == before


LATER = PartialDate("2027-01-02")
G3 = Reference("Goal", "g3")
NURSE = Reference("Practitioner", "nurse")
HBA1C = "HbA1c under 53"
AIM = Target(Measure.HBA1C, None, Quantity(Decimal("48.0"), "mmol/mol", "<"))
CHANGED: list[tuple[type, str, dict[str, Any], str]] = [
    (Task, "text", {"text": "Other words"}, "description"),
    (Task, "patient", {"patient": Reference("Patient", "p2")}, "for"),
    (Task, "status", {"status": "accepted"}, "status"),
    (Task, "priority", {"priority": "urgent"}, "priority"),
    (Task, "owner", {"owner": NURSE, "owner_name": "Sam"}, "owner"),
    (Task, "owner_name", {"owner_name": "Sam"}, "owner.display"),
    (Task, "requester_name", {"requester_name": "Sam"}, "requester.display"),
    (Task, "requester", {"requester": NURSE, "requester_name": "Sam"}, "requester"),
    (Task, "intent", {"intent": "proposal"}, "intent"),
    (Task, "reason_codes", {"reason_codes": (CodeableConcept((), "pain"),)}, "reasonCode"),
    (Task, "reason_references", {"reason_references": (NamedReference(G3, ""),)}, "reasonReference"),
    (Task, "reason_codes", {"reason_codes": ()}, "reasonCode"),
    (Task, "status_reason", {"status_reason": "entered in error"}, "statusReason"),
    (Task, "goals", {"goals": (G3,)}, "extension"),
    (Task, "based_on", {"based_on": (Reference("CarePlan", "cp1"),)}, "basedOn"),
    (Task, "encounter", {"encounter": Reference("Encounter", "e9")}, "encounter"),
    (Task, "authored", {"authored": LATER}, "authoredOn"),
    (Task, "due", {"due": LATER}, "restriction.period.end"),
    (Task, "due", {"due": None}, "restriction.period.end"),
    (Task, "started", {"started": LATER}, "executionPeriod.start"),
    (Task, "started", {"started": None}, "executionPeriod.start"),
    (Task, "ended", {"ended": LATER}, "executionPeriod.end"),
    (Task, "modified", {"modified": LATER}, "lastModified"),
    (Task, "comments", {}, "note[2]"),
    (CarePlan, "title", {"title": "Other"}, "title"),
    (CarePlan, "status", {"status": "on-hold"}, "status"),
    (CarePlan, "intent", {"intent": "proposal"}, "intent"),
    (CarePlan, "description", {"description": "More"}, "description"),
    (CarePlan, "start", {"start": LATER}, "period.start"),
    (CarePlan, "end", {"end": LATER}, "period.end"),
    (CarePlan, "created", {"created": LATER}, "created"),
    (CarePlan, "goals", {"goals": (Reference("Goal", "g1"), Reference("Goal", "g2"), G3)}, "goal[3]"),
    (CarePlan, "goals", {"goals": (Reference("Goal", "g1"),)}, "goal[2]"),
    (CarePlan, "goals", {"goals": ()}, "goal"),
    (CarePlan, "activities", {"activities": (Reference("Task", "t1"), Reference("Task", "t2"))}, "activity[2]"),
    (CarePlan, "goals", {"goals": (Reference("Goal", "g2"), Reference("Goal", "g1"))}, "goal"),
    (CarePlan, "addresses", {"addresses": (Reference("Condition", "c9"),)}, "addresses"),
    (CarePlan, "category", {"category": CodeableConcept((Coding("urn:x", "a", "A"),), "B")}, "category"),
    (CarePlan, "category", {"category": CodeableConcept()}, "category"),
    (CarePlan, "author", {"author": NamedReference(NURSE, "Sam")}, "author"),
    (CarePlan, "patient", {"patient": Reference("Patient", "p2")}, "subject"),
    (CarePlan, "custodian", {"custodian": NamedReference(NURSE, "Sam")}, "extension"),
    (CarePlan, "care_teams", {"care_teams": (Reference("CareTeam", "t1"),)}, "careTeam"),
    (
        CarePlan,
        "outcomes",
        {"outcomes": (Outcome(Reference("Task", "t1"), "well"),)},
        "activity[0].outcomeCodeableConcept",
    ),
    (CarePlan, "notes", {}, "note[1]"),
    (Goal, "text", {"text": "Other words"}, "description.text"),
    (Goal, "description", {"description": CodeableConcept((Coding("urn:x", "a"),), HBA1C)}, "description.coding"),
    (Goal, "patient", {"patient": Reference("Patient", "p2")}, "subject"),
    (Goal, "expressed_by", {"expressed_by": NamedReference(NURSE, "Sam"), "by_patient": False}, "expressedBy"),
    (Goal, "priority", {"priority": "low-priority"}, "priority"),
    (Goal, "due", {"due": LATER}, "target[0].dueDate"),
    (Goal, "due", {"due": None}, "target[0].dueDate"),
    (Goal, "targets", {"targets": (AIM,)}, "target[0]"),
    (Goal, "targets", {"targets": ()}, "target[0]"),
    (Goal, "other_targets", {"other_targets": (OtherTarget(None, "Steps", text="many"),)}, "target[1]"),
    (Goal, "accepted_by", {"accepted_by": (Acceptance(NamedReference(NURSE, "Sam"), "agree", "yes"),)}, "extension"),
    (Goal, "related", {"related": (RelatedGoal("conflicts-with", G3),)}, "extension"),
    (Goal, "notes", {}, "note"),
    (Goal, "lifecycle_status", {"lifecycle_status": "on-hold"}, "lifecycleStatus"),
    (Goal, "achievement_status", {"achievement_status": "achieved"}, "achievementStatus"),
    (Goal, "start", {"start": LATER}, "startDate"),
    (Goal, "status_date", {"status_date": LATER}, "statusDate"),
    (Goal, "status_reason", {"status_reason": "tired"}, "statusReason"),
    (Goal, "addresses", {"addresses": (Reference("Condition", "c1"), Reference("Condition", "c2"))}, "addresses[1]"),
    (Order, "text", {"text": "Other words"}, "code"),
    (Order, "status", {"status": "revoked"}, "status"),
    (Order, "encounter", {"encounter": Reference("Encounter", "e9")}, "encounter"),
    (Order, "intent", {"intent": "plan"}, "intent"),
    (Order, "concept", {"concept": CodeableConcept((Coding("urn:x", "a"),), "Eye clinic")}, "code"),
    (Order, "authored", {"authored": LATER}, "authoredOn"),
    (Order, "start", {"start": LATER}, "occurrencePeriod.start"),
    (Order, "due", {"due": LATER}, "occurrencePeriod.end"),
    (Order, "end", {"end": LATER}, "occurrencePeriod.end"),
    (Order, "requester", {"requester": NamedReference(NURSE, "Sam")}, "requester"),
    (Order, "owner", {"owner": NamedReference(NURSE, "Sam")}, "performer[0]"),
    (Order, "recipients", {"recipients": (NamedReference(NURSE, "Sam"),)}, "recipient"),
    (Order, "reason_codes", {"reason_codes": (CodeableConcept((), "falls"),)}, "reasonCode"),
    (Order, "reason_references", {"reason_references": (NamedReference(G3, ""),)}, "reasonReference"),
    (Order, "about", {"about": (G3,)}, "about"),
    (Order, "patient", {"patient": Reference("Patient", "p2")}, "subject"),
    (Order, "priority", {"priority": "urgent"}, "priority"),
    (Order, "goals", {"goals": (G3,)}, "extension"),
    (Order, "based_on", {"based_on": (Reference("CarePlan", "cp1"),)}, "basedOn"),
    (Order, "status_reason", {"status_reason": "moved"}, "extension"),
    (Order, "notes", {}, "note[1]"),
    (CareTeam, "patient", {"patient": Reference("Patient", "p2")}, "subject"),
    (CareTeam, "status", {"status": "inactive"}, "status"),
    (CareTeam, "team", {"team": Reference("Organization", "t9"), "team_name": "Nine"}, "managingOrganization"),
    (CareTeam, "since", {"since": LATER}, "period.start"),
    (CareTeam, "until", {"until": LATER}, "period.end"),
    (CareTeam, "members", {}, "participant[2]"),
    (EmergencyAccess, "until", {"until": datetime(2027, 1, 1, tzinfo=UTC)}, "input[0].valueDateTime"),
]


@pytest.mark.parametrize(("kind", "field", "change", "at"), CHANGED)
@settings(max_examples=examples(30))
@given(data=st.data())
def test_a_changed_field_changes_exactly_its_element(
    kind: type, field: str, change: dict[str, Any], at: str, data: st.DataObject
) -> None:
    resource = data.draw(resources(kind))
    value: Any = from_fhir(kind, resource)
    if field in ("comments", "notes"):
        change = {field: (*getattr(value, field), Comment("Sam", "2026-11-03T10:00:00Z", "new", NURSE))}
    if field == "members":
        change = {field: (*value.members, TeamMember(Reference("Practitioner", "new"), "Kim", None, "GP", LATER, None))}
    written = to_fhir(replace(value, **change))
    found = differences(resource, written)
    if kind is CarePlan and is_review(value, replace(value, **change)):
        # That the plan was reviewed with this is a tag, which has its own test.
        found = {path for path in found if not _within(path, "meta")}
    # A parent without elements is removed together with its last element.
    assert found and all(_within(path, at) or _within(at, path) for path in found)
    assert all(getattr(from_fhir(kind, written), name) == wanted for name, wanted in change.items())


ONLY_READ: dict[type, str] = {
    Task: "origin version code named_by_code focus for_other unreadable",
    CarePlan: "origin version contained_goals details narrative unreadable",
    Goal: "origin version conditions achievement_text measured unreadable",
    Order: "origin version detail do_not_perform",
    CareTeam: "origin version",
    EmergencyAccess: "origin patient who reason text since who_name informed informed_name",
    Provenance: "origin changed recorded who agent operation activity reason revised on_behalf_of role during "
    "choices restores policies",
}


@pytest.mark.parametrize("kind", GOOD)
def test_every_field_is_written_or_listed_as_read_only(kind: Any) -> None:
    fields = {name for name, field in kind.__dataclass_fields__.items() if field.compare}
    written = {each for of, field, change, _ in CHANGED for each in (field, *change) if of is kind}
    assert fields - written == set(ONLY_READ[kind].split())


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        (Task, {"version": "9"}),
        (Task, {"origin": Reference("Task", "other")}),
        (Task, {"comments": ()}),
        (Goal, {"achievement_text": "well"}),
        (CareTeam, {"members": ()}),
        (Order, {"notes": ()}),
        (Order, {"detail": "more"}),
        (CarePlan, {"outcomes": (Outcome(Reference("Task", "t9"), "well"),)}),
        (CarePlan, {"details": ()}),
        (Goal, {"other_targets": (OtherTarget(None, "", text="many"),)}),
        (Goal, {"other_targets": (OtherTarget(None, "Steps"),)}),
        (Goal, {"related": (RelatedGoal("", G3),)}),
        (EmergencyAccess, {"who": NURSE}),
        (EmergencyAccess, {"patient": Reference("Patient", "p2")}),
        (Provenance, {"who": "Somebody else"}),
        (Provenance, {"changed": (ResourceVersion(Reference("Task", "t"), "1"),)}),
    ],
)
def test_a_read_only_field_cannot_be_changed(kind: type, change: dict[str, Any]) -> None:
    value: Any = from_fhir(kind, GOOD[kind])
    with pytest.raises(NotWritable):
        to_fhir(replace(value, **change))


@pytest.mark.parametrize(
    ("read", "kind"),
    [
        (task.listed, Task),
        (care_plan.listed, CarePlan),
        (lambda row: goal.listed(row, load_terminology()), Goal),
        (emergency_access.emergency_access, EmergencyAccess),
        (order.listed, Order),
        (care_team.care_team, CareTeam),
        (provenance.listed, Provenance),
    ],
)
def test_a_value_that_was_read_for_a_list_cannot_be_written(read: Callable[[Json], Any], kind: type) -> None:
    with pytest.raises(NotWritable, match="read it again"):
        to_fhir(read(GOOD[kind]))


def test_a_new_provenance_is_read_back_unchanged() -> None:
    made = Provenance(
        Reference("Provenance", "new"), (ResourceVersion(Reference("Task", "t1"), "3"),), PartialDate("2026-11-20"),
        "Jane", Reference("Practitioner", "gp"), "UPDATE", "complete", "done",
        (ResourceVersion(Reference("Task", "t1"), "2"),), source={},
    )  # fmt: skip
    assert replace(provenance.from_fhir(to_fhir(made) | {"id": "new"}), source={}) == made


def test_an_empty_parent_is_removed_and_the_only_entry_of_a_list_is_changed() -> None:
    resource: Json = {"a": {"b": {"c": 1}}, "d": [{"e": 1, "f": 2}], "g": "text"}
    put(resource, "a.b.c", None)
    put(resource, "d.e", "new")
    put(resource, "g.h", 3)
    assert resource == {"d": [{"e": "new", "f": 2}], "g": {"h": 3}}


def test_a_reference_to_another_server_stays_where_the_references_are_changed() -> None:
    foreign = {"reference": "https://old.example/r4/Goal/g1", "display": "Walk"}
    plan = make.plan("cp1", "p1", ("g1", "g2")) | {
        "goal": [foreign, {"reference": "Goal/g1"}, {"reference": "Goal/g2"}]
    }
    read = care_plan.from_fhir(plan)
    assert read.goals == (Reference("Goal", "g1"), Reference("Goal", "g2"))
    written = care_plan.to_fhir(replace(read, goals=(Reference("Goal", "g2"),)))
    assert written["goal"] == [foreign, {"reference": "Goal/g2"}]
