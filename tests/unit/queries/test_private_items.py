"""A patient keeps items private: a carer gets none of their words, in any shape; the patient is told which they are."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest

from dashboard.access.own_record import without_private
from dashboard.domain.access.private_items import CONFIDENTIALITY
from dashboard.domain.record.allergy import AllergyState
from dashboard.domain.values.datatypes import Coding, Reference
from dashboard.errors import NotFound
from dashboard.fhir.mapping.security_labels import security_labels
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import Json, naming
from tests.unit.queries.test_own_record import SUSAN, agreed, carer_user, opened, patient_user, sees, server

SECRET: Final = "Zeldasecret"
RESTRICTED: Final = {"security": [{"system": CONFIDENTIALITY, "code": "R"}]}
MEDICINE: Final = make.concept(make.ATC, "N06AB06", SECRET) | {"text": SECRET}


def goal() -> Json:
    return make.goal("secret", "p1") | {"description": {"text": SECRET}, "note": [{"text": SECRET}]}


ITEMS: Final[dict[str, Callable[[], Json]]] = {
    "Goal": goal,
    "Task": lambda: make.task("secret", "p1", "Patient/p1", description=SECRET),
    "Condition": lambda: make.condition("secret", "p1", code={"text": SECRET}),
    "MedicationRequest": lambda: make.medicine("secret", "p1", medicationCodeableConcept=MEDICINE),
    "MedicationStatement": lambda: {
        "resourceType": "MedicationStatement",
        "id": "secret",
        "status": "active",
        "subject": {"reference": "Patient/p1"},
        "medicationCodeableConcept": MEDICINE,
    },
    "Encounter": lambda: make.encounter("secret", "p1", "2026-11-01T09:00:00+00:00") | {"type": [{"text": SECRET}]},
    "CarePlan": lambda: make.plan("secret", "p1", title=SECRET, period={"start": "2026-11-01"}),
    "AllergyIntolerance": lambda: make.allergy("secret", "p1") | {"code": {"text": SECRET}},
}
"""One of each kind that the page shows, with its words."""


def labelled(row: Json, **meta: Any) -> Json:
    return row | {"meta": row.get("meta", {}) | (meta or RESTRICTED)}


def condition_words(row: Json) -> Json:
    return row if row["resourceType"] != "Condition" else row | {"code": {"text": SECRET}}


def denied(*data: str, who: str = SUSAN, nested: bool = True, **more: Any) -> Json:
    """Consent for the carer, but for these items."""
    part = more or {"data": [{"meaning": "instance", "reference": {"reference": item}} for item in data]}
    rule = naming("deny", who, **part) if who else {"type": "deny", **part}
    inner = {"provision": [rule]} if nested else {}
    return make.consent("p1", naming("permit", SUSAN, **inner), ident="agreed-p1")


def words_of(fhir: FakeFhirServer, who: Any) -> str:
    return repr(opened(fhir, who))


@pytest.mark.parametrize("kind", ITEMS)
def test_the_patient_sees_the_own_item_and_that_it_is_private(kind: str) -> None:
    row = condition_words(labelled(ITEMS[kind]()))
    found = opened(server(row, agreed()), patient_user("p1"))
    assert SECRET in repr(found)
    assert found.private == {Reference(kind, "secret")}
    assert opened(server(condition_words(ITEMS[kind]()), agreed()), patient_user("p1")).private == frozenset()


@pytest.mark.parametrize("kind", ITEMS)
def test_a_carer_sees_an_item_without_a_label_and_none_of_a_restricted_one(kind: str) -> None:
    row = condition_words(ITEMS[kind]())
    assert SECRET in words_of(server(row, agreed()), carer_user()), "else the test proves nothing"
    found = opened(server(labelled(row), agreed()), carer_user())
    assert SECRET not in repr(found)
    assert found.private == frozenset(), "not even that there is one"


ODD_LABELS: Final[dict[str, Any]] = {
    "unknown code": {"security": [{"system": CONFIDENTIALITY, "code": "X"}]},
    "unknown system": {"security": [{"system": "http://example.org", "code": "N"}]},
    "no system": {"security": [{"code": "N"}]},
    "no code": {"security": [{"system": CONFIDENTIALITY}]},
    "words only": {"security": [{"display": "private"}]},
    "no list": {"security": {"system": CONFIDENTIALITY, "code": "N"}},
    "no object": {"security": ["R"]},
    "one of two": {"security": [{"system": CONFIDENTIALITY, "code": "N"}, {"system": CONFIDENTIALITY, "code": "V"}]},
}


@pytest.mark.parametrize("label", ODD_LABELS)
@pytest.mark.parametrize("kind", ["Goal", "Task", "Condition", "MedicationRequest"])
def test_a_label_that_nobody_knows_keeps_the_item_from_the_carer(kind: str, label: str) -> None:
    row = labelled(condition_words(ITEMS[kind]()), **ODD_LABELS[label])
    assert SECRET not in words_of(server(row, agreed()), carer_user())


def test_labels_that_cannot_be_read_are_no_labels() -> None:
    assert security_labels(goal() | {"meta": ["R"]}) is None
    assert security_labels(goal() | {"contained": [{"meta": "R"}]}) is None
    assert security_labels(goal() | {"contained": [{"meta": RESTRICTED}]}) == (Coding(CONFIDENTIALITY, "R"),)
    assert security_labels(goal()) == ()


@pytest.mark.parametrize("code", ["U", "L", "M", "N"])
def test_a_label_of_no_consequence_hides_nothing(code: str) -> None:
    row = labelled(goal(), security=[{"system": CONFIDENTIALITY, "code": code}])
    assert SECRET in words_of(server(row, agreed()), carer_user())


@pytest.mark.parametrize("kind", ITEMS)
@pytest.mark.parametrize("who", [SUSAN, ""], ids=["named", "as above"])
def test_a_consent_keeps_an_item_from_the_carer_by_its_reference(kind: str, who: str) -> None:
    row = condition_words(ITEMS[kind]())
    assert SECRET not in words_of(server(row, denied(f"{kind}/secret", who=who)), carer_user())
    assert SECRET in words_of(server(row, denied("Goal/another", who=who)), carer_user())
    found = opened(server(row, denied(f"{kind}/secret", who=who)), patient_user("p1"))
    assert found.private == {Reference(kind, "secret")}


def test_a_consent_keeps_items_from_the_carer_by_type_and_by_label() -> None:
    by_type = {"class": [{"system": "http://hl7.org/fhir/resource-types", "code": "Goal"}]}
    assert SECRET not in words_of(server(goal(), denied(**by_type)), carer_user())
    normal = {"system": CONFIDENTIALITY, "code": "N"}
    row = labelled(goal(), security=[normal])
    assert SECRET not in words_of(server(row, denied(securityLabel=[normal])), carer_user())


@pytest.mark.parametrize(
    "part",
    [
        {"data": [{"meaning": "related", "reference": {"reference": "Goal/secret"}}]},
        {"data": [{"meaning": "instance", "reference": {"identifier": {"value": "1"}}}]},
        {"data": [{"meaning": "instance", "reference": {"reference": "http://other.example/fhir/Goal/secret"}}]},
        {"data": []},
        {"data": "Goal/secret"},
        {"class": [{"system": "urn:ietf:bcp:13", "code": "application/hl7-cda+xml"}]},
        {"securityLabel": [{"system": CONFIDENTIALITY}]},
        {"code": [make.concept(make.LOINC, "1-8")]},
        {
            "dataPeriod": {"start": "2026-01-01"},
            "data": [{"meaning": "instance", "reference": {"reference": "Goal/x"}}],
        },
    ],
)
def test_a_deny_whose_items_cannot_be_told_closes_the_whole_record_to_the_carer(part: Json) -> None:
    assert sees(server(goal(), denied(**part)), carer_user()) == ""


def test_what_is_about_a_private_item_is_private_and_other_records_lose_the_reference() -> None:
    private = labelled(goal())
    display = {"reference": "Goal/secret", "display": SECRET}
    about = make.task("t-about", "p1", "Patient/p1", description=f"{SECRET} every day", focus=display)
    plan = make.plan("whole", "p1", ("secret", "g1"), period={"start": "2026-11-01"})
    plan["goal"][0]["display"] = SECRET
    plan["text"] = {"status": "generated", "div": f"<div>{SECRET}</div>"}
    plan["activity"] = [
        {"reference": display},
        {"detail": {"status": "scheduled", "goal": [display], "description": "Walk"}},
    ]
    medicine = make.medicine("m-for", "p1", reasonReference=[{"reference": "Condition/secret", "display": SECRET}])
    problem = labelled(make.condition("secret", "p1", code={"text": SECRET}))
    rows = [private, about, plan, medicine, problem]
    found = opened(server(*rows, agreed()), carer_user())
    assert SECRET not in repr(found)
    assert found.plan.value is not None and found.plan.value.title == "Shared plan", "the plan itself is shown"
    assert "Walk" in repr(found.plan.value)
    assert found.medicines.value is not None
    assert Reference("MedicationRequest", "m-for") in [each.origin for each in found.medicines.value]
    assert Reference("Task", "t-about") in [
        each.origin for each in opened(server(*rows), patient_user("p1")).tasks.value or ()
    ]


def test_of_allergies_that_are_not_all_shown_nobody_reads_none_known() -> None:
    found = opened(server(labelled(ITEMS["AllergyIntolerance"]()), agreed()), carer_user())
    assert found.allergy_state is AllergyState.UNAVAILABLE


def test_a_private_patient_is_nobodys_to_see_but_their_own() -> None:
    fhir = server(agreed())
    fhir.put(labelled(fhir.read("Patient", "p1")))
    assert sees(fhir, carer_user()) == ""
    assert sees(fhir, patient_user("p1")) == "p1"


def test_an_item_that_becomes_private_is_gone_at_the_next_read() -> None:
    fhir = server(goal(), agreed())
    assert SECRET in words_of(fhir, carer_user())
    fhir.put(labelled(goal()))
    assert SECRET not in words_of(fhir, carer_user())


def test_a_consent_that_changes_during_the_read_shows_nothing() -> None:
    fhir = server(goal(), agreed())
    ask = fhir.try_all

    def meanwhile(requests: Any) -> Any:
        if len(requests) > 5:
            fhir.put(denied("Goal/secret"))
        return ask(requests)

    fhir.try_all = meanwhile  # type: ignore[method-assign]
    assert sees(fhir, carer_user()) == ""


def test_every_search_of_the_record_goes_through_the_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not one answer comes to the page by another way: with nothing let through, nothing is shown."""
    asked: list[set[str]] = []

    def nothing(results: Any, access: Any) -> Any:
        asked.append(set(results))
        kept = without_private(results, access)
        empty = {name: replace(answer, rows=[], included={}) for name, answer in kept.items() if name != "team"}
        return {**kept, **empty}

    monkeypatch.setattr("dashboard.queries.get_own_record.without_private", nothing)
    rows = [condition_words(make_row()) for make_row in ITEMS.values()]
    assert SECRET not in words_of(server(*rows, agreed()), carer_user())
    assert {"goals", "tasks", "problems", "medicines", "plans", "person"} <= asked[0]


