"""The demo's patients as the timeline query gives them: their records on an in-memory server, read by their team."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from dashboard.access.request_context import request_context
from dashboard.cache.patient_cache import PatientCache
from dashboard.cache.team_cache import TeamCache
from dashboard.demo.cohort import SEED, foundation, generate
from dashboard.domain.access.permissions import Action
from dashboard.domain.timeline.events import Timeline
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_timeline import timeline_of
from tests.fakes import FakeFhirServer
from tests.unit.people_and_teams import scope, user

Json = dict[str, Any]
AS_OF = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)


@cache
def _lists() -> tuple[list[Json], ...]:
    return (foundation(60), *generate(60, SEED, AS_OF.date()))


@cache
def story_timeline(patient: str) -> Timeline:
    """The timeline of a patient of the demo by id, with the conferences of all teams."""
    lists = _lists()
    record = next(each for each in lists[1:61] if each[0]["id"] == patient or each[0].get("id") == patient)
    fhir = FakeFhirServer([*lists[0], *record, *(one for each in lists[61:] for one in each)])
    team = next(one for one in record if one["resourceType"] == "CareTeam")
    who = next(
        part["member"]["reference"].split("/")[1]
        for part in team["participant"]
        if part["member"]["reference"].startswith("Practitioner/")
    )
    context = request_context(fhir, user(who), scope(who), load_terminology(), AS_OF, Action.VIEW_PATIENT)
    return timeline_of(context, user(who), patient, False, TeamCache(), PatientCache())
