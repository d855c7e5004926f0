"""The rules of consent on their own: whom a provision names, what withdraws sharing, and what a carer needs."""

from datetime import date

import pytest

from dashboard.domain.access.consent import Consent, Provision, denied_organisations, may_act_as_carer, withheld
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.datatypes import PartialDate, Reference

ON = date(2026, 11, 20)
PATIENT = Reference("Patient", "p1")
GP, NURSE = Reference("Practitioner", "gp"), Reference("Practitioner", "nurse")
PRACTICE, TRUST = Reference("Organization", "practice"), Reference("Organization", "trust")
CARER = Reference("RelatedPerson", "carer")
UNREADABLE = Unreadable(Reference("Consent", "x"), "malformed")


def permit(*actors: Reference, certain: bool = True, since: str = "", until: str = "") -> Provision:
    return _provision(False, actors, certain, since, until)


def deny(*actors: Reference, certain: bool = True, since: str = "", until: str = "") -> Provision:
    return _provision(True, actors, certain, since, until)


def _provision(denies: bool, actors: tuple[Reference, ...], certain: bool, since: str, until: str) -> Provision:
    start, end = (PartialDate(text) if text else None for text in (since, until))
    return Provision(denies, frozenset(actors), certain, start, end)


def consent(*provisions: Provision, ended: bool = False) -> Consent:
    return Consent(Reference("Consent", "c"), PATIENT, ended, provisions)


@pytest.mark.parametrize("rule", [permit(), deny()])
def test_a_provision_without_actors_is_about_everybody(rule: Provision) -> None:
    assert rule.everybody
    assert rule.names({GP}, ON)
    assert rule.names(set(), ON)


@pytest.mark.parametrize("rule", [permit(GP, NURSE), deny(GP, NURSE)])
def test_a_provision_with_actors_is_about_these_only(rule: Provision) -> None:
    assert not rule.everybody
    assert rule.names({GP}, ON)
    assert rule.names({GP, CARER}, ON), "one of the ways by which the viewer is known is enough"
    assert not rule.names({CARER}, ON)
    assert not rule.names(set(), ON)


@pytest.mark.parametrize("actors", [(), (NURSE,)])
def test_an_actor_that_cannot_be_identified_matches_every_deny_and_no_permit(actors: tuple[Reference, ...]) -> None:
    assert deny(*actors, certain=False).names({GP}, ON)
    assert not permit(*actors, certain=False).names({GP}, ON)
    assert not deny(*actors, certain=False).everybody
    assert not permit(*actors, certain=False).everybody


def test_a_permit_names_its_known_actors_although_another_cannot_be_identified() -> None:
    assert permit(NURSE, certain=False).names({NURSE}, ON)


@pytest.mark.parametrize(
    ("since", "until", "in_force"),
    [
        ("2026-11-20", "", True),
        ("2026-11-21", "", False),
        ("", "2026-11-20", True),
        ("", "2026-11-19", False),
        ("2026-11-20", "2026-11-20", True),
    ],
)
def test_a_provision_names_somebody_only_on_the_days_of_its_period(since: str, until: str, in_force: bool) -> None:
    for rule in (
        permit(since=since, until=until),
        deny(GP, since=since, until=until),
        deny(certain=False, since=since, until=until),
    ):
        assert rule.names({GP}, ON) is in_force


@pytest.mark.parametrize(
    ("provisions", "shares"),
    [
        ((), True),
        ((permit(),), True),
        ((permit(), deny(GP)), True),
        ((permit(GP),), False),
        ((permit(certain=False),), False),
        ((deny(),), False),
        ((deny(GP),), False),
        ((deny(), permit()), False),
    ],
)
def test_a_consent_shares_when_its_base_rule_permits_everybody(provisions: tuple[Provision, ...], shares: bool) -> None:
    assert consent(*provisions).shares is shares


def test_a_consent_may_keep_somebody_out_when_it_ended_or_denies_anything() -> None:
    assert consent(permit(), ended=True).limits
    assert consent(permit(), deny(GP)).limits
    assert not consent(permit(), permit(GP)).limits
    assert not consent().limits


