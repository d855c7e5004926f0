"""The page of each test begins with nothing of another's, though all are of one context (`conftest.py`)."""

import pytest
from playwright.sync_api import Page

# Each is an address of its own to a browser, and cookies are the same for all ports of a host.
ADDRESSES = ("http://localhost:8600/", "http://localhost:8601/", "http://127.0.0.1:8600/")
LEFT = """async () => [document.cookie, localStorage.length, sessionStorage.length,
  (await indexedDB.databases()).length, (await caches.keys()).length, navigator.onLine]"""
LEAVE = """async () => {
  document.cookie = 'left=behind'; localStorage.left = sessionStorage.left = 'behind'; await caches.open('left');
  const opened = indexedDB.open('left');
  await new Promise((done) => { opened.onsuccess = done; });
  opened.result.close();
}"""


@pytest.mark.parametrize("which", ["first", "second"])
def test_nothing_is_left_behind(page: Page, which: str) -> None:
    page.route("**/*", lambda route: route.fulfill(body="", content_type="text/html"))
    assert page.context.cookies() == []
    for address in ADDRESSES:
        page.goto(address)
        page.context.clear_cookies()
        assert page.evaluate(LEFT) == ["", 0, 0, 0, 0, True]
        assert page.evaluate("[innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]") == [1280, False]
        page.evaluate(LEAVE)
        assert page.evaluate(LEFT) == ["left=behind", 1, 1, 1, 1, True]
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    page.context.set_offline(True)
    page.context.new_page()
    assert len(page.context.pages) == 3, "this one, that one, and the one that is kept"


@pytest.mark.parametrize("which", ["first", "second"])
def test_a_clock_goes_with_its_test(page: Page, which: str) -> None:
    page.route("**/*", lambda route: route.fulfill(body="", content_type="text/html"))
    page.goto(ADDRESSES[0])
    assert "native code" in page.evaluate("String(setTimeout)")
    page.clock.install()
    page.reload()
    assert "native code" not in page.evaluate("String(setTimeout)")
