"""Reads the rows of a user's teams from the FHIR server: all of them once, afterwards what changed.

Cold: one search for the CareTeams the user belongs to (with patients, their consents and organisations beside them),
then one search a resource type for those patients, in parallel: eight, whatever the number of patients on the server.
One more for the consents of patients beside whom none came, since a server may leave them out without a word; and one
for organisations where a consent denies one. Nothing clinical is read of a patient whose consent keeps the user out.
Later: the same types with `_lastUpdated`, counted from the server's own clock less an overlap.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
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
from dashboard.cache.team_record import CachedResource, PatientRecord, TeamData, holding, with_rows
from dashboard.cache.team_resources import CARE_TEAM, CONSENT, EDITS, GOAL, KINDS, Reader, TeamResource, patients_of
from dashboard.domain.access.consent import denied_organisations
from dashboard.domain.record.care_team import CareTeam
from dashboard.domain.record.people import HumanName, Organisation, Person
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.record.views import Notice
from dashboard.domain.values.datatypes import PartialDate
from dashboard.errors import DashboardError, ServerRefused, Unsupported
from dashboard.fhir.mapping.patient import patient
from dashboard.fhir.mapping.reading import Json, many, read_one, reference, updated
from dashboard.fhir.search.request import SearchRequest, SearchResult

OVERLAP: Final = timedelta(seconds=15)
"""A row may be stamped before and seen after a look: HAPI stamps a transaction when it begins."""

_TEAM_INCLUDES: Final = ("CareTeam:patient", "iterate:Patient:organization", "iterate:Organization:partof")
_CONSENTS: Final = ("iterate:Consent:patient",)
_MOST_INCLUDED: Final = 800
"""Servers stop including at some number a page, HAPI at 1,000, and say nothing: near it, consents are asked for."""
_ALL: Final = {kind.type: kind for kind in (CARE_TEAM, CONSENT, *KINDS, GOAL)}


RowChanges = dict[str, dict[str, dict[str, CachedResource | None]]]
"""patient id -> resource type -> logical id -> row, None for a row that no longer belongs."""


def load_all(context: RequestContext) -> TeamData:
    """Everything, as if nothing were known. Raises the error when the teams, or every one of the sections, cannot be
    read.
    """
    teams = _teams_and_consents(context)
    found = _sorted_in(context, CARE_TEAM, teams.rows, {})
    mine = sorted(pid for pid, rows in found.items() if _is_mine(rows["CareTeam"].values(), context))
    empty = TeamData(
        patients={},
        organisations={},
        fetched=context.as_of,
        loaded_on=context.as_of.date(),
        since=_since(teams),
        notices=_told([teams]),
    )
    data, new = _with_people(context, empty, mine, found, teams)
    return _with_kinds(context, data, KINDS, new)


def load_changes(context: RequestContext, data: TeamData) -> TeamData:
    """The same after what changed since. Raises ServerUnavailable when the server cannot be asked: the old data
    stand.
    """
    known = tuple(sorted(data.patients))
    again = [kind for kind in KINDS if kind.type not in data.failed]
    asked: list[tuple[TeamResource | None, SearchRequest]] = [
        (CARE_TEAM, _membership(context, include=_TEAM_INCLUDES, since=data.since)),
    ]
    if known:
        asked.append((CARE_TEAM, _changed(CARE_TEAM, context, known, data.since)))
        if serves_consents(context.fhir):
            asked.append((CONSENT, _changed(CONSENT, context, known, data.since)))
        asked.append((None, SearchRequest("Patient", (("_lastUpdated", f"ge{data.since}"),), known)))
        asked += [(kind, _changed(kind, context, known, data.since)) for kind in (*again, GOAL)]
        asked += [(_ALL["Appointment"], request) for request in _agendas(data)]
    answers = context.fhir.try_all([request for _, request in asked])
    results = [result_or_raise(answer) for answer in answers]
    changed = _merge(context, data, [(kind, result) for (kind, _), result in zip(asked, results, strict=True)])
    changed = replace(changed, fetched=context.as_of, since=_since(results[0]) or data.since)
    changed = _joined(context, _with_hierarchy(context, changed), results[0])
    failed = [kind for kind in KINDS if kind.type in data.failed]
    return _with_kinds(context, changed, failed, sorted(changed.patients)) if failed else changed


def with_resources(context: RequestContext, data: TeamData, resources: Iterable[Json]) -> TeamData:
    """The same with rows that were just written; rows of patients who are not in it are left aside."""
    changes: RowChanges = defaultdict(lambda: defaultdict(dict))
    reader = Reader(context.terminology)
    for row in resources:
        kind = _ALL.get(str(row.get("resourceType")))
        if kind is not None:
            _place(context, kind, row, reader, data.patients, changes)
    return replace(data, patients=_applied(data.patients, changes))


def _teams_and_consents(context: RequestContext) -> SearchResult:
    """The CareTeams, with consents beside them where the server follows includes inwards."""
    try:
        return search_or_raise(context, _membership(context, _TEAM_INCLUDES, revinclude=_CONSENTS))
    except (ServerRefused, Unsupported):
        return search_or_raise(context, _membership(context, _TEAM_INCLUDES))


def _membership(
    context: RequestContext, include: tuple[str, ...], since: str = "", revinclude: tuple[str, ...] = ()
) -> SearchRequest:
    """The active CareTeams the user takes part in; with `since`, of these what changed."""
    params = (("participant", str(context.me)), ("status", "active"))
    changed = (*params, ("_lastUpdated", f"ge{since}")) if since else params
    return SearchRequest("CareTeam", changed, include=include, revinclude=revinclude)


def _with_people(
    context: RequestContext, data: TeamData, wanted: Sequence[str], teams: RowChanges, came: SearchResult
) -> tuple[TeamData, list[str]]:
    """The data with these patients, their CareTeams and consents; and the ids of those the user may see. The others
    are left out, and counted where a consent could not be read.
    """
    people, organisations = _people(context, wanted, came)
    consents = _consents(context, wanted, came)
    records = {pid: with_rows(people[pid], {**teams[pid], **consents.get(pid, {})}) for pid in wanted if pid in people}
    grown = replace(data, patients={**data.patients, **records}, organisations={**data.organisations, **organisations})
    grown = _with_hierarchy(context, grown)
    on, above = context.as_of.date(), grown.above()
    seen = [pid for pid in sorted(records) if records[pid].my_teams(context.viewer, on, above)]
    unread = sum(any(isinstance(rule, Unreadable) for rule in record.consents()) for record in records.values())
    notices = (*grown.notices, Notice("consent-unreadable", str(unread))) if unread else grown.notices
    kept = {**data.patients, **{pid: records[pid] for pid in seen}}
    return replace(grown, patients=kept, notices=tuple(dict.fromkeys(notices))), seen


def _consents(context: RequestContext, wanted: Sequence[str], came: SearchResult) -> RowChanges:
    """Those that came beside the CareTeams; of patients beside whom none came they are asked for, once, together,
    unless the server is known to bring all. A refresh of the CareTeams includes none.
    """
    rows = [row for row in came.included.values() if row.get("resourceType") == CONSENT.type]
    covered = {pid for row in rows for pid in patients_of(row)}
    if came.request.revinclude == _CONSENTS and includes_every_consent(context.fhir):
        covered |= {row["id"] for row in came.included.values() if row.get("resourceType") == "Patient"}
    if len(came.included) >= _MOST_INCLUDED:
        covered = set()
    missing = tuple(sorted(set(wanted) - covered))
    if missing and serves_consents(context.fhir):
        rows += search_or_raise(context, SearchRequest(CONSENT.type, patients=missing)).rows
    return _sorted_in(context, CONSENT, rows, {})


def _with_hierarchy(context: RequestContext, data: TeamData) -> TeamData:
    """The data with the organisations of the teams and of the user, where a consent makes it matter what is part of
    what.
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
    """The appointments known: one whose patient was taken off the agenda is no longer found by patient."""
    known = sorted({ident for record in data.patients.values() for ident in record.rows.get("Appointment", {})})
    changed = ("_lastUpdated", f"ge{data.since}")
    return [SearchRequest("Appointment", (("_id", ",".join(known)), changed))] if known else []


