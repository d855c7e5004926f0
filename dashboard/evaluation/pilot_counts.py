"""The pilot in counts and pseudonyms: how many patients by region, site and condition, and nobody's name.

No name, address or identifier is asked for (`_elements`); what a server sends all the same is dropped here, and nothing
that was read of a patient is retained, neither in a cache nor in the answer.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from dashboard.access.relationship import read_consents
from dashboard.access.request_context import organisations_of, result_or_raise, serves_consents
from dashboard.domain.access.consent import withheld
from dashboard.domain.access.user import User
from dashboard.domain.pilot.counts import PilotCounts, age_band
from dashboard.domain.pilot.disclosure import Count
from dashboard.domain.pilot.tally import CountedPatient, tally
from dashboard.domain.record.care_team import CareTeam, covers
from dashboard.domain.record.condition import PROGRAMME, ConditionKey
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.organisation import Organisation, region_of
from dashboard.domain.record.views import Notice
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.site_time import site_day
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.mapping import condition
from dashboard.fhir.mapping.care_team import care_team
from dashboard.fhir.mapping.elements import Json
from dashboard.fhir.mapping.patient import patient
from dashboard.fhir.mapping.reading import patient_of, read_each
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.notices import NoticeKind
from dashboard.fhir.search.request import SearchRequest, SearchResult

_TEAM: Final = ("_elements", "status,subject,period,managingOrganization")
_PATIENT: Final = ("_elements", "birthDate,gender,managingOrganization")
_CONDITION: Final = (
    "_elements",
    "subject,code,clinicalStatus,verificationStatus,onsetDateTime,abatementDateTime,abatementPeriod,"
    "abatementAge,abatementRange,abatementString",
)
_CONSENT: Final = ("_elements", "status,scope,patient,provision")


def read_counts(fhir: FhirServer, user: User, terminology: Terminology, key: str, as_of: datetime) -> PilotCounts:
    """Reads and counts the pilot. The caller has checked who asks."""
    on = site_day(as_of)
    teams = result_or_raise(fhir.try_all([SearchRequest("CareTeam", (("status", "active"), _TEAM), fresh=True)])[0])
    cared_for = read_each(teams.rows, care_team)
    ids = tuple(sorted({team.patient.id for team in cared_for.values if _runs(team, as_of)}))
    answers = _search(fhir, ids)
    people = read_each(answers["Patient"].rows, lambda row: patient(row, on))
    people.values = [person for person in people.values if not person.replaced]  # each person is counted once
    problems = read_each(answers["Condition"].rows, lambda row: _problem(row, terminology))
    shared = _consenting(answers["Consent"].rows if "Consent" in answers else (), ids, user, as_of)
    known = _organisations(fhir, {person.site.id for person in people.values if person.site is not None})
    having: dict[str, set[ConditionKey]] = defaultdict(set)
    for ident, keys in problems.values:
        having[ident] |= keys
    names: dict[str, str] = {"": ""}
    counted = []
    for person in people.values:
        if person.id in shared:
            site = known.get(person.site.id) if person.site is not None else None
            region = region_of(site, known)
            names |= {found.id: found.name for found in (region, site) if found is not None}
            counted.append(
                CountedPatient(
                    person.id, region.id if region else "", site.id if site else "", age_band(person.birth, on),
                    person.gender if person.gender in ("female", "male") else "", frozenset(having[person.id]),
                )
            )  # fmt: skip
    areas, rows = tally(counted, names, key)
    unreadable = sum(len(each.unreadable) for each in (cared_for, people, problems))
    unreadable += sum(len(answer.left_out) for answer in (teams, *answers.values()))
    return PilotCounts(
        areas,
        rows,
        Count.of(len(people.values) - len(counted)),
        as_of,
        unreadable,
        _notices((teams, *answers.values())),
    )


def _runs(team: CareTeam, as_of: datetime) -> bool:
    return team.status == "active" and covers(team.since, team.until, site_day(as_of))


def _search(fhir: FhirServer, ids: tuple[str, ...]) -> dict[str, SearchResult]:
    """Reads what is counted of these patients, all searches at the same time."""
    requests = [
        SearchRequest("Patient", (_PATIENT,), ids),
        SearchRequest("Condition", (_CONDITION,), ids),
    ]
    if serves_consents(fhir):
        requests.append(SearchRequest("Consent", (_CONSENT,), ids, fresh=True))
    answers = fhir.try_all(requests)
    return {request.type: result_or_raise(answer) for request, answer in zip(requests, answers, strict=True)}


def _problem(row: Json, terminology: Terminology) -> tuple[str, set[ConditionKey]] | None:
    """Whose it is, and its programme conditions; None for a suspicion, since a number cannot say that it is one."""
    found, whose = condition.from_fhir(row, terminology), patient_of(row)
    if isinstance(found, Exclusion) or whose is None or not found.established:
        return None
    return whose.id, set(found.keys) & set(PROGRAMME)


def _consenting(rows: Iterable[Json], ids: Iterable[str], user: User, as_of: datetime) -> set[str]:
    """Returns the patients whose consent lets the manager's organisations see them."""
    given: dict[str, list[Json]] = defaultdict(list)
    for row in rows:
        if (whose := patient_of(row)) is not None:
            given[whose.id].append(row)
    me = {user.fhir_user} if user.fhir_user is not None else set()
    viewers: set[Reference] = me | set(user.organizations)
    return {ident for ident in ids if not withheld(read_consents(given[ident]), viewers, site_day(as_of))}


def _organisations(fhir: FhirServer, sites: set[str]) -> Mapping[str, Organisation]:
    if not sites:
        return {}
    above = ("Organization:partof", "iterate:Organization:partof")
    request = SearchRequest("Organization", (("_id", ",".join(sorted(sites))),), include=above)
    return organisations_of(result_or_raise(fhir.try_all([request])[0]))


def _notices(answers: Iterable[SearchResult]) -> tuple[Notice, ...]:
    """Returns what the server could not do, each once."""
    notices: list[Notice] = []
    for answer in answers:
        notices += answer.notices
        if answer.truncated and not answer.notices:
            notices.append(Notice(NoticeKind.CAPPED, answer.request.type))
    return tuple(dict.fromkeys(notices))
