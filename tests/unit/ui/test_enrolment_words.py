"""The words of the pilot name every state, step, change and reason there is."""

import json

from dashboard.domain.pilot.enrolment import Arm, EnrolmentAction, EnrolmentState
from dashboard.domain.pilot.enrolment_reasons import REASONS as NEEDED
from dashboard.domain.pilot.funnel import Step
from dashboard.domain.pilot.screening_list import Unlisted
from dashboard.fhir.terminology_files import FOLDER
from dashboard.ui.pilot.enrolment_words import ARMS, DO, DONE, REASONS, STATES, STEPS, reason_words


def test_there_is_a_word_for_everything() -> None:
    assert set(STATES) == {*EnrolmentState, *Unlisted}
    assert set(STEPS) == set(Step) and set(DO) == set(DONE) == set(EnrolmentAction) and set(ARMS) == set(Arm)
    assert set(REASONS) == {code for codes in NEEDED.values() for code in codes}


def test_a_reason_is_called_what_its_value_set_calls_it() -> None:
    called = {}
    for file in (FOLDER / "enrolment").glob("*.json"):
        for include in json.loads(file.read_text(encoding="utf-8"))["compose"]["include"]:
            called |= {concept["code"]: concept["display"] for concept in include["concept"]}
    assert called == {code: reason_words(code) for code in REASONS}
    assert reason_words("somebody-s-own") == "somebody-s-own" and len(reason_words("x" * 500)) <= 60
