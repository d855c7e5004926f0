"""The Tasks of a user and of the user's teams: what is open, and what ended lately."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from dashboard.access.request_context import RequestContext, request_context
from dashboard.audit.audited import AuditSubject, audited
from dashboard.cache.team_cache import TEAM_CACHE, CachedTeam, TeamCache
from dashboard.domain.access.permissions import Action
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.record.people import AccessScope, Person, User
from dashboard.domain.record.task import OPEN_TASK, Task
from dashboard.domain.record.views import Notice, TaskList
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.terminology import Terminology
from dashboard.errors import DashboardError
from dashboard.fhir.mapping.reading import Json, read_each
from dashboard.fhir.mapping.task import task
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest
from dashboard.fhir.terminology_files import load_terminology

ENDED_DAYS: Final = 14
"""How long a task that has ended stays in sight, so that it can be reopened."""


@audited(
    AuditKind.PATIENT_QUERY,
    lambda asked, found: AuditSubject(
        patients=() if found is None else tuple(found.people), query=f"Task?owner={asked['scope'].subject}"
    ),
)
def get_my_tasks(
    fhir: FhirServer,
    user: User,
    scope: AccessScope,
    as_of: datetime,
    refresh: bool = False,
    terminology: Terminology | None = None,
    team_cache: TeamCache = TEAM_CACHE,
) -> TaskList:
    """Two searches (the open ones; those that ended in the last fortnight), kept as long as the team's data stay as
    they are.

    A task about a patient the user does not care for is not shown; a notice counts them. When the server is away, the
    open tasks known from the worklist are shown, with the reason in `stale`.
    """
    context = request_context(fhir, user, scope, terminology or load_terminology(), as_of, Action.VIEW_TASKS)
    held = team_cache.held(context, refresh)
    with team_cache.memo(scope) as memo:
        known = memo.get("tasks")
        if (
            known is not None
            and known[0] is held.data
            and known[1:4] == (as_of.date(), held.stale, context.organizations)
        ):
            kept: TaskList = known[4]
            return kept
        made = _ask(context, held)
        if not made.stale:
            memo["tasks"] = (held.data, as_of.date(), held.stale, context.organizations, made)
        return made


def _ask(context: RequestContext, held: CachedTeam) -> TaskList:
    visible = held.data.visible(context.viewer, context.as_of.date())
    people = {pid: held.data.patients[pid].person for pid in visible}
    owners = (context.me, *sorted({team.team for teams in visible.values() for team in teams if team.team is not None}))
    if held.stale:
        return _from_worklist(held, people, owners, held.stale)
    try:
        rows, notices = _search(context, owners)
    except DashboardError as error:
        return _from_worklist(held, people, owners, str(error))
    read = read_each(rows, task)
    mine = [line for line in read.values if line.owner in owners]
    shown = [line for line in mine if _shown(line, people)]
    if len(shown) < len(mine):
        notices = (*notices, Notice("tasks-of-other-patients", str(len(mine) - len(shown))))
    if read.unreadable:
        notices = (*notices, Notice("unreadable", str(len(read.unreadable))))
    return _task_list(shown, people, context.as_of, "", notices)


def _search(context: RequestContext, owners: Iterable[Reference]) -> tuple[list[Json], tuple[Notice, ...]]:
    owned = ("owner", ",".join(map(str, owners)))
    since = context.as_of.date() - timedelta(days=ENDED_DAYS)
    requests = [
        SearchRequest("Task", (owned, ("status", ",".join(sorted(OPEN_TASK))))),
        SearchRequest("Task", (owned, ("status", "completed,cancelled,failed,rejected"), ("modified", f"ge{since}"))),
    ]
    rows: dict[str, Json] = {}
    notices: list[Notice] = []
    for answer in context.fhir.try_all(requests):
        if isinstance(answer, DashboardError):
            raise answer
        rows |= {str(row.get("id")): row for row in answer.rows}
        notices += answer.notices
        if answer.truncated:
            notices.append(Notice("truncated", "Task"))
    return list(rows.values()), tuple(dict.fromkeys(notices))


def _shown(line: Task, people: dict[str, Person]) -> bool:
    return line.patient is None or line.patient.id in people


def _from_worklist(held: CachedTeam, people: dict[str, Person], owners: tuple[Reference, ...], why: str) -> TaskList:
    known = (line for pid in people for line in held.data.patients[pid].kept("Task"))
    return _task_list([line for line in known if line.owner in owners], people, held.data.fetched, why, ())


def _task_list(
    lines: list[Task], people: dict[str, Person], fetched: datetime, stale: str, notices: tuple[Notice, ...]
) -> TaskList:
    """Open ones first, then the earliest due; without a due date last."""
    ordered = sorted(
        lines, key=lambda line: (not line.open, line.due is None, line.due.start if line.due else None, line.origin)
    )
    named = {line.patient.id: people[line.patient.id] for line in ordered if line.patient and line.patient.id in people}
    return TaskList(tuple(ordered), named, fetched, stale, notices)
