"""Figures of drawing a timeline: the scene and its size, and first paint and zoom in Chromium against a bare rerun.

The bare page shows the same two figures from memory at a press (`bare_figure`). The ratio is therefore what the
dashboard adds: reading the address, arranging, building the figure, and everything around it.
"""

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from dashboard.domain.timeline.arrange.arrange import arrange
from dashboard.domain.timeline.arrange.new_events import without_new
from dashboard.domain.timeline.events import Timeline
from dashboard.ui.timeline.figure.reading import reading_figure, reading_page
from dashboard.ui.timeline.figure.style import Style
from dashboard.ui.timeline.view import SPANS, TimelineView, scene_request
from tests.benchmarks.clicks import RESTS, chromium, click_ms
from tests.benchmarks.rows import Row, at_most, without_aim
from tests.running import Parts

PART = 3
ROUNDS = 9
OPENINGS = 3
MOST_BYTES = 1_000_000
MOST_OF_BARE = 2.0
# From one preset to the other and back.
PRESETS = ("1y", "5y")
DRAWN = ".js-plotly-plot .cartesianlayer"


def figure_of(timeline: Timeline, span: str, now: datetime) -> dict[str, Any]:
    """Returns the figure that the page draws for a preset."""
    view = replace(TimelineView("p"), span=span)
    scene = without_new(arrange(timeline, scene_request(view, timeline, now, UTC), now))
    page = reading_page(scene, Style(), now, UTC)
    return reading_figure(page, Style(), now, timeline.conference, "", UTC)


def drawing(timeline: Timeline, events: int) -> list[Row]:
    """Returns the median time to arrange and build the slowest preset's figure, and the size of the largest figure."""
    now = datetime.now(UTC)
    sizes, took = [], []
    for span in SPANS:
        sizes.append(len(json.dumps(figure_of(timeline, span, now))))
        rounds = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            figure_of(timeline, span, now)
            rounds.append((time.perf_counter() - began) * 1000)
        took.append(statistics.median(rounds))
    case = f"{events} events"
    return [
        without_aim(PART, case, "timeline: scene and figure, slowest preset", max(took), "ms"),
        at_most(PART, case, "timeline: figure JSON, largest preset", max(sizes) / 1000, MOST_BYTES / 1000, "kB"),
    ]


def painting(
    parts: Parts, patients: Sequence[tuple[int, str]], timelines: dict[int, Timeline], say: Callable[[str], None]
) -> list[Row]:
    """Returns first paint and zoom in Chromium and their ratio to the bare page. The dashboard must be running."""
    rows: list[Row] = []
    now = datetime.now(UTC)
    for events, patient in patients:
        say(f"{events} events: first paint and zoom")
        with tempfile.TemporaryDirectory() as folder, chromium() as page:
            figures = Path(folder) / "figures.json"
            figures.write_text(json.dumps([figure_of(timelines[events], span, now) for span in PRESETS]))
            with Parts(Path(folder), BARE_FIGURES=str(figures)) as bare:
                bare.start_dashboard("tests/benchmarks/bare_figure.py")
                rows += _paints(page, f"{events} events", f"{parts.url}/timeline?id={patient}", bare.url)
    return rows


def _paints(page: Page, case: str, url: str, bare: str) -> list[Row]:
    first = statistics.median(_opened(page, url) for _ in range(OPENINGS))
    bare_first = statistics.median(_opened(page, bare) for _ in range(OPENINGS))
    zoomed, rerun = [], []
    browser = page.context.browser
    assert browser
    with_bare = browser.new_page(viewport=page.viewport_size, timezone_id="UTC")
    with_bare.goto(bare)
    with_bare.wait_for_selector(DRAWN)
    for number in range(ROUNDS + 1):
        # By turns, because what slows the machine should slow both.
        zoomed.append(click_ms(page_at(page, url), f'[data-key="span-{PRESETS[1 - number % 2]}"]', DRAWN))
        rerun.append(click_ms(with_bare, ".st-key-other button", DRAWN))
    with_bare.close()
    zoom, least = statistics.median(zoomed[1:]), statistics.median(rerun[1:])
    return [
        without_aim(PART, case, "timeline: first paint", first, "ms"),
        without_aim(PART, case, "timeline: first paint / bare page", first / bare_first),
        without_aim(PART, case, "timeline: zoom preset, press to drawn", zoom, "ms"),
        without_aim(PART, case, "timeline: bare rerun with a figure of the same size", least, "ms"),
        at_most(PART, case, "timeline: zoom preset / bare rerun", zoom / least, MOST_OF_BARE),
    ]


def page_at(page: Page, url: str) -> Page:
    """Opens the address unless the page shows it already; returns the page."""
    if not page.url.startswith(url):
        _opened(page, url)
    return page


def _opened(page: Page, url: str) -> float:
    """Returns the milliseconds from the navigation until the figure is drawn; the browser's cache is not emptied."""
    page.goto(url)
    page.locator(f"{DRAWN} text").first.wait_for(state="attached")
    took = float(page.evaluate("performance.now()"))
    page.wait_for_selector(RESTS)
    return took
