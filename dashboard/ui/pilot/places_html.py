"""Regions, sites and teams of the page Enrolment as HTML: a table of steps and targets, and the sites side by side."""

from collections.abc import Iterator, Sequence

from dashboard.domain.pilot.counts import Level
from dashboard.domain.pilot.disclosure import Count
from dashboard.domain.pilot.enrolment_shown import AreaSteps
from dashboard.domain.pilot.funnel import Step
from dashboard.ui.pilot.care_words import count_words
from dashboard.ui.pilot.enrolment_words import STEPS
from dashboard.ui.pilot.figure_words import due_words, enrolled_words, name_of
from dashboard.ui.pilot.figures_html import bar_html, count_html
from dashboard.ui.pilot.view import EnrolmentView
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Html, clean, fragment
from dashboard.ui.shared.wording import t, tn

_CLASSES = {Level.ALL: "c3-region", Level.REGION: "c3-region", Level.SITE: "c3-site", Level.TEAM: "c3-team"}


def headings() -> list[str]:
    """The headings of the table."""
    return [
        t("Region, site and team"), *(t(STEPS[step]) for step in Step), t("Target"), t("Due today"),
        t("Against the line"),
    ]  # fmt: skip


def places_html(areas: Sequence[AreaSteps], view: EnrolmentView, *, links: bool = True) -> Html:
    """A line an area: its steps, its target, and whether it is behind. Teams of which nothing is shown share one."""
    words = headings()
    return fragment[
        h.h2(class_="c3-sectionhead")[t("By region, site and team")],
        h.table(class_="c3-table c3-areas c3-places c3-steps")[
            h.caption(class_="c3-sr")[t("Steps and targets by region, site and team")],
            h.thead[h.tr[(h.th(scope="col")[each] for each in words)]],
            h.tbody[list(_lines(areas, words[1:], view, links))],
        ],
    ]


def _lines(areas: Sequence[AreaSteps], labels: Sequence[str], view: EnrolmentView, links: bool) -> Iterator[Html]:
    hidden: list[AreaSteps] = []
    for each in areas:
        if each.area.level is not Level.TEAM and hidden:
            yield _teams_not_shown(hidden, len(labels))
            hidden = []
        if each.area.level is Level.TEAM and each.enrolled.value is None and not each.enrolled.few:
            hidden.append(each)
        else:
            yield _line(each, labels, view, links)
    if hidden:
        yield _teams_not_shown(hidden, len(labels))


def _line(each: AreaSteps, labels: Sequence[str], view: EnrolmentView, links: bool) -> Html:
    more = ("" if each.target is None else str(each.target), "" if each.due is None else str(each.due), due_words(each))
    team = each.area.level is Level.TEAM
    return h.tr(class_=_CLASSES[each.area.level])[
        h.th(scope="row")[h.bdi[name_of(each)]],
        (
            h.td(data_label=label, class_=None if count.value is not None else "c3-quiet")[
                "" if team and step is not Step.ENROLLED else count_html(count, each.area, step, view, links)
            ]
            for label, (step, count) in zip(labels, ((step, each.steps[step]) for step in Step), strict=False)
        ),
        (h.td(data_label=label)[words] for label, words in zip(labels[-3:], more, strict=True)),
    ]


def _teams_not_shown(teams: Sequence[AreaSteps], columns: int) -> Html:
    named = ", ".join(name_of(each) for each in teams)
    few = tn("{n} team whose counts are not shown", "{n} teams whose counts are not shown", len(teams))
    return h.tr(class_="c3-team")[
        h.th(scope="row")[h.bdi[clean(named, 600)]], h.td(colspan=columns, class_="c3-quiet")[few]
    ]


_SHOWN = (Step.SCREENED, Step.CONSENTED, Step.ENROLLED)


def sites_html(sites: Sequence[AreaSteps]) -> Html | None:
    """Each site by itself, all on one scale: screened, consented, and enrolled on its target with what is due."""
    if not sites:
        return None
    scale = max((max(_of(each.steps[step]) for step in _SHOWN) for each in sites), default=0)
    scale = max(scale, *(each.target or 0 for each in sites))
    return fragment[
        h.h2(class_="c3-sectionhead")[t("Sites on one scale")],
        h.p(class_="c3-sub")[
            t(
                "The pale bar is the target, the line on it is what is due by today. All bars have one scale: {n}.",
                n=scale,
            )
        ],
        h.ul(class_="c3-multiples")[(_site_html(each, scale) for each in sites)],
    ]


def _of(count: Count) -> int:
    return count.value or 0


def _site_html(each: AreaSteps, scale: int) -> Html:
    due = due_words(each)
    return h.li(class_="c3-multiple")[
        h.h3[h.bdi[name_of(each)]],
        h.p[enrolled_words(each), f", {due}" if due and each.enrolled.value is not None else ""],
        h.dl(aria_hidden="true")[
            (
                h.div[
                    h.dt[t(STEPS[step])],
                    h.dd(class_="c3-barcell")[
                        bar_html(
                            _of(each.steps[step]),
                            scale,
                            each.due if step is Step.ENROLLED else None,
                            each.target if step is Step.ENROLLED else None,
                        )
                    ],
                    h.dd[count_words(each.steps[step])],
                ]
                for step in _SHOWN
            )
        ],
    ]
