"""Reads the rows of a user's teams from the FHIR server: all of them once, afterwards what changed.

First load: one search for the CareTeams the user belongs to (including patients, their consents and organisations),
then one search a resource type for those patients (two for Encounters: those that go on may have no date), in
parallel: thirteen in all, however many patients the server has.
One more for the consents of patients for whom none was included, since a server may leave them out without saying so;
and one for organisations where a consent denies one. Nothing clinical is read of a patient whose consent denies the
user. Refresh: the same types with `_lastUpdated`, counted from the server's own clock less an overlap.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from dashboard.access.request_context import (
    RequestContext,
    includes_every_consent,
    organisations_of,
    organisations_with_parents,
    result_or_raise,
    search_or_raise,
    serves_consents,
)
from dashboard.cache.place_rows import (
    RowChanges,
    add_row,
    left_out_of,
    no_changes,
    rows_by_patient,
    teams_in_doubt,
    with_changes,
)
from dashboard.cache.team_data import TeamData
from dashboard.cache.team_resources import CARE_TEAM, CONSENT, KINDS, Params, Reader, TeamResource, patients_of
from dashboard.cache.type_outcome import added, with_outcome, without_rows
from dashboard.domain.access.consent import denied_organisations
from dashboard.domain.record.care_team import CareTeam
from dashboard.domain.record.organisation import Organisation
from dashboard.domain.record.patient_record import PatientRecord, ResourceValue
from dashboard.domain.record.patient_record import with_resources as with_values
from dashboard.domain.record.people import HumanName, Person, with_survivors
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.record.views import Notice, RowsRead
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.site_time import site_day
from dashboard.errors import DashboardError, ServerRefused, Unsupported
from dashboard.fhir.mapping.elements import Json
from dashboard.fhir.mapping.patient import patient
from dashboard.fhir.mapping.reading import read_one, updated
from dashboard.fhir.search.request import SearchRequest, SearchResult, SearchWatch
from dashboard.fhir.search.together import together
from dashboard.fhir.search.without_include import MOST_INCLUDED

Publish = Callable[[TeamData], None]
"""Takes what is there so far of a team that is being loaded."""
OVERLAP: Final = timedelta(seconds=15)
"""A row may be stamped before a search and be visible only after it: HAPI stamps a transaction when it begins."""

_TEAM_INCLUDES: Final = ("CareTeam:patient", "iterate:Patient:organization", "iterate:Organization:partof")
_CONSENTS: Final = ("iterate:Consent:patient",)
_ALL: Final = {kind.type: kind for kind in (CARE_TEAM, CONSENT, *KINDS)}


def load_all(context: RequestContext, publish: Publish = lambda data: None) -> TeamData:
    """Returns all data of the user's teams. `publish` gets what there is so far: first the patients, then more with
    each page and type that comes; `awaited` says what is still to come. Raises DashboardError when the teams, or all
    resource types, cannot be read.
    """
    teams = _teams_and_consents(context)
    by_patient = rows_by_patient(CARE_TEAM, teams.rows, Reader(context.terminology, site_day(context.as_of)))
    mine = sorted(pid for pid, rows in by_patient.items() if _has_member(rows["CareTeam"].values(), context))
    empty = TeamData(
        patients={},
        organisations={},
        fetched=context.as_of,
        loaded_on=site_day(context.as_of),
        since=_since(teams),
        notices=(*_notices([teams]), *teams_in_doubt(by_patient, context.me, mine)),
        left_out=left_out_of((), [teams]),
    )
    data, new = _with_people(context, empty, mine, by_patient, teams)
    return _with_kinds(context, data, _kinds(context), new, publish)


def _kinds(context: RequestContext) -> list[TeamResource]:
    """The resource types that the server may have of a patient."""
    return [kind for kind in KINDS if not kind.optional or context.fhir.capabilities.serves(kind.type)]


def load_changes(context: RequestContext, data: TeamData) -> TeamData:
    """Returns the data with what changed on the server since they were read. Raises ServerUnavailable; `data` then
    remain valid.
    """
    known = tuple(sorted(data.patients))
    again = [kind for kind in _kinds(context) if kind.type not in data.failed]
    requests: list[tuple[TeamResource | None, SearchRequest]] = [
        (CARE_TEAM, membership(context.me, since=data.since)),
    ]
    if known:
        requests.append((CARE_TEAM, _changed(CARE_TEAM, context, known, data.since)))
        if serves_consents(context.fhir):
            requests.append((CONSENT, _changed(CONSENT, context, known, data.since)))
        requests.append((None, SearchRequest("Patient", (("_lastUpdated", f"ge{data.since}"),), known)))
        requests += [(kind, replace(_changed(kind, context, known, data.since), in_parts=True)) for kind in again]
        requests += [(_ALL["Appointment"], request) for request in _agendas(data)]
    answers = context.fhir.try_all([request for _, request in requests])
    results = [result_or_raise(answer) for answer in answers]
    changed = _merge(context, data, [(kind, result) for (kind, _), result in zip(requests, results, strict=True)])
    changed = replace(changed, fetched=context.as_of, since=_since(results[0]) or data.since)
    for (kind, _), result in zip(requests, results, strict=True):
        if kind is not None and result.missing:
            unread = frozenset(result.missing) - changed.missing.get(kind.type, frozenset())
            changed = replace(changed, outdated=added(changed.outdated, kind.type, unread))
    changed = _permitted_again(context, _joined(context, with_organisations(context, changed), results[0]), data.since)
    failed = [kind for kind in _kinds(context) if kind.type in data.failed]
    if failed:
        changed = _with_kinds(context, changed, failed, sorted(changed.patients))
    for kind in _kinds(context):
        again_for = data.missing.get(kind.type, frozenset()) | data.outdated.get(kind.type, frozenset())
        if again_for & changed.patients.keys():
            changed = _with_kinds(context, changed, [kind], sorted(again_for & changed.patients.keys()))
    return changed


def with_resources(context: RequestContext, data: TeamData, resources: Iterable[Json]) -> TeamData:
    """Returns the data with resources that were just written; those of other patients are ignored."""
    changes = no_changes()
    reader = Reader(context.terminology, site_day(context.as_of))
    for row in resources:
        kind = _ALL.get(str(row.get("resourceType")))
        if kind is not None:
            add_row(kind, row, reader, data.patients, changes)
    return replace(data, patients=with_changes(data.patients, changes))


def _teams_and_consents(context: RequestContext) -> SearchResult:
    """Returns the CareTeams, with the patients' consents where the server offers that include."""
    try:
        return search_or_raise(context, membership(context.me, revinclude=_CONSENTS))
    except (ServerRefused, Unsupported):
        return search_or_raise(context, membership(context.me))


