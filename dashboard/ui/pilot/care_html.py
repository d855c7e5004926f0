"""The patients in care as HTML: totals, the table of regions and sites, the list of pseudonyms."""

from collections.abc import Iterator, Sequence
from typing import Final

from dashboard.domain.pilot.counts import AreaCounts, Level, PilotCounts, PseudonymRow
from dashboard.domain.pilot.disclosure import FEWEST, Count
from dashboard.domain.record.condition import PROGRAMME
from dashboard.ui.pilot.care_words import ROW_HEADINGS, age_words, area_name, count_words, sex_words
from dashboard.ui.record.names import CONDITIONS
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.banners_html import notices_html, warning_html
from dashboard.ui.shared.html import Html, clean, for_screen_readers, fragment
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.pager import list_page, pages_html
from dashboard.ui.shared.wording import t, tn

PAGE_ROWS: Final = 25


def pilot_heading_html(pilot_counts: PilotCounts, as_of: str, stale: str, notices: Sequence[str]) -> Html:
    """Title, age, what could not be read; then the totals, the most important number the largest."""
    regions = sum(area.level is Level.REGION for area in pilot_counts.areas)
    sites = sum(area.level is Level.SITE for area in pilot_counts.areas)
    everywhere = pilot_counts.areas[0]
    places = [
        tn("{n} region", "{n} regions", regions),
        tn("{n} site", "{n} sites", sites),
    ]
    return fragment[
        h.div(class_="c3-head")[
            h.h1[t("Patients in care")],
            h.p(class_="c3-sub")[t("Counts and pseudonyms; no name is shown or exported.")],
            h.p(class_="c3-asof")[icon("clock"), as_of],
        ],
        warning_html(stale),
        notices_html(notices),
        h.dl(class_="c3-figures")[
            _figure(t("Patients in care"), everywhere.patients, ", ".join(places), first=True),
            (_figure(t(CONDITIONS[key]), count) for key, count in everywhere.conditions),
            _figure(t("Have taken sharing back"), pilot_counts.withdrawn, t("counted nowhere else")),
        ],
    ]


def _figure(label: str, count: Count, below: str = "", *, first: bool = False) -> Html:
    value = h.dd(class_=None if count.value is not None else "c3-wordy")[count_words(count)]
    return h.div(class_="c3-figure c3-first" if first else "c3-figure")[
        h.dt[label],
        value,
        h.dd(class_="c3-sub")[below] if below else None,
    ]


def areas_html(pilot_counts: PilotCounts) -> Html:
    """A line a region, its sites below; sites of which nothing may be shown share a line."""
    headings = [t("Region and site"), t("Patients in care"), *(t(CONDITIONS[key]) for key in PROGRAMME)]
    return fragment[
        h.h2(class_="c3-sectionhead")[t("By region and site")],
        h.table(class_="c3-table c3-areas")[
            h.caption(class_="c3-sr")[t("Patients in care by region and site, and how many have each condition")],
            h.thead[h.tr[(h.th(scope="col")[each] for each in headings)]],
            h.tbody[list(_lines(pilot_counts.areas[1:], headings[1:]))],
        ],
        _rule(),
    ]


def _lines(areas: Sequence[AreaCounts], labels: Sequence[str]) -> Iterator[Html]:
    not_shown: list[AreaCounts] = []
    for area in areas:
        if area.level is Level.REGION:
            if not_shown:
                yield _sites_not_shown(not_shown)
            not_shown = []
        if area.level is Level.SITE and not _has_shown_count(area):
            not_shown.append(area)
        else:
            yield _line(area, labels)
    if not_shown:
        yield _sites_not_shown(not_shown)


def _has_shown_count(area: AreaCounts) -> bool:
    return any(
        count.value is not None or count.few for count in (area.patients, *(count for _, count in area.conditions))
    )


