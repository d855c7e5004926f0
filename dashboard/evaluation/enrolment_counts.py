"""The figures of the pilot, counted by the server: the number of requests does not grow with the number of people.

People are counted by the tags of their records (`dashboard.domain.pilot.enrolment_tags`). The few whom tags may count
wrongly are read, taken out of what the tags say, and counted by their history instead: those tagged `by-history`,
people with two records, and those whom another system has put in the study or given another status.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

from dashboard.access.request_context import organisations_of, result_or_raise
from dashboard.domain.pilot.counts import Level
from dashboard.domain.pilot.enrolment import STATE_OF_STATUS
from dashboard.domain.pilot.enrolment_counts import Datum, EnrolmentCounts, Share, TeamWork
from dashboard.domain.pilot.enrolment_tags import (
    by_history_tag,
    form_tag,
    set_by_others,
    status_tag,
    step_tag,
    was_tag,
)
from dashboard.domain.pilot.funnel import (
    WHOLE,
    Area,
    Step,
    one_per_person,
)
from dashboard.domain.pilot.study import Study
from dashboard.domain.pilot.subject import Subject
from dashboard.domain.record.organisation import Organisation, region_of
from dashboard.domain.record.people import merged_into
from dashboard.domain.record.views import Notice
from dashboard.domain.values.site_time import site_day
from dashboard.domain.values.terminology import Terminology
from dashboard.errors import DashboardError, ServerRefused, Unsupported
from dashboard.evaluation.counted_figures import CountedFigures
from dashboard.evaluation.enrolment_questions import LONGEST, Answers, Places, ask, ask_statuses, counts_by_tag, tag
from dashboard.fhir.mapping import research_study, research_subject
from dashboard.fhir.mapping.elements import Json
from dashboard.fhir.mapping.patient import patient
from dashboard.fhir.mapping.reading import read_each
from dashboard.fhir.mapping.research_subject import tags_on
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.notices import NoticeKind
from dashboard.fhir.search.request import SearchRequest, SearchResult

TRIAL: Final = "NCT03834207"
FEW: Final = 200
"""So many subjects of other systems are read; of more, only their statuses are counted. Own choice."""
MOST_MERGED: Final = 1000
MOST_TEAMS: Final = 60
MOST_PAIRS: Final = 400
"""So many teams are counted, of so many pairs of a team and a site of its region; each team and each pair costs a count
for each step. Own choice."""
_REFUSED: Final = (ServerRefused, Unsupported)
_ABOVE: Final = ("Organization:partof", "iterate:Organization:partof")
_TEAM: Final = "http://terminology.hl7.org/CodeSystem/organization-type|team"


def read_enrolment(fhir: FhirServer, study_id: str, terminology: Terminology, as_of: datetime) -> EnrolmentCounts:
    """Counts the pilot; `study_id` "" is the one that is registered as the trial and active. The caller has checked who
    asks. Raises DashboardError where the funnel cannot be counted: a count of half the people is a wrong count.
    """
    teams = SearchRequest("Organization", (("type", _TEAM),), include=_ABOVE)
    found, of_teams = fhir.try_all([SearchRequest("ResearchStudy", fresh=True), teams])
    studies = read_each(result_or_raise(found).rows, research_study.from_fhir).values
    study = choose(studies, study_id)
    if study is None:
        return EnrolmentCounts(None, as_of)
    reader = _Reader(fhir, study, site_day(as_of))
    known = reader.read_special(of_teams)
    places = _places(study, known)
    months = _months(study, site_day(as_of))
    answers = ask(fhir, study.origin.id, months[0], places, [each.isoformat()[:7] for each in months], terminology)
    reader.notices += [notice for each in answers.found.values() for notice in getattr(each, "notices", ())]
    by_tag = counts_by_tag(answers, study.origin.id)
    if by_tag:
        reader.read_strangers(answers)
    else:
        reader.read_everybody()
    figures = CountedFigures(study.origin.id, places, months, reader.few())
    if by_tag:
        figures.add_tagged(answers, reader.tags)
    figures.add_by_status(reader.by_status, study.origin)
    completeness, works = _completeness(answers, study.origin.id, places) if by_tag else ({}, False)
    if not works:
        reader.notices.append(Notice(NoticeKind.NO_CHAIN, "ResearchSubject"))
    if places.capped:
        reader.notices.append(Notice(NoticeKind.CAPPED, "Organization"))
    return EnrolmentCounts(
        study,
        as_of,
        funnel=figures.funnel(),
        in_care={pair: {step: steps[step] for step in Step} for pair, steps in figures.in_care.items()},
        losses=figures.losses,
        enrolled=figures.enrolled,
        completeness=completeness,
        work=_work(answers, places, works),
        teams={region: places.in_region(region, places.teams) for region in places.of_sites},
        since=months[0],
        names={each.id: each.name for each in known.values()},
        unreadable=reader.unreadable,
        by_status=sum(reader.by_status.values()),
        others={each.origin.id: each.title for each in studies if each.origin != study.origin},
        notices=tuple(dict.fromkeys(reader.notices)),
    )


def choose(studies: Iterable[Study], study_id: str) -> Study | None:
    """The study with that id; without one, of those registered as the trial, or else of all, an active one, the latest.

    None where there is none, or none with that id.
    """

    def rank(each: Study) -> tuple[bool, bool, date, str]:
        start = each.start.start if each.start is not None else date.min
        return each.registration == TRIAL, each.status == "active", start, each.origin.id

    return max((each for each in studies if study_id in ("", each.origin.id)), key=rank, default=None)


def _places(study: Study, known: Mapping[str, Organisation]) -> Places:
    """The sites of the study, and the teams that are part of one of them, or of their regions."""
    sites = tuple(dict.fromkeys(each.site.to.id for each in study.sites if each.site.to is not None))
    above = {ident: region_of(each, known) for ident, each in known.items()}
    regions = {ident: region.id for ident, region in above.items() if region is not None}
    wanted = {regions.get(site, "") for site in sites} - {""}
    teams = sorted(
        each.id
        for each in known.values()
        if each.kind == "team"
        if regions.get(each.id) in wanted or (each.part_of is not None and each.part_of.id in sites)
    )
    places = Places(regions, sites, tuple(teams[:MOST_TEAMS]))
    while len(places.pairs) > MOST_PAIRS:
        places = replace(places, teams=places.teams[:-1])
    return replace(places, capped=len(places.teams) < len(teams))


def _months(study: Study, today: date) -> list[date]:
    """The first days of the months since the study began, the last ones where they are many."""
    first = study.start.start if study.start is not None else today - timedelta(days=730)
    count = (today.year - first.year) * 12 + today.month - first.month + 1
    numbers = range(today.year * 12 + today.month - max(1, min(count, LONGEST)), today.year * 12 + today.month)
    return [date(number // 12, number % 12 + 1, 1) for number in numbers]


class _Reader:
    """Reads the few people who cannot be counted by their tags.

    `tags` are those on each of their records; `by_status` how many others have each status, of whom no more is
    known here.
    """

    def __init__(self, fhir: FhirServer, study: Study, today: date) -> None:
        self._fhir, self._study, self._today = fhir, study, today
        self._of_study = ("study", str(study.origin))
        self._rows: dict[str, Json] = {}
        self._survivors: dict[str, str] = {}
        self.tags: list[frozenset[str]] = []
        self.by_status: dict[str, int] = {}
        self.notices: list[Notice] = []
        self.unreadable = 0

    def read_special(self, of_teams: SearchResult | DashboardError) -> dict[str, Organisation]:
        """Reads who is tagged to be counted by history, and who has two records. Returns the teams, the sites of the
        study and all that they are part of.
        """
        params = (self._of_study, tag(by_history_tag(self._study.origin.id)))
        linked = (("link:missing", "false"), ("_elements", "link"))
        sites = sorted({each.site.to.id for each in self._study.sites if each.site.to is not None})
        by_history, merged, *of_sites = self._fhir.try_all(
            [
                SearchRequest("ResearchSubject", params, fresh=True),
                SearchRequest("Patient", linked, max_rows=MOST_MERGED, fresh=True),
                *([SearchRequest("Organization", (("_id", ",".join(sites)),), include=_ABOVE)] if sites else []),
            ]
        )
        self._take_special(by_history, merged)
        known: dict[str, Organisation] = {}
        for each in (of_teams, *of_sites):
            known |= organisations_of(self._said(each))
        return known

    def _take_special(self, by_history: SearchResult | DashboardError, merged: SearchResult | DashboardError) -> None:
        code = by_history_tag(self._study.origin.id)
        if not isinstance(by_history, _REFUSED):  # then everybody is read
            self._take(row for row in self._said(by_history).rows if code in tags_on(row))
        if isinstance(merged, _REFUSED):
            self.notices.append(Notice("section-failed", "Patient"))
            return
        self._survivors = self._merged(self._said(merged))
        if self._survivors:
            both = tuple(sorted({*self._survivors, *self._survivors.values()}))
            request = SearchRequest("ResearchSubject", (self._of_study,), both, fresh=True)
            self._take(self._said(self._fhir.try_all([request])[0]).rows)

    def _merged(self, found: SearchResult) -> dict[str, str]:
        """The id of each Patient that was merged into another -> that of the record in use."""
        return merged_into(read_each(found.rows, lambda row: patient(row, self._today)).values)

    def read_strangers(self, answers: Answers) -> None:
        """Reads whom another system has put in the study, or given another status; of many, counts the statuses."""
        study = self._study.origin.id
        ours = {each: answers.number("given", each) - answers.number("was", each) for each in STATE_OF_STATUS}
        read = Counter(str(row.get("status")) for row in self._rows.values() if self._is_strange(row))
        if answers.number("all") <= sum(ours.values()) + sum(read.values()):
            return
        statuses = ask_statuses(self._fhir, study)
        totals = {status: statuses.number("status", status) for status in STATE_OF_STATUS}
        strange = {status: totals[status] - ours[status] - read[status] for status in STATE_OF_STATUS}
        if sum(strange.values()) > FEW:
            theirs = {status: totals[status] - statuses.number("listed", status) for status in STATE_OF_STATUS}
            self.by_status = {status: number for status, number in theirs.items() if number > 0}
            self.notices.append(Notice("by-status", "ResearchSubject"))
            return
        requests = []
        for status in (each for each, number in strange.items() if number > 0):
            name, value = tag(status_tag(study, status))
            for which in ((f"{name}:not", value), tag(was_tag(study, status))):
                params = (self._of_study, ("status", status), which)
                requests.append(SearchRequest("ResearchSubject", params, fresh=True))
        for answer in self._fhir.try_all(requests) if requests else ():
            self._take(row for row in self._said(answer).rows if self._is_strange(row))

    def _is_strange(self, row: Json) -> bool:
        return set_by_others(self._study.origin.id, str(row.get("status")), tags_on(row))

    def read_everybody(self) -> None:
        """Reads all subjects: the way out where a server does not count by tags."""
        request = SearchRequest("ResearchSubject", (self._of_study,), fresh=True)
        self._take(self._said(self._fhir.try_all([request])[0]).rows)
        self.notices.append(Notice(NoticeKind.NO_COUNT, "ResearchSubject"))

    def few(self) -> list[Subject]:
        """Those who were read, one for each person."""
        read = read_each(self._rows.values(), research_subject.from_fhir)
        self.unreadable = len(read.unreadable)
        return one_per_person(read.values, self._survivors)

    def _take(self, rows: Iterable[Json]) -> None:
        for row in rows:
            # Who has no id is nobody's duplicate, and cannot be read: they are counted as such.
            ident = str(row.get("id") or f"without id {len(self._rows)}")
            if ident not in self._rows:
                self._rows[ident] = row
                self.tags.append(tags_on(row))

    def _said(self, answer: SearchResult | DashboardError) -> SearchResult:
        """The answer, whose notices are retained. Raises its error."""
        result = result_or_raise(answer)
        self.notices += result.notices
        return result


def _completeness(answers: Answers, study: str, places: Places) -> tuple[dict[Area, dict[Datum, Share]], bool]:
    """Of how many of the enrolled of each area each datum is on record, and whether the server follows chains."""
    enrolled = answers.tagged(step_tag(study, Step.ENROLLED))
    everybody = answers.of("chain", "everybody") or 0
    works = (0 < everybody <= enrolled or not enrolled) and answers.of("chain", "nobody") == 0
    found: dict[Area, dict[Datum, Share]] = {}
    for site in places.sites:
        of = answers.tagged(step_tag(study, Step.ENROLLED, site))
        for datum in Datum:
            form = datum is Datum.CONSENT_FORM
            having = answers.tagged(form_tag(study, site)) if form else answers.of("datum", datum, site)
            if having is None or not (works or form):
                continue
            region = places.regions.get(site, "")
            for area in (WHOLE, Area(Level.REGION, region), Area(Level.SITE, region, site)):
                before = found.setdefault(area, {}).get(datum, Share(0, 0))
                found[area][datum] = Share(before.having + min(having, of), before.of + of)
    return found, works


def _work(answers: Answers, places: Places, works: bool) -> dict[Area, TeamWork]:
    """What the teams of the whole and of each region have done."""
    rows: dict[Area, TeamWork] = {}
    for region in places.of_sites:
        rows[Area(Level.REGION, region)] = TeamWork(
            teams=len(places.in_region(region, places.teams)),
            conferences=answers.of("conferences", region) if places.in_region(region, places.teams) else 0,
            plans=answers.of("plans", region) if works else None,
            plans_agreed=answers.of("plans_agreed", region) if works else None,
            plans_reviewed=answers.of("plans_reviewed", region) if works else None,
        )
    parts = list(rows.values())
    rows[WHOLE] = TeamWork(
        _sum(each.teams for each in parts),
        _sum(each.conferences for each in parts),
        _sum(each.plans for each in parts),
        _sum(each.plans_agreed for each in parts),
        _sum(each.plans_reviewed for each in parts),
    )
    return rows


def _sum(parts: Iterable[int | None]) -> int | None:
    """The sum, None where a part is not known."""
    total = 0
    for each in parts:
        if each is None:
            return None
        total += each
    return total