def membership(member: Reference, since: str = "", revinclude: tuple[str, ...] = ()) -> SearchRequest:
    """Returns the search for the active CareTeams in which the member takes part, with their patients; with `since`,
    for those that changed.
    """
    params = (("participant", str(member)), ("status", "active"))
    changed = (*params, ("_lastUpdated", f"ge{since}")) if since else params
    return SearchRequest("CareTeam", changed, include=_TEAM_INCLUDES, revinclude=revinclude)


def _with_people(
    context: RequestContext, data: TeamData, wanted: Sequence[str], care_teams: RowChanges, teams: SearchResult
) -> tuple[TeamData, list[str]]:
    """Returns the data with these patients, their CareTeams and consents, and the ids of those the user may see. The
    others are left out; a notice counts those whose consent could not be read.
    """
    people, organisations = _people(context, wanted, teams)
    consents = _consents(context, wanted, teams)
    records = {
        pid: with_values(people[pid], {**care_teams[pid], **consents.get(pid, {})}) for pid in wanted if pid in people
    }
    grown = replace(data, patients={**data.patients, **records}, organisations={**data.organisations, **organisations})
    grown = with_organisations(context, grown)
    on, above = site_day(context.as_of), grown.above()
    visible = [pid for pid in sorted(records) if records[pid].my_teams(context.viewer, on, above)]
    unread = sum(any(isinstance(rule, Unreadable) for rule in record.consents()) for record in records.values())
    notices = (*grown.notices, Notice("consent-unreadable", str(unread))) if unread else grown.notices
    patients = {**data.patients, **{pid: records[pid] for pid in visible}}
    for pid, person in with_survivors({pid: record.person for pid, record in patients.items()}).items():
        patients[pid] = PatientRecord(person, patients[pid].updated, patients[pid].resources)
    withheld = (grown.withheld | set(wanted)) - set(visible)
    return replace(grown, patients=patients, notices=tuple(dict.fromkeys(notices)), withheld=withheld), visible


