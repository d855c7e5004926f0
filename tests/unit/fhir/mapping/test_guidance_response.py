"""A GuidanceResponse is valid FHIR, is read as it was written, and refuses what makes no sense."""

import copy
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import fhirkit
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from dashboard.domain.guidelines.evaluate import Finding, Outcome
from dashboard.domain.guidelines.fact import Between, FactValue, Why
from dashboard.domain.guidelines.fact_seen import changed_facts
from dashboard.domain.guidelines.guidance import Guidance, Reply, ReplyKind, replied
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.code_systems import GUIDANCE_ANSWERED
from dashboard.domain.values.datatypes import NOBODY, PartialDate, Reference
from dashboard.fhir.client import json_text
from dashboard.fhir.mapping.guidance_response import listed
from dashboard.fhir.mapping.reading import read_one
from dashboard.fhir.mapping.writable import from_fhir, to_fhir
from dashboard.fhir.mapping.writing import NotWritable
from tests.laws import examples
from tests.unit.domain.guidelines.test_guidance import (
    AT,
    FACTS,
    ME,
    fact_values,
    metformin,
    not_for,
    not_now,
    shown,
    taken_back,
)

Json = dict[str, Any]
PLAN = Reference("CarePlan", "c1")
ACCEPTED = Reply(
    ReplyKind.ACCEPTED, ME, PartialDate(AT.isoformat()), made=(Reference("Task", "t1"), Reference("Goal", "g1"))
)


def cannot_say() -> Finding:
    unknown = FactValue(FACTS["egfr"], None, PartialDate("2024-05"), (Reference("Observation", "old"),), Why.TOO_OLD)
    found = metformin()
    return replace(found, outcome=Outcome.CANNOT_SAY, used=(found.used[0], unknown), missing=(unknown,))


def between(low: int | None, high: int | None, **out: bool) -> Finding:
    ends = Between(*(None if end is None else Decimal(end) for end in (low, high)), **out)
    found = metformin()
    return replace(found, used=(found.used[0], FactValue(FACTS["egfr"], ends)))


MADE: dict[str, Guidance] = {
    "seen": shown(metformin()),
    "nobody": replace(shown(metformin("6.9")), by=NOBODY, first_seen=None),
    "cannot-say": shown(cannot_say()),
    "less-than": shown(between(None, 15, high_out=True)),
    "at-least": shown(between(15, None)),
    "between": shown(between(3, 5, low_out=True)),
    "open": shown(between(None, None)),
    "not-now": replied(shown(metformin()), not_now()),
    "not-for": replied(shown(metformin()), not_for()),
    "accepted": replied(shown(metformin()), ACCEPTED, PLAN),
    "taken-back": replied(replied(shown(metformin()), not_for()), taken_back()),
}


def stored(value: Guidance) -> Json:
    """The resource as a server has it."""
    written = to_fhir(value)
    return {**written, "id": value.origin.id, "meta": {**written.get("meta", {}), "versionId": "1"}}


def test_what_was_answered_can_be_searched_for_and_is_tagged_once() -> None:
    assert "meta" not in to_fhir(shown(metformin()))
    tag = {"system": GUIDANCE_ANSWERED, "code": "answered"}
    kept = {"system": "urn:other", "code": "kept"}
    row = stored(shown(metformin()))
    row["meta"]["tag"] = [kept]
    once = to_fhir(replied(from_fhir(Guidance, copy.deepcopy(row)), not_for()))
    again = to_fhir(replied(from_fhir(Guidance, copy.deepcopy(once)), taken_back()))
    assert once["meta"]["tag"] == again["meta"]["tag"] == [kept, tag]


@pytest.mark.parametrize("name", MADE)
def test_what_is_written_is_valid_and_read_as_it_was(name: str) -> None:
    row = stored(MADE[name])
    assert [str(issue) for issue in fhirkit.validate(json_text.written(row))] == []
    sent = json_text.parse(json_text.written(row))
    read = from_fhir(Guidance, sent)
    assert replace(read, version="", source=None) == replace(MADE[name], source=None)
    assert to_fhir(read) == sent  # nothing changed: nothing is written
    assert read.number == MADE[name].number


def test_the_elements_are_those_of_r4() -> None:
    row = stored(MADE["accepted"])
    assert row["moduleCanonical"] == "https://c3-cloud.example/fhir/PlanDefinition/03-metformin-kidney|0.1.0"
    assert (row["status"], row["subject"]) == ("success", {"reference": "Patient/p1"})
    assert row["outputParameters"] == {"reference": "#facts"} and row["result"] == {"reference": "CarePlan/c1"}
    assert [each["name"] for each in row["contained"][0]["parameter"]] == ["metformin", "egfr"]
    missing = stored(MADE["cannot-say"])
    assert (missing["status"], missing["dataRequirement"]) == ("data-required", [{"id": "egfr", "type": "Observation"}])


