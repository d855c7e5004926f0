"""The hazard log: every hazard is whole, its risk is what the matrix says, and every control has a test that exists."""

import ast
from collections import Counter
from functools import cache
from itertools import pairwise
from typing import Any

import yaml

from tests.unit.house.source import ROOT

LOG = yaml.safe_load((ROOT / "data" / "safety" / "hazards.yaml").read_text(encoding="utf-8"))
HAZARDS: list[dict[str, Any]] = LOG["hazards"]
SEVERITIES = ["minor", "significant", "considerable", "major", "catastrophic"]
LIKELIHOODS = ["very-low", "low", "medium", "high", "very-high"]
WORDS = {"id", "area", "hazard", "cause", "effect", "severity", "likelihood", "risk", "controls"}


@cache
def in_file(path: str) -> frozenset[str]:
    """The names of the tests of a file; none where there is no such file."""
    file = ROOT / path
    if not file.is_file():
        return frozenset()
    nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    return frozenset(node.name for node in nodes if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"))


def named() -> list[tuple[str, str]]:
    """Each hazard's id with a test that it names."""
    return [(each["id"], test) for each in HAZARDS for control in each["controls"] for test in control["tests"]]


def test_every_control_names_tests_that_exist() -> None:
    gone = [
        (hazard, test) for hazard, test in named() if test.partition("::")[2] not in in_file(test.partition("::")[0])
    ]
    assert not gone, f"data/safety/hazards.yaml names tests that are not there: {gone}"
    assert all(control["tests"] for each in HAZARDS for control in each["controls"])


def test_a_test_that_is_not_there_is_noticed() -> None:
    assert "test_every_control_names_tests_that_exist" in in_file("tests/unit/house/test_hazards.py")
    assert "test_nobody_wrote" not in in_file("tests/unit/house/test_hazards.py")
    assert not in_file("tests/unit/house/test_of_no_file.py")


def test_every_hazard_says_everything() -> None:
    for each in HAZARDS:
        assert WORDS <= each.keys() <= WORDS | {"left"}, each["id"]
        assert each["controls"], each["id"]
        assert all(control.keys() == {"control", "tests"} for control in each["controls"]), each["id"]
        texts = [each[word] for word in ("hazard", "cause", "effect")] + [one["control"] for one in each["controls"]]
        assert all(isinstance(text, str) and len(text) > 10 for text in texts), each["id"]
    assert [each["id"] for each in HAZARDS] == [f"H{number:02}" for number in range(1, len(HAZARDS) + 1)]


def test_the_risk_of_every_hazard_is_that_of_the_matrix() -> None:
    matrix = LOG["matrix"]
    assert set(matrix) == set(LIKELIHOODS)
    assert all(len(row) == len(SEVERITIES) and row == sorted(row) for row in matrix.values())
    for less, more in pairwise(LIKELIHOODS):
        assert all(low <= high for low, high in zip(matrix[less], matrix[more], strict=True))
    for each in HAZARDS:
        assert each["risk"] == matrix[each["likelihood"]][SEVERITIES.index(each["severity"])], each["id"]


def test_every_area_has_hazards_and_none_is_so_grave_that_it_must_not_be() -> None:
    counted = Counter(each["area"] for each in HAZARDS)
    assert set(counted) == set(LOG["areas"]) >= {"worklist", "timeline", "care-plan", "conference", "pilot"}
    assert min(counted.values()) >= 3
    assert max(each["risk"] for each in HAZARDS) < 4
