"""The timeline equals a slow and obvious reading of the same JSON, on random records of all types."""

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.cache.timeline_events import read_events
from dashboard.domain.timeline.build_events import EventBuilder, series_of
from dashboard.domain.timeline.events import Event
from dashboard.domain.timeline.states import PROPOSALS, STATES
from dashboard.fhir.terminology_files import load_terminology
from tests.laws import examples
from tests.unit.queries.slow_timeline import obvious_timeline

T = load_terminology()
Json = dict[str, Any]
NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
SNOMED, LOINC, ATC = "http://snomed.info/sct", "http://loinc.org", "http://www.whocc.no/atc"


def concept(system: str, code: str, **more: Any) -> Json:
    return {"coding": [{"system": system, "code": code}]} | more


DATES = st.sampled_from(
    ["2009", "2009-05", "2009-05-03", "2009-05-03T10:00:00Z", "2009-05-03T11:00:00+02:00", "2026-11-20", "2026-11-21",
     "2027", "", "last spring", "2009-13", 5, None]
)  # fmt: skip
GOOD = st.sampled_from(["2009", "2010-05-03", "2010-05-03T10:00:00Z", "2026-11-19", "2027-01-01"])
WHEN = st.one_of(GOOD, GOOD, GOOD, DATES)
PERIODS = st.one_of(
    st.fixed_dictionaries({}, optional={"start": WHEN, "end": WHEN}), st.just("2009"), st.just([{"start": "2009"}])
)
CONCEPTS = st.sampled_from(
    [
        concept(SNOMED, "44054006"), concept(SNOMED, "84114007", text="HF"), concept(SNOMED, "700379002"),
        concept(SNOMED, "35489007"), concept(SNOMED, "38341003"), concept("http://hl7.org/fhir/sid/icpc-2", "T90"),
        concept("http://read.info/readv2", "G58.."), concept("urn:oid:1.2.752.116.1.1.1.1.3", "N183"),
        concept(SNOMED, "401191002"), concept(SNOMED, "698360004"), concept(ATC, "C09AA05"), concept(ATC, "A10BA02"),
        concept("http://www.nlm.nih.gov/research/umls/rxnorm", "860975"), concept("http://local", "X1"),
        concept(SNOMED, "716186003"), {"coding": [{"code": " "}]}, {"text": "Words"}, {}, "T90", 7,
        [concept(SNOMED, "44054006"), concept(SNOMED, "84114007")],
        {"coding": [{"system": "http://local", "code": "X2"}, {"system": SNOMED, "code": "44054006"}]},
        {"coding": {"system": SNOMED, "code": "84114007"}}, {"coding": ["x"]}, {"coding": None, "text": None},
    ]
)  # fmt: skip
MEASURED = st.sampled_from(
    [concept(LOINC, code) for code in ("59261-8", "4548-4", "8480-6", "8462-4", "85354-9", "44261-6", "29463-7")]
    + [concept(LOINC, code) for code in ("1920-8", "2823-3", "14682-9")]
    + [concept("http://npu-terminology.org", "NPU27300"), concept(SNOMED, "401191002")]
    + [{"text": "Words"}, {}, "59261-8"]
)
QUANTITIES = st.one_of(
    st.fixed_dictionaries(
        {"value": st.sampled_from([7, 7.0, 7.1, 62, 150])},
        optional={
            "unit": st.sampled_from(["mmol/mol", "%", "mm[Hg]", "furlong"]),
            "code": st.sampled_from(["mmol/mol", "%", "mm[Hg]", "kg", "{score}", "mmol/L"]),
            "comparator": st.sampled_from(["<", ">", "ca."]),
        },
    ),
    st.sampled_from([{}, {"value": "7"}, {"value": True, "unit": "%"}, "7 %", None]),
)
FLAGS = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "valueQuantity": QUANTITIES,
        "valueInteger": st.sampled_from([9, 0]),
        "dataAbsentReason": st.just({"text": "lost"}),
        "interpretation": st.sampled_from(
            [[concept(FLAGS, "H")], [concept(FLAGS, "N")], concept(FLAGS, "LL"), "H", []]
        ),
    },
)
PARTS = st.lists(st.builds(lambda code, value: {"code": code, **value}, MEASURED, VALUES), max_size=3)


