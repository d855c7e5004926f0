"""Reads the rows of a user's teams from the FHIR server: all of them once, afterwards what changed.

Cold: one search for the CareTeams the user belongs to (with patients, their consents and organisations beside them),
then one search a resource type for those patients, in parallel: eight, whatever the number of patients on the server.
One more for the consents of patients beside whom none came, since a server may leave them out without a word; and one
for organisations where a consent denies one. Nothing clinical is read of a patient whose consent keeps the user out.
Later: the same types with `_lastUpdated`, counted from the server's own clock less an overlap.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from dashboard.access.request_context import Look as Look
from dashboard.access.request_context import brings_consents, hierarchy, keeps_consents, one, or_raise, organisations_in
from dashboard.cache.team_record import Kept, PatientRecord, TeamData, holding, with_rows
from dashboard.cache.team_resources import CARE_TEAM, CONSENT, EDITS, GOAL, KINDS, Kind, Reader, patients_of
from dashboard.domain.access.relationship import denied_organisations
from dashboard.domain.record.clinical import CareTeam, Unreadable
from dashboard.domain.record.people import HumanName, Organisation, Person
from dashboard.domain.record.views import Notice
from dashboard.domain.values.datatypes import PartialDate
from dashboard.errors import DashboardError, ServerRefused, Unsupported
from dashboard.fhir.mapping.patient import patient
from dashboard.fhir.mapping.reading import Json, many, read_one, reference, updated
from dashboard.fhir.search.request import SearchRequest, SearchResult, Shape

OVERLAP: Final = timedelta(seconds=15)
"""A row may be stamped before and seen after a look: HAPI stamps a transaction when it begins."""

_TEAM_INCLUDES: Final = ("CareTeam:patient", "iterate:Patient:organization", "iterate:Organization:partof")
_CONSENTS: Final = ("iterate:Consent:patient",)
_MOST_INCLUDED: Final = 800
"""Servers stop including at some number a page, HAPI at 1,000, and say nothing: near it, consents are asked for."""
_ALL: Final = {kind.type: kind for kind in (CARE_TEAM, CONSENT, *KINDS, GOAL)}


Found = dict[str, dict[str, dict[str, Kept | None]]]
"""patient id -> resource type -> logical id -> row, None for a row that no longer belongs."""


def load_all(look: Look) -> TeamData:
    """Everything, as if nothing were known. Raises the error when the teams, or every one of the sections, cannot be
    read.
    """
    teams = _teams_and_consents(look)
    found = _sorted_in(look, CARE_TEAM, teams.rows, {})
    mine = sorted(pid for pid, rows in found.items() if _is_mine(rows["CareTeam"].values(), look))
    empty = TeamData(
        patients={},
        organisations={},
        fetched=look.as_of,
        loaded_on=look.as_of.date(),
        since=_since(teams),
        notices=_told([teams]),
    )
    data, new = _with_people(look, empty, mine, found, teams)
    return _with_kinds(look, data, KINDS, new)


def load_changes(look: Look, data: TeamData) -> TeamData:
    """The same after what changed since. Raises ServerUnavailable when the server cannot be asked: the old data
    stand.
    """
    known = tuple(sorted(data.patients))
    again = [kind for kind in KINDS if kind.type not in data.failed]
    asked: list[tuple[Kind | None, SearchRequest]] = [
        (CARE_TEAM, _membership(look, include=_TEAM_INCLUDES, since=data.since)),
    ]
    if known:
        asked.append((CARE_TEAM, _changed(CARE_TEAM, look, known, data.since)))
        if keeps_consents(look.gateway):
            asked.append((CONSENT, _changed(CONSENT, look, known, data.since)))
        asked.append(
            (None, SearchRequest("Patient", (("_lastUpdated", f"ge{data.since}"),), known, patient_param="_id"))
        )
        asked += [(kind, _changed(kind, look, known, data.since)) for kind in (*again, GOAL)]
        asked += [(_ALL["Appointment"], request) for request in _agendas(data)]
    answers = look.gateway.try_all([request for _, request in asked])
    results = [or_raise(answer) for answer in answers]
    changed = _merge(look, data, [(kind, result) for (kind, _), result in zip(asked, results, strict=True)])
    changed = replace(changed, fetched=look.as_of, since=_since(results[0]) or data.since)
    changed = _joined(look, _with_hierarchy(look, changed), results[0])
    failed = [kind for kind in KINDS if kind.type in data.failed]
    return _with_kinds(look, changed, failed, sorted(changed.patients)) if failed else changed


def with_resources(look: Look, data: TeamData, resources: Iterable[Json]) -> TeamData:
    """The same with rows that were just written; rows of patients who are not in it are left aside."""
    changes: Found = defaultdict(lambda: defaultdict(dict))
    reader = Reader(look.terminology)
    for row in resources:
        kind = _ALL.get(str(row.get("resourceType")))
        if kind is not None:
            _place(look, kind, row, reader, data.patients, changes)
    return replace(data, patients=_applied(data.patients, changes))


def _teams_and_consents(look: Look) -> SearchResult:
    """The CareTeams, with consents beside them where the server follows includes inwards."""
    try:
        return one(look, _membership(look, _TEAM_INCLUDES, revinclude=_CONSENTS))
    except (ServerRefused, Unsupported):
        return one(look, _membership(look, _TEAM_INCLUDES))


def _membership(
    look: Look, include: tuple[str, ...], since: str = "", revinclude: tuple[str, ...] = ()
) -> SearchRequest:
    """The active CareTeams the user takes part in; with `since`, of these what changed."""
    params = (("participant", str(look.me)), ("status", "active"))
    changed = (*params, ("_lastUpdated", f"ge{since}")) if since else params
    return SearchRequest("CareTeam", changed, include=include, revinclude=revinclude)


def _with_people(
    look: Look, data: TeamData, wanted: Sequence[str], teams: Found, came: SearchResult
) -> tuple[TeamData, list[str]]:
    """The data with these patients, their CareTeams and consents; and the ids of those the user may see. The others
    are left out, and counted where a consent could not be read.
    """
    people, organisations = _people(look, wanted, came)
    consents = _consents(look, wanted, came)
    records = {pid: with_rows(people[pid], {**teams[pid], **consents.get(pid, {})}) for pid in wanted if pid in people}
    grown = replace(data, patients={**data.patients, **records}, organisations={**data.organisations, **organisations})
    grown = _with_hierarchy(look, grown)
    on, above = look.as_of.date(), grown.above()
    seen = [pid for pid in sorted(records) if records[pid].my_teams(look.viewer, on, above)]
    unread = sum(any(isinstance(rule, Unreadable) for rule in record.consents()) for record in records.values())
    notices = (*grown.notices, Notice("consent-unreadable", str(unread))) if unread else grown.notices
    kept = {**data.patients, **{pid: records[pid] for pid in seen}}
    return replace(grown, patients=kept, notices=tuple(dict.fromkeys(notices))), seen


def _consents(look: Look, wanted: Sequence[str], came: SearchResult) -> Found:
    """Those that came beside the CareTeams; of patients beside whom none came they are asked for, once, together,
    unless the server is known to bring all.
    """
    rows = [row for row in came.included.values() if row.get("resourceType") == CONSENT.type]
    covered = {pid for row in rows for pid in patients_of(row)}
    if brings_consents(look.gateway):
        covered |= {row["id"] for row in came.included.values() if row.get("resourceType") == "Patient"}
    if len(came.included) >= _MOST_INCLUDED:
        covered = set()
    missing = tuple(sorted(set(wanted) - covered))
    if missing and keeps_consents(look.gateway):
        rows += one(look, SearchRequest(CONSENT.type, patients=missing)).rows
    return _sorted_in(look, CONSENT, rows, {})


def _with_hierarchy(look: Look, data: TeamData) -> TeamData:
    """The data with the organisations of the teams and of the user, where a consent makes it matter what is part of
    what.
    """
    if not any(denied_organisations(record.consents()) for record in data.patients.values()):
        return data
    teams = {team.team for record in data.patients.values() for team in record.care_teams() if team.team is not None}
    missing = sorted({ref.id for ref in (*teams, *look.organizations)} - data.organisations.keys())
    if not missing:
        return data
    return replace(data, organisations={**data.organisations, **hierarchy(look, missing)})


def _changed(kind: Kind, look: Look, patients: tuple[str, ...], since: str) -> SearchRequest:
    params = (*kind.always(look.terminology), ("_lastUpdated", f"ge{since}"))
    return SearchRequest(kind.type, params, patients, include=kind.include, revinclude=kind.revinclude)


def _agendas(data: TeamData) -> list[SearchRequest]:
    """The appointments known: one whose patient was taken off the agenda is no longer found by patient."""
    known = sorted({ident for record in data.patients.values() for ident in record.rows.get("Appointment", {})})
    changed = ("_lastUpdated", f"ge{data.since}")
    return [SearchRequest("Appointment", (("_id", ",".join(known)), changed))] if known else []


def _windowed(kind: Kind, look: Look, patients: tuple[str, ...]) -> SearchRequest:
    params = (*kind.always(look.terminology), *kind.window(look.as_of.date(), look.terminology))
    shape = _shape(kind, Reader(look.terminology), look.as_of.date())
    return SearchRequest(kind.type, params, patients, include=kind.include, revinclude=kind.revinclude, shape=shape)


class _Placed(NamedTuple):
    """A row that was read as it arrived: where it goes, and what it is kept as (None: a rule leaves it out)."""

    patient: str
    ident: str
    kept: Kept | None


def _shape(kind: Kind, reader: Reader, on: date) -> Shape | None:
    if kind.row is None or kind.read_row is None:
        return None
    how, keep = kind.read_row(reader), kind.keep

    def read(row: Any, patient: str) -> _Placed:
        value = how(row)
        stays = value is not None and (isinstance(value, Unreadable) or keep(value, on))
        return _Placed(patient, row.id, Kept(row.meta.lastUpdated, value) if stays else None)

    return Shape(kind.row, read)


def _with_kinds(look: Look, data: TeamData, kinds: Sequence[Kind], patients: Sequence[str]) -> TeamData:
    """The data with the whole windows of these types for these patients; a type that fails is named, the rest is there.

    The longest result is fetched beside the others, which are mapped while its pages come in.
    """
    if not patients:
        return data
    longest = [kind for kind in kinds if kind.longest]
    others = [kind for kind in kinds if not kind.longest]
    errors: dict[str, DashboardError] = {}
    with ThreadPoolExecutor(1, thread_name_prefix="longest") as beside:
        waiting = beside.submit(_windows, look, longest, patients)
        found = _read_in(look, data, others, _windows(look, others, patients), errors)
        found = _read_in(look, found, longest, waiting.result(), errors)
    if len(errors) == len(kinds) > 1:
        raise next(iter(errors.values()))
    still = {name: why for name, why in data.failed.items() if name not in {kind.type for kind in kinds}}
    return replace(found, failed={**still, **{name: str(error) for name, error in errors.items()}})


def _windows(look: Look, kinds: Sequence[Kind], patients: Sequence[str]) -> list[SearchResult | DashboardError]:
    return look.gateway.try_all([_windowed(kind, look, tuple(patients)) for kind in kinds]) if kinds else []


def _read_in(
    look: Look,
    data: TeamData,
    kinds: Sequence[Kind],
    answers: Sequence[SearchResult | DashboardError],
    errors: dict[str, DashboardError],
) -> TeamData:
    """The data with the rows of these answers; the errors among them are put into `errors`."""
    read: list[tuple[Kind | None, SearchResult]] = []
    for kind, answer in zip(kinds, answers, strict=True):
        if isinstance(answer, DashboardError):
            errors[kind.type] = answer
        else:
            read.append((kind, answer))
    return _merge(look, data, read, fresh=True)


def _joined(look: Look, data: TeamData, teams: SearchResult) -> TeamData:
    """The data with patients who joined one of the user's teams, each read in full; and without those who left."""
    on, above = look.as_of.date(), data.above()
    found = _sorted_in(look, CARE_TEAM, teams.rows, {})
    new = [pid for pid, rows in found.items() if pid not in data.patients and _is_mine(rows["CareTeam"].values(), look)]
    stay = {pid: record for pid, record in data.patients.items() if record.my_teams(look.viewer, on, above)}
    if len(stay) < len(data.patients):
        data = replace(data, patients=stay)
    if not new:
        return data
    grown, joined = _with_people(look, data, new, found, teams)
    return _with_kinds(look, grown, KINDS, joined)


