"""Records whose every text is a script, seen by a real browser: nothing runs, nothing is asked of anybody else."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.screens import Patient, Worklist
from tests.browser.test_security import WATCH
from tests.pages import real
from tests.running import Parts
from tests.unit.people_and_teams import Json

FLAG = "window.hacked = (window.hacked || 0) + 1"
SCRIPTS = (
    f"</script><script>{FLAG}</script><img src=x onerror='{FLAG}'><svg onload='{FLAG}'>"
    f"\" onfocus='{FLAG}' autofocus x=\"![p](https://evil.example/p.png)[l](javascript:{FLAG})"
)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard on a server that puts scripts into every text of every row."""

    def scripts(row: Json) -> list[Json]:
        return [real.rewrite(row, lambda name, value: SCRIPTS + value if name in real.FREE else value)]

    folder = tmp_path_factory.mktemp("hostile")
    with (
        real.loaded_server(folder) as behind,
        real.between(behind, tamper=scripts) as server,
        Parts(folder, FHIR_BASE_URL=server.hostile.base_url, DASHBOARD_DEMO_USER="gp") as parts,
    ):
        parts.start_dashboard()
        yield parts.url


def test_no_script_in_a_record_runs(page: Page, url: str) -> None:
    page.add_init_script(WATCH)
    seen = 0
    worklist = Worklist(page, url).open()
    seen += unharmed(page)
    page.goto(f"{url}/?tab=tasks")
    worklist.ready()
    expect(page.get_by_text("Check the dose").first).to_be_visible()
    seen += unharmed(page)
    Patient(page, url).open("id=p1")
    expect(page.locator(".c3-patientbanner")).to_be_visible()
    seen += unharmed(page)
    worklist.find("script").first.wait_for()
    seen += unharmed(page)
    assert seen > 20, "the texts are there, as texts"


def unharmed(page: Page) -> int:
    """How often a script stands on the page as text; fails where one ran, or the browser had to stop one."""
    page.wait_for_timeout(500)
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("window.violations") == []
    return page.locator("body").inner_text().count("<script>")
