"""Why people were lost, how complete the data are, and what the teams have done, as HTML."""

from collections.abc import Sequence
from dataclasses import replace

from dashboard.domain.pilot.disclosure import Count
from dashboard.domain.pilot.enrolment_counts import Datum
from dashboard.domain.pilot.enrolment_shown import Complete, EnrolmentFigures, Lost, Work
from dashboard.domain.pilot.funnel import Step
from dashboard.domain.pilot.number_list import WORK, after_of
from dashboard.ui.pilot.care_words import count_words
from dashboard.ui.pilot.figure_words import DATA, after_words, area_name, loss_words, part_words, share_words
from dashboard.ui.pilot.figures_html import count_html, list_link
from dashboard.ui.pilot.view import EnrolmentView
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Child, Html, clean, fragment
from dashboard.ui.shared.wording import t, tn


def lost_html(lost: Sequence[Lost], view: EnrolmentView, *, links: bool = True) -> Html:
    """Who is lost at each step and why, the most frequent reason first. Reasons that are not shown are not named: that
    somebody has one would be told by it.
    """
    words = lost_headings()
    return fragment[
        h.h2(class_="c3-sectionhead")[t("Why people are lost")],
        h.p(class_="c3-sub")[
            t(
                "By the last step they had reached, and the most frequent reasons there. Reasons of fewer people are "
                "not named. Where few are still at a step, how many were lost there is not shown."
            )
            if lost
            else t("Not shown: the counts do not add up to the whole.")
        ],
        h.table(class_="c3-table c3-areas c3-lost")[
            h.caption(class_="c3-sr")[t("People who are lost, by the last step reached and why")],
            h.thead[h.tr[(h.th(scope="col")[each] for each in words)]],
            h.tbody[(row for each in lost for row in _lost(each, view, links))],
        ]
        if lost
        else None,
    ]


def lost_headings() -> list[str]:
    return [t("Last step reached, and why lost"), t("People"), t("Share")]


def _lost(each: Lost, view: EnrolmentView, links: bool) -> list[Html]:
    after = replace(view, after=after_of(each.step))
    rows = [_row(after_words(each.step), each.people, "", "c3-region", after, links)]
    for state, reason, people in each.reasons:
        to = replace(after, lost=state, reason=reason)
        rows.append(_row(loss_words(state, reason), people, share_words(people, each.people), "c3-site", to, links))
    return rows


def _row(words: str, people: Count, share: str, kind: str, to: EnrolmentView, links: bool) -> Html:
    labels = lost_headings()
    return h.tr(class_=kind)[
        h.th(scope="row")[words],
        h.td(data_label=labels[1], class_=None if people.value is not None else "c3-quiet")[
            list_link(str(people.value), to) if links and people.value is not None else count_words(people)
        ],
        h.td(data_label=labels[2])[share],
    ]


def data_columns(complete: Sequence[Complete]) -> list[Datum]:
    """What could be counted."""
    return [datum for datum in Datum if complete and datum in complete[0].having]


def complete_html(
    figures: EnrolmentFigures, complete: Sequence[Complete], view: EnrolmentView, *, links: bool = True
) -> Html | None:
    """Of how many of the enrolled each datum is on record, by place."""
    columns = data_columns(complete)
    if not columns:
        return None
    labels = [t("Region and site"), t("Enrolled"), *(t(DATA[datum]) for datum in columns)]
    hidden = [each for each in complete if each.area.site and not _says_anything(each)]
    shown = [each for each in complete if each not in hidden]
    return fragment[
        h.h2(class_="c3-sectionhead")[t("How complete the data are")],
        h.p(class_="c3-sub")[complete_counted()],
        h.table(class_="c3-table c3-areas c3-places")[
            h.caption(class_="c3-sr")[t("People with a value on record, by measure and place")],
            h.thead[h.tr[(h.th(scope="col")[label] for label in labels)]],
            h.tbody[
                (_complete(figures, each, columns, labels[1:], view if links else None) for each in shown),
                _sites_not_shown(figures, hidden, len(columns) + 1),
            ],
        ],
    ]


