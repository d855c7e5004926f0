"""The timeline for a room: what changed, the three or four curves that matter now, the medicines that changed.

Ten people read it four metres away: few words, the latest values largest, nothing below the fold at 1920x1080, and no
marks but the last conference and today.
"""

from collections.abc import Sequence

from dashboard.domain.timeline.changes import Changes
from dashboard.domain.timeline.curves import Curve, Curves
from dashboard.domain.timeline.events import Timeline
from dashboard.domain.timeline.scene import Panel
from dashboard.ui.record.results import ResultWords
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_day
from dashboard.ui.shared.html import Child, Html, unbroken_dates
from dashboard.ui.shared.large_html import large_switch
from dashboard.ui.shared.press import press
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t
from dashboard.ui.timeline.html import SPAN_WORDS
from dashboard.ui.timeline.panel_words import reference_words, target_words
from dashboard.ui.timeline.room_curve import RoomAxis, room_curve, shaded
from dashboard.ui.timeline.room_words import (
    CHANGES,
    MEDICINES,
    MORE_HEIGHT,
    WHAT_HEIGHT,
    ColumnRoom,
    RoomColumn,
    RoomItem,
    change_items,
    curve_words,
    fitted,
    is_steady,
    medicine_item,
    more_words,
    other_curves_words,
    since_words,
)
from dashboard.ui.timeline.view import TimelineView

MEDICINE_TYPES = frozenset({"MedicationRequest", "MedicationStatement"})
MOST_BEFORE = 4
"""Medicines that changed before the last conference, which a room needs to read a curve by. Own choice."""


def room_html(
    timeline: Timeline,
    view: TimelineView,
    changes: Changes,
    curves: Curves,
    panels: Sequence[Panel],
    axis: RoomAxis,
    at: ViewTime,
) -> Html:
    """The three columns; `panels` are those of `curves.shown`, in its order."""
    return h.div(class_="c3-room c3-large")[
        h.div(class_="c3-roomhead")[_presets(view), large_switch(True, "room-off")],
        h.div(class_="c3-roomcolumns")[
            changed_html(changes, timeline, at),
            curves_html(timeline, curves, panels, axis, at),
            _medicines(changes, timeline, at),
        ],
    ]


def _presets(view: TimelineView) -> Html:
    buttons = [
        h.button(
            type="button",
            class_="c3-switch",
            aria_pressed="true" if view.span == span else "false",
            aria_label=t(whole),
            data_act=press("span", to=span),
            data_key=f"room-span-{span}",
        )[t(short)]
        for span, (short, whole) in SPAN_WORDS.items()
    ]
    return h.div(class_="c3-segments", role="group", aria_label=t("Time shown"))[buttons]


def changed_html(
    changes: Changes, timeline: Timeline, at: ViewTime, room: ColumnRoom = CHANGES, more: Sequence[RoomItem] = ()
) -> Html:
    """What is new since the last conference, as much as there is room for; `more` comes after the measurements."""
    found = change_items(changes, timeline, at)
    measured = sum(1 for curve in changes.curves if not is_steady(curve))
    items = [*found[:measured], *more, *found[measured:]]
    column = fitted(items, room)
    nothing = t("Nothing is new.") if timeline.whole() else t("Nothing new is known, and not everything could be read.")
    body: Child = _list(column) if items else h.p(class_="c3-roommore")[nothing]
    return h.section(class_="c3-roomchanges", aria_label=since_words(changes, at.zone))[
        h.h2[unbroken_dates(since_words(changes, at.zone))], body
    ]


def _medicines(changes: Changes, timeline: Timeline, at: ViewTime) -> Html:
    new = [medicine_item(each) for each in changes.medicines]
    before = [medicine_item(each) for each in changes.medicines_before]
    column = fitted(new, MEDICINES)
    used = sum(item.height(MEDICINES) for item in column.items) + WHAT_HEIGHT + 2 * MORE_HEIGHT
    earlier = fitted(before[:MOST_BEFORE], MEDICINES.without(used))
    left = column.more + len(before) - len(earlier.items)
    day = show_day(changes.since.astimezone(at.zone).date())
    none = t("None since {date}.", date=day)
    if not timeline.whole(MEDICINE_TYPES):
        none = t("Medicines could not be read.")
    return h.section(class_="c3-roommedicines", aria_label=t("Medicines that changed"))[
        h.h2[t("Medicines that changed")],
        h.ul[map(_item, column.items)] if new else h.p(class_="c3-roommore")[unbroken_dates(none)],
        [h.h3[t("Before that")], h.ul[map(_item, earlier.items)]] if earlier.items else None,
        _more(left),
    ]