def _consents(context: RequestContext, wanted: Sequence[str], teams: SearchResult) -> RowChanges:
    """Returns the consents that were included with the CareTeams. For patients without any, one more search is made,
    unless the server is known to include all. A refresh of the CareTeams includes none.
    """
    rows = [row for row in teams.included.values() if row.get("resourceType") == CONSENT.type]
    covered = {pid for row in rows for pid in patients_of(row)}
    if teams.request.revinclude == _CONSENTS and includes_every_consent(context.fhir):
        covered |= {row["id"] for row in teams.included.values() if row.get("resourceType") == "Patient"}
    if len(teams.included) >= MOST_INCLUDED:  # the server may have left some out
        covered = set()
    missing = tuple(sorted(set(wanted) - covered))
    if missing and serves_consents(context.fhir):
        rows += search_or_raise(context, SearchRequest(CONSENT.type, patients=missing)).rows
    return rows_by_patient(CONSENT, rows, Reader(context.terminology, site_day(context.as_of)))


def with_organisations(context: RequestContext, data: TeamData) -> TeamData:
    """Returns the data with the organisations of the teams and of the user, where a consent denies an organisation and
    so what is part of what decides.
    """
    if not any(denied_organisations(record.consents()) for record in data.patients.values()):
        return data
    teams = {team.team for record in data.patients.values() for team in record.care_teams() if team.team is not None}
    missing = sorted({ref.id for ref in (*teams, *context.organizations)} - data.organisations.keys())
    if not missing:
        return data
    return replace(data, organisations={**data.organisations, **organisations_with_parents(context, missing)})


def _changed(kind: TeamResource, context: RequestContext, patients: tuple[str, ...], since: str) -> SearchRequest:
    params = (*kind.always(context.terminology), ("_lastUpdated", f"ge{since}"))
    return SearchRequest(kind.type, params, patients, include=kind.include, revinclude=kind.revinclude)


def _agendas(data: TeamData) -> list[SearchRequest]:
    """The search for changes of the cached appointments: one whose patient was removed no longer matches by patient."""
    known = sorted({ident for record in data.patients.values() for ident in record.resources.get("Appointment", {})})
    changed = ("_lastUpdated", f"ge{data.since}")
    return [SearchRequest("Appointment", (("_id", ",".join(known)), changed))] if known else []


def _windowed(kind: TeamResource, window: Params, context: RequestContext, patients: tuple[str, ...]) -> SearchRequest:
    return SearchRequest(
        kind.type,
        (*kind.always(context.terminology), *window),
        patients,
        include=kind.include,
        revinclude=kind.revinclude,
        page_size=kind.page_size,
        in_parts=True,
    )


def _with_kinds(
    context: RequestContext,
    data: TeamData,
    kinds: Sequence[TeamResource],
    patients: Sequence[str],
    publish: Publish = lambda data: None,
) -> TeamData:
    """Returns the data with the complete windows of these types for these patients, all searched at the same time; a
    type whose search fails is in `failed`, and in `missing` for the patients of whom alone nothing came.
    """
    if not patients:
        return data
    loading = _Loading(context, data, kinds, frozenset(patients), publish)
    asked = [
        (kind.type, _windowed(kind, window, context, tuple(patients)))
        for kind in kinds
        for window in kind.windows(site_day(context.as_of), context.terminology)
    ]
    loading.types = [name for name, _ in asked]
    context.fhir.try_all([request for _, request in asked], loading)
    answers = [loading.answers[kind.type] for kind in kinds]
    errors = [answer for answer in answers if isinstance(answer, DashboardError)]
    if len(errors) == len(_kinds(context)):
        raise errors[0]
    results = [answer for answer in answers if not isinstance(answer, DashboardError)]
    notices = tuple(dict.fromkeys((*data.notices, *_notices(results))))  # in the order of the types, not as they came
    return replace(loading.data, notices=notices)


