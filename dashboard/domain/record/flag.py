"""Flag: what whoever cares for the patient must not miss, as "do not resuscitate" or "needs an interpreter"."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.datatypes import NOBODY, CodeableConcept, NamedReference, PartialDate, Reference


@dataclass(frozen=True, slots=True)
class Flag:
    """A Flag, in the words of its source. `unreadable` names it where its period is none: it is shown all the same."""

    origin: Reference
    code: CodeableConcept
    status: str
    category: str = ""
    start: PartialDate | None = None
    end: PartialDate | None = None
    author: NamedReference = NOBODY
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def raised(self) -> bool:
        """False for an inactive one. A status that is not understood, or a period that is over although the flag is
        active, hides none.
        """
        return self.status != "inactive"

    def is_over(self, on: date) -> bool:
        """Whether its period has ended before a day."""
        return self.end is not None and self.end.end < on


def raised_flags(flags: Iterable[Flag]) -> tuple[Flag, ...]:
    """The flags that the banner shows, the latest first; those that say no beginning before all others."""
    found = sorted((flag for flag in flags if flag.raised), key=lambda flag: flag.origin)
    return tuple(sorted(found, key=lambda flag: (flag.start is not None, _ago(flag.start))))


def _ago(when: PartialDate | None) -> float:
    return -when.moment.timestamp() if when is not None else 0.0
