"""The suite defends itself: what tests/conftest.py promises holds."""

import datetime
import os
import re
import socket
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from tests import conftest

ROOT = Path(__file__).resolve().parents[3]


# A wait that is no patience: where something must not come, or is looked for again and again.
SHORT_WAITS = {
    "browser/test_security.py": "nothing comes, and the connection stays open",
    "browser/test_narrow.py": "at once, before the server has been told",
    "browser/screens.py": "a list that was closed is opened again",
    "browser/providers.py": "asked again until it answers",
    "unit/audit/test_spool.py": "a pause between two attempts",
    "unit/house/test_suite.py": "an address of nobody",
}


def test_a_test_waits_with_patience() -> None:
    """A machine that others use too stands still for a minute now and then."""
    limit = re.compile(r"(?:timeout=|\.(?:wait|join|result)\()(\d[\d_.]*)")
    found = []
    for path in sorted((ROOT / "tests").rglob("*.py")):
        name = path.relative_to(ROOT / "tests").as_posix()
        if name not in SHORT_WAITS and not name.startswith("benchmarks/"):
            waits = limit.findall(path.read_text(encoding="utf-8"))
            found += [f"{name}: {seconds}" for seconds in waits if float(seconds) < 60]
    assert not found, "these have a limit of their own; PATIENCE of tests/patience.py is for what is sure to come"


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("fhir.example", 80)])
def test_the_network_ends_at_loopback(address: tuple[str, int]) -> None:
    with pytest.raises(conftest.NetworkForbidden):
        socket.create_connection(address, timeout=1)
    assert conftest._strayed
    conftest._strayed.clear()  # else this test would fail, as any other would


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=1).close()


def test_the_clock_s_zone_is_nobody_s() -> None:
    summer = datetime.datetime(2026, 12, 1).astimezone()
    assert summer.utcoffset() == datetime.timedelta(hours=13, minutes=45)


def test_warnings_are_errors() -> None:
    with pytest.raises(UserWarning):
        warnings.warn("mind the gap", UserWarning, stacklevel=1)


@pytest.mark.parametrize(
    ("outcome", "reason", "faults"),
    [
        ("passed", "", []),
        ("failed", "", []),  # the session fails by itself
        ("skipped", "Skipped: needs java: java or Maven is not installed", ["java: 1 skipped, 0 run"]),
        ("skipped", f"Skipped: {conftest.NO_SHARED}", ["java: 0 skipped, 0 run"]),
    ],
)
def test_a_required_kind_must_run_and_may_not_be_skipped(outcome: str, reason: str, faults: list[str]) -> None:
    requirements = conftest.Requirements({"java"})
    requirements.pytest_runtest_logreport(
        pytest.TestReport("t", ("t", 0, "t"), {}, outcome, reason, "call", user_properties=[("kind", "java")])
    )
    assert requirements.faults() == faults


def session(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A session of its own over the tests in this folder, with what tests/conftest.py does; it requires what its
    arguments say, not what this session was told.
    """
    return subprocess.run(
        [
            sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "tests.conftest",
            "--rootdir", str(tmp_path), "-c", str(ROOT / "pyproject.toml"), *arguments, str(tmp_path),
        ],
        cwd=ROOT, env={**os.environ, "REQUIRE": ""}, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_a_skipped_required_test_fails_the_session_with_workers_too(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("import pytest\n@pytest.mark.java\ndef test_it(): pytest.skip('no')\n")
    run = session(tmp_path, "-n", "1", "--require", "java")
    assert "java: 1 skipped, 0 run" in run.stdout, run.stdout + run.stderr
    assert run.returncode == pytest.ExitCode.TESTS_FAILED


@pytest.mark.slow
def test_one_worker_runs_all_tests_of_a_group(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import os, pathlib, pytest\n"
        "@pytest.mark.parametrize('number', range(40))\n"
        "@pytest.mark.xdist_group('together')\n"
        "def test_it(number): pathlib.Path(__file__).with_name(os.environ['PYTEST_XDIST_WORKER']).touch()\n"
        "@pytest.mark.parametrize('number', range(40))\n"
        "def test_alone(number): pass\n"
    )
    run = session(tmp_path, "-n", "2", "--dist", "loadgroup")
    assert run.returncode == pytest.ExitCode.OK, run.stdout + run.stderr
    assert len(list(tmp_path.glob("gw*"))) == 1
