"""The words of a care plan: its fields, their values as pages show them, and what may be chosen for them.

A name of a record comes from `Names`, which the page makes of what it has read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from dashboard.domain.care_plan.plan_item import AGREEMENT, MEMBER, RELATION, FieldValue, PlanItem, about_of
from dashboard.domain.care_plan.shared_plan import Membership
from dashboard.domain.record.comment import Comment
from dashboard.domain.record.goal import OtherTarget
from dashboard.domain.record.observation import Target
from dashboard.domain.values.datatypes import CodeableConcept, NamedReference, PartialDate, Reference
from dashboard.ui.record.names import (
    ACHIEVEMENTS,
    GOAL_STATUSES,
    PLAN_STATUSES,
    PRIORITIES,
    TASK_STATUSES,
    word,
)
from dashboard.ui.record.targets import aims, show_aim, show_other_target
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.wording import mark, t

# https://hl7.org/fhir/R4/valueset-goal-priority.html
GOAL_PRIORITIES = {
    "high-priority": mark("High priority"),
    "medium-priority": mark("Medium priority"),
    "low-priority": mark("Low priority"),
    "": "",
}
# https://hl7.org/fhir/R4/valueset-goal-acceptance-status.html
AGREEMENTS = {
    "agree": mark("agrees"),
    "disagree": mark("does not agree"),
    "pending": mark("has not decided yet"),
    "": mark("not recorded"),
}
# https://hl7.org/fhir/R4/valueset-goal-relationship-type.html, and our own "conflicts-with".
RELATIONS = {
    "conflicts-with": mark("conflicts with"),
    "predecessor": mark("comes after"),
    "successor": mark("comes before"),
    "replacement": mark("is replaced by"),
    "milestone": mark("has as a step"),
    "other": mark("is related to"),
}
STATUSES = {
    "Goal": GOAL_STATUSES,
    "CarePlan": PLAN_STATUSES,
    "Task": TASK_STATUSES,
    "ServiceRequest": PLAN_STATUSES,
    "CommunicationRequest": PLAN_STATUSES,
}
KINDS = {
    "CarePlan": mark("The plan"),
    "Goal": mark("Goal"),
    "Task": mark("Task"),
    "ServiceRequest": mark("Order"),
    "CommunicationRequest": mark("Message"),
    "MedicationRequest": mark("Prescription"),
    "Appointment": mark("Appointment"),
    "CareTeam": mark("Care team"),
}
# field -> its name; a field of many has the name of what it is about behind it.
FIELDS = {
    "title": mark("In words"),
    "description": mark("Description"),
    "status": mark("Status"),
    "achievement_status": mark("How far it is"),
    "priority": mark("Priority"),
    "targets": mark("Target"),
    "start": mark("From"),
    "due": mark("By when"),
    "expressed_by": mark("Whose goal"),
    "owner": mark("Who does it"),
    "code": mark("Kind"),
    "reason": mark("What for"),
    "status_reason": mark("Why it has this status"),
    "outcome": mark("What came of it"),
    "addresses": mark("Problems"),
    "goals": mark("For which goals"),
    "notes": mark("Notes"),
    "goal_order": mark("Goals and their order"),
    "activity_order": mark("Activities and their order"),
    AGREEMENT: mark("Agreement"),
    RELATION: mark("Other goal"),
    MEMBER: mark("Member"),
}
_OF_THE_PLAN = {"title": mark("Title"), "due": mark("Review date")}
# What is usually the reason for a change: the choice is ours, a draft.
REASONS = (
    mark("Agreed with the person"),
    mark("New result or finding"),
    mark("Agreed at the team conference"),
    mark("Review of the plan"),
    mark("Correction of an entry"),
)
END_REASONS = (
    mark("Reached"),
    mark("The person does not want it any more"),
    mark("It does more harm than good now"),
    mark("Something else has taken its place"),
    mark("Entered in error"),
)


@dataclass(frozen=True, slots=True)
class Names:
    """The names of people, problems, goals and activities by reference."""

    known: Mapping[Reference, str] = field(default_factory=dict)

    def of(self, record: Reference | None) -> str:
        """The name; what nobody named is said by its kind."""
        if record is None:
            return t("not known")
        return clean(self.known.get(record, ""), 200) or kind_word(record.type)

    def person(self, who: FieldValue) -> str:
        """Of a NamedReference: the name it carries, else that of the record."""
        if not isinstance(who, NamedReference) or (who.to is None and not who.name):
            return ""
        return clean(who.name, 120) or self.of(who.to)


def kind_word(resource_type: str) -> str:
    return t(KINDS[resource_type]) if resource_type in KINDS else resource_type


def field_word(name: str, kind: str, names: Names) -> str:
    """`Review date`, `Agreement of Mary ALDOUS`."""
    about = about_of(name)
    plain = name.partition(":")[0]
    words = t(_OF_THE_PLAN[plain] if kind == "CarePlan" and plain in _OF_THE_PLAN else FIELDS.get(plain, plain))
    return f"{words}: {names.of(about)}" if about is not None else words


def value_words(name: str, value: FieldValue, kind: str, names: Names) -> str:
    """A field's value in words; "nothing" for one that is empty."""
    return _value(name.partition(":")[0], value, kind, names) or t("nothing")


def _value(name: str, value: FieldValue, kind: str, names: Names) -> str:
    if isinstance(value, str):
        return _code(name, value, kind)
    if isinstance(value, PartialDate | date):
        return show_date(value)
    if isinstance(value, NamedReference):
        return names.person(value)
    if isinstance(value, CodeableConcept):
        return clean(value.text, 200)
    if isinstance(value, Membership):
        return member_words(value)
    if isinstance(value, frozenset):
        return ", ".join(sorted(names.of(each) for each in value if isinstance(each, Reference)))
    if isinstance(value, tuple):
        return "; ".join(filter(None, _members(value, names)))
    return ""


def _code(name: str, value: str, kind: str) -> str:
    words = {
        "status": STATUSES.get(kind, PLAN_STATUSES),
        "achievement_status": ACHIEVEMENTS,
        "priority": GOAL_PRIORITIES if kind == "Goal" else PRIORITIES,
        AGREEMENT: AGREEMENTS,
        RELATION: RELATIONS,
    }.get(name)
    return word(words, value) if words is not None and value else value


def _members(value: tuple[object, ...], names: Names) -> Iterable[str]:
    yield from target_words(value)
    for each in value:
        if isinstance(each, Comment):
            yield ", ".join(filter(None, (f"“{each.text}”", clean(each.author_name, 80))))
        elif isinstance(each, Reference):
            yield names.of(each)


def target_words(targets: Iterable[object]) -> list[str]:
    """`HbA1c below 53 mmol/mol`, `Smoking: none`, one for each; the two of a blood pressure are one."""
    found = list(targets)
    return [
        *(show_aim(aim) for aim in aims(each for each in found if isinstance(each, Target))),
        *(show_other_target(each) for each in found if isinstance(each, OtherTarget)),
    ]


def member_words(member: Membership) -> str:
    """`Dr Sarah Whitfield, general practitioner, until 12-Sep-2026`."""
    role = clean(member.role_text or (member.role.display if member.role else ""), 80)
    until = t("until {date}", date=show_date(member.until)) if member.until else ""
    return ", ".join(filter(None, (clean(member.name, 120), role, until)))


def item_name(item: PlanItem | None, names: Names, longest: int = 120) -> str:
    """What an item is called: its words, else its kind."""
    if item is None:
        return t("not known")
    return clean(str(item["title"]), longest) or names.of(item.origin)