def _windowed(kind: TeamResource, context: RequestContext, patients: tuple[str, ...]) -> SearchRequest:
    params = (*kind.always(context.terminology), *kind.window(context.as_of.date(), context.terminology))
    return SearchRequest(kind.type, params, patients, include=kind.include, revinclude=kind.revinclude)


def _with_kinds(
    context: RequestContext, data: TeamData, kinds: Sequence[TeamResource], patients: Sequence[str]
) -> TeamData:
    """The data with the complete windows of these types for these patients, all searched at the same time; a type that
    fails is named in `failed`, and the others are there.
    """
    if not patients:
        return data
    answers = context.fhir.try_all([_windowed(kind, context, tuple(patients)) for kind in kinds])
    read: list[tuple[TeamResource | None, SearchResult]] = []
    errors: dict[str, DashboardError] = {}
    for kind, answer in zip(kinds, answers, strict=True):
        if isinstance(answer, DashboardError):
            errors[kind.type] = answer
        else:
            read.append((kind, answer))
    if len(errors) == len(kinds) > 1:
        raise next(iter(errors.values()))
    still = {name: why for name, why in data.failed.items() if name not in {kind.type for kind in kinds}}
    failed = {**still, **{name: error.failure for name, error in errors.items()}}
    return replace(_merge(context, data, read, fresh=True), failed=failed)


