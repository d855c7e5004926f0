"""The screening list as HTML: the funnel of one's own list, the filters in force, the lines, the pager."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.domain.pilot.eligibility import CONDITIONS, Outcome
from dashboard.domain.pilot.funnel import Step
from dashboard.domain.pilot.screening_filter import NONE
from dashboard.domain.pilot.screening_list import Mark, ScreeningList
from dashboard.ui.pilot.enrolment_words import STATES, STEPS, reason_words
from dashboard.ui.screening.row_html import row_html
from dashboard.ui.screening.rows import FilteredList
from dashboard.ui.screening.view import ScreeningView
from dashboard.ui.screening.words import CRITERIA, FACTS, MARKS, OUTCOMES
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.banners_html import notices_html, warning_html
from dashboard.ui.shared.html import Child, Html, for_screen_readers, fragment
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.no_patients_html import no_patients_html
from dashboard.ui.shared.pager import pages_html
from dashboard.ui.shared.press import press
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t, tn


def heading_html(found: ScreeningList, as_of: str, stale: str, notices: Sequence[str]) -> Html:
    """Title, age, and what could not be read; where the server has no pilot, what is needed."""
    return fragment[
        h.div(class_="c3-head")[h.h1[t("Screening")], h.p(class_="c3-asof")[icon("clock"), as_of]],
        warning_html(stale),
        notices_html(notices),
        _without_study(found),
    ]


def _without_study(found: ScreeningList) -> Html | None:
    if found.study is not None:
        return None
    if not found.study_known:
        words = t("The pilot could not be read. How the patients stand in it is not known, so nothing is changed.")
    else:
        words = t(
            "There is no pilot on this server: it needs a ResearchStudy with the number NCT03834207 and its sites. "
            "Until then the list says who is eligible, and nobody is put on it."
        )
    return h.div(class_="c3-banner c3-notice", role="note")[icon("info"), h.span[words]]


def funnel_html(shown: FilteredList, view: ScreeningView) -> Html:
    """The numbers of one's own list, each of which filters it when it is pressed."""
    counts, wanted = shown.counts, view.wanted
    tiles = [
        _tile(
            t("To approach"), counts.to_approach, wanted.to_approach, press("toggle", name="waiting", value=""), "new"
        )
    ]
    tiles += [
        _tile(t(STEPS[step]), counts.step[step], wanted.step == step, press("toggle", name="step", value=step))
        for step in Step
    ]
    groups = [
        _pills("state", t("Now"), STATES, counts.state, wanted.state),
        _pills("rule", t("By the rule"), OUTCOMES, counts.rule, wanted.rule),
        _pills("mark", t("Marked"), MARKS, counts.mark, wanted.mark),
    ]
    return fragment[
        h.div(class_="c3-tiles c3-reached", role="group", aria_label=t("Who has reached a step"))[tiles],
        # On a telephone they would fill the first screen: there they are below this, once it is open.
        h.details(class_="c3-morepills", data_key="more-pills")[h.summary[t("More numbers to filter by")]],
        h.div(class_="c3-screeningpills")[groups],
    ]


def _tile(label: str, count: int, pressed: bool, what: str, tone: str = "") -> Html:
    return h.button(
        type="button",
        class_=f"c3-tile c3-{tone}" + ("" if count else " c3-zero"),
        aria_pressed="true" if pressed else "false",
        data_act=what,
        data_key=f"tile-{what}",
    )[
        h.span(class_="c3-tilecount")[str(count)],
        h.span(class_="c3-tilelabel")[icon(tone) if tone else None, label],
    ]


def _pills(
    name: str, label: str, words: Mapping[Any, str], counts: Counter[str], chosen: frozenset[str]
) -> Html | None:
    """The values that somebody has, and those that are pressed: they must be there to be taken away."""
    values = [key for key in words if counts[key] or key in chosen]
    if not values:
        return None
    return h.div(class_="c3-pills", role="group", aria_label=label)[
        h.span(class_="c3-label", aria_hidden="true")[label],
        (
            h.button(
                type="button",
                class_="c3-pill",
                aria_pressed="true" if key in chosen else "false",
                data_act=press("toggle", name=name, value=key),
                data_key=f"pill-{name}-{key}",
            )[t(words[key]), " ", h.span(class_="c3-pillcount")[str(counts[key])]]
            for key in values
        ),
    ]


