"""What stands around the figure: the second row of the header, the switches, and what is not drawn and why."""

from urllib.parse import urlencode

from dashboard.domain.timeline.events import Timeline
from dashboard.domain.timeline.scene import KindGroup, Scene
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.banners_html import notices_html, warning_html
from dashboard.ui.shared.dates import show_day
from dashboard.ui.shared.html import Html, fragment
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.notices import as_of_words, notice_words, old_words, stale_words
from dashboard.ui.shared.press import press
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import mark, t, tn
from dashboard.ui.timeline.not_drawn import NotDrawn, not_drawn, not_read_words
from dashboard.ui.timeline.view import TimelineView, conditions_of
from dashboard.ui.timeline.words import BUTTONS, GROUPS, lane_name

SPAN_WORDS = {
    "3m": (mark("3 m"), mark("3 months")),
    "1y": (mark("1 y"), mark("1 year")),
    "5y": (mark("5 y"), mark("5 years")),
    "all": (mark("All"), mark("All, from the first entry on")),
}


def patient_nav_html(patient_id: str, here: str) -> Html:
    """The pages about this patient; `here` is the one on screen, which is no link: Tab has somewhere to go."""
    pages = (
        ("summary", t("Summary"), "patient"),
        ("timeline", t("Timeline"), "timeline"),
        ("care_plan", t("Care plan"), "care_plan"),
        ("recommendations", t("Recommendations"), "recommendations"),
    )
    links = [
        h.span(class_="c3-here", aria_current="page")[words]
        if name == here
        else h.a(href=f"{address}?{urlencode({'id': patient_id})}", data_act=press(name), data_key=f"about-{name}")[
            words
        ]
        for name, words, address in pages
    ]
    return h.nav(class_="c3-tabs c3-aboutnav", aria_label=t("About this patient"))[links]


def _switch(words: str, key: str, on: bool, does: str, whole: str = "") -> Html:
    return h.button(
        type="button",
        class_="c3-switch",
        aria_pressed="true" if on else "false",
        aria_label=whole or None,
        title=whole or None,
        data_act=does,
        data_key=key,
    )[words]


def age_html(timeline: Timeline, at: ViewTime) -> Html:
    """How old the data are, on the banner's line."""
    return h.p(class_="c3-bannerage")[icon("clock"), " ", as_of_words(timeline.fetched, None, at.as_of, at.zone)]


def switches_html(timeline: Timeline, view: TimelineView, new: int, at: ViewTime) -> Html:
    """The second row: the pages about the patient; conditions, presets, what is new since the last conference; the
    form.
    """
    presets = [
        _switch(t(short), f"span-{span}", view.span == span, press("span", to=span), t(whole))
        for span, (short, whole) in SPAN_WORDS.items()
    ]
    table = _switch(t("Table"), "form-table", view.table, press("table", on="" if view.table else "yes"))
    return h.div(class_="c3-switches")[
        patient_nav_html(view.id, "timeline"),
        _conditions(timeline, view),
        h.div(class_="c3-segments", role="group", aria_label=t("Time shown"))[presets],
        _since(timeline, view, new, at),
        table,
        _switch(t("Large"), "form-large", view.large, press("large")),
    ]


def _conditions(timeline: Timeline, view: TimelineView) -> Html:
    """A button for each condition that the person has, and one for all of them."""
    keys = conditions_of(timeline)
    chosen = view.condition if view.condition in keys else None
    buttons = [_switch(t("All"), "condition-all", chosen is None, press("condition", name=""), t("All conditions"))]
    buttons += [
        _switch(
            t(BUTTONS[key]), f"condition-{key.value}", chosen is key, press("condition", name=key.value), lane_name(key)
        )
        for key in keys
    ]
    return h.div(class_="c3-segments", role="group", aria_label=t("Condition shown"))[buttons]


def kinds_html(view: TimelineView) -> Html:
    """The kinds of entries that can be switched on and off together."""
    kinds = [_kind(group, group not in view.off) for group in KindGroup]
    return h.div(class_="c3-kinds", role="group", aria_label=t("What is shown"))[kinds]


def _kind(group: KindGroup, on: bool) -> Html:
    sign = icon("check") if on else icon("close")
    return h.button(
        type="button",
        class_="c3-switch c3-kind",
        aria_pressed="true" if on else "false",
        data_act=press("kind", name=group.value),
        data_key=f"kind-{group.value}",
    )[sign, t(GROUPS[group])]


def _since(timeline: Timeline, view: TimelineView, new: int, at: ViewTime) -> Html:
    if timeline.conference is None:
        return h.span(class_="c3-sub c3-nw")[t("No conference yet")]
    day = show_day(timeline.conference.astimezone(at.zone).date())
    said = tn("{n} new since {date}", "{n} new since {date}", new, date=day[:-5])
    return h.button(
        type="button",
        class_="c3-switch c3-since",
        aria_pressed="true" if view.since else "false",
        title=t("Mark what is new since the last conference, {date}", date=day),
        data_act=press("since"),
        data_key="since",
    )[said]


def warnings_html(timeline: Timeline, at: ViewTime, stale: str) -> Html | None:
    """What must be known before anything is read off: the server cannot be used, a part could not be read."""
    banners: list[Html | None] = []
    if stale or timeline.stale:
        banners.append(warning_html(stale_words(timeline.fetched, at.as_of, at.zone, stale or timeline.stale)))
    for words in [*not_read_words(timeline), *old_words(timeline.old, at.as_of, at.zone)]:
        banners.append(h.div(class_="c3-banner c3-stale c3-notread", role="alert")[icon("warn"), h.span[words]])
    return fragment[banners] if banners else None


def footer_html(timeline: Timeline, scene: Scene, at: ViewTime) -> Html:
    """Nothing is dropped in silence: what is merged, left out by a rule, unread or not understood, with its count."""
    return h.section(class_="c3-footer")[
        h.h2(class_="c3-sectionhead")[t("What is not drawn")],
        h.ul(class_="c3-honest")[(_line(each) for each in not_drawn(timeline, scene))],
        notices_html([notice_words(notice) for notice in timeline.notices]),
    ]


def _line(each: NotDrawn) -> Html:
    sign = icon("warn") if each.warns else icon("info")
    if not each.details:
        return h.li[sign, h.span[each.words]]
    lines = h.ul(class_="c3-lines")[(h.li[h.bdi[detail]] for detail in each.details)]
    return h.li[sign, h.span[each.words, " ", h.details(data_key=each.key)[h.summary[each.summary], lines]]]


def empty_html(timeline: Timeline) -> Html:
    """A record without anything that has a place on a timeline."""
    failed = not timeline.whole()
    return h.div(class_="c3-empty")[
        icon("calendar"),
        h.h2[t("Nothing could be read") if failed else t("Nothing is on record yet")],
        h.p[t("Where a part could not be read, it says so above.") if failed else t("No events of any kind.")],
    ]
