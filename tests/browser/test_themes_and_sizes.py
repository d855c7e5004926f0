"""Every page, light and dark, 1280 and 1920 wide: nothing serious against the accessibility rules, and a picture."""

import pytest
from playwright.sync_api import Page

from tests.browser.accessibility import serious
from tests.browser.pictures import APPEARANCES, PAGES, Appearance, laid_out, show, take
from tests.running import Launched

# A page is loaded once in each theme, in a window of the first size, which is then made one of the other: so each theme
# and each size is also that of a page which is just loaded.
LIGHT, DARK = ([each for each in APPEARANCES if each.scheme == scheme] for scheme in ("light", "dark"))
LOADED = {"light": LIGHT, "dark": DARK[::-1]}


@pytest.fixture(params=LOADED)
def looks(request: pytest.FixtureRequest) -> list[Appearance]:
    """A theme with the sizes of the window, one after the other."""
    return LOADED[request.param]


@pytest.fixture
def page(page: Page, looks: list[Appearance]) -> Page:
    """A page in the first of these appearances."""
    page.emulate_media(color_scheme=looks[0].scheme)
    page.set_viewport_size({"width": looks[0].width, "height": looks[0].height})
    return page


@pytest.mark.parametrize("name", PAGES)
def test_a_page_in_each_theme_and_size(page: Page, dashboard: Launched, looks: list[Appearance], name: str) -> None:
    show(page, dashboard.url, name)
    complaints = []
    for look in looks:
        page.set_viewport_size({"width": look.width, "height": look.height})
        laid_out(page)
        take(page, name, look)
        complaints += [f"{look}: {each}" for each in serious(page)]
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            complaints.append(f"{look}: something is cut off at the side")
    assert complaints == []
