"""The three servers of the contract suite behave as its other tests assume."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
import requests

from tests.patience import PATIENCE
from tests.servers.postgresql import start_postgresql
from tests.servers.start import Server, start_embedded

ROOT = Path(__file__).resolve().parent.parent.parent


def test_each_server_speaks_fhir_r4(fhir_server: Server) -> None:
    stated = requests.get(f"{fhir_server.base_url}/metadata", timeout=PATIENCE).json()
    assert stated["resourceType"] == "CapabilityStatement"
    assert stated["fhirVersion"] == "4.0.1"


@pytest.mark.parametrize("resource_type", ["Patient", "CareTeam", "CarePlan", "Goal", "Task", "Provenance"])
def test_each_server_stores_ids_given_by_the_client(fhir_server: Server, resource_type: str) -> None:
    """The demo cohort and its references need this."""
    url = f"{fhir_server.base_url}/{resource_type}/given-by-client"
    patient = {"resourceType": "Patient", "id": "given-by-client"}
    requests.put(f"{fhir_server.base_url}/Patient/given-by-client", json=patient, timeout=PATIENCE)
    here = {"reference": "Patient/given-by-client"}
    body = {
        "Patient": {},
        "CareTeam": {"status": "active", "subject": here},
        "CarePlan": {"status": "active", "intent": "plan", "subject": here},
        "Goal": {"lifecycleStatus": "active", "description": {"text": "Walk"}, "subject": here},
        "Task": {"status": "requested", "intent": "order", "for": here},
        "Provenance": {"target": [here], "recorded": "2026-11-01T10:00:00Z", "agent": [{"who": {"display": "Dr A"}}]},
    }[resource_type]
    answer = requests.put(url, json={"resourceType": resource_type, "id": "given-by-client", **body}, timeout=PATIENCE)
    assert answer.status_code in (200, 201), answer.text
    assert requests.get(url, timeout=PATIENCE).json()["id"] == "given-by-client"


def test_hapi_rolls_a_transaction_back_when_one_entry_is_stale(hapi_server: Server) -> None:
    base = hapi_server.base_url
    for gender in ("male", "female"):
        requests.put(
            f"{base}/Patient/stale", json={"resourceType": "Patient", "id": "stale", "gender": gender}, timeout=PATIENCE
        )
    goal = {"resourceType": "Patient", "id": "rolled-back"}
    late = {"resourceType": "Patient", "id": "stale", "gender": "other"}
    answer = requests.post(
        base,
        json={
            "resourceType": "Bundle",
            "type": "transaction",
            "entry": [
                {"resource": goal, "request": {"method": "PUT", "url": "Patient/rolled-back"}},
                {"resource": late, "request": {"method": "PUT", "url": "Patient/stale", "ifMatch": 'W/"1"'}},
            ],
        },
        timeout=PATIENCE,
    )
    assert answer.status_code == 409
    assert requests.get(f"{base}/Patient/rolled-back", timeout=PATIENCE).status_code == 404
    assert requests.get(f"{base}/Patient/stale", timeout=PATIENCE).json()["gender"] == "female"


def test_medplum_finds_nothing_by_a_patient_id_without_its_type(medplum_server: Server) -> None:
    """This is why the client writes `patient=Patient/1`: `patient=1` has an empty answer here, not an error."""
    base = medplum_server.base_url
    problem = {"resourceType": "Condition", "id": "untyped", "subject": {"reference": "Patient/1"}}
    requests.put(f"{base}/Condition/untyped", json=problem, timeout=PATIENCE)
    assert len(requests.get(f"{base}/Condition?patient=Patient/1", timeout=PATIENCE).json().get("entry", [])) == 1
    assert len(requests.get(f"{base}/Condition?patient=1", timeout=PATIENCE).json().get("entry", [])) == 0


@pytest.mark.slow
def test_a_server_stops_on_request(tmp_path: Path) -> None:
    with start_embedded(tmp_path / "fhir.sqlite") as server:
        assert server.process.poll() is None
    assert server.process.poll() is not None


START_AND_WAIT = """
import sys, time
from pathlib import Path
from tests.servers.postgresql import start_postgresql
from tests.servers.start import start_embedded
started = {"embedded": start_embedded, "postgresql": start_postgresql}[sys.argv[1]](Path(sys.argv[2]))
print(started.process.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.slow
def test_a_server_ends_when_the_process_that_started_it_is_killed(tmp_path: Path) -> None:
    _start_and_kill("embedded", tmp_path / "fhir.sqlite")


@pytest.mark.slow
@pytest.mark.postgresql
def test_postgresql_ends_in_order_when_the_process_that_started_it_is_killed() -> None:
    with tempfile.TemporaryDirectory() as outer:  # not tmp_path, which PostgreSQL's user may not pass
        Path(outer).chmod(0o711)
        folder = Path(outer) / "data"
        _start_and_kill("postgresql", folder)
        assert not (folder / "postmaster.pid").exists()
        with start_postgresql(folder) as again:
            assert again.process.poll() is None
        assert again.stop()


def _start_and_kill(name: str, place: Path) -> None:
    """Kills the process that has started the server, and fails when the server still runs some time later."""
    starter = subprocess.Popen(
        [sys.executable, "-c", START_AND_WAIT, name, str(place)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    with starter:
        assert starter.stdout
        server = int(starter.stdout.readline())
        starter.kill()
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            os.kill(server, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail("the server still runs")
