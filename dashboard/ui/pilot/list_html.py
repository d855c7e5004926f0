"""The list behind a number of the page Enrolment: people by pseudonym."""

from collections.abc import Sequence
from urllib.parse import urlencode

from dashboard.domain.pilot.counts import Level
from dashboard.domain.pilot.enrolment_rows import EnrolmentList, EnrolmentRow
from dashboard.domain.pilot.funnel import WHOLE, Area, Step
from dashboard.ui.pilot.care_words import count_words
from dashboard.ui.pilot.enrolment_words import STEPS
from dashboard.ui.pilot.figure_words import area_name
from dashboard.ui.pilot.view import EnrolmentView
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Html, clean, for_screen_readers, fragment
from dashboard.ui.shared.pager import list_page, pages_html
from dashboard.ui.shared.press import press
from dashboard.ui.shared.wording import t, tn

PAGE_ROWS = 25


def list_html(found: EnrolmentList, step: Step, view: EnrolmentView, *, screening: bool) -> Html:
    """The rows of a page, under what they are of and how many of them the list tells. `screening`: who looks has a page
    on which the patients of the own teams have their names.
    """
    area = _area(view)
    rows = found.of(step, view.region, view.site)
    shown = list_page(rows, view.page, PAGE_ROWS)
    count = found.figures.steps(area)[step]
    words = t("{step}: {area}", step=t(STEPS[step]), area=area_name(found.figures, area))
    return fragment[
        h.h2(class_="c3-sectionhead")[words, " ", h.span(class_="c3-pillcount")[count_words(count)]],
        h.p(class_="c3-sub")[_sentence(len(rows), count.value)],
        h.p(class_="c3-actions")[
            h.button(type="button", class_="c3-button", data_act=press("close"), data_key="close-list")[
                t("Close the list")
            ],
            h.a(
                href=f"screening?{urlencode({'step': step, 'site': view.site} if view.site else {'step': step})}",
                class_="c3-button",
                data_act=press("screening"),
                data_key="open-screening",
            )[t("Screening, with the patients of my teams")]
            if screening
            else None,
        ],
        _table(found, shown.rows) if rows else None,
        pages_html(shown, t("Pages of the list")),
    ]


def _table(found: EnrolmentList, rows: Sequence[EnrolmentRow]) -> Html:
    labels = (t("Pseudonym"), t("Region"), t("Site"), t("Has reached at least"))
    return h.table(class_="c3-table c3-pseudonyms")[
        h.caption(class_="c3-sr")[t("People by pseudonym")],
        h.thead[h.tr[(h.th(scope="col")[label] for label in labels)]],
        h.tbody[(_row(found, row, labels[1:]) for row in rows)],
    ]


def _area(view: EnrolmentView) -> Area:
    if view.site:
        return Area(Level.SITE, view.region, view.site)
    return Area(Level.REGION, view.region) if view.region else WHOLE


def _sentence(rows: int, counted: int | None) -> str:
    """Why fewer are listed than are counted."""
    if counted is None:
        return t("The number is not shown, and so neither are the people.")
    listed = tn("{n} person is listed.", "{n} people are listed.", rows)
    if rows == counted:
        return listed
    return t(
        "{listed} Of the other {n}, a row would tell more than the figures: whether they are among these is left out.",
        listed=listed, n=counted - rows,
    )  # fmt: skip


def _row(found: EnrolmentList, row: EnrolmentRow, labels: tuple[str, ...]) -> Html:
    names = found.figures.names or {}
    cells = (names.get(row.region, ""), names.get(row.site, ""), t(STEPS[row.step]) if row.step else "")
    return h.tr(data_key=f"row-{row.pseudonym}")[
        h.th(scope="row", class_="c3-pseudonym")[row.pseudonym],
        (
            h.td(data_label=label)[h.bdi[clean(words, 120)]]
            if words
            else h.td(data_label=label, class_="c3-quiet")[
                h.span(aria_hidden="true", title=t("left out"))["–"], for_screen_readers(t("left out"))
            ]
            for words, label in zip(cells, labels, strict=True)
        ),
    ]
