"""What a server is asked to count for the figures of the pilot: each count with a name, all in one call."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Final

from dashboard.domain.pilot.enrolment import STATE_OF_STATUS
from dashboard.domain.pilot.enrolment_counts import Datum
from dashboard.domain.pilot.enrolment_tags import (
    LOSSES,
    form_tag,
    listed_tag,
    loss_tag,
    month_tag,
    status_tag,
    step_tag,
    team_tag,
    was_tag,
)
from dashboard.domain.pilot.funnel import Step
from dashboard.domain.record.observation import PRESSURE_PANELS, Measure
from dashboard.domain.values.code_systems import APPOINTMENT_TYPE, ENROLMENT_STEP, LOINC, OWN, PLAN_REVIEW, SNOMED
from dashboard.domain.values.terminology import Terminology
from dashboard.errors import DashboardError, ServerRefused, Unsupported
from dashboard.fhir.mapping.care_plan import REVIEWED
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import CountResult, SearchRequest

LONGEST: Final = 60
"""Months that are counted one by one: five years. Own choice."""
_PANELS: Final = tuple(f"{LOINC}|{code}" for code in PRESSURE_PANELS)
"""Blood pressure, whose two values are components of one Observation."""
_MEASURES: Final = {
    Datum.HBA1C: (Measure.HBA1C, ()),
    Datum.BLOOD_PRESSURE: (Measure.SYSTOLIC, _PANELS),
    Datum.EGFR: (Measure.EGFR, ()),
    Datum.PHQ9: (Measure.PHQ9, ()),
    Datum.WEIGHT: (Measure.WEIGHT, ()),
}
_PLAN: Final = f"{SNOMED}|734163000"
_MADE: Final = "draft,active,on-hold,revoked,completed,unknown"
_SIGNED: Final = "active,on-hold,completed"
_NOBODY: Final = f"{OWN}|nobody"
_HAS_TAG: Final = "_has:ResearchSubject:individual:_tag"

Name = tuple[str, ...]
Params = tuple[tuple[str, str], ...]
_PLANS: Final[dict[str, Params]] = {
    "plans": (("status", _MADE),),
    "plans_agreed": (("status", _SIGNED),),
    "plans_reviewed": (("status", _SIGNED), ("_tag", f"{PLAN_REVIEW}|{REVIEWED}")),
}


@dataclass(frozen=True, slots=True)
class Answers:
    """How many there are of each count that was asked for, or why that is not known."""

    found: dict[Name, CountResult | DashboardError] = field(default_factory=dict)

    def of(self, *name: str) -> int | None:
        """The number, None where it is not known and may be left out."""
        answer = self.found.get(name)
        return answer.total if isinstance(answer, CountResult) else None

    def tagged(self, code: str) -> int:
        """How many subjects have a tag. Raises as `number`."""
        return self.number("tag", code)

    def number(self, *name: str) -> int:
        """The number. Raises the error of a count that failed: half a count is a wrong one."""
        answer = self.found[name]
        if isinstance(answer, DashboardError):
            raise answer
        return answer.total


def tag(code: str) -> tuple[str, str]:
    """The search parameter of one of our tags."""
    return "_tag", f"{ENROLMENT_STEP}|{code}"


@dataclass(frozen=True, slots=True)
class Places:
    """Where is counted: the ids of the study's sites and teams, and the region of each ("" is not known). `capped`:
    there are more teams.
    """

    regions: dict[str, str]
    sites: tuple[str, ...]
    teams: tuple[str, ...]
    capped: bool = False

    def in_region(self, region: str, places: Iterable[str]) -> tuple[str, ...]:
        return tuple(each for each in places if self.regions.get(each, "") == region)

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Each site with each team of its region."""
        return tuple(
            (site, team) for team in self.teams for site in self.in_region(self.regions.get(team, ""), self.sites)
        )

    @property
    def of_sites(self) -> tuple[str, ...]:
        """The regions of the sites, each once."""
        return tuple(dict.fromkeys(self.regions.get(site, "") for site in self.sites))


def ask(
    fhir: FhirServer, study: str, since: date, places: Places, months: Sequence[str], terminology: Terminology
) -> Answers:
    """Asks for every count of the study's figures together."""
    requests: dict[Name, SearchRequest] = {}

    def subjects(*name: str, params: tuple[tuple[str, str], ...]) -> None:
        requests[name] = SearchRequest("ResearchSubject", params, fresh=True)

    def tagged(code: str) -> None:
        subjects("tag", code, params=(tag(code),))

    whole = ("study", f"ResearchStudy/{study}")
    subjects("all", params=(whole,))
    for code in (listed_tag(study), "nobody", form_tag(study)):
        tagged(code)
    for status in STATE_OF_STATUS:
        for name, code in (("given", status_tag(study, status)), ("was", was_tag(study, status))):
            subjects(name, status, params=(tag(code), ("status", status)))
    for site in ("", *places.sites):
        for step in Step:
            tagged(step_tag(study, step, site))
        for month in months:
            tagged(month_tag(study, month, site))
        tagged(form_tag(study, site))
    for loss in LOSSES:
        tagged(loss_tag(study, loss))
        for region in places.of_sites:
            codes = [loss_tag(study, loss, site) for site in places.in_region(region, places.sites)]
            subjects("lost", loss_tag(study, loss), region, params=(_any(codes),))
    for team in places.teams:
        for step in Step:
            tagged(team_tag(study, step, team))
    for site, team in places.pairs:
        for step in Step:
            both = tag(step_tag(study, step, site)), tag(team_tag(study, step, team))
            subjects("in-care", step, site, team, params=both)
    requests |= _completeness(study, places, terminology)
    requests |= _work(study, since, places)
    return Answers(dict(zip(requests, fhir.count_all(list(requests.values())), strict=True)))


