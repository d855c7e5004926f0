"""Figures of the Worklist and Patient pages, for each size of cohort, against their floor and the bare page.

The floor is the same requests by one raw HTTP session (`floor`), the bare page the same elements from memory
(`bare_app`). Server time is a rerun over the websocket: request to "script finished".
"""

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dashboard.audit.audited import install
from dashboard.cache.patient_cache import SUMMARY_CACHE
from dashboard.cache.team_cache import TEAM_CACHE
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditRecord
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.client.json_text import parse
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_patient import get_patient
from dashboard.queries.get_worklist import get_worklist
from dashboard.queries.list_users import list_users
from tests.benchmarks import crowd
from tests.benchmarks.clicks import chromium, open_ms, toggle_ms
from tests.benchmarks.databases import cohort_folder, loading_seconds
from tests.benchmarks.floor import Exchange, Floor, counted_searches, recorded
from tests.benchmarks.record_elements import record_elements
from tests.benchmarks.rows import Row, at_most, plain
from tests.benchmarks.streamlit_session import Session
from tests.running import Parts

PART = 1
USER = "prac-sw-gp-1"
ROUNDS = 9
CLICKS = 7
MOST_SEARCHES = 8
MOST_OF_FLOOR = 1.5
MOST_OF_BARE = 1.2
MOST_OF_ALONE = 2.0
# The crowd works on the pilot's size.
CROWD_SIZE = 602
FILTERED = "reason=check-overdue"
ROWS = "table.c3-table tbody"
TILE = '[data-key="tile-Overdue"]'
FIRST_PATIENT = "a.c3-who"
BANNER = ".c3-patientbanner h1"


@dataclass
class Asked:
    """What a query sent, and the median milliseconds that it took, cold, in a process of its own."""

    exchanges: list[Exchange]
    searches: int
    cold: float


class NoRecords:
    """Queries asked by themselves go on record nowhere; what the page's go through is in the page's figures."""

    def record(self, record: AuditRecord) -> None:
        pass

    def begin(self, record: AuditRecord) -> None:
        pass

    def finish(self, record: AuditRecord) -> None:
        pass


class Case:
    """One size of cohort: its parts run, its user known."""

    def __init__(self, patients: int, parts: Parts, say: Callable[[str], None]) -> None:
        self.name = f"{patients} patients"
        self.parts = parts
        self.say = say
        install(NoRecords())
        self.fhir = HttpFhirServer(parts.fhir_url)
        self.terminology = load_terminology()
        users = {str(each.practitioner): each for each in list_users(self.fhir)}
        self.user: User = users[f"Practitioner/{USER}"]
        self.scope = AccessScope(self.fhir.base_url, str(self.user.practitioner))
        self.floor = Floor()
        self.parsed = Floor(parse)

    def worklist(self) -> list[str]:
        """The ids of the worklist's patients, most urgent first, read as if for the first time."""
        TEAM_CACHE.forget()
        found = get_worklist(self.fhir, self.user, self.scope, self.terminology, datetime.now(UTC))
        return [str(each) for each in found.rows["patient_id"]]

    def patient(self, patient_id: str) -> None:
        """One patient's summary, read as if for the first time; the team's data are held."""
        SUMMARY_CACHE.forget()
        get_patient(self.fhir, self.user, self.scope, self.terminology, patient_id, datetime.now(UTC))

    def asked(self, read: Callable[[], object]) -> Asked:
        """What `read` sends and takes."""
        read()
        with recorded() as exchanges, counted_searches() as searches:
            read()
        cold = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            read()
            cold.append((time.perf_counter() - began) * 1000)
        return Asked(exchanges, len(searches), statistics.median(cold))

    def row(self, figure: str, value: float, unit: str = "") -> Row:
        return plain(PART, self.name, figure, value, unit)

    def aim(self, figure: str, value: float, limit: float, unit: str = "") -> Row:
        return at_most(PART, self.name, figure, value, limit, unit)


def measure(sizes: Sequence[int], say: Callable[[str], None]) -> list[Row]:
    """All rows. Sizes whose database is not there yet are loaded first."""
    rows: list[Row] = []
    for patients in sizes:
        folder = cohort_folder(patients, say)
        # The real clock: with a fixed one nothing is ever fresh.
        with Parts(folder, DASHBOARD_AS_OF="") as parts:
            parts.start_server()
            parts.start_dashboard("tests/benchmarks/forgetful_app.py")
            case = Case(patients, parts, say)
            rows.append(case.row("loading the cohort", loading_seconds(folder), "s"))
            rows += _pages(case)
            if patients == CROWD_SIZE:
                rows += _crowd(case)
            case.fhir.close()
    return rows


