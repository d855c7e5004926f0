"""StudyConsent: a Consent of the scope `research` with the form that was signed and its version, read and written.

https://hl7.org/fhir/R4/consent.html. Who may see a record is another Consent's (`fhir.mapping.consent`).
"""

from typing import Final

from dashboard.domain.pilot.study_consent import StudyConsent
from dashboard.domain.values.code_systems import CONSENT_FORM
from dashboard.domain.values.datatypes import NOBODY
from dashboard.fhir.mapping.concepts import codings
from dashboard.fhir.mapping.dates import partial_date
from dashboard.fhir.mapping.elements import CannotRead, Json, many, named_references, one, text
from dashboard.fhir.mapping.reading import origin, patient_of, version
from dashboard.fhir.mapping.writing import (
    Writer,
    named,
    new_resource,
    put,
    reference_to,
    source_of,
    write_changes,
    written_date,
)

SCOPE: Final = "http://terminology.hl7.org/CodeSystem/consentscope"
CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/consentcategorycodes"


def from_fhir(resource: Json) -> StudyConsent:
    """Returns the consent with the resource it was read from. Raises CannotRead for one of another scope or of nobody,
    and for a malformed date.
    """
    patient = patient_of(resource)
    if patient is None:
        raise CannotRead("no-patient")
    if (SCOPE, "research") not in {(each.system, each.code) for each in codings(resource.get("scope"))}:
        raise CannotRead("malformed")
    form = _form(resource)
    return StudyConsent(
        origin=origin(resource),
        version=version(resource),
        patient=patient,
        status=text(resource.get("status")),
        signed=partial_date(resource.get("dateTime")),
        form=text(form.get("code")),
        form_version=text(form.get("version")),
        organisation=next(iter(named_references(resource.get("organization"))), NOBODY),
        source=resource,
    )


def _form(resource: Json) -> Json:
    rules = many(one(resource.get("policyRule")).get("coding"))
    return next((each for each in rules if each.get("system") == CONSENT_FORM), {})


def to_fhir(value: StudyConsent) -> Json:
    """Returns the resource of the consent, with the elements of changed fields written over what was read; of a new one
    (`source` {}) a resource without id. Raises NotWritable.
    """
    if value.source != {}:
        return write_changes(from_fhir(source_of(value)), value, _WRITERS)
    form = {"system": CONSENT_FORM, "code": value.form, "version": value.form_version}
    keeper = named(value.organisation)
    blank: Json = {
        "scope": {"coding": [{"system": SCOPE, "code": "research", "display": "Research"}]},
        "category": [{"coding": [{"system": CATEGORY, "code": "research"}], "text": "Consent to take part in a study"}],
        "patient": reference_to(value.patient),
        **({"organization": [keeper]} if keeper is not None else {}),
        "policyRule": {"coding": [form], "text": f"{value.form}, version {value.form_version}"},
    }
    return new_resource(blank, from_fhir, value, _WRITERS)


_WRITERS: Final[dict[str, Writer]] = {
    "status": lambda resource, value: put(resource, "status", value.status),
    "signed": lambda resource, value: put(resource, "dateTime", written_date(value.signed)),
}
"""How each field is written; the others are only read."""
