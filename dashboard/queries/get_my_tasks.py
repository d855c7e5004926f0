"""The Tasks of a user and of the user's teams: the open ones, and those that ended in the last days."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from dashboard.access.request_context import RequestContext, request_context
from dashboard.audit.audited import AuditSubject, audited
from dashboard.cache.pending import Pending
from dashboard.cache.team_cache import TEAM_CACHE, CachedTeam, TeamCache
from dashboard.domain.access.permissions import Action, Role
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.record.people import Person
from dashboard.domain.record.task import OPEN_TASK, Task
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.record.views import Notice, TaskList
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.site_time import site_day
from dashboard.domain.values.terminology import Terminology
from dashboard.errors import CannotBeUsedNow, DashboardError
from dashboard.fhir.mapping.elements import Json
from dashboard.fhir.mapping.reading import read_each, why_nobodys
from dashboard.fhir.mapping.task import listed
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest
from dashboard.fhir.terminology_files import load_terminology

_Found = tuple[list[Json], tuple[Notice, ...], set[Unreadable]]
ENDED_DAYS: Final = 14
"""Days for which an ended task is listed, so that it can be reopened."""


@audited(
    AuditKind.PATIENT_QUERY,
    lambda arguments, answer: AuditSubject(
        patients=() if answer is None else tuple(answer.people), query=f"Task?owner={arguments['scope'].subject}"
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
    wait: float | None = None,
) -> TaskList:
    """Runs two searches (open tasks; tasks that ended in the last `ENDED_DAYS`); the answer is cached until the team's
    data change.

    A task about a patient of another team is not shown; a notice counts them. A coordinator also gets the open tasks
    about patients of her teams that others own, from what is held of the teams. When the server does not answer, the
    open tasks of the worklist are shown, with the reason in `stale`. `wait` is how many seconds to wait for all of a
    team that is loaded for the first time: tasks need only its patients.
    """
    context = request_context(fhir, user, scope, terminology or load_terminology(), as_of, Action.VIEW_TASKS)
    held = team_cache.team(context, refresh, wait)
    state = (site_day(as_of), held.stale, context.organizations)
    with team_cache.memo(scope) as memo:
        known = memo.get("tasks")
    if known is not None and known[0] is held.data and known[1] == state:
        cached: TaskList = known[2]
        return cached
    tasks = _read(context, held, memo)  # outside the memo's lock, since the server may be slow
    if Role.COORDINATOR in user.roles:
        tasks = _with_others(context, held, tasks)
    if not tasks.stale:
        memo["tasks"] = (held.data, state, tasks)
    return tasks


def _read(context: RequestContext, held: CachedTeam, memo: dict[str, Any]) -> TaskList:
    visible = held.data.visible(context.viewer, site_day(context.as_of))
    people = {pid: held.data.patients[pid].person for pid in visible}
    owners = (context.me, *sorted({team.team for teams in visible.values() for team in teams if team.team is not None}))
    if held.stale:
        return _from_worklist(held, people, owners, held.stale)
    try:
        rows, notices, left_out = (
            _search(context, owners) if "Task" in held.data.awaited else _search_in_time(context, owners, memo)
        )
    except CannotBeUsedNow as error:
        if "Task" in held.data.awaited:
            raise
        return _from_worklist(held, people, owners, error.code)
    ours = [row for row in rows if why_nobodys(row) not in ("other-server", "contained-patient")]
    read = read_each(ours, listed)
    unusable = len(read.unreadable) + len(left_out) + len(rows) - len(ours)
    owned = [task for task in read.values if task.owner in owners]
    shown = [task for task in owned if task.patient is None or task.patient.id in people]
    if len(shown) < len(owned):
        notices = (*notices, Notice("tasks-of-other-patients", str(len(owned) - len(shown))))
    if unusable:
        notices = (*notices, Notice("unreadable", str(unusable)))
    return _task_list(shown, people, context.as_of, "", notices)


def _search_in_time(context: RequestContext, owners: tuple[Reference, ...], memo: dict[str, Any]) -> _Found:
    """The same as `_search` where it ends within a moment, since the worklist has tasks to show. Raises SILENT while it
    goes on: the next request comes back to it.
    """
    begun: tuple[object, Pending[_Found]] | None = memo.get("tasks_pending")
    if begun is None or begun[0] != owners:
        begun = memo["tasks_pending"] = (owners, Pending(lambda: _search(context, owners)))
    try:
        return begun[1].result()
    finally:
        if begun[1].ended:
            memo.pop("tasks_pending", None)


def _search(context: RequestContext, owners: Iterable[Reference]) -> _Found:
    """Returns the rows, what the server could not do, and the rows that are not of these owners."""
    owned = ("owner", ",".join(map(str, owners)))
    since = site_day(context.as_of) - timedelta(days=ENDED_DAYS)
    requests = [
        SearchRequest("Task", (owned, ("status", ",".join(sorted(OPEN_TASK))))),
        SearchRequest("Task", (owned, ("status", "completed,cancelled,failed,rejected"), ("modified", f"ge{since}"))),
    ]
    rows: dict[str, Json] = {}
    notices: list[Notice] = []
    left_out: set[Unreadable] = set()
    for answer in context.fhir.try_all(requests):
        if isinstance(answer, DashboardError):
            raise answer
        rows |= {str(row.get("id")): row for row in answer.rows}
        notices += answer.notices
        left_out |= set(answer.left_out)
        if answer.truncated:
            notices.append(Notice("truncated", "Task"))
    return list(rows.values()), tuple(dict.fromkeys(notices)), left_out


def _with_others(context: RequestContext, held: CachedTeam, tasks: TaskList) -> TaskList:
    """Adds the open tasks of everybody else about the patients of the user's teams, earliest due first."""
    visible = held.data.visible(context.viewer, site_day(context.as_of))
    listed_already = {task.origin for task in tasks.tasks}
    lines = [
        task
        for pid in visible
        for task in held.data.patients[pid].values("Task")
        if task.open and task.origin not in listed_already
    ]
    people = {pid: held.data.patients[pid].person for pid in visible}
    others = _task_list(lines, people, tasks.fetched, "", ())
    return replace(tasks, others=others.tasks, people=tasks.people | others.people)


def _from_worklist(held: CachedTeam, people: dict[str, Person], owners: tuple[Reference, ...], why: str) -> TaskList:
    known = (line for pid in people for line in held.data.patients[pid].values("Task"))
    return _task_list([line for line in known if line.owner in owners], people, held.data.fetched, why, ())


def _task_list(
    lines: list[Task], people: dict[str, Person], fetched: datetime, stale: str, notices: tuple[Notice, ...]
) -> TaskList:
    """Orders the tasks: open ones first, then the earliest due; those without a due date last."""
    ordered = sorted(
        lines, key=lambda line: (not line.open, line.due is None, line.due.start if line.due else None, line.origin)
    )
    named = {line.patient.id: people[line.patient.id] for line in ordered if line.patient and line.patient.id in people}
    return TaskList(tuple(ordered), named, fetched, stale, notices)
