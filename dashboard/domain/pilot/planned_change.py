"""What a change of several people would do, before anybody presses: who changes from what to what, who cannot and why.

The rules are those by which `actions.change_enrolment` makes the change, and it takes them from here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from dashboard.domain.pilot.enrolment import STATES, EnrolmentAction, EnrolmentState
from dashboard.domain.pilot.screening_list import ScreenedPatient, Unlisted
from dashboard.domain.pilot.study import Study
from dashboard.domain.pilot.study_consent import StudyConsent, new_study_consent
from dashboard.domain.pilot.subject import Details, Subject, changed, new_subject, require_changeable
from dashboard.domain.record.people import Person
from dashboard.domain.values.datatypes import NOBODY, NamedReference, PartialDate, Reference
from dashboard.errors import UserFacingError

_NEW_SUBJECT: Final = Reference("ResearchSubject", "new")
_NEW_CONSENT: Final = Reference("Consent", "new")


@dataclass(frozen=True, slots=True)
class Form:
    """The form on which somebody consents, and its version."""

    name: str = ""
    version: str = ""


NO_FORM: Final = Form()


@dataclass(frozen=True, slots=True)
class WantedChange:
    """A change of several people: `site` is where those are listed whose own site is none of the pilot's, the id of an
    Organization.
    """

    action: EnrolmentAction
    details: Details
    form: Form = NO_FORM
    site: str = ""


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """What would become of one person. `site` is where a person who is not listed yet would be listed before. `error`
    is why nothing would be saved; then `after` is None.
    """

    line: ScreenedPatient
    after: EnrolmentState | None = None
    site: NamedReference = NOBODY
    error: UserFacingError | None = None


def allowed_actions(lines: Iterable[ScreenedPatient]) -> tuple[EnrolmentAction, ...]:
    """The actions that the states of all of them allow; who is not listed yet is listed before it."""
    possible: list[set[EnrolmentAction]] = []
    for line in lines:
        state = line.state
        if state is Unlisted.NOT_KNOWN or line.person.replaced:
            return ()
        if isinstance(state, Unlisted):
            # Who is listed with the same press neither moves nor leaves with it.
            listed = set(STATES[EnrolmentState.LISTED]) - {EnrolmentAction.MOVE, EnrolmentAction.LEAVE}
            possible.append({EnrolmentAction.LIST, *listed})
        else:
            possible.append(set(STATES[state]))
    common = set.intersection(*possible) if possible else set()
    return tuple(action for action in EnrolmentAction if action in common)


def plan_changes(
    lines: Sequence[ScreenedPatient], study: Study, wanted: WantedChange, *, by: NamedReference, why: str, at: datetime
) -> tuple[PlannedChange, ...]:
    """What would become of each, in their order."""
    return tuple(_planned(line, study, wanted, by, why, at) for line in lines)


def _planned(
    line: ScreenedPatient, study: Study, wanted: WantedChange, by: NamedReference, why: str, at: datetime
) -> PlannedChange:
    subject, site = line.subject, NOBODY
    try:
        if not line.known:
            raise UserFacingError("enrolment-not-known")
        if subject is None:
            site = listing_site(line, study, wanted.site)
            require_changeable(line.person, EnrolmentAction.LIST, Details(wanted.details.day))
            patient = Reference("Patient", line.person.id)
            subject = new_subject(
                _NEW_SUBJECT, patient, study.origin, site, by=by, why=why, day=wanted.details.day, at=at
            )
        if wanted.action is not EnrolmentAction.LIST or line.subject is not None:
            subject, _ = after_change(subject, line.person, study, wanted, by=by, why=why, at=at)
    except UserFacingError as error:
        return PlannedChange(line, error=error)
    return PlannedChange(line, subject.state, site)


def listing_site(line: ScreenedPatient, study: Study, otherwise: str = "") -> NamedReference:
    """The site of the study at which a person is listed: the own one, else the one given. Raises UserFacingError."""
    place = study.site(line.site_id) or study.site(otherwise)
    if place is None:
        raise UserFacingError("enrolment-site-missing")
    return place.site


def after_change(
    subject: Subject,
    person: Person,
    study: Study | None,
    wanted: WantedChange,
    *,
    by: NamedReference,
    why: str,
    at: datetime,
    consent: Reference = _NEW_CONSENT,
) -> tuple[Subject, StudyConsent | None]:
    """The subject after the change, and the consent that is made with it, under the reference `consent`. Raises
    UserFacingError for what is not allowed or missing. `study` is needed where somebody moves.
    """
    action, details = wanted.action, wanted.details
    require_changeable(person, action, details)
    given = None
    if action is EnrolmentAction.CONSENT:
        signed = PartialDate(details.day.isoformat())
        form = wanted.form
        given = new_study_consent(consent, subject.patient, signed, form.name, form.version, subject.site)
        details = replace(details, consent=given.origin)
    if action is EnrolmentAction.MOVE:
        details = replace(details, site=site_in(study, details.site))
    return changed(subject, action, details, by=by, why=why, at=at), given


def site_in(study: Study | None, wanted: NamedReference) -> NamedReference:
    """The site as the study names it. Raises UserFacingError for one that is none of the study's."""
    place = study.site(wanted.to.id) if study is not None and wanted.to is not None else None
    if place is None:
        raise UserFacingError("enrolment-site-missing")
    return place.site
