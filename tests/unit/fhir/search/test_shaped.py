"""The short cut for long results: what it reads is what the general way reads, and what is unusual goes the general
way.
"""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.domain.record.unreadable import Unreadable
from dashboard.fhir.mapping.observation import ObservationReader
from dashboard.fhir.mapping.observation_row import ObservationRow
from dashboard.fhir.mapping.reading import read_one
from dashboard.fhir.search.request import Shape
from dashboard.fhir.search.shaped import shaping
from dashboard.fhir.terminology_files import load_terminology
from tests.laws import examples

T = load_terminology()
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
PAGE = shaping(Shape(ObservationRow, lambda row, patient: row), ("p1", "p2"))


def concept(code: str) -> dict[str, Any]:
    return {"coding": [{"system": LOINC, "code": code, "display": "x"}], "text": "y"}


def observation(**changes: Any) -> dict[str, Any]:
    row = {
        "resourceType": "Observation",
        "id": "o1",
        "meta": {"lastUpdated": "2026-01-01T00:00:00Z", "versionId": "1"},
        "status": "final",
        "category": [{"text": "left aside"}],
        "code": concept("59261-8"),
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2026-01-01",
        "valueQuantity": {"value": 7.0, "system": UCUM, "code": "mmol/mol", "unit": "mmol/mol"},
    } | changes
    return {name: value for name, value in row.items() if value is not ...}


def page(*rows: Any, mode: str = "match") -> bytes:
    entries = [{"fullUrl": "u", "resource": row, "search": {"mode": mode}} for row in rows]
    return json.dumps({"resourceType": "Bundle", "total": len(rows), "link": [], "entry": entries}).encode()


def test_a_page_of_the_usual_is_read() -> None:
    found = PAGE(page(observation(), observation(id="o2", subject={"reference": "Patient/p2"})))
    assert found is not None
    assert (list(found.rows), found.entries, found.bundle["total"]) == (["Observation/o1", "Observation/o2"], 2, 2)


@pytest.mark.parametrize(
    "body",
    [
        page(observation(), observation(subject={"reference": "Patient/p3"})),
        page(observation(subject={"reference": "http://elsewhere/fhir/Patient/p1"})),
        page(observation(subject=...)),
        page(observation(subject="Patient/p1")),
        page(observation(resourceType="Condition")),
        page(observation(id=7)),
        page(observation(id=...)),
        page(observation(component={})),
        page(observation(), mode="include"),
        page(observation(), {"resourceType": "OperationOutcome", "issue": []}),
        page(observation(), None),
        page(observation()).replace(b'"search"', b'"research"'),
        page(observation()).replace(b"Bundle", b"Basket"),
        b'{"resourceType": "Bundle"}',
        b"[" * 100_000,
        b'{"resourceType": "Bundle", "entry": [',
        b"<html>",
        b"",
    ],
)
def test_anything_unusual_is_left_to_the_general_way(body: bytes) -> None:
    assert PAGE(body) is None


NUMBERS = st.sampled_from([7, 7.0, 7.1, 62, -1, 1e300, 0, 2**63])
QUANTITIES = st.fixed_dictionaries(
    {"value": NUMBERS},
    optional={
        "system": st.sampled_from([UCUM, "http://other", None]),
        "code": st.sampled_from(["mmol/mol", "%", "mm[Hg]", "furlong", ""]),
        "unit": st.sampled_from(["mmol/mol", "%", "score"]),
        "comparator": st.sampled_from(["<", ">", "ca."]),
    },
)
CONCEPTS = st.one_of(
    st.sampled_from(["59261-8", "4548-4", "8480-6", "8462-4", "85354-9", "44261-6", "0000-0", " "]).map(concept),
    st.sampled_from([{"coding": []}, "59261-8", None, [concept("59261-8")], {"coding": {"code": "4548-4"}}]),
    st.just({"coding": [{"code": "XaPbt", "system": "http://read.info/ctv3"}, {"code": "4548-4", "system": LOINC}]}),
)
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "valueQuantity": QUANTITIES | st.sampled_from([[7], {"value": "7"}, None, {}, [{"value": 7, "unit": "%"}]]),
        "valueInteger": st.sampled_from([9, 9.5, "9"]),
        "valueString": st.sampled_from(["7,1 %", "<3 mg/mmol", "high"]),
        "valueCodeableConcept": st.just({"text": "much"}),
        "dataAbsentReason": st.just({"text": "lost"}),
    },
)
WHEN = st.fixed_dictionaries(
    {},
    optional={
        "effectiveDateTime": st.sampled_from(["2026", "2026-02-30", "2026-03-01T10:00:00Z", " 2026-03 ", ""]),
        "effectivePeriod": st.sampled_from([{"start": "2025", "end": "2026-01-01"}, {}]),
        "issued": st.just("2026-04-01T10:00:00Z"),
    },
)
PARTS = st.lists(st.builds(lambda code, value: {"code": code, **value}, CONCEPTS, VALUES), max_size=3)
ROWS = st.builds(
    lambda code, value, when, parts, status, ident: (
        observation(
            code=code,
            valueQuantity=...,
            effectiveDateTime=...,
            status=status,
            id=ident,
        )
        | value
        | when
        | ({} if parts is None else {"component": parts})
    ),
    CONCEPTS,
    VALUES,
    WHEN,
    st.none() | PARTS,
    st.sampled_from(["final", "amended", "entered-in-error", "registered", ""]),
    st.sampled_from(["o1", "o 1", "x" * 65]),
)


@settings(max_examples=examples(400), deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=4))
def test_a_row_in_the_shape_is_read_as_the_whole_row_is(rows: list[dict[str, Any]]) -> None:
    general, quick = ObservationReader(T), ObservationReader(T)
    for number, row in enumerate(rows):
        found = PAGE(page(row))
        assert found is not None
        for _ in range(2):  # a concept is learnt at the first sight of it
            (told,) = [quick.read_row(each) for each in found.rows.values()]
            expected = read_one(copy.deepcopy(row), general.read)
            assert told == expected, number
            if not isinstance(told, Unreadable) and told is not None:
                recorded = [(str(r.recorded.value), str(r.value.value)) for r in told.results]
                assert recorded == [(str(r.recorded.value), str(r.value.value)) for r in expected.results]  # type: ignore[union-attr]
