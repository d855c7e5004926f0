"""What stands under the columns of the patient page: other problems and medicines, tasks, checks, contacts, people."""

from collections.abc import Mapping
from dataclasses import replace

from dashboard.domain.attention.reason import Check
from dashboard.domain.record.care_team import Carer, TeamMember
from dashboard.domain.record.condition import PROGRAMME, Condition
from dashboard.domain.record.contact import Contact
from dashboard.domain.record.goal import PURSUED, Goal
from dashboard.domain.record.medicine import Medicine
from dashboard.domain.record.observation import KeyResult, Measure, Target
from dashboard.domain.record.task import Task
from dashboard.domain.record.views import PatientSummary
from dashboard.domain.values.absence import Subject
from dashboard.ui.patient.medicines_html import forbidden_html, medicines_html
from dashboard.ui.patient.parts import (
    absence_words,
    card,
    folded,
    nothing,
    section,
)
from dashboard.ui.record.comments_html import comments_html
from dashboard.ui.record.current import (
    current_goals,
    current_medicines,
    current_problems,
    ended_medicines,
    forbidden_medicines,
    past_problems,
)
from dashboard.ui.record.medicines import show_reason, show_status
from dashboard.ui.record.names import (
    ACHIEVEMENTS,
    CLINICAL_STATUSES,
    ENCOUNTER_KINDS,
    GOAL_STATUSES,
    PROBLEM_VERIFICATIONS,
    condition_name,
    condition_short,
    word,
)
from dashboard.ui.record.reasons import check_name, show_last
from dashboard.ui.record.results import pressure_words, result_words
from dashboard.ui.record.targets import aims, show_aim, show_other_target
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_date, show_day
from dashboard.ui.shared.html import Html, clean, fragment, unbroken_dates
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t, tn

_GOES_ON = frozenset({"active", "accepted", "completed", ""})
"""Lifecycles that a goal's achievement says too."""
# The rest opens in place.
CONTACTS_SHOWN = 6


def goals_card(summary: PatientSummary, at: ViewTime) -> Html:
    """Each goal with whose it is, what it serves, its targets with the latest results, what was noted of it, and its
    due date.
    """
    known = {key.measure: key for keys in (summary.results.value or {}).values() for key in keys}

    def body(goals: tuple[Goal, ...]) -> tuple[Html, int]:
        current = current_goals(goals)
        lines = (_goal(goal, known, at) for goal in current)
        return h.ul(class_="c3-lines")[lines] if current else nothing(), len(current)

    return section(t("Goals"), summary.goals, body)


def _goal(goal: Goal, known: Mapping[Measure, KeyResult], at: ViewTime) -> Html:
    late = goal.due is not None and goal.due.end < at.today and goal.achievement_status != "achieved"
    due = t("by {date}", date=show_date(goal.due)) if goal.due else ""
    below = [
        t("the patient’s own") if goal.by_patient else "",
        ", ".join(condition_short(key) for key in goal.conditions),
    ]
    return h.li[
        h.div(class_="c3-main")[
            goal.text,
            h.div(class_="c3-sub")[", ".join(each for each in below if each)],
            (_target(aim, goal, known, at) for aim in aims(goal.targets)),
            (h.div(class_="c3-sub")[h.bdi[clean(show_other_target(each), 200)]] for each in goal.other_targets),
        ],
        h.div(class_="c3-side")[_noted(goal), h.div(class_="c3-lateword" if late else "c3-sub")[due] if due else None],
    ]


def _target(aim: tuple[Target, ...], goal: Goal, known: Mapping[Measure, KeyResult], at: ViewTime) -> Html:
    """`HbA1c below 53 mmol/mol`, and under it the latest result with its trend, and whether it misses this target."""
    keys = [replace(known[target.measure], target=target) for target in aim if target.measure in known]
    words = t("no result yet")
    missed = goal.lifecycle_status in PURSUED and any(key.misses_goal for key in keys)
    if keys:
        pair = keys[1] if len(keys) > 1 else None
        words = (pressure_words(keys[0], pair, at.today) if pair else result_words(keys[0], at.today)).text
    flag = h.span(class_="c3-flag")[" ! ", t("misses goal")] if missed else None
    return fragment[h.div(class_="c3-sub")[show_aim(aim)], h.div(class_="c3-sub")[unbroken_dates(words), flag]]


