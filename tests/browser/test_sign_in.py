"""Sign-in at two real providers of different make: in and back, idle, expiry, sign-out, and who stays outside."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect

from tests.browser import providers
from tests.browser.providers import GP, MANAGER, NOBODY, Provider
from tests.patience import PATIENCE, PATIENCE_MS
from tests.running import Parts

# Long enough to be warned in, short enough to wait for.
IDLE_MINUTES = 0.4
TOKEN_SECONDS = 75


@dataclass
class Running:
    """A dashboard with its FHIR server and the providers at which people sign in."""

    parts: Parts
    providers: dict[str, Provider]

    @property
    def url(self) -> str:
        return self.parts.url


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("sign-in")
    with (
        providers.oidc_provider_mock() as warwick,
        providers.nanoidp(folder / "nanoidp") as basque,
        Parts(folder) as parts,
    ):
        parts.start_server()
        parts.load_demo("--patients", "10")
        start(parts, warwick, basque)
        yield Running(parts, {"Warwick": warwick, "Basque Country": basque})


@pytest.fixture(scope="module")
def hurried(running: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Another dashboard on the same server, where nothing holds for long."""
    folder = tmp_path_factory.mktemp("hurried")
    settings = {"FHIR_BASE_URL": running.parts.fhir_url, "DASHBOARD_IDLE_MINUTES": str(IDLE_MINUTES)}
    with providers.oidc_provider_mock(token_seconds=TOKEN_SECONDS) as warwick, Parts(folder, **settings) as parts:
        start(parts, warwick)
        yield Running(parts, {"Warwick": warwick})


def start(parts: Parts, *at: Provider) -> None:
    parts.start_dashboard(DASHBOARD_SIGN_IN=providers.sign_in_settings(parts.url, *at))


@pytest.fixture
def new_tab(browser: Browser, running: Running) -> Iterator[Callable[[], Page]]:
    """Makes a page of a browser that has been nowhere yet; an error in the console of one of our own pages fails the
    test.
    """
    complaints: list[str] = []
    contexts: list[BrowserContext] = []

    def heard(message: ConsoleMessage) -> None:
        where = str(message.location.get("url"))
        own = message.page is not None and "/_stcore/" not in where and "oauth2" not in message.page.url
        if message.type == "error" and own and urlsplit(where).port in ports:
            complaints.append(f"{message.text} ({where})")

    def make() -> Page:
        context = browser.new_context(viewport={"width": 1280, "height": 720}, locale="en-GB")
        context.set_default_timeout(PATIENCE_MS)
        context.on("console", heard)
        contexts.append(context)
        return context.new_page()

    ports = {running.parts.port}
    yield make
    for context in contexts:
        context.close()
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def tab(new_tab: Callable[[], Page]) -> Page:
    """One such page."""
    return new_tab()


def sign_in(page: Page, label: str, who: str) -> None:
    """From the sign-in page through the provider, whichever it is."""
    page.get_by_role("button", name=label).click()
    if label == "Basque Country":
        page.locator("#username").fill(who)
        page.locator("#password").fill(providers.PASSWORD)
        page.locator("button[type=submit]").last.click()
    else:
        page.get_by_role("button", name=who).first.click()


def rows(page: Page) -> None:
    expect(page.locator("tr[data-row]").first).to_be_visible()


@pytest.mark.parametrize("label", ["Warwick", "Basque Country"])
def test_either_provider_leads_to_the_page_that_was_asked_for(tab: Page, running: Running, label: str) -> None:
    tab.goto(f"{running.url}/?sort=name&condition=CKD")
    expect(tab.get_by_role("heading", name="Sign in")).to_be_visible()
    assert not tab.locator("tr[data-row]").count()
    sent: list[str] = []
    tab.on("request", lambda request: sent.append(request.url))
    sign_in(tab, label, GP)
    rows(tab)
    assert parse_qs(urlsplit(tab.url).query) == {"sort": ["name"], "condition": ["CKD"]}
    expect(tab.locator(".c3-signedin")).to_contain_text("Sarah Provided")
    assert not tab.locator(".c3-demo").count(), "no DEMO where people sign in"
    asked = next(parse_qs(urlsplit(url).query) for url in sent if "code_challenge" in url)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["state"]
    assert asked["nonce"]


def test_a_link_to_a_patient_survives_the_sign_in(tab: Page, running: Running) -> None:
    tab.goto(running.url)
    sign_in(tab, "Warwick", GP)
    rows(tab)
    patient = tab.locator("tr[data-row]").first.get_attribute("data-row")
    tab.context.clear_cookies()
    tab.goto(f"{running.url}/patient?id={patient}")
    sign_in(tab, "Basque Country", GP)
    expect(tab.locator(".c3-patientbanner")).to_be_visible()
    assert tab.url == f"{running.url}/patient?id={patient}"


def test_the_browser_holds_no_claims_and_no_tokens(tab: Page, running: Running) -> None:
    tab.goto(running.url)
    sign_in(tab, "Warwick", GP)
    rows(tab)
    held = {cookie["name"]: cookie for cookie in tab.context.cookies()}
    assert not [name for name in held if name.startswith("_streamlit_user")]
    ours = held["c3-session"]
    assert ours["httpOnly"]
    assert ours["sameSite"] == "Lax"
    assert ours["expires"] == -1, "gone with the browser"
    assert tab.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])").find("eyJ") < 0


