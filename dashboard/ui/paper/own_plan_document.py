"""The shared care plan for the person whom it is for: in plain words and large letters, to keep at home.

It says what matters to the person, what the person and the others do until when, and whom to call. What colleagues have
to know beyond that is on their sheets (`plan_document`).
"""

from collections.abc import Iterable, Sequence

from dashboard.domain.access.user import User
from dashboard.domain.care_plan.arrange import ActivityLine, GoalLine
from dashboard.domain.care_plan.shared_plan import SharedPlan
from dashboard.domain.care_plan.statuses import ENDED
from dashboard.domain.care_plan.views import CarePlanView
from dashboard.domain.record.appointment import Appointment
from dashboard.domain.record.care_team import covers
from dashboard.domain.record.goal import Goal
from dashboard.domain.record.views import PatientSummary
from dashboard.domain.values.datatypes import NamedReference, PartialDate
from dashboard.paper.document import Block, Bullets, Cell, Document, Paragraph, Words
from dashboard.ui.care_plan.other_html import warnings_html
from dashboard.ui.care_plan.page import PlanPage, latest_results, plan_page
from dashboard.ui.care_plan.words import item_name
from dashboard.ui.my_record.plain_words import plain_word
from dashboard.ui.my_record.words import emergency_code, goal_sentences, plain_day
from dashboard.ui.paper.page_blocks import page_blocks
from dashboard.ui.paper.sheet import document, heading, identity, late, plain, said, soft, strong, warned
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t


def own_plan_document(
    view: CarePlanView, shared: SharedPlan, summary: PatientSummary, who: User, at: ViewTime, stale: str = ""
) -> Document:
    """The plan for the person. What could not be read is said first, as everywhere."""
    page = plan_page(view, shared, summary, at)
    warnings = warnings_html(view, at, stale)
    blocks = [
        *(page_blocks(warnings) if warnings is not None else []),
        *_first(page),
        *_goals(page),
        *_doing(page),
        *_reached(page),
        *_calls(page),
        said(t("These sheets are for you. They may say things that you do not tell everybody.")),
        Paragraph((soft(t("The plain words on these sheets are a draft. No clinician has checked them yet.")),)),
    ]
    return document(t("My care plan"), who, at, identity(summary.person, at), blocks, large=True)


def _first(page: PlanPage) -> list[Block]:
    """What these sheets are, whether the plan is agreed, and when it is gone through again."""
    plan = page.shared.plan
    state = {
        "draft": t("This plan is a draft. You and your care team have not agreed on it yet."),
        "on-hold": t("This plan is on hold for now."),
        "completed": t("This plan has come to its end."),
        "revoked": t("This plan does not count any more."),
    }.get(plan.status, "")
    blocks: list[Block] = [
        *warned([state]),
        said(t("This is what you and your care team want to do. Ask them about anything that is not clear.")),
    ]
    if plan.end is not None and plan.status not in ENDED:
        day = plain_day(plan.end)
        blocks.append(
            said(t("We wanted to look at it again by {date}.", date=day))
            if plan.end.end < page.at.today
            else said(t("We will look at it again by {date}.", date=day))
        )
    return blocks


def _goals(page: PlanPage) -> list[Block]:
    """The person's own goals in the person's words, then those of others: a carer's wish is not the person's own."""
    every = (*page.order.own, *page.order.team)
    own = [line for line in page.order.own if line.goal.expressed_by.to in (page.patient, None)]
    team = [line for line in every if line not in own]
    return [
        heading(t("What matters to me")),
        *_listed(
            [_goal(page, line, f"“{clean(line.goal.text, 600)}”") for line in own],
            t("Nothing is written here yet. Tell your care team what matters to you."),
        ),
        heading(t("What we want to reach")),
        *_listed([_goal(page, line, clean(line.goal.text, 600)) for line in team], t("No goal is agreed yet.")),
    ]


def _goal(page: PlanPage, line: GoalLine, words: str) -> Cell:
    """The goal in its words, whose wish it is, each result with what is aimed at in a sentence, and by when."""
    goal = line.goal
    wished = goal.by_patient and goal.expressed_by.to not in (page.patient, None)
    measured = [plain(each) for each in goal_sentences(goal, latest_results(page.summary))]
    missing = [plain(t("There is no result yet."))] if goal.targets and not measured else []
    whose = [plain(t("{name} wishes this.", name=page.names.person(goal.expressed_by)))] if wished else []
    return (strong(words), *whose, *_agreed(page, goal), *measured, *missing, *_by(page, goal.due))


