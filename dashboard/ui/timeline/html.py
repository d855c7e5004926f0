"""What stands around the figure: the second row of the header, the switches, the key, and what is not drawn and why."""

from collections import Counter
from urllib.parse import urlencode

from dashboard.domain.timeline.events import EventKind, EventState, Timeline
from dashboard.domain.timeline.scene import KindGroup, Mark, Scene
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.banners_html import notices_html, warning_html
from dashboard.ui.shared.dates import show_day
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.html import Html, clean, fragment
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.notices import as_of_words, notice_words, stale_words, unreadable_words
from dashboard.ui.shared.press import press
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import mark, t, tn
from dashboard.ui.timeline.figure.style import LETTERS, SHARED
from dashboard.ui.timeline.panel_words import panel_name, reference_words
from dashboard.ui.timeline.view import TimelineView
from dashboard.ui.timeline.words import GROUPS, KINDS, LEFT, RULES, show_code, type_words

SPAN_WORDS = {
    "3m": (mark("3 m"), mark("3 months")),
    "1y": (mark("1 y"), mark("1 year")),
    "5y": (mark("5 y"), mark("5 years")),
    "all": (mark("All"), mark("All, from the first entry on")),
}
# Unmapped codes listed by name; the rest are counted.
MOST_CODES = 40


