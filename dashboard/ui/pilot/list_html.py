"""The list behind a number of the page Enrolment: people by pseudonym."""

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlencode

from dashboard.domain.pilot.enrolment_rows import EnrolmentList, EnrolmentRow
from dashboard.domain.pilot.enrolment_shown import EnrolmentFigures
from dashboard.domain.pilot.funnel import Step
from dashboard.domain.pilot.loss_disclosure import LAST
from dashboard.domain.pilot.number_list import CONFERENCES, TEAMS, WORK, Number, after_of
from dashboard.ui.pilot.care_words import count_words
from dashboard.ui.pilot.enrolment_words import STEPS
from dashboard.ui.pilot.figure_words import DATA, after_words, area_name, loss_words
from dashboard.ui.pilot.quality_html import work_headings
from dashboard.ui.pilot.view import EnrolmentView
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_day
from dashboard.ui.shared.html import Html, clean, for_screen_readers, fragment
from dashboard.ui.shared.pager import list_page, pages_html
from dashboard.ui.shared.press import press
from dashboard.ui.shared.wording import t, tn

PAGE_ROWS = 25


def list_html(found: EnrolmentList, view: EnrolmentView, *, screening: bool) -> Html:
    """The rows of a page, under what they are of and how many of them the list tells. `screening`: who looks has a page
    on which the patients of the own teams have their names.
    """
    number = view.number
    if number is not None:
        return _number_html(found, view, number)
    step = view.step or Step.SCREENED
    rows = found.of(step, view.region, view.site)
    shown = list_page(rows, view.page, PAGE_ROWS)
    count = found.figures.steps(view.listed)[step]
    return fragment[
        _heading(_title(found.figures, view), count.value, count_words(count), _sentence(len(rows), count.value)),
        h.p(class_="c3-actions")[
            _close(),
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


def _heading(title: str, value: int | None, counted: str, sentence: str) -> Html:
    count = counted if value is not None else t("not shown")
    return fragment[
        h.h2(class_="c3-sectionhead")[h.bdi[title], " ", h.span(class_="c3-pillcount")[count]],
        h.p(class_="c3-sub")[sentence],
    ]


def _close() -> Html:
    return h.button(type="button", class_="c3-button", data_act=press("close"), data_key="close-list")[
        t("Close the list")
    ]


def _number_html(found: EnrolmentList, view: EnrolmentView, number: Number) -> Html:
    """The pseudonyms of one number, which are in no other list."""
    value = number.value(found.figures)
    if number.work in (TEAMS, CONFERENCES):
        return _held_html(found, view, value)
    shown = list_page(found.alone, view.page, PAGE_ROWS)
    if value is None:
        sentence = t("The number is not shown, and so neither are the people.")
    elif not found.alone:
        sentence = t("They could not be read as they were counted: something is just being changed. Try again.")
    else:
        listed = (
            tn("{n} care plan is listed.", "{n} care plans are listed.", len(found.alone))
            if number.work
            else tn("{n} person is listed.", "{n} people are listed.", len(found.alone))
        )
        sentence = t(
            "{listed} These pseudonyms are made for this number and this day and stand in no other list: beside "
            "another one they would tell more than the figures.",
            listed=listed,
        )
    return fragment[
        _heading(_title(found.figures, view), value, str(value), sentence),
        h.p(class_="c3-actions")[_close()],
        h.table(class_="c3-table c3-pseudonyms")[
            h.caption(class_="c3-sr")[t("People by pseudonym")],
            h.thead[h.tr[h.th(scope="col")[t("Pseudonym")]]],
            h.tbody[
                (h.tr(data_key=f"row-{name}")[h.th(scope="row", class_="c3-pseudonym")[name]] for name in shown.rows)
            ],
        ]
        if found.alone
        else None,
        pages_html(shown, t("Pages of the list")),
    ]


def _held_html(found: EnrolmentList, view: EnrolmentView, value: int | None) -> Html:
    """The teams by name, or the conferences by day and team."""
    shown = list_page(found.held if value is not None else (), view.page, PAGE_ROWS)
    conferences = view.work == CONFERENCES
    words = (t("Team"), t("Day")) if conferences else (t("Team"),)
    return fragment[
        _heading(
            _title(found.figures, view),
            value,
            str(value),
            t("Conferences since the study began, the latest first; who was discussed is told nowhere here.")
            if conferences
            else t("The teams of the region that take part, whomever they care for."),
        ),
        h.p(class_="c3-actions")[_close()],
        h.table(class_="c3-table c3-areas")[
            h.caption(class_="c3-sr")[_title(found.figures, view)],
            h.thead[h.tr[(h.th(scope="col")[each] for each in words)]],
            h.tbody[
                (
                    h.tr(data_key=f"row-{shown.first + place}")[
                        h.th(scope="row")[h.bdi[clean(team, 120) or t("Not recorded")]],
                        h.td(data_label=words[-1])[show_day(day) if day is not None else t("Not recorded")]
                        if conferences
                        else None,
                    ]
                    for place, (day, team) in enumerate(shown.rows)
                )
            ],
        ],
        pages_html(shown, t("Pages of the list")),
    ]


def _title(figures: EnrolmentFigures, view: EnrolmentView) -> str:
    """What the list is of, and where."""
    area = view.listed
    name = clean((figures.names or {}).get(view.team, ""), 120) if view.team else area_name(figures, area)
    what = t(STEPS[view.step]) if view.step is not None else ""
    if view.datum is not None:
        what = t(DATA[view.datum])
    if view.work:
        what = work_headings()[1 + WORK.index(view.work)]
    if view.after:
        step = next(each for each in LAST if after_of(each) == view.after)
        what = t("Lost after: {step}", step=after_words(step))
        if view.lost is not None:
            what = t("{after}, {why}", after=what, why=loss_words(view.lost, view.reason))
    title = t("{step}: {area}", step=what, area=name or t("Not recorded"))
    if view.until is None:
        return title
    if view.since is None:
        return t("{listed}, until {day}", listed=title, day=show_day(view.until))
    days = {"first": show_day(view.since + timedelta(1)), "last": show_day(view.until)}
    return t("{listed}, {first} to {last}", listed=title, **days)


def _table(found: EnrolmentList, rows: Sequence[EnrolmentRow]) -> Html:
    labels = (t("Pseudonym"), t("Region"), t("Site"), t("Has reached at least"))
    return h.table(class_="c3-table c3-pseudonyms")[
        h.caption(class_="c3-sr")[t("People by pseudonym")],
        h.thead[h.tr[(h.th(scope="col")[label] for label in labels)]],
        h.tbody[(_row(found, row, labels[1:]) for row in rows)],
    ]


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