def _people(
    look: Look, wanted: Sequence[str], teams: SearchResult
) -> tuple[dict[str, PatientRecord], dict[str, Organisation]]:
    """Records of the patients and the organisations that came beside the CareTeams; patients that did not are asked
    for.
    """
    rows = [row for row in teams.included.values() if row.get("resourceType") == "Patient"]
    missing = sorted(set(wanted) - {str(row.get("id")) for row in rows})
    if missing:
        rows += one(look, SearchRequest("Patient", patients=tuple(missing), patient_param="_id")).rows
    records = {str(row.get("id")): PatientRecord(_person(row, look), updated(row)) for row in rows}
    return {pid: records[pid] for pid in wanted if pid in records}, organisations_in(teams)


def _person(row: Json, look: Look) -> Person:
    """The person; one whose record makes no sense keeps the id, so that no patient of a team is ever lost."""
    found = read_one(row, lambda resource: patient(resource, look.as_of.date()))
    return found if isinstance(found, Person) else Person(id=str(row.get("id")), name=HumanName())


def _is_mine(rows: Iterable[Kept | None], look: Look) -> bool:
    on = look.as_of.date()
    teams = (row.value for row in rows if row is not None)
    return any(isinstance(team, CareTeam) and team.has_member(look.me, on) for team in teams)


