"""What every test of the evaluation leaves as it was: its command sets the zone of the sites for the whole process."""

from collections.abc import Iterator

import pytest

from dashboard.domain.values.site_time import set_site_zone, site_zone


@pytest.fixture(autouse=True)
def zone_of_the_sites() -> Iterator[None]:
    before = site_zone()
    yield
    set_site_zone(before)
