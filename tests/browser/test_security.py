"""The security headers as a browser takes them: nothing of ours is stopped, and what is not ours is."""

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Page, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.browser.screens import Patient, Worklist
from tests.patience import PATIENCE
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


def test_a_program_without_a_token_gets_no_card(page: Page, dashboard: Launched) -> None:
    answer = page.request.get(f"{dashboard.url}/cds-services")
    assert answer.status == 401
    assert "none is in its settings" in answer.json()["issue"][0]["diagnostics"]


def test_a_websocket_takes_no_large_message_and_no_word_that_our_pages_do_not_say(
    page: Page, dashboard: Launched
) -> None:
    """The real server: 120 MB are refused by the length that comes before them, and `clear_cache` changes nothing."""
    address = f"ws://localhost:{dashboard.port}/_stcore/stream"
    # A frame that says it holds 120 MB: the server answers before one of its bytes has come.
    with socket.create_connection(("localhost", dashboard.port), timeout=PATIENCE) as raw:
        raw.sendall(
            b"GET /_stcore/stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        assert b"101" in raw.recv(4096)
        raw.sendall(b"\x82\xff" + (120_000_000).to_bytes(8, "big") + b"mask")
        answer = raw.recv(4096)
        assert answer[:1] == b"\x88" and int.from_bytes(answer[2:4], "big") == 1009

    def closed_with(data: bytes) -> int:
        with connect(address, max_size=None) as browser:
            try:
                browser.send(data)
                browser.recv(timeout=10)
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else 0
        return -1

    with ThreadPoolExecutor(1) as thread:  # Playwright has this thread's loop
        assert thread.submit(closed_with, b"x" * 1_500_000).result() == 1009
        with pytest.raises(TimeoutError):
            thread.submit(closed_with, BackMsg(clear_cache=True).SerializeToString()).result()
    Worklist(page, dashboard.url).open()
