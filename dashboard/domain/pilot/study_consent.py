"""StudyConsent: that a person agreed to take part in a study, on which form and in which version of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from dashboard.domain.values.datatypes import NOBODY, NamedReference, PartialDate, Reference
from dashboard.domain.values.words import without_control_characters
from dashboard.errors import UserFacingError

LONGEST_FORM: Final = 120


@dataclass(frozen=True, slots=True)
class StudyConsent:
    """A FHIR Consent of the scope `research`: `active` while it holds, `inactive` once it is withdrawn.

    `form` names the form that was signed, `form_version` its version, `organisation` the site that keeps it.
    """

    origin: Reference
    version: str
    patient: Reference
    status: str
    signed: PartialDate | None
    form: str
    form_version: str
    organisation: NamedReference = NOBODY
    source: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)


def new_study_consent(
    origin: Reference, patient: Reference, signed: PartialDate, form: str, form_version: str, site: NamedReference
) -> StudyConsent:
    """A consent that was given. Raises UserFacingError without the form or its version."""
    name, number = without_control_characters(form), without_control_characters(form_version)
    if not name or not number or len(name) > LONGEST_FORM or len(number) > LONGEST_FORM:
        raise UserFacingError("enrolment-form-missing", most=LONGEST_FORM)
    return StudyConsent(origin, "", patient, "active", signed, name, number, site, source={})


def ended(consent: StudyConsent) -> StudyConsent:
    """The consent, in force no longer."""
    return replace(consent, status="inactive")


def entered_in_error(consent: StudyConsent) -> StudyConsent:
    """The consent, which nobody gave."""
    return replace(consent, status="entered-in-error")


def in_force_again(consent: StudyConsent) -> StudyConsent:
    """The consent, whose end was a mistake."""
    return replace(consent, status="active")
