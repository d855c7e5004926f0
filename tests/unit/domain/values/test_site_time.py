"""Days and moments at the sites, at the ends of time too: a hostile record has dates of the years 1 and 9999."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from dashboard.domain.values.site_time import last_moment, midnight, set_site_zone, site_day, site_zone


@pytest.fixture(params=["Pacific/Auckland", "America/Los_Angeles"], autouse=True)
def _far_away(request: pytest.FixtureRequest) -> Iterator[None]:
    before = site_zone()
    set_site_zone(ZoneInfo(request.param))
    yield
    set_site_zone(before)


@pytest.mark.parametrize("day", [date.min, date.max, date(2026, 11, 29)])
def test_every_day_has_a_beginning_and_an_end(day: date) -> None:
    assert midnight(day) < last_moment(day)


@pytest.mark.parametrize("moment", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_the_first_and_the_last_moment_have_a_day(moment: datetime) -> None:
    assert abs(site_day(moment).toordinal() - moment.date().toordinal()) <= 1
