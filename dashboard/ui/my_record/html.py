"""A patient's own record as HTML, in plain words: what was agreed, medicines, what is being done, who helps.

What needs attention, urgency and results are left to the pages for professionals; the patient's own page of the plan
comes with what a patient may do there.
"""

from collections.abc import Sequence

from dashboard.domain.record.care_plan import CarePlanSummary
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.goal import Goal
from dashboard.domain.record.medicine import Medicine
from dashboard.domain.record.views import PatientSummary
from dashboard.domain.values.absence import Subject
from dashboard.ui.patient.banner_html import banner_html
from dashboard.ui.patient.medicines_html import forbidden_html
from dashboard.ui.patient.parts import absence_words, nothing, section
from dashboard.ui.patient.plan_html import plan_details
from dashboard.ui.patient.sections_html import (
    carers_lines,
    contacts_lines,
    goal_status,
    tasks_card,
    team_lines,
)
from dashboard.ui.record.current import current_goals, current_medicines, forbidden_medicines
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
from dashboard.ui.shared.html import Html, clean, fragment, unbroken_dates
from dashboard.ui.shared.notices import as_of_words, notice_words, stale_words, unreadable_words
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t


def own_banner_html(summary: PatientSummary, at: ViewTime) -> Html:
    """Whose record it is, with the allergies: the same banner as everywhere."""
    return banner_html(summary, at, may_follow=False)


def own_record_html(summary: PatientSummary, at: ViewTime, away: str = "", *, as_carer: bool = False) -> Html:
    """Everything under the banner; `away` says why it could not be read anew."""
    warning = stale_words(summary.fetched, at.as_of, at.zone, away or summary.stale)
    notices = [*unreadable_words(summary.unreadable), *(notice_words(notice) for notice in summary.notices)]
    return h.div(class_="c3-patient c3-own")[
        warning_html(warning),
        notices_html(notices),
        h.p[
            t("You see this record as a carer, because the patient has agreed to it.")
            if as_carer
            else t("This is what your care team has on record for you. Ask them about anything that looks wrong."),
            " ",
            h.span(class_="c3-sub")[as_of_words(summary.fetched, None, at.as_of, at.zone)],
        ],
        h.div(class_="c3-columns c3-more")[
            section(t("Care plan"), summary.plan, lambda plan: (_plan(plan, at), 0), optional=True),
            section(t("Goals"), summary.goals, lambda goals: _goals(goals, at)),
            section(
                t("Medicines to take now"), summary.medicines, lambda medicines: _medicines(medicines, summary, at)
            ),
            tasks_card(summary, at),
            section(t("Appointments and visits"), summary.contacts, contacts_lines),
            section(t("Care team"), summary.team, team_lines),
            section(t("Family and friends who help"), summary.carers, carers_lines),
        ],
    ]


def _plan(plan: CarePlanSummary | None, at: ViewTime) -> Html:
    if plan is None:
        return h.p(class_="c3-quiet")[t("No care plan has been made yet.")]
    facts: list[str] = []
    if plan.edited:
        day = show_day(plan.edited.astimezone(at.zone).date())
        by = clean(plan.editor, 120)
        facts.append(
            t("Last changed on {date} by {name}.", date=day, name=by) if by else t("Last changed on {date}.", date=day)
        )
    if plan.review_due:
        late = plan.review_due < at.today
        day = show_day(plan.review_due)
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
    lines = [_medicine(each, at) for each in current]
    none = nothing(absence_words(summary, Subject.MEDICINES))
    shown = h.ul(class_="c3-lines")[lines] if lines else none
    return fragment[forbidden_html(forbidden_medicines(medicines), at), shown], len(lines)


def _medicine(medicine: Medicine, at: ViewTime) -> Html:
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
        ],
        h.div(class_="c3-side")[t("paused")] if medicine.status == "on-hold" else None,
    ]


def _goals(goals: Sequence[Goal], at: ViewTime) -> tuple[Html, int]:
    current = current_goals(goals)
    return h.ul(class_="c3-lines")[(_goal(goal, at) for goal in current)] if current else nothing(), len(current)


def _goal(goal: Goal, at: ViewTime) -> Html:
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
    ]
    return h.li[
        h.div(class_="c3-main")[h.bdi[clean(goal.text, 300)], details],
        h.div(class_="c3-side")[status, h.div(class_="c3-lateword" if late else "c3-sub")[due] if due else None],
    ]
