"""Problems that nobody has confirmed: what is shown of them, and what they start.

A suspected problem is on the list of problems and has a pill and a lane, each with the word "suspected". It asks for no
checks, is no ground for the rules about medicines, and is not counted in the pilot, where a number could not say that it
is a suspicion. After FHIR R4, Condition.verificationStatus; that a suspicion starts nothing is our own choice: a draft,
not reviewed by a clinician.
"""

# The table is wider than code may be.
# ruff: noqa: E501

import pytest

from dashboard.domain.attention.assess import assess
from dashboard.domain.attention.patient_facts import conditions_of, patient_facts, suspected_conditions
from dashboard.domain.record.condition import Condition
from dashboard.domain.record.people import Person
from dashboard.evaluation.pilot_counts import _problem
from dashboard.fhir.mapping.condition import from_fhir
from dashboard.fhir.mapping.patient import patient
from dashboard.fhir.terminology_files import load_terminology
from dashboard.ui.patient.sections_html import doubt_words
from tests.spec.words import AS_OF, Line, lines
from tests.unit import people_and_teams as make

# Of a diabetes: `shown` whether it is a current problem with a pill, `said` the word with it.
SPEC = """
    verification              | clinical | shown | said      | checks | pilot | because
    confirmed                 | active   | yes   |           | yes    | yes   | a diagnosis
    -                         | active   | yes   |           | yes    | yes   | many records say nothing of it: it is a diagnosis
    unconfirmed               | active   | yes   | suspected | no     | no    | nobody has confirmed it
    provisional               | active   | yes   | suspected | no     | no    | a working diagnosis
    differential              | active   | yes   | suspected | no     | no    | one of several that it may be
    perhaps                   | active   | yes   | suspected | no     | no    | a word that R4 does not know is a doubt
    provisional; confirmed    | active   | yes   |           | yes    | yes   | the same condition is confirmed by another record
    provisional; differential | active   | yes   | suspected | no     | no    | two suspicions are no diagnosis
    refuted                   | active   | no    |           | no     | no    | the patient does not have it
    provisional               | resolved | no    |           | no     | no    | it is over
    confirmed                 | resolved | no    |           | no     | no    | it is over
"""


def row(number: int, verification: str, clinical: str) -> dict[str, object]:
    said = {} if verification == "-" else {"verificationStatus": make.concept("", verification)}
    return make.condition(f"c{number}", "p1", clinicalStatus=make.concept("", clinical), **said)


@pytest.mark.parametrize("line", lines(SPEC), ids=lambda line: f"{line.verification}, {line.clinical}: {line.because}")
def test_what_a_suspicion_starts(line: Line) -> None:
    terminology = load_terminology()
    rows = [row(number, each, line.clinical) for number, each in enumerate(line.parts("verification"))]
    read = [from_fhir(each, terminology) for each in rows]
    active = [each for each in read if isinstance(each, Condition) and each.active]
    assert bool(conditions_of(active)) is (line.shown == "yes")
    assert bool(suspected_conditions(active)) is (line.said == "suspected")
    if line.said:
        assert all(doubt_words(each).startswith(line.said) for each in active)
    person = patient(make.patient("p1", "Aldous"), AS_OF)
    assert isinstance(person, Person)
    facts = patient_facts(person, active, (), {}, {}, (), None, None, {}, AS_OF)
    assert bool(assess(facts, AS_OF).checks) is (line.checks == "yes")
    assert any(_problem(each, terminology) for each in rows) is (line.pilot == "yes")
