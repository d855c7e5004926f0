"""An evaluation is of whole quarters."""

from datetime import date

import pytest

from dashboard.domain.evaluation.reference_day import reference_day


@pytest.mark.parametrize(
    ("today", "last"),
    [
        ("2026-11-23", "2026-09-30"), ("2026-10-01", "2026-09-30"), ("2026-09-30", "2026-06-30"),
        ("2026-01-01", "2025-12-31"), ("2024-04-30", "2024-03-31"),
    ],
)  # fmt: skip
def test_records_count_until_the_end_of_the_last_whole_quarter(today: str, last: str) -> None:
    assert reference_day(date.fromisoformat(today)) == date.fromisoformat(last)
