"""The patients with a story are recommended what their stories tell."""

from datetime import date

from dashboard.demo.cohort import generate
from dashboard.domain.guidelines.evaluate import Outcome, evaluate_record
from dashboard.domain.guidelines.rule import Indicator
from dashboard.fhir.guidelines.read_record import read_record
from dashboard.fhir.terminology_files import load_terminology
from tests.guidelines import RULES, library

AS_OF = date(2026, 11, 23)
TOLD = {
    "pat-mary-aldous": {"34-mra-potassium/reduce", "03-metformin-kidney/review-dose", "20-t2dm-kidney-yearly/uacr"},
    "pat-derek-thorne": {
        "03-metformin-kidney/stop",
        "23-nephrology-referral/fall-25-percent",
        "29-hypoglycaemia-kidney/falling-egfr",
    },
    "pat-surinder-sandhu": {"02-hba1c-target/intensify", "25-phq-9/more-severe"},
    "pat-ronald-pickering": {"11-nsaid/triple-whammy", "11-nsaid/heart-kidney"},
    "pat-begona-etxeberria": {"02-hba1c-target/tight-control"},
    "pat-gunilla-aberg": {
        "08-hfref-treatment/mra",
        "08-hfref-treatment/sglt2",
        "28-antidepressant-interactions/citalopram",
    },
    "pat-sture-jonsson": {"24-hf-review/review", "19-ckd-monitoring/yearly"},
}
SPEAKS_AGAINST = {
    "pat-surinder-sandhu": {"03-metformin-kidney/stop"},  # she does not collect it any more
    "pat-begona-etxeberria": {"02-hba1c-target/intensify"},  # treated too hard already
    "pat-gunilla-aberg": {
        "08-hfref-treatment/raas",
        "08-hfref-treatment/beta-blocker",
    },  # two pillars of four are there
}
CALM = ("pat-jose-antonio-ibarra",)
"""Nothing that guidelines warn of: a goal is reached."""


def test_the_stories_show_what_they_tell() -> None:
    terminology = load_terminology()
    people = {rows[0]["id"]: rows for rows in generate(90, 7, AS_OF) if rows and rows[0]["resourceType"] == "Patient"}
    for ident in (*TOLD, *CALM):
        record = read_record(people[ident], terminology, AS_OF)
        found = evaluate_record(record, RULES, library().facts_used(), terminology, AS_OF)
        applies = [each for each in found if each.outcome is Outcome.APPLIES]
        told = {f"{each.rule.id}/{each.advice.key}" for each in applies}
        assert TOLD.get(ident, set()) <= told, (ident, TOLD[ident] - told)
        assert not SPEAKS_AGAINST.get(ident, set()) & told, ident
        if ident in CALM:
            assert {each.advice.indicator for each in applies} <= {Indicator.INFO}, ident
