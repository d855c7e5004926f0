"""The real command: what it prints, which processes and files remain, and that the second start loads nothing."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.launcher.preflight import require_free_port
from tests.patience import PATIENCE
from tests.records import count
from tests.running import Launched, Parts, launched

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("launcher")]
FEW = ("--patients", "2")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Returns a data folder after a first start, which must load the demo and stop cleanly."""
    folder = tmp_path_factory.mktemp("data")
    with launched(folder, *FEW, cwd=tmp_path_factory.mktemp("elsewhere")) as running:
        output = "".join(running.output)
        assert "Loading 2 demo patients (seed 7); this happens once." in output
        assert running.output[-1].startswith("Ready after")
        assert running.url in running.output[-1]
        children = children_of(running)
        assert len(children) == 2
        assert running.stop() == 0
        assert_gone(children, running)
    yield folder


def children_of(running: Launched) -> list[int]:
    found = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text()
    return [int(each) for each in found.split()]


def assert_gone(pids: list[int], running: Launched) -> None:
    end = time.monotonic() + PATIENCE
    while left := [pid for pid in pids if _runs(pid)]:
        assert time.monotonic() < end, f"still there: {left}"
        time.sleep(0.1)
    require_free_port(running.port, "--port")
    require_free_port(running.fhir_port, "--fhir-port")


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def rest_of(running: Launched) -> str:
    assert running.process.stdout
    return running.process.stdout.read()


def test_the_second_start_loads_nothing(loaded: Path) -> None:
    began = time.monotonic()
    with launched(loaded, *FEW) as running:
        assert "Loading" not in "".join(running.output)
        assert time.monotonic() - began < 30
        fhir = HttpFhirServer(running.fhir_url)
        assert count(fhir, "Patient") == 2
        fhir.close()


def test_more_patients_are_added_at_a_later_start(loaded: Path) -> None:
    with launched(loaded, "--patients", "3") as running:
        assert "2 are there, 3 are asked for" in "".join(running.output)
        fhir = HttpFhirServer(running.fhir_url)
        assert count(fhir, "Patient") == 3
        fhir.close()


@pytest.mark.parametrize("which", [0, 1], ids=["the server", "the dashboard"])
def test_a_process_that_ends_stops_all_others_with_a_sentence(loaded: Path, which: int) -> None:
    with launched(loaded) as running:
        children = children_of(running)
        os.kill(children[which], signal.SIGKILL)
        assert running.process.wait(PATIENCE) == 1
        name = ("The FHIR server", "The dashboard")[which]
        assert f"{name} ended by itself (signal 9), so everything is stopped." in rest_of(running)
        assert_gone(children, running)


def test_sigterm_stops_every_process(loaded: Path) -> None:
    with launched(loaded) as running:
        children = children_of(running)
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(PATIENCE) == 0
        assert rest_of(running).strip() == "Stopped."
        assert_gone(children, running)


def test_killing_the_launcher_leaves_no_process(loaded: Path) -> None:
    with launched(loaded) as running:
        children = children_of(running)
        running.process.kill()
        assert_gone(children, running)


def test_with_an_external_server_no_demo_is_loaded_and_no_server_started(tmp_path: Path) -> None:
    with Parts(tmp_path / "server") as real:
        real.start_server()
        with launched(tmp_path / "data", "--fhir-url", real.fhir_url) as running:
            assert "no demo data are written" in "".join(running.output)
            assert len(children_of(running)) == 1
            assert running.stop() == 0
        fhir = HttpFhirServer(real.fhir_url)
        assert count(fhir, "Patient") == 0
        fhir.close()
    assert not (tmp_path / "data" / "fhir.sqlite").exists()
