"""Reads a call of our CDS Hooks service: what was asked for whom, and the records that came with it.

https://cds-hooks.hl7.org/2.0/. What cannot be used raises `BadRequest` with a sentence that quotes nothing of it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from dashboard.domain.guidelines.fact import Fact, FactKind
from dashboard.domain.record.observation import PRESSURE_PANELS
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.client.addresses import Addresses
from dashboard.fhir.client.json_text import parse
from dashboard.fhir.mapping.elements import Json, many, one, reference, text
from dashboard.fhir.mapping.reading import origin, patient_of, version

PATIENT: Final = "patient"
TYPES: Final = {
    PATIENT: "Patient",
    "conditions": "Condition",
    "observations": "Observation",
    "medication-requests": "MedicationRequest",
    "medication-statements": "MedicationStatement",
    "encounters": "Encounter",
    "procedures": "Procedure",
}
"""The keys of our prefetch templates, and the resource type of each."""
MOST_RESOURCES: Final = 20_000
LONGEST_TEXT: Final = 200
_TOKEN: Final = "{{context.patientId}}"  # noqa: S105  # what CDS Hooks calls a prefetch token
_MEDICINES: Final = ("MedicationRequest", "MedicationStatement")


class BadRequest(Exception):
    """The call is not what CDS Hooks describes; the message is a sentence."""


class NothingKnown(Exception):
    """The records that are needed did not come with the call: HTTP 412."""


@dataclass(frozen=True, slots=True)
class HookCall:
    """One call. `rows` are the person's records, `drafts` the orders that are being written (order-select).

    `unread` are the resource types that did not come, or not in full: what they would say is not known. `versions` has
    the version of each record.
    """

    patient: Reference
    rows: tuple[Json, ...]
    unread: frozenset[str]
    versions: Mapping[Reference, str]
    drafts: tuple[Json, ...] = ()
    server: str = field(default="", repr=False)


def templates(facts: Iterable[Fact], terminology: Terminology) -> dict[str, str]:
    """The prefetch templates of our services: what the facts of the rules come from, and no more."""
    answers = terminology.codes_in(name for each in facts if each.kind is FactKind.SCORE for name in each.value_sets)
    codes = ",".join((*terminology.observation_codes(), *PRESSURE_PANELS, *answers))
    more = {"Observation": f"&code={codes}"} | {kind: f"&_include={kind}:medication" for kind in _MEDICINES}
    searches = {key: f"{kind}?patient={_TOKEN}{more.get(kind, '')}" for key, kind in TYPES.items()}
    return searches | {PATIENT: f"Patient/{_TOKEN}"}


def read_call(body: bytes, hook: str) -> HookCall:
    """The call in a request's body. Raises BadRequest, NothingKnown."""
    try:
        call = parse(body)
    except (ValueError, RecursionError) as problem:
        raise BadRequest("The body is no JSON.") from problem
    if not isinstance(call, dict):
        raise BadRequest("The body is no JSON object.")
    if call.get("hook") != hook:
        raise BadRequest(f"This service is for the hook {hook}; the call names another, or none.")
    if not 0 < len(text(call.get("hookInstance"))) <= LONGEST_TEXT:
        raise BadRequest("hookInstance is missing: a UUID of this call.")
    context, prefetch = call.get("context"), call.get("prefetch")
    if not isinstance(context, dict):
        raise BadRequest("context is missing.")
    if prefetch is not None and not isinstance(prefetch, dict):
        raise BadRequest("prefetch must be an object with the keys that the discovery lists.")
    try:
        patient = Reference("Patient", text(context.get("patientId")))
    except ValueError as problem:
        raise BadRequest("context.patientId is missing, or is no id of a Patient.") from problem
    server = text(call.get("fhirServer"))
    if server:
        Addresses([server]).make_relative(call)
    reader = _Prefetch(patient)
    for key, kind in TYPES.items():
        reader.take(key, kind, (prefetch or {}).get(key), key in (prefetch or {}))
    if not reader.has_patient:
        raise NothingKnown(
            "prefetch.patient did not come. This service asks no FHIR server: send what its discovery lists."
        )
    if reader.unread >= set(TYPES.values()) - {"Patient"}:
        raise NothingKnown("Of prefetch only the patient came. Send what the discovery of this service lists.")
    drafts = tuple(_drafts(context, patient)) if hook == "order-select" else ()
    return HookCall(patient, tuple(reader.rows), frozenset(reader.unread), reader.versions, drafts, server)


