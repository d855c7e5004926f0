"""Spark gives the numbers that the local engine gives; without it a sentence (and the test is skipped)."""

import builtins
import shutil
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import orjson
import pytest

from dashboard.domain.values.site_time import set_site_zone, site_zone
from dashboard.evaluation.__main__ import main
from dashboard.evaluation.cohort import read_cohort
from dashboard.evaluation.evaluate import evaluate, reader_for
from dashboard.evaluation.read_facts import TYPES
from dashboard.evaluation.spark_engine import facts_of_lines
from dashboard.fhir.measure_files import load_measures
from dashboard.fhir.terminology_files import load_terminology
from tests.unit.evaluation import study_records as make
from tests.unit.evaluation.test_command import a_study, written
from tests.unit.evaluation.test_evaluate import run

KEY = "k" * 40


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("DASHBOARD_AS_OF", "2026-11-23")
    monkeypatch.setenv("DASHBOARD_PSEUDONYM_KEY", KEY)
    before = site_zone()
    yield
    set_site_zone(before)


def test_the_parts_of_the_files_give_what_the_whole_gives() -> None:
    """As Spark reads them: lines, in parts of any size, each part by itself."""
    rows = a_study()
    by_type: dict[str, list[Any]] = {}
    for row in rows:
        by_type.setdefault(row["resourceType"], []).append(row)
    cohort = read_cohort("pilot", by_type["ResearchSubject"], by_type["Patient"], by_type["Organization"], make.TODAY)
    reader = reader_for(cohort, load_measures(), load_terminology())
    facts = []
    for name in TYPES:
        lines = [orjson.dumps(row).decode() for row in by_type.get(name, ())]
        for start in range(0, len(lines), 7):
            facts += facts_of_lines([*lines[start : start + 7], ""], name, reader.patients, UTC)
    assert evaluate(cohort, facts, load_measures(), make.TODAY) == run(rows)


def test_without_spark_a_sentence_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = builtins.__import__

    def without(name: str, *arguments: Any, **named: Any) -> Any:
        if name.split(".")[0] == "pyspark":
            raise ImportError(name)
        return real(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    export = written(tmp_path / "export", a_study(6))
    assert main(["--ndjson", str(export), "--output", str(tmp_path / "out"), "--engine", "spark"]) == 2
    assert "pip install -r data/evaluation/requirements-spark.txt" in capsys.readouterr().err


def test_spark_reads_no_server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--fhir-url", "http://127.0.0.1:1/fhir", "--output", str(tmp_path / "out"), "--engine", "spark"]
    assert main(options) == 2
    assert "export them from the server first" in capsys.readouterr().err


# pyspark leaves its sockets to the garbage collection.
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
@pytest.mark.filterwarnings("ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.slow
@pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java")
def test_both_engines_give_the_same_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("pyspark", reason="pip install -r data/evaluation/requirements-spark.txt")
    export = written(tmp_path / "export", a_study())
    for engine in ("local", "spark"):
        assert main(["--ndjson", str(export), "--output", str(tmp_path / engine), "--engine", engine]) == 0
    for name in ("patients.csv", "summary.csv"):
        assert (tmp_path / "local" / name).read_bytes() == (tmp_path / "spark" / name).read_bytes()
    with (export / "Observation.ndjson").open("ab") as file:
        file.write(b"{oh\n")
    options = ["--ndjson", str(export), "--output", str(tmp_path / "x"), "--engine", "spark"]
    assert main(options) == 2
    assert "--engine local" in capsys.readouterr().err
