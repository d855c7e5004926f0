"""How quickly the people at a conference see the patient whom the presenter goes on to, and what following costs.

Everybody is a real session of the real dashboard's process over a websocket, on the page of the running conference: the
presenter presses Next, the others follow. As a browser does, each says once a second that it is there. The server is
the embedded one; each number of followers has a conference and patients of its own, so that no patient was read before.
A patient is seen when the run that shows the patient has ended.
"""

import asyncio
import contextlib
import os
import re
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from dashboard.actions.plan_conference import plan_conference
from dashboard.actions.start_conference import start_conference
from dashboard.audit.audited import install
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.conference.conference import Conference
from dashboard.domain.values.datatypes import NamedReference, Reference
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_worklist import get_worklist
from dashboard.queries.list_users import list_users
from tests.benchmarks.real_servers import NOW
from tests.benchmarks.rows import Row, at_most, without_aim
from tests.benchmarks.worklist_and_patient import USER, NoRecords
from tests.running import ROOT, Parts
from tests.servers.cohorts import start_with_cohort
from tests.window import LONGEST, Window

PART: Final = 9
PAGE: Final = "conference_live"
PATIENTS: Final = int(os.environ.get("FOLLOW_PATIENTS", "602"))
FOLLOWERS: Final = (1, 10, 30)
CHANGES: Final = 20
SECONDS_OF_A_PATIENT: Final = 6.0
"""From one change of patient to the next. Long enough for what follows a change to be over."""
IDLE_SECONDS: Final = 30.0
TEAM: Final = NamedReference(Reference("Organization", "team-sw-warwick"), "Warwick MDT")
COORDINATOR: Final = "prac-sw-coordinator-1"
LOGGED: Final = "import logging\nlogging.getLogger('dashboard.fhir').addHandler(logging.StreamHandler())\n"
"""The dashboard's process then says on its standard error what it asks the FHIR server."""
_REQUEST: Final = re.compile(r"^(GET|POST|PUT|DELETE) (\S+) \d+ \d+ ms, ref ", re.MULTILINE)


@dataclass
class Followed:
    """What was measured with one number of followers."""

    seconds: list[float] = field(default_factory=list)
    idle_cpu: float = 0.0
    idle: Counter[str] = field(default_factory=Counter)
    while_changing: Counter[str] = field(default_factory=Counter)


def measure(sizes: Sequence[int], say: Callable[[str], None]) -> list[Row]:
    """Returns all rows; the sizes of cohorts play no part."""
    install(NoRecords())
    rows: list[Row] = []
    with TemporaryDirectory() as name, start_with_cohort("embedded", PATIENTS) as server:
        conferences = _plan(server.base_url)
        # Python runs a module of this name at its start.
        (Path(name) / "sitecustomize.py").write_text(LOGGED)
        path = os.pathsep.join((name, str(ROOT)))
        with Parts(Path(name), FHIR_BASE_URL=server.base_url, DASHBOARD_DEMO_USER=USER, PYTHONPATH=path) as parts:
            parts.start_dashboard()
            found = {}
            for followers, conference in conferences.items():
                say(f"{followers} followers of a presenter")
                found[followers] = asyncio.run(_hold(parts, conference, followers))
            for followers in FOLLOWERS:
                rows += _rows(followers, found[followers], found[FOLLOWERS[0]])
    return rows


def _plan(base_url: str) -> dict[int, Conference]:
    """Plans and starts a conference for each number of followers."""
    fhir = HttpFhirServer(base_url)
    users = {who.practitioner.id: who for who in list_users(fhir) if who.practitioner}
    coordinator = users[COORDINATOR]
    scope = AccessScope(base_url, f"Practitioner/{USER}")
    ours = get_worklist(fhir, users[USER], scope, load_terminology(), NOW, team_cache=TeamCache()).rows["patient_id"]
    patients = [Reference("Patient", str(each)) for each in ours]
    assert len(patients) >= len(FOLLOWERS) * (CHANGES + 1)
    made = {}
    for number, followers in enumerate(FOLLOWERS):
        discussed = patients[number :: len(FOLLOWERS)][: CHANGES + 1]
        saved = plan_conference(
            fhir, coordinator, TEAM, f"Followed by {followers}", NOW + timedelta(hours=number), 60, "Room 2",
            _attendees(users), discussed, reason="bench", at=NOW,
        )  # fmt: skip
        conference = next(each for each in saved.values if isinstance(each, Conference))
        start_conference(fhir, users[USER], conference.origin.id, reason="bench", at=NOW)
        made[followers] = conference
    fhir.close()
    return made


