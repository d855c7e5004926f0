"""A DetectedIssue is valid FHIR, is read as it was written, and refuses what makes no sense."""

import copy
from dataclasses import replace
from typing import Any

import fhirkit
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from dashboard.domain.guidelines.reconciliation import Decision, Reconciliation, Way, decided
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.datatypes import NOBODY, PartialDate, Reference
from dashboard.fhir.client import json_text
from dashboard.fhir.mapping.detected_issue import listed
from dashboard.fhir.mapping.reading import read_one
from dashboard.fhir.mapping.writable import from_fhir, to_fhir
from dashboard.fhir.mapping.writing import NotWritable
from tests.contradictions import ME, NOW, shown
from tests.laws import examples

AT = PartialDate(NOW.isoformat())
KEEP = Decision(Way.MORE, "Keep spironolactone", "Heart first", ME, AT)
THIRD = Decision(Way.THIRD_WAY, "A binder", "Both", ME, AT, (Reference("Goal", "g1"), Reference("Goal", "g2")))
BACK = Decision(Way.TAKEN_BACK, "", "", NOBODY, AT)
MADE: dict[str, Reconciliation] = {
    "open": shown(),
    "bare": replace(shown(), severity="", identified=None, author=NOBODY, implicated=(), evidence=(), link=""),
    "decided": decided(shown(), KEEP),
    "third-way": decided(shown(), THIRD),
    "taken-back": decided(decided(shown(), THIRD), BACK),
}


def stored(name: str) -> dict[str, Any]:
    """The resource as a server has it."""
    return {**to_fhir(MADE[name]), "id": "new", "meta": {"versionId": "1"}}


@pytest.mark.parametrize("name", MADE)
def test_what_is_written_is_valid_and_read_as_it_was(name: str) -> None:
    row = stored(name)
    assert [str(issue) for issue in fhirkit.validate(json_text.written(row))] == []
    sent = json_text.parse(json_text.written(row))
    read = from_fhir(Reconciliation, sent)
    assert replace(read, version="", source=None) == replace(MADE[name], source=None)
    assert to_fhir(read) == sent  # nothing changed: nothing is written
    assert read.number == MADE[name].number
    in_list = listed(sent)
    assert isinstance(in_list, Reconciliation) and in_list == replace(read, source=None)


def test_the_elements_are_those_of_r4() -> None:
    row = stored("third-way")
    assert (row["status"], row["severity"], row["patient"]) == ("final", "moderate", {"reference": "Patient/p1"})
    [mitigation] = row["mitigation"]
    assert mitigation["action"]["text"] == "A binder" and mitigation["author"]["reference"] == "Practitioner/gp"
    assert row["code"]["coding"][0]["code"] == "potassium" and row["reference"].startswith("https://")
    assert [each["code"][0]["text"] for each in row["evidence"]] == [each.words for each in shown().evidence]
    assert stored("open")["status"] == stored("taken-back")["status"] == "preliminary"


@pytest.mark.parametrize("name", MADE)
def test_what_others_wrote_stays(name: str) -> None:
    row = stored(name) | {"language": "sv", "detail": "kept"}
    row["extension"] = [{"url": "urn:other", "valueString": "kept"}, *row["extension"]]
    later = decided(from_fhir(Reconciliation, copy.deepcopy(row)), KEEP)
    written = to_fhir(later)
    assert written.pop("mitigation")[:-1] == row.pop("mitigation", [])
    assert (written.pop("status"), bool(row.pop("status"))) == ("final", True)
    assert written == row


def test_a_decision_stays_on_record_and_what_was_found_is_never_changed() -> None:
    read = from_fhir(Reconciliation, stored("decided"))
    for wrong in (replace(read, decisions=()), replace(read, stamp="x"), replace(read, words="x")):
        with pytest.raises(NotWritable):
            to_fhir(wrong)


HOSTILE = [
    ({"patient": None}, "no-patient"),
    ({"patient": {"reference": "Group/x"}}, "no-patient"),
    ({"code": {"text": "x"}}, "malformed"),
    ({"code": {"coding": [{"system": "http://x", "code": "potassium"}]}}, "malformed"),
    ({"extension": [{"url": "https://c3-cloud.example/fhir/StructureDefinition/contradiction-facts"}]}, "malformed"),
    ({"modifierExtension": [{"url": "http://x"}]}, "modifier"),
]


@pytest.mark.parametrize(("wrong", "why"), HOSTILE)
def test_a_hostile_row_is_named(wrong: dict[str, Any], why: str) -> None:
    read = read_one(stored("decided") | wrong, listed)
    assert isinstance(read, Unreadable) and read.why == why


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"date": None}, "no-date"),
        ({"date": "yesterday"}, "no-date"),
        ({"action": {"text": "x"}}, "malformed"),
        ({"action": {"coding": [{"system": "http://x", "code": "more"}]}}, "malformed"),
        (
            {"action": {"coding": [{"system": "https://c3-cloud.example/fhir/CodeSystem/contradiction-decision",
                                    "code": "sideways"}]}},
            "malformed",
        ),
    ],
)  # fmt: skip
def test_a_decision_that_cannot_be_read_is_not_passed_over(wrong: dict[str, Any], why: str) -> None:
    row = stored("decided")
    row["mitigation"] = [row["mitigation"][0] | wrong]
    read = read_one(row, listed)
    assert isinstance(read, Unreadable) and read.why in (why, "bad-date")


def test_those_of_others_and_those_entered_in_error_are_passed_over() -> None:
    row = stored("decided")
    assert listed(row | {"extension": []}) is None
    assert listed(row | {"status": "entered-in-error"}) is Exclusion.ENTERED_IN_ERROR


ANYTHING = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=5),
    lambda each: some.lists(each, max_size=3) | some.dictionaries(some.text(max_size=8), each, max_size=3),
    max_leaves=8,
)


@settings(max_examples=examples(150), deadline=None)
@given(name=some.sampled_from(sorted(stored("third-way"))), value=ANYTHING)
def test_whatever_stands_in_an_element_is_read_or_named(name: str, value: Any) -> None:
    read = read_one(stored("third-way") | {name: value}, listed)
    assert read is None or isinstance(read, Reconciliation | Unreadable | Exclusion)