def references(*names: str) -> st.SearchStrategy[list[Any]]:
    """Draws references to some of these, to missing records, and malformed ones."""
    given = st.sampled_from([*names, "Nowhere/z", "#a", 7]).map(lambda to: {"reference": to})
    return st.lists(given | st.just(names[0]), max_size=3)


RESULTS = references("Observation/x2")
CAUSES = references("Condition/x0", "Condition/x1", "Observation/x2")
CHANGED = references("Goal/x3", "CarePlan/x4", "Condition/x0")
VERIFICATION = ("unconfirmed", "provisional", "differential", "confirmed", "refuted", "entered-in-error", "perhaps")
CONDITION_STATUS = {"Condition": "clinicalStatus", "AllergyIntolerance": "clinicalStatus", "Goal": "lifecycleStatus"}
# type -> the elements its events are made of
ELEMENTS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "Condition": {"code": CONCEPTS, "onsetDateTime": WHEN, "onsetPeriod": PERIODS, "abatementDateTime": WHEN,
                  "abatementPeriod": PERIODS, "recordedDate": WHEN},
    "AllergyIntolerance": {"code": CONCEPTS, "onsetDateTime": WHEN, "onsetPeriod": PERIODS, "recordedDate": WHEN},
    "MedicationRequest": {"medicationCodeableConcept": CONCEPTS, "authoredOn": WHEN, "doNotPerform": st.booleans(),
                          "dispenseRequest": st.fixed_dictionaries({"validityPeriod": PERIODS})},
    "MedicationStatement": {"medicationCodeableConcept": CONCEPTS, "effectiveDateTime": WHEN,
                            "effectivePeriod": PERIODS, "dateAsserted": WHEN},
    "Encounter": {"type": CONCEPTS, "period": PERIODS},
    "Appointment": {"serviceType": CONCEPTS, "start": WHEN, "end": WHEN},
    "Procedure": {"code": CONCEPTS, "performedDateTime": WHEN, "performedPeriod": PERIODS},
    "Immunization": {"vaccineCode": CONCEPTS, "occurrenceDateTime": WHEN},
    "Observation": {"code": st.one_of(MEASURED, CONCEPTS), "effectiveDateTime": WHEN, "effectivePeriod": PERIODS,
                    "issued": WHEN, "component": PARTS,
                    "derivedFrom": st.just([{"reference": "QuestionnaireResponse/x5"}])},
    "QuestionnaireResponse": {"authored": WHEN, "questionnaire": st.just(
        "https://c3-cloud.example/fhir/Questionnaire/phq-9")},
    "DiagnosticReport": {"code": CONCEPTS, "effectiveDateTime": WHEN, "effectivePeriod": PERIODS, "issued": WHEN,
                         "result": RESULTS},
    "ImagingStudy": {"procedureCode": CONCEPTS, "started": WHEN},
    "DocumentReference": {"type": CONCEPTS, "date": WHEN,
                          "docStatus": st.sampled_from(["preliminary", "final", "entered-in-error"])},
    "Goal": {"description": CONCEPTS, "startDate": WHEN, "addresses": CAUSES, "target": st.lists(
        st.fixed_dictionaries({"measure": MEASURED}, optional={"dueDate": GOOD}), max_size=2)},
    "CarePlan": {"category": CONCEPTS, "period": PERIODS, "created": WHEN, "addresses": CAUSES},
    "Provenance": {"recorded": WHEN, "target": CHANGED},
    "ServiceRequest": {"code": CONCEPTS, "authoredOn": WHEN, "occurrenceDateTime": WHEN, "occurrencePeriod": PERIODS,
                       "doNotPerform": st.booleans()},
    "CommunicationRequest": {"category": CONCEPTS, "authoredOn": WHEN, "occurrenceDateTime": WHEN},
    "Task": {"code": CONCEPTS, "authoredOn": WHEN, "restriction": st.fixed_dictionaries({"period": PERIODS})},
}  # fmt: skip
ORDER = ("Condition", "Observation", "Goal", "CarePlan", "QuestionnaireResponse")
REASONS = {
    "reasonReference": CAUSES,
    "reasonCode": st.lists(CONCEPTS.filter(lambda one: isinstance(one, dict)), max_size=2),
}


