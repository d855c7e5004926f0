"""Figures of FHIR servers of the pilot's size: how long a cold worklist, patient and timeline take on each.

The floor is the same requests by one raw HTTP session (`floor`), taken in turns with the query. "First time after the
start" is what the first user of the day waits for, after the dashboard has warmed the server up: nothing is known yet
of how it is best asked. The old habit is the loop of fhirpy searches, one patient after the other, that
dashboards on FHIR are usually made of.

"embedded-100000" is a hospital's server: the pilot's 602 patients among 100,000 people. What a page asks, and how long
it takes, must not depend on the people whom no team cares for.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final, TypeVar

from fhirpy import SyncFHIRClient

from dashboard.audit.audited import install
from dashboard.cache.patient_cache import SUMMARY_CACHE, TIMELINE_CACHE
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.record.views import Worklist
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_counts import get_counts
from dashboard.queries.get_patient import get_patient
from dashboard.queries.get_timeline import get_timeline
from dashboard.queries.get_worklist import get_worklist
from dashboard.queries.warm_up import warm_up
from tests.benchmarks.floor import Exchange, Floor, counted_searches, recorded
from tests.benchmarks.rows import Row, at_most, without_aim
from tests.benchmarks.worklist_and_patient import USER, NoRecords
from tests.running import AS_OF
from tests.servers.cohorts import loading, start_with_cohort

T = TypeVar("T")

PART = 5
NOW: Final = datetime.fromisoformat(f"{AS_OF}T12:00:00").replace(tzinfo=UTC)
ROUNDS = 5
PATIENT = "pat-mary-aldous"
FIRST_ROWS = 1000.0
# The types that a worklist needs of each patient.
TYPES: Final = ("Condition", "Observation", "MedicationRequest", "CarePlan", "Task", "Appointment", "Encounter")
# Server -> how many patients, and the aim of a cold worklist / floor (None: for comparison).
SERVERS: Final = {
    "embedded": (602, None),
    "embedded-100000": (602, None),
    "hapi-postgresql": (602, 1.3),
    "hapi-h2": (240, 2.0),
    "helios": (602, 1.3),
}
ALONE, AMONG_OTHERS, OTHERS_COST = "embedded", "embedded-100000", 1.3
CASE: Final = "602 patients among 100,000 people / alone"
CONSTANT: Final = ("worklist: requests", "patient: requests", "timeline: requests", "pilot: requests")
AS_QUICK: Final = ("worklist: complete", "patient: cold", "timeline: cold", "pilot: cold")
MANAGER: Final = User(None, "Manager", roles=(Role.PILOT_MANAGER,), subject="id|manager")


class Case:
    """One server with its cohort, and the user."""

    def __init__(self, kind: str, patients: int, base_url: str) -> None:
        self.name = f"{kind}, {patients} patients"
        install(NoRecords())
        self.fhir = HttpFhirServer(base_url)
        self.user = User(Reference("Practitioner", USER), "Dr Sarah Whitfield")
        self.scope = AccessScope(base_url, str(self.user.practitioner))
        self.terminology = load_terminology()
        self.floor = Floor()

    def row(self, figure: str, value: float, unit: str = "") -> Row:
        return without_aim(PART, self.name, figure, value, unit)

    def aim(self, figure: str, value: float, limit: float | None, unit: str = "") -> Row:
        return self.row(figure, value, unit) if limit is None else at_most(PART, self.name, figure, value, limit, unit)

    def worklist(self) -> Worklist:
        """Reads the worklist with an empty cache."""
        return get_worklist(self.fhir, self.user, self.scope, self.terminology, NOW, team_cache=TeamCache())

    def first_and_complete(self) -> tuple[float, float, Worklist]:
        """Returns after how many milliseconds there are first rows and all rows, and these, with an empty cache."""
        cache, began = TeamCache(), time.perf_counter()

        def read(wait: float | None) -> Worklist:
            return get_worklist(self.fhir, self.user, self.scope, self.terminology, NOW, team_cache=cache, wait=wait)

        read(0.0)
        first = (time.perf_counter() - began) * 1000
        whole = read(None)
        while whole.awaited:
            time.sleep(0.005)
            whole = read(0.0)
        return first, (time.perf_counter() - began) * 1000, whole

    def patient(self) -> None:
        SUMMARY_CACHE.forget()
        get_patient(self.fhir, self.user, self.scope, self.terminology, PATIENT, NOW)

    def timeline(self) -> None:
        TIMELINE_CACHE.forget()
        get_timeline(self.fhir, self.user, self.scope, self.terminology, PATIENT, NOW)

    def pilot(self) -> None:
        get_counts(self.fhir, MANAGER, self.terminology, "k" * 32, NOW)


def measure(sizes: Sequence[int], say: Callable[[str], None]) -> list[Row]:
    """Returns all rows. The sizes are those of the other parts; each server here has its own. Cohorts that are not
    stored are loaded first.
    """
    rows: list[Row] = []
    for kind, (patients, limit) in SERVERS.items():
        say(f"{kind} with {patients} patients")
        with start_with_cohort(kind, patients) as server:
            case = Case(kind, patients, server.base_url)
            try:
                rows.append(case.row("loading the cohort", loading(kind, patients)["seconds"], "s"))
                began = time.perf_counter()
                warm_up(case.fhir)  # as the dashboard does when it starts, before anybody signs in
                rows.append(case.row("warm-up", time.perf_counter() - began, "s"))
                rows += _worklist(case, limit)
                for figure, read in (("patient", case.patient), ("timeline", case.timeline), ("pilot", case.pilot)):
                    rows += _page(case, figure, read, None if figure == "pilot" else limit)
            finally:
                case.fhir.close()
    return rows + _cost_of_others(rows)


def _cost_of_others(rows: Sequence[Row]) -> list[Row]:
    """Returns how many more requests, and how much more time, each page takes where most people are not the pilot's."""
    value = {(row.case.split(",")[0], row.figure): row.value for row in rows}
    more = [
        at_most(PART, CASE, f"{name}, more", value[AMONG_OTHERS, name] - value[ALONE, name], 0) for name in CONSTANT
    ]
    ratios = [(name, value[AMONG_OTHERS, name] / value[ALONE, name]) for name in AS_QUICK]
    return more + [at_most(PART, CASE, f"{name}, ratio", ratio, OTHERS_COST) for name, ratio in ratios]