def patient_nav_html(patient_id: str, here: str) -> Html:
    """The pages about this patient; `here` is the one on screen."""
    pages = (("summary", t("Summary"), "patient"), ("timeline", t("Timeline"), "timeline"))
    links = [
        h.a(
            href=f"{address}?{urlencode({'id': patient_id})}",
            aria_current="page" if name == here else None,
            data_act=press(name),
            data_key=f"about-{name}",
        )[words]
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
    """The second row: the pages about the patient; presets, kinds, what is new since the last conference; the form.

    In large type only what a conference needs.
    """
    presets = [
        _switch(t(short), f"span-{span}", view.span == span, press("span", to=span), t(whole))
        for span, (short, whole) in SPAN_WORDS.items()
    ]
    kinds = [_kind(group, group not in view.off) for group in KindGroup]
    table = _switch(t("Table"), "form-table", view.table, press("table", on="" if view.table else "yes"))
    return h.div(class_="c3-switches")[
        patient_nav_html(view.id, "timeline"),
        h.div(class_="c3-segments", role="group", aria_label=t("Time shown"))[presets],
        None if view.large else h.div(class_="c3-kinds", role="group", aria_label=t("What is shown"))[kinds],
        _since(timeline, view, new, at),
        None if view.large else table,
        _switch(t("Large"), "form-large", view.large, press("large")),
    ]


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
    for name, reason in timeline.not_read.items():
        words = t("{what} could not be read, so they are missing here.", what=_begin(type_words(name)))
        why = clean(error_words(reason), 200)
        banners.append(
            h.div(class_="c3-banner c3-stale c3-notread", role="alert")[icon("warn"), h.span[words, " ", why]]
        )
    return fragment[banners] if banners else None


def _begin(words: str) -> str:
    return words[:1].upper() + words[1:]


def key_html(scene: Scene) -> Html:
    """What the shapes mean, of those on screen."""
    marks = [each for lane in scene.lanes for each in lane.marks]
    bars = [each for lane in scene.lanes for each in lane.bars]
    signs = [
        _sign(f"c3-m-{kind.value}", LETTERS[kind], t(KINDS[kind]))
        for kind in EventKind
        if any(each.kind is kind and not each.abnormal for each in marks)
    ]
    shared = any(each.shared for each in marks) or any(each.shared for each in bars)
    vague = any(each.vague_start or each.vague_end for each in bars)
    fresh = any(each.new for each in marks) or any(each.new for each in bars)
    others = (
        (any(each.abnormal for each in marks), "c3-m-abnormal", "!", t("outside usual range")),
        (any(each.count > 1 for each in marks), "c3-m-many", "3", t("several, too close to tell apart")),
        (any(_hollow(each) for each in marks), "c3-m-hollow", "", t("planned, or not confirmed")),
        (any(each.state is EventState.NOT_DONE for each in marks), "c3-m-notdone", "✕", t("not done")),
        (shared, "c3-m-plain", SHARED, t("one and the same entry in several lanes")),
        (vague, "c3-m-vague", "", t("only the month or year is known")),
        (fresh, "c3-m-new", "", t("NEW: since the last conference")),
        (any(each.before for each in bars), "c3-m-plain", "◂", t("began before")),
    )
    signs += [_sign(sign, letter, words) for shown, sign, letter, words in others if shown]
    return h.div(class_="c3-key")[h.b[t("Key")], h.ul[signs]] if signs else h.div(class_="c3-key")[None]


def _hollow(each: Mark) -> bool:
    return each.tentative and each.state is not EventState.NOT_DONE


def _sign(sign: str, letter: str, words: str) -> Html:
    return h.li[h.i(class_=f"c3-m {sign}", aria_hidden="true")[letter], words]


def footer_html(timeline: Timeline, scene: Scene, at: ViewTime) -> Html:
    """Nothing is dropped in silence: what is merged, left out by a rule, unread or not understood, with its count."""
    drawn = len({event.origin for lane in scene.lanes for event in lane.events})
    lines: list[Html] = [_line(icon("info"), _counted(timeline, scene, drawn))]
    if scene.left:
        said = "; ".join(f"{n} {t(LEFT.get(why, why))}" for why, n in scene.left.items() if n)
        lines += [_line(icon("info"), t("Not drawn: {what}.", what=said))] if said else []
    if timeline.excluded:
        lines.append(_line(icon("info"), t("Left out by rule: {what}.", what=_excluded(timeline))))
    refused = sum(timeline.refused.values())
    if refused:
        words = tn(
            "{n} value is in no series, because its unit is not known.",
            "{n} values are in no series, because their unit is not known.",
            refused,
        )
        lines.append(_line(icon("warn"), words))
    lines += [_line(icon("warn"), words) for words in unreadable_words(timeline.unreadable)]
    lines += [_unmapped(timeline)] if timeline.unmapped else []
    lines += [_ranges(scene)] if any(panel.reference_source for panel in scene.panels) else []
    return h.section(class_="c3-footer")[
        h.h2(class_="c3-sectionhead")[t("What is not drawn")],
        h.ul(class_="c3-honest")[lines],
        notices_html([notice_words(notice) for notice in timeline.notices]),
    ]


def _ranges(scene: Scene) -> Html:
    """Where the usual ranges are from, and that nobody has reviewed them."""
    sources = [
        h.li[f"{panel_name(panel)}: {reference_words(panel)}. {panel.reference_source}"]
        for panel in scene.panels
        if panel.reference_source
    ]
    words = t("Usual ranges are drafts from public sources, not reviewed by clinicians.")
    shown = h.details(data_key="ranges")[h.summary[t("sources")], h.ul(class_="c3-lines")[sources]]
    return _line(icon("info"), words, " ", shown)


def _line(sign: Html, *words: Html | str) -> Html:
    return h.li[sign, h.span[words]]


def _counted(timeline: Timeline, scene: Scene, drawn: int) -> str:
    total = tn("{n} entry in the record", "{n} entries in the record", len(timeline.events))
    shown = t("{n} in the lanes", n=drawn)
    merged = tn("{n} merged with a neighbour", "{n} merged with neighbours", scene.merged) if scene.merged else ""
    return ", ".join(part for part in (total, shown, merged) if part) + "."


def _excluded(timeline: Timeline) -> str:
    counts: Counter[str] = Counter()
    for (kind, rule), n in timeline.excluded.items():
        counts[f"{type_words(kind)}, {t(RULES[rule])}"] += n
    return "; ".join(f"{what}: {n}" for what, n in counts.most_common())


def _unmapped(timeline: Timeline) -> Html:
    total = sum(timeline.unmapped.values())
    words = tn(
        "{n} entry has a code that is in none of our lists; it is under “Everything else”",
        "{n} entries have codes that are in none of our lists; they are under “Everything else”",
        total,
    )
    ordered = sorted(timeline.unmapped.items(), key=lambda item: (-item[1], str(item[0].code)))
    codes = [
        h.li[h.bdi[clean(coding.display, 120) or t("without a name")], f": {show_code(coding)}, {n}×"]
        for coding, n in ordered[:MOST_CODES]
    ]
    more = len(ordered) - len(codes)
    if more > 0:
        codes.append(h.li[tn("and {n} more code", "and {n} more codes", more)])
    listed = h.details(data_key="unmapped")[h.summary[t("which")], h.ul(class_="c3-lines")[codes]]
    return _line(icon("warn"), words, " ", listed)


def empty_html(timeline: Timeline) -> Html:
    """A record without anything that has a place on a timeline."""
    failed = bool(timeline.not_read)
    return h.div(class_="c3-empty")[
        icon("calendar"),
        h.h2[t("Nothing could be read") if failed else t("Nothing is on record yet")],
        h.p[t("Where a part could not be read, it says so above.") if failed else t("No events of any kind.")],
    ]