def _list(column: RoomColumn) -> list[Html]:
    more = _more(column.more)
    return [h.ul[map(_item, column.items)], *([more] if more else [])]


def _more(n: int) -> Html | None:
    return h.p(class_="c3-roommore")[more_words(n)] if n > 0 else None


def _item(item: RoomItem) -> Html:
    said = [h.span(class_="c3-roommark")[item.mark, ", " if item.more else ""] if item.mark else None]
    return h.li(class_="c3-urgent" if item.urgent else None)[
        h.b[unbroken_dates(item.what)],
        h.span(class_="c3-roommore")[said, unbroken_dates(item.more)] if item.more or item.mark else None,
    ]


def curves_html(timeline: Timeline, curves: Curves, panels: Sequence[Panel], axis: RoomAxis, at: ViewTime) -> Html:
    """The curves that matter now, over one axis."""
    if not curves.shown:
        return h.section(class_="c3-roomcurves")[h.p(class_="c3-roommore")[t("No key results")]]
    more = other_curves_words(curves.others, timeline, at)
    return h.section(class_="c3-roomcurves", aria_label=t("Measurements that matter now"))[
        [_curve(curve, panel, timeline, axis, at) for curve, panel in zip(curves.shown, panels, strict=True)],
        _time(axis, at),
        h.p(class_="c3-roommore")[more] if more else None,
    ]


def _curve(curve: Curve, panel: Panel, timeline: Timeline, axis: RoomAxis, at: ViewTime) -> Html:
    words = curve_words(curve, timeline, at)
    picture = room_curve(panel, axis, finding(words, panel))
    when = ", ".join(filter(None, (words.when, words.age)))
    classes = (("c3-urgent", words.urgent), ("c3-old", words.old))
    return h.section(class_=" ".join(["c3-roomcurve", *(name for name, applies in classes if applies)]))[
        h.header[
            h.h3[words.name],
            h.span(class_="c3-roommark")[", ".join(words.marks)] if words.marks else None,
        ],
        h.p(class_="c3-roomfigure")[h.b[words.value], " ", h.small[words.unit]],
        picture or h.p(class_="c3-roommore")[t("No value in this time.")],
        h.p(class_="c3-roomwhen")[
            h.span[unbroken_dates(". ".join(filter(None, (when, _upper(words.course)))))], _shading(panel)
        ],
    ]


def _upper(words: str) -> str:
    return words[:1].upper() + words[1:]


def finding(words: ResultWords, panel: Panel) -> str:
    """What a curve shows, for who cannot see it."""
    return ". ".join(filter(None, (words.full, target_words(panel), reference_words(panel))))


def _shading(panel: Panel) -> Html | None:
    """What is shaded: the goal, and where there is none the usual range; a target without a side is not shaded."""
    kinds = {name for _, _, name in shaded(panel)}
    words = reference_words(panel) if "usual" in kinds else target_words(panel)
    name = next(iter(kinds), "none")
    return h.span(class_=f"c3-roommore c3-roomshade c3-roomshade-{name}")[words] if words else None


def _time(axis: RoomAxis, at: ViewTime) -> Html:
    """The one time axis below all curves: where it begins, and what its two lines are."""

    def day(moment: object) -> str:
        return show_day(moment.astimezone(at.zone).date())  # type: ignore[attr-defined,no-any-return]

    names = {"conference": t("conference"), "today": t("today")}
    lines = [
        h.span(class_=f"c3-roomline c3-roomline-{name}")[names[name], " ", h.span(class_="c3-nw")[day(when)]]
        for name, when in axis.lines()
    ]
    return h.div(class_="c3-roomtime")[h.span(class_="c3-nw")[t("from {date}", date=day(axis.start))], h.span[lines]]
