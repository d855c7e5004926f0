"""The dashboard's process is killed right after it has shown decisions as saved: none is lost, and the meeting goes on
where it was.
"""

import asyncio
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dashboard.actions.start_conference import start_conference
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.conference.views import ConferenceView
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_conference import get_conference
from dashboard.queries.list_users import list_users
from tests.benchmarks.real_servers import NOW
from tests.running import Parts
from tests.window import Window

# Which lines run is measured by other tests, without so many records.
pytestmark = [pytest.mark.slow, pytest.mark.no_cover]
GP = "prac-sw-gp-1"
CONFERENCE = "conf-sw-warwick-3"
KILLS = 3


def test_no_decision_shown_as_saved_is_lost_and_the_meeting_goes_on_where_it_was(tmp_path: Path) -> None:
    with Parts(tmp_path) as parts:
        parts.start_server()
        parts.load_demo("--patients", "20")
        fhir = HttpFhirServer(parts.fhir_url)
        gp = next(each for each in list_users(fhir) if each.practitioner == Reference("Practitioner", GP))
        start_conference(fhir, gp, CONFERENCE, reason="Start", at=NOW)
        patients = view(fhir, gp).agenda.patients
        said = {}
        for number, patient in enumerate(patients[:KILLS]):
            parts.start_dashboard()
            before = patients[number - 1] if number else None
            said[patient] = f"Decision {number}"
            # In a thread of its own: a browser's test that ran before in this process leaves a loop in the main one.
            with ThreadPoolExecutor(1) as thread:
                thread.submit(asyncio.run, decide(parts, before, patient, said[patient])).result()
        held = view(fhir, gp)
        assert {line.patient: [task.text for task in line.tasks] for line in held.lines if line.patient in said} == {
            patient: [text] for patient, text in said.items()
        }
        for line in held.lines:
            words = [entry.text for entry in line.note.entries] if line.note else []
            assert words.count(said.get(line.patient, "")) == (line.patient in said)
        fhir.close()


async def decide(parts: Parts, before: Reference | None, patient: Reference, text: str) -> None:
    """Goes on from the patient who was discussed when the process was killed, decides, and kills it."""
    async with Window(parts.port, "conference_live", f"id={CONFERENCE}", GP) as window:
        if before is not None:
            assert f"live-banner-{before.id}" in window.panels
        await window.press("live_present")
        await window.until(lambda: "You present" in window.panels["live-line"])
        await window.press("live_next")
        await window.fill(f"decide_text-{CONFERENCE}-{patient.id}", text)
        await window.fill(f"decide_owner-{CONFERENCE}-{patient.id}")
        await window.press("decide_save")
        await window.until(lambda: _saved(text, window.panels["decided-list"]))
        parts.signal_dashboard(signal.SIGKILL)
        parts.stop_dashboard()


def _saved(text: str, html: str) -> bool:
    """Whether the page says so of this text."""
    return any(text in line and "Saved." in line for line in html.split("<li"))


def view(fhir: HttpFhirServer, gp: User) -> ConferenceView:
    scope = AccessScope(fhir.base_url, f"Practitioner/{GP}")
    return get_conference(fhir, gp, scope, load_terminology(), CONFERENCE, NOW, team_cache=TeamCache())
