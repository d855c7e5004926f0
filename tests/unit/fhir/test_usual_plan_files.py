"""Every file of data/usual-plans is valid FHIR, cited, in known codes; what cannot be used is named with its file."""

import copy
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import fhirkit
import pytest
import yaml

from dashboard.domain.care_plan.usual import Usual
from dashboard.domain.record.condition import PROGRAMME, ConditionKey
from dashboard.domain.record.observation import Measure
from dashboard.domain.values.units import CANONICAL_UNIT
from dashboard.fhir.terminology_files import load_terminology
from dashboard.fhir.usual_plan_files import FOLDER, load_usual
from tests.unit.house.source import ROOT

FILES = sorted(FOLDER.glob("*.json"))
USUAL = [pytest.param(usual, id=key) for key, usual in load_usual().items()]
ROLES = {role["code"]: role["display"] for role in yaml.safe_load((ROOT / "data/demo/roles.yaml").read_text())}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_file_is_valid_r4_and_named_after_its_condition(file: Path) -> None:
    resource = json.loads(file.read_text(encoding="utf-8"))
    assert fhirkit.validate(resource) == []
    assert resource["id"] == file.stem
    assert resource["url"].endswith("/" + file.stem)
    assert any(file.stem == f"usual-plan-{key}" for key in PROGRAMME)


def test_every_condition_of_the_programme_has_goals_and_activities() -> None:
    assert tuple(load_usual()) == tuple(key for key in ConditionKey if key in PROGRAMME)
    assert all(len(usual.goals) >= 2 and len(usual.activities) >= 5 for usual in load_usual().values())


def test_who_has_reviewed_nothing_is_not_named() -> None:
    """A name in a file takes the word "draft" from the pages: it is to be put there by whoever has reviewed it."""
    for file in FILES:
        resource = json.loads(file.read_text(encoding="utf-8"))
        reviewed = "reviewer" in resource
        assert reviewed == ("approvalDate" in resource) == (resource["status"] == "active")
        assert load_usual()[ConditionKey(file.stem.removeprefix("usual-plan-"))].draft is not reviewed


@pytest.mark.parametrize("usual", USUAL)
def test_targets_are_in_the_canonical_unit_of_a_measure(usual: Usual) -> None:
    for goal in usual.goals:
        for target in goal.targets:
            assert target.measure in goal.measures
            ends = [end for end in (target.low, target.high) if end]
            assert ends
            assert all(end.unit == CANONICAL_UNIT[target.measure] and end.comparator for end in ends)


@pytest.mark.parametrize("usual", USUAL)
def test_codes_have_the_display_of_the_terminology_and_roles_are_those_of_teams(usual: Usual) -> None:
    for activity in usual.activities:
        if activity.code:
            listed = [file for file in _value_set_texts() if f'"{activity.code.code}"' in file]
            assert listed, activity.key
            assert any(f'"display": "{activity.code.display}"' in file for file in listed), activity.key
        if activity.role:
            assert ROLES[activity.role.code] == activity.role.display
            assert activity.role_text


def _value_set_texts() -> list[str]:
    return [file.read_text(encoding="utf-8") for file in (ROOT / "data/terminology").rglob("*.json")]


@pytest.mark.parametrize("usual", USUAL)
def test_an_order_of_a_test_belongs_to_a_condition_or_a_measure(usual: Usual) -> None:
    terminology = load_terminology()
    for code in (activity.code for activity in usual.activities if activity.code):
        assert terminology.lanes_with_derivation((code,)) or terminology.measure((code,)) or terminology.check((code,))


def test_the_numbers_are_those_of_the_sources() -> None:
    """NICE NG28 1.5.7; NICE NG203; Kroenke 2001: mild depression begins at 5."""
    usual = load_usual()
    found = {
        goal.key: {target.measure: target.high.value for target in goal.targets if target.high}
        for plan in usual.values()
        for goal in plan.goals
    }
    assert found["hba1c-without"] == {Measure.HBA1C: 48}
    assert found["hba1c-with"] == {Measure.HBA1C: 53}
    assert found["pressure"] == {Measure.SYSTOLIC: 140, Measure.DIASTOLIC: 90}
    assert found["pressure-albumin"] == {Measure.SYSTOLIC: 130, Measure.DIASTOLIC: 80}
    assert found["phq9"] == {Measure.PHQ9: 5}
    assert found["dry-weight"] == {}, "the team agrees the dry weight with the person"