class _Loading(SearchWatch):
    """The data of a team while its types are read: each is added as soon as it has come."""

    def __init__(
        self,
        context: RequestContext,
        data: TeamData,
        kinds: Sequence[TeamResource],
        patients: frozenset[str],
        publish: Publish,
    ) -> None:
        self._context, self._patients, self._publish = context, patients, publish
        self._kinds = {kind.type: kind for kind in kinds}
        self._parts: dict[str, list[SearchResult | DashboardError]] = {kind.type: [] for kind in kinds}
        self.types: list[str] = []
        """The type of each search, by its number."""
        self.answers: dict[str, SearchResult | DashboardError] = {}
        self._lock = threading.Lock()  # pages come from several threads
        self._whole_team = patients >= data.patients.keys()
        self.data = replace(data, awaited={kind.type: RowsRead() for kind in kinds})
        publish(self.data)

    def page(self, number: int, rows: int, total: int | None) -> None:
        name = self.types[number]
        with self._lock:
            if name in self.data.awaited and name not in self.types[:number]:
                self.data = replace(self.data, awaited={**self.data.awaited, name: RowsRead(rows, total)})
                self._publish(self.data)

    def ended(self, number: int, result: SearchResult | DashboardError) -> None:
        kind = self._kinds[self.types[number]]
        parts = self._parts[kind.type]
        parts.append(result)
        if len(parts) < self.types.count(kind.type):
            return
        result = self.answers[kind.type] = together(parts)
        with self._lock:
            data = self.data
        read = data
        if not isinstance(result, DashboardError):
            read = without_rows(data, kind.type, self._patients - set(result.missing))
            if self._whole_team:
                read = replace(read, left_out=tuple(each for each in read.left_out if each.origin.type != kind.type))
            read = _merge(self._context, read, [(kind, result)], fresh=True)
        with self._lock:
            awaited = {name: rows for name, rows in self.data.awaited.items() if name != kind.type}
            self.data = replace(
                with_outcome(read, kind.type, result, self._patients, self._whole_team), awaited=awaited
            )
            self._publish(self.data)


def _joined(context: RequestContext, data: TeamData, teams: SearchResult) -> TeamData:
    """Returns the data with the patients who joined one of the user's teams, and without those who left."""
    on, above = site_day(context.as_of), data.above()
    by_patient = rows_by_patient(CARE_TEAM, teams.rows, Reader(context.terminology, on))
    new = [
        pid
        for pid, rows in by_patient.items()
        if pid not in data.patients and _has_member(rows["CareTeam"].values(), context)
    ]
    stay = {pid: record for pid, record in data.patients.items() if record.my_teams(context.viewer, on, above)}
    if len(stay) < len(data.patients):
        left = {pid: data.patients[pid].resources.get(CARE_TEAM.type, {}) for pid in data.patients.keys() - stay.keys()}
        withheld = data.withheld | {pid for pid, rows in left.items() if _has_member(rows.values(), context)}
        data = replace(data, patients=stay, withheld=withheld)
    doubts = teams_in_doubt(by_patient, context.me, {*stay, *new})
    data = replace(data, notices=tuple(dict.fromkeys((*data.notices, *doubts)))) if doubts else data
    if not new:
        return data
    grown, joined = _with_people(context, data, new, by_patient, teams)
    return _with_kinds(context, grown, _kinds(context), joined)


