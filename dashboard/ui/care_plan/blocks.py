"""The page of a plan in blocks, so that a form can stand right under what it changes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dashboard.domain.care_plan.arrange import ActivityLine, GoalLine
from dashboard.domain.values.datatypes import Reference
from dashboard.ui.care_plan import plan_html as parts
from dashboard.ui.care_plan.activity_html import count_html, small_button
from dashboard.ui.care_plan.page import PlanPage
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Html, fragment
from dashboard.ui.shared.press import press
from dashboard.ui.shared.wording import t


@dataclass(frozen=True, slots=True)
class Block:
    """A part of the page, and the items that stand in it. Goals follow one another in a list."""

    html: Html | None
    items: frozenset[Reference] = frozenset()
    goal: bool = False


def plan_blocks(page: PlanPage, heading: Html) -> list[Block]:
    """Every part of the page in the order in which it is read."""
    order, plan = page.order, page.shared.plan
    made = [Block(heading, frozenset({plan.origin})), Block(_goals_head(page))]
    made += [Block(parts.goal_html(page, line), _of_goal(line), goal=True) for line in (*order.own, *order.team)]
    made.append(Block(_goals_foot(page), frozenset({Reference("Goal", "new")})))
    made.append(Block(parts.written_html(page)))
    made.append(Block(parts.others_html(page), frozenset({*_origins(order.others), Reference("Task", "new")})))
    team = page.shared.team
    made.append(Block(parts.team_html(page), frozenset({team.origin} if team is not None else ())))
    made.append(Block(parts.plan_notes_html(page)))
    ended = (*(line.item.origin for line in order.ended_goals), *_origins(order.ended_activities))
    made.append(Block(parts.ended_html(page), frozenset(ended)))
    return made


def _of_goal(line: GoalLine) -> frozenset[Reference]:
    return frozenset({line.goal.origin, *_origins(line.activities)})


def _origins(lines: Iterable[ActivityLine]) -> list[Reference]:
    return [line.item.origin for line in lines]


def _goals_head(page: PlanPage) -> Html:
    number = len(page.order.own) + len(page.order.team)
    return h.div(class_="c3-planpart")[
        h.h2(class_="c3-sectionhead")[t("What we want to reach together"), " ", count_html(number)],
        h.p(class_="c3-quiet")[t("No goal is agreed yet")] if number == 0 and _has_all_goals(page) else None,
    ]


def _has_all_goals(page: PlanPage) -> bool:
    """Whether the page knows every goal of the plan, and none is inside it."""
    plan, known = page.shared.plan, {goal.origin for goal in page.shared.goals}
    return set(plan.goals) <= known and not plan.contained_goals


def _goals_foot(page: PlanPage) -> Html | None:
    if not page.may_change:
        return None
    return h.div(class_="c3-actions")[
        small_button(t("Add the person’s own goal"), press("add-goal", whose="patient"), "add-own-goal"),
        small_button(t("Add a goal of the team"), press("add-goal", whose="team"), "add-goal"),
    ]


def split(blocks: Sequence[Block], at: Reference | None) -> tuple[list[Block], list[Block]]:
    """The blocks up to the one in which the item stands, and those after it; all before where it stands nowhere."""
    place = next((number for number, block in enumerate(blocks) if at is not None and at in block.items), None)
    end = len(blocks) if place is None else place + 1
    return list(blocks[:end]), list(blocks[end:])


def blocks_html(blocks: Sequence[Block], *, large: bool = False) -> Html:
    """The blocks one after the other; goals that follow one another are a list."""
    shown: list[Html] = []
    goals: list[Html] = []
    for block in blocks:
        if block.goal and block.html is not None:
            goals.append(block.html)
            continue
        if goals:
            shown.append(h.ul(class_="c3-plangoals")[goals])
            goals = []
        shown += [block.html] if block.html is not None else []
    if goals:
        shown.append(h.ul(class_="c3-plangoals")[goals])
    return h.div(class_="c3-careplan c3-large" if large else "c3-careplan")[fragment[shown]]
