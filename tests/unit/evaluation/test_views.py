"""ViewDefinitions: plain paths are walked to what fhirpathpy finds, and to more where the library forgets a type."""

import copy
import json
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlonfhir
from hypothesis import HealthCheck, given, settings

from dashboard.evaluation.views import FOLDER, View, load_views, plain_walk
from tests.laws import examples
from tests.unit.evaluation import study_records as make
from tests.unit.evaluation.study_records import Json, studies


def definitions() -> Iterable[tuple[str, Json]]:
    for path in sorted(FOLDER.glob("*.json")):
        yield path.stem, json.loads(path.read_text(encoding="utf-8"))


@settings(max_examples=examples(20), deadline=None, suppress_health_check=list(HealthCheck))
@given(studies(2))
def test_every_view_gives_the_rows_of_the_library(rows: list[Json]) -> None:
    for name, definition in definitions():
        # A panel's components are the case in which the library finds no value.
        mine = [row for row in rows if row["resourceType"] == definition["resource"] and "component" not in row]
        # fhirpathpy makes decimals of numbers, in what it is given too.
        expected = sqlonfhir.evaluate(copy.deepcopy(mine), copy.deepcopy(definition))
        plain = [{key: float(value) if isinstance(value, Decimal) else value for key, value in row.items()}
                 for row in expected]  # fmt: skip
        assert list(View(definition).rows(mine)) == plain, name


def test_the_values_of_components_are_found() -> None:
    [view] = [View(each) for name, each in definitions() if name == "observation-values"]
    rows = list(view.rows([make.pressure("o1", "p1", "2026-01-01", 140, 90)]))
    assert [(row["code"], row["number"]) for row in rows] == [
        ("85354-9", None), ("8480-6", 140), ("2469.", 140), ("8462-4", 90), ("246A.", 90),
    ]  # fmt: skip


def test_every_path_of_the_project_is_plain_and_every_column_named_once() -> None:
    for name, definition in definitions():
        assert definition["resourceType"].endswith("ViewDefinition") and definition["status"] == "draft"
        paths: list[str] = []

        def gather(part: Any, paths: list[str] = paths) -> None:
            for column in part.get("column", ()):
                paths.append(column["path"])
            for each in (*part.get("select", ()), *part.get("unionAll", ())):
                gather(each)

        gather(definition)
        assert all(plain_walk(path) for path in paths), name
        assert set(View(definition).columns) >= {"id", "patient"}


@pytest.mark.parametrize("path", ["a + b", "a.b()", "exists()", "a.where(b > 1)", "%x", "a[0]", "$this"])
def test_what_is_not_plain_is_left_to_the_library(path: str) -> None:
    assert plain_walk(path) is None


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("name.given", ["A", "B", "C"]),
        ("name.first().given", ["A", "B"]),
        ("name.where(use = 'old').given", ["C"]),
        ("name.where(use = 'new').given", []),
        ("value.ofType(Quantity).value", [7]),
        ("nothing.at.all", []),
        ("id.more", []),
        ("getResourceKey()", ["x"]),
    ],
)
def test_a_walk(path: str, found: list[Any]) -> None:
    names = [{"given": ["A", None, "B"]}, 5, {"use": "old", "given": ["C"]}]
    walk = plain_walk(path)
    assert walk is not None and walk({"id": "x", "name": names, "valueQuantity": {"value": 7}}) == found


def test_paths_that_are_not_plain_are_evaluated_too() -> None:
    columns = [{"name": "id", "path": "id"}, {"name": "many", "path": "code.coding.count() > 1"},
               {"name": "codes", "path": "code.coding.code", "collection": True}]  # fmt: skip
    view = View({"resource": "Observation", "select": [{"column": columns}]})
    row = make.observation("o1", "p1", "4548-4", "2026-01-01", 7, "%")
    assert list(view.rows([row])) == [{"id": "o1", "many": False, "codes": ["4548-4"]}]


def test_two_values_of_one_column_are_refused() -> None:
    view = View({"resource": "Observation", "select": [{"column": [{"name": "x", "path": "code.coding.code"}]}]})
    row = {"resourceType": "Observation", "code": {"coding": [{"code": "a"}, {"code": "b"}]}}
    with pytest.raises(ValueError, match="one value"):
        list(view.rows([row]))


def test_a_bad_view_gets_a_sentence(tmp_path: Path) -> None:
    for text, says in (
        ('{"resource": "X",\n oh', "v.json, line 2"),
        ("[]", "v.json: this is no ViewDefinition"),
        ('{"name": "x", "resource": "X", "select": []}', "v.json: this ViewDefinition has no columns"),
    ):
        (tmp_path / "v.json").write_text(text, encoding="utf-8")
        load_views.cache_clear()
        with pytest.raises(ValueError, match=says):
            load_views(tmp_path)
