"""Changes of an agenda as values: each is made again on what others have saved meanwhile, so that none is lost."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.domain.conference.agenda import (
    Agenda,
    AgendaItem,
    moved,
    with_item,
    with_minutes,
    with_outcome,
    with_preparer,
    without_item,
)
from dashboard.domain.values.datatypes import NamedReference, Reference


@dataclass(frozen=True, slots=True)
class Add:
    """Puts a patient on the agenda."""

    patient: Reference


@dataclass(frozen=True, slots=True)
class Remove:
    """Takes a patient off the agenda."""

    patient: Reference


@dataclass(frozen=True, slots=True)
class Move:
    """Puts a patient before another one, or at the end."""

    patient: Reference
    before: Reference | None = None


@dataclass(frozen=True, slots=True)
class Give:
    """Gives a patient so many minutes."""

    patient: Reference
    minutes: int


@dataclass(frozen=True, slots=True)
class Ask:
    """Asks somebody to prepare a patient; NOBODY takes it back."""

    patient: Reference
    preparer: NamedReference


@dataclass(frozen=True, slots=True)
class Conclude:
    """Says what came of a patient: discussed, postponed, or (to take it back) nothing."""

    patient: Reference
    outcome: str


AgendaChange = Add | Remove | Move | Give | Ask | Conclude


def apply_changes(agenda: Agenda, changes: Sequence[AgendaChange]) -> Agenda:
    """The agenda with all changes, in their order. Raises UserFacingError for one that cannot be."""
    for change in changes:
        agenda = _apply(agenda, change)
    return agenda


def _apply(agenda: Agenda, change: AgendaChange) -> Agenda:
    match change:
        case Add(patient):
            return with_item(agenda, AgendaItem(patient))
        case Remove(patient):
            return without_item(agenda, patient)
        case Move(patient, before):
            return moved(agenda, patient, before)
        case Give(patient, minutes):
            return with_minutes(agenda, patient, minutes)
        case Ask(patient, preparer):
            return with_preparer(agenda, patient, preparer)
        case Conclude(patient, outcome):
            return with_outcome(agenda, patient, outcome)
