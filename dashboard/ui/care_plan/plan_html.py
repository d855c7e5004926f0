"""The shared plan for reading, as HTML: what is to be reached together, the person's own goals first; per goal its
target beside the latest result, who does what until when, and what is late; then what serves no goal, the team, and
what has ended.
"""

from collections.abc import Sequence
from typing import Final

from dashboard.actions.convert_activity_details import can_be_converted
from dashboard.domain.care_plan.arrange import GoalLine, goal_line
from dashboard.domain.care_plan.plan_item import PlanItem
from dashboard.domain.care_plan.shared_plan import EDITED_HERE
from dashboard.domain.record.goal import Acceptance, Goal
from dashboard.domain.record.unreadable import Unreadable
from dashboard.ui.care_plan.activity_html import (
    activities_html,
    count_html,
    item_id,
    none_words,
    notes_html,
    notes_of,
    small_button,
    what_html,
)
from dashboard.ui.care_plan.page import PlanPage, latest_results
from dashboard.ui.care_plan.words import (
    AGREEMENTS,
    GOAL_PRIORITIES,
    RELATIONS,
    STATUSES,
    item_name,
    kind_word,
    member_words,
)
from dashboard.ui.patient.parts import folded
from dashboard.ui.patient.plan_html import PROPOSALS, written_activity
from dashboard.ui.record.goals import AimWords, aim_words, noted_words
from dashboard.ui.record.mark_html import mark_html
from dashboard.ui.record.names import PLAN_STATUSES, word
from dashboard.ui.record.results import show_date_range
from dashboard.ui.record.sparkline import sparkline
from dashboard.ui.record.targets import aims, show_other_target
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_date, show_day
from dashboard.ui.shared.html import Html, clean, for_screen_readers, fragment, unbroken_dates
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.press import press
from dashboard.ui.shared.wording import t, tn


def heading_html(page: PlanPage, buttons: Sequence[Html] = ()) -> Html:
    """Title, status, review date, version, and who changed the plan last and why."""
    plan = page.shared.plan
    title = clean(plan.title or plan.category.text, 200) or t("Shared care plan")
    facts: list[Html] = [
        h.b(class_=f"c3-planstatus c3-plan-{clean(plan.status, 20)}")[word(PLAN_STATUSES, plan.status)]
    ]
    if plan.intent in PROPOSALS:
        facts.append(h.span(class_="c3-lateword")[t("a proposal, not agreed")])
    if plan.end is not None:
        late = plan.end.end < page.at.today and plan.status in ("active", "on-hold", "draft")
        words = (
            t("review was due {date}", date=show_date(plan.end))
            if late
            else t("review due {date}", date=show_date(plan.end))
        )
        facts.append(
            h.span(class_="c3-lateword" if late else None)[icon("late") if late else None, unbroken_dates(words)]
        )
    else:
        facts.append(h.span(class_="c3-lateword")[_without_date(t("no review date"), plan.unreadable)])
    if plan.version:
        facts.append(h.span(class_="c3-sub")[t("version {number}", number=clean(plan.version, 20))])
    return h.div(class_="c3-planhead", id=item_id(plan.origin))[
        h.h2[h.bdi[title]],
        h.p(class_="c3-planbox")[facts, h.span(class_="c3-sub")[unbroken_dates(_last_change(page))]],
        h.div(class_="c3-actions")[buttons] if buttons else None,
        h.p(class_="c3-plandescription")[h.bdi[clean(plan.description, 1000)]] if plan.description else None,
    ]


def _without_date(words: str, unreadable: Sequence[Unreadable]) -> str:
    """What is said where a date is not known: that there is none, or that it was not understood."""
    return t("a date was not understood") if any(each.why in _NO_DATES for each in unreadable) else words


_NO_DATES: Final = ("bad-date", "malformed")


def _last_change(page: PlanPage) -> str:
    """`last changed by A. Lindqvist, 14-Nov-2026: New result`, of whichever part of the plan was changed last."""
    last = page.last
    if last is None or last.when is None:
        return ""
    day = show_day(last.when.astimezone(page.at.zone).date())
    words = t("last changed by {who}", who=f"{clean(last.who, 120) or t('somebody elsewhere')}, {day}")
    why = clean(last.change.reason, 160) if last.change is not None and last.signed else ""
    return f"{words}: {why}" if why else words


