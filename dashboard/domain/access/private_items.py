"""What of a patient's record is private: not for a carer, although the carer may see the rest.

Two things in the record say so. A security label on the item (`Resource.meta.security`): restricted or very restricted,
or any label that nobody here knows to be harmless. Or a provision of a consent in force that denies the carer items by
reference, by label or by type. Where neither can be decided, the item is private.

FHIR R4 security labels: https://hl7.org/fhir/R4/security-labels.html
"""

from collections.abc import Iterable
from datetime import date
from typing import Final

from dashboard.domain.access.consent import Consent, ItemsDenied
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.datatypes import Coding, Reference

CONFIDENTIALITY: Final = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
RESTRICTED: Final = frozenset({Coding(CONFIDENTIALITY, "R"), Coding(CONFIDENTIALITY, "V")})
"""Restricted, very restricted: the labels with which a patient keeps an item private."""
HARMLESS: Final = frozenset(
    {
        # Unrestricted, low, moderate, normal.
        *(Coding(CONFIDENTIALITY, code) for code in "ULMN"),
        # Made-up data, and a record of which a part was asked for: nothing about who may see it.
        Coding("http://terminology.hl7.org/CodeSystem/v3-ActReason", "HTEST"),
        Coding("http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "SUBSETTED"),
    }
)
"""Labels that keep an item from nobody who may see the record. Every other one makes it private."""


def denied_to(consents: Iterable[Consent | Unreadable], carer: Reference, on: date) -> tuple[ItemsDenied, ...]:
    """Returns the items that the consents in force deny this carer on a day."""
    return tuple(
        rule.items
        for consent in consents
        if isinstance(consent, Consent) and not consent.ended
        for rule in consent.provisions
        if rule.denies and rule.items is not None and rule.names({carer}, on)
    )


def denied_to_any_carer(consents: Iterable[Consent | Unreadable], on: date) -> tuple[ItemsDenied, ...]:
    """Returns the items that the consents in force deny any carer on a day: what the patient is told is private."""
    kept = list(consents)
    carers = {
        actor
        for consent in kept
        if isinstance(consent, Consent)
        for rule in consent.provisions
        for actor in rule.actors
        if actor.type == "RelatedPerson"
    }
    # Somebody whom no rule names: for what is denied everybody.
    return tuple(dict.fromkeys(each for who in {*carers, _ANYBODY} for each in denied_to(kept, who, on)))


def is_private(item: Reference, labels: Iterable[Coding] | None, denied: Iterable[ItemsDenied]) -> bool:
    """Whether an item is kept from a carer. `labels` are those of the item, None where they cannot be read."""
    if labels is None:
        return True
    known = frozenset(labels)
    return not known <= HARMLESS or any(
        item in part.items or item.type in part.types or not part.labels.isdisjoint(known) for part in denied
    )


_ANYBODY: Final = Reference("RelatedPerson", "nobody-in-particular")
