"""Which records of a team the worklist caches, and which it leaves out whatever a server sends."""

from typing import Any

import pytest

from dashboard.cache.team_resources import KINDS, Reader, patients_of
from dashboard.domain.record.unreadable import Unreadable
from dashboard.fhir.terminology_files import load_terminology
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF, Json

T = load_terminology()
READER = Reader(T, AS_OF.date())
KIND = {kind.type: kind for kind in KINDS}


def is_cached(row: Json) -> bool:
    return READER.cached(KIND[row["resourceType"]], row) is not None


def finding(system: str, code: str) -> Json:
    """Returns an Observation without a value."""
    row = make.observation("o1", "p1", "", 0, "", "2026-11-01") | {"code": make.concept(system, code)}
    del row["valueQuantity"]
    return row


def conference(start: str, **more: Any) -> Json:
    return make.conference("a1", ["p1"], start, **more)


@pytest.mark.parametrize(
    ("row", "cached"),
    [
        (make.observation("o1", "p1", "59261-8", 62, "mmol/mol", "2026-11-01"), True),
        (finding(make.SNOMED, "401191002"), True),  # a foot check, which has no value
        (finding(make.LOINC, "59261-8"), True),  # a check without its value was done all the same
        (make.observation("o1", "p1", "59261-8", 62, "furlong", "2026-11-01"), True),  # is reported as unreadable
        (make.observation("o1", "p1", "8302-99", 62, "cm", "2026-11-01"), False),
        (make.condition("c1", "p1"), True),
        (make.task("t1", "p1", "Practitioner/gp"), True),
        (make.task("t1", "p1", "Practitioner/gp", status="completed"), False),
        (conference("2026-11-20T00:30:00+00:00"), True),
        (conference("2026-11-19T23:00:00+00:00"), False),
        (conference("2026-11-24T09:00:00+00:00", status="cancelled"), False),
        (make.encounter("e1", "p1", "2026-11-01"), True),
        (make.encounter("e1", "p1", "2026-12-01") | {"status": "planned"}, False),
    ],
)
def test_only_what_the_worklist_shows_or_counts_is_cached(row: Json, cached: bool) -> None:
    assert is_cached(row) is cached


@pytest.mark.parametrize(
    ("status", "more", "cached"),
    [
        ("active", {}, True),
        ("on-hold", {}, True),
        ("stopped", {}, False),
        ("completed", {}, False),
        ("draft", {}, False),
        ("active", {"doNotPerform": True}, False),
    ],
)
def test_a_medicine_is_cached_while_the_patient_has_it(status: str, more: dict[str, Any], cached: bool) -> None:
    assert is_cached(make.medicine("m1", "p1", status=status, **more)) is cached


def test_a_record_that_cannot_be_read_is_cached_as_unreadable() -> None:
    row = READER.cached(KIND["MedicationRequest"], make.medicine("m1", "p1") | {"authoredOn": ["never"], "status": 5})
    assert row is not None and isinstance(row.value, Unreadable)


def test_what_is_cached_has_the_stamp_of_the_server() -> None:
    stamp = "2026-11-19T10:00:00Z"
    row = READER.cached(KIND["Condition"], make.condition("c1", "p1") | {"meta": {"lastUpdated": stamp}})
    assert row is not None and row.updated == stamp


def test_a_reader_with_medications_reads_the_same_day_with_the_same_terminology() -> None:
    substances: dict[str, Json] = {"Medication/x": {"resourceType": "Medication", "id": "x"}}
    reader = READER.with_substances(substances)
    assert (reader.terminology, reader.on, reader.substances) == (T, AS_OF.date(), substances)
    assert READER.substances == {}


def test_an_appointment_is_of_every_patient_who_takes_part_and_of_nobody_else() -> None:
    row = make.conference("a1", ["p1", "p4"], "2026-11-24T09:00:00+00:00")
    row["participant"] += [{"actor": {"reference": "Practitioner/gp"}}, {"type": [{"text": "somebody"}]}]
    assert patients_of(row) == ("p1", "p4")


@pytest.mark.parametrize(
    "row",
    [make.condition("c1", "p1"), make.task("c1", "p1", "Practitioner/gp"), make.consent("p1")],
    ids=lambda row: row["resourceType"],
)
def test_all_else_is_of_its_subject(row: Json) -> None:
    assert patients_of(row) == ("p1",)


def test_a_record_of_nobody_is_of_no_patient() -> None:
    assert patients_of({"resourceType": "Basic", "id": "b1"}) == ()
