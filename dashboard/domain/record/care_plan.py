"""CarePlan: the shared plan."""

from dataclasses import dataclass
from datetime import date, datetime

from dashboard.domain.record.goal import Goal
from dashboard.domain.values.datatypes import Reference


@dataclass(frozen=True, slots=True)
class CarePlan:
    """The patient's care plan in a line: status, version, and who changed it last (Provenance; "" where unknown)."""

    origin: Reference
    version: str
    title: str
    status: str
    editor: str
    edited: datetime | None
    review_due: date | None
    goals: tuple[Goal, ...] = ()
    activities: tuple[Reference, ...] = ()
