"""The pilot in counts and pseudonyms: how many patients by region, site and condition, and nobody's name.

No name, address or identifier is asked for (`_elements`); what a server sends all the same is dropped here, and nothing
that was read of a patient is kept: neither in a store nor with the answer.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from dashboard.domain.access import Action, require
from dashboard.domain.access_state import withheld
from dashboard.domain.audit import AuditKind
from dashboard.domain.clinical import CareTeam, ConditionKey, covers
from dashboard.domain.disclosure import Areas, Count, coarsen, show_counts, show_counts_of
from dashboard.domain.people import Organisation, User
from dashboard.domain.pilot import PROGRAMME, AreaCounts, Level, PilotCounts, PseudonymRow, age_band
from dashboard.domain.pseudonyms import pseudonym
from dashboard.domain.terminology import Terminology
from dashboard.domain.values import Reference
from dashboard.domain.views import Notice
from dashboard.gateway.mapping.care_team import care_team
from dashboard.gateway.mapping.condition import condition
from dashboard.gateway.mapping.patient import patient
from dashboard.gateway.mapping.reading import Json, patient_of, read_each
from dashboard.gateway.notices import NoticeKind
from dashboard.gateway.search import SearchRequest, SearchResult
from dashboard.queries.audited import About, audited
from dashboard.queries.look import Searcher, keeps_consents, or_raise, organisations_in
from dashboard.queries.standing import read_consents
from dashboard.queries.worklist_row import region_of

_TEAM: Final = ("_elements", "status,subject,period,managingOrganization")
_PATIENT: Final = ("_elements", "birthDate,gender,managingOrganization")
_CONDITION: Final = (
    "_elements",
    "subject,code,clinicalStatus,verificationStatus,onsetDateTime,abatementDateTime,abatementPeriod",
)
_CONSENT: Final = ("_elements", "status,scope,patient,provision")
_WHOLE: Final = "all"


@dataclass(frozen=True, slots=True)
class _Someone:
    """What is counted of one patient; the id goes no further than this module."""

    ident: str
    region: str
    site: str
    age_band: str
    sex: str
    conditions: frozenset[ConditionKey]


@audited(AuditKind.QUERY, lambda asked, found: About(query="CareTeam?status=active&_summary=count"))
def get_counts(gateway: Searcher, user: User, terminology: Terminology, key: str, as_of: datetime) -> PilotCounts:
    """The patients whom a team cares for on the day, counted, and a row with a pseudonym each; small counts are held
    back (`dashboard.domain.disclosure`). `key` makes the pseudonyms.

    Raises NotPermitted for everybody but pilot managers, DashboardError when anything could not be read: a count of
    half the patients is a wrong count.
    """
    require(user.roles, Action.VIEW_COUNTS)
    return read_counts(gateway, user, terminology, key, as_of)


def read_counts(gateway: Searcher, user: User, terminology: Terminology, key: str, as_of: datetime) -> PilotCounts:
    """The same without a question who asks: for queries and actions that have asked it."""
    on = as_of.date()
    teams = or_raise(gateway.try_all([SearchRequest("CareTeam", (("status", "active"), _TEAM), fresh=True)])[0])
    cared_for = read_each(teams.rows, care_team)
    ids = tuple(sorted({team.patient.id for team in cared_for.values if _runs(team, as_of)}))
    answers = _about(gateway, ids)
    people = read_each(answers["Patient"].rows, lambda row: patient(row, on))
    problems = read_each(answers["Condition"].rows, lambda row: _problem(row, terminology))
    shared = _sharing(answers["Consent"].rows if "Consent" in answers else (), ids, user, as_of)
    known = _organisations(gateway, {person.site.id for person in people.values if person.site is not None})
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
                _Someone(
                    person.id, region.id if region else "", site.id if site else "", age_band(person.birth, on),
                    person.gender if person.gender in ("female", "male") else "", frozenset(having[person.id]),
                )
            )  # fmt: skip
    areas, rows = _shown(counted, names, key)
    unreadable = sum(len(each.unreadable) for each in (cared_for, people, problems))
    return PilotCounts(
        areas,
        rows,
        Count.of(len(people.values) - len(counted)),
        as_of,
        unreadable,
        _told((teams, *answers.values())),
    )


def _runs(team: CareTeam, as_of: datetime) -> bool:
    return team.status == "active" and covers(team.since, team.until, as_of.date())


def _about(gateway: Searcher, ids: tuple[str, ...]) -> dict[str, SearchResult]:
    """What is counted of these patients, all at the same time."""
    requests = [
        SearchRequest("Patient", (_PATIENT,), ids, patient_param="_id"),
        SearchRequest("Condition", (_CONDITION,), ids),
    ]
    if keeps_consents(gateway):
        requests.append(SearchRequest("Consent", (_CONSENT,), ids, fresh=True))
    answers = gateway.try_all(requests)
    return {request.type: or_raise(answer) for request, answer in zip(requests, answers, strict=True)}


def _problem(row: Json, terminology: Terminology) -> tuple[str, set[ConditionKey]] | None:
    found, whose = condition(row, terminology), patient_of(row)
    if found is None or whose is None or not found.active:
        return None
    return whose.id, set(found.keys) & set(PROGRAMME)


def _sharing(rows: Iterable[Json], ids: Iterable[str], user: User, as_of: datetime) -> set[str]:
    """Those who share: with everybody, and with the manager's organisations where these are known."""
    given: dict[str, list[Json]] = defaultdict(list)
    for row in rows:
        if (whose := patient_of(row)) is not None:
            given[whose.id].append(row)
    me = {user.fhir_user} if user.fhir_user is not None else set()
    viewers: set[Reference] = me | set(user.organizations)
    return {ident for ident in ids if not withheld(read_consents(given[ident]), viewers, as_of.date())}


