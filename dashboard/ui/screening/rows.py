"""The screening list as a view shows it: filtered, by page, with the counts of the filters."""

from dataclasses import dataclass

from dashboard.domain.pilot.screening_filter import ScreeningCounts, count_lines, is_wanted
from dashboard.domain.pilot.screening_list import ScreenedPatient, ScreeningList
from dashboard.domain.record.names import Fit, fit_of
from dashboard.ui.screening.view import PAGE_ROWS, ScreeningView
from dashboard.ui.screening.words import site_words
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.pager import ListPage, list_page


@dataclass(frozen=True, slots=True)
class FilteredList:
    """What a view shows: a page of lines, the lines that match, the counts, the sites by id, and how many there are."""

    page: ListPage[ScreenedPatient]
    matching: tuple[ScreenedPatient, ...]
    counts: ScreeningCounts
    sites: dict[str, str]
    total: int


def filter_lines(found: ScreeningList, view: ScreeningView) -> FilteredList:
    """The lines of a view, with the counts of what was found by its text."""
    lines = [line for line in found.lines if not view.q or fit_of(line.person, view.q) is Fit.EXACT]
    if view.q and not lines:
        # One letter may differ where nobody is called what was typed.
        lines = [line for line in found.lines if fit_of(line.person, view.q)]
    matching = tuple(line for line in lines if is_wanted(line, view.wanted))
    counts = count_lines(lines, view.wanted)
    return FilteredList(list_page(matching, view.page, PAGE_ROWS), matching, counts, _sites(found), len(found.lines))


def _sites(found: ScreeningList) -> dict[str, str]:
    """The names of the sites of the pilot and of the people, by id, in the order of their names."""
    names = {line.present_site: site_words(line) for line in found.lines if line.present_site}
    for place in found.study.sites if found.study is not None else ():
        if place.site.to is not None:
            named = clean(place.site.name, 120)
            names[place.site.to.id] = named or names.get(place.site.to.id, "") or place.site.to.id
    return dict(sorted(names.items(), key=lambda item: item[1].casefold()))
