"""Patient: who it is, as the banner needs it."""

from datetime import date
from typing import Any, Final

from dashboard.domain.record.people import HumanName, Identifier, PatientLink, Person
from dashboard.fhir.mapping.dates import date_or_unreadable, in_period
from dashboard.fhir.mapping.elements import Json, many, named_reference, one, reference, text
from dashboard.fhir.mapping.reading import origin

# Systems published by the countries; the Basque CIC and TIS have none, so the demo's own URIs stand for them.
LABELS: Final[dict[str, str]] = {
    "https://fhir.nhs.uk/Id/nhs-number": "NHS No.",
    "http://electronichealth.se/identifier/personnummer": "Personnummer",
    "urn:oid:1.2.752.129.2.1.3.1": "Personnummer",
    "http://electronichealth.se/identifier/samordningsnummer": "Samordningsnummer",
    "urn:oid:1.2.752.129.2.1.3.3": "Samordningsnummer",
    "https://c3-cloud.example/fhir/NamingSystem/cic": "CIC",
    "https://c3-cloud.example/fhir/NamingSystem/tis": "TIS",
    "https://c3-cloud.example/fhir/Id/cic": "CIC",
    "https://c3-cloud.example/fhir/Id/tis": "TIS",
}
_NO_RANK: Final = 1_000
_NAME_ORDER: Final = ("official", "usual", "", "temp", "nickname", "anonymous", "maiden", "old")


def patient(resource: Json, on: date) -> Person:
    """The person as known on a day: an official name that then holds comes before a usual one, an old one last.

    A date that is none hides nothing else; somebody who died on one is dead.
    """
    birth, without_birth = date_or_unreadable(resource, "birthDate")
    died, without_death = date_or_unreadable(resource, "deceasedDateTime")
    return Person(
        id=origin(resource).id,
        name=human_name(resource.get("name"), on),
        birth=birth,
        gender=text(resource.get("gender")),
        deceased=died or bool(without_death) or resource.get("deceasedBoolean") is True,
        identifiers=_identifiers(resource, on),
        site=reference(resource.get("managingOrganization")),
        language=_language(resource),
        active=resource.get("active") is not False,
        links=tuple(map(_link, many(resource.get("link")))),
        phones=_phones(resource, on),
        country=country(resource),
        unreadable=without_birth or without_death,
    )


def _phones(resource: Json, on: date) -> tuple[str, ...]:
    """The numbers in use on a day, by `rank`, then as they stand."""
    parts = [
        part
        for part in many(resource.get("telecom"))
        if text(part.get("system")) in ("phone", "sms") and part.get("use") != "old" and in_period(part, on)
    ]
    ranked = sorted(parts, key=lambda part: rank if isinstance(rank := part.get("rank"), int) else _NO_RANK)
    return tuple(dict.fromkeys(filter(None, (text(part.get("value")) for part in ranked))))


def _link(part: Json) -> PatientLink:
    return PatientLink(text(part.get("type")), named_reference(part.get("other")))


def human_name(names: Any, on: date) -> HumanName:
    """The name to call a person by on a day; empty parts where the record has none."""
    known = sorted(many(names), key=lambda name: (not in_period(name, on), _rank(text(name.get("use")))))
    if not known:
        return HumanName()
    name = known[0]
    return HumanName(
        text(name.get("family")), _words(name.get("given")), _words(name.get("prefix")), text(name.get("text"))
    )


def _rank(use: str) -> int:
    return _NAME_ORDER.index(use) if use in _NAME_ORDER else len(_NAME_ORDER)


def _words(parts: Any) -> str:
    if isinstance(parts, str):
        return text(parts)
    return " ".join(filter(None, map(text, parts))) if isinstance(parts, list) else ""


def _identifiers(resource: Json, on: date) -> tuple[Identifier, ...]:
    """Identifiers in use, those of a known system first."""
    found = [
        Identifier(text(part.get("system")), value, _label(part))
        for part in many(resource.get("identifier"))
        if (value := text(part.get("value"))) and part.get("use") != "old" and in_period(part, on)
    ]
    return tuple(sorted(found, key=lambda identifier: identifier.system not in LABELS))


def _label(part: Json) -> str:
    return LABELS.get(text(part.get("system")), text(one(part.get("type")).get("text")))


def _language(resource: Json) -> str:
    known = many(resource.get("communication"))
    preferred = sorted(known, key=lambda part: part.get("preferred") is not True)
    coding = one(one(one(preferred).get("language")).get("coding"))
    return text(coding.get("code"))


def country(resource: Json) -> str:
    """Where a Patient lives, by the first address that is not an old one: ISO 3166-1 in two letters, as FHIR asks for;
    "" where there is none or it is written otherwise.
    """
    for part in many(resource.get("address")):
        found = text(part.get("country")).strip().upper()
        if text(part.get("use")) != "old" and found:
            return found if len(found) == 2 and found.isascii() and found.isalpha() else ""
    return ""
