"""The summary of a patient on one screen, as HTML. Each section stands alone and says when it failed."""

from collections.abc import Collection, Sequence

from dashboard.domain.attention.severity import any_urgent, urgency, urgent_measures
from dashboard.domain.record.care_plan import CarePlanSummary
from dashboard.domain.record.condition import PROGRAMME, Condition, ConditionKey
from dashboard.domain.record.medicine import Medicine
from dashboard.domain.record.observation import KeyResult, Measure
from dashboard.domain.record.views import PatientSummary
from dashboard.ui.patient.medicines_html import medicines_html
from dashboard.ui.patient.parts import (
    failure,
    folded,
    section,
)
from dashboard.ui.patient.plan_html import plan_details
from dashboard.ui.patient.sections_html import (
    carers_lines,
    checks_card,
    contacts_lines,
    doubt_words,
    goals_card,
    other_medicines,
    other_problems,
    tasks_card,
    team_lines,
)
from dashboard.ui.record.current import current_goals, current_medicines, current_problems
from dashboard.ui.record.names import (
    ON_TRACK,
    PLAN_STATUSES,
    condition_name,
    word,
)
from dashboard.ui.record.reasons import reasons_words
from dashboard.ui.record.reasons_html import reason_html, urgency_words
from dashboard.ui.record.results import ResultWords, pressure_words, result_class, result_words, show_date_range
from dashboard.ui.record.sparkline import sparkline
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.banners_html import notices_html, warning_html
from dashboard.ui.shared.dates import show_date, show_day
from dashboard.ui.shared.html import Html, clean, fragment, unbroken_dates
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.notices import as_of_words, notice_words, stale_words, unreadable_words
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t, tn

# Per column: more push the medicines below the fold; the timeline will have them all.
MEASURES_SHOWN = 5


def summary_html(summary: PatientSummary, at: ViewTime, stale: str = "") -> Html:
    """Everything under the banner."""
    age = as_of_words(summary.fetched, None, at.as_of, at.zone)
    warning = stale_words(summary.fetched, at.as_of, at.zone, stale or summary.stale)
    notices = [*unreadable_words(summary.unreadable), *(notice_words(notice) for notice in summary.notices)]
    return h.div(class_="c3-patient")[
        warning_html(warning),
        notices_html(notices),
        h.div(class_="c3-two")[_attention(summary, at, age), _plan(summary, at)],
        _conditions(summary, at),
        h.div(class_="c3-columns c3-more")[
            goals_card(summary, at),
            tasks_card(summary, at),
            checks_card(summary, at),
            other_problems(summary),
            other_medicines(summary, at),
            section(t("Recent contacts"), summary.contacts, contacts_lines),
            section(t("Care team"), summary.team, team_lines),
            section(t("Carers"), summary.carers, carers_lines),
        ],
    ]


def _attention(summary: PatientSummary, at: ViewTime, age: str) -> Html:
    late = [check for check in summary.checks if check.overdue(at.today)]
    lines = [reason_html(words) for words in reasons_words(summary.attention, late, at.today)]
    points, urgent = urgency(summary.attention), any_urgent(summary.attention)
    body = h.ul(class_="c3-reasons")[lines] if lines else h.p(class_="c3-quiet")[t("Nothing needs attention")]
    total = h.span(class_="c3-quiet", title=urgency_words(points, urgent))[t("urgency {points}", points=points)]
    return h.section[
        h.h2(class_="c3-sectionhead")[t("Needs attention"), " ", total if lines else None],
        body,
        h.p(class_="c3-sub")[icon("clock"), " ", age],
    ]


def _plan(summary: PatientSummary, at: ViewTime) -> Html:
    counts = [_goal_count(summary), _task_count(summary, at)]
    body = section(t("Care plan"), summary.plan, lambda plan: (_plan_body(plan, at), 0), optional=True, framed=False)
    return h.div[body, h.p(class_="c3-planbox")[(count for count in counts if count)]]


def _plan_body(plan: CarePlanSummary | None, at: ViewTime) -> Html:
    if plan is None:
        return h.p(class_="c3-quiet")[t("No care plan")]
    version = f", {t('version')} {plan.version}" if plan.version else ""
    facts = [h.span[h.b[word(PLAN_STATUSES, plan.status)], version]]
    if plan.review_due:
        late = plan.review_due < at.today
        day = show_day(plan.review_due)
        review = t("review was due {date}", date=day) if late else t("review due {date}", date=day)
        facts.append(h.span(class_="c3-lateword" if late else None)[unbroken_dates(review)])
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