@st.composite
def records(draw: st.DrawFn) -> list[Json]:
    """Draws records of one patient; those that others refer to have the ids x0 to x5."""
    kinds = ["Condition", "Condition", "Observation", "Goal", "CarePlan", "QuestionnaireResponse"]
    kinds += draw(st.lists(st.sampled_from(sorted(ELEMENTS)), max_size=6))
    return [draw(record(kind, f"x{number}")) for number, kind in enumerate(kinds)]


@st.composite
def record(draw: st.DrawFn, kind: str, ident: str) -> Json:
    row: Json = {"resourceType": kind, "id": ident, "subject": {"reference": "Patient/p1"}}
    if kind in STATES:
        status = draw(st.one_of(st.sampled_from(sorted(STATES[kind])), st.sampled_from(["", "weird", 7])))
        element = CONDITION_STATUS.get(kind, "status")
        row[element] = concept("", status) if element == "clinicalStatus" and isinstance(status, str) else status
    if kind in PROPOSALS:
        row["intent"] = draw(st.sampled_from(["order", "order", "order", *sorted(PROPOSALS[kind])]))
    if kind in ("Condition", "AllergyIntolerance") and draw(st.booleans()):
        row["verificationStatus"] = concept("", draw(st.sampled_from(VERIFICATION)))
    elements = ELEMENTS[kind]
    named = next(iter(elements))  # nearly always there, so that most records can be read
    optional = {name: each for name, each in elements.items() if name != named}
    row |= draw(st.fixed_dictionaries({named: elements[named]}, optional=optional))
    if kind not in ORDER and draw(st.booleans()):
        row |= draw(st.fixed_dictionaries({}, optional=REASONS))
    if kind == "Observation":
        row |= draw(VALUES)
    return {name: value for name, value in row.items() if value is not None}


def built(rows: list[Json]) -> tuple[EventBuilder, tuple[Event, ...]]:
    by_type: dict[str, list[Json]] = {kind: [] for kind in ELEMENTS}
    for row in json.loads(json.dumps(rows)):
        by_type[row["resourceType"]].append(row)
    builder = read_events(by_type, T)
    return builder, builder.events(NOW.date(), builder.lanes())


def plain(event: Event) -> Json:
    return {
        "kind": event.kind.value,
        "start": event.start.text if event.start else None,
        "end": event.end.text if event.end else None,
        "state": event.state.value,
        "certainty": event.certainty.value,
        "date_warnings": [warning.value for warning in event.date_warnings],
        "lanes": event.lanes,
        "results": [(result.measure, str(result.value.value)) for result in event.results],
        "abnormal": event.abnormal,
        "unmapped": event.unmapped,
    }


@settings(max_examples=examples(600), deadline=None)
@given(records())
def test_the_timeline_equals_the_obvious_one(rows: list[Json]) -> None:
    builder, events = built(rows)
    slow = obvious_timeline(rows, T, NOW.date())
    assert {str(event.origin): plain(event) for event in events} == slow.events
    assert {(kind, rule.value): count for (kind, rule), count in builder.excluded.items()} == dict(slow.excluded)
    assert {str(each.origin) for each in builder.unreadable} == slow.unreadable
    assert builder.refused() == dict(slow.refused)


@settings(max_examples=examples(200), deadline=None)
@given(records())
def test_every_record_is_an_event_or_excluded_or_unreadable_and_events_are_ordered(rows: list[Json]) -> None:
    builder, events = built(rows)
    lost = {f"{row['resourceType']}/{row['id']}" for row in rows} - {str(event.origin) for event in events}
    unreadable = {str(each.origin) for each in builder.unreadable}
    assert len(lost - unreadable) == sum(builder.excluded.values())
    moments = [when.moment for event in events if (when := event.start or event.end)]
    assert moments == sorted(moments)
    undated = [event.start is None and event.end is None for event in events]
    assert undated == sorted(undated)
    for results in series_of(events, NOW.date()).values():
        assert list(results) == sorted(results, key=lambda result: result.when)
        assert all(result.when.start <= NOW.date() for result in results)
