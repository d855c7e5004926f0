"""Consent: whether a patient's record is shared, with whom not, and who may act for the patient.

https://hl7.org/fhir/R4/consent.html. Read strictly: whatever is in force and cannot be understood is Unreadable,
and the rules take that for a no.
"""

from collections.abc import Iterator
from typing import Any, Final

from dashboard.domain.access.consent import Consent, ItemsDenied, Provision
from dashboard.domain.values.datatypes import Coding, Reference
from dashboard.fhir.mapping.concepts import codings
from dashboard.fhir.mapping.dates import exact_period
from dashboard.fhir.mapping.elements import CannotRead, Json, many, reference, text
from dashboard.fhir.mapping.reading import origin, patient_of

IN_FORCE: Final = "active"
ENDED: Final = frozenset({"inactive", "rejected"})
_NOT_YET: Final = frozenset({"draft", "proposed", "entered-in-error"})
_SCOPE: Final = "http://terminology.hl7.org/CodeSystem/consentscope"
_OTHER_SCOPES: Final = frozenset({"adr", "research", "treatment"})
"""Advance directives, trials and procedures: not about who may see the record."""
_NOT_CARE: Final = frozenset({"HRESCH", "CLINTRCH", "HMARKT", "HPAYMT", "HOPERAT", "FRAUD"})
"""Purposes of use (v3-ActReason) other than care. A rule for nothing but these is not about who cares."""
_PARTS: Final = ("class", "code", "data", "dataPeriod", "securityLabel")
"""What limits a rule to parts of the record. A permit for a part is none for the whole, which is all we show."""
_ITEMS: Final = frozenset({"class", "data", "securityLabel"})
"""Of these the parts that single items can be told by."""
_RESOURCE_TYPES: Final = "http://hl7.org/fhir/resource-types"
_NAMEABLE: Final = frozenset({"Practitioner", "Organization", "CareTeam", "RelatedPerson"})
_DEEPEST: Final = 10


def consent(resource: Json) -> Consent | None:
    """The consent; None for one that is not (yet, or any more) anybody's word, or is not about sharing."""
    status = text(resource.get("status"))
    if status in _NOT_YET or _elsewhere(resource):
        return None
    if status != IN_FORCE and status not in ENDED:
        raise CannotRead("malformed")
    patient = patient_of(resource)
    if patient is None:
        raise CannotRead("no-patient")
    base = resource.get("provision")
    if base is not None and not isinstance(base, dict):
        raise CannotRead("malformed")
    rules = tuple(_provisions(base, "", 0, frozenset())) if base else ()
    return Consent(origin(resource), patient, status in ENDED, rules)


def _elsewhere(resource: Json) -> bool:
    scopes = {code.code for code in codings(resource.get("scope")) if code.system == _SCOPE}
    return bool(scopes) and scopes <= _OTHER_SCOPES


def _provisions(part: Json, above: str, depth: int, whom: frozenset[Reference]) -> Iterator[Provision]:
    """The rule and those nested in it; one without a type is an exception to the rule above it, and one about single
    items that names nobody is about those whom the rule above it names.
    """
    if depth > _DEEPEST:
        raise CannotRead("malformed")
    kind = text(part.get("type")) or {"deny": "permit", "permit": "deny"}.get(above, "permit")
    if kind not in ("deny", "permit"):
        raise CannotRead("malformed")
    since, until = exact_period(part.get("period"))
    actors, certain = _actors(part.get("actor"))
    partly = kind == "permit" and any(name in part for name in _PARTS)
    if partly and depth == 0 and not actors and certain:
        raise CannotRead("malformed")
    items = _items(part) if kind == "deny" else None
    if items is not None and "actor" not in part:
        actors = whom
    if not partly and not _not_about_care(part):
        yield Provision(kind == "deny", actors, certain, since, until, items)
    nested = part.get("provision")
    if nested is not None and len(many(nested)) != len(nested if isinstance(nested, list) else [nested]):
        raise CannotRead("malformed")
    for inner in many(nested):
        yield from _provisions(inner, kind, depth + 1, actors if certain else frozenset())


def _items(part: Json) -> ItemsDenied | None:
    """The items that a deny is about; None where it is about more than that, or where they cannot be told."""
    named = [name for name in _PARTS if name in part]
    if not named or not set(named) <= _ITEMS or not all(isinstance(part[name], list) and part[name] for name in named):
        return None
    data, kinds, labels = (many(part.get(name)) for name in ("data", "class", "securityLabel"))
    named_items = [reference(each.get("reference")) for each in data if text(each.get("meaning")) == "instance"]
    items = [item for item in named_items if item is not None]
    types = [kind for each in kinds if text(each.get("system")) == _RESOURCE_TYPES and (kind := text(each.get("code")))]
    codes = [Coding(text(each.get("system")), text(each.get("code"))) for each in labels if text(each.get("code"))]
    told = len(items) + len(types) + len(codes) == sum(len(part[name]) for name in named)
    return ItemsDenied(frozenset(items), frozenset(codes), frozenset(types)) if told else None


def _not_about_care(part: Json) -> bool:
    purposes = {text(purpose.get("code")) for purpose in many(part.get("purpose"))}
    return bool(purposes) and purposes <= _NOT_CARE


def _actors(value: Any) -> tuple[frozenset[Reference], bool]:
    """The actors that can be told, and whether that is all of them: a role, a group or a device cannot be."""
    if value is None:
        return frozenset(), True
    named = [reference(actor.get("reference")) for actor in many(value)]
    told = frozenset(actor for actor in named if actor is not None and actor.type in _NAMEABLE)
    entries = len(value) if isinstance(value, list) else 1
    return told, len(told) > 0 and all(a is not None and a.type in _NAMEABLE for a in named) and entries == len(named)
