"""The terminology: the files, the quick lookups compared with naive ones, and the codes of real records."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import fhirkit
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.demo.files import words
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.values.code_systems import (
    ATC,
    ICD_10,
    LOINC,
    NPU,
    READ,
    SNOMED,
    canonical,
    normal_code,
)
from dashboard.domain.values.datatypes import Coding
from dashboard.domain.values.drug_classes import is_atc
from dashboard.domain.values.terminology import VALUE_SET, Terminology
from dashboard.fhir.terminology_files import FOLDER, load_terminology
from dashboard.fhir.usual_plan_files import load_usual

SYNTHEA = Path(__file__).resolve().parents[5] / "shared" / "data" / "synthea-r4"
FILES = sorted(FOLDER.rglob("*.json"))
RESOURCES: dict[str, dict[str, Any]] = {path.name: json.loads(path.read_text()) for path in FILES}
OTHER = Terminology(RESOURCES.values())  # built from the same files, with a separate cache
VALUE_SETS = [each for each in RESOURCES.values() if each["resourceType"] == "ValueSet"]
TABLE = SYNTHEA.parent / "c3cloud-semantic-mapping.csv"
MAPS = [each for each in RESOURCES.values() if each["resourceType"] == "ConceptMap"]
MAPPED = {
    (group["source"], normal_code(group["source"], element["code"]))
    for each in MAPS
    for group in each["group"]
    for element in group["element"]
}
T2DM, HF, CKD, DEPRESSION = ConditionKey.T2DM, ConditionKey.HF, ConditionKey.CKD, ConditionKey.DEPRESSION


# --- the files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RESOURCES)
def test_every_file_is_a_draft_with_its_purpose_and_source(name: str) -> None:
    resource = RESOURCES[name]
    assert fhirkit.validate(resource) == []
    assert name == f"{resource['id']}.json"
    assert resource["url"].endswith(f"/{resource['resourceType']}/{resource['id']}")
    assert resource["status"] == "draft"
    assert all(resource[key] for key in ("title", "publisher", "description", "date", "version"))
    assert re.fullmatch(r"[A-Z][A-Za-z0-9_]*", resource["name"])


def listed_codes() -> list[tuple[str, str]]:
    """Returns every code of every file with its system."""
    found = []
    for resource in VALUE_SETS:
        for part in resource["compose"]["include"]:
            found += [(part["system"], concept["code"]) for concept in part.get("concept", [])]
    for resource in MAPS:
        for group in resource["group"]:
            for element in group["element"]:
                found.append((group["source"], element["code"]))
                found += [(group["target"], target["code"]) for target in element["target"]]
    return found


def verhoeff(digits: str) -> bool:
    """Returns SNOMED CT's check digit; the dihedral group of order ten is computed here and not listed."""

    def times(a: int, b: int) -> int:
        if a < 5:
            return (a + b) % 5 if b < 5 else 5 + (a + b - 5) % 5
        return 5 + (a - 5 - b) % 5 if b < 5 else (a - b) % 5

    def permute(digit: int, turns: int) -> int:
        for _ in range(turns % 8):
            digit = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)[digit]
        return digit

    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = times(check, permute(int(digit), place))
    return check == 0


