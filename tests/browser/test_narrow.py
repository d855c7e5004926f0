"""The timeline on a telephone and an upright tablet: a list of which nothing is off the screen, for a thumb."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessibility import serious
from tests.browser.pictures import STORY
from tests.browser.screens import Timeline
from tests.running import Launched

PHONE = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/537.36"
)
POTASSIUM = f"Observation/{STORY}-obs-story-2-potassium"
LEAST = 44

OFF = """
() => [...document.querySelectorAll('[data-testid=stMain] *')]
  .filter(part => part.offsetParent && part.textContent.trim() && !part.closest('.c3-sr, .c3-raw > *')
    && (part.getBoundingClientRect().right > innerWidth + 1 || part.getBoundingClientRect().left < -1))
  .map(part => part.className + ': ' + part.textContent.slice(0, 60))
"""
LOW = f"""
() => [...document.querySelectorAll('.c3-narrow :is(button, summary), .c3-narrowcontrols :is(button, summary)')]
  .filter(part => part.offsetParent && part.getBoundingClientRect().height < {LEAST} - .5)
  .map(part => part.textContent.slice(0, 40) + ' ' + part.getBoundingClientRect().height)
"""


class NarrowTimeline(Timeline):
    """The list."""

    def ready(self) -> "NarrowTimeline":
        super().ready()
        expect(self.page.locator(".c3-narrow, .c3-empty, .c3-error").first).to_be_visible()
        return self


@pytest.fixture
def timeline(page: Page, dashboard: Launched) -> NarrowTimeline:
    page.set_viewport_size({"width": 390, "height": 844})
    return NarrowTimeline(page, dashboard.url)


@pytest.mark.parametrize("width", [390, 768, 1024])
def test_nothing_is_off_the_screen_and_everything_is_high_enough_for_a_thumb(
    timeline: NarrowTimeline, width: int
) -> None:
    timeline.page.set_viewport_size({"width": width, "height": 844})
    timeline.open_id(STORY, at=POTASSIUM)
    page = timeline.page
    page.evaluate("document.querySelectorAll('.c3-narrow details').forEach(details => { details.open = true; })")
    assert page.evaluate(OFF) == []
    assert page.evaluate(LOW) == []
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= width
    assert serious(page) == []


def test_the_list_says_what_the_record_says(timeline: NarrowTimeline) -> None:
    timeline.open_id(STORY)
    page = timeline.page
    expect(timeline.figure).to_have_count(0)
    kidney = page.locator('[data-key="narrow-CKD"]')
    for said in ("Kidney disease", "G3b", "Potassium", "5.9", "mmol/L", "22-Nov-2026", "urgent", "Nov-2026"):
        expect(kidney).to_contain_text(said)
    assert kidney.locator("svg.c3-spark").first.get_attribute("aria-label")
    # What is new stands above all conditions.
    first = page.locator(".c3-narrowsince")
    expect(first).to_contain_text("Potassium 5.9 mmol/L")
    box, below = first.bounding_box(), page.locator(".c3-narrowcondition").first.bounding_box()
    assert box and below and box["y"] + box["height"] <= below["y"]


def test_details_open_in_place_and_the_page_stays_where_it_is(timeline: NarrowTimeline) -> None:
    timeline.open_id(STORY)
    page = timeline.page
    entry = page.locator(f'[data-key="entry-CKD-{POTASSIUM}"]')
    entry.scroll_into_view_if_needed()
    before = entry.bounding_box()
    entry.click()
    expect(timeline.detail).to_be_visible()
    timeline.expect_address(at=POTASSIUM)

    def in_place() -> bool:
        after, detail = entry.bounding_box(), timeline.detail.bounding_box()
        if not before or not after or not detail:
            return False
        return abs(before["y"] - after["y"]) < 3 and after["y"] < detail["y"] < after["y"] + after["height"] + 12

    timeline.until(in_place, "the page has moved, or the details are elsewhere")
    entry.click()
    expect(timeline.detail).to_have_count(0)


def test_a_task_is_done_and_undone_with_a_thumb(timeline: NarrowTimeline) -> None:
    timeline.open_id(STORY)
    page = timeline.page
    card = page.locator(".c3-narrowtask:has([data-key^='complete-'])").first  # tasks of other tests may have ended
    card.scroll_into_view_if_needed()
    box, buttons = card.bounding_box(), card.locator(".c3-narrowbuttons").bounding_box()
    assert box and buttons and buttons["y"] > box["y"] + box["height"] / 2
    complete = card.locator('[data-key^="complete-"]')
    key = complete.get_attribute("data-key")
    assert key
    complete.click()
    again = page.locator(f'[data-key="{key.replace("complete-", "reopen-")}"]').first
    expect(again).to_be_visible()
    again.click()
    expect(page.locator(f'[data-key="{key}"]').first).to_be_visible()


# Whether the part can be seen as soon as the window is that wide.
SEEN = """async ([width, part]) => {
  while (innerWidth !== width) await new Promise(requestAnimationFrame);
  return document.querySelector(part)?.checkVisibility({visibilityProperty: true}) ?? false;
}"""


def test_the_right_layout_comes_with_the_width_and_the_wrong_one_is_never_seen(timeline: NarrowTimeline) -> None:
    page = timeline.page
    page.set_viewport_size({"width": 1280, "height": 720})
    Timeline(page, timeline.url).open_id(STORY)
    expect(timeline.figure).to_be_visible()
    page.set_viewport_size({"width": 800, "height": 720})
    # At once, before the server has been told.
    assert not page.evaluate(SEEN, [800, ".js-plotly-plot"])
    expect(page.locator(".c3-narrow")).to_be_visible()
    page.set_viewport_size({"width": 1280, "height": 720})
    assert not page.evaluate(SEEN, [1280, ".c3-narrow"])
    expect(timeline.figure).to_be_visible()


def test_a_telephone_is_never_sent_a_figure(browser: Browser, dashboard: Launched) -> None:
    with browser.new_context(viewport={"width": 390, "height": 844}, user_agent=PHONE) as context:
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        NarrowTimeline(page, dashboard.url).open_id(STORY)
        page.wait_for_timeout(500)
        assert not [url for url in asked if re.search("plotly", url, re.I)], asked
