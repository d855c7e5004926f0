"""Part 11: what the guideline rules cost: for one person, for a team, by number of rules, and as a CDS Hooks service.

Reading is the query of the page with empty caches, less the rules that it asks. The service is a process of its own;
its calls carry the records that it asks for, read from the cohort's server.
"""

import re
import statistics
import sys
import threading
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from time import perf_counter
from typing import Any

import requests

from dashboard.cache.patient_cache import RECOMMENDATIONS_CACHE
from dashboard.cds.service import PATIENT_VIEW
from dashboard.domain.guidelines.compute import compute_facts
from dashboard.domain.guidelines.evaluate import evaluate
from dashboard.domain.guidelines.recommendations import Recommendations
from dashboard.domain.guidelines.rule import Rule
from dashboard.domain.record.patient_record import PatientRecord
from dashboard.fhir.cds_hooks.prefetch import bundle_of, search_of
from dashboard.fhir.client.json_text import written
from dashboard.fhir.guidelines.library import FOLDER, Library, read_library
from dashboard.fhir.search.request import SearchResult
from dashboard.queries.get_recommendations import get_recommendations, rules_in_force
from dashboard.queries.get_team_recommendations import get_team_recommendations
from dashboard.queries.get_worklist import get_worklist
from tests.benchmarks.databases import cohort_folder
from tests.benchmarks.rows import Row, at_most, without_aim
from tests.benchmarks.worklist_and_patient import Case
from tests.running import ROOT, Parts, clean_environment
from tests.servers.process import Server, ended_with_stdin, start

PART = 11
READY = re.compile(rb"(http://127\.0\.0\.1:\d+)/cds-services")
LARGEST = 1000  # one person and one team are the same in a larger cohort
ROUNDS = 15
PEOPLE = 12
REPEATS = 5
AT_ONCE = 30
CALLS = 300
MOST_OF_READING = 0.2
MOST_OF_TEAM = 2.0
MOST_GROWTH = 1.2
TIMES_THE_RULES = 4


def measure(sizes: Sequence[int], say: Callable[[str], None]) -> list[Row]:
    """Returns the figures of each size up to 1,000."""
    rows: list[Row] = []
    for patients in (each for each in sizes if each <= LARGEST):
        with Parts(cohort_folder(patients, say), DASHBOARD_AS_OF="") as parts:
            parts.start_server()
            case = Case(patients, parts, say)
            library = read_library(case.terminology, FOLDER)
            ids = case.worklist()
            say(f"part 11, {case.name}: rules")
            found, people = _of_people(case, library, ids[:PEOPLE])
            rows += found
            rows += _of_team(case, library, len(ids))
            rows += _growth(case, library, people)
            say(f"part 11, {case.name}: CDS Hooks")
            rows += _of_service(case, ids[:PEOPLE])
            case.fhir.close()
    return rows


def _aim(case: Case, figure: str, value: float, limit: float) -> Row:
    return at_most(PART, case.name, figure, value, limit)


def _row(case: Case, figure: str, value: float, unit: str = "ms") -> Row:
    return without_aim(PART, case.name, figure, value, unit)


def _milliseconds(do: Callable[[], Any]) -> float:
    began = perf_counter()
    do()
    return (perf_counter() - began) * 1000


def _median(do: Callable[[], Any]) -> float:
    return statistics.median(_milliseconds(do) for _ in range(REPEATS))


def _today() -> date:
    return datetime.now(UTC).date()


def _of_people(case: Case, library: Library, ids: Sequence[str]) -> tuple[list[Row], list[PatientRecord]]:
    """All rules for one person, against reading what they ask of that person."""
    people: list[PatientRecord] = []
    reading, facts, rules = [], [], []
    in_force, on = rules_in_force(library), _today()
    asked = (*in_force.facts, *in_force.more)

    def read(patient_id: str) -> Recommendations:
        RECOMMENDATIONS_CACHE.forget()
        now = datetime.now(UTC)
        return get_recommendations(case.fhir, case.user, case.scope, case.terminology, library, patient_id, now)

    for patient_id in ids:
        found = read(patient_id)
        people.append(found.record)
        known = compute_facts(found.record, asked, case.terminology, on)
        facts.append(_median(lambda r=found.record: compute_facts(r, asked, case.terminology, on)))
        rules.append(_median(lambda known=known: evaluate(library.rules, known)))
        whole = _median(lambda who=patient_id: read(who))
        reading.append(whole - facts[-1] - rules[-1])
    one, least = statistics.median(a + b for a, b in zip(facts, rules, strict=True)), statistics.median(reading)
    return [
        _row(case, "rules in force: cards", sum(len(rule.advice) for rule in library.rules), ""),
        _row(case, "one person: reading what the rules ask for", least),
        _row(case, "one person: facts", statistics.median(facts)),
        _row(case, "one person: all rules over the facts", statistics.median(rules)),
        _aim(case, "one person: facts and all rules / reading", one / least, MOST_OF_READING),
    ], people


