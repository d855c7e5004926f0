"""What an editor of a shared plan waits for, alone and among others, and whether a change is lost.

The plan has six goals and four tasks. Editors work through the product's own queries and actions, each with an own
connection, without a browser. "See another's change" is from a save that has been answered until somebody who follows
the patient in another process (with a change feed of its own) is told of it. The floor of the times is one read of the
plan's CarePlan in the same run.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from dashboard.actions.change_plan import PlanSaved
from dashboard.actions.save_plan import save_plan
from dashboard.audit.audited import install
from dashboard.cache.change_feed import ChangeFeed
from dashboard.domain.care_plan.shared_plan import SharedPlan, items_of
from dashboard.fhir.client.http_server import HttpFhirServer
from tests.benchmarks.floor import recorded
from tests.benchmarks.rows import Row, at_most, without_aim
from tests.benchmarks.worklist_and_patient import NoRecords
from tests.contract.plan_storm import Editor, Stage, lost_changes, now, set_up, storm
from tests.servers.process import Server
from tests.servers.start import start_embedded, start_hapi

PART: Final = 8
EDITORS: Final = (2, 10, 30)
EDITS: Final = int(os.environ.get("STORM_EDITS", "300"))
"""Edits of each number of editors together."""
ROUNDS: Final = 9
LONGEST: Final = 30.0
TYPES: Final = ("CarePlan", "Goal", "Task")


def measure(sizes: Sequence[int], say: Callable[[str], None]) -> list[Row]:
    """Returns the rows of both servers; the sizes of cohorts play no part."""
    install(NoRecords())
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        starts: dict[str, Callable[[], Server]] = {
            "embedded": lambda: start_embedded(Path(folder) / "fhir.sqlite"),
            "hapi-h2": start_hapi,
        }
        for name, begin in starts.items():
            with begin() as server:
                for editors in EDITORS:
                    say(f"shared plan on {name}, {editors} editors")
                    rows += _case(name, server.base_url, editors)
    return rows


def _case(server: str, base_url: str, editors: int) -> list[Row]:
    case = f"{server}, {editors} editors"
    fhir = HttpFhirServer(base_url)
    # What is saved alone is in no journal, so that it has a plan of its own.
    calm, stage = set_up(fhir, 1), set_up(fhir, editors)
    reader = Editor(base_url, calm, 0, 1)
    plan = reader.read().plan.origin
    floor, opened = [], []
    for _ in range(ROUNDS):
        floor.append(_seconds(lambda: fhir.read("CarePlan", plan.id)))
        opened.append(_seconds(reader.read))
    base = statistics.median(floor)
    requests = _requests(reader, calm)
    saved, seen = _one_after_the_other(reader, fhir, calm)
    began = time.perf_counter()
    made = storm(base_url, stage, EDITS, seed=editors, delay=0.2)
    took = time.perf_counter() - began
    waited = sorted(edit.seconds for editor in made for edit in editor.journal)
    lost = lost_changes(fhir, stage, made)
    fhir.close()
    return [
        without_aim(PART, case, "read one CarePlan (floor)", base * 1000, "ms"),
        without_aim(PART, case, "open the plan / floor", statistics.median(opened) / base),
        without_aim(PART, case, "open the plan: requests", requests[0]),
        without_aim(PART, case, "save one field: requests", requests[1]),
        without_aim(PART, case, "save one field, alone / floor", statistics.median(saved) / base),
        at_most(PART, case, "see another's change, median", statistics.median(seen), 3.0, "s"),
        without_aim(PART, case, "save among all editors, median / floor", statistics.median(waited) / base),
        without_aim(PART, case, "save among all editors, 95th percentile", waited[int(0.95 * len(waited))], "s"),
        without_aim(PART, case, "edits a second", len(waited) / took),
        without_aim(PART, case, "conflicts shown", sum(len(edit.seen) for each in made for edit in each.journal)),
        at_most(PART, case, f"changes lost, of {len(waited)} edits", len(lost), 0),
    ]


def _requests(reader: Editor, stage: Stage) -> tuple[int, int]:
    """How many requests opening the plan takes, and saving one field of it, with nobody else there."""
    with recorded() as opening:
        shared = reader.read()
    with recorded() as saving:
        _save(reader, stage, shared, "Counted")
    return len(opening), len(saving)


def _save(reader: Editor, stage: Stage, shared: SharedPlan, title: str) -> None:
    items, goal = items_of(shared), shared.plan.goals[0]
    changed = {**items, goal: items[goal].with_fields({"title": title})}
    answer = save_plan(reader.fhir, reader.user, stage.patient, shared, changed, reason="bench", at=now())
    assert isinstance(answer, PlanSaved)


def _one_after_the_other(reader: Editor, fhir: HttpFhirServer, stage: Stage) -> tuple[list[float], list[float]]:
    """Seconds of saves of one field by an editor alone, and until a follower elsewhere was told of each."""
    feed = ChangeFeed()
    following = feed.follow(fhir, stage.patient, TYPES)
    saved, seen = [], []
    for number in range(ROUNDS):
        shared = reader.read()
        goal = shared.plan.goals[0]
        _await(lambda goal=goal: following.version_of(goal) is not None)  # type: ignore[misc]
        before = following.version_of(goal)
        began = time.perf_counter()
        _save(reader, stage, shared, f"Round {number}")
        saved.append(time.perf_counter() - began)
        seen.append(_await(lambda goal=goal, before=before: following.version_of(goal) != before))  # type: ignore[misc]
    return saved, seen


def _await(there: Callable[[], bool]) -> float:
    """Seconds until it is so. Raises TimeoutError."""
    began = time.perf_counter()
    while not there():
        if time.perf_counter() - began > LONGEST:
            raise TimeoutError
        time.sleep(0.02)
    return time.perf_counter() - began


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
