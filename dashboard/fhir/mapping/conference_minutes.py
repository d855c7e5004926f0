"""Minutes of a conference: a Composition about no single patient, read and written."""

from typing import Final

from dashboard.domain.conference.minutes import How, Minutes, Present, Remark, Signature
from dashboard.domain.values.code_systems import CONFERENCE_NUMBER, DOCUMENT_TYPE
from dashboard.domain.values.datatypes import Coding, NamedReference, Reference
from dashboard.fhir.mapping.concepts import concept
from dashboard.fhir.mapping.conference_note import conference_of, number_of
from dashboard.fhir.mapping.dates import date_or_unreadable, partial_date
from dashboard.fhir.mapping.elements import CannotRead, Json, many, named_reference, one, text
from dashboard.fhir.mapping.reading import origin, version
from dashboard.fhir.mapping.sections import TextSection, section_of, written_section
from dashboard.fhir.mapping.writing import (
    NotWritable,
    Writer,
    named,
    new_resource,
    put,
    reference_to,
    source_of,
    write_changes,
    written_codings,
    written_date,
)

MINUTES: Final = Coding(DOCUMENT_TYPE, "conference-minutes", "Minutes of a case conference")
_PRESENT, _PATIENTS, _REMARK = "present", "patients", "remark"


def from_fhir(resource: Json) -> Minutes:
    """Returns the minutes with the resource they were read from. Raises CannotRead for another kind of Composition, for
    one of no conference, and for a malformed date.
    """
    if MINUTES not in concept(resource.get("type")).codings:
        raise CannotRead("malformed")
    conference, written = conference_of(resource), partial_date(resource.get("date"))
    if conference is None or written is None:
        raise CannotRead("no-date" if written is None else "malformed")
    sections = [each for part in many(resource.get("section")) if (each := section_of(part)) is not None]
    return Minutes(
        origin=origin(resource),
        version=version(resource),
        conference=conference,
        number=number_of(resource),
        title=text(resource.get("title")),
        written=written,
        author=named_reference(one(resource.get("author"))),
        status=text(resource.get("status")),
        present=tuple(_present(each) for each in sections if each.kind == _PRESENT),
        notes=tuple(to for each in sections if each.kind == _PATIENTS for to in each.about if to.type == "Composition"),
        remarks=tuple(Remark(each.author, each.when, each.text) for each in sections if each.kind == _REMARK),
        signature=_signature(one(resource.get("attester"))),
        source=resource,
    )


def _signature(attester: Json) -> Signature | None:
    if not attester.get("party"):
        return None
    when, _ = date_or_unreadable({**attester, "resourceType": "Composition"}, "time")
    return Signature(named_reference(attester.get("party")), when)


def _present(section: TextSection) -> Present:
    who = NamedReference(next(iter(section.about), None), section.text)
    return Present(who, How(section.how) if section.how in set(How) else How.ROOM, section.when)


def to_fhir(value: Minutes) -> Json:
    """Returns the resource of the minutes, with the elements of changed fields written over what was read; of new ones
    (`source` {}) a resource without id. Raises NotWritable, also where a remark was changed or taken out.
    """
    if value.source != {}:
        return write_changes(from_fhir(source_of(value)), value, _WRITERS)
    blank = {
        "type": {"coding": written_codings([MINUTES]), "text": MINUTES.display},
        "identifier": {"system": CONFERENCE_NUMBER, "value": value.number},
        "event": [{"detail": [reference_to(value.conference)]}],
        "date": written_date(value.written),
        "author": [named(value.author) or {"display": "Not known"}],
    }
    return new_resource(blank, from_fhir, value, _WRITERS)


def _write_sections(resource: Json, value: Minutes) -> None:
    """Who was there, the patients' notes and the remarks; sections of other kinds stay, after these."""
    wanted = [_section_of_present(each) for each in value.present]
    if value.notes:
        wanted.append(TextSection(_PATIENTS, "Patients", "Patients discussed", about=value.notes))
    wanted += [TextSection(_REMARK, "Sent back", each.text, each.author, each.when) for each in value.remarks]
    known = [(part, section_of(part)) for part in many(resource.get("section"))]
    if any(each.kind == _REMARK and each not in wanted for _, each in known if each is not None):
        raise NotWritable("remarks are only added")
    held = {each: part for part, each in known if each is not None}
    others = [part for part, each in known if each is None or each.kind not in (_PRESENT, _PATIENTS, _REMARK)]
    put(resource, "section", [*(held.get(each) or written_section(each) for each in wanted), *others] or None)


def _section_of_present(present: Present) -> TextSection:
    about: tuple[Reference, ...] = (present.who.to,) if present.who.to is not None else ()
    return TextSection(_PRESENT, "Present", present.who.name, when=present.since, about=about, how=present.how.value)


def _write_signature(resource: Json, value: Minutes) -> None:
    if value.signature is None:
        put(resource, "attester", None)
        return
    when = value.signature.at
    time = {"time": written_date(when)} if when is not None else {}
    put(resource, "attester", [{"mode": "professional", **time, "party": named(value.signature.by)}])


_WRITERS: Final[dict[str, Writer]] = {
    "title": lambda resource, value: put(resource, "title", value.title),
    "status": lambda resource, value: put(resource, "status", value.status),
    "present": _write_sections,
    "notes": _write_sections,
    "remarks": _write_sections,
    "signature": _write_signature,
}
"""How each field is written; the others are only read."""
