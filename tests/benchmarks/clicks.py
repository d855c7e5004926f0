"""From a click to the changed text, in Chromium, by the browser's own clock."""

import statistics
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, sync_playwright

from tests.servers.kinds import browser_path

# Resolves with the milliseconds from the click on `pressed` until the text of `watched` is another than before.
CLICK = """([pressed, watched]) => new Promise((resolve, reject) => {
  const text = () => document.querySelector(watched)?.textContent ?? "";
  const before = text();
  const began = performance.now();
  const look = () => {
    if (text() !== before && text() !== "") { observer.disconnect(); resolve(performance.now() - began); }
  };
  const observer = new MutationObserver(look);
  observer.observe(document.body, {subtree: true, childList: true, characterData: true});
  setTimeout(() => { observer.disconnect(); reject(new Error("the text did not change")); }, 30000);
  document.querySelector(pressed).click();
})"""
RESTS = '[data-testid="stApp"][data-test-script-state="notRunning"]'


@contextmanager
def chromium() -> Iterator[Page]:
    """A page in Debian's Chromium."""
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=browser_path(), args=flags)
        page = browser.new_page(viewport={"width": 1280, "height": 720}, timezone_id="UTC")
        page.set_default_timeout(60_000)
        yield page
        browser.close()


def click_ms(page: Page, pressed: str, watched: str) -> float:
    """One click; waits for the page to rest before and after."""
    page.wait_for_selector(RESTS)
    page.wait_for_selector(pressed)
    page.wait_for_timeout(200)
    took = float(page.evaluate(CLICK, [pressed, watched]))
    page.wait_for_selector(RESTS)
    return took


def toggle_ms(page: Page, url: str, pressed: str, watched: str, times: int) -> float:
    """The median of pressing the same total again and again."""
    page.goto(url)
    page.wait_for_selector(pressed)
    click_ms(page, pressed, watched)
    return statistics.median(click_ms(page, pressed, watched) for _ in range(times))


def open_ms(page: Page, url: str, pressed: str, watched: str, times: int) -> float:
    """The median of opening something from a page, each time from that page anew."""
    found = []
    for _ in range(times):
        page.goto(url)
        page.wait_for_selector(pressed)
        found.append(click_ms(page, pressed, watched))
    return statistics.median(found)