def test_what_recurs_is_due_after_its_first_period() -> None:
    activities = {a.key: a for a in load_usual()[ConditionKey.HF].activities}
    assert (activities["weigh"].every, activities["weigh"].weeks) == ((1, "d"), None)
    assert (activities["review"].every, activities["review"].weeks) == ((6, "mo"), 26)
    assert (activities["mood"].every, activities["mood"].weeks) == ((1, "a"), 52)
    assert (activities["teach"].every, activities["teach"].weeks) == (None, 4)


Json = dict[str, Any]


def change(at: str, value: object) -> Callable[[Json], None]:
    """Sets, or with None removes, what stands at a path."""

    def apply(resource: Json) -> None:
        *way, last = (int(part) if part.isdigit() else part for part in at.split("/"))
        part: Any = resource
        for step in way:
            part = part[step]
        if value is None:
            del part[last]
        else:
            part[last] = value

    return apply


def written(folder: Path, *changes: Callable[[Json], None], name: str = "hf.json") -> Path:
    resource = copy.deepcopy(json.loads((FOLDER / "usual-plan-HF.json").read_text(encoding="utf-8")))
    for each in changes:
        each(resource)
    (folder / name).write_text(json.dumps(resource), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("at", "value", "said"),
    [
        ("topic/0/coding/0/code", "38341003", "one of the programme's conditions"),
        ("topic", None, "topic"),
        ("title", None, "title"),
        ("goal/0/documentation", None, "'documentation' is missing"),
        ("goal/0/documentation/0/label", "", "V, S or M"),
        ("goal/0/description", {"text": ""}, "no-code"),
        ("goal/0/target/0/measure/coding/0/code", "8867-4", "known measure"),
        ("goal/0/target/0/detailQuantity", {"value": 80, "code": "mm[Hg]"}, "UCUM unit"),
        ("goal/0/target/0/due/code", "mo", "weeks"),
        ("goal/0/target/0/due/system", "weeks", "weeks"),
        ("goal/1/id", "dry-weight", "twice"),
        ("action/1/code/0/coding/0/code", "40701009", "not in data/terminology"),
        ("action/1/definitionCanonical", "#appointment", "#appointment"),
        ("action/1/participant/0/role", None, "by which role"),
        ("action/1/goalId/0", "wet-weight", "wet-weight"),
        ("action/1/timingDuration", None, "timingDuration"),
        ("action", [{"id": 5}], "'participant' is missing"),
        ("action", None, "'action' is missing"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_file(tmp_path: Path, at: str, value: object, said: str) -> None:
    with pytest.raises(ValueError, match=r"hf\.json cannot be used as a usual plan: .*" + said):
        load_usual(written(tmp_path, change(at, value)))


def test_no_json_and_a_condition_twice_are_named(tmp_path: Path) -> None:
    written(tmp_path)
    written(tmp_path, name="second.json")
    with pytest.raises(ValueError, match=r"second\.json .* about HF too"):
        load_usual(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    (other / "broken.json").write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match=r"broken\.json"):
        load_usual(other)


def test_a_reviewed_file_and_a_number_agreed_with_somebody_are_read(tmp_path: Path) -> None:
    weight = {"value": 80.5, "code": "kg", "unit": "kg", "comparator": "<=", "system": "http://unitsofmeasure.org"}
    usual = load_usual(
        written(
            tmp_path,
            change("reviewer", [{"name": "Dr A. Example"}]),
            change("goal/0/target/0/detailQuantity", weight),
        )
    )[ConditionKey.HF]
    assert usual.reviewed_by == "Dr A. Example"
    assert not usual.draft
    assert [target.high and target.high.value for target in usual.goals[0].targets] == [Decimal("80.5")]
