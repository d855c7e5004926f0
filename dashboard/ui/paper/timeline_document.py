"""A patient's timeline on paper: by condition its medicines and its measurements, then every entry by date."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from dashboard.domain.access.user import User
from dashboard.domain.record.condition import PROGRAMME, ConditionKey
from dashboard.domain.record.observation import KEY_MEASURES
from dashboard.domain.timeline.arrange.arrange import arrange
from dashboard.domain.timeline.arrange.new_events import is_new
from dashboard.domain.timeline.events import Event, EventKind, Timeline
from dashboard.domain.timeline.reading.condition import of_condition
from dashboard.domain.timeline.scene import Bar, KindGroup, Lane, Panel, Scene, SceneRequest
from dashboard.paper.chart import Chart, Point, chart_picture
from dashboard.paper.document import Block, Cell, Column, Document, Line, Paragraph, Picture, Row, Table
from dashboard.ui.paper.banner_blocks import banner_blocks
from dashboard.ui.paper.sheet import (
    colours,
    document,
    heading,
    identity,
    late,
    listed,
    plain,
    said,
    soft,
    strong,
    urgent,
    warned,
)
from dashboard.ui.record.names import condition_short
from dashboard.ui.record.results import marks_words
from dashboard.ui.shared.dates import days_as_dates, show_day
from dashboard.ui.shared.notices import as_of_words, notice_words, old_words, stale_words
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t, tn
from dashboard.ui.timeline.not_drawn import not_drawn, not_read_words
from dashboard.ui.timeline.panel_words import latest_words, panel_name, reference_words, target_words, unit_words
from dashboard.ui.timeline.table_html import EventRow, event_rows, shown_events
from dashboard.ui.timeline.view import TimelineView, conditions_of, scene_request
from dashboard.ui.timeline.words import GROUPS, event_words, lane_name, show_when, state_words

MOST_ENTRIES = 1500
"""Entries that are printed, the newest; some 90 sheets. The rest is counted in words."""


def timeline_document(
    timeline: Timeline, view: TimelineView, who: User, at: ViewTime, stale: str = "", *, similar: bool = False
) -> Document:
    """What the view shows of the timeline."""
    with days_as_dates():
        request = scene_request(replace(view, large=False), timeline, at.as_of, at.zone)
        picked = view.condition if view.condition in conditions_of(timeline) else None
        scene = of_condition(arrange(timeline, request, at.as_of), picked, every_panel=bool(view.measures))
        away = stale_words(timeline.fetched, at.as_of, at.zone, stale or timeline.stale)
        notices = (notice_words(notice) for notice in timeline.notices)
        blocks: list[Block] = [
            *banner_blocks(timeline, at, similar=similar),
            *warned([away, *not_read_words(timeline), *old_words(timeline.old, at.as_of, at.zone), *notices]),
            *_shown(timeline, view, request, picked, at),
            *(block for lane in scene.lanes for block in _condition(lane, scene, at)),
            *_other_measurements(scene, at),
            *_entries(timeline, scene, at),
            heading(t("What is not drawn")),
            *_not_drawn(timeline, scene),
        ]
        return document(t("Timeline"), who, at, identity(timeline.person, at), blocks)


def _not_drawn(timeline: Timeline, scene: Scene) -> list[Block]:
    lines: list[Line] = []
    for each in not_drawn(timeline, scene):
        lines.append(((late if each.warns else plain)(each.words), *(soft(f"{detail};") for detail in each.details)))
    return listed(lines)


def _shown(
    timeline: Timeline, view: TimelineView, request: SceneRequest, picked: ConditionKey | None, at: ViewTime
) -> list[Block]:
    """Filter and window in a sentence, and how old the data are."""
    first = show_day(request.start.astimezone(at.zone).date())
    last = show_day((request.end - timedelta(microseconds=1)).astimezone(at.zone).date())
    words = [plain(t("From {start} to {end}.", start=first, end=last))]
    if picked is not None:
        words.append(late(t("Only what belongs to: {condition}.", condition=lane_name(picked))))
    on = [t("Problems"), *(t(GROUPS[group]) for group in KindGroup if group not in view.off)]
    words.append(plain(t("Shown: {kinds}.", kinds=", ".join(on))))
    off = ", ".join(t(GROUPS[group]) for group in KindGroup if group in view.off)
    if off:
        words.append(late(t("Switched off, and not printed: {kinds}.", kinds=off)))
    if view.measures:
        words.append(plain(t("Measurements as chosen on the screen.")))
    if timeline.conference is not None:
        day = show_day(timeline.conference.astimezone(at.zone).date())
        words.append(plain(t("NEW: since the last conference, {date}.", date=day)))
    words.append(soft(as_of_words(timeline.fetched, None, at.as_of, at.zone)))
    return [Paragraph(tuple(words))]


def _condition(lane: Lane, scene: Scene, at: ViewTime) -> list[Block]:
    """A condition: its stage, its problems, its medicines, its measurements."""
    problems = [bar for bar in lane.bars if bar.kind is EventKind.CONDITION]
    medicines = [bar for bar in lane.bars if bar.kind is EventKind.MEDICINE]
    singles = [mark for mark in lane.marks if mark.kind is EventKind.MEDICINE]
    panels = [panel for panel in scene.panels if _lane_of(panel, scene) is lane.key]
    blocks: list[Block] = []
    if problems:
        blocks += listed([_problem(bar, at) for bar in problems])
    if medicines or singles:
        rows = [_medicine(bar, lane.key, at) for bar in medicines]
        rows += [_medicine_row(event, lane.key, at) for mark in singles for event in mark.events]
        columns = (Column(t("Medicine"), 3.4), Column(t("When"), 2.2), Column(t("State"), 1.6))
        blocks.append(Table(columns, tuple(rows)))
    if panels:
        blocks.append(_measurements(panels, scene, at))
    doubt = t("suspected") if lane.suspected else ""
    named = ", ".join(filter(None, (lane_name(lane.key), lane.stage, doubt)))
    return [heading(named), *blocks] if blocks else []


def _problem(bar: Bar, at: ViewTime) -> Line:
    name = bar.detail if bar.text.casefold() in bar.detail.casefold() else f"{bar.text} {bar.detail}".strip()
    return (strong(name), plain(show_when(bar.event, at.zone)), soft(state_words(bar.event)))


def _medicine(bar: Bar, lane: ConditionKey, at: ViewTime) -> Row:
    """A stretch of one dose: repeat prescriptions are one row, from the first to the last."""
    return _medicine_row(replace(bar.event, start=bar.events[0].start), lane, at)


def _medicine_row(event: Event, lane: ConditionKey, at: ViewTime) -> Row:
    usual = (soft(t("usually for it, by its drug class")),) if lane in event.usual_lanes else ()
    cells: tuple[Cell, ...] = (
        (strong(event_words(event)), *usual),
        (plain(show_when(event, at.zone)),),
        (plain(state_words(event)),),
    )
    return Row(cells)


def _lane_of(panel: Panel, scene: Scene) -> ConditionKey | None:
    """The first of the patient's conditions that this is measured for; each measurement is printed once."""
    measured = {series.measure for series in panel.series}
    lanes = [lane.key for lane in scene.lanes if lane.key in PROGRAMME]
    return next((key for key in lanes if measured & set(KEY_MEASURES.get(key, ()))), None)


