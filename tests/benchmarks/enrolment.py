"""Part 10: the figures of the Enrolment page, counted by the embedded server, by number of people in the study.

The floor is the same requests, sent again by one raw session. The people are copies of a few hundred random ones of
four sites; one in a hundred has to be counted by history.
"""

import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from itertools import count, islice
from pathlib import Path
from time import perf_counter
from typing import Any

import orjson

from dashboard.cache.enrolment_figures import EnrolmentFiguresCache
from dashboard.domain.pilot.enrolment_tags import by_history_tag
from dashboard.domain.pilot.funnel import WHOLE, Step
from dashboard.evaluation.enrolment_counts import read_enrolment
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.mapping.research_subject import tags_on
from dashboard.fhir.terminology_files import load_terminology
from dashboard.server.store import Store
from tests.benchmarks.floor import Floor, recorded
from tests.benchmarks.rows import Row, at_most, without_aim
from tests.servers.start import start_embedded
from tests.subjects import AS_OF, RandomPilot

Json = dict[str, Any]
SIZES = (602, 10_000, 100_000)
TIMES = 5
BY_HISTORY = 100  # of so many people one
_AT_ONCE = 2000


def measure(sizes: Sequence[int], say: Callable[[str], None]) -> list[Row]:
    """Returns the figures of each size; 60 is too few for the aim to mean anything."""
    rows: list[Row] = []
    first: int | None = None
    for size in [each for each in sizes if each > 60]:
        say(f"part 10: {size} people")
        with tempfile.TemporaryDirectory() as folder:
            database = Path(folder) / "fhir.sqlite"
            _fill(database, size)
            found, requests = _of_size(database, size)
        first = requests if first is None else first
        case = f"{size} people"
        rows += found
        rows.append(at_most(10, case, "figures of the pilot: requests, against the smallest size", requests / first, 1))
    return rows


def _of_size(database: Path, size: int) -> tuple[list[Row], int]:
    terminology, case = load_terminology(), f"{size} people"
    with start_embedded(database) as server:
        fhir = HttpFhirServer(server.base_url)
        with recorded() as exchanges:
            counts = read_enrolment(fhir, "", terminology, AS_OF)
        assert counts.funnel[WHOLE][Step.SCREENED] > size / 2, "the people are not there"
        floor = Floor()
        asked = exchanges[1:]  # the server's own statement is read once
        floor.milliseconds(asked)
        whole, bare = [], []
        began = perf_counter()
        figures = EnrolmentFiguresCache()
        figures.figures(counts)
        decided = (perf_counter() - began) * 1000
        for _ in range(TIMES):
            began = perf_counter()
            # What was decided on these counts is remembered, as it is from the second look at the page on.
            figures.figures(read_enrolment(fhir, "", terminology, AS_OF))
            whole.append((perf_counter() - began) * 1000)
            bare.append(floor.milliseconds(asked))
        fhir.close()
    took, least = statistics.median(whole), statistics.median(bare)
    return [
        without_aim(10, case, "figures of the pilot: requests", len(asked)),
        without_aim(10, case, "figures of the pilot", took, "ms"),
        without_aim(10, case, "the same requests by a raw session (floor)", least, "ms"),
        at_most(10, case, "figures of the pilot / floor", took / least, 1.5),
        without_aim(10, case, "what of them may be shown, decided for the first time", decided, "ms"),
    ], len(asked)


def _fill(database: Path, size: int) -> None:
    """Writes the study, and for each person a Patient, a ResearchSubject and two results."""
    store = Store(str(database))
    rows = _rows(size)
    while some := list(islice(rows, _AT_ONCE)):
        with store.transaction():
            for row in some:
                store.write(row, row["id"], "PUT")
    store.close()


def _rows(size: int) -> Iterator[Json]:
    pilot = RandomPilot("b", 20, 600, odd=False)
    special = {by_history_tag(pilot.study.origin.id)}
    usual = [row for row in pilot.subjects if not special & tags_on(row)]
    unusual = [row for row in pilot.subjects if special & tags_on(row)]
    yield from pilot.places
    numbers = count()
    for number in islice(numbers, size):
        source = unusual if number % BY_HISTORY == 0 else usual
        patient = f"b-n{number}"
        about = {"reference": f"Patient/{patient}"}
        yield {"resourceType": "Patient", "id": patient, "name": [{"family": f"P{number}"}]}
        yield {**orjson.loads(orjson.dumps(source[number % len(source)])), "id": f"b-r{number}", "individual": about}
        for what, code in (("h", "4548-4"), ("b", "85354-9")):
            if number % 3:
                value = {"coding": [{"system": "http://loinc.org", "code": code}]}
                yield {
                    "resourceType": "Observation", "id": f"b-{what}{number}", "status": "final", "code": value,
                    "subject": about, "effectiveDateTime": "2026-10-01",
                }  # fmt: skip