def _noted(goal: Goal) -> str:
    """What somebody recorded of the goal, as a note of that day: the measured trend stands beside it. Its lifecycle is
    said where that is not simply active.
    """
    status = _achieved(goal)
    if not status:
        return goal_status(goal)
    noted = (
        t("noted: {status}", status=status)
        if goal.status_date is None
        else t("noted on {date}: {status}", date=show_date(goal.status_date), status=status)
    )
    return noted if goal.lifecycle_status in _GOES_ON else f"{word(GOAL_STATUSES, goal.lifecycle_status)}, {noted}"


def _achieved(goal: Goal) -> str:
    return word(ACHIEVEMENTS, goal.achievement_status) or clean(goal.achievement_text, 80)


def goal_status(goal: Goal) -> str:
    """How far it is (`In progress`), and its lifecycle where that is not simply active (`On hold`)."""
    achieved, lifecycle = _achieved(goal), word(GOAL_STATUSES, goal.lifecycle_status)
    if achieved and goal.lifecycle_status in _GOES_ON:
        return achieved
    return ", ".join(filter(None, (lifecycle, achieved)))


def other_problems(summary: PatientSummary) -> Html:
    def body(problems: tuple[Condition, ...]) -> tuple[Html, int]:
        others = [p for p in current_problems(problems) if not set(p.keys) & set(PROGRAMME)]
        past = past_problems(problems)
        none = nothing() if current_problems(problems) else nothing(absence_words(summary, Subject.PROBLEMS))
        return fragment[
            h.ul(class_="c3-lines")[(_problem(p) for p in others)] if others else none,
            folded(tn("{n} past problem", "{n} past problems", len(past)), [_problem(p) for p in past], "past"),
        ], len(others)

    return section(t("Other problems"), summary.problems, body)


def _problem(problem: Condition) -> Html:
    remarks = [doubt_words(problem), word(CLINICAL_STATUSES, problem.clinical_status), problem.onset_text]
    remarks += [t("code not mapped")] if problem.unmapped else []
    details = ", ".join(remark for remark in remarks if remark)
    when = show_date(problem.onset) if problem.onset else ""
    if not problem.active:
        ended = show_date(problem.abatement) if problem.abatement else clean(problem.abatement_text, 80)
        when = t("until {date}", date=ended) if ended else when
    return h.li[
        h.div(class_="c3-main")[problem.text, h.div(class_="c3-sub")[details] if details else None],
        h.div(class_="c3-side")[when],
    ]


def doubt_words(problem: Condition) -> str:
    """`suspected, provisional diagnosis`; "" for a problem that is confirmed. An unknown word means a suspicion."""
    words = word(PROBLEM_VERIFICATIONS, problem.verification_status)
    known = problem.verification_status in PROBLEM_VERIFICATIONS
    return words if known or not problem.suspected else f"{t('suspected')}, {clean(words, 80)}"


def other_medicines(summary: PatientSummary, at: ViewTime) -> Html:
    def body(medicines: tuple[Medicine, ...]) -> tuple[Html, int]:
        shown = {key for p in current_problems(summary.problems.value or ()) for key in p.keys}
        others = [m for m in current_medicines(medicines) if not shown & set(m.conditions)]
        ended = ended_medicines(medicines)
        none = nothing() if current_medicines(medicines) else nothing(absence_words(summary, Subject.MEDICINES))
        classes = medicines_html(others, summary, at) if others else none
        past = [
            h.li[
                h.div(class_="c3-main")[m.text, h.div(class_="c3-sub")[show_status(m), show_reason(m)]],
                h.div(class_="c3-side")[show_date(m.ended or m.valid_until or m.started)],
            ]
            for m in ended
        ]
        return fragment[
            forbidden_html(forbidden_medicines(medicines), at),
            classes,
            folded(tn("{n} ended medicine", "{n} ended medicines", len(ended)), past, "ended"),
        ], len(others)

    return section(t("Other medicines"), summary.medicines, body)


