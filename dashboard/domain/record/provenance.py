"""Provenance: who changed which records, when, how and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from dashboard.domain.values.datatypes import NO_CONCEPT, CodeableConcept, PartialDate, Reference

LONGEST_REASON: Final = 1000
"""Characters of a reason that somebody writes."""


@dataclass(frozen=True, slots=True)
class ResourceVersion:
    """A version of a record; `version` "" means the record, whatever its version."""

    reference: Reference
    version: str = ""

    def __str__(self) -> str:
        return f"{self.reference}/_history/{self.version}" if self.version else str(self.reference)


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody chose where two people had changed one field of a record: what it `was`, what each side had made of
    it, and which was `chosen`, all in words. `theirs_by` is who had made the other change, "" where unknown.
    """

    item: Reference
    field: str
    was: str
    mine: str
    theirs: str
    chosen: str
    theirs_by: str = ""


@dataclass(frozen=True, slots=True)
class Provenance:
    """One change: of which records (with the version it made, where written), when, by whom (`who` "" where unnamed).

    `operation` is the code of activity in v3-DataOperation (CREATE, UPDATE ...), `activity` its words; `revised` are
    the versions that were changed. `role` is what the person is in the clinic, `on_behalf_of` for whom the person
    acted, `during` the conference (an Appointment or Encounter) in which. `choices` are how conflicts were settled,
    `restores` is the old version that was brought back, `policies` are the rules that suggested it (canonical addresses
    with their version). `source` is the resource it was read from; {} of a new one, None in caches.
    """

    origin: Reference
    changed: tuple[ResourceVersion, ...]
    recorded: PartialDate
    who: str
    agent: Reference | None = None
    operation: str = ""
    activity: str = ""
    reason: str = ""
    revised: tuple[ResourceVersion, ...] = ()
    on_behalf_of: Reference | None = None
    role: CodeableConcept = NO_CONCEPT
    during: Reference | None = None
    choices: tuple[Choice, ...] = ()
    restores: ResourceVersion | None = None
    policies: tuple[str, ...] = ()
    source: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)

    @property
    def when(self) -> datetime:
        """The first moment that `recorded` may mean."""
        return self.recorded.moment

    def is_about(self, record: Reference) -> bool:
        """Whether the record, in any version, is one that was changed."""
        return any(each.reference == record for each in self.changed)
