"""Provenance: who changed a record, when and why."""

from dataclasses import dataclass
from datetime import datetime

from dashboard.domain.values.datatypes import Reference


@dataclass(frozen=True, slots=True)
class Provenance:
    """A Provenance: who changed what, when and why. `target` is without its version; `who` "" where unnamed."""

    origin: Reference
    target: Reference
    when: datetime
    who: str
    activity: str = ""
    reason: str = ""
