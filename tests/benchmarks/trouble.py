"""What a user waits for when the server is in trouble, and how long an access that has ended still shows a page.

The pages are the app's own, run without a browser (AppTest), on the embedded server with a small cohort and a server in
between that hangs, refuses or answers with a web page after 281 s on the clock of all caches. The end of an access is
measured on the real clock, with every page coming back as often as it does by itself.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from streamlit.testing.v1 import AppTest

from dashboard.audit.audited import install
from dashboard.cache.patient_cache import SUMMARY_CACHE, TIMELINE_CACHE
from dashboard.cache.team_cache import TEAM_CACHE
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.ui.session.recheck import BEAT_SECONDS
from tests.benchmarks import sixty_sessions
from tests.benchmarks.rows import Row, at_most
from tests.benchmarks.worklist_and_patient import NoRecords
from tests.pages import real
from tests.pages.test_server_trouble import OPEN, SOON, Troubled, said, troubled
from tests.unit import people_and_teams as make

PART = 6
MOST_SHOWN: Final = 2.0
"""Seconds until a page with something to show is shown, whatever the server does."""
MOST_OPEN: Final = 15.0
"""Seconds from the end of an access to a closed page."""
KINDS: Final = ("hangs", "refuses", "web page")
LONGEST: Final = 60.0


def measure(sizes: Sequence[int], say: Callable[[str], None]) -> list[Row]:
    """Returns all rows; the cohort is the small one of the page tests, whatever the sizes."""
    install(NoRecords())
    with tempfile.TemporaryDirectory() as name, real.loaded_server(Path(name)) as behind:
        rows: list[Row] = []
        for kind in KINDS:
            say(f"a server that {kind}" if kind != "web page" else "a server that answers with a web page")
            rows += _shown(behind, Path(name), kind)
        say("access that ends")
        rows += _closed(behind, Path(name))
    return rows + sixty_sessions.measure(say)


@contextmanager
def _opened(behind: real.Server, folder: Path) -> Iterator[tuple[Troubled, dict[str, AppTest]]]:
    for cache in (TEAM_CACHE, TEAM_CACHE.access, SUMMARY_CACHE, TIMELINE_CACHE):
        cache.forget()
    with troubled(behind, folder) as server:
        tabs = {page: make_tab() for page, make_tab in OPEN.items()}
        for tab in tabs.values():
            assert "ALDOUS" in said(tab.run())
        yield server, tabs


def _shown(behind: real.Server, folder: Path, kind: str) -> list[Row]:
    with _opened(behind, folder) as (server, tabs):
        server.trouble, server.seconds = kind, SOON
        slowest = {"open page": 0.0, "new tab": 0.0}
        for page, tab in tabs.items():
            for figure, run in (("open page", tab.run), ("new tab", OPEN[page]().run)):
                began = time.perf_counter()
                assert "ALDOUS" in said(run())
                slowest[figure] = max(slowest[figure], time.perf_counter() - began)
    name = {"web page": "answers with a web page"}.get(kind, kind)
    return [
        at_most(PART, f"server {name}", f"slowest {figure} that is shown again", seconds, MOST_SHOWN, "s")
        for figure, seconds in slowest.items()
    ]


def _closed(behind: real.Server, folder: Path) -> list[Row]:
    fhir, rows = HttpFhirServer(behind.base_url), []
    for page in OPEN:
        with _opened(behind, folder) as (_, tabs):
            fhir.put_new(make.care_team("p1", ["gp"], status="inactive"))
            began = time.monotonic()
            while "ALDOUS" in said(tabs[page].run()) and time.monotonic() - began < LONGEST:
                time.sleep(BEAT_SECONDS)
            rows.append(at_most(PART, "access ends", f"{page}: closed", time.monotonic() - began, MOST_OPEN, "s"))
            fhir.put_new(make.care_team("p1", ["gp"]))
    fhir.close()
    return rows
