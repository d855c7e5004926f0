"""CareTeam: who cares for a patient, in which role, since when."""

from dataclasses import replace
from typing import Final

from dashboard.domain.record.care_team import CareTeam, TeamMember
from dashboard.domain.values.datatypes import CodeableConcept, NamedReference
from dashboard.fhir.mapping.concepts import codings, concept_text
from dashboard.fhir.mapping.dates import exact_period
from dashboard.fhir.mapping.elements import CannotRead, Json, display, many, one, reference, text
from dashboard.fhir.mapping.reading import origin, patient_of, version
from dashboard.fhir.mapping.writing import (
    Writer,
    named,
    new_resource,
    put,
    reference_to,
    source_of,
    write_changes,
    write_entries,
    written_concept,
    written_date,
)


def care_team(resource: Json) -> CareTeam | None:
    """The team for a list or a cache, without its resource; None when it was entered in error."""
    if text(resource.get("status")) == "entered-in-error":
        return None
    return replace(from_fhir(resource), source=None)


def from_fhir(resource: Json) -> CareTeam:
    """The team with the resource it was read from. The MDT is the managing organisation.

    A team whose period cannot be read cannot be read; a participant whose own period cannot be read is named in the
    team and is no member, so that nobody's access rests on it. Raises CannotRead.
    """
    patient = patient_of(resource)
    if patient is None:
        raise CannotRead("no-patient")
    manager = one(resource.get("managingOrganization"))
    since, until = exact_period(resource.get("period"))
    return CareTeam(
        origin=origin(resource),
        patient=patient,
        status=text(resource.get("status")),
        team=reference(manager),
        team_name=display(manager) or text(resource.get("name")),
        since=since,
        until=until,
        members=tuple(_member(part) for part in many(resource.get("participant"))),
        version=version(resource),
        source=resource,
    )


def _member(part: Json) -> TeamMember:
    member, role = part.get("member"), part.get("role")
    roles = codings(role)
    try:
        since, until = exact_period(part.get("period"))
    except CannotRead:  # which hides neither the other members nor the patient
        since, until, doubtful = None, None, True
    else:
        doubtful = False
    return TeamMember(
        reference(member), display(member), roles[0] if roles else None, concept_text(role), since, until, doubtful
    )


def to_fhir(value: CareTeam) -> Json:
    """Returns the resource of the team, with the elements of changed fields written over what was read; of a new one
    (`source` {}) a resource without id.

    Raises NotWritable for a team of a list, where a member was taken out (a membership ends with its period), and for
    fields that are only read.
    """
    if value.source != {}:
        return write_changes(from_fhir(source_of(value)), value, _WRITERS)
    blank = {"subject": reference_to(value.patient)}
    return new_resource(blank, from_fhir, value, _WRITERS)


def _write_team(resource: Json, value: CareTeam) -> None:
    """The team that manages it; a team that is no record on the server has a name alone."""
    put(resource, "managingOrganization", [reference_to(value.team, value.team_name)] if value.team else None)
    if value.team is None:
        put(resource, "name", value.team_name)


def _write_members(resource: Json, value: CareTeam) -> None:
    write_entries(
        resource,
        "participant",
        value.members,
        read=_member,
        make=lambda new: _participating({}, new),
        change=_participating,
        likeness=_likeness,
        only_added="nobody is taken out of a team: a membership ends with its period",
    )


def _likeness(one: TeamMember, other: TeamMember) -> int:
    """Whether two are the same person (1), in the same role (2), since the same day (3)."""
    if one.member != other.member or (one.member is None and one.name != other.name):
        return 0
    same_role = (one.role, one.role_text) == (other.role, other.role_text)
    return 1 + int(same_role) + int(same_role and one.since == other.since)


def _participating(part: Json, new: TeamMember) -> Json:
    """Writes who takes part, as what and when, into the parts that differ."""
    old = _member(part)
    if (old.member, old.name) != (new.member, new.name):
        put(part, "member", named(NamedReference(new.member, new.name)))
    if (old.role, old.role_text) != (new.role, new.role_text):
        role = written_concept(CodeableConcept((new.role,) if new.role else (), new.role_text))
        put(part, "role", [role] if role else None)
    if old.since != new.since:
        put(part, "period.start", written_date(new.since))
    if old.until != new.until:
        put(part, "period.end", written_date(new.until))
    return part


_WRITERS: Final[dict[str, Writer]] = {
    "patient": lambda resource, value: put(resource, "subject", reference_to(value.patient)),
    "status": lambda resource, value: put(resource, "status", value.status),
    "team": _write_team,
    "team_name": _write_team,
    "since": lambda resource, value: put(resource, "period.start", written_date(value.since)),
    "until": lambda resource, value: put(resource, "period.end", written_date(value.until)),
    "members": _write_members,
}
"""How each field is written; the others are only read."""
