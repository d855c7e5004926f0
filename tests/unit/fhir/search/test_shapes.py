"""Every type that a team's rows may come in a shape of: what the shape makes of a row is what the general way makes of
it, however the row was written; or the page is left to the general way.
"""

import copy
import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.cache.load_team import _shape
from dashboard.cache.team_resources import KINDS, Reader, TeamResource
from dashboard.fhir.mapping.observation import ObservationReading
from dashboard.fhir.search.request import SearchRequest
from dashboard.fhir.search.shaped import can_be_shaped, shaping
from dashboard.fhir.terminology_files import load_terminology
from tests.laws import examples
from tests.unit.fhir.mapping.test_mapping import ANYTHING

T = load_terminology()
ON = date(2026, 11, 20)
SHAPED = {kind.type: kind for kind in KINDS if kind.row is not None}
SNOMED = "http://snomed.info/sct"


def concept(*codes: str, text: str = "words") -> dict[str, Any]:
    return {"coding": [{"system": SNOMED, "code": code, "display": f"d{code}"} for code in codes], "text": text}


def row(kind: str, **elements: Any) -> dict[str, Any]:
    meta = {"lastUpdated": "2026-11-01T10:00:00.000Z", "versionId": "1"}
    return {"resourceType": kind, "id": "r1", "meta": meta, "subject": {"reference": "Patient/p1"}, **elements}


