"""A patient's Consent, and whom it keeps from the record. Where a consent cannot be read or decided, the answer is no.

FHIR R4 Consent: https://hl7.org/fhir/R4/consent.html
"""

from collections.abc import Iterable, Set
from dataclasses import dataclass, replace
from datetime import date

from dashboard.domain.record.care_team import covers
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.datatypes import Coding, PartialDate, Reference


@dataclass(frozen=True, slots=True)
class ItemsDenied:
    """The items that a deny is about: by reference, by security label, by resource type. Any one of these is enough."""

    items: frozenset[Reference] = frozenset()
    labels: frozenset[Coding] = frozenset()
    types: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Provision:
    """One rule of a Consent. Without actors it is about everybody.

    `certain` is False where an actor cannot be identified (a role, a group). `items` are those that a deny is about,
    where it can be told: they are kept from a carer (`private_items`). From professionals such a deny, and any other
    for a part of the record, keeps the whole record.
    """

    denies: bool
    actors: frozenset[Reference] = frozenset()
    certain: bool = True
    since: PartialDate | None = None
    until: PartialDate | None = None
    items: ItemsDenied | None = None

    def names(self, viewers: Set[Reference], on: date) -> bool:
        """True when the rule is in force on the day and names one of `viewers`, or everybody.

        An actor that cannot be identified matches every deny and no permit.
        """
        if not covers(self.since, self.until, on):
            return False
        if not self.certain and self.denies:
            return True
        return (not self.actors and self.certain) or not self.actors.isdisjoint(viewers)

    @property
    def everybody(self) -> bool:
        return not self.actors and self.certain


@dataclass(frozen=True, slots=True)
class Consent:
    """A privacy Consent of a patient. `ended`: it was withdrawn or refused, and is no longer in force.

    The first provision is the base rule, the others its exceptions, nested ones flattened in their order.
    """

    origin: Reference
    patient: Reference
    ended: bool
    provisions: tuple[Provision, ...] = ()

    @property
    def shares(self) -> bool:
        """True for a consent to sharing in general: no base rule, or a permit that names nobody in particular."""
        return not self.provisions or (not self.provisions[0].denies and self.provisions[0].everybody)

    @property
    def limits(self) -> bool:
        """True when this consent may keep somebody from the record."""
        return self.ended or any(rule.denies for rule in self.provisions)


def withheld(consents: Iterable[Consent | Unreadable], viewers: Set[Reference], on: date) -> bool:
    """True when the patient has withdrawn sharing, or denied it to one of `viewers`. A consent that cannot be read
    denies.

    A consent to sharing that ended has been withdrawn, unless another is in force. A deny wins over a permit, with one
    exception: a permit that names a viewer, nested in a deny that names nobody ("nobody but my own practice").
    """
    known: list[Consent] = []
    for consent in consents:
        if isinstance(consent, Unreadable):
            return True
        known.append(consent)
    in_force = [consent for consent in known if not consent.ended]
    if any(consent.ended and consent.shares for consent in known) and not any(
        consent.shares or any(rule.denies for rule in consent.provisions) for consent in in_force
    ):
        return True
    return any(_denies(consent.provisions, viewers, on) for consent in in_force)


def _denies(provisions: tuple[Provision, ...], viewers: Set[Reference], on: date) -> bool:
    denying = [rule for rule in provisions if rule.denies and rule.names(viewers, on)]
    if not denying:
        return False
    if not all(rule.everybody for rule in denying):
        return True
    return not any(not rule.denies and not rule.everybody and rule.names(viewers, on) for rule in provisions)


def may_act_as_carer(consents: Iterable[Consent | Unreadable], carer: Reference, on: date) -> bool:
    """True only with a Consent in force that permits the carer by name, and none that denies the carer.

    A deny for single items is no deny of the record: these are kept from the carer (`private_items`).
    """
    rules = [_without_items(rule) for rule in consents]
    named = any(
        not rule.denies and not rule.everybody and rule.names({carer}, on)
        for consent in rules
        if isinstance(consent, Consent) and not consent.ended
        for rule in consent.provisions
    )
    return named and not withheld(
        [rule for rule in rules if isinstance(rule, Unreadable) or not rule.ended], {carer}, on
    )


def _without_items(consent: Consent | Unreadable) -> Consent | Unreadable:
    if isinstance(consent, Unreadable):
        return consent
    kept = tuple(rule for rule in consent.provisions if not rule.denies or rule.items is None)
    return replace(consent, provisions=kept)


def denied_organisations(consents: Iterable[Consent | Unreadable]) -> frozenset[Reference]:
    """The organisations that a consent in force denies something. Their hierarchy decides whom the consent means."""
    return frozenset(
        actor
        for consent in consents
        if isinstance(consent, Consent) and not consent.ended
        for rule in consent.provisions
        if rule.denies
        for actor in rule.actors
        if actor.type == "Organization"
    )
