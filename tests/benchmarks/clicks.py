"""Times from a click to the changed text, in Chromium, by the browser's own clock."""

import statistics
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, sync_playwright

from tests.servers.kinds import browser_path

# Resolves with the milliseconds from the click on `pressed` until the text of `watched` has changed.
CLICK = """([pressed, watched]) => new Promise((resolve, reject) => {
  const text = () => document.querySelector(watched)?.textContent ?? "";
  const before = text();
  const began = performance.now();
  const check = () => {
    if (text() !== before && text() !== "") { observer.disconnect(); resolve(performance.now() - began); }
  };
  const observer = new MutationObserver(check);
  observer.observe(document.body, {subtree: true, childList: true, characterData: true});
  setTimeout(() => { observer.disconnect(); reject(new Error("the text did not change")); }, 30000);
  document.querySelector(pressed).click();
})"""
RESTS = '[data-testid="stApp"][data-test-script-state="notRunning"]'


@contextmanager
def chromium() -> Iterator[Page]:
    """Yields a page in Debian's Chromium."""
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=browser_path(), args=flags)
        page = browser.new_page(viewport={"width": 1280, "height": 720}, timezone_id="UTC")
        page.set_default_timeout(60_000)
        yield page
        browser.close()


def click_ms(page: Page, pressed: str, watched: str) -> float:
    """Returns the milliseconds of one click; waits until no script runs before and after it."""
    page.wait_for_selector(RESTS)
    page.wait_for_selector(pressed)
    page.wait_for_timeout(200)
    took = float(page.evaluate(CLICK, [pressed, watched]))
    page.wait_for_selector(RESTS)
    return took


def toggle_ms(page: Page, url: str, pressed: str, watched: str, times: int) -> float:
    """Returns the median of pressing the same element `times` times."""
    page.goto(url)
    page.wait_for_selector(pressed)
    click_ms(page, pressed, watched)
    return statistics.median(click_ms(page, pressed, watched) for _ in range(times))


def open_ms(page: Page, url: str, pressed: str, watched: str, times: int) -> float:
    """Returns the median of opening something from a page, which is loaded again each time."""
    times_taken = []
    for _ in range(times):
        page.goto(url)
        page.wait_for_selector(pressed)
        times_taken.append(click_ms(page, pressed, watched))
    return statistics.median(times_taken)