def list_html(
    shown: FilteredList, view: ScreeningView, at: ViewTime, similar: frozenset[str], may_change: bool
) -> Html:
    """The filters in force, the lines and the pager."""
    return fragment[
        _summary(shown, view),
        _table(shown, at, similar, may_change) if shown.page.rows else no_patients_html(shown.total),
        pages_html(shown.page, t("Pages of the screening list")),
    ]


def filter_words(view: ScreeningView, sites: dict[str, str]) -> list[tuple[str, str, str]]:
    """The filters in force: name, value, and in words."""
    wanted = view.wanted
    filters = [("waiting", "", t("To approach"))] if wanted.to_approach else []
    filters += [("q", view.q, f"“{view.q}”")] if view.q else []
    filters += [("site", wanted.site, sites.get(wanted.site, wanted.site))] if wanted.site else []
    filters += [("step", wanted.step, t("reached: {step}", step=t(STEPS[Step(wanted.step)])))] if wanted.step else []
    states = [key for key in STATES if key in wanted.state]
    filters += [("state", key, t("now: {state}", state=t(STATES[key]))) for key in states]
    filters += [("rule", key, t(OUTCOMES[key])) for key in Outcome if key in wanted.rule]
    filters += [("mark", key, t(MARKS[key])) for key in Mark if key in wanted.mark]
    filters += [
        ("missing", key, t("missing: {fact}", fact=t(words))) for key, words in FACTS.items() if key == wanted.missing
    ]
    if wanted.last:
        step = t("none") if wanted.last == NONE else t(STEPS[Step(wanted.last)])
        filters.append(("last", wanted.last, t("lost after: {step}", step=step)))
    if wanted.reason:
        reason = t("none recorded") if wanted.reason == NONE else reason_words(wanted.reason)
        filters.append(("reason", wanted.reason, t("reason: {reason}", reason=reason)))
    return filters


def _summary(shown: FilteredList, view: ScreeningView) -> Html:
    chips = [
        h.button(
            type="button",
            class_="c3-chip",
            data_act=press("toggle", name=name, value=value),
            data_key=f"chip-{name}-{value}",
        )[label, icon("close"), for_screen_readers(t("take this filter away"))]
        for name, value, label in filter_words(view, shown.sites)
    ]
    if chips:
        chips.append(
            h.button(type="button", class_="c3-plainbutton", data_act=press("clear"), data_key="clear")[t("Clear all")]
        )
    count = tn("{n} patient", "{n} patients", len(shown.matching))
    return h.div(class_="c3-summary")[
        h.p(class_="c3-count", role="status")[
            h.strong[count], [" ", t("of {n}", n=shown.total)] if view.filtered else None
        ],
        h.div(class_="c3-chips", role="group", aria_label=t("Filters in force"))[chips] if chips else None,
    ]


def _table(shown: FilteredList, at: ViewTime, similar: frozenset[str], may_change: bool) -> Html:
    headings: list[Child] = [t("Who"), t("Site"), t("In the pilot"), t("By the rule")]
    pick_all = h.label(class_="c3-pick")[
        h.input(type="checkbox", data_pick_all="", aria_label=t("Choose all on this page"))
    ]
    return h.table(class_="c3-table c3-screening")[
        h.caption(class_="c3-sr")[t("Patients of my teams and how they stand in the pilot; a row opens the patient")],
        h.thead[
            h.tr[
                h.td(class_="c3-pickcell")[pick_all] if may_change else None,
                (h.th(scope="col")[words] for words in headings),
                h.th(scope="col", class_="c3-nextcell")[for_screen_readers(t("Next step"))] if may_change else None,
            ]
        ],
        h.tbody[(row_html(line, at, line.person.id in similar, may_change) for line in shown.page.rows)],
    ]


def rule_html() -> Html:
    """What the rule asks, and where it is from."""
    return fragment[
        h.h2[t("Who may take part")],
        h.ul(class_="c3-criteria")[
            (h.li(class_="c3-condition" if key in CONDITIONS else None)[t(words)] for key, words in CRITERIA.items())
        ],
        h.p[
            t("Source: the published criteria of the trial NCT03834207 (C3-Cloud), at clinicaltrials.gov."),
            " ",
            t("An eGFR, a PHQ-9 score or an observed NYHA class that is older than a year counts as missing."),
        ],
        h.p[
            h.b[t("Draft.")],
            " ",
            t(
                "No clinician has signed how a record answers the criteria. The rule advises: people judge, and record "
                "what they found."
            ),
        ],
    ]
