"""What changed in a patient's medicines: which were started, stopped or changed in dose, and when."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

from dashboard.domain.record.medicine import Medicine
from dashboard.domain.values.datatypes import PartialDate

GAP: Final = timedelta(days=14)
"""A request that begins no later than this after the one before of its substance goes on from it: repeat prescriptions
are seldom fetched on the day. As on the timeline; own choice, a draft."""
_RUNNING: Final = frozenset({"active", "on-hold", "intended", "unknown", "draft", ""})


class MedicineChangeKind(StrEnum):
    STARTED = "started"
    CHANGED = "changed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class MedicineChange:
    """One change. `medicine` is the request that began, or that ended; `before` is what a changed dose replaced."""

    kind: MedicineChangeKind
    medicine: Medicine
    when: PartialDate | None
    before: Medicine | None = None


def substance(medicine: Medicine) -> str:
    """What the requests of one course share: the substance by ATC (fifth level), else the name."""
    return medicine.atc if len(medicine.atc) == 7 else " ".join(medicine.text.casefold().split())


def medicine_changes(medicines: Iterable[Medicine]) -> tuple[MedicineChange, ...]:
    """The changes, newest first, those without a date last.

    A request that goes on from the one before of its substance with the same dose is no change, and that one was not
    stopped. One that begins while the one before goes on is a second one, and so is started. What the patient was never
    given is no change.
    """
    courses: dict[str, list[Medicine]] = {}
    for medicine in medicines:
        if medicine.given:
            courses.setdefault(substance(medicine), []).append(medicine)
    found = [change for course in courses.values() for change in _changes(sorted(course, key=_begin))]
    return tuple(sorted(found, key=lambda change: -change.when.moment.timestamp() if change.when else math.inf))


def _changes(course: list[Medicine]) -> Iterator[MedicineChange]:
    yield MedicineChange(MedicineChangeKind.STARTED, course[0], course[0].started)
    for before, after in pairwise(course):
        if not _goes_on(before, after):
            if _ended(before):
                yield MedicineChange(MedicineChangeKind.STOPPED, before, before.ended)
            yield MedicineChange(MedicineChangeKind.STARTED, after, after.started)
        elif _dose(before) != _dose(after):
            yield MedicineChange(MedicineChangeKind.CHANGED, after, after.started, before)
    if _ended(course[-1]):
        yield MedicineChange(MedicineChangeKind.STOPPED, course[-1], course[-1].ended)


def _goes_on(before: Medicine, after: Medicine) -> bool:
    """Whether a request replaces the one before of its substance."""
    if not _ended(before) or after.started is None:
        return False
    return before.ended is None or after.started.start <= before.ended.end + GAP


def _ended(medicine: Medicine) -> bool:
    return medicine.status not in _RUNNING


def _dose(medicine: Medicine) -> tuple[str, str]:
    return " ".join(medicine.text.casefold().split()), " ".join(medicine.dose.casefold().split())


def _begin(medicine: Medicine) -> tuple[bool, float, str]:
    """Sort key: without a start first, for nothing is known to be before it."""
    started = medicine.started
    return started is not None, started.moment.timestamp() if started else 0.0, medicine.origin.id
