"""Task: what somebody is to do for a patient."""

from dataclasses import dataclass

from dashboard.domain.values.datatypes import PartialDate, Reference

OPEN_TASK = frozenset({"draft", "requested", "received", "accepted", "ready", "in-progress", "on-hold"})
"""Task statuses that wait for somebody (https://hl7.org/fhir/R4/valueset-task-status.html); the others are ends."""


@dataclass(frozen=True, slots=True)
class Task:
    """A FHIR Task. `due` is restriction.period.end; `comments` are Task.note, oldest first (author, when, text)."""

    origin: Reference
    version: str
    text: str
    patient: Reference | None
    status: str
    priority: str
    owner: Reference | None
    owner_name: str
    requester_name: str
    authored: PartialDate | None
    due: PartialDate | None
    comments: tuple[tuple[str, str, str], ...] = ()

    @property
    def open(self) -> bool:
        """True while somebody has still to do it."""
        return self.status in OPEN_TASK
