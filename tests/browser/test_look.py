"""The look on every machine: our own letters, served by ourselves; figures of one width; dark when the system is."""

import gzip
import urllib.request

import pytest
from playwright.sync_api import Page, expect

from dashboard.ui.shared.tokens import FONTS, colours
from dashboard.ui.timeline.figure.text import width_of
from dashboard.web import fonts
from tests.browser.pictures import PAGES, show
from tests.browser.screens import Timeline, Worklist
from tests.running import Launched

# Signs that the family lacks: the alarm of the figure, and Streamlit's and the browser's own drawings.
SIGNS = set("▲◎")

# Every element that has words of its own on screen, with the words.
WRITTEN = """
() => [...document.querySelectorAll('body *')].filter(each => each.checkVisibility?.({visibilityProperty: true})
    && !each.closest('[data-testid="stIconMaterial"], [data-testid="stHeaderActionElements"]')
    && [...each.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
  .map((each, number) => { each.dataset.written = number;
    return each.textContent })
"""


def letters_used(page: Page) -> dict[str, set[str]]:
    """The families that Chromium took letters from, each with some of the texts."""
    words = page.evaluate(WRITTEN)
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument", {"depth": -1})["root"]["nodeId"]
    found = session.send("DOM.querySelectorAll", {"nodeId": root, "selector": "[data-written]"})["nodeIds"]
    families: dict[str, set[str]] = {}
    for node, text in zip(found, words, strict=True):
        if SIGNS & set(text):
            continue
        for used in session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]:
            # The weights are files with names of their own: "IBM Plex Sans SmBld".
            ours = used["isCustomFont"] and used["familyName"].startswith("IBM Plex Sans")
            families.setdefault("ours" if ours else used["familyName"], set()).add(text[:60])
    return families


@pytest.mark.parametrize("name", PAGES)
def test_every_word_is_written_in_our_own_font(page: Page, dashboard: Launched, name: str) -> None:
    show(page, dashboard.url, name)
    used = letters_used(page)
    assert used.pop("ours")
    assert used == {}


def test_the_words_of_dialogs_and_menus_too(worklist: Worklist) -> None:
    worklist.find("mary").first.wait_for()
    assert set(letters_used(worklist.page)) == {"ours"}
    worklist.page.keyboard.press("Escape")
    worklist.page.get_by_role("button", name="Export").click()
    worklist.page.get_by_role("button", name="CSV").wait_for()
    assert set(letters_used(worklist.page)) == {"ours"}


def test_the_fonts_come_from_us_small_and_once(page: Page, dashboard: Launched) -> None:
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url) if "/fonts/" in sent.url else None)
    Worklist(page, dashboard.url).open()
    assert f"{dashboard.url}{fonts.PLACE}/{fonts.FILES[0]}" in asked
    for name in fonts.FILES:
        request = urllib.request.Request(f"{dashboard.url}{fonts.PLACE}/{name}", headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(request) as answer:
            packed = answer.read()
            assert answer.headers["content-type"] == "font/ttf"
            assert answer.headers["cache-control"] == fonts.KEEP
            assert answer.headers["content-encoding"] == "gzip"
        assert gzip.decompress(packed) == (FONTS / name).read_bytes()
        assert len(packed) < 0.7 * (FONTS / name).stat().st_size
    asked.clear()
    page.reload()
    Worklist(page, dashboard.url).ready()
    assert len(asked) == len(set(asked)), "a font was asked for twice"


def test_nothing_else_of_the_folder_is_served(page: Page, dashboard: Launched) -> None:
    for path in ("LICENSE.txt", "README.md", "../../../.streamlit/config.toml", "..%2f..%2fREADME.md"):
        answer = page.request.get(f"{dashboard.url}{fonts.PLACE}/{path}")
        # An address that is nobody's is Streamlit's page, or none.
        kind = answer.headers.get("content-type", "")
        assert kind.startswith("text/html") or answer.status >= 400, (path, answer.status, kind)


def test_words_of_the_figure_are_as_wide_as_they_were_measured(page: Page, dashboard: Launched) -> None:
    Timeline(page, dashboard.url).open_id("pat-mary-aldous", span="all")
    texts = page.evaluate(
        """() => [...document.querySelectorAll('.js-plotly-plot text')].filter(e => !e.querySelector('tspan'))
          .map(e => [e.textContent, parseFloat(getComputedStyle(e).fontSize), e.getComputedTextLength()])"""
    )
    assert len(texts) > 20
    for text, size, drawn in texts:
        if not SIGNS & set(text):
            assert drawn <= width_of(text, size) + 1, text


def test_dark_follows_the_system_while_the_page_is_open(page: Page, dashboard: Launched) -> None:
    timeline = Timeline(page, dashboard.url).open_id("pat-mary-aldous")
    name = timeline.figure.locator(".annotation-text").first

    def colour_of_words() -> str:
        return str(name.evaluate("each => getComputedStyle(each).fill"))

    for scheme in ("dark", "light", "dark"):
        page.emulate_media(color_scheme=scheme)
        named = colours(dark=scheme == "dark")
        rgb = "rgb({}, {}, {})".format(*bytes.fromhex(named["ground"][1:]))
        expect(page.locator(".stApp")).to_have_css("background-color", rgb)
        expect(page.locator(".c3-patientbanner h1")).to_have_css(
            "color", "rgb({}, {}, {})".format(*bytes.fromhex(named["text"][1:]))
        )
        allowed = {"rgb({}, {}, {})".format(*bytes.fromhex(named[each][1:])) for each in ("text", "soft")}
        timeline.until(lambda allowed=allowed: colour_of_words() in allowed, f"the figure is not {scheme}")
