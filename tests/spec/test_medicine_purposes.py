"""What a medicine is for: what its record says, and only where that says nothing what its class usually treats.

`reason` is what the record gives: a code, words, or the name of a problem on record (`problem:`). `listed` are the
conditions under whose heading a clinician finds it, `clinician` and `patient` what is said to each beside its name; [HF]
is a tag.
"""

# The table is wider than code may be.
# ruff: noqa: E501

import re
from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest

from dashboard.domain.record.condition import Condition
from dashboard.domain.record.medicine import Medicine, with_reasons
from dashboard.domain.values.code_systems import ATC, SNOMED
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.mapping import condition, medication_request
from dashboard.fhir.terminology_files import load_terminology
from dashboard.ui.my_record.html import own_record_html
from dashboard.ui.patient.html import summary_html
from dashboard.ui.shared.view_time import ViewTime
from tests.pages import samples
from tests.spec.words import CONDITIONS, MEDICINES, Line, lines

T = load_terminology()
AT = ViewTime(samples.AS_OF, UTC)
SPEC = """
    medicine       | reason                    | listed      | clinician                                      | patient             | because
    ramipril       | problem: HF               | HF          | [HF]                                           | for Heart failure   | the record names the problem
    ramipril       |                           | HF CKD      | usually for [HF] [CKD] no reason recorded      |                     | its class treats both, and nobody wrote which it is
    ramipril       | problem: hypertension     |             | [Hypertension]                                 | for Hypertension    | a reason outside the programme: under other medicines
    amitriptyline  | words: nerve pain         |             | [nerve pain]                                   | for nerve pain      | not for depression, whatever its class treats
    amitriptyline  |                           | DEPRESSION  | usually for [Depression] no reason recorded    |                     | a guess, and never told to the patient as a fact
    dapagliflozin  | code: CKD                 | CKD         | [CKD]                                          | for Chronic kidney disease | a reason in a code
    metformin      | dangling                  | T2DM        | usually for [T2DM] no reason recorded          |                     | a reference that leads nowhere says nothing
    paracetamol    |                           |             |                                                |                     | its class treats none of the programme's conditions
"""


def medicine_of(line: Line) -> Medicine:
    kind, _, name = line.reason.partition(": ")
    reason: dict[str, Any] = {}
    if kind == "problem" or kind == "dangling":
        reason = {"reasonReference": [{"reference": f"Condition/{'gone' if kind == 'dangling' else 'c1'}"}]}
    elif kind == "words":
        reason = {"reasonCode": [{"text": name}]}
    elif kind == "code":
        reason = {
            "reasonCode": [
                {"coding": [{"system": SNOMED, "code": CONDITIONS[name], "display": "Chronic kidney disease"}]}
            ]
        }
    row = {
        "resourceType": "MedicationRequest",
        "id": "m1",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {
            "coding": [{"system": ATC, "code": MEDICINES[line.medicine]}],
            "text": line.medicine,
        },
        **reason,
    }
    known: dict[Reference, Condition] = {}
    if kind == "problem":
        problem = condition.from_fhir(
            {
                "resourceType": "Condition",
                "id": "c1",
                "code": {"coding": [{"system": SNOMED, "code": CONDITIONS[name]}], "text": name},
            },
            T,
        )
        assert isinstance(problem, Condition)
        known = {problem.origin: replace(problem, text={"HF": "Heart failure"}.get(name, name.capitalize()))}
    medicine = medication_request.from_fhir(row, T)
    assert isinstance(medicine, Medicine)
    return with_reasons(medicine, known, T)


def shown_purpose(page: str) -> str:
    """What the table of medicines says it is for, "" for an empty cell; a tag in brackets."""
    [cell] = re.findall(r'<td class="c3-purpose[^"]*">(.*?)</td>', page) or [""]
    cell = re.sub(r'<span class="c3-cardlabel">.*?</span>', "", cell)
    cell = re.sub(r'<span class="c3-tag"[^>]*>(.*?)</span>', r"[\1] ", cell)
    return " ".join(re.sub(r"<[^>]+>", "", cell).split())


@pytest.mark.parametrize("line", lines(SPEC), ids=lambda line: f"{line.medicine} {line.reason}: {line.because}")
def test_what_it_is_for(line: Line) -> None:
    medicine = medicine_of(line)
    assert [key.value for key in medicine.conditions] == line.listed.split()
    summary = replace(samples.summary(), medicines=replace(samples.summary().medicines, value=(medicine,)))
    assert shown_purpose(str(summary_html(summary, AT))) == line.clinician
    own = str(own_record_html(summary, AT))
    assert line.patient in own
    assert "usually for" not in own and "no reason recorded" not in own
