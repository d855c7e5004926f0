"""Subject: one person in the pilot, with every change of how the person stands, and by whom and why.

    changed(subject, EnrolmentAction.DECLINE, Details(day, reason="no-time"), by=me, why="On the telephone", at=at)

The rules of days: a change has the day of the sites on which it happened and the moment at which it was recorded. It is
never before the last one, nor in the future. Of two on one day the one recorded later counts. A person who died changes
no more but to leave; who was merged into another record is changed there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final

from dashboard.domain.pilot.enrolment import (
    LAYERS,
    STATE_OF_STATUS,
    Arm,
    EnrolmentAction,
    EnrolmentState,
    after,
    status_of,
)
from dashboard.domain.pilot.enrolment_reasons import DIED, REASONS
from dashboard.domain.record.people import Person
from dashboard.domain.values.datatypes import NOBODY, NamedReference, PartialDate, Reference
from dashboard.domain.values.site_time import site_day
from dashboard.domain.values.words import without_control_characters
from dashboard.errors import UserFacingError

_ENROLLED: Final = frozenset(
    {EnrolmentState.ENROLLED, EnrolmentState.ACTIVE, EnrolmentState.FOLLOW_UP, EnrolmentState.COMPLETED}
)
ENROLLED_STATUSES: Final = frozenset(
    {"on-study", "on-study-intervention", "on-study-observation", "follow-up", "off-study"}
)
_ENDED: Final = frozenset({EnrolmentState.COMPLETED, EnrolmentState.WITHDRAWN, EnrolmentState.LEFT})


@dataclass(frozen=True, slots=True)
class EnrolmentChange:
    """One change: what was recorded and the state after it, the day on which it happened and when it was recorded, by
    whom, at which site, in the care of which team (an Organization), and why: a code of `enrolment_reasons` where one
    is needed, and words. One that was taken back was a mistake: it stays, and counts nowhere.
    """

    action: EnrolmentAction
    state: EnrolmentState
    day: PartialDate
    recorded: PartialDate
    by: NamedReference
    site: NamedReference = NOBODY
    reason: str = ""
    why: str = ""
    taken_back: bool = False
    team: NamedReference = NOBODY


@dataclass(frozen=True, slots=True)
class Subject:
    """A FHIR ResearchSubject. `site` is the present one (an Organization), `start` and `end` are FHIR's period: from
    enrolment until the participation ended. `layer` is that of the evaluation, None before enrolment.
    `source` is the resource it was read from, {} of a new one.
    """

    origin: Reference
    version: str
    patient: Reference
    study: Reference
    status: str
    arm: str = ""
    layer: int | None = None
    site: NamedReference = NOBODY
    consent: Reference | None = None
    start: PartialDate | None = None
    end: PartialDate | None = None
    changes: tuple[EnrolmentChange, ...] = ()
    source: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)

    @property
    def valid_changes(self) -> tuple[EnrolmentChange, ...]:
        """The changes that hold, in the order in which they were recorded: none taken back, nor the taking back."""
        held = (each for each in self.changes if each.action is not EnrolmentAction.TAKE_BACK)
        return tuple(each for each in held if not each.taken_back)

    @property
    def enrolled(self) -> bool:
        """Whether the person has been enrolled, also where that has ended."""
        return self.status in ENROLLED_STATUSES or any(each.state in _ENROLLED for each in self.valid_changes)

    @property
    def state(self) -> EnrolmentState:
        """The state: what the history says last, unless another system has set a status since that does not fit it."""
        last = self.valid_changes[-1].state if self.valid_changes else EnrolmentState.LISTED
        if self.valid_changes and status_of(last, self.arm, self.enrolled) == self.status:
            return last
        return STATE_OF_STATUS.get(self.status, last)


@dataclass(frozen=True, slots=True)
class Details:
    """What belongs to a change: the day of the sites on which it happened, and what its action needs of the rest.

    `consent` is the record of the consent, `arm` and `layer` those of the evaluation, `site` where somebody moves to,
    `team` the one in whose care it happens.
    """

    day: date
    reason: str = ""
    consent: Reference | None = None
    arm: str = ""
    layer: int | None = None
    site: NamedReference = NOBODY
    team: NamedReference = NOBODY


def new_subject(
    origin: Reference, patient: Reference, study: Reference, site: NamedReference, *, by: NamedReference, why: str,
    day: date, at: datetime, team: NamedReference = NOBODY,
) -> Subject:  # fmt: skip
    """Somebody who is put on the screening list of a site."""
    _check_day(day, None, at)
    first = _change(EnrolmentAction.LIST, EnrolmentState.LISTED, Details(day, team=team), by, why, at, site)
    status = status_of(EnrolmentState.LISTED, "", False)
    return Subject(origin, "", patient, study, status, site=site, changes=(first,), source={})


def changed(
    subject: Subject, action: EnrolmentAction, details: Details, *, by: NamedReference, why: str, at: datetime
) -> Subject:
    """The subject after a change. Raises UserFacingError for one that its state does not allow, and for what is missing
    or cannot be.
    """
    state = after(subject.state, action)
    _check_day(details.day, subject, at)
    _check_needed(subject, action, details)
    site = details.site if action is EnrolmentAction.MOVE else subject.site
    arm = details.arm if action is EnrolmentAction.ENROL else subject.arm
    made = _change(action, state, details, by, why, at, site)
    moved = replace(
        subject,
        site=site,
        arm=arm,
        layer=details.layer if action is EnrolmentAction.ENROL else subject.layer,
        consent=details.consent if action is EnrolmentAction.CONSENT else subject.consent,
        changes=(*subject.changes, made),
    )
    return _with_status(moved, state)


def taken_back(subject: Subject, *, by: NamedReference, why: str, at: datetime) -> Subject:
    """The subject without its last change, which was a mistake: it stays, marked, and so does who took it back.

    Raises UserFacingError where there is none, or where another system has changed the status since.
    """
    valid = subject.valid_changes
    if len(valid) < 2 or subject.state != valid[-1].state:
        raise UserFacingError("enrolment-nothing-to-take-back")
    wrong, before = valid[-1], valid[-2]
    changes = tuple(replace(each, taken_back=True) if each is wrong else each for each in subject.changes)
    note = _change(EnrolmentAction.TAKE_BACK, before.state, Details(site_day(at)), by, why, at, before.site)
    moved = replace(subject, changes=(*changes, note), site=before.site)
    if wrong.action is EnrolmentAction.ENROL:
        moved = replace(moved, arm="", layer=None, start=None)
    if wrong.action is EnrolmentAction.CONSENT:
        moved = replace(moved, consent=None)
    return _with_status(moved, before.state)


def require_changeable(person: Person, action: EnrolmentAction, details: Details) -> None:
    """Raises UserFacingError where the person died or the record was merged into another.

    What happened before the death may be recorded afterwards.
    """
    if person.replaced:
        raise UserFacingError("enrolment-patient-merged")
    if not person.deceased or (action is EnrolmentAction.LEAVE and details.reason == DIED):
        return
    if isinstance(person.deceased, PartialDate) and details.day <= person.deceased.end:
        return
    raise UserFacingError("enrolment-patient-died")


def last_changed(subjects: Iterable[Subject]) -> Subject | None:
    """The one of several records of a person in a study that was changed last; there should be one."""

    def when(each: Subject) -> tuple[str, str]:
        return max((change.recorded.moment.isoformat() for change in each.changes), default=""), each.origin.id

    return max(subjects, key=when, default=None)


def _with_status(subject: Subject, state: EnrolmentState) -> Subject:
    """The subject with the status of the state, and the period that its history says."""
    start = next((each.day for each in subject.valid_changes if each.state is EnrolmentState.ENROLLED), subject.start)
    status = status_of(state, subject.arm, subject.enrolled)
    end = subject.valid_changes[-1].day if status == "off-study" and state in _ENDED else None
    return replace(subject, status=status, start=start, end=end)


def _check_day(day: date, subject: Subject | None, at: datetime) -> None:
    if day > site_day(at):
        raise UserFacingError("enrolment-day-in-future")
    if subject is not None and subject.valid_changes and day < subject.valid_changes[-1].day.start:
        raise UserFacingError("enrolment-day-before-last", day=str(subject.valid_changes[-1].day.start))


def _check_needed(subject: Subject, action: EnrolmentAction, details: Details) -> None:
    if details.reason not in REASONS.get(action, ("",)):
        raise UserFacingError("enrolment-reason-missing")
    if action is EnrolmentAction.CONSENT and details.consent is None:
        raise UserFacingError("enrolment-consent-missing")
    if action is EnrolmentAction.ENROL and details.arm not in list(Arm):
        raise UserFacingError("enrolment-arm-missing")
    if action is EnrolmentAction.ENROL and details.layer not in LAYERS:
        raise UserFacingError("enrolment-layer-missing")
    if action is EnrolmentAction.MOVE and details.site.to in (None, subject.site.to):
        raise UserFacingError("enrolment-site-missing")


def _change(
    action: EnrolmentAction, state: EnrolmentState, details: Details, by: NamedReference, why: str, at: datetime,
    site: NamedReference,
) -> EnrolmentChange:  # fmt: skip
    if at.tzinfo is None:
        raise ValueError("the moment of a change needs a time zone")
    return EnrolmentChange(
        action,
        state,
        PartialDate(details.day.isoformat()),
        PartialDate(at.isoformat(timespec="seconds")),
        by,
        site,
        details.reason,
        without_control_characters(why),
        team=details.team,
    )