@pytest.mark.parametrize("name", MADE)
def test_what_others_wrote_stays(name: str) -> None:
    row = stored(MADE[name])
    row |= {"language": "sv", "note": [{"text": "kept"}], "encounter": {"reference": "Encounter/e1"}}
    row["extension"] = [{"url": "urn:other", "valueString": "kept"}, *row["extension"]]
    row["contained"] = [{"resourceType": "Device", "id": "d"}, *row["contained"]]
    later = replied(from_fhir(Guidance, copy.deepcopy(row)), not_for())
    written = to_fhir(later)
    assert written.pop("extension")[:-1] == row.pop("extension")
    row["meta"]["tag"] = [{"system": GUIDANCE_ANSWERED, "code": "answered"}]
    assert written == row
    assert from_fhir(Guidance, to_fhir(later)).replies == later.replies


def test_an_answer_stays_on_record_and_what_was_seen_is_never_changed() -> None:
    read = from_fhir(Guidance, stored(MADE["not-for"]))
    with pytest.raises(NotWritable):
        to_fhir(shown(metformin("40")))
    for wrong in (replace(read, replies=()), replace(read, facts=()), replace(read, outcome=Outcome.CANNOT_SAY)):
        with pytest.raises(NotWritable):
            to_fhir(wrong)
    in_list = listed(stored(MADE["not-for"]))
    assert isinstance(in_list, Guidance) and in_list == replace(read, source=None)
    with pytest.raises(NotWritable):
        to_fhir(in_list)


def test_guidance_of_others_is_none_of_ours() -> None:
    row = stored(MADE["seen"])
    assert listed({**row, "extension": []}) is None
    assert listed({**row, "status": "entered-in-error"}) is Exclusion.ENTERED_IN_ERROR


def parameter(row: Json) -> Json:
    return row["contained"][0]["parameter"][1]


def part(row: Json, name: str) -> Json:
    return next(each for each in parameter(row)["part"] if each["name"] == name)


def reply(row: Json, name: str) -> Json:
    return next(each for each in row["extension"][-1]["extension"] if each["url"] == name)


HOSTILE: list[tuple[str, Callable[[Json], Any]]] = [
    ("seen", lambda row: row.pop("subject")),
    ("seen", lambda row: row.update(subject={"reference": "Group/g1"})),
    ("seen", lambda row: row.pop("moduleCanonical")),
    ("seen", lambda row: row.update(moduleCanonical=["x"])),
    ("seen", lambda row: row.update(status="failure")),
    ("seen", lambda row: row["extension"][0].update(valueId=7)),
    ("seen", lambda row: row.update(modifierExtension=[{"url": "urn:x", "valueBoolean": True}])),
    ("seen", lambda row: parameter(row).update(name="")),
    ("seen", lambda row: parameter(row).update(part="x")),
    ("seen", lambda row: part(row, "kind").update(valueCode="horoscope")),
    ("seen", lambda row: part(row, "value").update(valueDecimal="29")),
    ("seen", lambda row: part(row, "value").update(valueDecimal=Decimal("1e999"))),
    ("seen", lambda row: part(row, "value").pop("valueDecimal")),
    ("seen", lambda row: part(row, "record")["part"][0].update(valueReference={"display": "one"})),
    ("cannot-say", lambda row: part(row, "why").update(valueCode="because")),
    ("cannot-say", lambda row: part(row, "why").pop("valueCode")),
    ("less-than", lambda row: part(row, "high")["valueQuantity"].pop("value")),
    ("not-now", lambda row: reply(row, "until").update(valueDate="2027-01")),
    ("not-now", lambda row: reply(row, "until").update(valueDate=20270101)),
    ("not-now", lambda row: reply(row, "at").pop("valueDateTime")),
    ("not-for", lambda row: reply(row, "kind").update(valueCode="maybe")),
    ("not-for", lambda row: row["extension"][-1].pop("extension")),
]


@pytest.mark.parametrize(("name", "spoil"), HOSTILE)
def test_what_makes_no_sense_is_not_read_past(name: str, spoil: Callable[[Json], Any]) -> None:
    row = stored(MADE[name])
    spoil(row)
    assert isinstance(read_one(row, listed), Unreadable)


def test_facts_that_are_gone_are_no_facts_and_stand_for_nothing() -> None:
    row = stored(MADE["not-for"])
    row["contained"] = [{"resourceType": "Parameters", "id": "other", "parameter": []}]
    read = listed(row)
    assert isinstance(read, Guidance) and read.facts == ()
    assert changed_facts(read.facts, MADE["not-for"].facts)


@settings(max_examples=examples(150), deadline=None)
@given(some.lists(fact_values(), min_size=1, max_size=5, unique_by=lambda each: each.fact.name))
def test_law_any_fact_is_the_same_after_it_was_stored(facts: list[FactValue]) -> None:
    made = shown(replace(metformin(), used=tuple(facts)))
    read = from_fhir(Guidance, json_text.parse(json_text.written(stored(made))))
    assert changed_facts(made.facts, read.facts) == () and read.number == made.number
