"""Override reasons of a card's own: read from its extensions, named with what is wrong, and offered."""

from dataclasses import replace

import pytest

from dashboard.domain.guidelines.override_reasons import OVERRIDE_REASONS, REASON_CODES, offered, own_words
from dashboard.domain.values.code_systems import OVERRIDE_REASON
from dashboard.domain.values.datatypes import Coding
from dashboard.fhir.guidelines.reason_files import own_reasons_of, unlike_reasons
from dashboard.fhir.mapping.extensions import OVERRIDE_REASON_OF_CARD
from tests.guidelines import RULES

Json = dict[str, object]


def part(code: str = "asthma", words: str = "Asthma", read: str = "M", system: str = OVERRIDE_REASON) -> Json:
    coding = {"system": system, "code": code, "display": words}
    parts = [{"url": "reason", "valueCoding": coding}, {"url": "label", "valueCode": read}]
    return {"url": OVERRIDE_REASON_OF_CARD, "extension": parts}


def test_what_is_written_is_read() -> None:
    [asthma, pulse] = own_reasons_of({"extension": [part(), part("slow-pulse", "Slow pulse", "S")]})
    assert (asthma.coding, asthma.coding.display, asthma.read) == (Coding(OVERRIDE_REASON, "asthma"), "Asthma", "M")
    assert pulse.read == "S" and own_reasons_of({}) == ()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (part(code="Not A Code"), "small letters"),
        (part(system="urn:other"), "small letters"),
        (part(code="burden"), "stands for something else already"),
        (part(code="not-ours"), "stands for something else already"),
        (part(words=" "), "has words"),
        (part(words="x" * 81), "at most 80"),
        (part(read="?"), "how its source was read"),
        ({"url": OVERRIDE_REASON_OF_CARD}, "small letters"),
    ],
)
def test_what_is_wrong_is_said(wrong: Json, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        own_reasons_of({"extension": [wrong]})


def test_a_code_is_there_once_and_means_the_same_everywhere() -> None:
    with pytest.raises(ValueError, match="twice"):
        own_reasons_of({"extension": [part(), part()]})
    assert not list(unlike_reasons(RULES))
    [own] = own_reasons_of({"extension": [part("asthma-or-heart-block", "Something else")]})
    first = RULES[0]
    other = replace(first, advice=(replace(first.advice[0], own_reasons=(own,)),))
    [(rule, words)] = unlike_reasons([other, *RULES])
    assert rule.id == "08-hfref-treatment" and "asthma-or-heart-block" in words


def test_a_card_offers_its_own_reasons_first_and_then_those_of_every_rule() -> None:
    cards = {f"{rule.id}/{advice.key}": advice for rule in RULES for advice in rule.advice}
    beta_blocker = cards["08-hfref-treatment/beta-blocker"]
    codes = [each.code for each in offered(beta_blocker)]
    assert codes[:2] == ["asthma-or-heart-block", "slow-pulse"] and codes[2:] == [
        each.code for each in OVERRIDE_REASONS
    ]
    assert own_words([beta_blocker])["slow-pulse"] and not own_words(
        [cards["01-hba1c-overdue/" + RULES[0].advice[0].key]]
    )
    own = [each for advice in cards.values() for each in advice.own_reasons]
    assert len({each.coding.code for each in own}) >= 5 and not REASON_CODES & {each.coding.code for each in own}
    # No clinician has read a source for them yet.
    assert {each.read for each in own} == {"M"}
