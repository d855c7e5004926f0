"""What of a shared plan can be edited: its items, field by field."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from dashboard.domain.values.datatypes import Reference


class FieldKind(StrEnum):
    """How two changes of one field are put together.

    VALUE: one value (a status, a date, an owner, a target): two different ones exclude each other. TEXT: clinical free
    text, which only a person may put together. SET: members without an order (problems addressed): each member is a
    change of its own. LOG: entries that are only ever added (notes). ORDER: the order of members, each of which is
    once in it: members that one side added or took out merge by themselves, two orders of the same members do not.
    """

    VALUE = "value"
    TEXT = "text"
    SET = "set"
    LOG = "log"
    ORDER = "order"


STATUS: Final = "status"
"""The field with the lifecycle status of an item."""
ACHIEVEMENT: Final = "achievement_status"
"""The field with the achievement status of a goal."""

FieldValue = Hashable
"""A value of the domain, "" or None for an element that is absent; a frozenset for a SET, a tuple for LOG and ORDER."""


@dataclass(frozen=True, slots=True)
class PlanItem:
    """One goal, activity or team member of a plan, or the plan itself, as an editor sees it.

    `fields` has every field that can be edited, also the empty ones. What an item holds for each of many (whether a
    person agrees, how two goals are related) is a field for each, `agreement:Patient/p1`: without one it is absent.
    """

    origin: Reference
    fields: Mapping[str, FieldValue] = field(default_factory=dict)

    def __post_init__(self) -> None:
        fields = {name: value for name, value in self.fields.items() if ":" not in name or value not in (None, "")}
        object.__setattr__(self, "fields", MappingProxyType(fields))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PlanItem) and (self.origin, dict(self.fields)) == (other.origin, dict(other.fields))

    def __hash__(self) -> int:
        return hash((self.origin, frozenset(self.fields.items())))

    def __getitem__(self, name: str) -> FieldValue:
        """The value of a field, "" where the item does not have it."""
        return self.fields.get(name, "")

    def with_fields(self, changes: Mapping[str, FieldValue]) -> "PlanItem":
        """Returns the item with these fields replaced."""
        return PlanItem(self.origin, {**self.fields, **changes})


AGREEMENT: Final = "agreement"
"""`agreement:<person>`: "agree", "disagree" or "pending"."""
RELATION: Final = "relation"
"""`relation:<goal>`: how the goal is related to another, a code of goal-relationship-type or "conflicts-with"."""
MEMBER: Final = "member"
"""`member:<person>`: a `Membership` of the care team."""

_KINDS: Final[Mapping[str, FieldKind]] = MappingProxyType(
    {
        "title": FieldKind.TEXT,
        "description": FieldKind.TEXT,
        STATUS: FieldKind.VALUE,
        ACHIEVEMENT: FieldKind.VALUE,
        "priority": FieldKind.VALUE,
        "targets": FieldKind.VALUE,
        "start": FieldKind.VALUE,
        "due": FieldKind.VALUE,
        "expressed_by": FieldKind.VALUE,
        "owner": FieldKind.VALUE,
        "code": FieldKind.VALUE,
        "reason": FieldKind.TEXT,
        "status_reason": FieldKind.TEXT,
        "outcome": FieldKind.TEXT,
        "addresses": FieldKind.SET,
        "goals": FieldKind.SET,
        "notes": FieldKind.LOG,
        "goal_order": FieldKind.ORDER,
        "activity_order": FieldKind.ORDER,
        AGREEMENT: FieldKind.VALUE,
        RELATION: FieldKind.VALUE,
        MEMBER: FieldKind.VALUE,
    }
)
FIELDS: Final = tuple(_KINDS)
"""Every field that an item may have; those of many have the name of what they are about behind a colon."""


def kind_of(name: str) -> FieldKind:
    """How two changes of a field are put together. Raises KeyError for a field that no item has."""
    return _KINDS[name.partition(":")[0]]


def field_of(name: str, about: Reference) -> str:
    """The name of the field that an item has for one of many: `agreement:Patient/p1`."""
    return f"{name}:{about}"


def about_of(name: str) -> Reference | None:
    """What such a field is about; None for a field that an item has once."""
    kind, _, rest = name.partition(":")
    return Reference(*rest.split("/", 1)) if rest and kind in (AGREEMENT, RELATION, MEMBER) else None


def changed_fields(before: PlanItem, after: PlanItem) -> tuple[str, ...]:
    """Returns the names of the fields that differ, in the order of `before`, then of `after`."""
    return tuple(name for name in dict.fromkeys((*before.fields, *after.fields)) if before[name] != after[name])
