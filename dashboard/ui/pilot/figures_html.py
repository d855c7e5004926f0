"""The top of the page Enrolment as HTML: enrolled of the target, when it is reached, the funnel."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from urllib.parse import urlencode

from dashboard.domain.pilot.counts import Level
from dashboard.domain.pilot.disclosure import FEWEST, Count
from dashboard.domain.pilot.enrolment_shown import AreaSteps, Curve, EnrolmentFigures
from dashboard.domain.pilot.funnel import Area, Step
from dashboard.ui.pilot.care_words import count_words
from dashboard.ui.pilot.enrolment_words import STEPS
from dashboard.ui.pilot.figure_words import (
    BEFORE,
    area_name,
    curve_alt,
    due_words,
    enrolled_words,
    forecast_words,
    pace_definition,
    share_words,
    target_words,
)
from dashboard.ui.pilot.view import EnrolmentView, write_enrolment_view
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.banners_html import notices_html, warning_html
from dashboard.ui.shared.dates import show_day
from dashboard.ui.shared.html import Child, Html, clean, for_screen_readers, fragment
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.notices import notice_words
from dashboard.ui.shared.press import press
from dashboard.ui.shared.wording import t, tn


def heading_html(
    figures: EnrolmentFigures | None, view: EnrolmentView, as_of: str, stale: str, notices: Sequence[str],
    synthetic: bool,
) -> Html:  # fmt: skip
    """Title, which study, age, the two parts of the page, the regions."""
    name = "" if figures is None else ", ".join(filter(None, (clean(figures.title, 200), clean(figures.registration))))
    return fragment[
        h.div(class_="c3-head")[
            h.h1[t("Enrolment")],
            h.p(class_="c3-sub")[h.bdi[name] if name else t("Counts and pseudonyms; no name is shown or exported.")],
            h.p(class_="c3-flag")[synthetic_words()] if synthetic else None,
            h.p(class_="c3-asof")[icon("clock"), as_of],
        ],
        warning_html(stale),
        notices_html(notices),
        parts_html(view),
        _regions_html(figures, view) if figures is not None else None,
    ]


def synthetic_words() -> str:
    """What is said of the demo's figures and targets wherever they are."""
    return t("Synthetic: people and targets are made up")


def notices_of(figures: EnrolmentFigures) -> list[str]:
    """What the server could not do, and who is counted nowhere."""
    words = [notice_words(notice) for notice in figures.notices]
    if figures.unreadable:
        words.append(tn("{n} record could not be read.", "{n} records could not be read.", figures.unreadable))
    return words


def _address(view: EnrolmentView) -> str:
    """The address of a view, relative to any page."""
    params = write_enrolment_view(view)
    return f"enrolment?{urlencode(params)}" if params else "enrolment"


def parts_html(view: EnrolmentView) -> Html:
    """The way between the two parts of the page."""
    parts = (
        (t("Enrolment"), "enrolment", EnrolmentView(study=view.study)),
        (t("Patients in care"), "care", EnrolmentView(care=True)),
    )
    return h.nav(class_="c3-segments c3-parts", aria_label=t("Parts of the page"))[
        (
            h.a(
                href=_address(to),
                class_="c3-switch",
                aria_current="true" if view.care == to.care else None,
                data_act=press(do),
                data_key=f"part-{do}",
            )[words]
            for words, do, to in parts
        )
    ]


def _regions_html(figures: EnrolmentFigures, view: EnrolmentView) -> Html | None:
    regions = [each for each in figures.areas if each.area.level is Level.REGION]
    if len(regions) < 2:
        return None
    choices = [("", t("All regions")), *((each.area.region, area_name(figures, each.area)) for each in regions)]
    return h.nav(class_="c3-segments c3-parts", aria_label=t("Region"))[
        (
            h.a(
                href=_address(EnrolmentView(view.study, region)),
                class_="c3-switch",
                aria_current="true" if region == view.region else None,
                data_act=press("region", region=region),
                data_key=f"region-{region or 'all'}",
            )[h.bdi[words]]
            for region, words in choices
        )
    ]


