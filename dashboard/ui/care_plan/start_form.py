"""What is filled in before there is a plan: kept by key, so that it can be offered again, and made items of a plan."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Generic, TypeVar

from dashboard.domain.care_plan.plan_item import PlanItem
from dashboard.domain.care_plan.usual import Usual, UsualActivity, UsualGoal
from dashboard.domain.values.datatypes import Reference
from dashboard.ui.care_plan.usual_items import ForWhom, usual_activity, usual_goal, usual_label

START: Final = Reference("CarePlan", "to-be-started")
"""The item of the draft: there is one start for each patient."""
DO: Final = "start"
"""What the draft says is done to it."""
T = TypeVar("T", UsualGoal, UsualActivity)


@dataclass(frozen=True, slots=True)
class Offered(Generic[T]):
    """A usual goal or activity with the condition it is usual for, and its words."""

    what: T
    usual: Usual
    label: str


@dataclass(frozen=True, slots=True)
class StartForm:
    """The form of a patient as it was begun: `fields` are those of a draft typed at that moment. `round` counts how
    often it was begun anew: its fields are others then.
    """

    patient_id: str
    fields: Mapping[str, Hashable] = field(default_factory=dict)
    typed: datetime | None = None
    round: int = 0

    def key(self, name: str) -> str:
        """The key of a field; those of another patient are others."""
        return f"start_{name}-{self.patient_id}" + (f"-{self.round}" if self.round else "")

    def words(self, name: str, otherwise: str) -> str:
        value = self.fields.get(name, otherwise)
        return value if isinstance(value, str) else otherwise

    def day(self, name: str, otherwise: date | None) -> date | None:
        value = self.fields.get(name, otherwise)
        return value if isinstance(value, date) else None

    def keys(self, name: str) -> tuple[str, ...]:
        value = self.fields.get(name, ())
        return tuple(map(str, value)) if isinstance(value, tuple) else ()


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is filled in: goals and activities by their keys, the reason in words."""

    title: str
    due: date | None
    goals: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    why: str = ""
    team: Reference | None = None

    def fields(self) -> dict[str, Hashable]:
        """What a draft keeps of it."""
        return {
            "title": self.title,
            "due": self.due,
            "goals": self.goals,
            "activities": self.activities,
            "why": self.why,
            "team": str(self.team) if self.team is not None else "",
        }


def goals_of(usual: Sequence[Usual]) -> dict[str, Offered[UsualGoal]]:
    """The usual goals by the key under which a draft keeps them."""
    return {
        f"{one.condition}-{goal.key}": Offered(goal, one, usual_label(goal.text, one))
        for one in usual
        for goal in one.goals
    }


def activities_of(usual: Sequence[Usual], chosen: Sequence[Offered[UsualGoal]]) -> dict[str, Offered[UsualActivity]]:
    """The usual activities that serve the goals chosen."""
    return {
        f"{goal.usual.condition}-{activity.key}": Offered(activity, goal.usual, usual_label(activity.text, goal.usual))
        for goal in chosen
        for activity in goal.usual.serving(goal.what)
    }


def items_of_start(
    usual: Sequence[Usual], goals: Sequence[str], activities: Sequence[str], whom: ForWhom
) -> list[PlanItem]:
    """The new items, each activity with the goals that it serves. What is not usual any more is left out."""
    known = goals_of(usual)
    picked = [known[key] for key in goals if key in known]
    made = {(each.usual.condition, each.what.key): usual_goal(each.what, each.usual, whom) for each in picked}
    found = list(made.values())
    offered = activities_of(usual, picked)
    for each in (offered[key] for key in activities if key in offered):
        condition = each.usual.condition
        served = frozenset(made[condition, key].origin for key in each.what.goals if (condition, key) in made)
        found.append(usual_activity(each.what, each.usual, whom, served))
    return found
