"""CareTeam: who cares for a patient, in which role, since when."""

from functools import lru_cache
from typing import Any, Final

from dashboard.domain.record.care_team import CareTeam, TeamMember
from dashboard.domain.values.datatypes import Coding, Reference
from dashboard.fhir.mapping.reading import (
    CannotRead,
    Json,
    Written,
    as_concept,
    codings,
    concept_text,
    display,
    many,
    one,
    origin,
    patient_of,
    period,
    reference,
    short_enough,
    text,
    written,
)

_Named = tuple[Reference | None, str, Coding | None, str]
_KEPT: Final = 10_000


def care_team(resource: Json) -> CareTeam | None:
    """The team; None when it was entered in error. The MDT is the managing organisation."""
    status = text(resource.get("status"))
    if status == "entered-in-error":
        return None
    patient = patient_of(resource)
    if patient is None:
        raise CannotRead("no-patient")
    manager = one(resource.get("managingOrganization"))
    since, until = period(resource.get("period"))
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
    """The same people are in many patients' teams: what they are called is worked out once for each way of writing."""
    since, until = period(part.get("period"))
    member, role = part.get("member"), part.get("role")
    try:
        (concept,) = role if isinstance(role, list) else (role,)
        named = _known(member.get("reference"), member.get("display"), written(concept), concept.get("text"))  # type: ignore[union-attr]
    except (KeyError, TypeError, AttributeError, ValueError):  # several roles, words only, or malformed
        named = _named(member, role)
    return TeamMember(*named, since, until)


@lru_cache(maxsize=_KEPT)
def _known(member: Any, name: Any, parts: Written, words: Any) -> _Named:
    short_enough(member, name, words, *(each for part in parts for each in part))
    return _named({"reference": member, "display": name}, as_concept(parts, words))


def _named(member: Any, role: Any) -> _Named:
    """Who it is, as whom: member, name, role, role_text."""
    roles = codings(role)
    return reference(member), display(member), roles[0] if roles else None, concept_text(role)
