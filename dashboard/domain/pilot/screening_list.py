"""The screening list: the patients of somebody's teams, with how they stand in the pilot, who is eligible by the rule
and which facts are missing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from dashboard.domain.pilot.eligibility import Eligibility, Outcome
from dashboard.domain.pilot.enrolment import EnrolmentState
from dashboard.domain.pilot.enrolment_reasons import EXCLUDES, OTHER_STUDY
from dashboard.domain.pilot.study import Study
from dashboard.domain.pilot.subject import EnrolmentChange, Subject
from dashboard.domain.record.names import plain
from dashboard.domain.record.people import Person
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.record.views import Notice, RowsRead
from dashboard.domain.values.datatypes import NamedReference
from dashboard.errors import CannotBeUsedNow

_PLACES: Final = {outcome: place for place, outcome in enumerate(Outcome)}
_NOT_APPROACHED: Final = frozenset(
    {EnrolmentState.LISTED, EnrolmentState.SCREENING, EnrolmentState.ELIGIBLE, EnrolmentState.INELIGIBLE}
)
"""Nobody has asked them yet; who was not eligible may be now."""
_TAKES_PART: Final = frozenset(
    {EnrolmentState.CONSENTED, EnrolmentState.ENROLLED, EnrolmentState.ACTIVE, EnrolmentState.FOLLOW_UP}
)
_HELD_ELIGIBLE: Final = _TAKES_PART | {EnrolmentState.ELIGIBLE, EnrolmentState.APPROACHED}
"""Whom the register holds as eligible, and who has not left the way since."""


class Unlisted(StrEnum):
    """What a line says of the pilot where there is no state: nothing was recorded, or it could not be read."""

    NOT_LISTED = "not-listed"
    NOT_KNOWN = "not-known"


class Mark(StrEnum):
    """What needs somebody's eye."""

    NO_LONGER_ELIGIBLE = "no-longer-eligible"
    OTHER_STUDY = "other-study"


@dataclass(frozen=True, slots=True)
class ScreenedPatient:
    """A line of the list; `region`, `site` and `team` are names, "" where not known, `site_id` is the id of the site's
    Organization.

    `subject` is the record in the pilot, None where there is none, or, with `known` False, where nobody can say.
    `elsewhere` are the records in other studies, `carers` the RelatedPersons whom an active care team names.
    """

    person: Person
    eligibility: Eligibility
    region: str = ""
    site: str = ""
    team: str = ""
    team_ids: tuple[str, ...] = ()
    site_id: str = ""
    subject: Subject | None = None
    known: bool = True
    elsewhere: tuple[Subject, ...] = ()
    carers: tuple[NamedReference, ...] = ()

    @property
    def state(self) -> EnrolmentState | Unlisted:
        """How the person stands in the pilot."""
        if not self.known:
            return Unlisted.NOT_KNOWN
        return self.subject.state if self.subject is not None else Unlisted.NOT_LISTED

    @property
    def by_merged_record(self) -> bool:
        """Whether the record in the pilot is that of a Patient that was merged into this one."""
        return self.subject is not None and self.subject.patient.id != self.person.id

    @property
    def last_change(self) -> EnrolmentChange | None:
        """What was recorded last, also that something was taken back."""
        return self.subject.changes[-1] if self.subject is not None and self.subject.changes else None

    @property
    def to_approach(self) -> bool:
        """Whether the person is eligible by the rule, has not been approached, and is in no other study.

        Who was found not eligible for a reason that the rule does not know does not wait.
        """
        waits = self.state in _NOT_APPROACHED or self.state is Unlisted.NOT_LISTED
        if self.state is EnrolmentState.INELIGIBLE:
            waits = self._last_reason in EXCLUDES
        free = Mark.OTHER_STUDY not in self.marks and not self.person.deceased and self.person.in_use
        return waits and free and self.eligibility.outcome is Outcome.ELIGIBLE

    @property
    def marks(self) -> frozenset[Mark]:
        """Who was found eligible, or is further, and is not eligible by the rule now; who takes part in another study,
        by a record of that study or by the reason recorded last.
        """
        found = set()
        if self.state in _HELD_ELIGIBLE and self.eligibility.outcome is Outcome.NOT_ELIGIBLE:
            found.add(Mark.NO_LONGER_ELIGIBLE)
        takes_part = any(each.state in _TAKES_PART for each in self.elsewhere)
        if takes_part or self._last_reason == OTHER_STUDY:
            found.add(Mark.OTHER_STUDY)
        return frozenset(found)

    @property
    def _last_reason(self) -> str:
        changes = self.subject.valid_changes if self.subject is not None else ()
        return changes[-1].reason if changes else ""

    @property
    def present_site(self) -> str:
        """The id of the site in the pilot, or of the person's own where the pilot has none; "" where not known."""
        in_pilot = self.subject.site.to if self.subject is not None else None
        return in_pilot.id if in_pilot is not None else self.site_id


@dataclass(frozen=True, slots=True)
class ScreeningList:
    """One line a patient, in the order of `in_order`; the rest as in `Worklist`. `study` is the pilot, None where the
    server has none, or, with `study_known` False, where that could not be read. `away` is why nothing beside the
    worklist could be read, neither answers nor how anybody stands; None where some of it could.
    """

    lines: tuple[ScreenedPatient, ...]
    fetched: datetime
    stale: str = ""
    notices: tuple[Notice, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    awaited: Mapping[str, RowsRead] = field(default_factory=dict)
    study: Study | None = None
    study_known: bool = True
    away: CannotBeUsedNow | None = None

    @property
    def patients(self) -> tuple[str, ...]:
        """The ids of the lines' patients, in their order, for the audit record of every read."""
        return tuple(line.person.id for line in self.lines)


def in_order(lines: Iterable[ScreenedPatient]) -> tuple[ScreenedPatient, ...]:
    """The eligible who were not approached yet first, then those of whom facts are missing, the fewest first, then the
    rest: who was approached, and who is not eligible; by name.
    """
    return tuple(sorted(lines, key=_place))


def _place(line: ScreenedPatient) -> tuple[bool, bool, int, int, str, str, str]:
    name, found = line.person.name, line.eligibility
    family = plain(name.family or name.text)
    waits = line.state in _NOT_APPROACHED or line.state in list(Unlisted)
    missing = waits and found.outcome is Outcome.NOT_KNOWN
    by_name = (family, plain(name.given), line.person.id)
    return not line.to_approach, not missing, len(found.missing), _PLACES[found.outcome], *by_name