def _joined(context: RequestContext, data: TeamData, teams: SearchResult) -> TeamData:
    """The data with patients who joined one of the user's teams, each read in full; and without those who left."""
    on, above = context.as_of.date(), data.above()
    found = _sorted_in(context, CARE_TEAM, teams.rows, {})
    new = [
        pid for pid, rows in found.items() if pid not in data.patients and _is_mine(rows["CareTeam"].values(), context)
    ]
    stay = {pid: record for pid, record in data.patients.items() if record.my_teams(context.viewer, on, above)}
    if len(stay) < len(data.patients):
        data = replace(data, patients=stay)
    if not new:
        return data
    grown, joined = _with_people(context, data, new, found, teams)
    return _with_kinds(context, grown, KINDS, joined)


def _people(
    context: RequestContext, wanted: Sequence[str], teams: SearchResult
) -> tuple[dict[str, PatientRecord], dict[str, Organisation]]:
    """Records of the patients and the organisations that came beside the CareTeams; patients that did not are asked
    for.
    """
    rows = [row for row in teams.included.values() if row.get("resourceType") == "Patient"]
    missing = sorted(set(wanted) - {str(row.get("id")) for row in rows})
    if missing:
        rows += search_or_raise(context, SearchRequest("Patient", patients=tuple(missing))).rows
    records = {str(row.get("id")): PatientRecord(_person(row, context), updated(row)) for row in rows}
    return {pid: records[pid] for pid in wanted if pid in records}, organisations_of(teams)


def _person(row: Json, context: RequestContext) -> Person:
    """The person; one whose record makes no sense keeps the id, so that no patient of a team is ever lost."""
    found = read_one(row, lambda resource: patient(resource, context.as_of.date()))
    return found if isinstance(found, Person) else Person(id=str(row.get("id")), name=HumanName())


def _is_mine(rows: Iterable[CachedResource | None], context: RequestContext) -> bool:
    on = context.as_of.date()
    teams = (row.value for row in rows if row is not None)
    return any(isinstance(team, CareTeam) and team.has_member(context.me, on) for team in teams)