class _Prefetch:
    """Gathers the records of one person from the values of prefetch."""

    def __init__(self, patient: Reference) -> None:
        self._patient = patient
        self.rows: list[Json] = []
        self.unread: set[str] = set()
        self.versions: dict[Reference, str] = {}
        self.has_patient = False

    def take(self, key: str, kind: str, value: Any, came: bool) -> None:
        """`came`: the key is there; null then says that there is nothing, and a missing key that nobody knows."""
        if not came:
            self.unread.add(kind)
        elif value is None:
            return
        elif not isinstance(value, dict):
            raise BadRequest(f"prefetch.{key} must be a {kind if key == PATIENT else 'Bundle'}, or null.")
        elif key == PATIENT:
            self._take_patient(value)
        elif value.get("resourceType") == "OperationOutcome":
            self.unread.add(kind)
        elif value.get("resourceType") != "Bundle":
            raise BadRequest(f"prefetch.{key} must be a Bundle, or null.")
        else:
            self._take_bundle(key, kind, value)

    def _take_patient(self, value: Json) -> None:
        rows = [value] if value.get("resourceType") != "Bundle" else [row for row, _ in _entries(value)]
        if not rows:
            return
        if len(rows) > 1 or rows[0].get("resourceType") != "Patient" or rows[0].get("id") != self._patient.id:
            raise BadRequest("prefetch.patient must be the Patient of context.patientId.")
        self.has_patient = True
        self._add(rows[0])

    def _take_bundle(self, key: str, kind: str, bundle: Json) -> None:
        matches = 0
        for row, mode in _entries(bundle):
            if mode == "outcome" or row.get("resourceType") == "OperationOutcome":
                if any(text(each.get("severity")) in ("error", "fatal") for each in many(row.get("issue"))):
                    self.unread.add(kind)
            elif row.get("resourceType") == kind:
                matches += 1
                about = patient_of(row)
                if about is not None and about != self._patient:
                    raise BadRequest(f"prefetch.{key} has a record of another patient.")
                if about is None:  # nobody knows whose it is
                    self.unread.add(kind)
                else:
                    self._add(row)
            elif row.get("resourceType") == "Medication" and kind in _MEDICINES:
                self._add(row)
        more = any(text(link.get("relation")) == "next" for link in many(bundle.get("link")))
        total = bundle.get("total")
        if more or (isinstance(total, int) and total > matches):
            self.unread.add(kind)

    def _add(self, row: Json) -> None:
        self.rows.append(row)
        if len(self.rows) > MOST_RESOURCES:
            raise BadRequest(f"prefetch has more than {MOST_RESOURCES} records.")
        self.versions[origin(row)] = version(row)


def _entries(bundle: Json) -> Iterator[tuple[Json, str]]:
    """The resources of a Bundle with what each is to the search."""
    for entry in many(bundle.get("entry")):
        row = entry.get("resource")
        if isinstance(row, dict):
            yield row, text(one(entry.get("search")).get("mode"))


def _drafts(context: Json, patient: Reference) -> Iterator[Json]:
    bundle = context.get("draftOrders")
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise BadRequest("context.draftOrders must be a Bundle.")
    for row, _ in _entries(bundle):
        about = reference(row.get("subject"))
        if about is not None and about != patient:
            raise BadRequest("context.draftOrders has an order for another patient.")
        if row.get("resourceType") in ("MedicationRequest", "Medication"):
            yield row


def as_taken(call: HookCall, on: date) -> tuple[Json, ...]:
    """The records of a call with its draft orders as if they had been given: a draft takes the place of the record of
    the same id. What is ordered besides medicines changes no fact before it is done.
    """
    drafts = [_given(row, call.patient, number, on) for number, row in enumerate(call.drafts)]
    replaced = {origin(row) for row in drafts}
    return (*(row for row in call.rows if origin(row) not in replaced), *drafts)


def draft_references(call: HookCall, on: date) -> frozenset[Reference]:
    """The orders that `as_taken` adds."""
    drafts = (_given(row, call.patient, number, on) for number, row in enumerate(call.drafts))
    return frozenset(origin(row) for row in drafts if row.get("resourceType") == "MedicationRequest")


def _given(row: Json, patient: Reference, number: int, on: date) -> Json:
    if row.get("resourceType") == "Medication":
        return row
    named = origin(row)
    return {
        "authoredOn": on.isoformat(),
        **row,
        "id": f"draft-{number}" if named == origin({**row, "id": ""}) else named.id,
        "subject": {"reference": str(patient)},
        "status": "active",
        "intent": "order",
    }
