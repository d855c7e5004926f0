"""The demo cohort is loaded into a test's server once, the stored one is never stale, and nobody writes to it."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.patience import PATIENCE
from tests.servers import cohorts
from tests.servers.process import CannotStart

PATIENTS = 2


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "c3-dashboard-tests"


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The size of each cohort that was loaded."""
    made: list[int] = []
    load = cohorts._load_demo

    def counted(url: str, patients: int) -> None:
        made.append(patients)
        load(url, patients)

    monkeypatch.setattr(cohorts, "_load_demo", counted)
    return made


@pytest.mark.slow
def test_the_second_start_has_the_same_cohort_without_a_load_and_without_what_the_first_wrote(loads: list[int]) -> None:
    with cohorts.start_with_cohort("embedded", PATIENTS) as server:
        found = requests.get(f"{server.base_url}/Patient", timeout=PATIENCE).json()
        stray = {"resourceType": "Patient", "id": "stray"}
        assert requests.put(f"{server.base_url}/Patient/stray", json=stray, timeout=PATIENCE).status_code == 201
    with cohorts.start_with_cohort("embedded", PATIENTS) as server:
        again = requests.get(f"{server.base_url}/Patient", timeout=PATIENCE).json()
    ids = [sorted(entry["resource"]["id"] for entry in bundle["entry"]) for bundle in (found, again)]
    assert len(ids[0]) == PATIENTS
    assert ids[0] == ids[1]
    assert loads == [PATIENTS]
    assert set(cohorts.loading("embedded", PATIENTS)) == {"seconds", "megabytes"}


@pytest.mark.slow
def test_two_workers_at_once_load_it_once(loads: list[int]) -> None:
    with ThreadPoolExecutor(2) as pool:
        servers = list(pool.map(lambda _: cohorts.start_with_cohort("embedded", PATIENTS), range(2)))
    for server in servers:
        with server:
            found = requests.get(f"{server.base_url}/Patient?_summary=count", timeout=PATIENCE).json()
            assert found["total"] == PATIENTS
    assert loads == [PATIENTS]


@pytest.mark.slow
def test_a_load_that_was_cut_off_is_begun_again(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut_off(url: str, patients: int) -> None:
        requests.put(f"{url}/Patient/one", json={"resourceType": "Patient", "id": "one"}, timeout=PATIENCE)
        raise KeyboardInterrupt

    with monkeypatch.context() as first:
        first.setattr(cohorts, "_load_demo", cut_off)
        with pytest.raises(KeyboardInterrupt):
            cohorts.start_with_cohort("embedded", PATIENTS)
    with cohorts.start_with_cohort("embedded", PATIENTS) as server:
        assert requests.get(f"{server.base_url}/Patient/one", timeout=PATIENCE).status_code == 404
    assert [path.name for path in cache.iterdir()] == [cohorts.cohort_folder("embedded", PATIENTS).name]


def test_a_cohort_that_could_not_be_loaded_whole_is_none(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_few(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, "", "demo Patient 3: Patient not loaded.")

    monkeypatch.setattr(cohorts.subprocess, "run", too_few)
    with pytest.raises(CannotStart, match="Patient 3: Patient not loaded"):
        cohorts._load_demo("http://127.0.0.1:1/fhir", PATIENTS)


def test_the_loader_is_run_again_when_the_server_stopped_answering(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = [2, 0]

    def stopped_once(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, codes.pop(0), "", "The server does not answer.")

    monkeypatch.setattr(cohorts.subprocess, "run", stopped_once)
    cohorts._load_demo("http://127.0.0.1:1/fhir", PATIENTS)
    assert codes == []


def test_what_a_killed_process_left_is_removed_and_what_another_uses_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cohorts.tempfile, "tempdir", str(tmp_path))
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left, used = (tmp_path / f"{cohorts.WORK}{process}-x" for process in (gone.pid, os.getppid()))
    left.mkdir()
    used.mkdir()
    with cohorts._work_folder() as data:
        assert data.parent.exists()
        assert used.exists() and not left.exists()
    assert set(tmp_path.iterdir()) == {used}


def test_of_a_server_and_size_the_two_used_last_are_stored(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cohorts, "_load", lambda kind, patients, target: None)
    other = cache / "embedded-20-other"
    other.mkdir(parents=True)
    stored = []
    for day in ("2026-11-21", "2026-11-22", "2026-11-23"):
        monkeypatch.setattr(cohorts, "AS_OF", day)
        stored.append(cohorts._stored("embedded", PATIENTS))
        os.utime(stored[-1], (time.time() - 100 + len(stored),) * 2)
    assert len(set(stored)) == 3
    assert set(cache.iterdir()) == {other, *stored[1:]}


def test_another_content_has_another_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever code or file changed a record: the records themselves are hashed."""
    made = cohorts.cohort.patient_record

    def one_more_task(*asked: Any) -> list[dict[str, Any]]:
        return [*made(*asked), {"resourceType": "Task", "id": "more"}]

    before = cohorts.cohort_folder("embedded", PATIENTS)
    cohorts.content_digest.cache_clear()
    assert cohorts.cohort_folder("embedded", PATIENTS) == before, "the same records have the same key"
    with monkeypatch.context() as changed:
        changed.setattr(cohorts.cohort, "patient_record", one_more_task)
        cohorts.content_digest.cache_clear()
        assert cohorts.cohort_folder("embedded", PATIENTS) != before
    cohorts.content_digest.cache_clear()
    assert cohorts.cohort_folder("embedded", PATIENTS + 1).name.split("-")[-1] != before.name.split("-")[-1]