def goal_html(page: PlanPage, line: GoalLine) -> Html:
    """One goal: its words with whose it is and who agrees; its targets; who does what for it."""
    goal = line.goal
    return h.li(
        class_="c3-plangoal" + (" c3-owngoal" if goal.by_patient else ""),
        id=item_id(goal.origin),
        data_key=f"goal-{goal.origin.id}",
    )[
        h.div(class_="c3-goalwords")[
            h.h3[h.bdi[f"“{goal.text}”" if goal.by_patient else goal.text]],
            h.p(class_="c3-tags")[_tags(page, goal)],
            _agreement(page, goal),
            _relations(page, goal),
            notes_html(goal.notes, f"notes-{goal.origin.id}"),
        ],
        h.div(class_="c3-goalaim")[_aims(page, goal, line), _far(page, line)],
        h.div(class_="c3-goaldo")[activities_html(page, line.activities), _goal_buttons(page, line)],
    ]


def _tags(page: PlanPage, goal: Goal) -> list[Html]:
    """Whose goal it is, the problems it addresses, and a priority that is not the usual one."""
    whose = t("the patient’s own") if goal.by_patient else t("the team’s")
    name = page.names.person(goal.expressed_by)
    if name and goal.expressed_by.to != page.patient:
        whose = t("wished by {who}", who=name) if goal.by_patient else name
    shown = [h.span(class_="c3-whose")[icon("person"), " ", h.bdi[whose]]]
    shown += [
        h.span(class_="c3-tag")[words]
        for words in dict.fromkeys(page.tags.get(each) or page.names.of(each) for each in goal.addresses)
    ]
    if goal.priority == "high-priority":
        shown.append(h.span(class_="c3-sub")[word(GOAL_PRIORITIES, goal.priority)])
    return shown


def _agreement(page: PlanPage, goal: Goal) -> Html | None:
    """Who agrees to the goal, and that the patient was not asked where nothing is recorded."""
    parts = [_accepted(page, each) for each in goal.accepted_by]
    asked = {each.person.to for each in goal.accepted_by}
    if page.patient not in asked and not goal.by_patient:
        parts.append(h.span(class_="c3-quiet")[t("patient’s agreement not recorded")])
    return h.p(class_="c3-agreement c3-sub")[[(part, " ") for part in parts]] if parts else None


def _accepted(page: PlanPage, accepted: Acceptance) -> Html:
    who = page.names.person(accepted.person) or t("not known")
    says = word(AGREEMENTS, accepted.status)
    sign = {"agree": icon("check"), "disagree": icon("warn")}.get(accepted.status)
    said = f": “{clean(accepted.words, 200)}”" if accepted.words else ""
    return h.span(class_="c3-lateword" if accepted.status == "disagree" else None)[
        sign, " " if sign else None, h.bdi[who], " ", says, said
    ]


def _relations(page: PlanPage, goal: Goal) -> Html | None:
    if not goal.related:
        return None
    return h.ul(class_="c3-relations c3-sub")[
        (
            h.li(class_="c3-lateword" if each.kind == "conflicts-with" else None)[
                icon("warn") if each.kind == "conflicts-with" else None,
                " ",
                word(RELATIONS, each.kind),
                " “",
                h.bdi[page.names.of(each.goal)],
                "”",
            ]
            for each in goal.related
        )
    ]


def _aims(page: PlanPage, goal: Goal, line: GoalLine) -> Html | None:
    known = {result.measure: result for result in line.results}
    words = [aim_words(aim, goal, known, page.at.today) for aim in aims(goal.targets)]
    others = [
        h.li[h.div(class_="c3-aimname")[h.bdi[clean(show_other_target(each), 200)]]] for each in goal.other_targets
    ]
    if not words and not others:
        return None
    return h.ul(class_="c3-aims")[[_aim(each) for each in words], others]


