"""A patient's own record as HTML: what there is to do today, what results mean for the own goal, whom to call.

The sentences are in `words`, the glossary in `plain_words`; what the clinicians wrote is folded behind them. What
needs attention and urgency are left to the pages for professionals.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from dashboard.domain.access.own_tasks import is_own_task
from dashboard.domain.attention.plan_review import review_due
from dashboard.domain.record.care_plan import CarePlanSummary
from dashboard.domain.record.care_team import TeamMember
from dashboard.domain.record.condition import Condition, ConditionKey
from dashboard.domain.record.goal import Goal
from dashboard.domain.record.medicine import Medicine
from dashboard.domain.record.observation import KeyResult
from dashboard.domain.record.task import Task
from dashboard.domain.record.task_states import STATES, TaskAction
from dashboard.domain.record.unreadable import some_unread
from dashboard.domain.record.views import PatientSummary
from dashboard.domain.values.absence import Subject
from dashboard.domain.values.datatypes import Reference
from dashboard.ui.my_record.plain_words import plain_word
from dashboard.ui.my_record.words import PlainResult, due_words, emergency_code, in_order, plain_day, plain_results
from dashboard.ui.patient.banner_html import banner_html
from dashboard.ui.patient.medicines_html import forbidden_html
from dashboard.ui.patient.parts import absence_words, card, nothing, section
from dashboard.ui.patient.plan_html import plan_details
from dashboard.ui.patient.sections_html import (
    carers_lines,
    contacts_lines,
    doubt_words,
    team_lines,
)
from dashboard.ui.record.current import current_goals, current_medicines, current_problems, forbidden_medicines
from dashboard.ui.record.goals import goal_status
from dashboard.ui.record.medicines import show_dose, show_end
from dashboard.ui.record.names import (
    PLAN_STATUSES,
    condition_name,
    word,
)
from dashboard.ui.record.targets import aims, show_aim, show_other_target
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.banners_html import notices_html, warning_html
from dashboard.ui.shared.dates import show_date, show_day
from dashboard.ui.shared.html import Html, clean, for_screen_readers, fragment, unbroken_dates
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.notices import as_of_words, notice_words, old_words, stale_words, unreadable_words
from dashboard.ui.shared.press import press
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t, tn

UNDO_DAYS: Final = 14
"""Days for which a ticked task stays, so that the tick can be taken back."""


def own_banner_html(summary: PatientSummary, at: ViewTime) -> Html:
    """Whose record it is, with the allergies: the same banner as everywhere."""
    return banner_html(summary, at, may_follow=False)


def own_record_html(summary: PatientSummary, at: ViewTime, away: str = "", *, carer: Reference | None = None) -> Html:
    """Everything under the banner. `carer` is who looks, None for the patient. `away` says why it was not read anew."""
    me = carer or Reference("Patient", summary.person.id)
    as_carer = carer is not None
    warning = stale_words(summary.fetched, at.as_of, at.zone, away or summary.stale)
    notices = [*unreadable_words(summary.unreadable), *(notice_words(notice) for notice in summary.notices)]
    return h.div(class_="c3-patient c3-own")[
        warning_html(warning),
        (warning_html(words) for words in old_words(summary.old, at.as_of, at.zone)),
        notices_html(notices),
        h.p[
            t("You see this record as a carer, because the patient has agreed to it.")
            if as_carer
            else t("This is what your care team has on record for you. Ask them about anything that looks wrong."),
            " ",
            t("What the patient keeps private is not shown here.") if as_carer else None,
            " ",
            h.span(class_="c3-sub")[as_of_words(summary.fetched, None, at.as_of, at.zone)],
        ],
        h.div(class_="c3-ownfirst")[
            _today(summary, at, me),
            section(_results_label(as_carer), summary.results, lambda found: _results(found, as_carer=as_carer)),
            _who_to_call(summary),
            _when_ill(at),
        ],
        h.div(class_="c3-columns c3-more")[
            section(t("Goals"), summary.goals, lambda goals: _goals(goals, summary, at, measured=False)),
            section(
                t("Medicines to take now"),
                summary.medicines,
                lambda medicines: _medicines(medicines, summary, at),
            ),
            section(t("Appointments and visits"), summary.contacts, contacts_lines),
            section(t("Care team"), summary.team, team_lines),
            section(t("Family and friends who help"), summary.carers, carers_lines),
        ],
        h.details(data_key="clinicians", class_="c3-clinicians")[
            h.summary[t("What the clinicians wrote")],
            h.div(class_="c3-columns c3-more")[
                section(t("Health problems"), summary.problems, lambda problems: _problems(problems, summary)),
                section(t("Care plan"), summary.plan, lambda plan: (_plan(plan, summary, at), 0), optional=True),
                section(t("Goals in numbers"), summary.goals, lambda goals: _goals(goals, summary, at, measured=True)),
            ],
        ],
        h.p(class_="c3-sub")[t("The plain words on this page are a draft. No clinician has checked them yet.")],
    ]


def _today(summary: PatientSummary, at: ViewTime, me: Reference) -> Html:
    """What is to be done by the person, ticked here; the tasks of professionals are theirs, and not shown."""
    patient = Reference("Patient", summary.person.id)

    def body(tasks: tuple[Task, ...]) -> tuple[Html, int]:
        own = [task for task in tasks if is_own_task(task, patient, me)]
        waiting = in_order([task for task in own if task.open])
        done = [task for task in own if task.status == "completed" and _is_recent(task, at)]
        nothing_left = h.p(class_="c3-quiet")[t("There is nothing for you to do today.")]
        return fragment[
            h.ul(class_="c3-todo")[(_to_do(task, at, patient, me, summary.private) for task in waiting)]
            if waiting
            else nothing_left,
            h.ul(class_="c3-todo c3-done")[(_done(task) for task in done)] if done else None,
        ], len(waiting)

    return section(t("Today"), summary.tasks, body)


def _is_recent(task: Task, at: ViewTime) -> bool:
    """Ended today or in the days before it, so that a slip of the hand can be taken back."""
    return task.ended is not None and (at.today - task.ended.end).days <= UNDO_DAYS


def _to_do(task: Task, at: ViewTime, patient: Reference, me: Reference, private: Collection[Reference]) -> Html:
    late = task.due is not None and task.due.end < at.today
    due = due_words(task, at.today)
    whose = "" if task.owner == me else t("To be done by the patient") if task.owner == patient else ""
    may_tick = TaskAction.COMPLETE in STATES.get(task.status, {})
    name = clean(task.text, 300)
    button = h.button(
        class_="c3-tick",
        data_act=press("tick", id=task.origin.id, version=task.version),
        data_key=f"tick-{task.origin.id}",
        aria_label=t("Done: {what}", what=name),
    )[h.span(class_="c3-box", aria_hidden="true")[None]]
    return h.li[
        button if may_tick else h.span[None],
        h.div(class_="c3-main")[
            h.bdi[name],
            h.div(class_="c3-lateword" if late else "c3-sub")[due] if due else None,
            h.div(class_="c3-sub")[whose] if whose else None,
            _private(task.origin, private),
        ],
    ]


def _done(task: Task) -> Html:
    name = clean(task.text, 300)
    when = t("Done on {date}.", date=plain_day(task.ended)) if task.ended else t("Done.")
    return h.li[
        h.span(class_="c3-ticked")[icon("check"), for_screen_readers(t("Done"))],
        h.div(class_="c3-main")[h.bdi[name], h.div(class_="c3-sub")[when]],
        h.button(
            class_="c3-button c3-untick",
            data_act=press("untick", id=task.origin.id, version=task.version),
            data_key=f"untick-{task.origin.id}",
            aria_label=t("Not done after all: {what}", what=name),
        )[t("Undo")],
    ]


def _private(item: Reference, private: Collection[Reference]) -> Html | None:
    return h.div(class_="c3-sub c3-private")[t("Private: your carer does not see this.")] if item in private else None


def _results_label(as_carer: bool) -> str:
    return t("Results and goals") if as_carer else t("My results and my goals")


def _results(found: Mapping[ConditionKey, Sequence[KeyResult]], *, as_carer: bool) -> tuple[Html, int]:
    known = {key.measure: key for keys in found.values() for key in keys}
    results = plain_results(known, as_carer=as_carer)
    first = [each for each in results if each.has_goal]
    others = [each for each in results if not each.has_goal]
    more = h.details(data_key="other-results")[
        h.summary[tn("{n} more result", "{n} more results", len(others))],
        h.ul(class_="c3-plainresults")[(_result(each) for each in others)],
    ]
    return fragment[
        h.ul(class_="c3-plainresults")[(_result(each) for each in first)] if first else None,
        more if others else None,
        None if results else nothing(),
    ], len(results)


def _result(result: PlainResult) -> Html:
    return h.li(class_="c3-missed" if result.missed else None)[
        h.div(class_="c3-says")[icon("warn") if result.missed else None, h.span[result.sentence]],
        (h.div(class_="c3-sub")[" ".join(line)] for line in result.remarks if line),
        h.div(class_="c3-sub")[result.meaning] if result.meaning else None,
    ]


def _who_to_call(summary: PatientSummary) -> Html:
    """The numbers that the record has, and none that it has not."""

    def body(phones: Mapping[Reference, str]) -> tuple[Html, int]:
        members = [each for each in summary.team.value or () if each.member in phones]
        lines = [_number(each, phones[each.member]) for each in members if each.member is not None]
        none = h.p[
            t("There is no phone number of your care team on record."),
            " ",
            t("Use the number on their last letter to you, or ask at your next visit."),
        ]
        return (h.ul(class_="c3-lines")[lines] if lines else none), len(lines)

    return section(t("Who to call"), summary.phones, body)


def _number(member: TeamMember, number: str) -> Html:
    shown = clean(number, 40)
    dialled = "".join(letter for letter in shown if letter.isdigit() or letter == "+")
    role = clean(member.role_text or (member.role.display if member.role else ""), 80)
    return h.li[
        h.div(class_="c3-main")[
            h.bdi[member.name or t("Name not known")], h.div(class_="c3-sub")[role] if role else None
        ],
        h.div(class_="c3-side")[h.a(href=f"tel:{dialled}", class_="c3-call")[icon("phone"), " ", shown]],
    ]


def _when_ill(at: ViewTime) -> Html:
    words = [word for code in (emergency_code(at.zone), "ILL") if (word := plain_word(code)) is not None]
    return card(
        t("When you feel ill"),
        fragment[
            (h.p[word.meaning] for word in words),
            h.details(data_key="ill-source")[
                h.summary[t("Where these words come from")],
                h.ul(class_="c3-lines")[(h.li[word.source] for word in words)],
            ],
        ],
        None,
    )


def _problems(problems: Sequence[Condition], summary: PatientSummary) -> tuple[Html, int]:
    """The clinicians' own words, each with what it means where the glossary has it."""
    current = current_problems(problems)
    lines = [_problem(each, summary.private) for each in current]
    return (h.ul(class_="c3-lines")[lines] if lines else nothing(absence_words(summary, Subject.PROBLEMS))), len(lines)


