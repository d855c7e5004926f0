"""What of a record is private: labels, denies of single items, and whatever nobody here can tell."""

from datetime import date

import pytest

from dashboard.domain.access.consent import Consent, ItemsDenied, Provision, may_act_as_carer, withheld
from dashboard.domain.access.private_items import (
    CONFIDENTIALITY,
    HARMLESS,
    RESTRICTED,
    denied_to,
    denied_to_any_carer,
    is_private,
)
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.datatypes import Coding, PartialDate, Reference

ON = date(2026, 11, 20)
GOAL, OTHER = Reference("Goal", "g1"), Reference("Goal", "g2")
SUSAN, JOHN = Reference("RelatedPerson", "susan"), Reference("RelatedPerson", "john")
GP = Reference("Practitioner", "gp")
NORMAL = Coding(CONFIDENTIALITY, "N")
SEXUAL = Coding("http://terminology.hl7.org/CodeSystem/v3-ActCode", "SEX")


def consent(*rules: Provision, ended: bool = False) -> Consent:
    return Consent(Reference("Consent", "c"), Reference("Patient", "p1"), ended, rules)


def deny(items: ItemsDenied, *actors: Reference, **more: object) -> Provision:
    return Provision(True, frozenset(actors), items=items, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("label", sorted(HARMLESS, key=str))
def test_a_harmless_label_keeps_an_item_from_nobody(label: Coding) -> None:
    assert not is_private(GOAL, (label,), ())
    assert not is_private(GOAL, (), ())


@pytest.mark.parametrize(
    "label",
    [
        *sorted(RESTRICTED, key=str),
        SEXUAL,
        Coding(CONFIDENTIALITY, "r"),
        Coding("", "N"),
        Coding("http://example.org", "N"),
        Coding("http://terminology.hl7.org/CodeSystem/v3-ActCode", "PROCESSINLINELABEL"),
    ],
)
def test_a_restricted_label_and_an_unknown_one_make_an_item_private(label: Coding) -> None:
    assert is_private(GOAL, (label,), ())
    assert is_private(GOAL, (NORMAL, label), ()), "one is enough"


def test_labels_that_cannot_be_read_make_an_item_private() -> None:
    assert is_private(GOAL, None, ())


def test_a_deny_of_items_is_by_reference_by_type_or_by_label() -> None:
    by_item = ItemsDenied(items=frozenset({GOAL}))
    assert is_private(GOAL, (), (by_item,))
    assert not is_private(OTHER, (), (by_item,))
    by_type = ItemsDenied(types=frozenset({"Goal"}))
    assert is_private(OTHER, (), (by_type,))
    assert not is_private(Reference("Task", "t1"), (), (by_type,))
    by_label = ItemsDenied(labels=frozenset({NORMAL}))
    assert is_private(GOAL, (NORMAL,), (by_label,))
    assert not is_private(GOAL, (), (by_label,))


def test_items_are_denied_to_whom_the_rule_names_while_it_is_in_force() -> None:
    items = ItemsDenied(items=frozenset({GOAL}))
    assert denied_to([consent(deny(items, SUSAN))], SUSAN, ON) == (items,)
    assert denied_to([consent(deny(items))], SUSAN, ON) == (items,), "it names nobody: everybody"
    assert denied_to([consent(deny(items, certain=False))], SUSAN, ON) == (items,), "nobody can tell whom it means"
    assert denied_to([consent(deny(items, JOHN))], SUSAN, ON) == ()
    assert denied_to([consent(deny(items, SUSAN), ended=True)], SUSAN, ON) == ()
    assert denied_to([consent(deny(items, SUSAN, until=PartialDate("2026-11-19")))], SUSAN, ON) == ()
    assert denied_to([Unreadable(Reference("Consent", "x"), "malformed")], SUSAN, ON) == ()


def test_the_patient_is_told_what_any_carer_does_not_see() -> None:
    items, others = ItemsDenied(items=frozenset({GOAL})), ItemsDenied(types=frozenset({"Task"}))
    told = denied_to_any_carer([consent(deny(items, JOHN)), consent(deny(others))], ON)
    assert set(told) == {items, others}
    assert denied_to_any_carer([Unreadable(Reference("Consent", "x"), "malformed")], ON) == ()


def test_a_deny_of_items_closes_the_record_to_professionals_and_not_to_the_carer() -> None:
    items = ItemsDenied(items=frozenset({GOAL}))
    permit = Provision(False, frozenset({SUSAN}))
    rules = [consent(permit, deny(items, SUSAN, GP))]
    assert may_act_as_carer(rules, SUSAN, ON)
    assert withheld(rules, {GP}, ON)
    assert not may_act_as_carer([consent(permit, Provision(True, frozenset({SUSAN})))], SUSAN, ON)
