"""The security headers as a browser takes them: nothing of ours is stopped, and what is not ours is."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.screens import Patient, Worklist
from tests.running import Launched

# Registered before any of the page's own scripts, and kept through navigation.
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
});
"""


def test_nothing_of_ours_is_stopped_by_the_policy(page: Page, dashboard: Launched) -> None:
    page.add_init_script(WATCH)
    worklist = Worklist(page, dashboard.url).open()
    patient = page.locator("tr[data-row]").first.get_attribute("data-row")
    worklist.find("mary").first.wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Export").click()
    page.keyboard.press("Escape")
    assert page.evaluate("window.violations") == []
    Patient(page, dashboard.url).open(f"id={patient}")
    expect(page.locator(".c3-patientbanner")).to_be_visible()
    assert page.evaluate("window.violations") == []


@pytest.mark.console_may_say("Content Security Policy")
@pytest.mark.console_may_say("Failed to load resource")
@pytest.mark.console_may_say("net::ERR")
def test_what_is_not_ours_is_stopped(page: Page, dashboard: Launched) -> None:
    page.add_init_script(WATCH)
    Worklist(page, dashboard.url).open()
    # As if a record's text had become markup after all. The page's own watch must not fail the test for what it proves.
    page.evaluate(
        """() => {
          const place = document.createElement("div");
          document.body.append(place);
          place.innerHTML = '<img src="data:image/png;base64,x" onerror="window.broken = 1">';
          const script = document.createElement("script");
          script.textContent = "window.broken = 2";
          document.body.append(script);
          setTimeout("window.broken = 3");
        }"""
    )
    page.wait_for_function("window.violations.length >= 3")
    assert page.evaluate("window.broken") is None


def test_another_site_cannot_frame_it(page: Page, dashboard: Launched) -> None:
    answer = page.request.get(dashboard.url)
    assert answer.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
