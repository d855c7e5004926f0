"""Usual goals and activities of a condition as items of a plan: what somebody chose, to be agreed with the person."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from dashboard.actions.save import new_reference
from dashboard.domain.care_plan.plan_item import FieldValue, PlanItem
from dashboard.domain.care_plan.shared_plan import new_activity, new_goal
from dashboard.domain.care_plan.usual import Usual, UsualActivity, UsualGoal
from dashboard.domain.record.care_team import TeamMember
from dashboard.domain.record.condition import Condition, ConditionKey
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Reference
from dashboard.ui.record.names import condition_short
from dashboard.ui.shared.wording import t


@dataclass(frozen=True, slots=True)
class ForWhom:
    """The person for whom a plan is made, with the team and the problems, by whom and on which day."""

    patient: NamedReference
    me: NamedReference
    team: tuple[TeamMember, ...]
    problems: tuple[Condition, ...]
    today: date

    def addressed(self, key: ConditionKey) -> frozenset[Reference]:
        """The person's problems of this condition."""
        return frozenset(each.origin for each in self.problems if key in each.keys and each.active)


def usual_goal(goal: UsualGoal, usual: Usual, whom: ForWhom) -> PlanItem:
    """A goal of the team with the usual words, targets and due day."""
    due = PartialDate((whom.today + timedelta(weeks=goal.weeks)).isoformat())
    return new_goal(
        new_reference("Goal"),
        goal.text,
        whom.me,
        whom.today,
        targets=goal.targets,
        priority=goal.priority,
        due=due,
        addresses=whom.addressed(usual.condition),
    )


def usual_activity(
    activity: UsualActivity, usual: Usual, whom: ForWhom, goals: frozenset[Reference] = frozenset()
) -> PlanItem:
    """An activity with who does it: the patient, or the first of the team with the usual role, else the role's name."""
    made = new_activity(new_reference(activity.kind), activity.text, _owner(activity, whom), goals=goals)
    fields: dict[str, FieldValue] = {}
    if activity.weeks is not None and "due" in made.fields:
        fields["due"] = PartialDate((whom.today + timedelta(weeks=activity.weeks)).isoformat())
    if "addresses" in made.fields:
        fields["addresses"] = whom.addressed(usual.condition)
    return made.with_fields(fields)


def _owner(activity: UsualActivity, whom: ForWhom) -> NamedReference:
    if activity.by_patient:
        return whom.patient
    member = next((each for each in whom.team if each.role == activity.role and each.member is not None), None)
    return (
        NamedReference(member.member, member.name) if member is not None else NamedReference(None, activity.role_text)
    )


def usual_label(text: str, usual: Usual) -> str:
    """`HbA1c below 53 mmol/mol (T2DM, draft)`."""
    remarks = [condition_short(usual.condition), *([t("draft")] if usual.draft else [])]
    return f"{text} ({', '.join(remarks)})"


def sources(chosen: Iterable[UsualGoal | UsualActivity]) -> list[str]:
    """Where what was chosen comes from, each source once."""
    return list(dict.fromkeys(each.citation.cited for each in chosen))
