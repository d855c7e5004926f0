"""The patients with a story show where guidelines contradict each other as their stories tell it."""

from datetime import date

from dashboard.demo.cohort import generate
from dashboard.domain.guidelines.compute import compute_facts
from dashboard.domain.guidelines.contradiction import contradictions
from dashboard.domain.guidelines.evaluate import Outcome, evaluate
from dashboard.fhir.guidelines.read_record import read_record
from dashboard.fhir.mapping import goal
from dashboard.fhir.terminology_files import load_terminology
from tests.guidelines import RULES, library

AS_OF = date(2026, 11, 23)
TOLD = {
    "pat-mary-aldous": {"potassium", "potassium_intake"},  # "heart against kidneys"
    "pat-ronald-pickering": {"kidney_perfusion", "systolic", "fluid_intake"},  # naproxen, a diuretic, an ACE inhibitor
    "pat-derek-thorne": {"hba1c", "systolic"},  # eGFR falls on what can cause hypoglycaemia
    # "The guideline's target and her age contradict each other": two medicines that lower it too far, and her goal.
    "pat-begona-etxeberria": {"hba1c", "hypoglycaemia", "systolic"},
    "pat-jose-antonio-ibarra": set(),  # nothing is due
}


def test_the_stories_show_the_contradictions_that_they_tell() -> None:
    terminology = load_terminology()
    people = {rows[0]["id"]: rows for rows in generate(90, 7, AS_OF) if rows and rows[0]["resourceType"] == "Patient"}
    for ident, told in TOLD.items():
        rows = people[ident]
        facts = compute_facts(read_record(rows, terminology, AS_OF), library().facts_used(), terminology, AS_OF)
        goals = [goal.from_fhir(row, terminology) for row in rows if row["resourceType"] == "Goal"]
        found = contradictions(evaluate(RULES, facts), facts, library().effects, goals)
        assert {each.target for each in found if each.outcome is Outcome.APPLIES} == told, ident
