"""Sign-in at Keycloak, the provider that most hospitals run: in with a role, out again, and a role unknown here."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import providers
from tests.browser.providers import GP, NOBODY
from tests.patience import PATIENCE_MS
from tests.running import Parts

# Beside HAPI, not beside the other browser tests: those keep their worker busy the longest.
pytestmark = [pytest.mark.java, pytest.mark.slow, pytest.mark.xdist_group("hapi")]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a dashboard whose people sign in at Keycloak."""
    with providers.keycloak() as jamtland, Parts(tmp_path_factory.mktemp("keycloak")) as parts:
        parts.start_server()
        parts.load_demo("--patients", "10")
        parts.start_dashboard(DASHBOARD_SIGN_IN=providers.sign_in_settings(parts.url, jamtland))
        yield parts.url


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 720}, locale="en-GB")
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


def sign_in(tab: Page, who: str) -> None:
    tab.get_by_role("button", name="Jämtland").click()
    tab.locator("#username").fill(who)
    tab.locator("#password").fill(providers.PASSWORD)
    tab.locator("#kc-login").click()


def test_a_clinician_comes_back_to_the_page_that_was_asked_for(tab: Page, url: str) -> None:
    sent: list[str] = []
    tab.on("request", lambda request: sent.append(request.url))
    tab.goto(f"{url}/?sort=name&condition=CKD")
    sign_in(tab, GP)
    expect(tab.locator("tr[data-row]").first).to_be_visible()
    assert parse_qs(urlsplit(tab.url).query) == {"sort": ["name"], "condition": ["CKD"]}
    expect(tab.locator(".c3-signedin")).to_contain_text("Sarah Provided")
    asked = next(parse_qs(urlsplit(each).query) for each in sent if "code_challenge" in each)
    assert asked["code_challenge_method"] == ["S256"]


def test_signing_out_signs_out_at_keycloak_too(tab: Page, url: str) -> None:
    tab.goto(url)
    sign_in(tab, GP)
    expect(tab.locator("tr[data-row]").first).to_be_visible()
    tab.get_by_role("button", name="Sign out").click()
    expect(tab.get_by_role("heading", name="Sign in")).to_be_visible()
    tab.get_by_role("button", name="Jämtland").click()
    expect(tab.locator("#password"), "the single sign-on ended as well").to_be_visible()


def test_a_role_that_nobody_knows_here_gets_no_page(tab: Page, url: str) -> None:
    tab.goto(f"{url}/patient?id=pat-mary-aldous")
    sign_in(tab, NOBODY)
    expect(tab.get_by_text("Your sign-in carries no role in this dashboard.")).to_be_visible()
    assert not tab.locator(".c3-nav, tr[data-row], .c3-patientbanner").count()
