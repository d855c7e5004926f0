"""Why a patient is put on the agenda of a conference: what happened since the team last met about this patient.

The facts are those of the worklist (`dashboard.domain.attention`), so that worklist, patient and agenda say the same.
Which of them puts somebody on an agenda, and in which order, is our own choice and a draft.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from dashboard.domain.attention.reason import Reason, ReasonKind
from dashboard.domain.attention.severity import any_urgent, facts_of, is_urgent
from dashboard.domain.conference.decision_state import DecisionState, state_of_decision
from dashboard.domain.record.contact import Contact
from dashboard.domain.record.goal import CONFLICTS_WITH, PURSUED, Goal
from dashboard.domain.record.task import Task
from dashboard.domain.values.datatypes import PartialDate, Reference
from dashboard.domain.values.site_time import site_day

WITHOUT_CONFERENCE: Final = timedelta(days=92)
"""Where the team has not met about the patient, the last three months are what is new, as on the timeline."""


class AgendaReasonKind(StrEnum):
    """What puts a patient on an agenda, in the order in which it is shown."""

    POSTPONED = "postponed"  # the last conference did not come to this patient
    DECISION = "decision"  # decided at a conference, and past its day
    RESULT = "result"  # beyond a limit or worse, and new since the last conference
    ADMISSION = "admission"
    TASK = "task"
    CONFLICT = "conflict"  # goals that are in each other's way, or a goal that somebody does not agree to
    REVIEW = "review"  # of the plan, or a recurring check
    QUESTIONNAIRE = "questionnaire"


POINTS: Final[dict[AgendaReasonKind, int]] = {
    AgendaReasonKind.POSTPONED: 60,
    AgendaReasonKind.ADMISSION: 40,
    AgendaReasonKind.DECISION: 20,
    AgendaReasonKind.CONFLICT: 10,
    AgendaReasonKind.QUESTIONNAIRE: 10,
}
"""Points beside those that a reason of the worklist brings."""
_KIND_OF: Final[dict[ReasonKind, AgendaReasonKind]] = {
    ReasonKind.DANGEROUS_RESULT: AgendaReasonKind.RESULT,
    ReasonKind.ABNORMAL_RESULT: AgendaReasonKind.RESULT,
    ReasonKind.WORSENING: AgendaReasonKind.RESULT,
    ReasonKind.MEDICINE_RISK: AgendaReasonKind.RESULT,
    ReasonKind.NEW_RESULT: AgendaReasonKind.RESULT,
    ReasonKind.TASK_OVERDUE: AgendaReasonKind.TASK,
    ReasonKind.CHECK_OVERDUE: AgendaReasonKind.REVIEW,
    ReasonKind.PLAN_REVIEW_DUE: AgendaReasonKind.REVIEW,
}
_ENOUGH: Final = frozenset(
    {
        AgendaReasonKind.POSTPONED,
        AgendaReasonKind.DECISION,
        AgendaReasonKind.CONFLICT,
        AgendaReasonKind.RESULT,
        AgendaReasonKind.ADMISSION,
        AgendaReasonKind.TASK,
    }
)
"""What is enough to be put on an agenda: an overdue check alone is for the worklist."""
_STAYS: Final = frozenset({"IMP", "ACUTE", "NONAC", "OBSENC", "SS", "EMER"})
"""Classes of an Encounter that is an admission: http://terminology.hl7.org/CodeSystem/v3-ActCode"""


