"""The worklist in a room: rows read from four metres, nothing cut, and everything back at once when it is off."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import serious
from tests.browser.screens import Timeline, Worklist
from tests.running import Launched

SIZES = """
() => [...document.querySelectorAll('.c3-worklist *')]
  .filter(part => part.offsetParent && !part.closest('.c3-sr')
    && [...part.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
  .map(part => parseFloat(getComputedStyle(part).fontSize))
"""
CUT = """
() => {
  const whole = part => part.scrollWidth <= part.clientWidth + 1 && part.scrollHeight <= part.clientHeight + 6;
  const texts = '.c3-when, .c3-value small, .c3-label, .c3-oneline';
  return [...document.querySelectorAll('.c3-worklist tr *')]
    .filter(part => part.offsetParent
      && (part.getBoundingClientRect().right > innerWidth || (part.matches(texts) && !whole(part))))
    .map(part => part.className + ': ' + part.textContent);
}
"""


@pytest.fixture
def wide(page: Page, dashboard: Launched) -> Worklist:
    page.set_viewport_size({"width": 1920, "height": 1080})
    return Worklist(page, dashboard.url)


def test_rows_are_read_from_four_metres_and_nothing_of_them_is_cut(wide: Worklist) -> None:
    wide.open("large=yes")
    wide.page.evaluate("document.fonts.ready")
    assert min(wide.page.evaluate(SIZES)) >= 24
    assert wide.page.evaluate(CUT) == []
    assert wide.page.evaluate("document.documentElement.scrollWidth") <= 1920
    assert serious(wide.page) == []


def test_turning_it_off_brings_filters_order_and_place_back_at_once(wide: Worklist) -> None:
    page = wide.page
    wide.open("condition=T2DM&sort=name")
    main, names = page.get_by_test_id("stMain"), wide.names
    page.locator(".c3-row details summary").nth(3).click()
    main.evaluate(
        "main => { main.scrollTop = 200; document.querySelector('.c3-panel:has(.c3-worklist)').c3same = true; }"
    )
    page.locator('[data-key="form-large"]').dispatch_event("click", {"button": 0})
    expect(page.locator(".c3-worklist.c3-large")).to_be_visible()
    expect(page.locator(".c3-tiles")).not_to_be_visible()
    assert wide.names == names and "large=yes" in page.url
    page.locator('[data-key="form-large"]').dispatch_event("click", {"button": 0})
    expect(page.locator(".c3-worklist.c3-large")).to_have_count(0)
    expect(page.locator(".c3-tiles")).to_be_visible()
    wide.until(lambda: main.evaluate("main => main.scrollTop") == 200, "it is scrolled elsewhere")
    assert wide.names == names and "condition=T2DM" in page.url and "large" not in page.url
    assert page.locator(".c3-row details").nth(3).evaluate("details => details.open")
    assert page.evaluate("document.querySelector('.c3-panel:has(.c3-worklist)').c3same")


def test_large_type_goes_along_to_the_timeline_and_back(wide: Worklist, page: Page, dashboard: Launched) -> None:
    wide.open("large=yes")
    page.locator("a.c3-who").first.click()
    page.locator('[data-key="about-timeline"]').click()
    timeline = Timeline(page, dashboard.url)
    expect(page.locator(".c3-room")).to_be_visible()
    timeline.press("room-off")
    timeline.until(lambda: "large" not in timeline.address, "it is still large")
    timeline.ready()
    page.locator('[data-key="worklist"], .c3-nav a').first.click()
    wide.ready()
    expect(page.locator(".c3-worklist.c3-large")).to_have_count(0)
