"""What a running conference reads, once for all who follow it: the conference itself, and the patient it discusses.

Ten windows that follow one presenter show the same patient within a second. Each asks for itself whether its user may
see the patient (`who_may_see`, from care teams and consents that are read once for all); what they then show is read
once too. It is shared between users whose questions the server answers with the same `credentials`, and who see the
patient through the same teams: where each user's own token is sent to the server, nothing is shared.

Values follow the change feed: what this process or anybody else writes about the patient is read again before it is
given. The story is not: nothing that a meeting writes is on it, and it is read again every `AGE.refresh_after` seconds
while somebody looks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from dashboard.access.relationship import Consents, read_consents, relationship_from, rows_or_raise
from dashboard.access.request_context import RequestContext, serves_consents
from dashboard.cache.access_cache import permitting
from dashboard.cache.cache import ACCESS_AGE, PATIENCE, Cache
from dashboard.cache.change_feed import CHANGE_FEED, Change
from dashboard.cache.conference_records import PatientsOfConference
from dashboard.domain.access.permissions import Relation
from dashboard.domain.access.relationship import Relationship
from dashboard.domain.access.user import User
from dashboard.domain.care_plan.views import CarePlanView
from dashboard.domain.conference.views import Meeting
from dashboard.domain.guidelines.recommendations import Recommendations
from dashboard.domain.record.care_team import CareTeam
from dashboard.domain.record.views import PatientSummary
from dashboard.domain.timeline.events import Timeline
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.site_time import site_day
from dashboard.errors import NotFound
from dashboard.fhir.mapping.care_team import care_team
from dashboard.fhir.mapping.reading import read_each
from dashboard.fhir.search.request import SearchRequest

MOST_PATIENTS: Final = 40
"""Stories take up to 15 MB each, as timelines do: 600 MB at most."""
MOST_CONFERENCES: Final = 60
MOST_USERS: Final = 500
_OF_PLAN: Final = frozenset({"CarePlan", "Goal", "Task", "ServiceRequest", "CommunicationRequest", "CareTeam"})
_OF_CONFERENCE: Final = frozenset({"Composition", "Encounter", "Task", "CommunicationRequest"})
OF_RECOMMENDATIONS: Final = frozenset(
    {
        "GuidanceResponse", "DetectedIssue", "Goal", "Observation", "Condition", "MedicationRequest",
        "MedicationStatement", "Encounter", "Procedure",
    }
)  # fmt: skip
"""What a card of a guideline, or what was answered to it, rests on."""
_OF_MEETING: Final = frozenset({"Appointment", "List", "Composition"})
LONGER_PATIENCE: Final = 2.0
"""Seconds for which a window waits for what was just decided, before it shows what it had."""


class AskedKey(NamedTuple):
    """What the server is asked, and with whose credentials."""

    server: str
    credentials: str
    ident: str
    day: date


class SharedKey(NamedTuple):
    """Of which patient, read with whose credentials, through which teams."""

    server: str
    credentials: str
    patient_id: str
    day: date
    teams: frozenset[Reference]


class OfConferenceKey(NamedTuple):
    """Which patient of which conference."""

    server: str
    credentials: str
    conference: str
    patient_id: str


@dataclass(frozen=True, slots=True)
class Story:
    """The record and the story of a patient, without what no shared screen shows."""

    summary: PatientSummary
    timeline: Timeline
    withheld: int
    labelled: bool


@dataclass(frozen=True, slots=True)
class SharedRecommendations:
    """What guidelines say of a patient, and the records that are kept from a shared screen."""

    found: Recommendations
    withheld: frozenset[Reference] = frozenset()


@dataclass(frozen=True, slots=True)
class DiscussedPatients:
    """The caches of one process."""

    who: Cache[AskedKey, tuple[tuple[CareTeam, ...], Consents]]
    stories: Cache[SharedKey, Story]
    plans: Cache[SharedKey, CarePlanView]
    of_conference: Cache[OfConferenceKey, PatientsOfConference]
    recommended: Cache[SharedKey, SharedRecommendations]
    meetings: Cache[AskedKey, Meeting]
    teams: Cache[AskedKey, frozenset[Reference]]

    def apply(self, changes: Sequence[Change]) -> None:
        """Has what was changed read again before it is given."""
        plans, notes = _patients(changes, _OF_PLAN), _patients(changes, _OF_CONFERENCE)
        recommended = _patients(changes, OF_RECOMMENDATIONS)
        if recommended:
            self.recommended.expire(lambda key: (key.server, key.patient_id) in recommended)
        if plans:
            self.plans.expire(lambda key: (key.server, key.patient_id) in plans)
        if notes:
            self.of_conference.expire(lambda key: (key.server, key.patient_id) in notes)
        servers = {each.server for each in changes if each.reference.type in _OF_MEETING}
        if servers:
            self.meetings.expire(lambda key: key.server in servers)

    def forget(self) -> None:
        """Drops everything."""
        for cache in (
            self.who,
            self.stories,
            self.plans,
            self.of_conference,
            self.recommended,
            self.meetings,
            self.teams,
        ):
            cache.forget()


def _patients(changes: Sequence[Change], types: frozenset[str]) -> set[tuple[str, str]]:
    found = (each for each in changes if each.reference.type in types)
    return {(each.server, patient_id) for each in found for patient_id in each.patient_ids}


def discussed_patients() -> DiscussedPatients:
    """Empty caches."""
    return DiscussedPatients(
        who=Cache(MOST_PATIENTS, age=ACCESS_AGE, patience=PATIENCE),
        stories=Cache(MOST_PATIENTS, patience=PATIENCE),
        plans=Cache(MOST_PATIENTS, patience=LONGER_PATIENCE),
        of_conference=Cache(MOST_PATIENTS, patience=LONGER_PATIENCE),
        recommended=Cache(MOST_PATIENTS, patience=PATIENCE),
        meetings=Cache(MOST_CONFERENCES, age=ACCESS_AGE, patience=PATIENCE),
        teams=Cache(MOST_USERS, age=ACCESS_AGE, patience=PATIENCE),
    )


def who_may_see(
    context: RequestContext, user: User, patient_id: str, credentials: str, caches: DiscussedPatients
) -> Relationship:
    """Returns through which teams the user may see the patient. Raises NotFound where there is none: an emergency
    access is for one person at one desk, not for a room.
    """
    try:
        Reference("Patient", patient_id)
    except ValueError as error:
        raise NotFound("patient-not-found") from error
    key = AskedKey(context.fhir.base_url, credentials, patient_id, site_day(context.as_of))
    teams, consents = caches.who.get(key, lambda previous: _teams_and_consents(context, patient_id)).value
    found = permitting(user, relationship_from(context, patient_id, teams, consents))
    if found.relation is not Relation.TEAM:
        raise NotFound("patient-not-found")
    return found


def _teams_and_consents(context: RequestContext, patient_id: str) -> tuple[tuple[CareTeam, ...], Consents]:
    requests = [SearchRequest("CareTeam", patients=(patient_id,), fresh=True)]
    if serves_consents(context.fhir):
        requests.append(SearchRequest("Consent", patients=(patient_id,), fresh=True))
    teams, *consents = context.fhir.try_all(requests)
    read = read_consents(rows_or_raise(consents[0])) if consents else []
    return tuple(read_each(rows_or_raise(teams), care_team).values), read


DISCUSSED: Final = discussed_patients()
"""Those of this process."""

CHANGE_FEED.listen(DISCUSSED.apply)