def complete_counted() -> str:
    """What counts as complete, and where how recent it is stands."""
    return t(
        "People enrolled of whom a value is on record, of any time: a server cannot count people by a value "
        "and its day together. How many have one before enrolment and in each period after it, and how many "
        "lack one, by site and measure, is in the evaluation."
    )


def _says_anything(each: Complete) -> bool:
    return any(count.value is not None or count.few for count in each.having.values())


def _sites_not_shown(figures: EnrolmentFigures, sites: Sequence[Complete], columns: int) -> Html | None:
    if not sites:
        return None
    few = tn("{n} site whose counts are not shown", "{n} sites whose counts are not shown", len(sites))
    named = ", ".join(area_name(figures, each.area) for each in sites)
    return h.tr(class_="c3-site")[
        h.th(scope="row")[h.bdi[clean(named, 600)]], h.td(colspan=columns, class_="c3-quiet")[few]
    ]


def _complete(
    figures: EnrolmentFigures, each: Complete, columns: Sequence[Datum], labels: Sequence[str],
    view: EnrolmentView | None,
) -> Html:  # fmt: skip
    """A line; with a `view` the numbers open their lists."""
    area = each.area

    def cell(datum: Datum) -> Child:
        words = part_words(each.having[datum], each.of)
        if view is None or each.having[datum].value is None:
            return words
        return list_link(words, EnrolmentView(view.study, area.region, site=area.site, datum=datum))

    enrolled = count_html(each.of, area, Step.ENROLLED, view or EnrolmentView(), view is not None)
    cells = (enrolled if each.of.value is not None else count_words(each.of), *(cell(datum) for datum in columns))
    return h.tr(class_="c3-site" if area.site else "c3-region")[
        h.th(scope="row")[h.bdi[area_name(figures, area)]],
        (h.td(data_label=label)[words] for label, words in zip(labels, cells, strict=True)),
    ]


def work_html(
    figures: EnrolmentFigures, work: Sequence[Work], view: EnrolmentView, *, links: bool = True
) -> Html | None:
    """Teams, conferences held, and care plans made, agreed to and reviewed since."""
    if not work:
        return None
    labels = work_headings()
    return fragment[
        h.h2(class_="c3-sectionhead")[t("Teams, conferences and care plans")],
        h.p(class_="c3-sub")[plans_counted()],
        h.table(class_="c3-table c3-areas c3-places")[
            h.caption(class_="c3-sr")[t("What the teams have done, by region")],
            h.thead[h.tr[(h.th(scope="col")[label] for label in labels)]],
            h.tbody[
                (
                    h.tr(class_="c3-region" if not each.area.site else "c3-site")[
                        h.th(scope="row")[h.bdi[area_name(figures, each.area)]],
                        (
                            h.td(data_label=label)[
                                list_link(words, EnrolmentView(view.study, each.area.region, work=name))
                                if links and _value(each, name) is not None
                                else words
                            ]
                            for label, name, words in zip(labels[1:], WORK, work_cells(each), strict=True)
                        ),
                    ]
                    for each in work
                )
            ],
        ],
    ]


def _value(each: Work, name: str) -> int | None:
    number = getattr(each, name)
    return number.value if isinstance(number, Count) else number


def plans_counted() -> str:
    """What counts as agreed and as reviewed."""
    return t(
        "Care plans of the enrolled. Agreed to: signed off, and not given up. Reviewed since: of these, saved again "
        "while in force, which is known only of what this dashboard has saved since it counts reviews."
    )


def work_headings() -> list[str]:
    return [
        t("Region"), t("Teams"), t("Conferences held"), t("Care plans made"), t("Agreed to"), t("Reviewed since"),
    ]  # fmt: skip


def work_cells(each: Work) -> list[str]:
    """Each number, or that it could not be counted."""
    plain = [str(n) if n is not None else t("not counted") for n in (each.teams, each.conferences)]
    plans = [
        t("not counted")
        if part is None
        else count_words(part)
        if part is each.plans or each.plans is None
        else part_words(part, each.plans)
        for part in (each.plans, each.plans_agreed, each.plans_reviewed)
    ]
    return [*plain, *plans]