def _merge(
    context: RequestContext,
    data: TeamData,
    read: Sequence[tuple[TeamResource | None, SearchResult]],
    fresh: bool = False,
) -> TeamData:
    """The data with the rows of these results put in, replaced or taken out; `fresh` rows replace none, which saves
    the search.
    """
    known = {} if fresh else data.patients
    people: dict[str, PatientRecord] = {}
    changes: RowChanges = defaultdict(lambda: defaultdict(dict))
    for kind, result in read:
        if kind is None:
            for row in result.rows:
                people[str(row.get("id"))] = PatientRecord(_person(row, context), updated(row))
            continue
        for pid, rows in _sorted_in(context, kind, result.rows, known, result.included).items():
            for name, changed in rows.items():
                changes[pid][name].update(changed)
    patients = {
        pid: PatientRecord(people[pid].person, people[pid].updated, record.rows) if pid in people else record
        for pid, record in data.patients.items()
    }
    results = [result for _, result in read]
    notices = tuple(dict.fromkeys((*data.notices, *_told(results))))
    return replace(data, patients=_applied(patients, changes), notices=notices)


def _applied(patients: Mapping[str, PatientRecord], changes: RowChanges) -> dict[str, PatientRecord]:
    return {pid: with_rows(record, changes[pid]) if pid in changes else record for pid, record in patients.items()}


def _sorted_in(
    context: RequestContext,
    kind: TeamResource,
    rows: Sequence[Json],
    known: Mapping[str, PatientRecord],
    included: Mapping[str, Json] | None = None,
) -> RowChanges:
    """Rows by patient; a row that no longer belongs is None for every patient that had it."""
    substances = {name: row for name, row in (included or {}).items() if name.startswith("Medication/")}
    reader = Reader(context.terminology, substances)
    found: RowChanges = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        _place(context, kind, row, reader, known, found)
    beside = list((included or {}).values())
    for row in beside:
        if row.get("resourceType") == GOAL.type:
            _place(context, GOAL, row, reader, known, found)
    if kind.revinclude:
        edits = [row for row in beside if row.get("resourceType") == EDITS.type]
        _place_edits(context, edits, reader, rows, found)
    return found


def _place(
    context: RequestContext,
    kind: TeamResource,
    row: Json,
    reader: Reader,
    known: Mapping[str, PatientRecord],
    found: RowChanges,
) -> None:
    _put(kind, row, reader.kept(kind, row, context.as_of.date()), patients_of(row), known, found)


def _put(
    kind: TeamResource,
    row: Json,
    kept: CachedResource | None,
    owners: Iterable[str],
    known: Mapping[str, PatientRecord],
    found: RowChanges,
) -> None:
    ident = str(row.get("id"))
    if known:
        for pid in holding(known, kind.type, ident):
            found[pid][kind.type][ident] = None
    if kept is not None:
        for pid in owners:
            found[pid][kind.type][ident] = kept


def _place_edits(
    context: RequestContext, rows: Iterable[Json], reader: Reader, plans: Iterable[Json], found: RowChanges
) -> None:
    """Provenance has no patient: it is kept with the plan it is about, which came in the same result."""
    owners = {str(plan.get("id")): patients_of(plan) for plan in plans}
    for row in rows:
        kept = reader.kept(EDITS, row, context.as_of.date())
        targets = [ref.id for part in many(row.get("target")) if (ref := reference(part)) and ref.type == "CarePlan"]
        _put(EDITS, row, kept, [pid for plan in targets for pid in owners.get(plan, ())], {}, found)


def _since(result: SearchResult) -> str:
    """The server's clock at the first answer, less the overlap; without a clock, the newest stamp among its rows."""
    clock = result.server_time or _newest(result.rows)
    return (clock - OVERLAP).isoformat(timespec="seconds") if clock else ""


def _newest(rows: Iterable[Json]) -> datetime | None:
    stamps = [PartialDate(text).moment for row in rows if (text := updated(row))]
    return max(stamps, default=None)


def _told(results: Iterable[SearchResult]) -> tuple[Notice, ...]:
    """What the server could not do, each once; a result cut off by a cap says so."""
    said: list[Notice] = []
    for result in results:
        said += result.notices
        if result.truncated and not result.notices:
            said.append(Notice("truncated", result.request.type))
    return tuple(dict.fromkeys(said))