@dataclass(frozen=True, slots=True)
class AgendaReason:
    """One reason. `reason` is the worklist's, where it is one of those; `contact` the admission, `title` and `when`
    those of a questionnaire, `task` what was decided, `goals` those in conflict; `who` does not agree to the one goal.
    """

    kind: AgendaReasonKind
    points: int
    reason: Reason | None = None
    contact: Contact | None = None
    title: str = ""
    when: PartialDate | None = None
    task: Task | None = None
    goals: tuple[Goal, ...] = ()
    who: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A patient with the reasons, the weightiest first. `since` is when the team last met about the patient, None where
    it never did. `urgent` as on the worklist.
    """

    patient: Reference
    reasons: tuple[AgendaReason, ...]
    since: datetime | None = None
    urgent: bool = False

    @property
    def points(self) -> int:
        return sum(each.points for each in self.reasons)

    @property
    def enough(self) -> bool:
        """Whether the reasons put the patient on an agenda by themselves."""
        return any(each.kind in _ENOUGH for each in self.reasons)


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """That the patient has answered a questionnaire: its title and when; never the answers."""

    title: str
    when: PartialDate


def propose(
    patient: Reference,
    reasons: Sequence[Reason],
    contacts: Iterable[Contact],
    questionnaires: Iterable[Questionnaire],
    *,
    since: datetime | None,
    postponed: bool,
    as_of: datetime,
    decided: Sequence[Task] = (),
    goals: Iterable[Goal] = (),
) -> Proposal:
    """The reasons to speak about a patient: what is new since the last conference, and whatever is overdue.

    `decided` are the open tasks that conferences have decided: one that is past its day comes back by itself, named,
    and is not counted among the overdue tasks as well. What is urgent counts however old it is. Several reasons of one
    kind about the same thing are one, as the worklist has them.
    """
    first = since or as_of - WITHOUT_CONFERENCE
    urgent = {id(each) for same in facts_of(reasons) if is_urgent(same) for each in same}
    found = [AgendaReason(AgendaReasonKind.POSTPONED, POINTS[AgendaReasonKind.POSTPONED])] if postponed else []
    late = [each for each in decided if state_of_decision(each, site_day(as_of)) is DecisionState.OVERDUE]
    found += [AgendaReason(AgendaReasonKind.DECISION, POINTS[AgendaReasonKind.DECISION], task=each) for each in late]
    found += [
        AgendaReason(_KIND_OF[each.kind], each.points, reason=each)
        for each in reasons
        if each.kind in _KIND_OF
        and (id(each) in urgent or _counts(each, first))
        and not (each.kind is ReasonKind.TASK_OVERDUE and each.count <= len(late))
    ]
    found += _conflicts(goals)
    found += [
        AgendaReason(AgendaReasonKind.ADMISSION, POINTS[AgendaReasonKind.ADMISSION], contact=each, when=each.when)
        for each in contacts
        if each.kind in _STAYS and not each.planned and _is_new(each.when, first, as_of)
    ]
    found += [
        AgendaReason(
            AgendaReasonKind.QUESTIONNAIRE, POINTS[AgendaReasonKind.QUESTIONNAIRE], title=each.title, when=each.when
        )
        for each in questionnaires
        if _is_new(each.when, first, as_of)
    ]
    order = list(AgendaReasonKind)
    found.sort(key=lambda each: (-each.points, order.index(each.kind)))
    return Proposal(patient, tuple(found), since, any_urgent(reasons))


def most_pressing_first(proposals: Iterable[Proposal]) -> list[Proposal]:
    """The proposals in the order in which an agenda takes them: whoever waits since the last conference, then the
    urgent, then by points; equals by id.
    """

    def waits(proposal: Proposal) -> bool:
        return any(each.kind is AgendaReasonKind.POSTPONED for each in proposal.reasons)

    return sorted(proposals, key=lambda each: (not waits(each), not each.urgent, -each.points, each.patient.id))


def that_fit(proposals: Iterable[Proposal], minutes: int, each_takes: int) -> list[Proposal]:
    """The most pressing of those whose reasons are enough, as many as there is time for."""
    wanted = [each for each in most_pressing_first(proposals) if each.enough]
    return wanted[: max(0, minutes // each_takes)]


def _conflicts(goals: Iterable[Goal]) -> list[AgendaReason]:
    """Goals that are pursued and in each other's way, each pair once; and goals to which somebody does not agree."""
    points = POINTS[AgendaReasonKind.CONFLICT]
    pursued = {goal.origin: goal for goal in goals if goal.lifecycle_status in PURSUED}
    pairs = {
        frozenset({goal.origin, other.goal})
        for goal in pursued.values()
        for other in goal.related
        if other.kind == CONFLICTS_WITH and other.goal in pursued and other.goal != goal.origin
    }
    both = [tuple(pursued[each] for each in sorted(pair)) for pair in sorted(pairs, key=sorted)]
    refused = [
        AgendaReason(AgendaReasonKind.CONFLICT, points, goals=(goal,), who=each.person.name)
        for goal in pursued.values()
        for each in goal.accepted_by
        if each.status == "disagree"
    ]
    return [*(AgendaReason(AgendaReasonKind.CONFLICT, points, goals=pair) for pair in both), *refused]


def _counts(reason: Reason, since: datetime) -> bool:
    """Whether a reason counts: a result only if it is new since the last conference, what is overdue always."""
    return _KIND_OF[reason.kind] is not AgendaReasonKind.RESULT or (
        reason.result is None or reason.result.when.moment > since
    )


def _is_new(when: PartialDate | None, since: datetime, as_of: datetime) -> bool:
    return when is not None and since < when.moment <= as_of