def _aim(words: AimWords) -> Html:
    """`HbA1c below 53 mmol/mol`, the latest value with its course, its marks, and the course as a picture."""
    marks = [fragment[" ", mark_html(sign, said)] for sign, said in words.marks]
    latest = words.latest
    if latest is None:
        return h.li[h.div[h.div(class_="c3-aimname")[words.aim], h.div(class_="c3-sub")[words.text]]]
    picture = sparkline(words.keys[0], show_date_range(words.keys[0], latest))
    return h.li(class_="c3-missed" if any(sign == "g" for sign, _ in words.marks) else None)[
        h.div[
            h.div(class_="c3-aimname")[words.aim],
            h.div[
                h.b(class_="c3-now")[latest.value, " ", h.small[latest.unit]],
                " ",
                h.span(class_="c3-sub")[unbroken_dates(latest.when)],
                marks,
            ],
            h.div(class_="c3-sub c3-course")[
                h.span(aria_hidden="true")[latest.arrow], " ", unbroken_dates(latest.course)
            ]
            if latest.course
            else None,
        ],
        picture,
    ]


def _far(page: PlanPage, line: GoalLine) -> Html:
    """By when, and what was noted of how far it is."""
    goal = line.goal
    late = line.late and goal.achievement_status != "achieved"
    due = t("by {date}", date=show_date(goal.due)) if goal.due else _without_date(t("no date"), goal.unreadable)
    return h.p(class_="c3-far")[
        h.span(class_="c3-lateword" if late else None)[
            icon("late") if late else icon("calendar"), " ", t("late: ") if late else None, unbroken_dates(due)
        ],
        " ",
        h.span(class_="c3-sub")[unbroken_dates(noted_words(goal))],
    ]


def _goal_buttons(page: PlanPage, line: GoalLine) -> Html | None:
    if not page.may_change:
        return None
    origin, about = str(line.goal.origin), clean(line.goal.text, 80)
    ident = line.goal.origin.id
    more = [
        small_button(t("Up"), press("up", item=origin), f"up-{ident}", about),
        small_button(t("Down"), press("down", item=origin), f"down-{ident}", about),
        small_button(t("Add a note"), press("note", item=origin), f"note-{ident}", about),
        small_button(t("End or reject"), press("end", item=origin), f"end-{ident}", about),
        small_button(t("How it came to be"), press("history", item=origin), f"history-{ident}", about),
    ]
    return h.div(class_="c3-actions")[
        small_button(t("Change"), press("edit", item=origin), f"edit-{ident}", about),
        small_button(t("Add activity"), press("add-activity", item=origin), f"add-{ident}", about),
        h.details(class_="c3-moreactions", data_key=f"more-{ident}")[
            h.summary[t("More"), for_screen_readers(f": {about}")], h.div(class_="c3-actions")[more]
        ],
    ]


def others_html(page: PlanPage) -> Html | None:
    """Activities that serve none of the goals."""
    lines = page.order.others
    add = None
    if page.may_change:
        add = [
            small_button(t("Add activity"), press("add-activity", item=""), "add-activity"),
            small_button(t("Medicines and appointments"), press("link"), "link-plan"),
        ]
    if not lines and add is None:
        return None
    return h.section(class_="c3-planpart")[
        h.h2(class_="c3-sectionhead")[t("Also to be done"), " ", count_html(len(lines))],
        activities_html(page, lines)
        if lines
        else h.p(class_="c3-quiet")[none_words(page, t("Nothing that serves no goal"))],
        h.div(class_="c3-actions")[add] if add else None,
    ]


def written_html(page: PlanPage) -> Html | None:
    """What is written in the plan itself and not in records of its own: shown, and converted on request."""
    plan = page.shared.plan
    goals = page.view.contained.get(plan.origin, ())
    # An activity that is a record of its own stands in its place, with what came of it.
    details = [each for each in plan.details if each.converted_to is None and (each.in_plan or each.record is None)]
    if not details and not goals and not plan.narrative:
        return None
    convert = None
    if page.may_change and any(map(can_be_converted, details)):
        convert = h.div(class_="c3-actions")[
            small_button(t("Make activities of them that can be changed"), press("convert"), "convert")
        ]
    lines = [
        *(_written_goal(page, goal) for goal in goals),
        *map(written_activity, sorted(details, key=lambda each: not each.not_to_do)),
    ]
    words = [h.li[h.div(class_="c3-main")[line]] for line in clean(plan.narrative, 4000).splitlines()]
    return h.section(class_="c3-planpart")[
        h.h2(class_="c3-sectionhead")[t("Written in the plan itself"), " ", count_html(len(lines))],
        h.ul(class_="c3-lines")[lines] if lines else None,
        folded(tn("{n} line of text in the plan", "{n} lines of text in the plan", len(words)), words, "plan-text"),
        convert,
    ]