def _also_for(panel: Panel, scene: Scene, but: ConditionKey | None) -> str:
    measured = {series.measure for series in panel.series}
    keys = [lane.key for lane in scene.lanes if measured & set(KEY_MEASURES.get(lane.key, ())) and lane.key is not but]
    return ", ".join(condition_short(key) for key in keys)


def _other_measurements(scene: Scene, at: ViewTime) -> list[Block]:
    """Those that are measured for none of the patient's conditions."""
    panels = [panel for panel in scene.panels if _lane_of(panel, scene) is None]
    return [heading(t("Other results")), _measurements(panels, scene, at)] if panels else []


def _measurements(panels: Sequence[Panel], scene: Scene, at: ViewTime) -> Table:
    columns = (Column(t("Measurement"), 1.7), Column(t("Latest"), 1.9), Column(t("Course"), 4.0))
    return Table(columns, tuple(_measurement(panel, scene, at) for panel in panels))


def _measurement(panel: Panel, scene: Scene, at: ViewTime) -> Row:
    value, lines = latest_words(panel, at.today)
    also = _also_for(panel, scene, _lane_of(panel, scene))
    unit = unit_words(panel)
    latest = f"{value} {unit}".strip()
    finding = f"{panel_name(panel)}: {latest}, {', '.join(lines)}"
    name: Cell = (
        strong(panel_name(panel)),
        *(soft(each) for each in (target_words(panel), reference_words(panel)) if each),
    )
    if also:
        name = (*name, soft(t("also for {conditions}", conditions=also)))
    marked = [(urgent if panel.urgent else plain)(line) for line in lines]
    course: Cell = (_chart(panel, scene.request, finding) or soft(t("no value in this time")),)
    return Row((name, (strong(latest), *marked), course))


def _chart(panel: Panel, request: SceneRequest, finding: str) -> Picture | None:
    if not panel.has_points:
        return None
    series = tuple(
        tuple(Point(p.when, p.value, p.low, p.high, p.abnormal or p.urgent) for p in each.points)
        for each in panel.series
    )
    bands = tuple((window.low, window.high) for window in panel.targets if window.low or window.high)
    return chart_picture(Chart(request.start, request.end, series, bands), finding, colours())


def _entries(timeline: Timeline, scene: Scene, at: ViewTime) -> list[Block]:
    """Every entry of the filter, newest first, and those without a date after them."""
    events = shown_events(scene, timeline.events)
    printed = events[:MOST_ENTRIES]
    new = frozenset(str(each.origin) for each in printed if is_new(each, timeline.conference, at.as_of))
    blocks: list[Block] = [heading(t("Entries by date, newest first"))]
    if not events:
        return [*blocks, said(t("No entry is in this time."))]
    count = tn("{n} entry", "{n} entries", len(events))
    if len(events) > len(printed):
        words = t("{count}; only the newest {n} are printed. Choose a shorter time to print the others.",
                  count=count, n=len(printed))  # fmt: skip
        blocks += warned([words])
    else:
        blocks.append(said(f"{count}."))
    columns = (
        Column(t("When"), 1.7),
        Column(f"{t('What')}, {t('Code')}", 3.4),
        Column(f"{t('Kind')}, {t('Condition')}", 1.4),
        Column(t("State"), 1.6),
        Column(t("By"), 1.4),
    )
    return [*blocks, Table(columns, tuple(_entry(row) for row in event_rows(printed, at.zone, new)))]


def _entry(row: EventRow) -> Row:
    marked = ", ".join(marks_words(row.urgent, row.abnormal, False, False))
    what: list[Line] = [(strong(row.what),)]
    if marked:
        what.append(((urgent if row.urgent else late)(marked),))
    if row.new:
        what.append((late(t("NEW")),))
    if row.code:
        what.append((soft(row.code),))
    kind: Cell = (plain(row.kind), soft(row.lanes)) if row.lanes else (plain(row.kind),)
    return Row(((plain(row.when),), tuple(what), kind, (plain(row.state),), (plain(row.who),)))
