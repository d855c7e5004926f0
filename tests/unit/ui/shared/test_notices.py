"""What is said of a part of the record that is still read, or could not be."""

import pytest

from dashboard.cache.team_resources import KINDS
from dashboard.domain.record.views import RowsRead
from dashboard.queries.get_recommendations import FACT_TYPES
from dashboard.ui.shared.notice_words import PARTS
from dashboard.ui.shared.notices import awaited_words, part_words

TYPES = sorted({kind.type for kind in KINDS} | set(FACT_TYPES))


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_that_is_read_of_a_team_or_a_patient_has_words(kind: str) -> None:
    """A list that is drawn while procedures are still read is no defect of the dashboard."""
    assert kind in PARTS and part_words(kind) != kind
    assert f"{part_words(kind)} (3 of 7)" in awaited_words({kind: RowsRead(3, 7)})


def test_a_type_without_words_is_named_as_it_is() -> None:
    assert "Basic" in awaited_words({"Basic": RowsRead()})
