"""At every width and at 200% zoom: nothing is off the screen or over anything else, no date or unit is cut, and the
accessibility rules hold.
"""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.accessibility import serious
from tests.browser.pictures import PAGES, laid_out, show
from tests.browser.screens import Worklist
from tests.running import Launched

UNREADABLE = (Path(__file__).parent / "boxes.js").read_text(encoding="utf-8")
# Width and height in pixels of the page, and how many of the screen's make one of them. A browser that zooms a window
# of 1280 by 720 to 200% gives the page 640 by 360 pixels of two by two, which is what Chromium is told here: media
# queries, `devicePixelRatio` and the rounding of boxes are those of the zoom. (A pinch is another matter: it enlarges a
# picture of the page and lays nothing out anew; `zoom` in a style sheet leaves media queries as they were.)
ZOOMED = ((640, 360, 2), (960, 540, 2))
SIZES = (
    (390, 844, 1), (768, 1024, 1), (1024, 768, 1), (1280, 720, 1), (1440, 900, 1), (1920, 1080, 1), *ZOOMED,
)  # fmt: skip
# The accessibility rules are tried at these sizes, light and dark, by `test_themes_and_sizes`.
TRIED = ((1280, 720, 1), (1920, 1080, 1))
# Elsewhere in the dark too, where their colours are others.
DARK_TOO = (390,)
# Large type is for a screen in a room; `test_room` and `test_worklist_large` hold what fits there.
ANY_WIDTH = [name for name in PAGES if name != "timeline-large"]


@pytest.mark.parametrize("name", ANY_WIDTH)
def test_every_word_can_be_read_at_every_width(page: Page, dashboard: Launched, name: str) -> None:
    show(page, dashboard.url, name)
    complaints = []
    screen = page.context.new_cdp_session(page)
    for width, height, scale in SIZES:
        size = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False}
        screen.send("Emulation.setDeviceMetricsOverride", size)
        laid_out(page)
        assert page.evaluate("[innerWidth, innerHeight, devicePixelRatio]") == [width, height, scale]
        where = f"{width} x {scale}"
        complaints += [f"{where}: {each}" for each in page.evaluate(UNREADABLE)]
        if (width, height, scale) not in TRIED:
            complaints += [f"{where}: {each}" for each in serious(page)]
        if width in DARK_TOO:
            page.emulate_media(color_scheme="dark")
            laid_out(page)
            complaints += [f"{where}, dark: {each}" for each in serious(page)]
            page.emulate_media(color_scheme="light")
    assert complaints == []


NARROW = "for (const each of document.querySelectorAll('.c3-when')) each.style.cssText = "


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("row.style.cssText = 'display: block; margin-left: 3000px'", "off the screen"),
        ("row.style.cssText = 'position: relative; top: 40px'", "over each other"),
        (f"{NARROW}'display: block; width: 2em; overflow: hidden'", "cut"),
    ],
)
def test_what_cannot_be_read_is_found(worklist: Worklist, fault: str, said: str) -> None:
    worklist.page.evaluate(f"() => {{ const row = document.querySelector('tr[data-row]'); {fault} }}")
    assert any(each.startswith(said) for each in worklist.page.evaluate(UNREADABLE))
