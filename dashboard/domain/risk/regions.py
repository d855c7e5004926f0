"""To which calibration a country belongs, by its ISO 3166-1 code of two letters."""

from typing import Final

NORTH_AMERICA: Final = frozenset({"CA", "US"})
"""Where the kidney failure risk equation of North America counts (10.1001/jama.2015.18202): the other one elsewhere."""

SCORE2_REGIONS: Final[dict[str, str]] = {
    "low": "BE CH DK ES FR GB IL LU NL NO",
    "moderate": "AT CY DE FI GR IE IS IT MT PT SE SI SM",
    "high": "AL BA CZ EE HR HU KZ PL SK TR",
    "very-high": "AM AZ BG BY DZ EG GE KG LB LT LV LY MA MD ME MK RO RS RU SY TN UA UZ",
}
"""The risk regions of SCORE2 (10.1093/eurheartj/ehab309) [M]. A country that is not named has none here."""


def score2_region(country: str) -> str:
    """The risk region of a country, "" where the source names none."""
    return next((region for region, countries in SCORE2_REGIONS.items() if country in countries.split()), "")