def _problem(problem: Condition, private: Collection[Reference]) -> Html:
    doubt = doubt_words(problem)
    words = [word for key in problem.keys if (word := plain_word(key)) is not None]
    return h.li[
        h.div(class_="c3-main")[
            h.bdi[clean(problem.text, 200)],
            h.div(class_="c3-sub")[doubt] if doubt else None,
            (h.div(class_="c3-sub")[f"{word.name}: {word.meaning}"] for word in words),
            _private(problem.origin, private),
        ]
    ]


def _plan(plan: CarePlanSummary | None, summary: PatientSummary, at: ViewTime) -> Html:
    if plan is None and some_unread(summary.unreadable, "CarePlan"):
        return h.p(class_="c3-quiet")[t("There is a care plan that could not be read here. Ask your team about it.")]
    if plan is None:
        return h.p(class_="c3-quiet")[t("No care plan has been made yet.")]
    facts: list[str] = []
    if plan.edited:
        day = show_day(plan.edited.astimezone(at.zone).date())
        by = clean(plan.editor, 120)
        facts.append(
            t("Last changed on {date} by {name}.", date=day, name=by) if by else t("Last changed on {date}.", date=day)
        )
    if due := review_due(plan):
        late = due < at.today
        day = show_day(due)
        facts.append(
            t("It was to be looked at again by {date}.", date=day)
            if late
            else t("It will be looked at again by {date}.", date=day)
        )
    status = word(PLAN_STATUSES, plan.status)
    title = clean(plan.title, 200) or t("Care plan")
    return fragment[
        h.p[h.b[h.bdi[title]], h.span(class_="c3-sub")[", ", status] if status else None],
        (h.p[unbroken_dates(fact)] for fact in facts),
        plan_details(plan),
    ]


