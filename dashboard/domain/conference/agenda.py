"""Agenda: the patients of a conference in their order, with the minutes for each, who prepares, and what came of it.

It names patients and says nothing clinical: why somebody is on it is asked of the record (`agenda_reasons`) or stands
in the patient's own note (`note`), so that each reader sees what concerns the patients whom this reader may see.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from dashboard.domain.values.datatypes import NOBODY, NamedReference, Reference
from dashboard.errors import UserFacingError

MINUTES: Final = 7
"""Minutes for a patient where nobody has said otherwise: eight in an hour. Own choice, a draft."""
MOST_MINUTES: Final = 60
MOST_ITEMS: Final = 40
DISCUSSED: Final = "discussed"
POSTPONED: Final = "postponed"
OUTCOMES: Final = frozenset({"", DISCUSSED, POSTPONED})
PREPARE: Final = "Prepare for the case conference"
"""What the task of whoever is asked to prepare a patient says."""


@dataclass(frozen=True, slots=True)
class AgendaItem:
    """One patient of the agenda. `preparer` is who was asked to prepare. `carried`: an earlier conference did not come
    to this patient. `outcome` is "" while nothing has come of it,
    else `discussed` or `postponed` (to the next conference).
    """

    patient: Reference
    minutes: int = MINUTES
    preparer: NamedReference = NOBODY
    outcome: str = ""
    carried: bool = False

    def __post_init__(self) -> None:
        if self.outcome not in OUTCOMES:
            raise ValueError("an outcome is discussed, postponed or none")


@dataclass(frozen=True, slots=True)
class Agenda:
    """A FHIR List with an entry for each patient. `conference` is the conference's number. `source` is the resource it
    was read from, {} of a new one.
    """

    origin: Reference
    version: str
    conference: str
    title: str
    items: tuple[AgendaItem, ...] = ()
    status: str = "current"
    source: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)

    @property
    def patients(self) -> tuple[Reference, ...]:
        return tuple(item.patient for item in self.items)

    @property
    def minutes(self) -> int:
        """How long all of it takes."""
        return sum(item.minutes for item in self.items)

    def item(self, patient: Reference) -> AgendaItem | None:
        """The item of this patient; None for one who is not on the agenda."""
        return next((item for item in self.items if item.patient == patient), None)

    def open_items(self) -> tuple[AgendaItem, ...]:
        """Those of which nothing has come yet."""
        return tuple(item for item in self.items if not item.outcome)


def with_item(agenda: Agenda, item: AgendaItem) -> Agenda:
    """The agenda with one more patient, at its end. Who is on it already stays where she is."""
    if agenda.item(item.patient) is not None:
        return agenda
    if len(agenda.items) >= MOST_ITEMS:
        raise UserFacingError("agenda-full", most=MOST_ITEMS)
    return replace(agenda, items=(*agenda.items, item))


def without_item(agenda: Agenda, patient: Reference) -> Agenda:
    """The agenda without a patient. Who was discussed stays on it."""
    if (item := agenda.item(patient)) is not None and item.outcome == DISCUSSED:
        raise UserFacingError("agenda-item-discussed")
    return replace(agenda, items=tuple(item for item in agenda.items if item.patient != patient))


def with_minutes(agenda: Agenda, patient: Reference, minutes: int) -> Agenda:
    """The agenda with other minutes for a patient."""
    if not 1 <= minutes <= MOST_MINUTES:
        raise UserFacingError("agenda-minutes-impossible", most=MOST_MINUTES)
    return _changed(agenda, patient, minutes=minutes)


def with_preparer(agenda: Agenda, patient: Reference, preparer: NamedReference) -> Agenda:
    """The agenda with whom is asked to prepare a patient; NOBODY takes it back."""
    return _changed(agenda, patient, preparer=preparer)


def with_outcome(agenda: Agenda, patient: Reference, outcome: str) -> Agenda:
    """The agenda with what came of a patient."""
    return _changed(agenda, patient, outcome=outcome)


def moved(agenda: Agenda, patient: Reference, before: Reference | None) -> Agenda:
    """The agenda with a patient put before another one, or at the end. Nothing changes where either is not on it."""
    item = agenda.item(patient)
    if item is None or patient == before or (before is not None and agenda.item(before) is None):
        return agenda
    others = [each for each in agenda.items if each.patient != patient]
    place = next((n for n, each in enumerate(others) if each.patient == before), len(others))
    return replace(agenda, items=(*others[:place], item, *others[place:]))


def planned_starts(agenda: Agenda) -> dict[Reference, int]:
    """The minute of the conference at which each patient is planned to begin."""
    starts: dict[Reference, int] = {}
    passed = 0
    for item in agenda.items:
        starts[item.patient] = passed
        passed += item.minutes
    return starts


def _changed(agenda: Agenda, patient: Reference, **fields: Any) -> Agenda:
    if agenda.item(patient) is None:
        raise UserFacingError("agenda-item-missing")
    return replace(
        agenda, items=tuple(replace(item, **fields) if item.patient == patient else item for item in agenda.items)
    )
