"""Figures of the timeline, for patients of 100, 1,000 and 10,000 events: its requests, their floor, and the building.

The floor is the same requests by one raw HTTP session (`floor`). The team's data are cached, as after the Worklist, and
the process has read codes, units and days of other patients before, as in use.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from dashboard.audit.audited import install
from dashboard.cache.patient_cache import TIMELINE_CACHE
from dashboard.domain.access.user import AccessScope
from dashboard.domain.timeline.events import Timeline
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_timeline import get_timeline
from dashboard.queries.get_worklist import get_worklist
from dashboard.queries.list_users import list_users
from tests.benchmarks.floor import Floor, counted_searches, recorded
from tests.benchmarks.long_patient import patient_id, write_bundles
from tests.benchmarks.rows import Row, at_most, without_aim
from tests.benchmarks.timeline_drawing import drawing, painting
from tests.benchmarks.worklist_and_patient import NoRecords
from tests.running import ROOT, Parts

PART = 3
EVENTS = (100, 1_000, 10_000)
USER = "prac-sw-gp-1"
TEAM = "team-sw-warwick"
ROUNDS = 15
MOST_GROWTH = 1.0
# The sizes between which the growth is measured.
USUAL, LARGEST = 1_000, 10_000


class TimelineReader:
    """Reads timelines with an empty cache, as one user of a server."""

    def __init__(self, fhir_url: str) -> None:
        install(NoRecords())
        self.fhir = HttpFhirServer(fhir_url)
        self.terminology = load_terminology()
        self.user = {str(user.practitioner): user for user in list_users(self.fhir)}[f"Practitioner/{USER}"]
        self.scope = AccessScope(self.fhir.base_url, f"Practitioner/{USER}")
        get_worklist(self.fhir, self.user, self.scope, self.terminology, datetime.now(UTC))

    def timeline(self, events: int) -> Timeline:
        TIMELINE_CACHE.forget()
        who, now = patient_id(events), datetime.now(UTC)
        return get_timeline(self.fhir, self.user, self.scope, self.terminology, who, now)


def measure(sizes: Sequence[int], say: Callable[[str], None]) -> list[Row]:
    """Returns all rows; the cohort's sizes do not matter here."""
    rows: list[Row] = []
    ms_per_event: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as name, Parts(Path(name), DASHBOARD_AS_OF="") as parts:
        parts.start_server()
        load(parts, Path(name), say)
        reading, floor = TimelineReader(parts.fhir_url), Floor()
        for events in EVENTS:
            say(f"{events} events: building")
            size_rows, ms_per_event[events] = building(reading, floor, events)
            rows += size_rows
        timelines = {events: reading.timeline(events) for events in EVENTS}
        for events, timeline in timelines.items():
            rows += drawing(timeline, events)
        parts.start_dashboard(DASHBOARD_DEMO_USER=USER)
        rows += painting(parts, [(events, patient_id(events)) for events in EVENTS], timelines, say)
        reading.fhir.close()
    growth = ms_per_event[LARGEST] / ms_per_event[USUAL]
    rows.append(at_most(PART, f"{LARGEST} events", f"ms per event / that of {USUAL} events", growth, MOST_GROWTH))
    return rows


def load(parts: Parts, folder: Path, say: Callable[[str], None]) -> None:
    """Loads the patients into the server, in the care of the user's team."""
    say("patients of " + ", ".join(str(events) for events in EVENTS) + " events: loading")
    bundles = folder / "bundles"
    bundles.mkdir()
    write_bundles(bundles, EVENTS)
    command = [
        sys.executable, "-m", "dashboard.demo", "--fhir-url", parts.fhir_url, "--patients", "0",
        "--bundles", str(bundles), "--team", TEAM,
    ]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=dict(os.environ))
    assert done.returncode == 0, done.stdout + done.stderr


def building(reading: TimelineReader, floor: Floor, events: int) -> tuple[list[Row], float]:
    """Returns the rows of one patient, and the milliseconds that an event takes."""
    reading.timeline(events)
    with recorded() as exchanges, counted_searches() as searches:
        timeline = reading.timeline(events)
    assert len(timeline.events) == events, f"{len(timeline.events)} events of {events}"
    assert not timeline.unreadable and not timeline.not_read
    floors, built = [], []
    floor.milliseconds(exchanges)
    for _ in range(ROUNDS):
        floors.append(floor.milliseconds(exchanges))
        began = time.perf_counter()
        reading.timeline(events)
        built.append((time.perf_counter() - began) * 1000)
    least, took = statistics.median(floors), statistics.median(built)
    case = f"{events} events"
    return [
        without_aim(PART, case, "timeline: searches", len(searches)),
        without_aim(PART, case, "timeline: requests", len(exchanges)),
        without_aim(PART, case, "timeline: bytes", sum(exchange.size for exchange in exchanges) / 1000, "kB"),
        without_aim(PART, case, "timeline: floor", least, "ms"),
        without_aim(PART, case, "timeline: building, cold", took, "ms"),
        without_aim(PART, case, "timeline: building, cold / floor", took / least),
    ], took / events
