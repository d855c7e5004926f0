"""The summary of a patient on one screen, as HTML. Each section stands alone and says when it failed."""

from collections.abc import Collection

from dashboard.domain.attention.plan_review import review_due, unreviewed_since
from dashboard.domain.record.care_plan import CarePlanSummary
from dashboard.domain.record.unreadable import some_unread
from dashboard.domain.record.views import PatientSummary
from dashboard.domain.timeline.events import Timeline
from dashboard.domain.values.datatypes import Reference
from dashboard.ui.patient.jump_html import jump_html
from dashboard.ui.patient.measurements_html import measurements_html
from dashboard.ui.patient.medicines_html import medicines_html
from dashboard.ui.patient.parts import part_id, section
from dashboard.ui.patient.plan_html import plan_details
from dashboard.ui.patient.sections_html import (
    carers_lines,
    contacts_lines,
    goals_card,
    other_problems,
    team_lines,
)
from dashboard.ui.patient.since_html import since_html
from dashboard.ui.patient.tasks_html import tasks_part
from dashboard.ui.patient.urgent_html import urgent_html
from dashboard.ui.record.current import current_goals
from dashboard.ui.record.names import ON_TRACK, PLAN_STATUSES, word
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.banners_html import notices_html, warning_html
from dashboard.ui.shared.dates import show_day
from dashboard.ui.shared.html import Html, clean, fragment, unbroken_dates
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.notices import as_of_words, notice_words, old_words, stale_words, unreadable_words
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t, tn


def summary_html(
    summary: PatientSummary,
    at: ViewTime,
    stale: str = "",
    timeline: Timeline | None = None,
    *,
    may_change: bool = False,
) -> Html:
    """Everything under the banner, as the page puts it together of its three parts."""
    return fragment[
        attention_html(summary, at, stale, may_change=may_change),
        h.div(class_="c3-patient")[since_html(summary, timeline, at, may_change=may_change)],
        record_html(summary, at, may_change=may_change),
    ]


def attention_html(
    summary: PatientSummary,
    at: ViewTime,
    stale: str = "",
    *,
    may_change: bool = False,
    aside: Collection[str] = (),
    undo: Html | None = None,
) -> Html:
    """What to know before anything is read off, how the last change is taken back, and what needs attention."""
    age = as_of_words(summary.fetched, None, at.as_of, at.zone)
    warning = stale_words(summary.fetched, at.as_of, at.zone, stale or summary.stale)
    notices = [*unreadable_words(summary.unreadable), *(notice_words(notice) for notice in summary.notices)]
    return h.div(class_="c3-patient")[
        warning_html(warning),
        (warning_html(words) for words in old_words(summary.old, at.as_of, at.zone)),
        notices_html(notices),
        undo,
        urgent_html(summary, at, age, may_change=may_change, aside=aside),
    ]


def record_html(
    summary: PatientSummary, at: ViewTime, *, may_change: bool = False, me: Reference | None = None
) -> Html:
    """The record: measurements, medicines, goals beside tasks, then who and what else."""
    return h.div(class_="c3-patient")[
        jump_html(summary, at),
        measurements_html(summary, at),
        h.div(id=part_id("medicines"))[medicines_html(summary, at)],
        h.div(class_="c3-two c3-goalstasks", id=part_id("goals"))[
            h.div[goals_card(summary, at), _plan(summary, at)], tasks_part(summary, at, may_change=may_change, me=me)
        ],
        h.div(class_="c3-columns c3-more")[
            h.div(id=part_id("contacts"))[
                phones_html(summary), section(t("Recent contacts"), summary.contacts, contacts_lines)
            ],
            h.div(id=part_id("team"))[section(t("Care team"), summary.team, team_lines)],
            h.div(id=part_id("carers"))[section(t("Carers"), summary.carers, carers_lines)],
            h.div(id=part_id("problems"))[other_problems(summary)],
        ],
    ]


def phones_html(summary: PatientSummary) -> Html:
    """On which number the patient is called."""
    numbers = ", ".join(clean(number, 40) for number in summary.person.phones)
    return h.p(class_="c3-phones")[icon("phone"), " ", t("Phone"), " ", h.b[numbers or t("not recorded")]]


def _plan(summary: PatientSummary, at: ViewTime) -> Html:
    counts = [_goal_count(summary), _task_count(summary, at)]
    body = section(
        t("Care plan"), summary.plan, lambda plan: (_plan_body(plan, summary, at), 0), optional=True, framed=False
    )
    return h.div[body, h.p(class_="c3-planbox")[(count for count in counts if count)]]


def _plan_body(plan: CarePlanSummary | None, summary: PatientSummary, at: ViewTime) -> Html:
    if plan is None and some_unread(summary.unreadable, "CarePlan"):
        return h.p(class_="c3-lateword")[icon("warn"), " ", t("A care plan is there that could not be read")]
    if plan is None:
        return h.p(class_="c3-quiet")[t("No care plan")]
    version = f", {t('version')} {plan.version}" if plan.version else ""
    facts = [h.span[h.b[word(PLAN_STATUSES, plan.status)], version]]
    if due := review_due(plan):
        late = due < at.today
        day = show_day(due)
        review = t("review was due {date}", date=day) if late else t("review due {date}", date=day)
        facts.append(h.span(class_="c3-lateword" if late else None)[unbroken_dates(review)])
    if last := unreviewed_since(plan, at.today):
        words = t("not reviewed since {date}", date=show_day(last))
        facts.append(h.span(class_="c3-lateword")[unbroken_dates(words)])
    if plan.editor or plan.edited:
        when = show_day(plan.edited.astimezone(at.zone).date()) if plan.edited else ""
        who = ", ".join(part for part in (clean(plan.editor, 120), when) if part)
        facts.append(h.span(class_="c3-sub")[unbroken_dates(t("last changed by {who}", who=who))])
    return fragment[h.p(class_="c3-planbox")[facts], plan_details(plan)]


def _goal_count(summary: PatientSummary) -> Html | None:
    if summary.goals.value is None:
        return None
    goals = current_goals(summary.goals.value)
    on_track = sum(1 for goal in goals if goal.achievement_status in ON_TRACK)
    count = h.b[tn("{n} goal", "{n} goals", len(goals))]
    return h.span[icon("goal"), " ", count, f", {t('{n} on track', n=on_track)}" if goals else None]


def _task_count(summary: PatientSummary, at: ViewTime) -> Html | None:
    if summary.tasks.value is None:
        return None
    tasks = [task for task in summary.tasks.value if task.open]
    late = [task for task in tasks if task.due is not None and task.due.end < at.today]
    count = h.b[tn("{n} open task", "{n} open tasks", len(tasks))]
    owners = ", ".join(dict.fromkeys(clean(task.owner_name, 80) or t("nobody yet") for task in late))
    overdue = h.span(class_="c3-lateword")[", ", t("{n} overdue: {who}", n=len(late), who=owners)] if late else None
    return h.span[icon("task"), " ", count, overdue]
