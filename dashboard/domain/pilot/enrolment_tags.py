"""What a server counts a subject by: a code for each step, month, loss and status, all of which begin with the study.

    tags_of(subject)   # "st1.listed", "st1.consented", "st1.consented.site-1", "st1.team.consented.team-3" ...

They are tags of the record, of which a server counts one or several without reading. A server may never take a tag away
(HAPI does not): who has one that holds no more is counted by history, which `BY_HISTORY` says.
"""

from typing import Final

from dashboard.domain.pilot.enrolment import EnrolmentAction, EnrolmentState
from dashboard.domain.pilot.enrolment_reasons import REASONS
from dashboard.domain.pilot.funnel import LOST, Loss, Step, loss_of, site_of_loss, steps_of
from dashboard.domain.pilot.subject import Subject
from dashboard.domain.values.datatypes import NamedReference

LISTED: Final = "listed"
"""Of everybody whom this program has put in the study."""
BY_HISTORY: Final = "by-history"
"""Of a subject that other tags may count wrongly."""
CONSENT_FORM: Final = "form"
"""Of an enrolled subject with a consent on record, which has a form and its version."""

_UNTIL_CONSENTED: Final = (Step.SCREENED, Step.ELIGIBLE, Step.APPROACHED, Step.CONSENTED)
_LOSSES: Final[dict[EnrolmentState, tuple[EnrolmentAction, tuple[Step | None, ...]]]] = {
    EnrolmentState.INELIGIBLE: (EnrolmentAction.FIND_INELIGIBLE, _UNTIL_CONSENTED),
    EnrolmentState.DECLINED: (EnrolmentAction.DECLINE, (Step.APPROACHED,)),
    EnrolmentState.WITHDRAWN: (EnrolmentAction.WITHDRAW, (Step.CONSENTED, Step.ENROLLED, Step.ACTIVE)),
    EnrolmentState.LEFT: (EnrolmentAction.LEAVE, (None, *_UNTIL_CONSENTED, Step.ENROLLED, Step.ACTIVE)),
}
LOSSES: Final = tuple(
    Loss(step, state, reason)
    for state, (action, steps) in _LOSSES.items()
    for step in steps
    for reason in REASONS[action]
)
"""Every loss that is counted by its tag; another one, as of somebody who declined after having consented before, is
counted by history."""


def listed_tag(study: str) -> str:
    return f"{study}.{LISTED}"


def by_history_tag(study: str) -> str:
    return f"{study}.{BY_HISTORY}"


def step_tag(study: str, step: Step, site: str = "") -> str:
    """Of who has reached a step, of everybody or at one site."""
    return _joined(study, str(step), site)


def team_tag(study: str, step: Step, team: str) -> str:
    """Of who has reached a step while in the care of a team."""
    return _joined(study, "team", str(step), team)


def month_tag(study: str, month: str, site: str = "") -> str:
    """Of who was enrolled in a month (`2026-03`)."""
    return _joined(study, "month", month, site)


def loss_tag(study: str, loss: Loss, site: str = "") -> str:
    """Of who is lost in this way."""
    return _joined(study, "lost", str(loss.state), str(loss.step or "none"), loss.reason, site)


def form_tag(study: str, site: str = "") -> str:
    """Of who is enrolled, with the consent on record."""
    return _joined(study, CONSENT_FORM, site)


def status_tag(study: str, status: str) -> str:
    """Of whom this program has given a status, now or before."""
    return _joined(study, "status", status)


def was_tag(study: str, status: str) -> str:
    """Of whom this program has given another status since."""
    return _joined(study, "was", status)


def set_by_others(study: str, status: str, known: frozenset[str]) -> bool:
    """Whether another system has set this status, by the tags of the record: it is not the last one that we gave."""
    return status_tag(study, status) not in known or was_tag(study, status) in known


def _joined(*parts: str) -> str:
    return ".".join(filter(None, parts))


def tags_of(subject: Subject) -> tuple[str, ...]:
    """The codes that hold of a subject now, each once."""
    study = subject.study.id
    codes = [listed_tag(study), status_tag(study, subject.status)]
    steps = steps_of(subject)
    for step, reached in steps.items():
        codes += [step_tag(study, step), step_tag(study, step, _id(reached.site))]
        if reached.team.to is not None:
            codes.append(team_tag(study, step, _id(reached.team)))
    if (enrolled := steps.get(Step.ENROLLED)) is not None:
        if enrolled.day is not None:
            month = enrolled.day.isoformat()[:7]
            codes += [month_tag(study, month), month_tag(study, month, _id(enrolled.site))]
        if subject.consent is not None:
            codes += [form_tag(study), form_tag(study, _id(enrolled.site))]
    if subject.state in LOST:
        loss, site = loss_of(subject), _id(site_of_loss(subject))
        known = loss in LOSSES
        codes += [loss_tag(study, loss), loss_tag(study, loss, site)] if known else [by_history_tag(study)]
    return tuple(dict.fromkeys(codes))


def new_tags(subject: Subject, known: frozenset[str]) -> tuple[str, ...]:
    """The codes to be added to those that a record has. None is taken away: where one holds no more, the subject has to
    be counted by its history from now on.
    """
    study = subject.study.id
    holding = tags_of(subject)
    before = f"{status_tag(study, '')}."
    past = {each.removeprefix(before) for each in known if each.startswith(before)} - {subject.status}
    left = tuple(was_tag(study, each) for each in sorted(past))
    holding_no_more = {
        each for each in known if each.startswith(f"{study}.") and each not in holding and each not in left
    } - {status_tag(study, each) for each in past}
    if holding_no_more:  # was.x of the present status among them: somebody came back to it
        holding = (*holding, by_history_tag(study))
    return tuple(each for each in (*holding, *left) if each not in known)


def _id(named: NamedReference) -> str:
    return named.to.id if named.to is not None else ""
