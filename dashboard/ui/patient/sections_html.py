"""What stands under the columns of the patient page: other problems and medicines, tasks, checks, contacts, people."""

from collections.abc import Mapping

from dashboard.domain.record.care_team import Carer, TeamMember
from dashboard.domain.record.condition import PROGRAMME, Condition
from dashboard.domain.record.contact import Contact
from dashboard.domain.record.goal import Goal
from dashboard.domain.record.observation import KeyResult, Measure, Target
from dashboard.domain.record.views import PatientSummary
from dashboard.domain.values.absence import Subject
from dashboard.ui.patient.parts import (
    absence_words,
    folded,
    nothing,
    section,
)
from dashboard.ui.record.current import (
    current_goals,
    current_problems,
    past_problems,
)
from dashboard.ui.record.goals import aim_words, noted_words
from dashboard.ui.record.mark_html import mark_html
from dashboard.ui.record.names import (
    CLINICAL_STATUSES,
    ENCOUNTER_KINDS,
    PROBLEM_VERIFICATIONS,
    condition_short,
    word,
)
from dashboard.ui.record.people import show_names
from dashboard.ui.record.targets import aims, show_other_target
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.html import Html, clean, fragment, unbroken_dates
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t, tn

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
        past = [_goal(goal, known, at) for goal in goals if goal not in current]
        return fragment[
            h.ul(class_="c3-lines")[lines] if current else nothing(),
            folded(tn("{n} goal that has ended", "{n} goals that have ended", len(past)), past, "ended-goals"),
        ], len(current)

    return section(t("Goals"), summary.goals, body)


def _goal(goal: Goal, known: Mapping[Measure, KeyResult], at: ViewTime) -> Html:
    late = goal.due is not None and goal.due.end < at.today and goal.achievement_status != "achieved"
    due = t("by {date}", date=show_date(goal.due)) if goal.due else ""
    below = [
        t("the patient’s own") if goal.by_patient else clean(goal.expressed_by.name, 80),
        ", ".join(condition_short(key) for key in goal.conditions),
    ]
    return h.li[
        h.div(class_="c3-main")[
            goal.text,
            h.div(class_="c3-sub")[", ".join(each for each in below if each)],
            (_target(aim, goal, known, at) for aim in aims(goal.targets)),
            (h.div(class_="c3-sub")[h.bdi[clean(show_other_target(each), 200)]] for each in goal.other_targets),
        ],
        h.div(class_="c3-side")[
            noted_words(goal), h.div(class_="c3-lateword" if late else "c3-sub")[due] if due else None
        ],
    ]


def _target(aim: tuple[Target, ...], goal: Goal, known: Mapping[Measure, KeyResult], at: ViewTime) -> Html:
    """`HbA1c below 53 mmol/mol`, and under it the latest result with its trend, and whether it misses this target."""
    words = aim_words(aim, goal, known, at.today)
    marks = [fragment[" ", mark_html(sign, said)] for sign, said in words.marks]
    return fragment[h.div(class_="c3-sub")[words.aim], h.div(class_="c3-sub")[unbroken_dates(words.text), marks]]


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
    parts = (clean(contact.reason, 120), show_names(contact.with_whom, 120), clean(contact.place, 120))
    below = ", ".join(part for part in parts if part)
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