def _pages(case: Case) -> list[Row]:
    case.say(f"{case.name}: requests")
    ids = case.worklist()
    teams = case.asked(case.worklist)
    one = case.asked(lambda: case.patient(ids[0]))
    case.say(f"{case.name}: server times")
    with tempfile.TemporaryDirectory() as folder:
        recording = Path(folder) / "elements.json"
        times = asyncio.run(_server_times(case, ids[0], recording))
        with Parts(Path(folder), BARE_PAGE=str(recording)) as bare:
            bare.start_dashboard("tests/benchmarks/bare_app.py")
            alternating = asyncio.run(_by_turns(case.parts.port, bare.port))
            case.say(f"{case.name}: clicks")
            clicks = _clicks(case, bare)
    return [
        case.row("worklist: patients of the team", len(ids)),
        case.aim("worklist: searches", teams.searches, MOST_SEARCHES),
        case.row("worklist: requests", len(teams.exchanges)),
        case.row("worklist: bytes", sum(each.size for each in teams.exchanges) / 1000, "kB"),
        case.row("worklist: floor", times["worklist floor"], "ms"),
        case.row("worklist: query alone, cold", teams.cold, "ms"),
        case.row("worklist: query alone, cold / floor", teams.cold / times["worklist floor"]),
        case.row("worklist: page cold, server", times["worklist cold"], "ms"),
        case.aim("worklist: page cold / floor", times["worklist cold"] / times["worklist floor"], MOST_OF_FLOOR),
        case.row("worklist: floor with parsing / floor", times["worklist parsed"] / times["worklist floor"]),
        case.row("worklist: floor, then bare page / floor", 1 + alternating["bare"] / times["worklist floor"]),
        case.row("worklist: page warm, server", alternating["warm"], "ms"),
        case.row("worklist: bare page, server", alternating["bare"], "ms"),
        case.aim("worklist: page warm / bare page", alternating["warm"] / alternating["bare"], MOST_OF_BARE),
        case.row("worklist: click on a total to changed text", clicks["total"], "ms"),
        case.row("worklist: the same on the bare page", clicks["bare"], "ms"),
        case.aim("worklist: click / bare page", clicks["total"] / clicks["bare"], MOST_OF_BARE),
        case.row("patient: searches", one.searches),
        case.row("patient: requests", len(one.exchanges)),
        case.row("patient: bytes", sum(each.size for each in one.exchanges) / 1000, "kB"),
        case.row("patient: floor", times["patient floor"], "ms"),
        case.row("patient: query alone, cold", one.cold, "ms"),
        case.row("patient: query alone, cold / floor", one.cold / times["patient floor"]),
        case.row("patient: page cold, server", times["patient cold"], "ms"),
        case.aim("patient: page cold / floor", times["patient cold"] / times["patient floor"], MOST_OF_FLOOR),
        case.row("patient: bare page, server", alternating["patient"], "ms"),
        case.row("patient: floor, then bare page / floor", 1 + alternating["patient"] / times["patient floor"]),
        case.row("patient: page warm, server", times["patient warm"], "ms"),
        case.row("patient: click on a row to the banner", clicks["patient"], "ms"),
    ]


async def _server_times(case: Case, patient_id: str, recording: Path) -> dict[str, float]:
    """Medians of cold and warm reruns and, by turns with the cold ones, of the floors of what they asked."""
    with recorded() as for_worklist:
        case.worklist()
    with recorded() as for_patient:
        case.patient(patient_id)
    times: dict[str, list[float]] = {}
    views: list[list[dict[str, str]]] = []
    async with Session(case.parts.port) as person:
        await person.rerun()
        await person.rerun(FILTERED)
        views.append(record_elements(person.messages))
        await person.rerun()
        views.insert(0, record_elements(person.messages))
        for _ in range(ROUNDS):
            times.setdefault("worklist floor", []).append(case.floor.milliseconds(for_worklist))
            times.setdefault("worklist parsed", []).append(case.parsed.milliseconds(for_worklist))
            await person.rerun("forget=team")
            times.setdefault("worklist cold", []).append(await person.rerun())
    async with Session(case.parts.port, "patient") as person:
        await person.rerun(f"id={patient_id}")
        views.append(record_elements(person.messages))
        for _ in range(ROUNDS):
            times.setdefault("patient floor", []).append(case.floor.milliseconds(for_patient))
            times.setdefault("patient cold", []).append(await person.rerun(f"id={patient_id}&cold=patient"))
            times.setdefault("patient warm", []).append(await person.rerun(f"id={patient_id}"))
            assert "c3-patientbanner" in person.shown(), "the patient page did not show its patient"
    recording.write_text(json.dumps(views), encoding="utf-8")
    return {name: statistics.median(found) for name, found in times.items()}


async def _by_turns(port: int, bare_port: int) -> dict[str, float]:
    """Warm reruns of the worklist and of its bare page, by turns, filtered and not; and of a patient's bare page."""
    warm, bare, patient = [], [], []
    async with Session(port) as person, Session(bare_port) as nobody, Session(bare_port) as other_nobody:
        for query, other in ((FILTERED, "other=1"), ("", "")):
            await person.rerun(query)
            await nobody.rerun(other)
        for number in range(2 * ROUNDS):
            query, other = ((FILTERED, "other=1"), ("", ""))[number % 2]
            warm.append(await person.rerun(query))
            bare.append(await nobody.rerun(other))
            patient.append(await other_nobody.rerun("patient=1"))
    found = {"warm": warm, "bare": bare, "patient": patient}
    return {name: statistics.median(each) for name, each in found.items()}


def _clicks(case: Case, bare: Parts) -> dict[str, float]:
    with chromium() as page:
        return {
            "total": toggle_ms(page, case.parts.url, TILE, ROWS, CLICKS),
            "bare": toggle_ms(page, bare.url, TILE, ROWS, CLICKS),
            "patient": open_ms(page, case.parts.url, FIRST_PATIENT, BANNER, CLICKS),
        }


def _crowd(case: Case) -> list[Row]:
    case.say(f"{case.name}: {crowd.PEOPLE} people at work for {crowd.SECONDS:.0f} s")
    alone = asyncio.run(crowd.alone(case.parts.port))
    together = asyncio.run(crowd.together(case.parts.port))
    ratio = crowd.median(together) / crowd.median(alone)
    return [
        case.row("one person: rerun, median", crowd.median(alone), "ms"),
        case.row(f"{crowd.PEOPLE} people: rerun, median", crowd.median(together), "ms"),
        case.row(f"{crowd.PEOPLE} people: rerun, 95th percentile", crowd.p95(together), "ms"),
        case.aim(f"{crowd.PEOPLE} people / one person, median", ratio, MOST_OF_ALONE),
    ]
