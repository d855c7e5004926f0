"""What stands under the columns of the patient page: other problems and medicines, tasks, checks, contacts, people."""

from dashboard.domain.attention.reason import Check
from dashboard.domain.record.care_team import Carer, TeamMember
from dashboard.domain.record.condition import Condition
from dashboard.domain.record.contact import Contact
from dashboard.domain.record.goal import Goal
from dashboard.domain.record.medicine import Medicine
from dashboard.domain.record.task import Task
from dashboard.domain.record.views import PatientSummary
from dashboard.ui.patient.medicines_html import medicines_html
from dashboard.ui.patient.parts import (
    ACTIVE,
    CURRENT_MEDICINE,
    ENDED_TASK,
    NOT_TRUE,
    PROGRAMME,
    Moment,
    card,
    current_problems,
    folded,
    nothing,
    section,
)
from dashboard.ui.record.names import (
    ACHIEVEMENTS,
    CLINICAL_STATUSES,
    ENCOUNTER_KINDS,
    GOAL_STATUSES,
    VERIFICATIONS,
    condition_name,
    condition_short,
    word,
)
from dashboard.ui.record.reasons import check_name, show_last
from dashboard.ui.shared.dates import show_date, show_day
from dashboard.ui.shared.html import Html, clean, dated, h, join
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.wording import t, tn

# The rest opens in place.
CONTACTS_SHOWN = 6
GOAL_GONE = frozenset({"cancelled", "rejected", "entered-in-error", "completed"})


def current_goals(goals: tuple[Goal, ...]) -> list[Goal]:
    """The goals that are still pursued."""
    return [goal for goal in goals if goal.lifecycle_status not in GOAL_GONE]


def goals_card(summary: PatientSummary, at: Moment) -> Html:
    """Each goal with whose it is, what it serves, how it stands and until when."""

    def body(goals: tuple[Goal, ...]) -> tuple[Html, int]:
        current = current_goals(goals)
        return h("ul", [_goal(goal, at) for goal in current], class_="c3-lines") if current else nothing(), len(current)

    return section(t("Goals"), summary.goals, body)


def _goal(goal: Goal, at: Moment) -> Html:
    late = goal.due is not None and goal.due.end < at.today and goal.achievement_status != "achieved"
    due = t("by {date}", date=show_date(goal.due)) if goal.due else ""
    below = [
        t("the patient’s own") if goal.by_patient else "",
        ", ".join(condition_short(key) for key in goal.addresses),
    ]
    status = word(ACHIEVEMENTS, goal.achievement_status) or word(GOAL_STATUSES, goal.lifecycle_status)
    return h(
        "li",
        h("div", goal.text, h("div", ", ".join(each for each in below if each), class_="c3-sub"), class_="c3-main"),
        h("div", status, h("div", due, class_="c3-lateword" if late else "c3-sub") if due else None, class_="c3-side"),
    )


def other_problems(summary: PatientSummary) -> Html:
    def body(problems: tuple[Condition, ...]) -> tuple[Html, int]:
        others = [p for p in current_problems(problems) if not set(p.keys) & set(PROGRAMME)]
        past = [p for p in problems if p.clinical_status not in ACTIVE and p.verification_status not in NOT_TRUE]
        return join(
            h("ul", [_problem(p) for p in others], class_="c3-lines") if others else nothing(),
            folded(tn("{n} past problem", "{n} past problems", len(past)), [_problem(p) for p in past], "past"),
        ), len(others)

    return section(t("Other problems"), summary.problems, body)


def _problem(problem: Condition) -> Html:
    remarks = [word(VERIFICATIONS, problem.verification_status), word(CLINICAL_STATUSES, problem.clinical_status)]
    remarks += [t("code not mapped")] if problem.unmapped else []
    said = ", ".join(remark for remark in remarks if remark)
    when = show_date(problem.onset) if problem.onset else ""
    return h(
        "li",
        h("div", problem.text, h("div", said, class_="c3-sub") if said else None, class_="c3-main"),
        h("div", when, class_="c3-side"),
    )


