"""How often rules are shown and followed is counted in people, and small counts are held back."""

from dataclasses import replace
from datetime import timedelta

from dashboard.domain.guidelines.evaluate import Outcome
from dashboard.domain.guidelines.guidance import Guidance, Reply, ReplyKind
from dashboard.domain.guidelines.rule_use import OPEN, use_of_rules
from dashboard.domain.pilot.disclosure import FEW, HELD_BACK, Count
from dashboard.domain.values.datatypes import PartialDate, Reference
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


def test_versions_and_what_could_not_be_said_are_lines_of_their_own() -> None:
    waiting = [replace(seen(n), outcome=Outcome.CANNOT_SAY) for n in range(7)]
    newer = [seen(n, version="0.2.0") for n in range(6)]
    first, second = use_of_rules([*waiting, *newer])
    assert (first.version, first.shown, first.cannot_say) == ("0.1.0", FEW, Count(7))
    assert (second.version, second.shown, second.cannot_say) == ("0.2.0", Count(6), FEW)
    assert use_of_rules([]) == ()