ROWS = [
    row(
        "Condition",
        clinicalStatus=concept("active"),
        verificationStatus=concept("confirmed"),
        code=concept("44054006"),
        stage=[{"summary": concept("431855005", text="")}, {"summary": {"text": "stage 1"}}],
        severity=concept("24484000"),
        onsetDateTime="2009",
        abatementPeriod={"start": "2020-01", "end": "2021"},
    ),
    row("Condition", code={"text": "only words"}, onsetPeriod={"start": "2010-02-03"}),
    row(
        "Encounter",
        status="finished",
        **{"class": {"code": "AMB", "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode"}},
        type=[concept("185349003")],
        serviceType=concept("1"),
        participant=[{"individual": {"reference": "Practitioner/a", "display": "A B"}}, {"individual": {}}, {}],
        period={"start": "2026-01-02T10:00:00+01:00", "end": "2026-01-02T11:00:00+01:00"},
        serviceProvider={"display": "Surgery"},
        location=[{"location": {"display": "Room 1"}}],
    ),
    row("Encounter", status="planned", period={"end": "2026"}, location=[{}, {"location": {"display": "Room 2"}}]),
    row(
        "MedicationRequest",
        status="active",
        intent="order",
        doNotPerform=False,
        medicationCodeableConcept={"coding": [{"system": "http://www.whocc.no/atc", "code": "C10AA05"}], "text": "A"},
        authoredOn="2013-02-01",
        dosageInstruction=[{"text": "1 daily"}, {"text": " "}, {}],
        dispenseRequest={"validityPeriod": {"start": "2013", "end": "2027-05-06"}},
        reasonReference=[{"reference": "Condition/c1"}],
    ),
    row("MedicationRequest", status="stopped", medicationCodeableConcept={"text": "x"}),
    row("MedicationRequest", status="active", medicationReference={"reference": "#m", "display": "named"}),
    row("MedicationRequest", status="active", medicationReference=None, dateAsserted="2020", dosage=[{"text": "y"}]),
    row(
        "Observation",
        status="final",
        code={"coding": [{"system": "http://loinc.org", "code": "59261-8"}]},
        effectiveDateTime="2026-03-01",
        valueQuantity={"value": 7.1, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"},
    ),
    row(
        "Observation",
        status="final",
        code={"coding": [{"system": "http://loinc.org", "code": "85354-9"}]},
        effectivePeriod={"start": "2026-03-01T10:00:00Z"},
        component=[
            {
                "code": {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]},
                "valueQuantity": {"value": 149, "code": "mm[Hg]"},
            }
        ],
    ),
]
LIKELY = st.sampled_from(
    [
        "", " ", None, [], {}, 7, True, "entered-in-error", " cancelled ", "refuted", "planned", "proposal", "draft",
        "2026-13", "2020", {"coding": []}, {"text": "words"}, {"coding": [{"code": "x"}]}, {"start": "2020"},
        [{"text": "a"}], [None], {"reference": "Medication/m1"}, {"display": " B "}, "\u0000x",
    ]
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path within a row."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, part in inner for place in places(part, (*path, key)))]


@st.composite
def rewritten(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """A good row with up to three of its parts taken away, replaced, or joined by another."""
    found = copy.deepcopy(draw(st.sampled_from([each for each in ROWS if each["resourceType"] == kind])))
    for _ in range(draw(st.integers(0, 3))):
        *way, last = draw(st.sampled_from(places(found)[1:]))
        holder = found
        for step in way:
            holder = holder[step]
        if draw(st.booleans()):
            del holder[last]
        else:
            holder[last] = copy.deepcopy(draw(LIKELY | ANYTHING.filter(lambda value: value == value)))
    return found


def exactly(kept: Any) -> Any:
    """With the digits of results, which equality of numbers does not tell."""
    if kept is None or not isinstance(kept.value, ObservationReading):
        return kept
    return kept, [(str(each.value.value), str(each.recorded.value)) for each in kept.value.results]


@pytest.mark.parametrize("kind", sorted(SHAPED))
@settings(max_examples=examples(150), deadline=None)
@given(data=st.data())
def test_a_shape_tells_what_the_general_way_tells(kind: str, data: st.DataObject) -> None:
    how = SHAPED[kind]
    shape, general = _shape(how, Reader(T), ON), Reader(T)
    assert shape is not None
    written = data.draw(rewritten(kind))
    try:
        body = json.dumps(bundle(written), allow_nan=False).encode()
    except ValueError:  # a number that JSON cannot carry
        return
    page = shaping(shape, ("p1",))(body)
    if page is None:
        return
    for name, shaped in page.rows.items():
        for _ in range(2):  # a part is learnt at the first sight of it
            told = page.read(shaped)
            expected = general.kept(how, json.loads(body)["entry"][0]["resource"], ON)
            assert (name, told.patient, told.ident) == (f"{kind}/{written['id']}", "p1", written["id"])
            assert exactly(told.kept) == exactly(expected)


def bundle(*rows: dict[str, Any]) -> dict[str, Any]:
    entries = [{"resource": each, "search": {"mode": "match"}} for each in rows]
    return {"resourceType": "Bundle", "entry": entries, "link": [], "total": len(rows)}


@pytest.mark.parametrize("kind", sorted(SHAPED))
def test_the_usual_rows_of_a_type_come_in_its_shape(kind: str) -> None:
    shape = _shape(SHAPED[kind], Reader(T), ON)
    assert shape is not None
    usual = [each for each in ROWS if each["resourceType"] == kind and not {"medicationReference"} & each.keys()]
    assert usual
    page = shaping(shape, ("p1",))(json.dumps(bundle(*usual)).encode())
    assert page is not None
    assert page.entries == len(usual)


def test_a_medicine_that_is_another_record_is_left_to_the_general_way_with_all_of_its_page() -> None:
    shape = _shape(SHAPED["MedicationRequest"], Reader(T), ON)
    assert shape is not None
    mixed = [each for each in ROWS if each["resourceType"] == "MedicationRequest"]
    assert shaping(shape, ("p1",))(json.dumps(bundle(*mixed)).encode()) is None


@pytest.mark.parametrize("kind", sorted(SHAPED))
def test_a_shape_is_used_only_where_its_rows_lead_to_nothing_that_is_included(kind: str) -> None:
    how: TeamResource = SHAPED[kind]
    shape = _shape(how, Reader(T), ON)
    assert can_be_shaped(SearchRequest(kind, patients=("p1",), include=how.include, shape=shape))
    for include in (f"{kind}:encounter", f"{kind}:patient", "iterate:Patient:organization"):
        assert not can_be_shaped(SearchRequest(kind, patients=("p1",), include=(*how.include, include), shape=shape))
    assert not can_be_shaped(SearchRequest("Task", patients=("p1",), shape=shape))
    assert not can_be_shaped(SearchRequest(kind, patients=("p1",)))
