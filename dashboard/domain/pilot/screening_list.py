"""The screening list: the patients of somebody's teams, with who is eligible and which facts are missing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from dashboard.domain.pilot.eligibility import Eligibility, Outcome
from dashboard.domain.record.names import plain
from dashboard.domain.record.people import Person
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.record.views import Notice, RowsRead

_PLACES: Final = {outcome: place for place, outcome in enumerate(Outcome)}


@dataclass(frozen=True, slots=True)
class ScreenedPatient:
    """A line of the list; `region`, `site` and `team` are names, "" where not known."""

    person: Person
    eligibility: Eligibility
    region: str = ""
    site: str = ""
    team: str = ""
    team_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScreeningList:
    """One line a patient, in the order of `in_order`; the rest as in `Worklist`."""

    lines: tuple[ScreenedPatient, ...]
    fetched: datetime
    stale: str = ""
    notices: tuple[Notice, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    awaited: Mapping[str, RowsRead] = field(default_factory=dict)

    @property
    def patients(self) -> tuple[str, ...]:
        """The ids of the lines' patients, in their order, for the audit record of every read."""
        return tuple(line.person.id for line in self.lines)


def in_order(lines: Iterable[ScreenedPatient]) -> tuple[ScreenedPatient, ...]:
    """The eligible first, then those of whom the fewest facts are missing, then who is not; by name."""
    return tuple(sorted(lines, key=_place))


def _place(line: ScreenedPatient) -> tuple[int, int, str, str, str]:
    name, found = line.person.name, line.eligibility
    family = plain(name.family or name.text)
    return _PLACES[found.outcome], len(found.missing), family, plain(name.given), line.person.id
