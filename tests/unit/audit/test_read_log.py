"""How the audit is read back: the filter as a search, pages, what fits an outcome, and what a failure does."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dashboard.audit.read_log import read_audit, search_of
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditFilter, AuditKind, AuditOutcome, record_of
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import ServerUnavailable
from dashboard.fhir.mapping.audit_event import audit_event
from tests.fakes import FakeFhirServer

AS_OF = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
GP = User(Reference("Practitioner", "gp"), "Dr Jane Okafor")


class AuditServer(FakeFhirServer):
    """A server that answers every search for AuditEvents with all it has; reading must sort and filter them itself."""

    def _test(self, resource_type: str, name: str, value: str) -> Callable[[dict[str, Any]], bool]:
        if name in ("date", "outcome", "agent", "subtype"):
            return lambda row: True
        return super()._test(resource_type, name, value)


def server(*outcomes: AuditOutcome) -> AuditServer:
    """One event for each outcome, a minute apart, the first the oldest."""
    made = AuditServer()
    for minute, outcome in enumerate(outcomes):
        record = record_of(
            GP, AuditKind.PATIENT_READ, "get_patient", AS_OF + timedelta(minutes=minute),
            patients=(Reference("Patient", "p1"),), outcome=outcome,
        )  # fmt: skip
        made.put(audit_event(record, made.base_url, "host"))
    return made


def test_a_filter_becomes_search_parameters() -> None:
    wanted = AuditFilter(
        "p1",
        Reference("Practitioner", "gp"),
        AuditKind.EXPORT,
        AuditOutcome.REFUSED,
        date(2026, 11, 1),
        date(2026, 11, 2),
    )
    pairs = dict(search_of(replace(wanted, since=None)))
    assert pairs["patient"] == "p1" and pairs["agent"] == "Practitioner/gp" and pairs["outcome"] == "4"
    assert pairs["subtype"].endswith("|export") and pairs["date"] == "lt2026-11-03T00:00:00Z", (
        "the last day is included"
    )
    assert dict(search_of(replace(wanted, until=None)))["date"] == "ge2026-11-01T00:00:00Z"
    assert search_of(AuditFilter()) == ()


def test_the_total_is_that_of_the_server_and_none_where_it_counts_what_does_not_fit() -> None:
    asked = server(*[AuditOutcome.SUCCESS] * 5)
    assert read_audit(asked, AuditFilter(), AS_OF, 0, 10).total == 5
    assert read_audit(asked, AuditFilter(outcome=AuditOutcome.SUCCESS), AS_OF, 0, 10).total == 5
    assert read_audit(asked, AuditFilter(outcome=AuditOutcome.REFUSED), AS_OF, 0, 10).total is None


def test_the_newest_records_come_first_and_pages_follow_each_other() -> None:
    asked = server(*[AuditOutcome.SUCCESS] * 5)
    first, second = (read_audit(asked, AuditFilter(), AS_OF, start, 3) for start in (0, 3))
    moments = [entry.when for entry in (*first.entries, *second.entries)]
    assert moments == sorted(moments, reverse=True) and len(moments) == 5
    assert first.more and not second.more


@pytest.mark.parametrize(
    ("outcome", "fitting"),
    [
        (AuditOutcome.SUCCESS, {AuditOutcome.SUCCESS}),
        (AuditOutcome.REFUSED, {AuditOutcome.REFUSED}),
        (AuditOutcome.FAILED, {AuditOutcome.FAILED, AuditOutcome.UNKNOWN}),
        (AuditOutcome.UNKNOWN, {AuditOutcome.FAILED, AuditOutcome.UNKNOWN}),
    ],
)
def test_failed_and_unknown_are_read_together(outcome: AuditOutcome, fitting: set[AuditOutcome]) -> None:
    page = read_audit(server(*AuditOutcome), AuditFilter(outcome=outcome), AS_OF, 0, 10)
    assert {entry.outcome for entry in page.entries} == fitting


def test_a_server_that_does_not_answer_is_an_error_and_a_wrong_id_is_refused() -> None:
    asked = server()
    asked.down = True
    with pytest.raises(ServerUnavailable):
        read_audit(asked, AuditFilter(), AS_OF, 0, 10)
    with pytest.raises(ValueError, match="reference"):
        read_audit(asked, AuditFilter(patient="no id"), AS_OF, 0, 10)


def test_days_are_those_of_the_sites(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.domain.values.site_time._zone", [ZoneInfo("Europe/Madrid")])
    pairs = search_of(AuditFilter(since=date(2026, 11, 1), until=date(2026, 11, 2)))
    assert [value for name, value in pairs if name == "date"] == ["ge2026-10-31T23:00:00Z", "lt2026-11-02T23:00:00Z"]
