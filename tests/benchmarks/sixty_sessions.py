"""Sixty sessions on one process for three minutes: what each waits for, and what the process takes for good.

A third has the worklist open, a third patients' pages and a third timelines, each pressing something every five
seconds on the embedded server with the pilot's 602 patients. A page that shows another patient than the one that was
asked for is counted.
"""

import asyncio
import random
import re
import statistics
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from dashboard.audit.audited import install
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_worklist import get_worklist
from tests.benchmarks.real_servers import NOW
from tests.benchmarks.rows import Row, at_most, without_aim
from tests.benchmarks.streamlit_session import Session
from tests.benchmarks.worklist_and_patient import USER, NoRecords
from tests.running import Parts
from tests.servers.cohorts import start_with_cohort

PART: Final = 6
CASE: Final = "60 sessions, 602 patients"
SESSIONS, SECONDS, SECONDS_BETWEEN_PRESSES = 60, 180.0, 5.0
WARM: Final = 1 / 3
"""After this part of the time every page has been opened: what the process takes from then on, it takes for good."""
VIEWS: Final = ("reason=check-overdue", "", "condition=T2DM", "sort=name")
MOST_OF_WARM: Final = 1.2
_BANNER: Final = re.compile(r"<h1><bdi>([^,<]+)")


@dataclass
class Seen:
    """The reruns of all sessions by page in milliseconds, and what went wrong."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: int = 0
    banners: int = 0
    foreign: int = 0


def measure(say: Callable[[str], None]) -> list[Row]:
    """Returns all rows."""
    install(NoRecords())
    say(f"{SESSIONS} sessions for {SECONDS:.0f} s")
    with TemporaryDirectory() as name, start_with_cohort("embedded", 602) as server:
        fhir = HttpFhirServer(server.base_url)
        user = User(Reference("Practitioner", USER), "GP")
        scope = AccessScope(server.base_url, str(user.practitioner))
        rows = get_worklist(fhir, user, scope, load_terminology(), NOW, team_cache=TeamCache()).rows
        fhir.close()
        names = {
            str(ident): person.name.family.upper()
            for ident, person in zip(rows["patient_id"], rows["person"], strict=True)
        }
        with Parts(Path(name), FHIR_BASE_URL=server.base_url, DASHBOARD_DEMO_USER=USER, DASHBOARD_AS_OF="") as parts:
            parts.start_dashboard()
            seen, memory = asyncio.run(_work(parts.port, names))
    return _rows(seen, memory)


async def _work(port: int, names: dict[str, str]) -> tuple[Seen, list[float]]:
    """Returns what was seen, and the megabytes of the process while it is warm and at the end."""
    seen, chance, patients = Seen(), random.Random(11), sorted(names)
    pages = ("", "patient", "timeline")
    people = [
        _person(port, pages[number % 3], patients[number::SESSIONS], names, chance.uniform(0, 5), seen)
        for number in range(SESSIONS)
    ]
    memory: list[float] = []

    async def weigh() -> None:
        for pause in (SECONDS * WARM, SECONDS * (1 - WARM)):
            await asyncio.sleep(pause)
            memory.append(_megabytes(port))

    await asyncio.gather(weigh(), *people)
    return seen, memory


async def _person(port: int, page: str, patients: list[str], names: dict[str, str], start: float, seen: Seen) -> None:
    clock, number = asyncio.get_running_loop(), 0
    end = clock.time() + SECONDS
    await asyncio.sleep(start)
    async with Session(port, page) as person:
        while clock.time() < end:
            pressed = clock.time()
            patient = patients[number // 3 % len(patients)]
            query = f"id={patient}" if page else VIEWS[number % len(VIEWS)]
            seen.times[page or "worklist"].append(await person.rerun(query))
            shown = person.shown()
            seen.errors += any(each.delta.new_element.WhichOneof("type") == "exception" for each in person.messages)
            for banner in _BANNER.findall(shown) if page else ():
                seen.banners += 1
                seen.foreign += banner != names[patient]
            number += 1
            await asyncio.sleep(max(0.0, pressed + SECONDS_BETWEEN_PRESSES - clock.time()))


def _megabytes(port: int) -> float:
    """Returns the resident memory of the process that listens on the port."""
    for status in Path("/proc").glob("[0-9]*/cmdline"):
        command = status.read_bytes().split(b"\0")
        if b"streamlit" in command and str(port).encode() in command:
            lines = (status.parent / "status").read_text().splitlines()
            return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))
    raise LookupError(f"no Streamlit on port {port}")


def _rows(seen: Seen, memory: list[float]) -> list[Row]:
    rows = [
        at_most(PART, CASE, "errors", seen.errors, 0),
        without_aim(PART, CASE, "banners compared with who was asked for", seen.banners),
        at_most(PART, CASE, "banners of another patient", seen.foreign, 0),
        without_aim(PART, CASE, "memory, warm", memory[0], "MB"),
        at_most(PART, CASE, "memory after / warm", memory[1] / memory[0], MOST_OF_WARM),
    ]
    for page, times in sorted(seen.times.items()):
        rows += [
            without_aim(PART, CASE, f"{page}: reruns", len(times)),
            without_aim(PART, CASE, f"{page}: median", statistics.median(times), "ms"),
            without_aim(PART, CASE, f"{page}: 95th percentile", statistics.quantiles(times, n=20)[-1], "ms"),
        ]
    return rows