def other_medicines(summary: PatientSummary) -> Html:
    def body(medicines: tuple[Medicine, ...]) -> tuple[Html, int]:
        shown = {key for p in current_problems(summary.problems.value or ()) for key in p.keys}
        current = [m for m in medicines if m.status in CURRENT_MEDICINE]
        others = [m for m in current if not shown & set(m.serves)]
        ended = [m for m in medicines if m.status not in (*CURRENT_MEDICINE, "entered-in-error")]
        classes = medicines_html(others, ()) if others else nothing()
        past = [
            h("li", h("div", m.text, class_="c3-main"), h("div", show_date(m.ended or m.started), class_="c3-side"))
            for m in ended
        ]
        return join(classes, folded(tn("{n} ended medicine", "{n} ended medicines", len(ended)), past, "ended")), len(
            others
        )

    return section(t("Other medicines"), summary.medicines, body)


def tasks_card(summary: PatientSummary, at: Moment) -> Html:
    def body(tasks: tuple[Task, ...]) -> tuple[Html, int]:
        current = [task for task in tasks if task.status not in ENDED_TASK]
        return h("ul", [_task(task, at) for task in current], class_="c3-lines") if current else nothing(), len(current)

    return section(t("Tasks"), summary.tasks, body)


def _task(task: Task, at: Moment) -> Html:
    late = task.due is not None and task.due.end < at.today
    due = (
        t("overdue, {date}", date=show_date(task.due))
        if late
        else show_date(task.due)
        if task.due
        else t("no due date")
    )
    return h(
        "li",
        h("div", task.text, h("div", task.owner_name or t("nobody yet"), class_="c3-sub"), class_="c3-main"),
        h("div", due, class_="c3-side c3-lateword" if late else "c3-side"),
    )


def checks_card(summary: PatientSummary, at: Moment) -> Html | None:
    late = [check for check in summary.checks if check.overdue(at.today)]
    if not late:
        return None
    lines = [_check(check) for check in late]
    return card(t("Overdue checks"), h("ul", lines, class_="c3-lines"), len(late))


def _check(check: Check) -> Html:
    return h(
        "li",
        h("div", check_name(check), h("div", dated(show_last(check)), class_="c3-sub"), class_="c3-main"),
        h("div", t("due {date}", date=show_day(check.due)), class_="c3-side"),
        title=f"{condition_name(check.condition)}: {check.source}",
    )


def contacts_lines(contacts: tuple[Contact, ...]) -> tuple[Html, int]:
    lines = [_contact(contact) for contact in contacts]
    rest = lines[CONTACTS_SHOWN:]
    return join(
        h("ul", lines[:CONTACTS_SHOWN], class_="c3-lines") if lines else nothing(),
        folded(tn("{n} earlier contact", "{n} earlier contacts", len(rest)), rest, "contacts"),
    ), len(contacts)


def _contact(contact: Contact) -> Html:
    kind = word(ENCOUNTER_KINDS, contact.kind)
    text = clean(contact.text, 200) or kind
    below = ", ".join(clean(part, 120) for part in (contact.with_whom, contact.place) if part)
    planned = t("planned") + " " if contact.planned else ""
    return h(
        "li",
        h("div", text, h("div", below, class_="c3-sub c3-clamp", title=below) if below else None, class_="c3-main"),
        h("div", planned, show_date(contact.when), class_="c3-side"),
    )


def team_lines(members: tuple[TeamMember, ...]) -> tuple[Html, int]:
    lines = [
        h(
            "li",
            h("div", h("bdi", member.name or t("Name not known")), class_="c3-main"),
            h("div", _role(member), class_="c3-side"),
        )
        for member in members
    ]
    return h("ul", lines, class_="c3-lines") if lines else nothing(), len(lines)


def _role(member: TeamMember) -> str:
    return clean(member.role_text or (member.role.display if member.role else ""), 80)


def carers_lines(carers: tuple[Carer, ...]) -> tuple[Html, int]:
    lines = [
        h(
            "li",
            h(
                "div",
                h("bdi", carer.name or t("Name not known")),
                h("div", carer.relationship, class_="c3-sub"),
                class_="c3-main",
            ),
            h("div", icon("phone") if carer.phone else None, " ", carer.phone, class_="c3-side"),
        )
        for carer in carers
    ]
    return h("ul", lines, class_="c3-lines") if lines else nothing(), len(lines)
