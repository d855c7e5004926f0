"""Agenda: a List with an entry for each patient of a conference, read and written."""

from typing import Final

from dashboard.domain.conference.agenda import MINUTES, MOST_MINUTES, OUTCOMES, Agenda, AgendaItem
from dashboard.domain.values.code_systems import CONFERENCE_NUMBER, LIST_PURPOSE
from dashboard.domain.values.datatypes import Coding
from dashboard.fhir.mapping.concepts import concept
from dashboard.fhir.mapping.elements import CannotRead, Json, many, named_reference, one, reference, text
from dashboard.fhir.mapping.extensions import AGENDA_MINUTES, AGENDA_PREPARER, part_of
from dashboard.fhir.mapping.identifiers import identifier_of, write_identifier
from dashboard.fhir.mapping.reading import origin, version
from dashboard.fhir.mapping.writing import (
    Writer,
    named,
    new_resource,
    put,
    reference_to,
    source_of,
    write_changes,
    written_codings,
)

PURPOSE: Final = Coding(LIST_PURPOSE, "conference-agenda", "Agenda of a case conference")

_CARRIED: Final = "carried-over"


def from_fhir(resource: Json) -> Agenda:
    """Returns the agenda with the resource it was read from; an entry that names no patient is no item.

    Raises CannotRead for another kind of list.
    """
    if PURPOSE not in concept(resource.get("code")).codings:
        raise CannotRead("malformed")
    items = (_item(entry) for entry in many(resource.get("entry")))
    return Agenda(
        origin=origin(resource),
        version=version(resource),
        conference=identifier_of(resource, CONFERENCE_NUMBER),
        title=text(resource.get("title")),
        items=tuple(item for item in items if item is not None),
        status=text(resource.get("status")),
        source=resource,
    )


def _item(entry: Json) -> AgendaItem | None:
    patient = reference(entry.get("item"))
    if patient is None or patient.type != "Patient" or entry.get("deleted") is True:
        return None
    minutes = part_of(entry, AGENDA_MINUTES).get("valuePositiveInt")
    outcomes = [each.code for each in concept(entry.get("flag")).codings if each.system == LIST_PURPOSE]
    return AgendaItem(
        patient=patient,
        minutes=minutes if isinstance(minutes, int) and 1 <= minutes <= MOST_MINUTES else MINUTES,
        preparer=named_reference(part_of(entry, AGENDA_PREPARER).get("valueReference")),
        outcome=next((each for each in outcomes if each in OUTCOMES), ""),
        carried=_CARRIED in outcomes,
    )


def to_fhir(value: Agenda) -> Json:
    """Returns the resource of the agenda, with the elements of changed fields written over what was read; of a new one
    (`source` {}) a resource without id. Raises NotWritable.
    """
    if value.source != {}:
        return write_changes(from_fhir(source_of(value)), value, _WRITERS)
    blank = {"mode": "working", "code": {"coding": written_codings([PURPOSE]), "text": PURPOSE.display}}
    return new_resource(blank, from_fhir, value, _WRITERS)


def _write_items(resource: Json, value: Agenda) -> None:
    """Writes the entries in the order of the items; an entry that stays keeps what else it holds, and one that is no
    item stays, at the end.
    """
    held: dict[AgendaItem | str, list[Json]] = {}
    others: list[Json] = []
    for entry in many(resource.get("entry")):
        item = _item(entry)
        if item is None:
            others.append(entry)
        else:
            held.setdefault(str(item.patient), []).append(entry)
    entries = [_written(next(iter(held.get(str(item.patient), ())), {}), item) for item in value.items]
    put(resource, "entry", [*entries, *others] or None)
    put(resource, "emptyReason", None)


def _written(entry: Json, item: AgendaItem) -> Json:
    old = _item(entry)
    if old == item:
        return entry
    parts = [each for each in many(entry.get("extension")) if each.get("url") not in (AGENDA_MINUTES, AGENDA_PREPARER)]
    parts.append({"url": AGENDA_MINUTES, "valuePositiveInt": item.minutes})
    preparer = named(item.preparer)
    if preparer is not None:
        parts.append({"url": AGENDA_PREPARER, "valueReference": preparer})
    put(entry, "extension", parts)
    put(entry, "item", {**one(entry.get("item")), **reference_to(item.patient)})
    flags = [each for each in many(one(entry.get("flag")).get("coding")) if each.get("system") != LIST_PURPOSE]
    flags += [
        {"system": LIST_PURPOSE, "code": code} for code in (item.outcome, _CARRIED if item.carried else "") if code
    ]
    put(entry, "flag", {**one(entry.get("flag")), "coding": flags} if flags else None)
    return entry


_WRITERS: Final[dict[str, Writer]] = {
    "status": lambda resource, value: put(resource, "status", value.status),
    "title": lambda resource, value: put(resource, "title", value.title),
    "conference": lambda resource, value: write_identifier(resource, CONFERENCE_NUMBER, value.conference),
    "items": _write_items,
}
"""How each field is written; the others are only read."""
