"""What of the audit is shown: filters and page, read from and written to the page's address.

`/audit?who=Practitioner/p1&kind=export&since=2026-11-16&page=2`. Whatever in it is not understood is ignored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

from dashboard.domain.audit.record import AuditFilter, AuditKind, AuditOutcome
from dashboard.domain.values.datatypes import Reference
from dashboard.ui.shared.pager import read_page, write_page

PAGE_ROWS = 50
MOST_PAGES = 40
OUTCOMES = (AuditOutcome.SUCCESS, AuditOutcome.REFUSED, AuditOutcome.FAILED)
"""Those that can be asked for: what failed and what nobody knows the end of are one question."""

E = TypeVar("E", AuditKind, AuditOutcome)


@dataclass(frozen=True, slots=True)
class AuditView:
    """A view of the audit: what is searched for, and the page of the results."""

    wanted: AuditFilter = field(default_factory=AuditFilter)
    page: int = 1

    @property
    def filtered(self) -> bool:
        return self.wanted != AuditFilter()

    @property
    def first(self) -> int:
        return (self.page - 1) * PAGE_ROWS


def read_audit_view(params: Mapping[str, str]) -> AuditView:
    """The view an address asks for; what cannot be one falls back to the plain view."""
    since, until = _day(params.get("since", "")), _day(params.get("until", ""))
    if since and until and until < since:
        until = None
    wanted = AuditFilter(
        patient=patient_id(params.get("patient", "")),
        who=_who(params.get("who", "")),
        kind=_one(AuditKind, params.get("kind", "")),
        outcome=next((each for each in OUTCOMES if each.value == params.get("outcome")), None),
        since=since,
        until=until,
    )
    return AuditView(wanted, read_page(params.get("page", ""), MOST_PAGES))


def write_audit_view(view: AuditView) -> dict[str, str]:
    """The address of a view: only what differs from the plain one. `read(write(v)) == v`."""
    wanted = view.wanted
    params = {
        "patient": wanted.patient,
        "who": str(wanted.who or ""),
        "kind": wanted.kind.value if wanted.kind else "",
        "outcome": wanted.outcome.value if wanted.outcome else "",
        "since": wanted.since.isoformat() if wanted.since else "",
        "until": wanted.until.isoformat() if wanted.until else "",
    }
    return {name: value for name, value in params.items() if value} | write_page(view.page)


def choose_audit(view: AuditView, name: str, value: str) -> AuditView:
    """The view with one filter set, or taken away by ""; other pages go."""
    return read_audit_view({**write_audit_view(replace(view, page=1)), name: value})


def patient_id(text: str) -> str:
    """The id in `Patient/p1` or `p1`, "" for what cannot be one."""
    bare = text.strip().removeprefix("Patient/")
    try:
        return Reference("Patient", bare).id
    except ValueError:
        return ""


def _who(text: str) -> Reference | None:
    try:
        return Reference.parse(text)
    except ValueError:
        return None


def _one(kinds: type[AuditKind], text: str) -> AuditKind | None:
    return next((each for each in kinds if each.value == text), None)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text) if len(text) == len("2026-11-23") else None
    except ValueError:
        return None
    # The day after the last one is asked for, too.
    return day if day is not None and 1900 < day.year < 9999 else None