def _agreed(page: PlanPage, goal: Goal) -> list[Words]:
    """What the person has said to a goal of others, where that is not a yes."""
    said_so = {each.person.to: each.status for each in goal.accepted_by}
    sentences = {
        "disagree": t("You have said that you do not want this."),
        "pending": t("You have not said yet whether you want this."),
    }
    found = sentences.get(said_so.get(page.patient, ""))
    return [late(found)] if found else []


def _by(page: PlanPage, due: PartialDate | None) -> list[Words]:
    if due is None:
        return []
    day, over = plain_day(due), due.end < page.at.today
    return [soft(t("We wanted to be there by {date}.", date=day) if over else t("By {date}.", date=day))]


def _doing(page: PlanPage) -> list[Block]:
    """What the person does, then what the others do, each thing once."""
    lines: dict[object, ActivityLine] = {}
    for found in (*(goal.activities for goal in (*page.order.own, *page.order.team)), page.order.others):
        lines |= {line.item.origin: line for line in found}
    mine = [line for line in lines.values() if _owner(line) == page.patient]
    # A prescription that is not among the records has no name to show; the list of medicines has what is taken.
    known = [line for line in lines.values() if line.item["title"] or line.item.origin in page.view.linked]
    others = [line for line in known if line not in mine]
    return [
        heading(t("What I do")),
        *_listed([_activity(page, line) for line in _soonest(mine)], t("There is nothing for you to do now.")),
        heading(t("What others do")),
        *_listed([_activity(page, line) for line in _soonest(others)], t("Nobody has anything to do now.")),
    ]


def _owner(line: ActivityLine) -> object:
    owner = line.item["owner"]
    return owner.to if isinstance(owner, NamedReference) else None


def _soonest(lines: Sequence[ActivityLine]) -> list[ActivityLine]:
    def place(line: ActivityLine) -> tuple[bool, float]:
        due = line.item["due"]
        return not isinstance(due, PartialDate), due.moment.timestamp() if isinstance(due, PartialDate) else 0.0

    return sorted(lines, key=place)


def _activity(page: PlanPage, line: ActivityLine) -> Cell:
    """What it is, who does it, and by when."""
    due, origin = line.item["due"], line.item.origin
    who = page.names.person(line.item["owner"]) if _owner(line) != page.patient else ""
    when = ""
    if isinstance(due, PartialDate):
        day = plain_day(due)
        when = t("This was due on {date}.", date=day) if due.end < page.at.today else t("By {date}.", date=day)
    linked = page.view.linked.get(origin)
    name = item_name(line.item, page.names, 300)
    name = f"{t('Not to be done')}: {name}" if page.not_to_do(origin) else name
    if isinstance(linked, Appointment):
        name = linked.description or linked.service_type.text or linked.type.text or t("Appointment")
        when = t("On {date}.", date=plain_day(linked.when)) if linked.when else ""
    below = tuple(soft(each) for each in (f"{who}." if who else "", when) if each)
    return (strong(name), *((below,) if below else ()))


def _reached(page: PlanPage) -> list[Block]:
    reached = [line.goal for line in page.order.ended_goals if line.goal.lifecycle_status == "completed"]
    if not reached:
        return []
    return [heading(t("What we have reached")), *_listed([(plain(clean(goal.text, 600)),) for goal in reached], "")]


def _calls(page: PlanPage) -> list[Block]:
    """Who is on the team, with the numbers that the record has, and what to do in an emergency."""
    phones = page.summary.phones.value or {}
    members = page.shared.team.members if page.shared.team is not None else page.summary.team.value or ()
    current = [
        each
        for each in members
        if covers(each.since, each.until, page.at.today)
        and (each.member is None or each.member.type not in ("Patient", "RelatedPerson"))
    ]
    lines: list[Cell] = []
    for each in current:
        role = clean(each.role_text or (each.role.display if each.role else ""), 80)
        number = clean(phones.get(each.member, ""), 40) if each.member else ""
        parts = [strong(clean(each.name, 120) or t("Name not known")), soft(role), strong(number)]
        lines.append((tuple(part for part in parts if part.text),))
    none = "" if phones else t("Use the number on their last letter to you, or ask at your next visit.")
    ill = [word.meaning for code in (emergency_code(page.at.zone), "ILL") if (word := plain_word(code)) is not None]
    return [
        heading(t("Who to call")),
        *_listed(lines, t("No team is named")),
        *([said(none)] if none else []),
        heading(t("When you feel ill")),
        *(said(each) for each in ill),
    ]


def _listed(items: Iterable[Cell], none: str) -> list[Block]:
    shown = tuple(items)
    return [Bullets(shown)] if shown else [said(none)]
