"""Which day a record is of: that of the sites, whichever zone it is written in and the server and the reader are in.

`written` is a time in a record, `seen` the moment of view, `zone` the sites'. `latest` says whether a potassium of that
time is the latest beside one of five days before; `day` is what its date is called.
"""

# The table is wider than code may be.
# ruff: noqa: E501

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from dashboard.cache.team_resources import KINDS
from dashboard.domain.attention.trend import key_results
from dashboard.domain.record.observation import Measure, Result
from dashboard.domain.values.datatypes import PartialDate, Quantity, Reference
from dashboard.domain.values.site_time import last_moment, midnight, set_site_zone, site_day
from dashboard.fhir.mapping.dates import date_of
from dashboard.fhir.mapping.encounter import contact
from dashboard.fhir.search.filter_here import filter_by
from dashboard.fhir.terminology_files import load_terminology
from dashboard.ui.shared.dates import show_date, show_near
from tests.spec.words import Line, lines

SPEC = """
    zone             | written                   | seen                      | latest | day         | because
    Europe/Madrid    | 2026-11-25T00:30:00+01:00 | 2026-11-24T23:45:00+00:00 | yes    | today       | a quarter past midnight in Bilbao: it is of today
    Europe/Madrid    | 2026-11-24T23:30:00Z      | 2026-11-24T23:45:00+00:00 | yes    | today       | the same moment, written by a server in UTC
    Europe/Madrid    | 2026-11-24T23:30:00Z      | 2026-11-25T08:00:00+01:00 | yes    | today       | half past midnight, seen in the morning
    Europe/Madrid    | 2026-11-24T22:30:00Z      | 2026-11-25T08:00:00+01:00 | yes    | yesterday   | half past eleven in the evening before
    Europe/Madrid    | 2026-11-25T23:30:00Z      | 2026-11-25T22:00:00+01:00 | no     | 26-Nov-2026 | a day that has not come yet in Bilbao
    Europe/London    | 2026-11-25T00:30:00+01:00 | 2026-11-24T23:45:00+00:00 | yes    | today       | half past eleven in Warwick
    Europe/London    | 2026-07-01T23:30:00Z      | 2026-07-02T09:00:00+01:00 | yes    | today       | summer time: half past midnight in Warwick
    Europe/Stockholm | 2026-11-24                | 2026-11-24T23:30:00+00:00 | yes    | yesterday   | a day without a time is a day of the site, and there it is already over
    Europe/Stockholm | 2026-11-25                | 2026-11-24T23:30:00+00:00 | yes    | today       | that day has begun at the site
    Europe/Stockholm | 2026-11-25                | 2026-11-24T22:30:00+00:00 | no     | 25-Nov-2026 | and an hour before it has not
    America/New_York | 2026-11-25T00:30:00+01:00 | 2026-11-24T23:45:00+00:00 | yes    | today       | the evening of the 24th: west of where it was written
    Pacific/Auckland | 2026-11-24T20:00:00Z      | 2026-11-24T21:00:00+00:00 | yes    | today       | the morning of the 25th
"""


@pytest.fixture(autouse=True)
def back_to_utc() -> Iterator[None]:
    yield
    set_site_zone(UTC)


def potassium(value: str, when: PartialDate) -> Result:
    quantity = Quantity(Decimal(value), "mmol/L")
    return Result(Measure.POTASSIUM, quantity, when, quantity, False, Reference("Observation", f"o-{value}"))


@pytest.mark.parametrize("line", lines(SPEC), ids=lambda line: line.because)
def test_days(line: Line) -> None:
    set_site_zone(ZoneInfo(line.zone))
    seen, when = datetime.fromisoformat(line.seen), date_of(line.written)
    before = date_of((seen - timedelta(days=5)).isoformat())
    found = key_results([potassium("6.8", when), potassium("4.5", before)], seen)[Measure.POTASSIUM]
    assert (found.latest.when == when) == (line.latest == "yes")
    assert show_near(when, site_day(seen)) == line.day


@pytest.mark.parametrize("line", [line for line in lines(SPEC) if line.latest == "yes"], ids=lambda line: line.because)
def test_what_is_asked_of_a_server_in_any_zone_includes_the_day(line: Line) -> None:
    """A server may take the days of a search in UTC, or in its own zone."""
    seen = datetime.fromisoformat(line.seen)
    set_site_zone(ZoneInfo(line.zone))
    kind = next(kind for kind in KINDS if kind.type == "Appointment")
    params = dict(kind.window(site_day(seen), load_terminology()))
    for zone in ("UTC", "Europe/Madrid", "America/New_York", "Pacific/Auckland"):
        set_site_zone(ZoneInfo(zone))
        asked = filter_by("Appointment", "date", params["date"])
        assert asked is not None
        assert asked({"resourceType": "Appointment", "start": seen.isoformat()})


def test_a_contact_on_the_first_day_of_the_window_is_kept_and_one_before_it_is_not() -> None:
    set_site_zone(ZoneInfo("Europe/Madrid"))
    kind = next(kind for kind in KINDS if kind.type == "Encounter")
    today = date_of("2026-11-25").start
    kept = []
    for written in ("2024-11-24T23:30:00Z", "2024-11-24T22:30:00Z"):
        found = contact({"resourceType": "Encounter", "id": "e", "status": "finished", "period": {"start": written}})
        kept.append(kind.keep(found, today))
    assert kept == [True, False]


def test_the_same_text_read_in_two_zones_is_of_two_days() -> None:
    """What is remembered of a text is remembered for its zone."""
    text, days = "2026-11-24T23:30:00Z", []
    for zone in ("Europe/Madrid", "Europe/London"):
        set_site_zone(ZoneInfo(zone))
        days.append(show_date(date_of(text)))
    assert days == ["25-Nov-2026", "24-Nov-2026"]


def test_a_day_begins_and_ends_at_the_site() -> None:
    set_site_zone(ZoneInfo("Europe/Madrid"))
    day = PartialDate("2026-11-25")
    assert midnight(day.start) == day.moment == datetime(2026, 11, 24, 23, tzinfo=UTC)
    assert last_moment(day.start) < midnight(day.start + timedelta(days=1))
    assert PartialDate("2026-11-25T00:30:00") < PartialDate("2026-11-24T23:31:00Z"), "a time without zone is the site's"


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/New_York"])
@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31"])
def test_the_first_and_the_last_day_there_is_can_be_read(zone: str, text: str) -> None:
    set_site_zone(ZoneInfo(zone))
    day = PartialDate(text)
    assert day.moment <= last_moment(day.end)
