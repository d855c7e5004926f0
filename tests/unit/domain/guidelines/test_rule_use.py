"""How often rules are shown and followed is counted in people, and small counts are held back."""

from dataclasses import replace
from datetime import timedelta

from dashboard.domain.guidelines.evaluate import Outcome
from dashboard.domain.guidelines.guidance import Guidance, Reply, ReplyKind
from dashboard.domain.guidelines.rule import OwnReason
from dashboard.domain.guidelines.rule_use import OPEN, OTHER_REASON, feedback_key, feedback_of_rules, use_of_rules
from dashboard.domain.pilot.disclosure import FEW, HELD_BACK, Count
from dashboard.domain.values.code_systems import OVERRIDE_REASON
from dashboard.domain.values.datatypes import Coding, PartialDate, Reference
from tests.guidelines import RULES
from tests.unit.domain.guidelines.test_guidance import AT, ME, metformin, shown

K = ReplyKind


def seen(person: int, *kinds: K, reason: str = "burden", number: str = "a", **card: str) -> Guidance:
    """What one person was shown, with answers a minute apart."""
    replies = tuple(
        Reply(kind, ME, PartialDate((AT + timedelta(minutes=place)).isoformat()), reason=reason)
        for place, kind in enumerate(kinds)
    )
    made = shown(metformin())
    return replace(
        made,
        origin=Reference("GuidanceResponse", f"g{person}{number}"),
        patient=Reference("Patient", f"p{person}"),
        card=replace(made.card, **card),
        replies=replies,
    )


def test_each_person_counts_once_by_the_newest_answer() -> None:
    guidance = [seen(n, K.ACCEPTED) for n in range(20)]
    guidance += [seen(n, K.NOT_NOW) for n in range(20, 30)]
    guidance += [seen(n, K.NOT_NOW, K.NOT_FOR_THIS_PERSON) for n in range(30, 40)]
    guidance += [seen(n, K.ACCEPTED, K.TAKEN_BACK) for n in range(40, 46)]
    guidance += [seen(n) for n in range(46, 50)]
    # Other facts of the same people: no more people.
    guidance += [replace(seen(n, number="b"), facts=()) for n in range(10)]
    [use] = use_of_rules(guidance)
    assert (use.rule.rpartition("/")[2], use.version, use.shown) == ("03-metformin-kidney", "0.1.0", Count(50))
    assert {name: each.value for name, each in use.answers.items()} == {
        K.ACCEPTED: 20, K.NOT_NOW: 10, K.NOT_FOR_THIS_PERSON: 10, OPEN: 10,
    }  # fmt: skip
    assert use.cannot_say == FEW


def test_a_small_count_is_held_back_and_cannot_be_worked_out() -> None:
    guidance = [seen(n, K.ACCEPTED) for n in range(20)] + [seen(n, K.NOT_NOW) for n in range(20, 30)]
    guidance += [seen(n) for n in range(30, 33)]
    [use] = use_of_rules(guidance)
    assert use.answers[OPEN].value is None and use.answers[K.NOT_FOR_THIS_PERSON].value is None
    known = [each.value for each in (use.shown, *use.answers.values()) if each.value is not None]
    assert 33 - 30 not in known
    # Of a sum and all of its parts but one the last could be worked out.
    assert sum(each.value is None for each in (use.shown, *use.answers.values())) >= 2


def test_reasons_are_counted_and_an_unknown_one_is_another_reason() -> None:
    guidance = [seen(n, K.NOT_FOR_THIS_PERSON, reason="person-declines") for n in range(10)]
    guidance += [seen(n, K.NOT_FOR_THIS_PERSON, reason="nonsense") for n in range(10, 20)]
    guidance += [seen(n, K.NOT_FOR_THIS_PERSON) for n in range(20, 30)]
    [use] = use_of_rules(guidance)
    counts = [use.reasons[code] for code in ("person-declines", "other", "burden")]
    # One of them is held back: else the sum would tell that nobody had any other reason.
    assert sorted(counts, key=str) == sorted([Count(10), Count(10), HELD_BACK], key=str)