def _of_team(case: Case, library: Library, size: int) -> list[Row]:
    """All rules for a team: computed once, and what is kept beside the worklist's own query."""
    asked = (case.fhir, case.user, case.scope, case.terminology)
    waiting: list[Callable[[], None]] = []

    def worklist() -> None:
        get_worklist(*asked, datetime.now(UTC))

    def counts() -> Any:
        return get_team_recommendations(*asked, library, datetime.now(UTC), start=waiting.append)

    worklist()

    def compute() -> None:
        while counts().pending:
            thread = threading.Thread(target=waiting.pop())
            thread.start()
            thread.join()

    computed = _milliseconds(compute)
    alone, kept = [], []
    for _ in range(ROUNDS):
        alone.append(_milliseconds(worklist))
        kept.append(_milliseconds(counts))
    least = statistics.median(alone)
    return [
        _row(case, "team: patients", size, ""),
        _row(case, "team: all rules for all, computed once beside the pages", computed),
        _row(case, "team: the warm worklist's query", least),
        _aim(case, "team: all rules / the warm worklist's query", statistics.median(kept) / least, MOST_OF_TEAM),
    ]  # fmt: skip


def _growth(case: Case, library: Library, people: Sequence[PatientRecord]) -> list[Row]:
    """Time a rule, with so many times as many rules."""
    asked, on = library.facts_used(), _today()
    known = [compute_facts(record, asked, case.terminology, on) for record in people]

    def per_rule(rules: Sequence[Rule]) -> float:
        times = [_milliseconds(lambda: [evaluate(rules, each) for each in known]) for _ in range(ROUNDS)]
        return statistics.median(times) / len(rules)

    more = [replace(rule, id=f"{rule.id}-{number}") for number in range(TIMES_THE_RULES) for rule in library.rules]
    figure = f"time a rule with {TIMES_THE_RULES} times the rules, against one time"
    return [_aim(case, figure, per_rule(more) / per_rule(library.rules), MOST_GROWTH)]


def _of_service(case: Case, ids: Sequence[str]) -> list[Row]:
    """patient-view with prefetch: one after the other, and so many at once."""
    with _service(case) as server:
        bodies = [_body(case, server.base_url, patient_id) for patient_id in ids]
        place = f"{server.base_url}/cds-services/{PATIENT_VIEW}"
        with requests.Session() as session:

            def post(number: int) -> float:
                def send() -> None:
                    answer = session.post(place, data=bodies[number % len(bodies)], timeout=60)
                    assert answer.status_code == 200, answer.text

                return _milliseconds(send)

            for number in range(len(bodies)):
                post(number)
            alone = [post(number) for number in range(CALLS // 3)]
            with ThreadPoolExecutor(AT_ONCE) as threads:
                crowd = list(threads.map(post, range(CALLS)))
    size = statistics.median(map(len, bodies)) / 1000
    ninety_fifth = 94
    return [
        _row(case, "CDS Hooks patient-view: records in a call", size, "kB"),
        _row(case, "CDS Hooks patient-view: median", statistics.median(alone)),
        _row(case, "CDS Hooks patient-view: 95th percentile", statistics.quantiles(alone, n=100)[ninety_fifth]),
        _row(case, f"CDS Hooks patient-view, {AT_ONCE} at once: median", statistics.median(crowd)),
        _row(case, f"CDS Hooks patient-view, {AT_ONCE} at once: 95th percentile",
             statistics.quantiles(crowd, n=100)[ninety_fifth]),
    ]  # fmt: skip


def _service(case: Case) -> Server:
    """The service alone, as a process of its own that answers this machine."""
    command = ended_with_stdin(ROOT, [sys.executable, "-m", "dashboard.cds", "--port", "0"])
    environment = clean_environment(DASHBOARD_CDS="cds = {demo = true}", DASHBOARD_DATA_DIR=str(case.parts.data_dir))
    return start("cds", command, READY, env=environment)


def _body(case: Case, base: str, patient_id: str) -> bytes:
    """A call with the records that the discovery asks for."""
    offered = requests.get(f"{base}/cds-services", timeout=60).json()["services"][0]["prefetch"]
    searches = {key: search_of(template, patient_id) for key, template in offered.items()}
    asked = {key: search for key, search in searches.items() if search is not None}
    prefetch: dict[str, Any] = {"patient": case.fhir.read("Patient", patient_id)}
    for key, found in zip(asked, case.fhir.try_all(list(asked.values())), strict=True):
        assert isinstance(found, SearchResult)
        prefetch[key] = bundle_of(found, offered[key])
    context = {"userId": str(case.user.practitioner), "patientId": patient_id}
    call = {"hook": "patient-view", "hookInstance": str(uuid.uuid4()), "context": context, "prefetch": prefetch}
    return written(call)