def ask_statuses(fhir: FhirServer, study: str) -> Answers:
    """Asks how many subjects have each status, and how many of them this program has listed."""
    requests: dict[Name, SearchRequest] = {}
    for status in STATE_OF_STATUS:
        for name, which in (("status", ("study", f"ResearchStudy/{study}")), ("listed", tag(listed_tag(study)))):
            requests[name, status] = SearchRequest("ResearchSubject", (which, ("status", status)), fresh=True)
    return Answers(dict(zip(requests, fhir.count_all(list(requests.values())), strict=True)))


def _any(codes: Iterable[str]) -> tuple[str, str]:
    return "_tag", ",".join(f"{ENROLMENT_STEP}|{code}" for code in codes)


@lru_cache(maxsize=64)
def _codes_of(terminology: Terminology, measure: Measure) -> tuple[str, ...]:
    return terminology.measure_codes(measure)


def _completeness(study: str, places: Places, terminology: Terminology) -> dict[Name, SearchRequest]:
    """Of whom something is on record among the enrolled of each site; and two counts of which the answer is known, by
    which a server that does not follow a chain shows itself.
    """
    enrolled = tag(step_tag(study, Step.ENROLLED))
    known = (enrolled, (f"individual:Patient.{_HAS_TAG}", enrolled[1]))
    none = (enrolled, ("individual:Patient._has:Observation:patient:code", _NOBODY))
    requests: dict[Name, SearchRequest] = {
        ("chain", "everybody"): SearchRequest("ResearchSubject", known, fresh=True),
        ("chain", "nobody"): SearchRequest("ResearchSubject", none, fresh=True),
    }
    for datum in _MEASURES:
        for site in places.sites:
            params = having(study, datum, (site,), terminology)
            requests["datum", datum, site] = SearchRequest("ResearchSubject", params, fresh=True)
    return requests


def having(study: str, datum: Datum, sites: Iterable[str], terminology: Terminology) -> Params:
    """Of ResearchSubjects: those enrolled at these sites of whom a measure is on record."""
    codes = values_of(datum, terminology)[1]
    return enrolled_at(study, sites), ("individual:Patient._has:Observation:patient:code", codes)


def enrolled_at(study: str, sites: Iterable[str], form: bool = False) -> tuple[str, str]:
    """Of ResearchSubjects: those enrolled at these sites, `form`: with the consent on record."""
    return _any(form_tag(study, site) if form else step_tag(study, Step.ENROLLED, site) for site in sites)


def values_of(datum: Datum, terminology: Terminology) -> tuple[str, str]:
    """Of Observations: the values of a measure."""
    measure, panels = _MEASURES[datum]
    return "code", ",".join((*_codes_of(terminology, measure), *panels))


def _work(study: str, since: date, places: Places) -> dict[Name, SearchRequest]:
    """What the teams of each region have done since the study began."""
    requests: dict[Name, SearchRequest] = {}
    for region in places.of_sites:
        if teams := places.in_region(region, places.teams):
            requests["conferences", region] = SearchRequest("Appointment", held_by(teams, since), fresh=True)
        for name in _PLANS:
            params = plans_of(study, name, places.in_region(region, places.sites))
            requests[name, region] = SearchRequest("CarePlan", params, fresh=True)
    return requests


def held_by(teams: Iterable[str], since: date) -> Params:
    """Of Appointments: the conferences that these teams have held since a day."""
    return (
        ("appointment-type", f"{APPOINTMENT_TYPE}|mdt-conference"),
        ("status", "fulfilled"),
        ("date", f"ge{since}"),
        ("supporting-info", ",".join(f"Organization/{team}" for team in teams)),
    )


def plans_of(study: str, name: str, sites: Iterable[str]) -> Params:
    """Of CarePlans: those of whom was enrolled at these sites, by a name of `TeamWork`."""
    return *plans_named(name), (f"patient:Patient.{_HAS_TAG}", enrolled_at(study, sites)[1])


def plans_named(name: str) -> Params:
    """Of CarePlans: those of anybody, by a name of `TeamWork`."""
    return ("category", _PLAN), *_PLANS[name]


def counts_by_tag(answers: Answers, study: str) -> bool:
    """Whether the server has counted by tags. False where it refuses them, or passes over them and counts everybody.

    Raises another error of the server.
    """
    found = [answers.found["tag", code] for code in ("nobody", listed_tag(study))]
    if any(isinstance(each, ServerRefused | Unsupported) for each in found):
        return False
    return answers.tagged("nobody") == 0
