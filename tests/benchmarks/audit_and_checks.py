"""What audit and checks cost a page: the same page on and off the record, by turns; and the audit by itself.

Each rerun is a new look (`looking_app`), the dearest case: in use, most reruns are presses within a look.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from dashboard.domain.access import Action, Relation, Role, require
from dashboard.domain.audit import AuditKind, AuditRecord, record_of
from dashboard.domain.people import User
from dashboard.domain.values import Reference
from dashboard.gateway.audit_log import AuditLog
from dashboard.gateway.client import FhirGateway
from tests.benchmarks.databases import cohort_folder
from tests.benchmarks.rows import Row, at_most, plain
from tests.benchmarks.streamlit_session import Session
from tests.running import Parts, copy_database

PART = 2
ROUNDS = 40
COLD_ROUNDS = 15
THINKS = 0.15
MOST_OF_UNAUDITED = 1.05
RECORDS = 500
PATIENT = "pat-mary-aldous"
WORKLIST_PATIENTS = 200
APP = "tests/benchmarks/looking_app.py"


def measure(sizes: Sequence[int], say: Callable[[str], None]) -> list[Row]:
    """All rows. Works on copies of the databases: what it puts on record is not for keeping."""
    rows: list[Row] = []
    for patients in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            copy_database(cohort_folder(patients, say) / "fhir.sqlite", folder / "fhir.sqlite")
            with Parts(folder, DASHBOARD_AS_OF="") as on:
                on.start_server()
                on.start_dashboard(APP)
                case = f"{patients} patients"
                # The same server, another dashboard.
                with Parts(folder / "off", DASHBOARD_AS_OF="", OFF_THE_RECORD="1", FHIR_BASE_URL=on.fhir_url) as off:
                    off.start_dashboard(APP)
                    say(f"{case}: on and off the record, by turns")
                    rows += asyncio.run(_pages(case, on.port, off.port))
                if patients == min(sizes):
                    say("the audit by itself")
                    rows += _alone(on.fhir_url)
    return rows


async def _pages(case: str, on: int, off: int) -> list[Row]:
    rows = []
    for figure, page, query, rounds in (
        ("worklist: page from memory", "", "", ROUNDS),
        ("worklist: page cold", "", "cold=team", COLD_ROUNDS),
        ("patient: page from memory", "patient", f"id={PATIENT}", ROUNDS),
        ("patient: page cold", "patient", f"id={PATIENT}&cold=patient", COLD_ROUNDS),
    ):
        times: dict[int, list[float]] = {on: [], off: []}
        async with Session(on, page) as audited, Session(off, page) as unaudited:
            for _ in range(3):
                await audited.rerun(query)
                await unaudited.rerun(query)
            for number in range(rounds):
                # Nobody opens thirty pages a second: without a moment between, records are sent all the time.
                await asyncio.sleep(THINKS)
                both = ((on, audited), (off, unaudited))
                # Whoever goes second finds the server warmer.
                for port, person in both if number % 2 else both[::-1]:
                    times[port].append(await person.rerun(query))
        found = {port: statistics.median(each) for port, each in times.items()}
        rows += [
            plain(PART, case, f"{figure}, with audit and checks", found[on], "ms"),
            plain(PART, case, f"{figure}, without", found[off], "ms"),
            at_most(PART, case, f"{figure}: with / without", found[on] / found[off], MOST_OF_UNAUDITED),
        ]
    return rows


def _alone(fhir_url: str) -> list[Row]:
    """Keeping a record, sending it, and one question of permission."""
    user = User(Reference("Practitioner", "prac-sw-gp-1"), "Dr Sarah Whitfield")
    many = tuple(Reference("Patient", f"pat-{number:05d}") for number in range(1, WORKLIST_PATIENTS + 1))
    with tempfile.TemporaryDirectory() as folder:
        log = AuditLog(Path(folder), FhirGateway(fhir_url), send=False)
        one = _median_ms(lambda: log.record(_record(user, AuditKind.PATIENT_READ, many[:1])))
        list_of = _median_ms(lambda: log.record(_record(user, AuditKind.PATIENT_QUERY, many)), 100)
        log.close()
    with tempfile.TemporaryDirectory() as folder:
        log = AuditLog(Path(folder), FhirGateway(fhir_url))
        began = time.perf_counter()
        for _ in range(RECORDS):
            log.record(_record(user, AuditKind.PATIENT_READ, many[:1]))
        log.flush(120.0)
        rate = RECORDS / (time.perf_counter() - began)
        log.close()
    check = _median_ms(lambda: require((Role.CLINICIAN,), Action.VIEW_PATIENT, Relation.TEAM)) * 1000
    return [
        at_most(PART, "audit", "keeping a record of one patient", one, 1.0, "ms"),
        at_most(PART, "audit", f"keeping a record of a list of {WORKLIST_PATIENTS}", list_of, 5.0, "ms"),
        plain(PART, "audit", "records sent to the embedded server", rate, "/s"),
        plain(PART, "checks", "one question of permission", check, "us"),
    ]


def _record(user: User, kind: AuditKind, patients: Sequence[Reference]) -> AuditRecord:
    return record_of(user, kind, "get_something", datetime.now(UTC), patients=patients)


def _median_ms(do: Callable[[], object], times: int = RECORDS) -> float:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        do()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)
