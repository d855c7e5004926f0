"""The timeline's reading layout as it is drawn: no text over another, the axis in sight, what is new, the condition."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pictures import STORY
from tests.browser.screens import Timeline, Worklist
from tests.running import Launched

# The story patients, each with somebody of their team.
STORIES = {
    "pat-mary-aldous": "Dr Laura Tranter",
    "pat-derek-thorne": "Dr Laura Tranter",
    "pat-surinder-sandhu": "Dr Laura Tranter",
    "pat-ronald-pickering": "Dr Laura Tranter",
    "pat-begona-etxeberria": "Dr. Xabier Sánchez",
    "pat-jose-antonio-ibarra": "Dr. Xabier Sánchez",
    "pat-gunilla-aberg": "Dr Linnea Lindberg",
    "pat-sture-jonsson": "Dr Linnea Lindberg",
}
# Letters are rounded to whole pixels here and there.
SLACK = 1.5

# Every two texts of the figure and of its axis whose boxes overlap, as "one / other".
OVERLAPS = """(slack) => {
  const texts = [...document.querySelectorAll(
    '.js-plotly-plot .main-svg text, .c3-axisdates text')]
    .filter((each) => each.textContent.trim() && !each.closest('.hoverlayer') && each.checkVisibility());
  const boxes = texts.map((each) => [each.textContent, each.getBoundingClientRect()]);
  const found = [];
  for (const [n, [one, a]] of boxes.entries())
    for (const [other, b] of boxes.slice(n + 1))
      if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > slack
          && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > slack) found.push(`${one} / ${other}`);
  return {count: boxes.length, found};
}"""
# Texts that are not wholly on screen, from left to right.
CUT = """() => [...document.querySelectorAll('.js-plotly-plot .main-svg text, .c3-axisdates text')]
  .filter((each) => each.textContent.trim() && !each.closest('.hoverlayer'))
  .filter((each) => { const box = each.getBoundingClientRect(); return box.left < -1 || box.right > innerWidth + 1; })
  .map((each) => each.textContent)"""


@pytest.fixture
def timeline(page: Page, dashboard: Launched) -> Timeline:
    """The timeline page, not opened yet."""
    return Timeline(page, dashboard.url)


def conditions(timeline: Timeline) -> list[str]:
    """The keys of the buttons of the conditions that the person has."""
    found = timeline.page.locator('[data-key^="condition-"]').evaluate_all("all => all.map(e => e.dataset.key)")
    return [str(each) for each in found]


def check(timeline: Timeline, where: str) -> None:
    seen = timeline.page.evaluate(OVERLAPS, SLACK)
    assert seen["count"] > 5, f"{where}: nothing is drawn"
    assert seen["found"] == [], f"{where}: {seen['found']}"
    assert timeline.page.evaluate(CUT) == [], where


def drawn(timeline: Timeline) -> None:
    """Waits until the figure rests: it is drawn anew when the window changes."""
    last: list[Any] = []

    def rests() -> bool:
        timeline.page.wait_for_timeout(250)
        last.append(timeline.page.evaluate("() => document.querySelector('.js-plotly-plot')?.innerHTML.length"))
        return len(last) > 1 and last[-1] is not None and last[-1] == last[-2]

    timeline.until(rests, "the figure never rests")


def test_two_texts_over_each_other_are_found(timeline: Timeline) -> None:
    timeline.open_id(STORY)
    drawn(timeline)
    check(timeline, "as it is")
    timeline.page.evaluate(
        """() => { const [one, other] = document.querySelectorAll('.js-plotly-plot .annotation-text');
          const a = one.getBoundingClientRect(), b = other.getBoundingClientRect();
          one.setAttribute('transform', `translate(${b.x - a.x}, ${b.y - a.y})`); }"""
    )
    assert timeline.page.evaluate(OVERLAPS, SLACK)["found"]


@pytest.mark.parametrize(("story", "who"), STORIES.items())
def test_no_text_is_over_another_in_any_condition_at_any_width(timeline: Timeline, story: str, who: str) -> None:
    """Every condition in the narrowest window of this layout, and all of them in wider ones and at a zoom of 200 %."""
    page = timeline.page
    Worklist(page, timeline.url).open().as_user(who)
    page.set_viewport_size({"width": 1100, "height": 900})
    timeline.open_id(story)
    drawn(timeline)
    # By their addresses: the sidebar, where the user was chosen, lies over the buttons.
    for key in conditions(timeline):
        timeline.open_id(story, condition=key.removeprefix("condition-"))
        drawn(timeline)
        check(timeline, f"{story} {key}")
    timeline.open_id(story, span="5y")
    screen = page.context.new_cdp_session(page)
    for width, zoom in ((1100, 1), (1280, 1), (1440, 1), (1920, 1), (1280, 2)):
        size = {"width": width, "height": 900, "deviceScaleFactor": zoom, "mobile": False}
        screen.send("Emulation.setDeviceMetricsOverride", size)
        drawn(timeline)
        check(timeline, f"{story} at {width}, zoom {zoom}")


@pytest.mark.parametrize("span", ["3m", "1y", "5y", "all"])
def test_no_text_is_over_another_in_any_window_nor_next_to_details(timeline: Timeline, span: str) -> None:
    timeline.page.set_viewport_size({"width": 1100, "height": 900})
    for at in ("", f"Observation/{STORY}-obs-story-2-potassium"):
        timeline.open_id(STORY, span=span, **({"at": at} if at else {}))
        drawn(timeline)
        check(timeline, f"{span} {at}")


def test_the_axis_and_the_key_stay_in_sight_while_scrolling(timeline: Timeline) -> None:
    timeline.open_id(STORY)
    axis = timeline.page.locator(".c3-axis")
    main = timeline.page.get_by_test_id("stMain")
    main.evaluate("each => { each.scrollTop = 300 }")
    timeline.page.wait_for_timeout(300)
    box, banner = axis.bounding_box(), timeline.page.locator(".c3-patientbanner").bounding_box()
    assert box and banner
    assert box["y"] >= banner["y"] + banner["height"] - 2, "the banner hides the axis"
    assert box["y"] + box["height"] < 360
    for words in ("today", "outside usual range", "new since the conference", "May-2026"):
        expect(axis).to_contain_text(words)


def test_each_date_of_the_axis_is_over_its_line(timeline: Timeline) -> None:
    timeline.open_id(STORY)
    drawn(timeline)
    for width in (1100, 1600):
        timeline.page.set_viewport_size({"width": width, "height": 900})
        drawn(timeline)
        lines = timeline.page.evaluate(
            "() => [...new Set([...document.querySelectorAll('.js-plotly-plot .gridlayer .x path')].map(e => "
            "e.getBoundingClientRect().x))]"
        )
        dates = timeline.page.evaluate(
            "() => [...document.querySelectorAll('.c3-axistick')].map(e => { const b = e.getBoundingClientRect(); "
            "return b.x + b.width / 2 })"
        )
        assert len(lines) == len(dates) > 2
        assert all(abs(line - date) < 3 for line, date in zip(sorted(lines), sorted(dates), strict=True))


def test_a_condition_shows_its_medicines_right_above_its_measurements_on_the_first_screen(timeline: Timeline) -> None:
    timeline.open_id(STORY)
    timeline.press("condition-T2DM")
    timeline.expect_address(condition="T2DM")
    timeline.until(lambda: "Bisoprolol" not in timeline.words, "the others are still there")
    boxes = {
        words: timeline.figure.locator(".annotation-text", has_text=words).first.bounding_box()
        for words in ("Insulin glargine", "HbA1c", "mmol/mol")
    }
    insulin, name, value = boxes.values()
    assert insulin and name and value
    assert 0 < name["y"] - insulin["y"] < 80
    assert value["y"] + value["height"] <= 720
    # A change of dose is marked on the curve, and says itself.
    changes = timeline.places("changes")
    assert changes


def test_what_is_folded_opens_and_its_entries_open_their_details(timeline: Timeline) -> None:
    timeline.open_id(STORY)
    fold = timeline.page.locator(".c3-fold")
    expect(fold.locator("summary")).to_contain_text("goals")
    entry = fold.locator(".c3-pickevent").first
    expect(entry).not_to_be_visible()
    fold.locator("summary").click()
    expect(entry).to_be_visible()
    words = entry.inner_text()
    entry.click()
    expect(timeline.detail).to_be_visible()
    assert timeline.picked in words or words in timeline.picked


def test_the_table_follows_the_condition_and_the_window(timeline: Timeline) -> None:
    timeline.open_id(STORY, view="table", span="5y")
    rows = timeline.page.locator("table.c3-events tbody tr")
    every = rows.count()
    timeline.press("condition-CKD")
    timeline.expect_address(condition="CKD")
    timeline.until(lambda: 0 < rows.count() < every, "the table shows the others too")
    kidney = rows.count()
    timeline.press("span-3m")
    timeline.expect_address(span="3m")
    timeline.until(lambda: 0 < rows.count() < kidney, "the table shows more than the window")