def _organisations(gateway: Searcher, sites: set[str]) -> Mapping[str, Organisation]:
    if not sites:
        return {}
    above = ("Organization:partof", "iterate:Organization:partof")
    request = SearchRequest("Organization", (("_id", ",".join(sorted(sites))),), include=above)
    return organisations_in(or_raise(gateway.try_all([request])[0]))


def _shown(
    counted: Sequence[_Someone], names: Mapping[str, str], key: str
) -> tuple[tuple[AreaCounts, ...], tuple[PseudonymRow, ...]]:
    """The counts as they may be shown, and the rows, which tell no more than these."""
    # A site that is told to lie in two regions would be two areas; both parts of a name are kept apart by a slash.
    above = {_WHOLE: ""} | {each.region + "/": _WHOLE for each in counted}
    above |= {f"{each.region}/{each.site}": each.region + "/" for each in counted if each.site}
    areas = Areas(above)
    everybody = _count(areas, counted)
    shown = show_counts(areas, everybody)
    having = {
        part: show_counts_of(
            areas, _count(areas, [each for each in counted if part in each.conditions]), everybody, shown
        )
        for part in PROGRAMME
    }
    ordered = sorted(areas.above, key=lambda area: (area != _WHOLE, *_names(area, names)))
    made = tuple(
        AreaCounts(
            _level(area), _names(area, names)[1 if _level(area) is Level.SITE else 0], _names(area, names)[0],
            shown[area], tuple((part, having[part][area]) for part in PROGRAMME),
        )
        for area in ordered
    )  # fmt: skip
    if shown[_WHOLE].value is None:
        return made, ()  # as many rows as patients would tell
    told = {area for area, count in shown.items() if count.value is not None}
    exact = {area for area in told if all(having[part][area].value is not None for part in PROGRAMME)}
    return made, _rows(counted, names, key, _Tellable(areas, told, exact))


class _Tellable:
    """What a row may say of where somebody is, and of how many conditions: no list of rows may add up to a count that
    is held back. Where sites hold back some conditions and the region none, the number is told and not the site.
    """

    def __init__(self, areas: Areas, told: set[str], exact: set[str]) -> None:
        self._sites, self._numbers = set(), set()
        for region in areas.parts.get(_WHOLE, []):
            sites = {site for site in areas.parts.get(region, []) if site in told}
            if region in exact:
                self._numbers.add(region)
            if region in told and (region not in exact or sites <= exact):
                self._sites |= sites
        self._regions = told

    def place(self, each: _Someone, finely: bool) -> tuple[str, str]:
        """Ids of region and site, "" for what is not told."""
        region = each.region + "/"
        if region not in self._regions:
            return "", ""
        return each.region, each.site if finely and f"{region}{each.site}" in self._sites else ""

    def number(self, each: _Someone) -> int | None:
        return len(each.conditions) if each.region + "/" in self._numbers else None


def _count(areas: Areas, counted: Iterable[_Someone]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for each in counted:
        found.update({_WHOLE: 1, each.region + "/": 1})
        if each.site:
            found[f"{each.region}/{each.site}"] += 1
    return {area: found[area] for area in areas.above}


def _level(area: str) -> Level:
    return Level.ALL if area == _WHOLE else Level.REGION if area.endswith("/") else Level.SITE


def _names(area: str, names: Mapping[str, str]) -> tuple[str, str]:
    if area == _WHOLE:
        return "", ""
    region, _, site = area.partition("/")
    return names[region], names[site] if site else ""


def _rows(
    counted: Sequence[_Someone], names: Mapping[str, str], key: str, tellable: _Tellable
) -> tuple[PseudonymRow, ...]:
    """One a patient, by pseudonym: in no order that says who is who."""
    place, number = tellable.place, tellable.number
    ways: list[Callable[[_Someone], Hashable]] = [
        lambda each: (*place(each, True), number(each), each.age_band, each.sex),
        lambda each: (*place(each, False), number(each), each.age_band, each.sex),
        lambda each: (*place(each, False), number(each), each.age_band, ""),
        lambda each: (*place(each, False), None, each.age_band, ""),
        lambda each: (*place(each, False), None, "", ""),
        lambda each: ("", "", None, "", ""),
    ]
    found: list[Any] = coarsen(counted, ways)
    rows = [
        PseudonymRow(pseudonym(key, each.ident), names[region], names[site], band, sex, conditions)
        for each, (region, site, conditions, band, sex) in zip(counted, found, strict=True)
    ]
    return tuple(sorted(rows, key=lambda row: row.pseudonym))


def _told(answers: Iterable[SearchResult]) -> tuple[Notice, ...]:
    """What the server could not do, each once."""
    said: list[Notice] = []
    for answer in answers:
        said += answer.notices
        if answer.truncated and not answer.notices:
            said.append(Notice(NoticeKind.CAPPED, answer.request.type))
    return tuple(dict.fromkeys(said))
