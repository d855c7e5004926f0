"""After kill -9 in the middle of transactions, each Bundle is stored completely with its index, or not at all."""

import random
import threading
import time
from pathlib import Path

import pytest
import requests

from dashboard.server.index import index_values
from dashboard.server.json_text import decode
from dashboard.server.store import Store
from tests.patience import PATIENCE
from tests.unit.server.test_process import JSON, running

pytestmark = pytest.mark.slow

KILLS = 12
WRITERS = 3
GOALS = 150  # resources of a Bundle: a CarePlan, its Goals, and the writer's Patient; it takes about 60 ms


def bundle(writer: int, number: int) -> dict[str, object]:
    """Returns a CarePlan with its Goals and the writer's Patient, which counts the writer's Bundles."""
    subject = {"reference": f"Patient/p{writer}"}
    name = f"{writer}-{number}"
    goal = {"resourceType": "Goal", "lifecycleStatus": "active", "description": {"text": "x"}, "subject": subject}
    resources: list[dict[str, object]] = [{**goal, "id": f"g-{name}-{n}"} for n in range(GOALS)]
    plan = {"resourceType": "CarePlan", "status": "active", "intent": "plan", "subject": subject}
    goals = [{"reference": f"Goal/g-{name}-{n}"} for n in range(GOALS)]
    resources.append({**plan, "id": f"c-{name}", "goal": goals})
    counter = [{"system": "urn:counter", "value": str(number)}]
    resources.append({"resourceType": "Patient", "id": f"p{writer}", "identifier": counter})
    entries = [
        {"resource": r, "request": {"method": "PUT", "url": f"{r['resourceType']}/{r['id']}"}} for r in resources
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def test_a_killed_server_has_each_transaction_completely_or_not_at_all(tmp_path: Path) -> None:
    chance = random.Random(8)
    answered: list[set[int]] = [set() for _ in range(WRITERS)]  # the Bundles of each writer that were answered
    sent = [0] * WRITERS

    def write(url: str, writer: int) -> None:
        while True:
            sent[writer] += 1
            try:
                answer = requests.post(url, json=bundle(writer, sent[writer]), headers=JSON, timeout=PATIENCE)
            except requests.RequestException:
                return
            assert answer.status_code == 200, answer.text
            answered[writer].add(sent[writer])

    for _ in range(KILLS):
        with running(tmp_path / "fhir.sqlite") as (url, process):
            writers = [threading.Thread(target=write, args=(url, number)) for number in range(WRITERS)]
            for writer in writers:
                writer.start()
            time.sleep(chance.uniform(0.1, 0.9))
            process.kill()
            for writer in writers:
                writer.join()
        require_complete(tmp_path / "fhir.sqlite", answered)
    assert all(answered)


def require_complete(database: Path, answered: list[set[int]]) -> None:
    """Asserts that every Bundle is complete, answered ones are stored, and the index matches the resources."""
    store = Store(str(database))
    assert store.query("PRAGMA integrity_check") == [("ok",)]
    names = {f"{type_}/{id_}" for type_, id_ in store.query("SELECT type, id FROM resource")}
    plans = {name.removeprefix("CarePlan/c-") for name in names if name.startswith("CarePlan/")}
    goals = {name for name in names if name.startswith("Goal/")}
    assert goals == {f"Goal/g-{plan}-{n}" for plan in plans for n in range(GOALS)}
    for writer, must_be_there in enumerate(answered):
        numbers = {int(plan.split("-")[1]) for plan in plans if plan.startswith(f"{writer}-")}
        assert must_be_there <= numbers
        patient = store.current("Patient", f"p{writer}")
        if numbers:
            assert patient and decode(patient.json or "")["identifier"][0]["value"] == str(max(numbers))
    wanted = sum(len(index_values(decode(text))) for (text,) in store.query("SELECT json FROM resource"))
    assert store.query("SELECT COUNT(*) FROM search_value")[0][0] == wanted
    store.close()