def test_the_words_are_in_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    fhir = server(labelled(goal()))
    with pytest.raises(NotFound) as refused:
        opened(fhir, carer_user())
    assert SECRET not in json.dumps(str(refused.value))


def test_what_came_of_a_private_activity_is_private_and_so_are_the_notes_on_its_progress() -> None:
    """The plan holds the outcome, not the activity: without the reference it would stand there alone."""
    private = {
        "reference": {"reference": "Task/secret"},
        "outcomeCodeableConcept": [{"text": SECRET}],
        "progress": [{"text": SECRET}],
    }
    other = {"reference": {"reference": "Task/other"}, "outcomeCodeableConcept": [{"text": "Walks again"}]}
    plan = make.plan("whole", "p1", period={"start": "2026-11-01"}, activity=[private, other])
    task = make.task("secret", "p1", "Patient/p1")
    assert SECRET in words_of(server(task, plan, agreed()), carer_user()), "else the test proves nothing"
    found = words_of(server(labelled(task), plan, agreed()), carer_user())
    assert SECRET not in found and "Walks again" in found
    assert SECRET not in words_of(server(task, plan, denied("Task/secret")), carer_user())


def test_a_task_that_is_to_help_reach_a_private_goal_is_about_it() -> None:
    extension = "http://hl7.org/fhir/StructureDefinition/resource-pertainsToGoal"
    serves = [{"url": extension, "valueReference": {"reference": "Goal/secret"}}]
    task = make.task("t9", "p1", "Patient/p1", description=SECRET, extension=serves)
    plain = goal() | {"description": {"text": "Sleep"}, "note": []}
    assert SECRET in words_of(server(task, plain, agreed()), carer_user()), "else the test proves nothing"
    assert SECRET not in words_of(server(task, labelled(plain), agreed()), carer_user())