def totals_html(figures: EnrolmentFigures, each: AreaSteps, *, explained: bool = True) -> Html:
    """The most important number, and what it means for the target; `explained`: with how the day is reckoned."""
    pace = (figures.curves or {})[each.area].pace
    day, reckoned = forecast_words(pace, figures.start)
    return fragment[
        h.dl(class_="c3-figures")[
            _figure(t("Enrolled"), enrolled_words(each), target_words(each), first=each.enrolled.value is not None),
            _figure(
                t("Against the target line"),
                due_words(each) or t("no target"),
                t("{n} are due by today", n=each.due) if each.due is not None else "",
            ),
            _figure(t("Target reached at the present pace"), day, reckoned),
        ],
        pace_html() if explained else None,
    ]


def pace_html() -> Html:
    """How the day is reckoned on which the target is reached."""
    return h.details(data_key="pace", class_="c3-rule")[h.summary[t("How the day is reckoned")], h.p[pace_definition()]]


def _figure(label: str, value: str, below: str, *, first: bool = False) -> Html:
    return h.div(class_="c3-figure c3-first" if first else "c3-figure")[
        h.dt[label], h.dd[value], h.dd(class_="c3-sub")[below] if below else None
    ]


def funnel_html(each: AreaSteps, view: EnrolmentView, *, links: bool = True) -> Html:
    """Each step with its people, their share of the step before, and a bar; all on one scale."""
    whole = max((count.value or 0 for count in each.steps.values()), default=0)
    headings = (t("Step"), t("People"), t("Of the step before"), "")
    return fragment[
        h.h2(class_="c3-sectionhead")[t("From screening to the end")],
        h.table(class_="c3-table c3-funnel")[
            h.caption(class_="c3-sr")[t("People at each step, and their share of the step before")],
            h.thead[h.tr[(h.th(scope="col")[words] for words in headings[:3]), h.th(scope="col", aria_hidden="true")]],
            h.tbody[(_step_html(each, step, whole, view, links) for step in Step)],
        ],
        dash_html(each.steps.values()),
    ]


def _step_html(each: AreaSteps, step: Step, whole: int, view: EnrolmentView, links: bool) -> Html:
    count = each.steps[step]
    before = each.steps[BEFORE[step]] if step in BEFORE else None
    share = share_words(count, before) if before is not None else ""
    of = t("{share} of {step}", share=share, step=t(STEPS[BEFORE[step]]).lower()) if share else ""
    return h.tr[
        h.th(scope="row")[t(STEPS[step])],
        h.td(data_label=t("People"), class_=None if count.value is not None else "c3-quiet")[
            count_html(count, each.area, step, view, links)
        ],
        h.td(data_label=t("Of the step before"), class_="c3-quiet")[of],
        h.td(class_="c3-barcell", aria_hidden="true")[bar_html(count.value or 0, whole)],
    ]


def curve_html(figures: EnrolmentFigures, area: Area) -> Html:
    """The heading of the curve and what it shows."""
    return fragment[
        h.h2(class_="c3-sectionhead")[t("Enrolment over time")], h.p(class_="c3-sub")[curve_alt(figures, area)]
    ]


def points_html(curve: Curve, view: EnrolmentView, *, links: bool = True) -> Html | None:
    """The points of the curve, each with who was enrolled by then and since the point before; none without points."""
    if not curve.points:
        return None

    def number(people: int, since: date | None, until: date) -> Child:
        to = EnrolmentView(view.study, view.region, Step.ENROLLED, since=since, until=until)
        return list_link(str(people), to) if links else str(people)

    words = (t("Until"), t("Enrolled"), t("Since the line before"))
    before = [(None, 0), *curve.points]
    return h.details(data_key="points", class_="c3-rule")[
        h.summary[t("The points of the curve as a table")],
        h.table(class_="c3-table c3-areas c3-lost")[
            h.caption(class_="c3-sr")[t("People enrolled by each point of the curve")],
            h.thead[h.tr[(h.th(scope="col")[each] for each in words)]],
            h.tbody[
                (
                    h.tr[
                        h.th(scope="row")[show_day(day)],
                        h.td(data_label=words[1])[number(people, None, day)],
                        h.td(data_label=words[2])[number(people - earlier, since, day)],
                    ]
                    for (day, people), (since, earlier) in zip(curve.points, before, strict=False)
                )
            ],
        ],
    ]


