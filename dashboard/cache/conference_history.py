"""What conferences have discussed and decided about patients over time: a few searches, however many there were."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from dashboard.access.request_context import RequestContext, result_or_raise
from dashboard.cache.conference_records import conferences_search
from dashboard.domain.conference.conference import Conference
from dashboard.domain.conference.decision import MESSAGE
from dashboard.domain.conference.discussion import Discussion
from dashboard.domain.conference.history import PastDiscussion
from dashboard.domain.record.encounter import ASSESSMENT
from dashboard.domain.record.order import Order
from dashboard.domain.record.people import Team
from dashboard.domain.record.task import Task
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.record.views import Notice
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.mapping import discussion, order, task
from dashboard.fhir.mapping.conference import listed
from dashboard.fhir.mapping.elements import Json
from dashboard.fhir.mapping.reading import read_each
from dashboard.fhir.search.request import SearchRequest

DISCUSSED: Final = ("type", f"{ASSESSMENT.system}|{ASSESSMENT.code}")
"""What finds the Encounters that are discussions of a conference, among all of a patient."""


NOT_HELD: Final = ("planned", "cancelled", "entered-in-error")
"""Statuses of an Encounter that did not take place: https://hl7.org/fhir/R4/valueset-encounter-status.html"""


def read_own_conferences(
    context: RequestContext, teams: Sequence[Team], first: date
) -> tuple[dict[Reference, Conference], tuple[Unreadable, ...], tuple[Notice, ...]]:
    """The conferences of these teams and those that the reader is asked to come to, from a day on, with what could not
    be read: two searches at most. Others that a server returns all the same are left out. Raises DashboardError.
    """
    own = {Reference("Organization", team.id) for team in teams}
    requests = [conferences_search("practitioner", str(context.me), first)]
    if own:
        requests.append(conferences_search("supporting-info", ",".join(sorted(map(str, own))), first))
    found: dict[Reference, Conference] = {}
    unreadable: list[Unreadable] = []
    answers = [result_or_raise(answer) for answer in context.fhir.try_all(requests)]
    for answer in answers:
        read = read_each(answer.rows, listed)
        unreadable += read.unreadable
        found |= {each.origin: each for each in read.values if each.attends(context.me) or each.team.to in own}
    notices = dict.fromkeys(notice for answer in answers for notice in answer.notices)
    return found, tuple(dict.fromkeys(unreadable)), tuple(notices)


def read_past_discussions(
    context: RequestContext, patients: Sequence[str], first: date
) -> tuple[list[PastDiscussion], tuple[Unreadable, ...]]:
    """The discussions of these patients from a day on with what was decided in them: three searches. Raises
    DashboardError.
    """
    if not patients:
        return [], ()
    ids, since = tuple(patients), f"ge{first.isoformat()}"
    met, tasks, messages = (
        result_or_raise(answer).rows
        for answer in context.fhir.try_all(
            [
                SearchRequest("Encounter", (DISCUSSED, ("date", since)), ids, fresh=True),
                SearchRequest("Task", (("authored-on", since),), ids, fresh=True),
                SearchRequest(MESSAGE, (("authored", since),), ids, fresh=True),
            ]
        )
    )
    read = read_each([row for row in met if row.get("appointment")], discussion.from_fhir)
    decided = read_each(tasks, task.listed).values, read_each(messages, order.listed).values
    return with_decided(read.values, *decided), tuple(read.unreadable)


def with_decided(
    discussions: Sequence[Discussion], tasks: Sequence[Task], messages: Sequence[Order]
) -> list[PastDiscussion]:
    """Each discussion that took place, or goes on, with what was decided in it."""
    by_discussion: dict[Reference, list[Task | Order]] = {}
    records: tuple[Task | Order, ...] = (*tasks, *messages)
    for each in records:
        if each.encounter is not None:
            by_discussion.setdefault(each.encounter, []).append(each)
    took_place = [each for each in discussions if each.status not in NOT_HELD]
    return [
        PastDiscussion(replace(each, source=None), tuple(by_discussion.get(each.origin, ()))) for each in took_place
    ]


def included_conferences(included: Sequence[Json]) -> dict[Reference, Conference]:
    """The conferences among the records that came with a search."""
    rows = [row for row in included if row.get("resourceType") == "Appointment"]
    return {each.origin: each for each in read_each(rows, listed).values}
