"""The dates on the time axis are days of the sites, as everything else on the page is."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.ui.timeline.figure.ticks import date_ticks
from tests.unit.ui.timeline.test_reading_figure import drawn, page

BILBAO = ZoneInfo("Europe/Madrid")
HALF_PAST_MIDNIGHT = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
"""Half past midnight of the 25th in Bilbao."""


def test_a_result_of_half_past_midnight_in_bilbao_stands_after_the_tick_of_its_day() -> None:
    ticks = date_ticks(HALF_PAST_MIDNIGHT - timedelta(days=3), HALF_PAST_MIDNIGHT + timedelta(days=1), 10, BILBAO)
    assert [words for _, words in ticks] == ["23-Nov", "24-Nov", "25-Nov", "26-Nov"][: len(ticks)]
    last = [words for moment, words in ticks if moment <= HALF_PAST_MIDNIGHT][-1]
    assert last == "25-Nov"
    assert {words: moment for moment, words in ticks}["25-Nov"] == datetime(2026, 11, 24, 23, tzinfo=UTC)


def test_the_figure_has_the_ticks_of_its_zone() -> None:
    pages = [page(5, zone=zone) for zone in (UTC, BILBAO)]
    words = [[words for _, words in each.ticks] for each in pages]
    assert words[0] == words[1] and len(words[0]) > 3
    axis = drawn(pages[1])["layout"]["xaxis"]
    assert [datetime.fromisoformat(each) for each in axis["tickvals"]] == [moment for moment, _ in pages[1].ticks]
    assert {datetime.fromisoformat(each).hour for each in axis["tickvals"]} <= {22, 23}
    assert "tickformatstops" not in axis


@pytest.mark.parametrize(
    ("days", "most", "words"),
    [
        (3, 10, ["23-Nov", "24-Nov"]),
        (20, 10, None),
        (60, 10, None),
        (150, 6, ["Jul-2026", "Aug-2026", "Sep-2026", "Oct-2026", "Nov-2026"]),
        (365, 5, ["Jan-2026", "Apr-2026", "Jul-2026", "Oct-2026"]),
        (1825, 6, ["2022", "2023", "2024", "2025", "2026"]),
        (9125, 6, ["2005", "2010", "2015", "2020", "2025"]),
    ],
)
def test_the_words_are_as_precise_as_the_window(days: int, most: int, words: list[str] | None) -> None:
    ticks = date_ticks(HALF_PAST_MIDNIGHT - timedelta(days=days), HALF_PAST_MIDNIGHT - timedelta(hours=1), most, BILBAO)
    assert ticks and (words is None or [text for _, text in ticks] == words)


@given(st.datetimes(datetime(1930, 1, 1), datetime(2090, 1, 1)), st.integers(1, 40_000), st.integers(4, 20))
def test_ticks_are_few_in_order_inside_and_at_midnight_of_the_sites(begin: datetime, days: int, most: int) -> None:
    start = begin.replace(tzinfo=UTC)
    end = start + timedelta(days=days)
    ticks = date_ticks(start, end, most, BILBAO)
    moments = [moment for moment, _ in ticks]
    assert len(ticks) <= most and moments == sorted(set(moments))
    assert all(start <= moment <= end for moment in moments)
    assert all((moment.astimezone(BILBAO).hour, moment.astimezone(BILBAO).minute) == (0, 0) for moment in moments)
    assert len({words for _, words in ticks}) == len(ticks)