def bar_html(value: int, whole: int, tick: int | None = None, most: int | None = None) -> Html:
    """A bar of `value` on a scale of `whole`, a lighter one behind it up to `most`, and a line at `tick`."""
    scale = 100 / whole if whole else 0

    def wide(people: int) -> str:
        return f"{min(100.0, people * scale):.1f}"

    return h.svg(class_="c3-bar", viewBox="0 0 100 10", preserveAspectRatio="none", aria_hidden="true")[
        h.rect(class_="c3-bar-most", x=0, y=0, width=wide(most), height=10) if most else None,
        h.rect(class_="c3-bar-value", x=0, y=1, width=wide(value), height=8),
        h.rect(class_="c3-bar-tick", x=wide(tick), y=0, width="0.8", height=10) if tick else None,
    ]


def count_html(count: Count, area: Area, step: Step, view: EnrolmentView, links: bool) -> Child:
    """The count, which opens its list where there is one; a dash where nothing is said. Paper has no `links`."""
    if count.value is None and not count.few:
        if not links:
            return "–"
        return fragment[h.span(aria_hidden="true", title=t("not shown"))["–"], for_screen_readers(t("not shown"))]
    words = count_words(count)
    if count.value is None or not links:
        return words
    return list_link(words, EnrolmentView(view.study, area.region, step, area.site, team=area.team))


def dash_html(counts: Iterable[Count]) -> Html | None:
    """What a dash among these counts means, beside the table that has one: it is easily read as none at all."""
    if all(count.value is not None or count.few for count in counts):
        return None
    return h.p(class_="c3-sub c3-dash")[
        t("“–”: not shown, because a count below {n} could be worked out from it; it does not mean none.", n=FEWEST)
    ]


def list_link(words: str, to: EnrolmentView) -> Html:
    """A number that opens the list of a view."""
    params = {name: value for name, value in write_enrolment_view(to).items() if name != "study"}
    return h.a(
        href=_address(to),
        class_="c3-countlink",
        data_act=press("list", **params),
        data_key="-".join(("list", *(part for each in params.items() for part in each))),
        title=t("Open the list"),
    )[words]


def rule_html() -> Html:
    """Why some counts are missing."""
    return h.details(data_key="rule", class_="c3-rule")[
        h.summary[t("Why some counts are not shown")],
        (h.p[words] for words in rule_words()),
    ]


def rule_words() -> Iterator[str]:
    """The rule in sentences; the page, the printed report and the workbook say it."""
    yield t(
        "A count below {n} could tell about somebody, so it reads “fewer than {n}”, none at all included. A dash, or "
        "“not shown”, is a count from which such a one could be worked out: another place, another step or another "
        "month.",
        n=FEWEST,
    )
    yield t(
        "Steps are parts of each other: where fewer than {n} people are between two steps, none at all included, the "
        "less important one is a dash. Enrolled and screened come first. The curve has a point only where at least {n} "
        "more people were enrolled since the point before. Sites come before teams: of a team a count is a dash where "
        "one of its sites would follow from it.",
        n=FEWEST,
    )
    yield t(
        "Of why people were lost, each region is held back beside the whole, and reasons that are not shown are not "
        "named either. How many were lost after a step is a dash where fewer than {n} are still at it.",
        n=FEWEST,
    )
    yield t(
        "Draft, not yet reviewed by a data protection officer; after the guidance of the UK Office for National "
        "Statistics on disclosure control of health statistics, and NHS Digital's on secondary suppression."
    )


def no_study_html(others: bool) -> Html:
    """There is no study of which anything could be counted."""
    return h.div(class_="c3-empty")[
        icon("search"),
        h.h2[t("No study is recorded")],
        h.p[
            t("This address names a study that the server does not hold.")
            if others
            else t(
                "The server holds no ResearchStudy: once there is one, its sites, targets and people are shown here."
            )
        ],
    ]
