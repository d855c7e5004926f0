"""Every page, light and dark, 1280 and 1920 wide: nothing serious against the accessibility rules, and a picture."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.pictures import LOOKS, PAGES, Look, show, take
from tests.running import Launched

SERIOUS = {"serious", "critical"}


@pytest.fixture(params=LOOKS, ids=str)
def look(request: pytest.FixtureRequest) -> Look:
    chosen: Look = request.param
    return chosen


@pytest.fixture
def page(browser: Browser, look: Look, browser_context_args: dict[str, object]) -> Iterator[Page]:
    """A page in this look."""
    context = browser.new_context(**{**browser_context_args, **look.context()})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_in_each_look(page: Page, dashboard: Launched, look: Look, name: str) -> None:
    show(page, dashboard.url, name)
    take(page, name, look)
    found = Axe().run(page)
    serious = [each for each in found.response["violations"] if each["impact"] in SERIOUS]
    told = [f"{each['id']}: {each['help']}: {[node['html'][:200] for node in each['nodes'][:3]]}" for each in serious]
    assert not told, "\n".join(told)
    # Nothing is cut off at the side.
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
