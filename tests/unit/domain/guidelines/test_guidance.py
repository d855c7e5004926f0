"""What the team said to a recommendation stands while its facts are the same and its day has not come."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from dashboard.domain.guidelines.evaluate import Finding, Outcome, evaluate
from dashboard.domain.guidelines.fact import Between, FactKind, FactValue, Why
from dashboard.domain.guidelines.fact_seen import changed_facts, seen
from dashboard.domain.guidelines.guidance import (
    Guidance,
    Reply,
    ReplyKind,
    canonical_of,
    in_force,
    new_guidance,
    replied,
    returned,
    rule_words,
)
from dashboard.domain.guidelines.override_reasons import OVERRIDE_REASONS
from dashboard.domain.values.code_systems import OVERRIDE_REASON
from dashboard.domain.values.datatypes import Coding, NamedReference, PartialDate, Reference
from dashboard.errors import UserFacingError
from dashboard.fhir.mapping.guidance_response import listed
from dashboard.fhir.mapping.writable import to_fhir
from tests.guidelines import RULES, library
from tests.laws import examples

PATIENT = Reference("Patient", "p1")
ME = NamedReference(Reference("Practitioner", "gp"), "Dr M")
AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TODAY = AT.date()
FACTS = library().facts
EGFR, TABLET = Reference("Observation", "egfr-1"), Reference("MedicationRequest", "m1")
RULE = next(rule for rule in RULES if rule.id == "03-metformin-kidney")


def metformin(egfr: str = "29", day: str = "2026-11-01", result: Reference = EGFR, card: str = "stop") -> Finding:
    """A card of metformin: that it is to be stopped, or its dose reviewed."""
    facts = {
        "metformin": FactValue(FACTS["metformin"], True, PartialDate("2025-01-01"), (TABLET,)),
        "egfr": FactValue(FACTS["egfr"], Decimal(egfr), PartialDate(day), (result,)),
    }
    return next(each for each in evaluate([RULE], facts) if each.advice.key == card)


def shown(finding: Finding, at: datetime = AT) -> Guidance:
    return new_guidance(finding, PATIENT, ME, at, lambda _: "7", Reference("GuidanceResponse", "g"))


def not_now(until: date = TODAY + timedelta(days=30), at: datetime = AT) -> Reply:
    return Reply(ReplyKind.NOT_NOW, ME, PartialDate(at.isoformat()), until, words="After the holidays")


def not_for(at: datetime = AT) -> Reply:
    return Reply(ReplyKind.NOT_FOR_THIS_PERSON, ME, PartialDate(at.isoformat()), reason="person-declines")


def taken_back(at: datetime = AT) -> Reply:
    return Reply(ReplyKind.TAKEN_BACK, ME, PartialDate(at.isoformat()))


def test_what_was_taken_back_holds_on_no_day() -> None:
    assert not taken_back().holds(TODAY)
    assert not_for().holds(TODAY)


def test_what_is_shown_names_its_rule_version_card_and_facts() -> None:
    made = shown(metformin())
    assert made.card.canonical == "https://c3-cloud.example/fhir/PlanDefinition/03-metformin-kidney|0.1.0"
    assert (made.card.key, made.outcome) == ("stop", Outcome.APPLIES)
    assert rule_words(made.card.canonical) == "03-metformin-kidney 0.1.0"
    assert {each.name: each.value for each in made.facts} == {"metformin": True, "egfr": Decimal(29)}
    assert [each.version for fact in made.facts for each in fact.records] == ["7"] * 2
    assert replace(made.card, version="").canonical == canonical_of(RULE)
    assert canonical_of(replace(RULE, url="")) == canonical_of(RULE)
    assert made.reply is None


def test_what_was_added_to_the_plan_is_all_that_was_accepted_last() -> None:
    accepted = [Reply(ReplyKind.ACCEPTED, ME, PartialDate(AT.isoformat()), words=words) for words in "abc"]
    known = shown(metformin())
    assert known.accepted == ()
    assert replace(known, replies=tuple(accepted)).accepted == tuple(accepted)
    assert replace(known, replies=(accepted[0], taken_back(), *accepted[1:])).accepted == tuple(accepted[1:])
    assert replace(known, replies=(*accepted, taken_back())).accepted == ()
    assert replace(known, replies=(*accepted, not_for())).accepted == ()


def test_not_now_ends_on_its_day_and_not_before() -> None:
    finding = metformin()
    declined = replied(shown(finding), not_now(TODAY + timedelta(days=30)))
    for days in (0, 1, 29):
        stance = in_force(finding, [declined], TODAY + timedelta(days=days))
        assert stance is not None and stance.reply.kind is ReplyKind.NOT_NOW
        assert returned(finding, [declined], TODAY + timedelta(days=days)) is None
    assert in_force(finding, [declined], TODAY + timedelta(days=30)) is None
    back = returned(finding, [declined], TODAY + timedelta(days=30))
    assert back is not None and back.day_over and not back.facts and not back.other_version


def test_not_for_this_person_has_no_end() -> None:
    declined = replied(shown(metformin()), not_for())
    assert in_force(metformin(), [declined], TODAY + timedelta(days=3000)) is not None


@pytest.mark.parametrize(
    ("now", "changed"),
    [
        (metformin("28"), ("egfr",)),  # a changed value
        (
            metformin("29", "2026-11-20", Reference("Observation", "egfr-2")),
            ("egfr",),
        ),  # a new record of the same value
        (metformin("29", "2026-11-02"), ("egfr",)),  # its date was put right
    ],
)
def test_what_was_declined_comes_back_with_a_changed_fact(now: Finding, changed: tuple[str, ...]) -> None:
    declined = replied(shown(metformin()), not_for())
    assert in_force(now, [declined], TODAY) is None
    back = returned(now, [declined], TODAY)
    assert back is not None and back.facts == changed and not back.other_version and not back.day_over
    assert shown(now).number != declined.number


def test_what_was_declined_comes_back_with_another_version_of_the_rule() -> None:
    declined = replied(shown(metformin()), not_for())
    now = replace(metformin(), rule=replace(RULE, version="0.2.0"))
    assert in_force(now, [declined], TODAY) is None
    back = returned(now, [declined], TODAY)
    assert back is not None and back.other_version and back.facts == ()


def test_another_card_of_the_rule_and_another_answer_of_the_card_are_others() -> None:
    declined = replied(shown(metformin()), not_for())
    other = replace(metformin(), advice=RULE.advice[1])
    assert in_force(other, [declined], TODAY) is None and returned(other, [declined], TODAY) is None
    assert in_force(replace(metformin(), outcome=Outcome.CANNOT_SAY), [declined], TODAY) is None


def test_the_same_value_written_otherwise_and_a_new_version_of_a_record_are_no_change() -> None:
    declined = replied(shown(metformin("29.00")), not_for())
    assert in_force(metformin("29"), [declined], TODAY) is not None
    later = new_guidance(metformin(), PATIENT, ME, AT, lambda _: "8", declined.origin)
    assert later.number == declined.number


def test_a_long_number_counts_to_three_decimals() -> None:
    assert shown(metformin("28.9999999")).number == shown(metformin("29.0000001")).number
    assert shown(metformin("28.999")).number != shown(metformin("29")).number
    assert seen(FactValue(FACTS["egfr"], Decimal("1e40")), lambda _: "").value == Decimal("1e40")


def test_a_decline_that_is_taken_back_opens_the_card_and_stays_readable() -> None:
    declined = replied(shown(metformin()), not_for())
    open_again = replied(declined, taken_back())
    assert in_force(metformin(), [open_again], TODAY) is None and returned(metformin(), [open_again], TODAY) is None
    assert [each.kind for each in open_again.replies] == [ReplyKind.NOT_FOR_THIS_PERSON, ReplyKind.TAKEN_BACK]
    assert open_again.reply is None and not open_again.replies[-1].holds(TODAY)
    with pytest.raises(UserFacingError):
        replied(open_again, taken_back())
    again = replied(open_again, not_for())  # in the same moment: the last counts
    assert in_force(metformin(), [again], TODAY) is not None


def test_what_was_accepted_stays_accepted_and_is_no_decline_that_came_back() -> None:
    plan = Reference("CarePlan", "c1")
    made = Reply(ReplyKind.ACCEPTED, ME, PartialDate(AT.isoformat()), made=(Reference("Task", "t1"),))
    accepted = replied(shown(metformin()), made, plan)
    assert accepted.plan == plan and accepted.reply == made
    stance = in_force(metformin(), [accepted], TODAY + timedelta(days=900))
    assert stance is not None and stance.guidance == accepted
    assert returned(metformin("20"), [accepted], TODAY) is None


def test_of_two_records_of_the_same_the_newest_answer_counts() -> None:
    first = replied(shown(metformin()), not_for())
    second = replied(
        replied(shown(metformin()), not_for(AT + timedelta(minutes=1))), taken_back(AT + timedelta(minutes=2))
    )
    assert in_force(metformin(), [first, second], TODAY) is None
    assert in_force(metformin(), [second, replied(first, not_now(at=AT + timedelta(hours=1)))], TODAY) is not None


@pytest.mark.parametrize(
    "reply",
    [
        replace(not_now(), until=None),
        not_now(TODAY),
        not_now(TODAY - timedelta(days=1)),
        not_now(TODAY + timedelta(days=367)),
        replace(not_for(), reason=""),
        replace(not_for(), reason="nonsense"),
        replace(not_for(), reason="other", words=" \x00"),
        replace(not_for(), words="x" * 501),
    ],
)
def test_an_answer_without_its_day_or_its_reason_is_refused(reply: Reply) -> None:
    with pytest.raises(UserFacingError):
        replied(shown(metformin()), reply)


def test_an_answer_has_what_it_needs() -> None:
    for each in OVERRIDE_REASONS:
        replied(shown(metformin()), replace(not_for(), reason=each.code, words="why\x00 "))
    kept = replied(shown(metformin()), replace(not_for(), reason="other", words="why\x00 "))
    assert kept.replies[0].words == "why"
    replied(shown(metformin()), not_now(TODAY + timedelta(days=366)))
    replied(shown(metformin()), replace(not_for(), words="x" * 500))


def test_a_reason_of_the_cards_own_is_taken_where_the_card_offers_it_and_keeps_its_words() -> None:
    own = Coding(OVERRIDE_REASON, "asthma", "Asthma")
    reply = replace(not_for(), reason="asthma", words="Since childhood")
    [kept] = replied(shown(metformin()), reply, reasons=(own, *OVERRIDE_REASONS)).replies
    assert (kept.reason, kept.display) == ("asthma", "Asthma")
    with pytest.raises(UserFacingError):
        replied(shown(metformin()), reply)
    [common] = replied(shown(metformin()), not_for(), reasons=(own, *OVERRIDE_REASONS)).replies
    assert common.display == ""
    guidance = replace(replied(shown(metformin()), reply, reasons=(own,)), source={})
    stored = listed(to_fhir(guidance) | {"id": "g1"})
    assert stored.replies == (kept,)


KIND = {kind: next((fact for fact in FACTS.values() if fact.kind is kind), None) for kind in FactKind}
NUMBERS = some.decimals(0, 2000, places=2)
VALUES = some.one_of(
    some.none(),
    some.booleans(),
    NUMBERS,
    some.sampled_from(["A2", "G3b"]),
    some.builds(Between, some.none() | NUMBERS, some.none() | NUMBERS, some.booleans(), some.booleans()),
)
RECORDS = some.lists(some.builds(Reference, some.just("Observation"), some.sampled_from("abcd")), max_size=3)
WHEN = some.none() | some.sampled_from(["2026-11-01", "2026-10", "2025"]).map(PartialDate)


@some.composite
def fact_values(draw: some.DrawFn) -> FactValue:
    fact = draw(some.sampled_from([each for each in KIND.values() if each is not None]))
    value = draw(VALUES)
    why = draw(some.sampled_from(Why)) if value is None else None
    return FactValue(fact, value, draw(WHEN), tuple(draw(RECORDS)), why)


@settings(max_examples=examples(300), deadline=None)
@given(fact_values(), some.data())
def test_law_a_fact_has_changed_where_its_value_date_reason_or_records_have(
    fact: FactValue, data: some.DataObject
) -> None:
    was = seen(fact, lambda _: "1")
    assert changed_facts([was], [seen(fact, lambda _: "2")]) == ()
    shuffled = replace(fact, records=tuple(data.draw(some.permutations(fact.records))))
    assert changed_facts([was], [seen(shuffled, lambda _: "")]) == ()
    new = replace(fact, records=(*fact.records, Reference("Observation", "new")))
    assert changed_facts([was], [seen(new, lambda _: "")]) == (was.name,)
    if fact.records:
        gone = [each for each in fact.records if each != fact.records[0]]
        assert changed_facts([was], [seen(replace(fact, records=tuple(gone)), lambda _: "")]) == (was.name,)
    other = data.draw(VALUES)
    why = Why.NOT_RECORDED if other is None else None
    now = seen(replace(fact, value=other, why=why), lambda _: "")
    by_time = fact.fact.kind in {FactKind.SINCE_STARTED, FactKind.SINCE_DONE, FactKind.SINCE_CONTACT, FactKind.AGE}
    # True == 1 in Python, and are two values of a fact.
    equal = was.why == now.why and ((type(was.value), was.value) == (type(now.value), now.value) or by_time)
    assert (changed_facts([was], [now]) == ()) is equal
    assert changed_facts([was], []) == (was.name,) == changed_facts([], [was])


@settings(max_examples=examples(100), deadline=None)
@given(some.lists(fact_values(), min_size=1, max_size=4, unique_by=lambda each: each.fact.name), some.integers(1, 400))
def test_law_only_time_passing_brings_nothing_back_before_its_day(facts: list[FactValue], days: int) -> None:
    finding = replace(metformin(), used=tuple(facts))
    declined = replied(shown(finding), not_now(TODAY + timedelta(days=200)))
    passed = tuple(
        replace(each, value=Decimal(days)) if each.value is not None and each.fact.unit == "d" else each
        for each in facts
    )
    stands = in_force(replace(finding, used=passed), [declined], TODAY + timedelta(days=days)) is not None
    assert stands is (days < 200)
