"""`python -m dashboard.guidelines check` says what is wrong in a file of the guidelines, with its line."""

import json
import shutil
from pathlib import Path

import pytest

from dashboard.fhir.guidelines.check import check
from dashboard.fhir.guidelines.fhirpath import compile_condition
from dashboard.fhir.guidelines.library import FOLDER, GuidelineFiles, read_library
from dashboard.fhir.mapping.extensions import OVERRIDE_REASON_OF_CARD
from dashboard.fhir.terminology_files import load_terminology
from dashboard.guidelines.__main__ import main
from dashboard.guidelines.document import PAGE, document
from tests.guidelines import library

RULE = "03-metformin-kidney"
AGE = "{name: age, words: x, kind: age, missing: x, unit: a}"
EMPTY_REASON = f'"extension": [\n        {{"url": "{OVERRIDE_REASON_OF_CARD}"}},\n        {{'
TERMINOLOGY = load_terminology()


@pytest.fixture(scope="module")
def facts_alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our folder without rules."""
    folder = tmp_path_factory.mktemp("ours")
    shutil.copytree(FOLDER / "facts", folder / "facts")
    return folder


@pytest.fixture
def site(tmp_path: Path, facts_alone: Path) -> Path:
    """A folder with one rule of ours, under an id of its own."""
    shutil.copytree(FOLDER / RULE, tmp_path / "site-rule")
    change(tmp_path / "site-rule" / "plan-definition.json", f'"id": "{RULE}"', '"id": "site-rule"')
    (tmp_path / "facts").mkdir()
    (tmp_path / "ours").symlink_to(facts_alone / "facts")
    return tmp_path


def change(file: Path, old: str, new: str) -> int:
    """Changes a text in a file, and returns the line on which it stands."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def said(site: Path) -> list[str]:
    return [
        str(problem).replace(str(site) + "/", "")
        for problem in check(TERMINOLOGY, (site / "ours").resolve().parent, site)
    ]


def site_only(site: Path) -> list[str]:
    return [line for line in said(site) if line.startswith(("site-rule", "facts"))]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"resourceType": "PlanDefinition"', '"resourceType": "Plan"', "a rule is a PlanDefinition"),
        ('"status": "draft",\n  "exp', '"status": "done",\n  "exp', "the status is one of draft, active, retired"),
        ('"status": "draft",\n  "exp', '"status": "active",\n  "exp', "a rule without a reviewer is a draft"),
        ('"priority": "stat"', '"priority": "soon"', "the priority is one of stat, asap, urgent, routine"),
        ("%egfr.value < 30", "%egfr.exists()", "exists() could take a missing fact for an answer"),
        ("%egfr.value < 30", "%egfr < 30", "%egfr is not compared itself but its value"),
        ("%egfr.value < 30", "%gfr.value < 30", "there is no fact gfr in data/guidelines/facts"),
        ("%egfr.value < 30", "%egfr.value <", "FHIRPath cannot be evaluated"),
        ("%egfr.value < 30", "%pilot_age.value", "pilot_age is asked by a rule of a programme (useContext) only"),
        ("%egfr.value < 30", "%egfr.value $$", "this is not FHIRPath of facts"),
        ("and %egfr.value < 30", ") and %egfr.value < 30", "only a part of it can be read"),
        ("and %egfr.value < 30", "and %egfr.value < 30 30", "only a part of it can be read"),
        ("%egfr.value < 30", "%nyha_class.value = 'NYHA", "this is not FHIRPath"),
        ("%egfr.value < 30", "", "FHIRPath cannot be evaluated"),
        ("%metformin.value and %egfr.value < 30", "%egfr.value", "the result of a condition is true, false or empty"),
        ("%metformin.value and %egfr.value < 30", "true", "a condition asks for at least one fact"),
        ('{"id": "egfr", "type": "Observation"}', '{"id": "age", "type": "Patient"}', "input lists the facts"),
        ('"language": "text/fhirpath"', '"language": "text/cql"', "one condition of the kind applicability"),
        ('"label": "S"', '"label": "?"', "label says how the source was read"),
        ('"citation": "December 2015', '"citation": "December 2015; from memory', "the label says how the source was"),
        ('"url": "https://www.nice', '"url": "http://www.nice', "a link begins with https://"),
        ('"#stop-medicine"', '"#nothing"', "it names an ActivityDefinition that is contained"),
        ('"kind": "Task"', '"kind": "Goal"', "what is proposed becomes a"),
        ('"end": "2027-11-29"', '"end": "some day"', "effectivePeriod.end says by which day"),
        ('"title": "Stop metformin: the eGFR is under 30",', "", "title is missing"),
        ('"title": "Stop metformin: the eGFR', f'"title": "{"very " * 40}', "a summary has fewer than 140 characters"),
        ('"action": [\n    {', '"other": [\n    {', "a rule has an action for each of its cards"),
        ('"documentation": [', '"documents": [', "a card says where it comes from"),
        ('"extension": [\n        {', EMPTY_REASON, "an override reason has a code"),
        ('"experimental": true,', '"experimental": true', "this is not JSON"),
    ],
)  # fmt: skip
def test_a_problem_of_a_rule_is_named_with_its_line(site: Path, old: str, new: str, words: str) -> None:
    line = change(site / "site-rule" / "plan-definition.json", old, new)
    found = [each for each in said(site) if each.startswith("site-rule/plan-definition.json")]
    assert any(words in each for each in found), found
    near = [int(each.split(":")[1]) for each in found if words in each]
    assert any(abs(each - line) <= 5 or "action" in new or "other" in new for each in near), (line, found)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("eGFR 29 ", "eGFR 31 ", 'the rule says "does not apply": under 30'),
        ("eGFR 30 ", "eGFR 35 ", "no case is close enough to the limit 30 to tell it from 31"),
        ("applies ", "perhaps ", "an answer is one of applies, does not apply, cannot say"),
        ("| medicines", "| tablets  ", "tablets: not a column"),
        ("metformin  ", "aspirine   ", "aspirine: case-words.yaml has no such word among its medicines"),
        ("eGFR 29", "eGFR low", "a result is a name and a number"),
        ("| egfr      |", "| hba1c     |", "hba1c: not a fact of this card"),
        ("review-dose: |", "review: |", "the rule has no card review"),
        ("review-dose: |", "review: |", 'review-dose needs a case whose answer is "cannot say"'),
        ("stop: |", "stop: [", "this is not YAML"),
    ],
)
def test_a_problem_of_a_case_is_named_with_its_line(site: Path, old: str, new: str, words: str) -> None:
    change(site / "site-rule" / "cases.yaml", old, new)
    found = site_only(site)
    assert any(words in each and each.startswith("site-rule/cases.yaml:") for each in found), found