def _medicines(medicines: Sequence[Medicine], summary: PatientSummary, at: ViewTime) -> tuple[Html, int]:
    current = current_medicines(medicines)
    lines = [_medicine(each, summary.private, at) for each in current]
    none = nothing(absence_words(summary, Subject.MEDICINES))
    shown = h.ul(class_="c3-lines")[lines] if lines else none
    return fragment[forbidden_html(forbidden_medicines(medicines), at), shown], len(lines)


def _medicine(medicine: Medicine, private: Collection[Reference], at: ViewTime) -> Html:
    dose = show_dose(medicine) or t("how to take it is not recorded: ask before you take it")
    end = show_end(medicine, at.today)
    # Only what the record says: what its class usually treats is no fact about this patient.
    reasons = ", ".join(clean(reason, 120) for reason in medicine.reasons)
    return h.li[
        h.div(class_="c3-main")[
            h.bdi[clean(medicine.text, 200)],
            h.div(class_="c3-sub")[h.bdi[dose]],
            h.div(class_="c3-sub")[unbroken_dates(end)] if end else None,
            h.div(class_="c3-sub")[t("for {what}", what=reasons)] if reasons else None,
            _private(medicine.origin, private),
        ],
        h.div(class_="c3-side")[t("paused")] if medicine.status == "on-hold" else None,
    ]


