"""Every page, light and dark, 1280 and 1920 wide: nothing serious against the accessibility rules, and a picture."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.pictures import APPEARANCES, PAGES, Appearance, show, take
from tests.running import Launched

SERIOUS = {"serious", "critical"}


@pytest.fixture(params=APPEARANCES, ids=str)
def appearance(request: pytest.FixtureRequest) -> Appearance:
    chosen: Appearance = request.param
    return chosen


@pytest.fixture
def page(browser: Browser, appearance: Appearance, browser_context_args: dict[str, object]) -> Iterator[Page]:
    """A page in this appearance."""
    context = browser.new_context(**{**browser_context_args, **appearance.context()})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_in_each_theme_and_size(page: Page, dashboard: Launched, appearance: Appearance, name: str) -> None:
    show(page, dashboard.url, name)
    take(page, name, appearance)
    results = Axe().run(page)
    serious = [each for each in results.response["violations"] if each["impact"] in SERIOUS]
    complaints = [
        f"{each['id']}: {each['help']}: {[node['html'][:200] for node in each['nodes'][:3]]}" for each in serious
    ]
    assert not complaints, "\n".join(complaints)
    # Nothing is cut off at the side.
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