def _merge(
    look: Look, data: TeamData, read: Sequence[tuple[Kind | None, SearchResult]], fresh: bool = False
) -> TeamData:
    """The data with the rows of these results put in, replaced or taken out; `fresh` rows replace none, which saves
    the search.
    """
    known = {} if fresh else data.patients
    people: dict[str, PatientRecord] = {}
    changes: Found = defaultdict(lambda: defaultdict(dict))
    for kind, result in read:
        if kind is None:
            for row in result.rows:
                people[str(row.get("id"))] = PatientRecord(_person(row, look), updated(row))
            continue
        for pid, rows in _sorted_in(look, kind, result.rows, known, result.included).items():
            for name, changed in rows.items():
                changes[pid][name].update(changed)
    patients = {
        pid: PatientRecord(people[pid].person, people[pid].updated, record.rows) if pid in people else record
        for pid, record in data.patients.items()
    }
    results = [result for _, result in read]
    notices = tuple(dict.fromkeys((*data.notices, *_told(results))))
    return replace(data, patients=_applied(patients, changes), notices=notices)


def _applied(patients: Mapping[str, PatientRecord], changes: Found) -> dict[str, PatientRecord]:
    return {pid: with_rows(record, changes[pid]) if pid in changes else record for pid, record in patients.items()}