def test_signing_out_in_one_tab_empties_the_other(tab: Page, running: Running) -> None:
    tab.goto(running.url)
    sign_in(tab, "Basque Country", GP)
    rows(tab)
    other = tab.context.new_page()
    other.goto(f"{running.url}/?sort=name")
    rows(other)
    stolen = tab.context.cookies()
    tab.get_by_role("button", name="Sign out").click()
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(other.get_by_text("You are signed out.")).to_be_visible()
    assert not other.locator("tr[data-row]").count()
    other.context.clear_cookies()
    other.context.add_cookies(stolen)  # type: ignore[arg-type]
    other.goto(running.url)
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()


def test_signing_in_again_in_one_tab_brings_the_other_along(tab: Page, running: Running) -> None:
    tab.goto(f"{running.url}/?sort=name")
    expect(tab.get_by_role("heading", name="Sign in")).to_be_visible()
    other = tab.context.new_page()
    other.goto(running.url)
    sign_in(other, "Warwick", GP)
    rows(other)
    rows(tab)
    assert "sort=name" in tab.url


def test_a_role_that_nobody_knows_here_gets_no_page(tab: Page, running: Running) -> None:
    for place in ("/", "/patient?id=anybody"):
        tab.context.clear_cookies()
        tab.goto(running.url + place)
        sign_in(tab, "Warwick", NOBODY)
        expect(tab.get_by_text("Your sign-in carries no role in this dashboard.")).to_be_visible()
        assert not tab.locator(".c3-nav, tr[data-row], .c3-patientbanner").count()
    tab.get_by_role("button", name="Sign out").click()
    tab.wait_for_url(lambda url: "end_session" in url or url.startswith(running.url))


def test_a_pilot_manager_sees_no_patient(tab: Page, running: Running) -> None:
    tab.goto(running.url)
    sign_in(tab, "Basque Country", MANAGER)
    expect(tab.get_by_role("heading", name="Enrolment", exact=True)).to_be_visible()
    for page in ("patient?id=pat-mary-aldous", "timeline?id=pat-mary-aldous", "my_record"):
        tab.goto(f"{running.url}/{page}")
        expect(tab.get_by_role("alert")).to_be_visible()
        assert not tab.locator("tr[data-row]").count() and not tab.get_by_text("ALDOUS").count()


def test_nothing_is_served_to_who_only_pretends(tab: Page, running: Running) -> None:
    forged = [
        {"name": name, "value": "2|1:0|10:1795400000|forged", "url": running.url}
        for name in ("c3-session", "_streamlit_user", "_streamlit_user_tokens")
    ]
    tab.context.add_cookies(forged)  # type: ignore[arg-type]
    tab.goto(running.url)
    expect(tab.get_by_role("heading", name="Sign in")).to_be_visible()
    assert not tab.locator("tr[data-row]").count()
    answers = [tab.request.get(f"{running.url}{path}").status for path in ("/_stcore/metrics", "/media/x.csv")]
    assert answers == [404, 403]


def test_nothing_pressed_or_the_end_of_the_token_ends_a_sign_in_after_a_warning(
    tab: Page, new_tab: Callable[[], Page], hurried: Running
) -> None:
    """In one browser somebody presses keys until the token ends, in another nobody does: both wait at the same time."""
    busy, idle, began = tab, new_tab(), time.monotonic()
    for each in (busy, idle):
        each.goto(f"{hurried.url}/?sort=name")
        sign_in(each, "Warwick", GP)
        rows(each)
    warnings: list[int] = []

    def wait(awaited: Locator, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not awaited.count():
            assert time.monotonic() < end, "that did not come"
            warnings.append(busy.get_by_text("Your sign-in ends in").count())
            busy.keyboard.press("Shift")
            busy.wait_for_timeout(1000)

    warning = idle.get_by_role("alertdialog")
    wait(warning, IDLE_MINUTES * 60 + PATIENCE)
    expect(warning).to_contain_text("You will be signed out in")
    warning.get_by_role("button", name="Stay signed in").click()
    expect(warning).to_have_count(0)
    rows(idle)
    stayed = time.monotonic()
    over = idle.get_by_text("You were signed out because nothing was pressed")
    wait(over, IDLE_MINUTES * 60 + PATIENCE)
    assert time.monotonic() - stayed > IDLE_MINUTES * 60 * 0.6
    expect(warning).to_have_count(0)
    assert not idle.locator("tr[data-row]").count()
    assert "sort=name" in idle.url, "one press away from where they were"

    ended = busy.get_by_text("Your sign-in has ended.")
    wait(ended, began + TOKEN_SECONDS + PATIENCE - time.monotonic())
    assert any(warnings)
    assert not busy.locator("tr[data-row]").count()
    sign_in(busy, "Warwick", GP)
    rows(busy)
    assert "sort=name" in busy.url


def test_no_secret_is_in_the_log(tab: Page, running: Running) -> None:
    tab.goto(running.url)
    sign_in(tab, "Warwick", GP)
    rows(tab)
    ident = next(cookie["value"] for cookie in tab.context.cookies() if cookie["name"] == "c3-session")
    for log in sorted((running.parts.data_dir / "logs").glob("*.log")):
        text = log.read_text(encoding="utf-8", errors="replace")
        assert ident not in text
        assert "eyJ" not in text
        assert "hush" not in text


def test_a_context_without_a_sign_in_has_its_own(tab: Page, browser: Browser, running: Running) -> None:
    tab.goto(running.url)
    sign_in(tab, "Warwick", GP)
    rows(tab)
    stranger: BrowserContext = browser.new_context()
    page = stranger.new_page()
    page.goto(running.url, timeout=PATIENCE_MS)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    stranger.close()