def tasks_card(summary: PatientSummary, at: ViewTime) -> Html:
    def body(tasks: tuple[Task, ...]) -> tuple[Html, int]:
        current = [task for task in tasks if task.open]
        return h.ul(class_="c3-lines")[(_task(task, at) for task in current)] if current else nothing(), len(current)

    return section(t("Tasks"), summary.tasks, body)


def _task(task: Task, at: ViewTime) -> Html:
    late = task.due is not None and task.due.end < at.today
    due = (
        t("overdue, {date}", date=show_date(task.due))
        if late
        else show_date(task.due)
        if task.due
        else t("no due date")
    )
    return h.li[
        h.div(class_="c3-main")[
            task.text, h.div(class_="c3-sub")[task.owner_name or t("nobody yet")], comments_html(task)
        ],
        h.div(class_="c3-side c3-lateword" if late else "c3-side")[due],
    ]


def checks_card(summary: PatientSummary, at: ViewTime) -> Html | None:
    late = [check for check in summary.checks if check.overdue(at.today)]
    if not late:
        return None
    lines = [_check(check) for check in late]
    return card(t("Overdue checks"), h.ul(class_="c3-lines")[lines], len(late))


def _check(check: Check) -> Html:
    return h.li(title=f"{condition_name(check.condition)}: {check.source}")[
        h.div(class_="c3-main")[check_name(check), h.div(class_="c3-sub")[unbroken_dates(show_last(check))]],
        h.div(class_="c3-side")[t("due {date}", date=show_day(check.due))],
    ]


def contacts_lines(contacts: tuple[Contact, ...]) -> tuple[Html, int]:
    lines = [_contact(contact) for contact in contacts]
    rest = lines[CONTACTS_SHOWN:]
    return fragment[
        h.ul(class_="c3-lines")[lines[:CONTACTS_SHOWN]] if lines else nothing(),
        folded(tn("{n} earlier contact", "{n} earlier contacts", len(rest)), rest, "contacts"),
    ], len(contacts)


def _contact(contact: Contact) -> Html:
    kind = word(ENCOUNTER_KINDS, contact.kind)
    text = clean(contact.text, 200) or kind
    below = ", ".join(clean(part, 120) for part in (contact.reason, contact.with_whom, contact.place) if part)
    return h.li[
        h.div(class_="c3-main")[text, h.div(class_="c3-sub c3-clamp", title=below)[below] if below else None],
        h.div(class_="c3-side")[_contact_time(contact)],
    ]


def _contact_time(contact: Contact) -> Html:
    """`in hospital now, since: not recorded`, `planned 24-Nov-2026`, `12-Nov-2026`."""
    when = show_date(contact.when)
    if contact.ongoing:
        where = t("in hospital now") if contact.in_hospital else t("there now")
        since = t("since {date}", date=when) if contact.when else t("since: not recorded")
        return h.b[icon("warn"), " ", where, ", ", unbroken_dates(since)]
    return h.span[t("planned") + " " if contact.planned else "", when]


def team_lines(members: tuple[TeamMember, ...]) -> tuple[Html, int]:
    lines = [
        h.li[h.div(class_="c3-main")[h.bdi[member.name or t("Name not known")]], h.div(class_="c3-side")[_role(member)]]
        for member in members
    ]
    return h.ul(class_="c3-lines")[lines] if lines else nothing(), len(lines)


def _role(member: TeamMember) -> str:
    return clean(member.role_text or (member.role.display if member.role else ""), 80)


def carers_lines(carers: tuple[Carer, ...]) -> tuple[Html, int]:
    lines = [
        h.li[
            h.div(class_="c3-main")[
                h.bdi[carer.name or t("Name not known")], h.div(class_="c3-sub")[carer.relationship]
            ],
            h.div(class_="c3-side")[icon("phone") if carer.phone else None, " ", carer.phone],
        ]
        for carer in carers
    ]
    return h.ul(class_="c3-lines")[lines] if lines else nothing(), len(lines)