def _line(area: AreaCounts, labels: Sequence[str]) -> Html:
    counts = (area.patients, *(count for _, count in area.conditions))
    region = area.level is Level.REGION
    return h.tr(class_="c3-region" if region else "c3-site")[
        h.th(scope="row")[h.bdi[area_name(area)]],
        (_cell(count, label) for count, label in zip(counts, labels, strict=True)),
    ]


def _cell(count: Count, label: str) -> Html:
    """The count; a dash where nothing may be shown, so that a column of few numbers can be read."""
    if count.value is None and not count.few:
        return _dash(t("not shown"), label)
    return h.td(data_label=label, class_=None if count.value is not None else "c3-quiet")[count_words(count)]


def _sites_not_shown(areas: Sequence[AreaCounts]) -> Html:
    named = ", ".join(area_name(area) for area in areas)
    few = tn("{n} site whose counts are not shown", "{n} sites whose counts are not shown", len(areas))
    return h.tr(class_="c3-site")[
        h.th(scope="row")[h.bdi[clean(named, 600)]], h.td(colspan=1 + len(PROGRAMME), class_="c3-quiet")[few]
    ]


def _rule() -> Html:
    return h.details(data_key="rule", class_="c3-rule")[
        h.summary[t("Why some counts are not shown")],
        h.p[
            t(
                "A count below {n} could tell about somebody, so it reads “fewer than {n}”, none at all included. "
                "A dash is a count from which such a one could be worked out, or one of too few patients to begin "
                "with; the same holds for those who do not have a condition. In the list below, whatever would tell "
                "somebody apart from fewer than {n} others is left out.",
                n=FEWEST,
            )
        ],
        h.p(class_="c3-sub")[
            t(
                "Draft, not yet reviewed by a data protection officer; after the guidance of the UK Office for "
                "National Statistics on disclosure control of health statistics, and NHS Digital's on secondary "
                "suppression."
            )
        ],
    ]


def pseudonyms_html(pilot_counts: PilotCounts, page: int) -> Html:
    """The rows of a page; one page beyond the last is the last."""
    shown = list_page(pilot_counts.rows, page, PAGE_ROWS)
    count = h.span(class_="c3-pillcount")[tn("{n} patient", "{n} patients", len(pilot_counts.rows))]
    return fragment[
        h.h2(class_="c3-sectionhead")[t("Pseudonyms"), " ", count],
        h.table(class_="c3-table c3-pseudonyms")[
            h.caption(class_="c3-sr")[t("Patients by pseudonym")],
            h.thead[h.tr[(h.th(scope="col")[t(each)] for each in ROW_HEADINGS)]],
            h.tbody[(_row(row) for row in shown.rows)],
        ],
        pages_html(shown, t("Pages of the list")),
    ]


def _row(row: PseudonymRow) -> Html:
    cells = (row.region, row.site, age_words(row.age_band), sex_words(row))
    number = "" if row.conditions is None else str(row.conditions)
    labels = [t(each) for each in ROW_HEADINGS[1:]]
    return h.tr(data_key=f"row-{row.pseudonym}")[
        h.th(scope="row", class_="c3-pseudonym")[row.pseudonym],
        (
            h.td(data_label=label)[h.bdi[clean(each, 120)]] if each else _dash(t("left out"), label)
            for each, label in zip(cells, labels, strict=False)
        ),
        h.td(data_label=labels[-1])[number] if number else _dash(t("left out"), labels[-1]),
    ]


def _dash(words: str, label: str) -> Html:
    return h.td(data_label=label, class_="c3-quiet")[
        h.span(aria_hidden="true", title=words)["–"], for_screen_readers(words)
    ]


def too_few_html() -> Html:
    return h.div(class_="c3-empty")[
        icon("search"),
        h.h2[t("Fewer than {n} patients are in care", n=FEWEST)],
        h.p[t("They are shown from {n} on, as soon as an active care team looks after them.", n=FEWEST)],
    ]
