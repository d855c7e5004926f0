"""The table of statuses is whole, by R4's own value sets, and says what each means on a time axis."""

import json
from pathlib import Path

import pytest

from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.timeline.events import EventState
from dashboard.domain.timeline.kinds.condition import certainty_of
from dashboard.domain.timeline.states import PROPOSALS, STATES, state_of

ROOT = Path(__file__).resolve().parents[4]
REQUIRED = json.loads((ROOT / "data" / "fhir" / "required-codes.json").read_text(encoding="utf-8"))
# https://hl7.org/fhir/R4/valueset-condition-clinical.html, valueset-allergyintolerance-clinical.html: CodeableConcepts.
CLINICAL = {
    "Condition": ["active", "recurrence", "relapse", "inactive", "remission", "resolved"],
    "AllergyIntolerance": ["active", "inactive", "resolved"],
}


def statuses(kind: str) -> list[str]:
    if kind in CLINICAL:
        return CLINICAL[kind]
    found: list[str] = REQUIRED[kind]["lifecycleStatus" if kind == "Goal" else "status"]
    return found


@pytest.mark.parametrize("kind", sorted(STATES))
def test_every_status_of_r4_has_its_meaning_and_no_other_is_made_up(kind: str) -> None:
    assert set(STATES[kind]) == set(statuses(kind))


@pytest.mark.parametrize("kind", sorted(PROPOSALS))
def test_the_intents_that_bind_nobody_are_r4_s(kind: str) -> None:
    assert set(REQUIRED[kind]["intent"]) >= PROPOSALS[kind]
    assert "order" not in PROPOSALS[kind]


@pytest.mark.parametrize("kind", sorted(STATES))
def test_what_is_wrong_is_left_out_whatever_the_type(kind: str) -> None:
    if "entered-in-error" in STATES[kind]:
        assert state_of(kind, "entered-in-error", "proposal", forbidden=True) is Exclusion.ENTERED_IN_ERROR


@pytest.mark.parametrize("status", ["", "finished?", "FINAL"])
@pytest.mark.parametrize("kind", sorted(STATES))
def test_a_status_that_r4_does_not_know_is_told_as_unknown(kind: str, status: str) -> None:
    assert state_of(kind, status) is EventState.UNKNOWN


EXPECTED = [
    ("MedicationRequest", "stopped", EventState.STOPPED),
    ("MedicationRequest", "on-hold", EventState.STOPPED),
    ("MedicationRequest", "cancelled", Exclusion.NEVER_HAPPENED),
    ("MedicationRequest", "draft", Exclusion.DRAFT),
    ("MedicationStatement", "not-taken", EventState.NOT_DONE),
    ("MedicationStatement", "intended", EventState.PLANNED),
    ("Procedure", "not-done", EventState.NOT_DONE),
    ("Immunization", "not-done", EventState.NOT_DONE),
    ("Appointment", "noshow", EventState.NOT_DONE),
    ("Appointment", "cancelled", Exclusion.NEVER_HAPPENED),
    ("Encounter", "cancelled", Exclusion.NEVER_HAPPENED),
    ("Observation", "registered", Exclusion.NEVER_HAPPENED),
    ("Observation", "cancelled", Exclusion.NEVER_HAPPENED),
    ("Observation", "preliminary", EventState.DONE),
    ("DiagnosticReport", "registered", Exclusion.NEVER_HAPPENED),
    ("DocumentReference", "superseded", Exclusion.DUPLICATE),
    ("Goal", "proposed", Exclusion.DRAFT),
    ("Goal", "rejected", EventState.NOT_DONE),
    ("Goal", "cancelled", EventState.STOPPED),
    ("CarePlan", "draft", Exclusion.DRAFT),
    ("CarePlan", "active", EventState.ONGOING),
    ("ServiceRequest", "active", EventState.PLANNED),
    ("Task", "failed", EventState.NOT_DONE),
]


@pytest.mark.parametrize(("kind", "status", "state"), EXPECTED)
def test_what_a_status_means(kind: str, status: str, state: EventState | Exclusion) -> None:
    assert state_of(kind, status) is state


def test_an_intent_nobody_agreed_to_is_a_draft_and_what_is_not_to_be_done_is_not_done() -> None:
    assert state_of("MedicationRequest", "active", "proposal") is Exclusion.DRAFT
    assert state_of("MedicationRequest", "active", "plan") is Exclusion.DRAFT
    assert state_of("CarePlan", "active", "plan") is EventState.ONGOING
    assert state_of("ServiceRequest", "active", "order", forbidden=True) is EventState.NOT_DONE


def test_a_diagnosis_is_as_sure_as_its_source() -> None:
    # https://hl7.org/fhir/R4/valueset-condition-ver-status.html
    words = ("unconfirmed", "provisional", "differential", "confirmed", "refuted", "", "perhaps")
    assert [certainty_of(word).value for word in words] == [
        "unconfirmed", "unconfirmed", "unconfirmed", "confirmed", "refuted", "confirmed", "unconfirmed",
    ]  # fmt: skip
