"""Which CareTeams and Consents of a team's patients are other than its data say: asked often, by ids alone.

A refresh of the data asks for what changed, at its own slower beat, and never hears of what was deleted. Here the
server is asked which CareTeams and Consents there are (`_elements`, two searches); the few that differ from the data
are read. `with_access` puts them into the data: who has left is not on any list made of these.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from dashboard.access.request_context import RequestContext, result_or_raise, serves_consents
from dashboard.cache.load_team import with_organisations
from dashboard.cache.place_rows import rows_by_patient
from dashboard.cache.team_data import TeamData
from dashboard.cache.team_resources import CARE_TEAM, CONSENT, Reader, TeamResource
from dashboard.domain.record.organisation import Organisation
from dashboard.domain.record.patient_record import PatientRecord, ResourceValue, with_resources
from dashboard.domain.values.site_time import site_day
from dashboard.errors import ServerRefused, Unsupported
from dashboard.fhir.mapping.elements import Json
from dashboard.fhir.mapping.reading import updated
from dashboard.fhir.search.request import SearchRequest, SearchResult

_SUBJECT: Final = {CARE_TEAM.type: "subject", CONSENT.type: "patient"}
"""The element that says whose it is: with the id all that is asked for."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A CareTeam or Consent as it is now, None where it is not there any more; `before` is the stamp of the one in the
    data that it replaces, "" where there is none.
    """

    before: str
    now: ResourceValue | None


@dataclass(frozen=True, slots=True)
class TeamAccess:
    """What differs from a team's data, by patient, resource type and id, and the organisations that it needs."""

    differences: Mapping[str, Mapping[str, Mapping[str, Difference]]] = field(default_factory=dict)
    organisations: Mapping[str, Organisation] = field(default_factory=dict)


def ask_access(context: RequestContext, data: TeamData, previous: TeamAccess | None = None) -> TeamAccess:
    """Asks the server which CareTeams and Consents of these patients there are, and reads those that differ from the
    data. Returns `previous` where that says the same. Raises DashboardError.
    """
    patients = tuple(sorted(data.patients))
    if not patients:
        return previous if previous == TeamAccess() else TeamAccess()
    kinds = [CARE_TEAM, CONSENT] if serves_consents(context.fhir) else [CARE_TEAM]
    there = dict(zip((kind.type for kind in kinds), _ids(context, kinds, patients), strict=True))
    found: dict[str, dict[str, dict[str, Difference]]] = {}
    for kind in kinds:
        _compare(context, data, kind, there[kind.type], found)
    access = TeamAccess(found)
    organisations = with_organisations(context, with_access(data, access)).organisations
    if len(organisations) > len(data.organisations):
        access = replace(access, organisations=organisations)
    return previous if previous == access else access


def with_access(data: TeamData, access: TeamAccess) -> TeamData:
    """Returns the data with these differences; one whose row in the data is another by now is left out."""
    changed = {
        patient_id: record
        for patient_id, differences in access.differences.items()
        if patient_id in data.patients
        and (record := _changed(data.patients[patient_id], differences)) is not data.patients[patient_id]
    }
    if not changed:
        return data
    return replace(
        data, patients={**data.patients, **changed}, organisations={**data.organisations, **access.organisations}
    )


def _changed(record: PatientRecord, differences: Mapping[str, Mapping[str, Difference]]) -> PatientRecord:
    changes: dict[str, dict[str, ResourceValue | None]] = {}
    for kind, rows in differences.items():
        known = record.resources.get(kind, {})
        for ident, difference in rows.items():
            if (known[ident].updated if ident in known else "") == difference.before:
                changes.setdefault(kind, {})[ident] = difference.now
    return with_resources(record, changes) if changes else record


def _ids(context: RequestContext, kinds: Iterable[TeamResource], patients: tuple[str, ...]) -> list[SearchResult]:
    """Returns the rows of each type with their ids and stamps; whole rows from a server that refuses to send parts."""
    asked = [SearchRequest(kind.type, (("_elements", _SUBJECT[kind.type]),), patients, fresh=True) for kind in kinds]
    answers = context.fhir.try_all(asked)
    whole = [replace(request, params=()) for request in asked]
    return [
        result_or_raise(context.fhir.try_all([again])[0] if isinstance(answer, ServerRefused | Unsupported) else answer)
        for answer, again in zip(answers, whole, strict=True)
    ]


def _compare(
    context: RequestContext,
    data: TeamData,
    kind: TeamResource,
    there: SearchResult,
    found: dict[str, dict[str, dict[str, Difference]]],
) -> None:
    """Adds what differs of one type."""
    stamps = {str(row.get("id")): updated(row) for row in there.rows}
    known = {
        (patient_id, ident): row.updated
        for patient_id, record in data.patients.items()
        for ident, row in record.resources.get(kind.type, {}).items()
    }
    if not there.truncated:
        for (patient_id, ident), before in known.items():
            if ident not in stamps:
                _add(found, patient_id, kind, ident, Difference(before, None))
    same = {ident for (_, ident), before in known.items() if before and before == stamps.get(ident)}
    # A CareTeam that is new opens patients, which a refresh brings; a new Consent may close one.
    other = sorted(ident for ident in stamps.keys() - same if kind is CONSENT or any(ident == of for _, of in known))
    for patient_id, ident, now in _read(context, data, kind, other):
        before = known.get((patient_id, ident), "")
        if now is not None or before:
            _add(found, patient_id, kind, ident, Difference(before, now))


def _add(
    found: dict[str, dict[str, dict[str, Difference]]],
    patient_id: str,
    kind: TeamResource,
    ident: str,
    difference: Difference,
) -> None:
    found.setdefault(patient_id, {}).setdefault(kind.type, {})[ident] = difference


def _read(
    context: RequestContext, data: TeamData, kind: TeamResource, idents: list[str]
) -> Iterable[tuple[str, str, ResourceValue | None]]:
    """Reads these rows and yields each for its patients; None for a patient whom it is not about any more."""
    if not idents:
        return
    request = SearchRequest(kind.type, (("_id", ",".join(idents)),), tuple(sorted(data.patients)), fresh=True)
    rows: list[Json] = result_or_raise(context.fhir.try_all([request])[0]).rows
    reader = Reader(context.terminology, site_day(context.as_of))
    for patient_id, changes in rows_by_patient(kind, rows, reader, data.patients).items():
        for ident, now in changes[kind.type].items():
            yield patient_id, ident, now
