"""How the records of a patient become drafts of events: what is left out, what cannot be read, and in which order."""

from typing import Any

import pytest

from dashboard.cache.timeline_events import read_events
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.timeline.events import EventKind
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_timeline import TYPES
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import Json

T = load_terminology()
NEVER = "last spring"


def order(kind: str, status: str, **more: Any) -> Json:
    return {
        "resourceType": kind, "id": "x", "status": status, "intent": "order", "code": {"text": "Spirometry"},
        "subject": {"reference": "Patient/p1"}, "authoredOn": NEVER,
    } | more  # fmt: skip


MALFORMED = [
    (make.conference("x", ["p1"], NEVER, "proposed"), Exclusion.DRAFT),
    (make.encounter("x", "p1", NEVER) | {"status": "cancelled"}, Exclusion.NEVER_HAPPENED),
    (make.goal("x", "p1") | {"lifecycleStatus": "proposed", "description": {}}, Exclusion.DRAFT),
    (make.plan("x", "p1", status="draft", period={"start": NEVER}), Exclusion.DRAFT),
    (make.plan("x", "p1", intent="option", period={"start": NEVER}), Exclusion.DRAFT),
    (order("ServiceRequest", "active", intent="proposal"), Exclusion.DRAFT),
    (order("ServiceRequest", "entered-in-error"), Exclusion.ENTERED_IN_ERROR),
    (order("CommunicationRequest", "draft"), Exclusion.DRAFT),
    (make.task("x", "p1", "Practitioner/gp", intent="proposal", authoredOn=NEVER), Exclusion.DRAFT),
]


@pytest.mark.parametrize(("row", "rule"), MALFORMED, ids=[row["resourceType"] for row, _ in MALFORMED])
def test_what_a_rule_leaves_out_is_left_out_whatever_else_is_malformed(row: Json, rule: Exclusion) -> None:
    """A draft with a malformed date is a draft, and no unreadable record."""
    kind = row["resourceType"]
    builder = read_events({kind: [row]}, T)
    assert (builder.excluded, builder.unreadable, builder.drafts) == ({(kind, rule): 1}, [], [])


@pytest.mark.parametrize(
    "row", [row for row, _ in MALFORMED if row["resourceType"] != "Goal"], ids=lambda row: row["resourceType"]
)
def test_what_no_rule_leaves_out_and_cannot_be_read_is_unreadable(row: Json) -> None:
    kind = row["resourceType"]
    status = {"Appointment": "booked", "Encounter": "finished"}.get(kind, "active")
    read = row | {"status": "requested" if kind == "Task" else status, "intent": "order"}
    builder = read_events({kind: [read]}, T)
    assert builder.excluded == {}
    assert [str(record.origin) for record in builder.unreadable] == [f"{kind}/x"]


def test_a_medication_that_was_read_beside_a_medicine_gives_it_its_class() -> None:
    rows = {}
    for kind, ident in (("MedicationRequest", "m1"), ("MedicationStatement", "s1")):
        row = make.medicine(ident, "p1", resourceType=kind, medicationReference={"reference": "Medication/x"})
        del row["medicationCodeableConcept"]
        rows[kind] = [row]
    substance = {"resourceType": "Medication", "id": "x", "code": make.concept(make.ATC, "C03DA01", "spironolactone")}
    builder = read_events(rows, T, {"Medication/x": substance})
    assert [(draft.event.origin.id, draft.event.atc) for draft in builder.drafts] == [
        ("m1", "C03DA01"),
        ("s1", "C03DA01"),
    ]


def test_types_that_refer_to_others_come_after_them_whatever_the_order_of_the_answers() -> None:
    rows: dict[str, list[Json]] = {
        "Task": [make.task("t1", "p1", "Practitioner/gp")],
        "CarePlan": [make.plan("cp1", "p1", ("g1",))],
        "Goal": [make.goal("g1", "p1")],
        "Condition": [make.condition("c1", "p1")],
        "Basic": [{"resourceType": "Basic", "id": "b1"}],
    }
    drafts = read_events(rows, T).drafts
    assert [draft.event.origin.type for draft in drafts] == ["Condition", "Goal", "CarePlan", "Task"]


def about(kind: str, status: str, **more: Any) -> Json:
    subject = "patient" if kind in ("AllergyIntolerance", "Immunization") else "subject"
    return {"resourceType": kind, "id": "x", "status": status, subject: {"reference": "Patient/p1"}, **more}


NAME, DAY = {"text": "Something"}, "2026-03-01"
ONE_OF_EACH = [
    (make.condition("x", "p1"), EventKind.CONDITION),
    (make.observation("x", "p1", "2823-3", 4.5, "mmol/L", DAY), EventKind.RESULT),
    (about("AllergyIntolerance", "", code=NAME, recordedDate=DAY), EventKind.ALLERGY),
    (about("QuestionnaireResponse", "completed", questionnaire="phq9", authored=DAY), EventKind.QUESTIONNAIRE),
    (about("DiagnosticReport", "final", code=NAME, effectiveDateTime=DAY), EventKind.REPORT),
    (about("DocumentReference", "current", type=NAME, date=DAY), EventKind.REPORT),
    (about("ImagingStudy", "available", description="Echo", started=DAY), EventKind.REPORT),
    (make.medicine("x", "p1"), EventKind.MEDICINE),
    (make.medicine("x", "p1", resourceType="MedicationStatement"), EventKind.MEDICINE),
    (make.conference("x", ["p1"], "2026-03-01T09:00:00Z"), EventKind.CONFERENCE),
    (about("Procedure", "completed", code=NAME, performedDateTime=DAY), EventKind.PROCEDURE),
    (make.encounter("x", "p1", DAY), EventKind.CONTACT),
    (about("Immunization", "completed", vaccineCode=NAME, occurrenceDateTime=DAY), EventKind.IMMUNISATION),
    (make.goal("x", "p1"), EventKind.GOAL),
    (make.plan("x", "p1"), EventKind.PLAN),
    (make.provenance("x", "CarePlan/cp1", "Dr Jane Okafor", "2026-03-01T10:00:00Z"), EventKind.PLAN),
    (about("ServiceRequest", "active", intent="order", code=NAME, authoredOn=DAY), EventKind.ORDER),
    (about("CommunicationRequest", "active", category=[NAME], authoredOn=DAY), EventKind.ORDER),
    (make.task("x", "p1", "Practitioner/gp"), EventKind.TASK),
    (about("Flag", "active", code=NAME, period={"start": DAY}), EventKind.FLAG),
]  # fmt: skip


@pytest.mark.parametrize(("row", "kind"), ONE_OF_EACH, ids=[row["resourceType"] for row, _ in ONE_OF_EACH])
def test_a_record_of_each_type_becomes_an_event_of_its_kind(row: Json, kind: EventKind) -> None:
    builder = read_events({row["resourceType"]: [row]}, T)
    assert (builder.unreadable, builder.excluded) == ([], {})
    (draft,) = builder.drafts
    assert (str(draft.event.origin), draft.event.kind) == (f"{row['resourceType']}/x", kind)


def test_every_type_of_the_timeline_has_its_record_above() -> None:
    assert {row["resourceType"] for row, _ in ONE_OF_EACH} == set(TYPES) | {"Provenance"}
