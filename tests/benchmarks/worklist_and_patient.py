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
from tests.benchmarks.rows import Row, at_most, without_aim
from tests.benchmarks.streamlit_session import Session
from tests.running import Parts

PART = 1
USER = "prac-sw-gp-1"
ROUNDS = 9
CLICKS = 7
# One for the CareTeams, one for each of the eleven kinds of `team_resources.KINDS`, and a second for the Encounters.
MOST_SEARCHES = 13
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
class QueryCost:
    """The requests of a query, and the median milliseconds that it takes with empty caches, without a page."""

    exchanges: list[Exchange]
    searches: int
    cold: float


class NoRecords:
    """An audit log that discards its records: the cost of audit is measured with the page, not with the query."""

    def record(self, record: AuditRecord) -> None:
        pass

    def begin(self, record: AuditRecord) -> None:
        pass

    def finish(self, record: AuditRecord) -> None:
        pass


class Case:
    """One size of cohort: its running server and dashboard, and the user."""

    def __init__(self, patients: int, parts: Parts, say: Callable[[str], None]) -> None:
        self.name = f"{patients} patients"
        self.parts = parts
        self.say = say
        install(NoRecords())
        self.fhir = HttpFhirServer(parts.fhir_url)
        self.terminology = load_terminology()
        users = {str(user.practitioner): user for user in list_users(self.fhir)}
        self.user: User = users[f"Practitioner/{USER}"]
        self.scope = AccessScope(self.fhir.base_url, str(self.user.practitioner))
        self.floor = Floor()
        self.parsed = Floor(parse)

    def worklist(self) -> list[str]:
        """Returns the ids of the worklist's patients, most urgent first, read with empty caches."""
        TEAM_CACHE.forget()
        worklist = get_worklist(self.fhir, self.user, self.scope, self.terminology, datetime.now(UTC))
        return [str(ident) for ident in worklist.rows["patient_id"]]

    def patient(self, patient_id: str) -> None:
        """Reads one patient's summary with an empty cache of patients; the team's data are cached."""
        SUMMARY_CACHE.forget()
        get_patient(self.fhir, self.user, self.scope, self.terminology, patient_id, datetime.now(UTC))

    def cost_of(self, read: Callable[[], object]) -> QueryCost:
        """Returns what `read` sends, and how long it takes."""
        read()
        with recorded() as exchanges, counted_searches() as searches:
            read()
        cold = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            read()
            cold.append((time.perf_counter() - began) * 1000)
        return QueryCost(exchanges, len(searches), statistics.median(cold))

    def row(self, figure: str, value: float, unit: str = "") -> Row:
        return without_aim(PART, self.name, figure, value, unit)

    def aim(self, figure: str, value: float, limit: float, unit: str = "") -> Row:
        return at_most(PART, self.name, figure, value, limit, unit)


def measure(sizes: Sequence[int], say: Callable[[str], None]) -> list[Row]:
    """Returns all rows. Cohorts whose database does not exist yet are loaded first."""
    rows: list[Row] = []
    for patients in sizes:
        folder = cohort_folder(patients, say)
        # The real clock: with a fixed one every cached value counts as outdated.
        with Parts(folder, DASHBOARD_AS_OF="") as parts:
            parts.start_server()
            parts.start_dashboard("tests/benchmarks/cold_app.py")
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
    team_cost = case.cost_of(case.worklist)
    patient_cost = case.cost_of(lambda: case.patient(ids[0]))
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
        case.aim("worklist: searches", team_cost.searches, MOST_SEARCHES),
        case.row("worklist: requests", len(team_cost.exchanges)),
        case.row("worklist: bytes", sum(exchange.size for exchange in team_cost.exchanges) / 1000, "kB"),
        case.row("worklist: floor", times["worklist floor"], "ms"),
        case.row("worklist: query alone, cold", team_cost.cold, "ms"),
        case.row("worklist: query alone, cold / floor", team_cost.cold / times["worklist floor"]),
        case.row("worklist: page cold, server", times["worklist cold"], "ms"),
        case.row("worklist: page cold / floor", times["worklist cold"] / times["worklist floor"]),
        case.row("worklist: floor with parsing / floor", times["worklist parsed"] / times["worklist floor"]),
        case.row("worklist: floor, then bare page / floor", 1 + alternating["bare"] / times["worklist floor"]),
        case.row("worklist: page warm, server", alternating["warm"], "ms"),
        case.row("worklist: bare page, server", alternating["bare"], "ms"),
        case.row("worklist: page warm / bare page", alternating["warm"] / alternating["bare"]),
        case.row("worklist: click on a total to changed text", clicks["total"], "ms"),
        case.row("worklist: the same on the bare page", clicks["bare"], "ms"),
        case.aim("worklist: click / bare page", clicks["total"] / clicks["bare"], MOST_OF_BARE),
        case.row("patient: searches", patient_cost.searches),
        case.row("patient: requests", len(patient_cost.exchanges)),
        case.row("patient: bytes", sum(exchange.size for exchange in patient_cost.exchanges) / 1000, "kB"),
        case.row("patient: floor", times["patient floor"], "ms"),
        case.row("patient: query alone, cold", patient_cost.cold, "ms"),
        case.row("patient: query alone, cold / floor", patient_cost.cold / times["patient floor"]),
        case.row("patient: page cold, server", times["patient cold"], "ms"),
        case.row("patient: page cold / floor", times["patient cold"] / times["patient floor"]),
        case.row("patient: bare page, server", alternating["patient"], "ms"),
        case.row("patient: floor, then bare page / floor", 1 + alternating["patient"] / times["patient floor"]),
        case.row("patient: page warm, server", times["patient warm"], "ms"),
        case.row("patient: click on a row to the banner", clicks["patient"], "ms"),
    ]


async def _server_times(case: Case, patient_id: str, recording: Path) -> dict[str, float]:
    """Returns the medians of cold and warm reruns, and of their floors, measured by turns with the cold ones."""
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
    return {name: statistics.median(values) for name, values in times.items()}


async def _by_turns(port: int, bare_port: int) -> dict[str, float]:
    """Returns the medians of warm reruns of the worklist and of the bare pages of both, measured by turns."""
    warm, bare, patient = [], [], []
    async with Session(port) as person, Session(bare_port) as on_bare, Session(bare_port) as on_bare_patient:
        for query, other in ((FILTERED, "other=1"), ("", "")):
            await person.rerun(query)
            await on_bare.rerun(other)
        for number in range(2 * ROUNDS):
            query, other = ((FILTERED, "other=1"), ("", ""))[number % 2]
            warm.append(await person.rerun(query))
            bare.append(await on_bare.rerun(other))
            patient.append(await on_bare_patient.rerun("patient=1"))
    times = {"warm": warm, "bare": bare, "patient": patient}
    return {name: statistics.median(values) for name, values in times.items()}


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