METFORMIN = next(rule for rule in RULES if rule.id == "03-metformin-kidney")
OWN = OwnReason(Coding(OVERRIDE_REASON, "lactate", "Lactate was high"), "M")
WITH_OWN = replace(METFORMIN, advice=(replace(METFORMIN.advice[0], own_reasons=(OWN,)), *METFORMIN.advice[1:]))


def test_a_reason_of_the_rules_own_is_counted_by_itself_and_with_the_others_once_the_rule_has_it_no_more() -> None:
    guidance = [seen(n, K.NOT_FOR_THIS_PERSON, reason="lactate") for n in range(10)]
    guidance += [seen(n, K.NOT_FOR_THIS_PERSON) for n in range(10, 25)]
    guidance += [seen(n, K.NOT_FOR_THIS_PERSON, reason="person-declines") for n in range(25, 40)]
    [use] = use_of_rules(guidance, [WITH_OWN])
    assert use.own_words == {"lactate": "Lactate was high"} and use.reasons["lactate"] in (Count(10), HELD_BACK)
    [without] = use_of_rules(guidance, [METFORMIN])
    assert "lactate" not in without.reasons and use_of_rules(guidance)[0].reasons == without.reasons


def test_reports_of_other_systems_are_counted_by_rule_and_reason() -> None:
    key = "03-metformin-kidney|0.1.0|stop"
    counts: dict[str, object] = {
        f"2026-10 {key} accepted none": 12,
        f"2026-11 {key} overridden burden": 8,
        f"2026-11 {key} overridden lactate": 9,
        f"2026-11 {key} overridden not-ours": 7,
        "2026-11 99-gone|1.0|card accepted none": 2,
        "Mary Aldous said no": 4, f"2026-11 {key} overridden burden x": 3, f"2026-09 {key} accepted none": "many",
        f"2026-09 {key} accepted not-ours": True, f"2026-13 {key} accepted none": 5,
    }  # fmt: skip
    (first, gone), unread = feedback_of_rules(counts, [WITH_OWN])
    assert unread == 5 and (gone.rule, gone.reports, gone.accepted) == ("99-gone", FEW, FEW)
    assert (first.rule, first.version, first.first, first.last) == (
        "03-metformin-kidney", "0.1.0", "2026-10", "2026-11",
    )  # fmt: skip
    assert (first.reports, first.accepted, first.overridden) == (Count(36), Count(12), Count(24))
    assert {first.reasons[code].value for code in ("burden", "lactate", OTHER_REASON)} <= {8, 9, 7, None}
    assert first.own_words == {"lactate": "Lactate was high"}
    (other, _), _ = feedback_of_rules(counts, [METFORMIN])
    assert "lactate" not in other.reasons and other.reports == first.reports
    assert feedback_of_rules({}, RULES) == ((), 0)


def test_what_is_counted_is_what_is_read() -> None:
    advice = WITH_OWN.advice[0]
    key = feedback_key("2026-11", WITH_OWN, advice, "overridden", "lactate")
    [use], unread = feedback_of_rules({key: 20}, [WITH_OWN])
    assert unread == 0 and use.reports == Count(20)


def test_versions_and_what_could_not_be_said_are_lines_of_their_own() -> None:
    waiting = [replace(seen(n), outcome=Outcome.CANNOT_SAY) for n in range(7)]
    newer = [seen(n, version="0.2.0") for n in range(6)]
    first, second = use_of_rules([*waiting, *newer])
    assert (first.version, first.shown, first.cannot_say) == ("0.1.0", FEW, Count(7))
    assert (second.version, second.shown, second.cannot_say) == ("0.2.0", Count(6), FEW)
    assert use_of_rules([]) == ()