def _written_goal(page: PlanPage, goal: Goal) -> Html:
    """A goal that is inside the plan: its words and targets, by when, and what was noted of how far it is."""
    line = goal_line(goal, latest_results(page.summary), page.at.today)
    return h.li[
        h.div(class_="c3-main")[
            icon("goal"), " ", h.bdi[f"“{goal.text}”" if goal.by_patient else goal.text], _aims(page, goal, line)
        ],
        h.div(class_="c3-side")[_far(page, line)],
    ]


def team_html(page: PlanPage) -> Html:
    """Who carries out the plan; memberships that are over are folded."""
    team = page.shared.team
    members = list(team.members) if team is not None else list(page.summary.team.value or ())
    today = page.at.today
    current = [each for each in members if each.until is None or each.until.end >= today]
    over = [each for each in members if each not in current]
    change = None
    if page.may_change and team is not None:
        change = h.div(class_="c3-actions")[
            small_button(t("Change the team"), press("edit", item=str(team.origin)), f"edit-{team.origin.id}")
        ]
    return h.section(class_="c3-planpart")[
        h.h2(class_="c3-sectionhead")[t("Who carries it out"), " ", count_html(len(current))],
        h.ul(class_="c3-planteam")[[h.li[icon("person"), " ", h.bdi[_member(each)]] for each in current]]
        if current
        else h.p(class_="c3-quiet")[t("No team is named")],
        h.details(data_key="team-over")[
            h.summary[tn("{n} former member", "{n} former members", len(over))],
            h.ul[[h.li[h.bdi[_member(each)]] for each in over]],
        ]
        if over
        else None,
        change,
    ]


def _member(member: object) -> str:
    return member_words(member)  # type: ignore[arg-type]


def plan_notes_html(page: PlanPage) -> Html:
    """The notes on the plan as a whole."""
    origin = str(page.shared.plan.origin)
    add = small_button(t("Add a note"), press("note", item=origin), "note-plan") if page.may_change else None
    notes = notes_html(page.shared.plan.notes, "notes-plan")
    return h.section(class_="c3-planpart")[
        h.h2(class_="c3-sectionhead")[t("Notes on the plan")],
        notes if notes is not None else h.p(class_="c3-quiet")[t("None")],
        h.div(class_="c3-actions")[add] if add else None,
    ]


def ended_html(page: PlanPage) -> Html | None:
    """What has ended, folded, each with why and a way back."""
    goals, activities = page.order.ended_goals, page.order.ended_activities
    if not goals and not activities:
        return None
    ended = [*(line.item for line in goals), *(line.item for line in activities)]
    lines = [_ended(page, item) for item in ended]
    label = tn("{n} goal or activity that has ended", "{n} goals and activities that have ended", len(lines))
    return h.section(class_="c3-planpart")[
        h.details(data_key="ended")[h.summary[label], h.ul(class_="c3-lines c3-ended")[lines]]
    ]


def _ended(page: PlanPage, item: PlanItem) -> Html:
    origin, about = item.origin, item_name(item, page.names, 80)
    status, why = page.state_of(origin), ""
    if origin.type in EDITED_HERE:
        status = word(STATUSES.get(origin.type, PLAN_STATUSES), str(item["status"]))
        why = clean(str(item["status_reason"]), 300) or t("no reason recorded")
    last = page.view.changes.get(origin)
    when = show_day(last.when.astimezone(page.at.zone).date()) if last is not None and last.when is not None else ""
    buttons = None
    if page.may_change and origin.type in EDITED_HERE and item["status"] != "entered-in-error":
        buttons = h.div(class_="c3-actions")[
            small_button(t("Reopen"), press("reopen", item=str(origin)), f"reopen-{origin.id}", about),
            small_button(t("How it came to be"), press("history", item=str(origin)), f"history-{origin.id}", about),
        ]
    return h.li(id=item_id(origin))[
        h.div(class_="c3-main")[
            h.span(class_="c3-sub")[kind_word(origin.type), " "],
            what_html(page, item),
            h.div(class_="c3-sub")[
                unbroken_dates(", ".join(filter(None, (status, when)))),
                ": " if why else None,
                h.bdi[why] if why else None,
            ],
            notes_html(notes_of(item), f"notes-{origin.id}"),
        ],
        h.div(class_="c3-side")[buttons],
    ]
