"""How the pilot's patients are counted by area, and which rows with a pseudonym may be shown with the counts.

Small counts are held back by the rules of `dashboard.domain.pilot.disclosure`; no row may add up to one of them.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dashboard.domain.pilot.counts import AreaCounts, Level, PseudonymRow
from dashboard.domain.pilot.disclosure import Areas, coarsen, show_counts, show_counts_of
from dashboard.domain.pilot.pseudonyms import pseudonym
from dashboard.domain.record.condition import PROGRAMME, ConditionKey

_WHOLE: Final = "all"


@dataclass(frozen=True, slots=True)
class CountedPatient:
    """The facts that are counted of one patient; the id is used for the pseudonym only."""

    ident: str
    region: str
    site: str
    age_band: str
    sex: str
    conditions: frozenset[ConditionKey]


def tally(
    counted: Sequence[CountedPatient], names: Mapping[str, str], key: str
) -> tuple[tuple[AreaCounts, ...], tuple[PseudonymRow, ...]]:
    """Returns the counts as they may be shown, and the rows, which reveal no more than these."""
    # A site that is recorded in two regions is two areas; a slash separates the two parts of an area's name.
    above = {_WHOLE: ""} | {each.region + "/": _WHOLE for each in counted}
    above |= {f"{each.region}/{each.site}": each.region + "/" for each in counted if each.site}
    areas = Areas(above)
    everybody = _count(areas, counted)
    shown = show_counts(areas, everybody)
    having = {
        part: show_counts_of(
            areas, _count(areas, [each for each in counted if part in each.conditions]), everybody, shown
        )
        for part in PROGRAMME
    }
    ordered = sorted(areas.above, key=lambda area: (area != _WHOLE, *_names(area, names)))
    made = tuple(
        AreaCounts(
            _level(area), _names(area, names)[1 if _level(area) is Level.SITE else 0], _names(area, names)[0],
            shown[area], tuple((part, having[part][area]) for part in PROGRAMME),
        )
        for area in ordered
    )  # fmt: skip
    if shown[_WHOLE].value is None:
        return made, ()  # the number of rows would be the number of patients
    shown_areas = {area for area, count in shown.items() if count.value is not None}
    exact = {area for area in shown_areas if all(having[part][area].value is not None for part in PROGRAMME)}
    return made, _rows(counted, names, key, _Revealable(areas, shown_areas, exact))


class _Revealable:
    """What a row may show of a patient's place and number of conditions: no list of rows may add up to a count that is
    held back. Where sites hold back some conditions and their region none, the number is shown and the site is not.
    """

    def __init__(self, areas: Areas, shown: set[str], exact: set[str]) -> None:
        self._sites, self._numbers = set(), set()
        for region in areas.parts.get(_WHOLE, []):
            sites = {site for site in areas.parts.get(region, []) if site in shown}
            if region in exact:
                self._numbers.add(region)
            if region in shown and (region not in exact or sites <= exact):
                self._sites |= sites
        self._regions = shown

    def place(self, each: CountedPatient, finely: bool) -> tuple[str, str]:
        """Returns the ids of region and site, "" for what is not shown."""
        region = each.region + "/"
        if region not in self._regions:
            return "", ""
        return each.region, each.site if finely and f"{region}{each.site}" in self._sites else ""

    def number(self, each: CountedPatient) -> int | None:
        return len(each.conditions) if each.region + "/" in self._numbers else None


def _count(areas: Areas, counted: Iterable[CountedPatient]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for each in counted:
        found.update({_WHOLE: 1, each.region + "/": 1})
        if each.site:
            found[f"{each.region}/{each.site}"] += 1
    return {area: found[area] for area in areas.above}


def _level(area: str) -> Level:
    return Level.ALL if area == _WHOLE else Level.REGION if area.endswith("/") else Level.SITE


def _names(area: str, names: Mapping[str, str]) -> tuple[str, str]:
    if area == _WHOLE:
        return "", ""
    region, _, site = area.partition("/")
    return names[region], names[site] if site else ""


def _rows(
    counted: Sequence[CountedPatient], names: Mapping[str, str], key: str, revealable: _Revealable
) -> tuple[PseudonymRow, ...]:
    """Returns one row for each patient, ordered by pseudonym, so that the order reveals nothing."""
    place, number = revealable.place, revealable.number
    ways: list[Callable[[CountedPatient], Hashable]] = [
        lambda each: (*place(each, True), number(each), each.age_band, each.sex),
        lambda each: (*place(each, False), number(each), each.age_band, each.sex),
        lambda each: (*place(each, False), number(each), each.age_band, ""),
        lambda each: (*place(each, False), None, each.age_band, ""),
        lambda each: (*place(each, False), None, "", ""),
        lambda each: ("", "", None, "", ""),
    ]
    found: list[Any] = coarsen(counted, ways)
    rows = [
        PseudonymRow(pseudonym(key, each.ident), names[region], names[site], band, sex, conditions)
        for each, (region, site, conditions, band, sex) in zip(counted, found, strict=True)
    ]
    return tuple(sorted(rows, key=lambda row: row.pseudonym))
