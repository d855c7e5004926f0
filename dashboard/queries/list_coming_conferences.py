"""The conferences that the user is asked to come to now or soon, and whom of them the user is to prepare."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from dashboard.access.request_context import request_context, result_or_raise
from dashboard.audit.audited import AuditSubject, audited
from dashboard.cache.conference_records import conferences_search
from dashboard.cache.team_cache import TEAM_CACHE, TeamCache
from dashboard.domain.access.permissions import Action
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.conference.agenda import PREPARE
from dashboard.domain.conference.coming import SOON, ComingConference, coming_conferences
from dashboard.domain.record.task import Task
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.site_time import site_day
from dashboard.fhir.mapping import agenda
from dashboard.fhir.mapping.conference import listed
from dashboard.fhir.mapping.reading import read_each
from dashboard.fhir.port import FhirServer
from dashboard.fhir.terminology_files import load_terminology

BEGUN: Final = timedelta(days=1)
"""A conference that began longer ago does not run any more, though nobody has ended it."""


@audited(
    AuditKind.PATIENT_QUERY,
    lambda asked, found: AuditSubject(
        patients=() if found is None else tuple({each.id: None for one in found for each in one.to_prepare}),
        query=f"Appointment?practitioner={asked['scope'].subject}",
    ),
)
def list_coming_conferences(
    fhir: FhirServer,
    user: User,
    scope: AccessScope,
    as_of: datetime,
    wait: float | None = None,
    team_cache: TeamCache = TEAM_CACHE,
) -> tuple[ComingConference, ...]:
    """What runs now first. One search, with the agendas; whom the user may not see is not named.

    `wait` as in `get_worklist`. Raises NotPermitted by role, DashboardError where the server does not answer.
    """
    context = request_context(fhir, user, scope, load_terminology(), as_of, Action.VIEW_CONFERENCE)
    today = site_day(as_of)
    data = team_cache.team(context, wait=wait).data
    preparing = {
        Reference("Patient", pid): data.patients[pid].person
        for pid in data.visible(context.viewer, today)
        if any(_to_prepare(task, context.me) for task in data.patients[pid].values("Task"))
    }
    search = conferences_search("practitioner", str(context.me), today - BEGUN, today + SOON)
    [answer] = fhir.try_all([replace(search, include=("Appointment:supporting-info",))])
    answer = result_or_raise(answer)
    lists = [row for name, row in answer.included.items() if name.startswith("List/")]
    agendas = {each.origin: each for each in read_each(lists, agenda.from_fhir).values}
    return coming_conferences(read_each(answer.rows, listed).values, agendas, context.me, preparing, as_of)


def _to_prepare(task: Task, me: Reference) -> bool:
    return task.open and task.owner == me and task.text == PREPARE
