"""Prescriptions and appointments, which a plan refers to and others change, as medicines and appointments."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final

from dashboard.access.request_context import RequestContext
from dashboard.domain.record.appointment import Appointment
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.medicine import Medicine
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.terminology import Terminology
from dashboard.errors import DashboardError
from dashboard.fhir.mapping import appointment, medication_request
from dashboard.fhir.mapping.elements import Json
from dashboard.fhir.mapping.reading import read_each
from dashboard.fhir.search.request import SearchRequest

Linkable = Medicine | Appointment
LINKED: Final[Mapping[str, str]] = {"medicines": "MedicationRequest", "appointments": "Appointment"}
"""Searches for what a plan refers to and others change."""


def linkable_request(kind: str, patient_id: str, idents: Collection[str] = (), fresh: bool = False) -> SearchRequest:
    """The search for those records of a patient, or for those with these ids."""
    include = ("MedicationRequest:medication",) if kind == "MedicationRequest" else ()
    params = (("_id", ",".join(sorted(idents))),) if idents else ()
    return SearchRequest(kind, params, patients=(patient_id,), include=include, fresh=fresh)


def linkable_reader(terminology: Terminology, substances: Mapping[str, Json]) -> Callable[[Json], Any]:
    """Reads either of the two; `substances` are the Medications read with the prescriptions."""

    def read(row: Json) -> Linkable | Exclusion:
        if row.get("resourceType") == "Appointment":
            return appointment.from_fhir(row)
        return medication_request.from_fhir(row, terminology, substances)

    return read


def read_linkable(context: RequestContext, patient_id: str, wanted: Iterable[Reference]) -> dict[Reference, Linkable]:
    """Those of these records that are the patient's, are there now and can be read. Raises the error of a search."""
    idents: dict[str, set[str]] = {}
    for each in wanted:
        if each.type in LINKED.values():
            idents.setdefault(each.type, set()).add(each.id)
    requests = [linkable_request(kind, patient_id, ids, fresh=True) for kind, ids in idents.items()]
    found: dict[Reference, Linkable] = {}
    for answer in context.fhir.try_all(requests) if requests else ():
        if isinstance(answer, DashboardError):
            raise answer
        reader = linkable_reader(context.terminology, answer.included)
        records: list[Linkable] = read_each(answer.rows, reader).values
        found |= {record.origin: record for record in records if record.origin.id in idents[record.origin.type]}
    return found