def mod_10(code: str) -> bool:
    """Returns LOINC's check digit (Luhn)."""
    number, check = code.split("-")
    doubled = [int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(number))]
    return -sum(value // 10 + value % 10 for value in doubled) % 10 == int(check)


def test_check_digits_of_known_codes_are_verified() -> None:
    assert [verhoeff(code) for code in ("44054006", "84114007", "44054007", "44504006")] == [True, True, False, False]
    assert [mod_10(code) for code in ("4548-4", "2823-3", "4548-5")] == [True, True, False]


def test_every_snomed_and_loinc_code_has_a_right_check_digit_and_every_atc_code_its_shape() -> None:
    for system, code in listed_codes():
        if system == SNOMED:
            assert verhoeff(code), code
        if system == LOINC:
            assert mod_10(code), code
        if system == ATC:
            assert is_atc(code), code


def test_a_doubtful_translation_has_a_comment_and_no_pair_is_listed_twice() -> None:
    for resource in MAPS:
        pairs: Counter[tuple[str, str, str]] = Counter()
        for group in resource["group"]:
            for element in group["element"]:
                for target in element["target"]:
                    assert target["equivalence"] in ("equivalent", "wider", "narrower", "inexact")
                    assert target["equivalence"] in ("equivalent", "wider") or target.get("comment"), element
                    pairs[group["source"], element["code"], target["code"]] += 1
        assert max(pairs.values()) == 1, resource["id"]


def test_the_maps_agree_with_the_value_sets_on_the_measure_of_every_code() -> None:
    """A site code listed as a measure translates to a LOINC code of the same measure."""
    terminology = load_terminology()
    for resource in MAPS:
        for group in resource["group"]:
            if group["target"] != LOINC:
                continue
            for element in group["element"]:
                own = terminology.measure((Coding(group["source"], element["code"]),))
                assert own is terminology.measure((Coding(LOINC, element["target"][0]["code"]),)), element["code"]


def test_errors_known_in_the_pilots_mapping_table_are_not_repeated() -> None:
    codes = set(listed_codes())
    assert not {(READ, "4414"), (READ, "4413"), (ATC, "S01BC")} & codes
    percent, ifcc = (load_terminology().translate(Coding(NPU, code)) for code in ("NPU03835", "NPU27300"))
    assert [each.target.code for each in (*percent, *ifcc)] == ["4548-4", "59261-8"]


# --- quick against naive ---------------------------------------------------------------------------------------------


def naive_value_sets(coding: Coding) -> set[str]:
    """Returns the value sets that include the coding and do not exclude it, by reading all of them."""
    system, code = canonical(coding.system), normal_code(canonical(coding.system), coding.code)

    def matches(part: dict[str, Any]) -> bool:
        if canonical(part["system"]) != system:
            return False
        concepts = [normal_code(system, concept["code"]) for concept in part.get("concept", [])]
        families = [normal_code(system, rule["value"]) for rule in part.get("filter", [])]
        return code in concepts or any(code.startswith(family) for family in families)

    return {
        each["url"].removeprefix(VALUE_SET)
        for each in VALUE_SETS
        if any(map(matches, each["compose"]["include"])) and not any(map(matches, each["compose"].get("exclude", [])))
    }


families = [
    (part["system"], rule["value"])
    for each in VALUE_SETS
    for part in each["compose"]["include"] + each["compose"].get("exclude", [])
    for rule in part.get("filter", [])
]
_endings = st.text("0123456789ABCDEX.", max_size=3)
_systems = st.sampled_from([SNOMED, LOINC, ICD_10, READ, ATC, "", "urn:x"])
codings = st.one_of(
    st.sampled_from(listed_codes()),
    st.tuples(st.sampled_from(families), _endings).map(lambda x: (x[0][0], x[0][1] + x[1])),
    st.tuples(st.sampled_from(families), st.integers(1, 4)).map(lambda x: (x[0][0], x[0][1][: x[1]])),
    st.tuples(_systems, st.text("EFIN0123456789", min_size=1, max_size=5)),
).map(lambda pair: Coding(*pair))


@given(codings)
def test_value_sets_are_the_same_as_by_reading_every_file(coding: Coding) -> None:
    assert load_terminology().value_sets(coding) == naive_value_sets(coding)


@given(st.lists(codings, max_size=3))
def test_results_are_the_same_each_time_and_the_union_of_the_codings(concept: list[Coding]) -> None:
    terminology, fresh = load_terminology(), OTHER
    for _ in range(2):
        assert terminology.conditions(concept) == fresh.conditions(concept)
        assert terminology.measure(concept) == fresh.measure(concept)
        assert terminology.stage(concept) == fresh.stage(concept)
        assert terminology.atc(concept) == fresh.atc(concept)
        assert terminology.is_mapped(concept) == fresh.is_mapped(concept)
    each = {key for coding in concept for key in terminology.conditions([coding])}
    assert terminology.conditions(concept) == tuple(key for key in ConditionKey if key in each)
    assert terminology.is_mapped(concept) == any(terminology.is_mapped([coding]) for coding in concept)


def test_each_combination_of_codes_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A team's worklist looks up a few hundred combinations thousands of times."""
    terminology = load_terminology()
    concept = (Coding("http://loinc.org", "4548-4"), Coding("http://loinc.org", "59261-8"))
    first = terminology.measure(concept)
    monkeypatch.setattr(terminology, "value_sets", lambda coding: pytest.fail("it was looked up again"))
    assert terminology.measure(tuple(concept)) is first


def test_what_is_no_terminology_or_no_family_is_refused() -> None:
    with pytest.raises(ValueError, match="ValueSet, ConceptMap and CodeSystem"):
        Terminology([{"resourceType": "Patient"}])
    rule = {"property": "concept", "op": "is-a", "value": "73211009"}
    family = {"system": "http://snomed.info/sct", "filter": [rule]}
    url = "https://c3-cloud.example/fhir/ValueSet/condition-T2DM"
    with pytest.raises(ValueError, match="carries the hierarchy"):
        Terminology([{"resourceType": "ValueSet", "url": url, "compose": {"include": [family]}}])


def test_without_any_words_a_code_is_its_own_name() -> None:
    assert load_terminology().display((Coding("http://nobody.example", "XY-1"),)) == "XY-1"


def test_a_code_below_a_mapped_one_is_translated_as_its_parent() -> None:
    """ICD-10 writes its hierarchy into the code: E11.65 is below E11.6, whose map then counts as wider."""
    source = "http://hl7.org/fhir/sid/icd-10"

    def mapped(code: str, equivalence: str) -> dict[str, object]:
        return {"code": code, "target": [{"code": "44054006", "display": "Diabetes", "equivalence": equivalence}]}

    group = {
        "source": source, "target": "http://snomed.info/sct",
        "element": [mapped("E11", "equivalent"), mapped("E12", "inexact")],
    }  # fmt: skip
    terminology = Terminology([{"resourceType": "ConceptMap", "group": [group]}])
    assert [each.equivalence for each in terminology.translate(Coding(source, "E11.65"))] == ["wider"]
    assert [each.equivalence for each in terminology.translate(Coding(source, "E12.1"))] == ["inexact"]
    assert terminology.translate(Coding(source, "E1")) == ()


def test_the_roles_of_a_team_hold_those_of_the_demo_and_of_the_usual_plans() -> None:
    known = {each.code for each in load_terminology().team_roles}
    plans = load_usual().values()
    usual = {each.role.code for plan in plans for each in plan.activities if each.role is not None}
    assert known >= usual | {role["code"] for role in words("roles")}