def _worklist(case: Case, limit: float | None) -> list[Row]:
    first, complete, worklist = case.first_and_complete()
    failed = [notice for notice in worklist.notices if notice.kind.startswith("section-")]
    rows = [
        case.row("worklist: patients of the team", len(worklist.rows)),
        case.aim("worklist: first rows, first time after the start", first, FIRST_ROWS, "ms"),
        case.row("worklist: complete, first time after the start", complete, "ms"),
        case.aim("worklist: parts that could not be read", len(failed), 0),
    ]
    with counted_searches() as searches, recorded() as exchanges:
        case.worklist()
    rows += [
        case.row("worklist: searches", len(searches)),
        case.row("worklist: requests", len(exchanges)),
        case.row("worklist: bytes", sum(each.size for each in exchanges) / 1000, "kB"),
    ]
    times = [_in_turns(case, exchanges, case.first_and_complete) for _ in range(ROUNDS)]
    floor = statistics.median(floor for floor, _ in times)
    complete = statistics.median(whole for _, (_, whole, _) in times)
    failed = [n for _, (_, _, seen) in times for n in seen.notices if n.kind.startswith("section-")]
    rows += [
        case.aim("worklist: first rows", statistics.median(soon for _, (soon, _, _) in times), FIRST_ROWS, "ms"),
        case.row("worklist: floor", floor, "ms"),
        case.row("worklist: complete", complete, "ms"),
        case.aim("worklist: complete / floor", complete / floor, limit),
        case.aim("worklist: parts that could not be read, later", len(failed), 0),
    ]
    habit, requests = _old_habit(case, [str(ident) for ident in worklist.rows["patient_id"]])
    return [
        *rows,
        case.row("worklist: a loop of fhirpy searches, requests", requests),
        case.row("worklist: a loop of fhirpy searches", habit, "ms"),
        case.row("worklist: a loop of fhirpy searches / complete", habit / complete),
    ]


def _page(case: Case, figure: str, read: Callable[[], None], limit: float | None) -> list[Row]:
    began = time.perf_counter()
    read()
    first = (time.perf_counter() - began) * 1000
    with recorded() as exchanges:
        read()

    def timed() -> float:
        began = time.perf_counter()
        read()
        return (time.perf_counter() - began) * 1000

    times = [_in_turns(case, exchanges, timed) for _ in range(ROUNDS)]
    floor = statistics.median(floor for floor, _ in times)
    cold = statistics.median(cold for _, cold in times)
    return [
        case.row(f"{figure}: cold, first time after the start", first, "ms"),
        case.row(f"{figure}: requests", len(exchanges)),
        case.row(f"{figure}: floor", floor, "ms"),
        case.row(f"{figure}: cold", cold, "ms"),
        case.aim(f"{figure}: cold / floor", cold / floor, 1.3 if limit is not None else None),
    ]


def _in_turns(case: Case, exchanges: list[Exchange], read: Callable[[], T]) -> tuple[float, T]:
    """Returns the floor in milliseconds and what `read` returns, one after the other."""
    return case.floor.milliseconds(exchanges), read()


def _old_habit(case: Case, patients: Sequence[str]) -> tuple[float, int]:
    """Returns the milliseconds and requests of one search after the other with fhirpy alone."""
    client = SyncFHIRClient(case.fhir.base_url)
    began, requests = time.perf_counter(), 0
    for patient in patients:
        for kind in TYPES:
            client.resources(kind).search(patient=f"Patient/{patient}").limit(1000).fetch_all()
            requests += 1
    return (time.perf_counter() - began) * 1000, requests
