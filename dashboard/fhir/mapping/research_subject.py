"""Subject: a ResearchSubject with the history of its status in an extension of ours, read and written.

https://hl7.org/fhir/R4/researchsubject.html. The steps reached are tags too, by which a server counts them.
"""

from dataclasses import replace
from typing import Final

from dashboard.domain.pilot.enrolment import LAYERS, EnrolmentAction, EnrolmentState
from dashboard.domain.pilot.enrolment_tags import new_tags
from dashboard.domain.pilot.subject import EnrolmentChange, Subject
from dashboard.domain.values.code_systems import ENROLMENT_REASON, ENROLMENT_STEP, SUBJECT_NUMBER
from dashboard.fhir.mapping.dates import partial_date, period
from dashboard.fhir.mapping.elements import CannotRead, Json, many, named_reference, one, reference, text
from dashboard.fhir.mapping.extensions import (
    ENROLMENT_CHANGE,
    EVALUATION_LAYER,
    SUBJECT_SITE,
    extensions,
    part_of,
)
from dashboard.fhir.mapping.reading import origin, version
from dashboard.fhir.mapping.writing import (
    Writer,
    named,
    new_resource,
    put,
    reference_to,
    source_of,
    write_changes,
    write_entries,
    write_parts,
    written_date,
)


def number_of(study: str, patient: str) -> str:
    """The value of the identifier of a patient in a study, by their ids."""
    return f"{study}.{patient}"


def from_fhir(resource: Json) -> Subject:
    """Returns the subject with the resource it was read from. Raises CannotRead for one that names no patient or no
    study, and for a change that cannot be read: it may be the one that counts.
    """
    patient, study = reference(resource.get("individual")), reference(resource.get("study"))
    if patient is None or patient.type != "Patient":
        raise CannotRead("no-patient")
    if study is None:
        raise CannotRead("malformed")
    start, end = period(resource.get("period"))
    layer = part_of(resource, EVALUATION_LAYER).get("valuePositiveInt")
    return Subject(
        origin=origin(resource),
        version=version(resource),
        patient=patient,
        study=study,
        status=text(resource.get("status")),
        arm=text(resource.get("assignedArm")),
        layer=layer if layer in LAYERS else None,
        site=named_reference(part_of(resource, SUBJECT_SITE).get("valueReference")),
        consent=reference(resource.get("consent")),
        start=start,
        end=end,
        changes=tuple(_change(each) for each in extensions(resource, ENROLMENT_CHANGE)),
        source=resource,
    )


def _change(extension: Json) -> EnrolmentChange:
    # Once through the parts: a pilot of 10,000 people has 40,000 changes.
    parts = {text(each.get("url")): each for each in reversed(many(extension.get("extension")))}
    day = partial_date(parts.get("day", {}).get("valueDate"))
    recorded = partial_date(parts.get("recorded", {}).get("valueDateTime"))
    if day is None or recorded is None:
        raise CannotRead("malformed")
    return EnrolmentChange(
        # A code that is none of ours is a ValueError, which `read_one` takes for malformed.
        action=EnrolmentAction(text(parts.get("action", {}).get("valueCode"))),
        state=EnrolmentState(text(parts.get("state", {}).get("valueCode"))),
        day=day,
        recorded=recorded,
        by=named_reference(parts.get("by", {}).get("valueReference")),
        site=named_reference(parts.get("site", {}).get("valueReference")),
        reason=text(one(parts.get("reason", {}).get("valueCoding")).get("code")),
        why=text(parts.get("why", {}).get("valueString")),
        taken_back=parts.get("takenBack", {}).get("valueBoolean") is True,
        team=named_reference(parts.get("team", {}).get("valueReference")),
    )


def to_fhir(value: Subject) -> Json:
    """Returns the resource of the subject, with the elements of changed fields written over what was read; of a new one
    (`source` {}) a resource without id. Raises NotWritable.
    """
    if value.source != {}:
        return write_changes(from_fhir(source_of(value)), value, _WRITERS)
    blank: Json = {
        "identifier": [{"system": SUBJECT_NUMBER, "value": number_of(value.study.id, value.patient.id)}],
        "study": reference_to(value.study),
        "individual": reference_to(value.patient),
    }
    return new_resource(blank, from_fhir, value, _WRITERS)


def _write_changes(resource: Json, value: Subject) -> None:
    write_entries(
        resource,
        "extension",
        value.changes,
        read=lambda part: _change(part) if part.get("url") == ENROLMENT_CHANGE else None,
        make=lambda new: _written({"url": ENROLMENT_CHANGE}, new),
        change=_written,
        likeness=lambda one, other: int(replace(one, taken_back=other.taken_back) == other),
        only_added="a change of a subject stays on record",
    )
    _write_tags(resource, value)


def _written(extension: Json, new: EnrolmentChange) -> Json:
    by, site, team = named(new.by), named(new.site), named(new.team)
    parts: dict[str, Json | None] = {
        "action": {"valueCode": str(new.action)},
        "state": {"valueCode": str(new.state)},
        "day": {"valueDate": new.day.text},
        "recorded": {"valueDateTime": new.recorded.text},
        "by": {"valueReference": by} if by is not None else None,
        "site": {"valueReference": site} if site is not None else None,
        "reason": {"valueCoding": {"system": ENROLMENT_REASON, "code": new.reason}} if new.reason else None,
        "why": {"valueString": new.why} if new.why else None,
        "takenBack": {"valueBoolean": True} if new.taken_back else None,
        "team": {"valueReference": team} if team is not None else None,
    }
    write_parts(extension, parts)
    return extension


def _write_tags(resource: Json, value: Subject) -> None:
    """Adds the tags by which a server counts; none is taken away."""
    tags = many(one(resource.get("meta")).get("tag"))
    new: list[Json] = [{"system": ENROLMENT_STEP, "code": code} for code in new_tags(value, tags_on(resource))]
    put(resource, "meta.tag", [*tags, *new] or None)


def tags_on(resource: Json) -> frozenset[str]:
    """The codes by which a server counts a subject as it is stored."""
    tags = many(one(resource.get("meta")).get("tag"))
    return frozenset(text(each.get("code")) for each in tags if each.get("system") == ENROLMENT_STEP)


def _write_layer(resource: Json, value: Subject) -> None:
    _write_extension(resource, EVALUATION_LAYER, {"valuePositiveInt": value.layer} if value.layer else None)


def _write_site(resource: Json, value: Subject) -> None:
    site = named(value.site)
    _write_extension(resource, SUBJECT_SITE, {"valueReference": site} if site is not None else None)


def _write_extension(resource: Json, url: str, holds: Json | None) -> None:
    others = [each for each in many(resource.get("extension")) if each.get("url") != url]
    put(resource, "extension", [*others, *([{"url": url, **holds}] if holds is not None else [])] or None)


def _write_consent(resource: Json, value: Subject) -> None:
    put(resource, "consent", reference_to(value.consent) if value.consent is not None else None)


_WRITERS: Final[dict[str, Writer]] = {
    "status": lambda resource, value: put(resource, "status", value.status),
    "arm": lambda resource, value: put(resource, "assignedArm", value.arm),
    "layer": _write_layer,
    "site": _write_site,
    "consent": _write_consent,
    "start": lambda resource, value: put(resource, "period.start", written_date(value.start)),
    "end": lambda resource, value: put(resource, "period.end", written_date(value.end)),
    "changes": _write_changes,
}
"""How each field is written; the others are only read."""