def test_the_line_of_a_case_is_its_own(site: Path) -> None:
    line = change(site / "site-rule" / "cases.yaml", "eGFR 29 ", "eGFR 31 ")
    assert f'site-rule/cases.yaml:{line}: the rule says "does not apply": under 30' in site_only(site)


def test_a_rule_needs_cases_and_an_id_of_its_own(site: Path) -> None:
    (site / "site-rule" / "cases.yaml").unlink()
    shutil.copytree(site / "site-rule", site / "site-rule-2")
    found = said(site)
    assert "site-rule/cases.yaml:1: there are no cases beside the rule" in found
    assert "site-rule-2/plan-definition.json:1: another file of the folder has the id site-rule too" in found


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("{name: x, words: x, kind: age}", "'missing' is missing"),
        ("{name: x, words: x, kind: age, missing: x}", "a number needs its unit in UCUM"),
        ("{name: x y, words: x, kind: age, missing: x, unit: a}", "a name is made of letters, digits and _"),
        ("{name: x, words: x, kind: guess, missing: x}", "'guess' is not a valid FactKind"),
        ("{name: x, words: x, kind: age, missing: x, unit: a, colour: red}", "colour: not a key of a fact"),
        ("{name: x, words: x, kind: condition, missing: x, unit: a, value_sets: [condition-HF]}", "no unit"),
        ("{name: x, words: x, kind: condition, missing: x, value_sets: [nowhere]}", "no value set nowhere"),
        ("{name: x, words: x, kind: condition, missing: x}", "needs value_sets, classes, atc, measures or"),
        ("{name: x, words: x, kind: criterion, missing: x}", "needs value_sets, classes, atc, measures or a criterion"),
        ("{name: x, words: x, kind: criterion, missing: x, criterion: wealth}", "not a valid Criterion"),
        ("{name: x, words: x, kind: medicine, missing: x, atc: [ibuprofen]}", "ibuprofen: not an ATC code"),
        ("{name: x, words: x, kind: medicine, missing: x, classes: [ibuprofen]}", "not a valid DrugClass"),
        ("{name: x, words: x, kind: medicine, missing: x, atc: M01A}", "atc is a list"),
        ("{name: x, words: x, kind: since-contact, missing: x, unit: wk}", "days are counted in d"),
        ("{name: x, words: x, kind: fall, missing: x, unit: kg, percent: true, measures: [WEIGHT], most_days: 3}", "%"),
        ("{name: x, words: x, kind: measured, missing: x, unit: kg, measures: [HBA1C], most_days: 3}", "the unit of"),
        ("{name: x, words: x, kind: measured, missing: x, unit: kg, measures: [WEIGHT]}", "most_days says how old"),
        ("just words", "a fact has name, words, kind and missing"),
        (f"{AGE}\n- {AGE}", "two facts of the name age"),
    ],
)  # fmt: skip
def test_a_problem_of_a_fact_is_named_with_its_line(site: Path, entry: str, words: str) -> None:
    (site / "facts" / "more.yaml").write_text(f"# A fact of the site.\n- {entry}\n", encoding="utf-8")
    [found] = site_only(site)
    assert found.startswith(f"facts/more.yaml:{2 + entry.count(chr(10))}: ") and words in found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name: x", "facts/more.yaml:1: a file of facts is a list of them"),
        ("- {", "facts/more.yaml:2: this is not YAML"),
    ],
)
def test_a_file_that_is_no_list_of_facts_is_named(site: Path, text: str, words: str) -> None:
    (site / "facts" / "more.yaml").write_text(text + "\n", encoding="utf-8")
    [found] = site_only(site)
    assert found.startswith(words)


