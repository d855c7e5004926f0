"""Rule 33 of data/guidelines says what the page Screening says: both decide a person's eligibility alike."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import event, given, settings

from dashboard.actions.save import new_reference
from dashboard.domain.guidelines.compute import compute_facts
from dashboard.domain.guidelines.evaluate import Outcome as RuleOutcome
from dashboard.domain.guidelines.evaluate import finding
from dashboard.domain.guidelines.fact import FactKind, FactValue, Why
from dashboard.domain.guidelines.guidance import Guidance, new_guidance, same
from dashboard.domain.pilot.eligibility import Criterion, Outcome, eligibility
from dashboard.domain.pilot.screened import Screened
from dashboard.domain.pilot.screening_facts import ScreeningFacts
from dashboard.domain.record.observation import Observation, ObservedValue
from dashboard.domain.record.patient_record import PatientRecord, ResourceValue
from dashboard.domain.values.datatypes import NO_CONCEPT, NamedReference, Reference
from dashboard.fhir.mapping.guidance_response import listed
from dashboard.fhir.mapping.writable import to_fhir
from dashboard.fhir.terminology_files import load_terminology
from tests.guidelines import library
from tests.laws import examples
from tests.spec.words import AS_OF
from tests.unit.domain.pilot.test_eligibility_laws import Case, cases, facts_of

SAYS = {
    Outcome.ELIGIBLE: RuleOutcome.APPLIES,
    Outcome.NOT_ELIGIBLE: RuleOutcome.DOES_NOT_APPLY,
    Outcome.NOT_KNOWN: RuleOutcome.CANNOT_SAY,
}
[RULE] = library().of_programmes
ELIGIBLE = Case(
    "1950", "!", "!", "!", "!", True, "NYHA II", "mild", ("", 45, 5), ("", 10, 5), "yes", "yes", None, False
)  # fmt: skip
"""Somebody who meets every criterion."""
FACTS = library().facts_of_programmes()


def record_of(facts: ScreeningFacts) -> PatientRecord:
    seen = [result for key in facts.results.values() for result in key.series]
    observations = [
        Observation(
            each.origin, NO_CONCEPT, "final", each.when, each.when,
            values=(ObservedValue(NO_CONCEPT, measure=each.measure, result=each),),
        )
        for each in seen
    ]  # fmt: skip
    kinds = {"Condition": list(facts.problems), "Observation": observations}
    return PatientRecord(
        facts.person,
        "",
        {kind: {each.origin.id: ResourceValue("", each) for each in rows} for kind, rows in kinds.items()},
    )


def values_of(facts: ScreeningFacts, listed: bool | None) -> dict[str, FactValue]:
    screened = Screened(tuple(facts.answers), facts.carers, facts.unanswered, listed)
    return compute_facts(record_of(facts), FACTS, load_terminology(), AS_OF, facts.unread, screened)


def rule_says(facts: ScreeningFacts, listed: bool | None) -> RuleOutcome:
    return finding(RULE, RULE.advice[0], values_of(facts, listed)).outcome


@settings(max_examples=examples(300))
@given(cases)
def test_the_rule_says_of_everybody_what_screening_says(case: Case) -> None:
    facts = facts_of(case)
    outcome = eligibility(facts, AS_OF).outcome
    event(outcome)
    assert rule_says(facts, listed=False) is SAYS[outcome]


@settings(max_examples=examples(100))
@given(cases)
def test_whoever_is_in_the_pilot_has_no_card_and_nobody_has_one_where_that_is_not_known(case: Case) -> None:
    facts = facts_of(case)
    assert rule_says(facts, listed=True) is RuleOutcome.DOES_NOT_APPLY
    assert rule_says(facts, listed=None) is not RuleOutcome.APPLIES


@settings(max_examples=examples(50))
@given(cases)
def test_what_was_not_read_for_this_user_is_unknown(case: Case) -> None:
    values = compute_facts(record_of(facts_of(case)), FACTS, load_terminology(), AS_OF)
    assert all(each.value is None for each in values.values())


def test_the_rule_asks_for_every_criterion_once() -> None:
    asked = [fact.criterion for fact in FACTS if fact.kind is FactKind.CRITERION]
    assert sorted(filter(None, asked)) == sorted(set(Criterion) - {Criterion.TWO_CONDITIONS})


@pytest.mark.parametrize(
    ("changed", "name", "why"),
    [
        ({"hf": "?"}, "pilot_heart_failure", Why.SUSPECTED),
        ({"egfr": ("", 45, 500)}, "pilot_kidneys", Why.TOO_OLD),
        ({"home": None}, "pilot_at_home", Why.NOT_RECORDED),
        ({"t2dm": "", "read": False}, "pilot_type_2_diabetes", Why.NOT_READ),
    ],
)
def test_why_a_criterion_is_not_known_is_said(changed: dict[str, object], name: str, why: Why) -> None:
    facts = facts_of(replace(ELIGIBLE, **changed))  # type: ignore[arg-type]
    assert values_of(facts, False)[name].why is why


def test_what_somebody_saw_of_it_comes_back_from_the_server() -> None:
    """As of any card; a register that could not be read is missing as a record of it."""
    values = values_of(facts_of(ELIGIBLE), None)
    found = finding(RULE, RULE.advice[0], values)
    me = NamedReference(Reference("Practitioner", "gp"), "Dr Jane Okafor")
    at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    new = new_guidance(found, Reference("Patient", "p1"), me, at, lambda _: "1", new_reference("GuidanceResponse"))
    written = to_fhir(new)
    assert [(each["id"], each["type"]) for each in written["dataRequirement"]] == [
        ("pilot_register", "ResearchSubject")
    ]
    again = listed(written | {"id": "g1"})
    assert isinstance(again, Guidance) and same(found, again)