def _conditions(summary: PatientSummary, at: ViewTime) -> Html:
    """A column for each of the four conditions that the patient has (stage, measures, medicines that serve it), and one
    for the results that belong to none of them.
    """
    problems = current_problems(summary.problems.value or ())
    results = summary.results.value or {}
    medicines = current_medicines(summary.medicines.value or ())
    keys = [key for key in PROGRAMME if any(key in problem.keys for problem in problems)]
    failed = [
        failure(label, section.failed)
        for label, section in (
            (t("Problems"), summary.problems),
            (t("Results"), summary.results),
            (t("Medicines"), summary.medicines),
        )
        if not section.ok
    ]
    columns = [
        _condition(key, [p for p in problems if key in p.keys], results.get(key, ()), medicines, keys, summary, at)
        for key in keys
    ]
    others = results.get(ConditionKey.OTHER, ())
    if others:
        columns.append(_other_results(others, summary, at))
    return fragment[failed, h.div(class_="c3-columns")[columns] if columns else None]


def _other_results(results: Sequence[KeyResult], summary: PatientSummary, at: ViewTime) -> Html:
    """The latest results that belong to none of the patient's programme conditions."""
    measures = measures_html(results, at, urgent_measures(summary.attention), ConditionKey.OTHER)
    return h.section(class_="c3-card")[h.header[h.h2[t("Other results")]], measures]


def _condition(
    key: ConditionKey,
    problems: Sequence[Condition],
    results: Sequence[KeyResult],
    medicines: Sequence[Medicine],
    keys: Sequence[ConditionKey],
    summary: PatientSummary,
    at: ViewTime,
) -> Html:
    stages = ", ".join(dict.fromkeys(clean(p.stage, 40) for p in problems if p.stage))
    doubts = ", ".join(dict.fromkeys(doubt_words(p) for p in problems)) if all(p.suspected for p in problems) else ""
    onset = min((p.onset for p in problems if p.onset), default=None)
    since = t("since {date}", date=show_date(onset)) if onset else ""
    serving = [m for m in medicines if key in m.conditions]
    measures = measures_html(results, at, urgent_measures(summary.attention), key)
    return h.section(class_="c3-card")[
        h.header[
            h.h2[condition_name(key)],
            h.span(class_="c3-stage")[stages] if stages else None,
            h.span(class_="c3-lateword")[doubts] if problems and doubts else None,
            h.span(class_="c3-sub")[since] if since else None,
        ],
        measures if results else h.p(class_="c3-quiet")[t("No results")] if summary.results.ok else None,
        medicines_html(serving, summary, at) if serving else None,
        h.p(class_="c3-quiet")[icon("pill"), " ", t("No medicine recorded for it")]
        if not serving and summary.medicines.ok
        else None,
    ]


def measures_html(results: Sequence[KeyResult], at: ViewTime, urgent: Collection[Measure] = (), key: str = "") -> Html:
    """The key measures of a condition, systolic and diastolic as one pair; those of which there are many open in place.

    What has a mark is never among the folded ones.
    """
    by_measure = {each.measure: each for each in results}
    shown: list[tuple[KeyResult, ResultWords]] = []
    for each in results:
        if each.measure is Measure.DIASTOLIC and Measure.SYSTOLIC in by_measure:
            continue
        words = (
            pressure_words(each, by_measure.get(Measure.DIASTOLIC), at.today, urgent)
            if each.measure is Measure.SYSTOLIC
            else result_words(each, at.today, urgent)
        )
        shown.append((each, words))
    first = [each for n, each in enumerate(shown) if n < MEASURES_SHOWN or each[1].marks]
    rest = [each for each in shown if each not in first]
    return h.div(class_="c3-measures")[
        (_measure(*each) for each in first),
        folded(
            tn("{n} more result", "{n} more results", len(rest)), [h.li[_measure(*each)] for each in rest], f"m-{key}"
        ),
    ]


def _measure(key: KeyResult, words: ResultWords) -> Html:
    """Name, the value large, its marks, its trend and date, its target; and the small picture."""
    classes = ("c3-measure", "c3-off" if words.abnormal else "", result_class(words) or "")
    return h.div(class_=" ".join(filter(None, classes)))[
        h.div[
            h.div(class_="c3-label")[words.name],
            (h.div(class_="c3-flag")["! ", each] for each in words.marks),
            h.div(class_="c3-big")[h.b[words.value], h.small[words.unit]],
            h.div(class_="c3-course")[_course(words), h.span(class_="c3-sub c3-nw")[words.when]],
            h.div(class_="c3-sub c3-age")[words.age] if words.age else None,
            h.div(class_="c3-sub")[words.target] if words.target else None,
            h.div(class_="c3-sub")[words.note] if words.note else None,
        ],
        sparkline(key, show_date_range(key, words)),
    ]


def _course(words: ResultWords) -> Html | None:
    """`↑ up from 62 on 12-Sep-2026`."""
    if not words.course:
        return None
    return h.span[
        h.span(aria_hidden="true")[words.arrow], " " if words.arrow else "", unbroken_dates(words.course), " "
    ]
