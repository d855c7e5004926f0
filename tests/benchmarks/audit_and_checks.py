"""Measures what audit and permission checks cost a page (the same page with and without them), and their own time.

Each rerun is a new viewing session (`viewing_app`), which is the dearest case: in use, most reruns are presses within a
viewing session. Runs come in pairs, one with and one without, in random order, and the ratio is taken within each pair,
because what slows the machine slows both. Wall clock is what a user waits for; processor time of the whole process is
what it costs, whatever else runs on the machine. Both are given as the median ratio within a pair, with a bootstrapped
interval. Records are sent after the page: this is measured apart, over blocks of runs that end with a pause for it.
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
from tests.benchmarks.rows import Row, at_most, without_aim
from tests.benchmarks.streamlit_session import Session
from tests.running import Parts, copy_database

PART = 2
PAIRS = 300
COLD_PAIRS = 60
BLOCKS = 12
RUNS_A_BLOCK = 20
# Records are sent once a second and not while a page is drawn: a block is long enough for it.
SENDING_SECONDS = 1.6
MOST_OF_UNAUDITED = 1.05
RECORDS = 500
PATIENT = "pat-mary-aldous"
WORKLIST_PATIENTS = 200
APP = "tests/benchmarks/viewing_app.py"
PAGES = (
    ("worklist: page from memory", "", "", PAIRS),
    ("worklist: page cold", "", "cold=team", COLD_PAIRS),
    ("patient: page from memory", "patient", f"id={PATIENT}", PAIRS),
    ("patient: page cold", "patient", f"id={PATIENT}&cold=patient", COLD_PAIRS),
)


def measure(sizes: Sequence[int], say: Callable[[str], None]) -> list[Row]:
    """Returns all rows. It works on copies of the databases, because it writes thousands of audit records."""
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
                    say("audit and checks without a page")
                    rows += _without_page(parts.fhir_url)
    return rows


async def _page(case: str, figure: str, port: int, page: str, query: str, pairs: int, times: Path) -> list[Row]:
    """Returns the rows of one page from pairs of runs, one with and one without audit and checks."""
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
    ordered = [sorted(pair, key=lambda run: run["off"]) for pair in zip(runs[::2], runs[1::2], strict=True)]
    rows = []
    for clock, name in (("wall clock", "wall"), ("processor", "processor")):
        audited, bare = [pair[0][name] for pair in ordered], [pair[1][name] for pair in ordered]
        ratio = paired_ratio(audited, bare)
        rows += [
            without_aim(PART, case, f"{figure}, {clock}, without audit and checks", statistics.median(bare), "ms"),
            at_most(PART, case, f"{figure}, {clock}: with / without (95%: {ratio})", ratio.value, MOST_OF_UNAUDITED),
        ]
    return rows


async def _sending(case: str, figure: str, port: int, page: str, query: str, times: Path) -> list[Row]:
    """Returns the processor time over blocks of runs, each with a pause in which its records are sent."""
    chance = random.Random(3)
    audited: list[float] = []
    bare: list[float] = []
    async with Session(port, page) as person:
        for _ in range(BLOCKS):
            first = chance.random() < 0.5
            for off in (first, not first):
                times.write_text("")
                for _ in range(RUNS_A_BLOCK):
                    await person.rerun(_query(query, off))
                await asyncio.sleep(SENDING_SECONDS)
                # Without audit, so that the run that ends the block adds no records to send.
                await person.rerun(_query(query, True))
                runs = _runs(times)
                took = runs[-1]["until"] - runs[-1]["processor"] - (runs[0]["until"] - runs[0]["processor"])
                (bare if off else audited).append(took / RUNS_A_BLOCK)
    ratio = paired_ratio(audited, bare)
    name = f"{figure}, processor, sending included: with / without (95%: {ratio})"
    return [at_most(PART, case, name, ratio.value, MOST_OF_UNAUDITED)]


def _query(query: str, off: bool) -> str:
    return "&".join(part for part in (query, "off=1" if off else "") if part)


def _runs(times: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in times.read_text(encoding="utf-8").splitlines()]


def _without_page(fhir_url: str) -> list[Row]:
    """Returns the times to write an audit record, to send it, and to check one permission."""
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
        at_most(PART, "audit", "writing an audit record of one patient", one, 1.0, "ms"),
        at_most(PART, "audit", f"writing an audit record of a list of {WORKLIST_PATIENTS}", list_of, 5.0, "ms"),
        without_aim(PART, "audit", "records sent to the embedded server", rate, "/s"),
        without_aim(PART, "checks", "one check of permission", check, "us"),
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