def _attendees(users: dict[str, User]) -> list[NamedReference]:
    """The clinicians and coordinators of the team's region; the presenter first."""
    wanted = {Role.CLINICIAN, Role.COORDINATOR}
    found = [each for ident, each in users.items() if ident.startswith("prac-sw-") and wanted & set(each.roles)]
    found.sort(key=lambda each: each.practitioner != Reference("Practitioner", USER))
    return [NamedReference(each.practitioner, each.name) for each in found]


async def _hold(parts: Parts, conference: Conference, followers: int) -> Followed:
    people = [each.who.to.id for each in conference.attendees if each.who.to is not None]
    query, found, log = f"id={conference.origin.id}", Followed(), Log(parts.data_dir / "logs")
    async with contextlib.AsyncExitStack() as windows:
        presenter = await windows.enter_async_context(Window(parts.port, PAGE, query, people[0]))
        others = [
            await windows.enter_async_context(Window(parts.port, PAGE, query, people[1 + number % (len(people) - 1)]))
            for number in range(followers)
        ]
        await presenter.press("live_present")
        await presenter.until(lambda: "You present" in presenter.panels["live-line"])
        await _next(presenter, others, conference.patients[0].id)
        await asyncio.sleep(SECONDS_OF_A_PATIENT)
        log.new()
        before = _processor_seconds(parts.port)
        await asyncio.sleep(IDLE_SECONDS)
        found.idle_cpu, found.idle = (_processor_seconds(parts.port) - before) / IDLE_SECONDS, log.new()
        for patient in conference.patients[1 : CHANGES + 1]:
            began = time.perf_counter()
            found.seconds.append(await _next(presenter, others, patient.id))
            await asyncio.sleep(max(0.0, began + SECONDS_OF_A_PATIENT - time.perf_counter()))
        found.while_changing = log.new()
    return found


async def _next(presenter: Window, others: Sequence[Window], patient: str) -> float:
    """The presenter goes on to this patient; seconds until the last of the others has the patient on screen."""
    awaited = [each.shows(f"live-banner-{patient}") for each in others]
    began = time.perf_counter()
    await presenter.press("live_next")
    seen = await asyncio.wait_for(asyncio.gather(*awaited), LONGEST)
    return max(seen) - began


class Log:
    """The requests to the FHIR server, as the dashboard's process writes them down."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._read = folder, 0

    def new(self) -> Counter[str]:
        """How many there were since the last time: "read", "written" and "audit"."""
        text = (self._folder / "streamlit.log").read_text(errors="replace")
        lines, self._read = text[self._read :], len(text)
        return Counter(_kind(method, what) for method, what in _REQUEST.findall(lines))


def _kind(method: str, what: str) -> str:
    if "AuditEvent" in what:
        return "audit"
    return "read" if method == "GET" else "written"


def _processor_seconds(port: int) -> float:
    """What the dashboard's process, which listens on the port, has taken of the processor until now."""
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        words = command.read_bytes().split(b"\0")
        if b"streamlit" in words and str(port).encode() in words:
            after_name = (command.parent / "stat").read_text().rpartition(")")[2].split()
            return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")
    raise LookupError(f"no Streamlit on port {port}")


def _rows(followers: int, found: Followed, alone: Followed) -> list[Row]:
    case = f"{followers} followers"
    quantile = statistics.quantiles(found.seconds, n=20)[-1]
    reads, reads_alone = _reads(found), _reads(alone)
    idle_minutes = IDLE_SECONDS / 60
    rows = [
        without_aim(PART, case, "the last sees the next patient, median", statistics.median(found.seconds), "s"),
        at_most(PART, case, "the last sees the next patient, 95th percentile", quantile, 2.0, "s"),
        without_aim(PART, case, "reads of the server a change of patient", reads),
        without_aim(PART, case, "audit records a change of patient", found.while_changing["audit"] / CHANGES),
        without_aim(PART, case, "reads of the server a minute, idle", found.idle["read"] / idle_minutes),
    ]
    if followers != FOLLOWERS[0]:
        rows.append(at_most(PART, case, "reads a change / those with 1 follower", reads / max(1.0, reads_alone), 1.1))
    limit = at_most(PART, case, "processor, idle, of a core", found.idle_cpu * 100, 15.0, "%")
    return [*rows, limit]


def _reads(found: Followed) -> float:
    """Reads a change of patient, beyond those that there are while nothing is pressed."""
    idle = found.idle["read"] / IDLE_SECONDS * SECONDS_OF_A_PATIENT
    return found.while_changing["read"] / CHANGES - idle
