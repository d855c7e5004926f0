"""Regions, sites and teams of the page Enrolment as HTML: tables of steps and targets, and the sites side by side."""

from collections.abc import Mapping, Sequence

from dashboard.domain.pilot.counts import Level
from dashboard.domain.pilot.disclosure import Count
from dashboard.domain.pilot.enrolment_shown import AreaSteps
from dashboard.domain.pilot.funnel import Step
from dashboard.ui.pilot.care_words import count_words
from dashboard.ui.pilot.enrolment_words import STEPS
from dashboard.ui.pilot.figure_words import due_words, enrolled_words, name_of
from dashboard.ui.pilot.figures_html import bar_html, count_html, dash_html
from dashboard.ui.pilot.view import EnrolmentView
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Html, clean, fragment
from dashboard.ui.shared.wording import t, tn

_CLASSES = {Level.ALL: "c3-region", Level.REGION: "c3-region", Level.SITE: "c3-site", Level.TEAM: "c3-site"}


def headings() -> list[str]:
    """The headings of the table."""
    return [
        t("Region and site"),
        *(t(STEPS[step]) for step in Step),
        t("Target"),
        t("Due today"),
        t("Against the line"),
    ]


def places_html(areas: Sequence[AreaSteps], view: EnrolmentView, *, links: bool = True) -> Html:
    """A line an area: its steps, its target, and whether it is behind."""
    words = headings()
    places = [each for each in areas if each.area.level is not Level.TEAM]
    lines = [_line(each, words[1:], view, links) for each in places]
    return fragment[
        h.h2(class_="c3-sectionhead")[t("By region and site")],
        _dash(places, links),
        _table("c3-steps", t("Steps and targets by region and site"), words, lines),
    ]


def _dash(places: Sequence[AreaSteps], links: bool) -> Html | None:
    """What a dash means, unless the steps above, which are of the first of these places, say it. A sheet says it."""
    said = links and bool(places) and dash_html(places[0].steps.values()) is not None
    return None if said else dash_html(count for each in places for count in each.steps.values())


def teams_html(
    areas: Sequence[AreaSteps], names: Mapping[str, str], view: EnrolmentView, *, links: bool = True
) -> Html | None:
    """A line a team with its steps. Teams of which nothing is shown share one."""
    teams = [each for each in areas if each.area.level is Level.TEAM]
    if not teams:
        return None
    words = [t("Team"), *(t(STEPS[step]) for step in Step)]
    hidden = [each for each in teams if not any(count.value is not None or count.few for count in each.steps.values())]
    lines = [_line(each, words[1:], view, links, names) for each in teams if each not in hidden]
    if hidden:
        few = tn("{n} team whose counts are not shown", "{n} teams whose counts are not shown", len(hidden))
        named = clean(", ".join(map(name_of, hidden)), 600)
        lines.append(h.tr[h.th(scope="row")[h.bdi[named]], h.td(colspan=len(Step), class_="c3-quiet")[few]])
    return fragment[
        h.h2(class_="c3-sectionhead c3-teamhead")[t("By team")],
        h.p(class_="c3-sub")[
            t("Each step counts for the team in whose care it was reached, also of people at another team's site.")
        ],
        _table("c3-teams", t("Steps by team"), words, lines),
    ]


def _table(kind: str, caption: str, words: Sequence[str], lines: Sequence[Html]) -> Html:
    return h.table(class_=f"c3-table c3-areas c3-places {kind}")[
        h.caption(class_="c3-sr")[caption],
        h.thead[h.tr[(h.th(scope="col")[each] for each in words)]],
        h.tbody[list(lines)],
    ]


def _line(
    each: AreaSteps, labels: Sequence[str], view: EnrolmentView, links: bool, names: Mapping[str, str] | None = None
) -> Html:
    """`names`: of a team, whose region is said too and which has no target."""
    more = ("" if each.target is None else str(each.target), "" if each.due is None else str(each.due), due_words(each))
    region = clean(names.get(each.area.region, ""), 120) if names is not None else ""
    return h.tr(class_=_CLASSES[each.area.level])[
        h.th(scope="row")[h.bdi[name_of(each)], h.span(class_="c3-sub")[h.bdi[region]] if region else None],
        (
            h.td(data_label=label, class_=None if count.value is not None else "c3-quiet")[
                count_html(count, each.area, step, view, links)
            ]
            for label, (step, count) in zip(labels, ((step, each.steps[step]) for step in Step), strict=False)
        ),
        (h.td(data_label=label)[words] for label, words in zip(labels[len(Step) :], more, strict=False)),
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
                "The pale bar is the target, the line on it what is due by today. All bars have one scale: 0 to {n}.",
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