def _people(
    context: RequestContext, wanted: Sequence[str], teams: SearchResult
) -> tuple[dict[str, PatientRecord], dict[str, Organisation]]:
    """Returns the patients and organisations that were included with the CareTeams; patients that were not are searched
    for.
    """
    rows = [row for row in teams.included.values() if row.get("resourceType") == "Patient"]
    missing = sorted(set(wanted) - {str(row.get("id")) for row in rows})
    if missing:
        rows += search_or_raise(context, SearchRequest("Patient", patients=tuple(missing))).rows
    records = {str(row.get("id")): PatientRecord(_person(row, context), updated(row)) for row in rows}
    return {pid: records[pid] for pid in wanted if pid in records}, organisations_of(teams)


def _person(row: Json, context: RequestContext) -> Person:
    """Returns the person; where the Patient cannot be read the id alone, so that no patient of a team is ever lost."""
    person = read_one(row, lambda resource: patient(resource, site_day(context.as_of)))
    return person if isinstance(person, Person) else Person(id=str(row.get("id")), name=HumanName())


def _permitted_again(context: RequestContext, data: TeamData, since: str) -> TeamData:
    """Returns the data with the patients whose consents have changed so that the user may see them now."""
    if not data.withheld or not serves_consents(context.fhir):
        return data
    consents = search_or_raise(context, _changed(CONSENT, context, tuple(sorted(data.withheld)), since))
    again = tuple(sorted({pid for row in consents.rows for pid in patients_of(row)} & data.withheld))
    if not again:
        return data
    teams = search_or_raise(context, replace(membership(context.me), patients=again))
    by_patient = rows_by_patient(CARE_TEAM, teams.rows, Reader(context.terminology, site_day(context.as_of)))
    mine = [pid for pid in again if pid in by_patient and _has_member(by_patient[pid]["CareTeam"].values(), context)]
    grown, visible = _with_people(context, data, mine, by_patient, teams)
    return _with_kinds(context, grown, _kinds(context), visible)


def _has_member(rows: Iterable[ResourceValue | None], context: RequestContext) -> bool:
    on = site_day(context.as_of)
    teams = (row.value for row in rows if row is not None)
    return any(isinstance(team, CareTeam) and team.has_member(context.me, on) for team in teams)


def _merge(
    context: RequestContext,
    data: TeamData,
    read: Sequence[tuple[TeamResource | None, SearchResult]],
    fresh: bool = False,
) -> TeamData:
    """Returns the data with the rows of these results added, replaced or removed; `fresh` rows replace none."""
    known = {} if fresh else data.patients
    people: dict[str, PatientRecord] = {}
    changes = no_changes()
    reader = Reader(context.terminology, site_day(context.as_of))
    for kind, result in read:
        if kind is None:
            for row in result.rows:
                people[str(row.get("id"))] = PatientRecord(_person(row, context), updated(row))
            continue
        for pid, rows in rows_by_patient(kind, result.rows, reader, known, result.included).items():
            for name, changed in rows.items():
                changes[pid][name].update(changed)
    records = {
        pid: PatientRecord(people[pid].person, people[pid].updated, record.resources) if pid in people else record
        for pid, record in data.patients.items()
    }
    results = [result for _, result in read]
    notices = tuple(dict.fromkeys((*data.notices, *_notices(results))))
    left_out = left_out_of(data.left_out, results)
    for pid, person in with_survivors({pid: record.person for pid, record in records.items()}).items():
        records[pid] = PatientRecord(person, records[pid].updated, records[pid].resources)
    return replace(data, patients=with_changes(records, changes), notices=notices, left_out=left_out)


def _since(result: SearchResult) -> str:
    """The server's clock at the first answer, less the overlap; without a clock, the newest stamp among its rows."""
    clock = result.server_time or result.newest()
    return (clock - OVERLAP).isoformat(timespec="seconds") if clock else ""


def _notices(results: Iterable[SearchResult]) -> tuple[Notice, ...]:
    """Returns what the server could not do, each once; a result that is cut off says so."""
    notices: list[Notice] = []
    for result in results:
        notices += result.notices
        if result.truncated and not result.notices:
            notices.append(Notice("truncated", result.request.type))
    return tuple(dict.fromkeys(notices))