def _sorted_in(
    look: Look,
    kind: Kind,
    rows: Sequence[Json | _Placed],
    known: Mapping[str, PatientRecord],
    included: Mapping[str, Json] | None = None,
) -> Found:
    """Rows by patient; a row that no longer belongs is None for every patient that had it."""
    substances = {name: row for name, row in (included or {}).items() if name.startswith("Medication/")}
    reader = Reader(look.terminology, substances)
    found: Found = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        if not isinstance(row, _Placed):
            _place(look, kind, row, reader, known, found)
        elif row.kept is not None:  # of a whole window: it replaces none
            found[row.patient][kind.type][row.ident] = row.kept
    beside = list((included or {}).values())
    for row in beside:
        if row.get("resourceType") == GOAL.type:
            _place(look, GOAL, row, reader, known, found)
    if kind.revinclude:
        edits = [row for row in beside if row.get("resourceType") == EDITS.type]
        _place_edits(look, edits, reader, [row for row in rows if not isinstance(row, _Placed)], found)
    return found


def _place(look: Look, kind: Kind, row: Json, reader: Reader, known: Mapping[str, PatientRecord], found: Found) -> None:
    _put(kind, row, reader.kept(kind, row, look.as_of.date()), patients_of(row), known, found)


def _put(
    kind: Kind, row: Json, kept: Kept | None, owners: Iterable[str], known: Mapping[str, PatientRecord], found: Found
) -> None:
    ident = str(row.get("id"))
    if known:
        for pid in holding(known, kind.type, ident):
            found[pid][kind.type][ident] = None
    if kept is not None:
        for pid in owners:
            found[pid][kind.type][ident] = kept


def _place_edits(look: Look, rows: Iterable[Json], reader: Reader, plans: Iterable[Json], found: Found) -> None:
    """Provenance has no patient: it is kept with the plan it is about, which came in the same result."""
    owners = {str(plan.get("id")): patients_of(plan) for plan in plans}
    for row in rows:
        kept = reader.kept(EDITS, row, look.as_of.date())
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
