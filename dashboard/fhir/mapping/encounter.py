"""Encounter: a contact that took place."""

from typing import Final, Literal

from msgspec import UNSET, Raw, Struct, UnsetType, field

from dashboard.domain.record.contact import Contact
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.mapping.parts import Named, Span, of_part, read_shaped, span_of
from dashboard.fhir.mapping.reading import (
    CannotRead,
    Json,
    concept_text,
    display,
    many,
    one,
    origin,
    period,
    text,
)
from dashboard.fhir.search.shaped import Meta, Subject

LEFT_OUT: Final = frozenset({"entered-in-error", "cancelled"})


def encounter(resource: Json) -> Contact | None:
    """The contact; None when it did not take place. `kind` is the class code (AMB, IMP, EMER, HH, VR)."""
    status = text(resource.get("status"))
    if status in LEFT_OUT:
        return None
    start, end = period(resource.get("period"))
    when = start or end
    if when is None:
        raise CannotRead("no-date")
    who = [display(part.get("individual")) for part in many(resource.get("participant"))]
    return Contact(
        origin=origin(resource),
        when=when,
        text=concept_text(resource.get("type")) or concept_text(resource.get("serviceType")),
        kind=_class(resource.get("class")),
        status=status,
        with_whom=", ".join(dict.fromkeys(filter(None, who))),
        place=display(resource.get("serviceProvider")) or _where(resource.get("location")),
        planned=status == "planned",
    )


def _class(value: object) -> str:
    return text(one(value).get("code"))


def _where(value: object) -> str:
    return next(filter(None, (display(one(part).get("location")) for part in many(value))), "")


class _Participant(Struct, omit_defaults=True, gc=False):
    individual: Named | UnsetType = UNSET


class EncounterRow(Struct, omit_defaults=True, kw_only=True, gc=False):
    """The elements that are read, as a shape for `SearchRequest.shape`."""

    resourceType: Literal["Encounter"]
    id: str
    subject: Subject
    status: str = ""
    meta: Meta = Meta()
    period: Span | UnsetType = UNSET
    type: Raw | UnsetType = UNSET
    serviceType: Raw | UnsetType = UNSET
    class_: Raw | UnsetType = field(name="class", default=UNSET)
    participant: list[_Participant] | UnsetType = UNSET
    serviceProvider: Raw | UnsetType = UNSET
    location: Raw | UnsetType = UNSET


_words, _kind, _provider, _places = map(of_part, (concept_text, _class, display, _where))


def encounter_row(row: EncounterRow) -> Contact | Unreadable | None:
    """What `encounter` makes of the same row."""
    status = text(row.status)
    if status in LEFT_OUT:
        return None
    try:
        start, end = span_of(row.period)
        when = start or end
        if when is not None:
            found = () if row.participant is UNSET else row.participant
            who = [text(each.individual.display) for each in found if each.individual is not UNSET]
            return Contact(
                origin=Reference("Encounter", row.id),
                when=when,
                text=_words(row.type) or _words(row.serviceType),
                kind=_kind(row.class_),
                status=status,
                with_whom=", ".join(dict.fromkeys(filter(None, who))),
                place=_provider(row.serviceProvider) or _places(row.location),
                planned=status == "planned",
            )
    except (ValueError, TypeError, AttributeError):  # not so usual
        pass
    return read_shaped(row, encounter)