@pytest.mark.parametrize(
    ("why", "consents", "denied"),
    [
        ("no consent is recorded", [], False),
        ("sharing is permitted", [consent(permit())], False),
        ("sharing was withdrawn", [consent(permit(), ended=True)], True),
        ("a consent without a rule was withdrawn", [consent(ended=True)], True),
        ("withdrawn, and given again", [consent(permit(), ended=True), consent(permit())], False),
        ("given again first in the list", [consent(permit()), consent(permit(), ended=True)], False),
        (
            "withdrawn, and another in force denies another",
            [consent(permit(), ended=True), consent(deny(NURSE))],
            False,
        ),
        ("withdrawn, and another in force denies the viewer", [consent(permit(), ended=True), consent(deny(GP))], True),
        ("withdrawn; what is in force permits another only", [consent(ended=True), consent(permit(NURSE))], True),
        ("a permit for the viewer alone was withdrawn", [consent(permit(GP), ended=True)], False),
        ("a permit for the viewer alone", [consent(permit(GP))], False),
        ("a deny was withdrawn", [consent(deny(), ended=True)], False),
        ("a deny was withdrawn, another is in force", [consent(deny(), ended=True), consent(deny())], True),
        ("the second of two denies", [consent(permit()), consent(deny(GP))], True),
        ("the first of two denies", [consent(deny(GP)), consent(permit())], True),
        ("one cannot be read", [UNREADABLE], True),
        ("one of two cannot be read", [consent(permit()), UNREADABLE], True),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_sharing_that_ended_or_a_deny_in_force_keeps_the_viewer_out(
    why: str, consents: list[Consent | Unreadable], denied: bool
) -> None:
    assert withheld(consents, {GP}, ON) is denied


@pytest.mark.parametrize(
    ("why", "provisions", "denied"),
    [
        ("nobody", (deny(),), True),
        ("nobody but the viewer", (deny(), permit(GP)), False),
        ("nobody but the viewer's practice", (deny(), permit(PRACTICE)), False),
        ("nobody but another", (deny(), permit(NURSE)), True),
        ("nobody, then everybody: a permit by name is needed", (deny(), permit()), True),
        ("nobody but the viewer, whose permit ended", (deny(), permit(GP, until="2026-11-19")), True),
        ("nobody but the viewer, and the viewer denied", (deny(), permit(GP), deny(GP)), True),
        ("nobody but the viewer, and the viewer's practice denied", (deny(), permit(GP), deny(PRACTICE)), True),
        ("nobody but the viewer, and another denied", (deny(), permit(GP), deny(NURSE)), False),
        ("the viewer denied, and permitted by name", (deny(GP), permit(GP)), True),
        ("a role denied that may be the viewer's", (deny(certain=False), permit(GP)), True),
        ("a deny of everybody that ended", (deny(until="2026-11-19"),), False),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_deny_wins_unless_it_names_nobody_and_a_permit_names_the_viewer(
    why: str, provisions: tuple[Provision, ...], denied: bool
) -> None:
    assert withheld([consent(*provisions)], {GP, PRACTICE}, ON) is denied


@pytest.mark.parametrize(
    ("why", "consents", "may"),
    [
        ("nothing is recorded", [], False),
        ("permitted by name", [consent(permit(CARER))], True),
        ("permitted by name below a general permit", [consent(permit(), permit(CARER))], True),
        ("nobody but the carer", [consent(deny(), permit(CARER))], True),
        ("everybody is permitted, nobody by name", [consent(permit())], False),
        ("another is permitted", [consent(permit(GP))], False),
        ("the permit ended yesterday", [consent(permit(CARER, until="2026-11-19"))], False),
        ("the consent was withdrawn", [consent(permit(CARER), ended=True)], False),
        ("permitted in the second consent", [consent(permit()), consent(permit(CARER))], True),
        ("permitted, and denied in another", [consent(permit(CARER)), consent(deny(CARER))], False),
        ("permitted, and everybody denied in another", [consent(permit(CARER)), consent(deny())], False),
        ("permitted, and denied until yesterday", [consent(permit(CARER), deny(CARER, until="2026-11-19"))], True),
        ("permitted, and denied until today", [consent(permit(CARER), deny(CARER, until="2026-11-20"))], False),
        ("permitted, and a deny of the past", [consent(permit(CARER)), consent(deny(CARER), ended=True)], True),
        ("permitted, though sharing with teams was withdrawn", [consent(permit(CARER)), consent(ended=True)], True),
        ("permitted, and another cannot be read", [consent(permit(CARER)), UNREADABLE], False),
        ("permitted, and one before cannot be read", [UNREADABLE, consent(permit(CARER))], False),
        ("denied by name", [consent(deny(CARER))], False),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_carer_acts_with_a_permit_by_name_in_force_and_without_a_deny(
    why: str, consents: list[Consent | Unreadable], may: bool
) -> None:
    assert may_act_as_carer(iter(consents), CARER, ON) is may


def test_the_hierarchy_is_asked_about_the_organisations_that_a_consent_in_force_denies() -> None:
    consents: list[Consent | Unreadable] = [
        UNREADABLE,
        consent(deny(TRUST), ended=True),
        consent(permit(TRUST), deny(PRACTICE, GP)),
        consent(permit(), deny(NURSE)),
    ]
    assert denied_organisations(consents) == {PRACTICE}
    assert denied_organisations([*consents, consent(deny(TRUST))]) == {PRACTICE, TRUST}
    assert denied_organisations([]) == frozenset()
