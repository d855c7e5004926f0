"""A search as the rest of the dashboard asks for it, and its result.

A row that was not asked for is left out and named. Rows known to be missing make a result `truncated`. What the server
cannot do is done here instead, or the `notices` say what is missing. `dashboard.fhir.search.runner` carries a search
out.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.record.views import Notice
from dashboard.domain.values.datatypes import PartialDate
from dashboard.errors import DashboardError, Failure
from dashboard.fhir.mapping.reading import updated


@dataclass(frozen=True)
class SearchRequest:
    """One FHIR search. `SearchRequest("Observation", (("code", "http://loinc.org|4548-4"),), patients=("p1", "p2"))`.

    params: search parameters; repeated names are ANDed, values with commas ORed. A user's text goes through `escape`.
    patients: Patient ids; only their rows are asked for, and any other row in the answer is left out. `()` is nobody:
      the server is not asked. None, the default, does not limit the search to patients.
    include, revinclude: `CareTeam:participant`; `iterate:PractitionerRole:organization` follows what was included. A
      server may leave out an `iterate:` revinclude without a word, so the caller checks whether its records came.
    sort: as `_sort`, e.g. `-date`.
    max_rows: a cap; with more rows the result is `truncated`.
    fresh: past the server's own cache of answers, which on HAPI may be a minute old.
    in_parts: where a slow server is asked for few patients at a time, those whose records did not come are named in
      the result instead of failing the whole search.
    """

    type: str
    params: tuple[tuple[str, str], ...] = ()
    patients: tuple[str, ...] | None = None
    include: tuple[str, ...] = ()
    revinclude: tuple[str, ...] = ()
    sort: str = ""
    page_size: int = 1000
    max_rows: int = 100_000
    fresh: bool = False
    in_parts: bool = False


@dataclass(frozen=True)
class SearchResult:
    """The matches of a search (`rows`), each once; `included` maps `Practitioner/p1` to the record.

    truncated: the server has more rows than are here; the notices say why.
    server_time: the server's clock (the Date header) at the first answer, from which the next `_lastUpdated=ge` search
      starts; None where the server sends none.
    missing, failure: the patients whose records did not come, and why; only for a search `in_parts`.
    left_out: rows that are not about whom was asked for, as one that refers to another server, each with the reason.
    """

    request: SearchRequest
    rows: list[dict[str, Any]] = field(default_factory=list)
    included: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    truncated: bool = False
    notices: tuple[Notice, ...] = ()
    server_time: datetime | None = None
    missing: tuple[str, ...] = ()
    failure: Failure | None = None
    left_out: tuple[Unreadable, ...] = ()

    def newest(self) -> datetime | None:
        """Returns the newest meta.lastUpdated of the rows that can be read; one odd row has none."""
        stamps = []
        for row in self.rows:
            with suppress(ValueError):
                stamps.append(PartialDate(updated(row)).moment)
        return max(stamps, default=None)


@dataclass(frozen=True, slots=True)
class CountResult:
    """How many rows a search finds. The notices say where the server could not count, and it was done here."""

    total: int
    notices: tuple[Notice, ...] = ()


class SearchWatch:
    """Follows searches while they run; what it is called with is also in their results.

    `page` is called from any thread, after each page of the search with that number: how many rows came so far, and
    how many there will be where the server says so. `ended` is called from the thread that asked, with each result as
    soon as it is there, in any order.
    """

    def page(self, number: int, rows: int, total: int | None) -> None:
        """A page came."""

    def ended(self, number: int, result: SearchResult | DashboardError) -> None:
        """A search ended."""


NO_WATCH: Final = SearchWatch()


def escape(text: str) -> str:
    r"""Text as one search value: `$`, `,`, `|` and `\` are data (https://hl7.org/fhir/R4/search.html#escaping)."""
    for character in "\\,|$":
        text = text.replace(character, f"\\{character}")
    return text