def _goals(goals: Sequence[Goal], summary: PatientSummary, at: ViewTime, *, measured: bool) -> tuple[Html, int]:
    """The person's own goals first, with those that clinicians put in words; those that they put in numbers are told
    beside the results, and here as they wrote them.
    """
    current = [goal for goal in current_goals(goals) if bool(goal.targets and not goal.by_patient) is measured]
    current.sort(key=lambda goal: not goal.by_patient)
    lines = [_goal(goal, summary.private, at) for goal in current]
    return h.ul(class_="c3-lines")[lines] if lines else nothing(), len(lines)


def _goal(goal: Goal, private: Collection[Reference], at: ViewTime) -> Html:
    """With the names of the conditions in full: short ones are for professionals."""
    late = goal.due is not None and goal.due.end < at.today and goal.achievement_status != "achieved"
    due = t("by {date}", date=show_date(goal.due)) if goal.due else ""
    names = [condition_name(key) for key in goal.conditions if key is not ConditionKey.OTHER]
    below = ", ".join([t("the patient’s own"), *names] if goal.by_patient else names)
    status = goal_status(goal)
    details = fragment[
        h.div(class_="c3-sub")[below] if below else None,
        (h.div(class_="c3-sub")[show_aim(aim)] for aim in aims(goal.targets)),
        (h.div(class_="c3-sub")[h.bdi[clean(show_other_target(each), 200)]] for each in goal.other_targets),
        _private(goal.origin, private),
    ]
    return h.li[
        h.div(class_="c3-main")[h.bdi[clean(goal.text, 300)], details],
        h.div(class_="c3-side")[status, h.div(class_="c3-lateword" if late else "c3-sub")[due] if due else None],
    ]
