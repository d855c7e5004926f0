"""CareTeam: who cares for a patient, in which role, since when."""

from dashboard.domain.record.care_team import CareTeam, TeamMember
from dashboard.fhir.mapping.concepts import codings, concept_text
from dashboard.fhir.mapping.dates import exact_period
from dashboard.fhir.mapping.elements import CannotRead, Json, display, many, one, reference, text
from dashboard.fhir.mapping.reading import origin, patient_of


def care_team(resource: Json) -> CareTeam | None:
    """The team; None when it was entered in error. The MDT is the managing organisation.

    A team whose period cannot be read cannot be read; a participant whose own period cannot be read is named in the
    team and is no member, so that nobody's access rests on it.
    """
    status = text(resource.get("status"))
    if status == "entered-in-error":
        return None
    patient = patient_of(resource)
    if patient is None:
        raise CannotRead("no-patient")
    manager = one(resource.get("managingOrganization"))
    since, until = exact_period(resource.get("period"))
    return CareTeam(
        origin=origin(resource),
        patient=patient,
        status=status,
        team=reference(manager),
        team_name=display(manager) or text(resource.get("name")),
        since=since,
        until=until,
        members=tuple(_member(part) for part in many(resource.get("participant"))),
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
