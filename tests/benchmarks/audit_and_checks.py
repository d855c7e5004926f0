"""What audit and checks cost a page: the same page on and off the record, run by run in one process; and by itself.

Each rerun is a new look (`looking_app`), the dearest case: in use, most reruns are presses within a look. Runs come in
pairs, on and off next to each other in an order by chance, and what is looked at is the difference within a pair: what
slows the machine slows both. Wall clock is what a user waits; processor time of the whole process is what it costs,
whoever else is on the machine. Both are given as the median ratio within a pair, with a bootstrapped interval.
Sending the records is beside the page: it is measured apart, over blocks of runs with the pause in which it happens.
"""

import asyncio
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dashboard.audit.log import AuditLog
from dashboard.domain.access.permissions import Action, Relation, Role, require
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind, AuditRecord, record_of
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.client.http_server import HttpFhirServer
from tests.benchmarks.databases import cohort_folder
from tests.benchmarks.pairs import paired_ratio
from tests.benchmarks.rows import Row, at_most, plain
from tests.benchmarks.streamlit_session import Session
from tests.running import Parts, copy_database

PART = 2
PAIRS = 300
COLD_PAIRS = 60
BLOCKS = 12
RUNS_A_BLOCK = 20
# Records are sent once a second and not while a page is drawn: a block has room for it.
SENDING_SECONDS = 1.6
MOST_OF_UNAUDITED = 1.05
RECORDS = 500
PATIENT = "pat-mary-aldous"
WORKLIST_PATIENTS = 200
APP = "tests/benchmarks/looking_app.py"
PAGES = (
    ("worklist: page from memory", "", "", PAIRS),
    ("worklist: page cold", "", "cold=team", COLD_PAIRS),
    ("patient: page from memory", "patient", f"id={PATIENT}", PAIRS),
    ("patient: page cold", "patient", f"id={PATIENT}&cold=patient", COLD_PAIRS),
)


def measure(sizes: Sequence[int], say: Callable[[str], None]) -> list[Row]:
    """All rows. Works on copies of the databases: what it puts on record is not for keeping."""
    rows: list[Row] = []
    for patients in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            times = folder / "runs.jsonl"
            copy_database(cohort_folder(patients, say) / "fhir.sqlite", folder / "fhir.sqlite")
            with Parts(folder, DASHBOARD_AS_OF="", RUN_TIMES=str(times)) as parts:
                parts.start_server()
                parts.start_dashboard(APP)
                case = f"{patients} patients"
                for figure, page, query, pairs in PAGES:
                    say(f"{case}: {figure}, {pairs} pairs")
                    rows += asyncio.run(_page(case, figure, parts.port, page, query, pairs, times))
                for figure, page, query, pairs in PAGES:
                    if pairs == PAIRS:
                        say(f"{case}: {figure}, sending included, {BLOCKS} blocks")
                        rows += asyncio.run(_sending(case, figure, parts.port, page, query, times))
                if patients == min(sizes):
                    say("the audit by itself")
                    rows += _alone(parts.fhir_url)
    return rows


async def _page(case: str, figure: str, port: int, page: str, query: str, pairs: int, times: Path) -> list[Row]:
    """Pairs of runs, one on and one off the record."""
    chance = random.Random(2)
    async with Session(port, page) as person:
        for number in range(6):
            await person.rerun(_query(query, number % 2 == 0))
        times.write_text("")
        for _ in range(pairs):
            first = chance.random() < 0.5
            for off in (first, not first):
                await person.rerun(_query(query, off))
    runs = _runs(times)
    assert len(runs) == 2 * pairs, "each rerun is one run"
    both = [sorted(pair, key=lambda run: run["off"]) for pair in zip(runs[::2], runs[1::2], strict=True)]
    rows = []
    for what, name in (("wall clock", "wall"), ("processor", "processor")):
        on, off = [pair[0][name] for pair in both], [pair[1][name] for pair in both]
        found = paired_ratio(on, off)
        rows += [
            plain(PART, case, f"{figure}, {what}, without audit and checks", statistics.median(off), "ms"),
            at_most(PART, case, f"{figure}, {what}: with / without (95%: {found})", found.value, MOST_OF_UNAUDITED),
        ]
    return rows


async def _sending(case: str, figure: str, port: int, page: str, query: str, times: Path) -> list[Row]:
    """Processor time of the process over blocks of runs, each with the pause in which what it recorded is sent."""
    chance = random.Random(3)
    on: list[float] = []
    off: list[float] = []
    async with Session(port, page) as person:
        for _ in range(BLOCKS):
            first = chance.random() < 0.5
            for unrecorded in (first, not first):
                times.write_text("")
                for _ in range(RUNS_A_BLOCK):
                    await person.rerun(_query(query, unrecorded))
                await asyncio.sleep(SENDING_SECONDS)
                # Off the record, so that the run that ends the block adds nothing to be sent.
                await person.rerun(_query(query, True))
                runs = _runs(times)
                took = runs[-1]["until"] - runs[-1]["processor"] - (runs[0]["until"] - runs[0]["processor"])
                (off if unrecorded else on).append(took / RUNS_A_BLOCK)
    found = paired_ratio(on, off)
    said = f"{figure}, processor, sending included: with / without (95%: {found})"
    return [at_most(PART, case, said, found.value, MOST_OF_UNAUDITED)]


def _query(query: str, off: bool) -> str:
    return "&".join(part for part in (query, "off=1" if off else "") if part)


def _runs(times: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in times.read_text(encoding="utf-8").splitlines()]


def _alone(fhir_url: str) -> list[Row]:
    """Keeping a record, sending it, and one question of permission."""
    user = User(Reference("Practitioner", "prac-sw-gp-1"), "Dr Sarah Whitfield")
    many = tuple(Reference("Patient", f"pat-{number:05d}") for number in range(1, WORKLIST_PATIENTS + 1))
    with tempfile.TemporaryDirectory() as folder:
        log = AuditLog(Path(folder), HttpFhirServer(fhir_url), send=False)
        one = _median_ms(lambda: log.record(_record(user, AuditKind.PATIENT_READ, many[:1])))
        list_of = _median_ms(lambda: log.record(_record(user, AuditKind.PATIENT_QUERY, many)), 100)
        log.close()
    with tempfile.TemporaryDirectory() as folder:
        log = AuditLog(Path(folder), HttpFhirServer(fhir_url))
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
