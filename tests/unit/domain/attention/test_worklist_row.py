"""Parts of a worklist's row: checks without a value, and the server's stamps."""

from datetime import UTC, date, datetime

from dashboard.domain.attention.worklist_row import _moment, checks_done
from dashboard.domain.values.datatypes import PartialDate
from dashboard.fhir.mapping import observation
from dashboard.fhir.terminology_files import load_terminology

ON = date(2026, 11, 23)


def foot_check(when: str) -> dict[str, object]:
    return {
        "resourceType": "Observation", "id": f"foot-{when}", "status": "final", "subject": {"reference": "Patient/p1"},
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "401191002"}]}, "effectiveDateTime": when,
    }  # fmt: skip


def test_the_latest_day_of_a_check_without_a_value_counts_and_none_to_come() -> None:
    days = ("2025-05-01", "2026-03-01", "2026-12-01")
    read = [observation.from_fhir(foot_check(day), load_terminology()) for day in days]
    assert checks_done(read, ON) == {"foot": PartialDate("2026-03-01")}


def test_a_stamp_that_cannot_be_read_is_no_moment() -> None:
    assert _moment("2026-11-20T10:00:00Z") == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert _moment("") is None and _moment("yesterday") is None
