"""Encounter: a contact that took place."""

from typing import Final

from dashboard.domain.record.contact import Contact
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
