"""Reads the AuditEvents of the server, newest first."""

from datetime import date, datetime, timedelta
from typing import Final

from dashboard.domain.audit.record import AuditEntry, AuditFilter, AuditOutcome, AuditPage
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.site_time import midnight
from dashboard.errors import DashboardError
from dashboard.fhir.mapping.audit_event import KIND, audit_entry
from dashboard.fhir.mapping.reading import read_each
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest, SearchWatch

MOST: Final = 10_000
"""Records of one export; a page reads as many as it shows."""
_CODES: Final = {
    AuditOutcome.SUCCESS: "0",
    AuditOutcome.REFUSED: "4",
    AuditOutcome.FAILED: "8,12",
    AuditOutcome.UNKNOWN: "8,12",
}


def read_audit(fhir: FhirServer, wanted: AuditFilter, as_of: datetime, first: int, most: int) -> AuditPage:
    """Returns records `first` to `first + most` of those that fit, newest first. The caller has checked who asks.

    Raises ValueError for a patient id that cannot be one, DashboardError where the server does not answer.
    """
    if wanted.patient:
        Reference("Patient", wanted.patient)
    end = min(first + most, MOST)
    params = tuple(pair for pair in search_of(wanted) if pair[0] != "patient")
    patients = (wanted.patient,) if wanted.patient else None
    request = SearchRequest(
        "AuditEvent", params, patients, sort="-date", page_size=min(end + 1, 500), max_rows=end + 1, fresh=True
    )
    counted = _Total()
    answer = fhir.try_all([request], counted)[0]
    if isinstance(answer, DashboardError):
        raise answer
    read = read_each(answer.rows, audit_entry)
    newest = sorted(read.values, key=_newest_first)
    fitting = tuple(entry for entry in newest if wanted.outcome is None or _fits(entry, wanted.outcome))
    more = answer.truncated or len(answer.rows) > end
    notices = tuple(notice for notice in answer.notices if notice.kind not in ("capped", "truncated"))
    # What the server was not asked for, or ignored, it counts as well.
    exact = not notices and not answer.left_out and len(fitting) == len(newest)
    total = counted.total if exact else None
    return AuditPage(fitting[first:end], more, as_of, len(read.unreadable), notices, total)


class _Total(SearchWatch):
    """How many records the server says there are in all."""

    def __init__(self) -> None:
        self.total: int | None = None

    def page(self, number: int, rows: int, total: int | None) -> None:
        self.total = total


def search_of(wanted: AuditFilter) -> tuple[tuple[str, str], ...]:
    """Returns the filter as search parameters."""
    pairs = []
    if wanted.patient:
        pairs.append(("patient", wanted.patient))
    if wanted.who is not None:
        pairs.append(("agent", str(wanted.who)))
    if wanted.kind is not None:
        pairs.append(("subtype", f"{KIND}|{wanted.kind.value}"))
    if wanted.outcome is not None:
        pairs.append(("outcome", _CODES[wanted.outcome]))
    if wanted.since is not None:
        pairs.append(("date", f"ge{_instant(wanted.since)}"))
    if wanted.until is not None:
        pairs.append(("date", f"lt{_instant(wanted.until + timedelta(days=1))}"))
    return tuple(pairs)


def _instant(day: date) -> str:
    """When the day begins at the sites, as a server is asked for it."""
    return f"{midnight(day):%Y-%m-%dT%H:%M:%SZ}"


def _newest_first(entry: AuditEntry) -> float:
    return -entry.when.timestamp()


def _fits(entry: AuditEntry, outcome: AuditOutcome) -> bool:
    """FHIR has one code for what failed and what is not known; the page asks for either under "failed"."""
    if outcome in (AuditOutcome.FAILED, AuditOutcome.UNKNOWN):
        return entry.outcome in (AuditOutcome.FAILED, AuditOutcome.UNKNOWN)
    return entry.outcome is outcome
