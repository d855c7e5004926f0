"""What the rows of the pilot's list may show of a patient's place, where a region's count is held back."""

from dashboard.domain.pilot.tally import CountedPatient, tally
from dashboard.domain.record.condition import ConditionKey

KEY = "k" * 32
NAMES = {"": "", "big": "Big region", "small": "Small region", "s1": "One", "s2": "Two"}


def patients(region: str, site: str, number: int) -> list[CountedPatient]:
    return [
        CountedPatient(f"{region}-{site}-{n}", region, site, "65-74", "female", frozenset({ConditionKey.T2DM}))
        for n in range(number)
    ]


def test_a_row_does_not_name_a_region_whose_count_is_held_back() -> None:
    counted = [*patients("big", "s1", 12), *patients("small", "s2", 3)]
    areas, rows = tally(counted, NAMES, KEY)
    shown = {area.name: area.patients.value for area in areas if area.patients.value is not None}
    assert "Small region" not in shown
    assert len(rows) == 15 and {row.region for row in rows} <= {"", *shown}


def test_too_few_patients_have_no_rows_at_all() -> None:
    areas, rows = tally(patients("small", "s2", 3), NAMES, KEY)
    assert rows == () and all(area.patients.value is None for area in areas)