def test_a_file_that_is_no_text_is_named(site: Path) -> None:
    (site / "facts" / "more.yaml").write_bytes(b"\xff\xfe")
    assert site_only(site) == ["facts/more.yaml:1: the file cannot be read as text in UTF-8"]


def test_the_command_says_what_is_wrong_and_ends_with_one(site: Path, facts_alone, capsys, monkeypatch) -> None:
    monkeypatch.setattr("dashboard.guidelines.__main__.FOLDER", facts_alone)
    assert main(["check", str(site)]) == 0
    assert capsys.readouterr().out == "1 rules are in force, 0 problems.\n"
    change(site / "site-rule" / "cases.yaml", "eGFR 29 ", "eGFR 31 ")
    monkeypatch.setenv("DASHBOARD_GUIDELINES_DIR", str(site))
    assert main(["check"]) == 1
    assert "site-rule/cases.yaml:" in capsys.readouterr().out
    monkeypatch.setenv("DASHBOARD_GUIDELINES_DIR", str(site / "nowhere"))
    assert main(["check"]) == 1
    assert "DASHBOARD_GUIDELINES_DIR names no folder" in capsys.readouterr().out
    monkeypatch.setattr("dashboard.guidelines.__main__.PAGE", site / "RULES.md")
    assert main(["document"]) == 0
    assert (site / "RULES.md").read_text(encoding="utf-8").startswith("# Guideline rules, for review")


def test_a_site_adds_replaces_and_switches_off_rules_while_all_runs(site: Path, tmp_path_factory) -> None:
    ours = tmp_path_factory.mktemp("ours-with-a-rule")
    shutil.copytree(FOLDER / "facts", ours / "facts")
    shutil.copytree(FOLDER / RULE, ours / RULE)
    files = GuidelineFiles(TERMINOLOGY, (ours, site))
    first = files.library()
    assert files.library() is first
    assert "site-rule" in {rule.id for rule in first.rules}
    plan = site / "site-rule" / "plan-definition.json"
    change(plan, '"id": "site-rule"', f'"id": "{RULE}"')
    change(plan, '"version": "0.1.0"', '"version": "9.9.9"')
    assert [rule.version for rule in files.library().rules if rule.id == RULE] == ["9.9.9"]
    change(plan, '"status": "draft",\n  "exp', '"status": "retired",\n  "exp')
    assert files.library().switched_off == (RULE,) and RULE not in {rule.id for rule in files.library().rules}
    change(plan, '"status": "retired"', '"status": "gone"')
    broken = files.library()
    assert [rule.version for rule in broken.rules if rule.id == RULE] == ["0.1.0"] and broken.problems
    shutil.rmtree(site / "site-rule")
    assert {rule.id for rule in files.library().rules} == {RULE}


def test_a_file_that_goes_while_it_is_looked_for_is_passed_over(site: Path) -> None:
    (site / "facts" / "gone.yaml").symlink_to(site / "nowhere")
    files = GuidelineFiles(TERMINOLOGY, (site,))
    assert files.library().problems[0].words == "the file cannot be read as text in UTF-8"


def test_a_rule_without_a_number_comes_last(site: Path) -> None:
    change(site / "site-rule" / "plan-definition.json", '"value": "3"', '"value": ""')
    assert read_library(TERMINOLOGY, FOLDER, site).rules[-1].id == "site-rule"


def test_the_page_for_the_review_is_made_of_the_rules_as_they_are() -> None:
    assert PAGE.read_text(encoding="utf-8") == document(library()), "python -m dashboard.guidelines document"


def test_every_rule_is_a_valid_plan_definition() -> None:
    import fhirkit

    for file in sorted(FOLDER.glob("*/plan-definition.json")):
        assert not list(fhirkit.validate(json.loads(file.read_text(encoding="utf-8")))), file  # type: ignore[attr-defined]


def test_a_compiled_condition_is_compared_by_its_expression() -> None:
    assert compile_condition("%egfr.value < 30") == compile_condition("%egfr.value < 30")
