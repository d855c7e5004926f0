"""The file of figures: rows that were not measured this time stay."""

import json
from pathlib import Path

import pytest

from tests.benchmarks import rows
from tests.benchmarks.rows import Row


def test_figures_of_other_parts_and_cases_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "RESULTS_JSON", tmp_path / "results.json")
    monkeypatch.setattr(rows, "RESULTS_MD", tmp_path / "results.md")
    rows.store([Row(1, "10000 patients", "a", 1), Row(2, "60 patients", "b", 2), Row(1, "602 patients", "a", 3)], "")
    rows.store([Row(1, "602 patients", "c", 4), Row(1, "60 patients", "a", 5)], "")
    stored = [(row["part"], row["case"], row["figure"]) for row in json.loads(rows.RESULTS_JSON.read_text("utf-8"))]
    assert stored == [
        (1, "60 patients", "a"),
        (1, "602 patients", "c"),
        (1, "10000 patients", "a"),
        (2, "60 patients", "b"),
    ]
