"""Puts together what two people did to one shared plan, field by field, and loses nothing of either.

    merged = merge(base, mine, theirs)
    merged.items        what can be saved, once `merged.conflicts` is empty
    merged.arrived      what the other person changed and I have not seen
    settle(merged, {conflict: chosen, ...})

`base` is the plan as both read it, `theirs` what the server holds now, `mine` what I want to save.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from dashboard.domain.care_plan.plan_item import (
    ACHIEVEMENT,
    STATUS,
    FieldKind,
    FieldValue,
    PlanItem,
    changed_fields,
    kind_of,
)
from dashboard.domain.care_plan.statuses import ENDED, stand_together
from dashboard.domain.values.datatypes import Reference

Items = Mapping[Reference, PlanItem]


class ConflictKind(StrEnum):
    """Why a person must decide."""

    SAME_FIELD = "same-field"
    ENDED_AND_EDITED = "ended-and-edited"
    REMOVED_AND_EDITED = "removed-and-edited"
    STATUSES_EXCLUDE_EACH_OTHER = "statuses-exclude-each-other"
    ADDED_TWICE = "added-twice"


@dataclass(frozen=True, slots=True)
class Conflict:
    """What a person must decide about one item: `was`, `mine` and `theirs` are the item on each side, None where it is
    not there; `fields` are the names of those in question. In ADDED_TWICE `mine` and `theirs` are two items.
    """

    kind: ConflictKind
    fields: tuple[str, ...]
    was: PlanItem | None
    mine: PlanItem | None
    theirs: PlanItem | None

    @property
    def origin(self) -> Reference:
        """The item: of two that were added, theirs."""
        item = self.theirs or self.mine or self.was
        assert item is not None  # a conflict is about an item
        return item.origin


@dataclass(frozen=True, slots=True)
class Arrived:
    """A change of the other person that came in: of one field, or of the whole item (`field` ""), which was added or
    removed.
    """

    item: Reference
    field: str
    was: FieldValue | None
    now: FieldValue | None


@dataclass(frozen=True, slots=True)
class Merged:
    """The items that both changes give. Where a conflict is open, its fields are as on the server (`theirs`)."""

    items: Items
    conflicts: tuple[Conflict, ...] = ()
    arrived: tuple[Arrived, ...] = ()


def merge(base: Items, mine: Items, theirs: Items) -> Merged:
    """Merges the two changes of `base`. Different fields merge by themselves; the same field does not, nor an item that
    one side ended or removed and the other edited. Text is never put together. Pure; the order of items is that of
    `theirs`, then of `mine`.
    """
    items: dict[Reference, PlanItem] = {}
    conflicts: list[Conflict] = []
    for origin in dict.fromkeys((*theirs, *mine, *base)):
        was, my, their = base.get(origin), mine.get(origin), theirs.get(origin)
        result, found = _merge_item(was, my, their)
        if result is not None:
            items[origin] = result
        conflicts.extend(found)
    conflicts.extend(_added_twice(base, mine, theirs))
    return Merged(items, tuple(conflicts), _arrived(base, theirs))


_DISPUTED: Final = object()
_ABSENT: Final = object()
"""What a field was before the item was there: other than every value, also than an empty one."""


def _merge_item(
    was: PlanItem | None, mine: PlanItem | None, theirs: PlanItem | None
) -> tuple[PlanItem | None, list[Conflict]]:
    if mine in (theirs, was):
        return theirs, []
    if theirs == was:
        return mine, []
    if mine is None or theirs is None:
        there = mine or theirs
        fields = changed_fields(was, there) if was and there else ()
        return theirs, [Conflict(ConflictKind.REMOVED_AND_EDITED, fields, was, mine, theirs)]
    return _merge_fields(was, mine, theirs)


def _merge_fields(was: PlanItem | None, mine: PlanItem, theirs: PlanItem) -> tuple[PlanItem, list[Conflict]]:
    merged: dict[str, FieldValue] = {}
    disputed: list[str] = []
    for name in dict.fromkeys((*theirs.fields, *mine.fields)):
        value = _merge_field(kind_of(name), was[name] if was else _ABSENT, mine[name], theirs[name])
        if value is _DISPUTED:
            disputed.append(name)
            value = theirs[name]
        merged[name] = value
    conflicts = [Conflict(ConflictKind.SAME_FIELD, (name,), was, mine, theirs) for name in disputed]
    ending = _ended_and_edited(was, mine, theirs)
    if ending:
        merged |= {name: theirs[name] for name in ending}
        conflicts.append(Conflict(ConflictKind.ENDED_AND_EDITED, ending, was, mine, theirs))
    elif not disputed and not stand_together(str(merged.get(STATUS) or ""), str(merged.get(ACHIEVEMENT) or "")):
        both = (STATUS, ACHIEVEMENT)
        merged |= {name: theirs[name] for name in both}
        conflicts.append(Conflict(ConflictKind.STATUSES_EXCLUDE_EACH_OTHER, both, was, mine, theirs))
    return theirs.with_fields(merged), conflicts


def _merge_field(kind: FieldKind, before: FieldValue, mine: FieldValue, theirs: FieldValue) -> FieldValue:
    """The value that both changes give; `_DISPUTED` where a person must choose."""
    if mine in (theirs, before):
        return theirs
    if theirs == before:
        return mine
    if kind is FieldKind.SET and isinstance(mine, frozenset) and isinstance(theirs, frozenset):
        common = before if isinstance(before, frozenset) else frozenset()
        return (mine & theirs) | (mine - common) | (theirs - common)
    if isinstance(mine, tuple) and isinstance(theirs, tuple):
        if kind is FieldKind.LOG:
            return tuple(dict.fromkeys((*theirs, *mine)))
        if kind is FieldKind.ORDER:
            return _merge_order(before if isinstance(before, tuple) else (), mine, theirs)
    return _DISPUTED


def _merge_order(
    before: tuple[FieldValue, ...], mine: tuple[FieldValue, ...], theirs: tuple[FieldValue, ...]
) -> FieldValue:
    """The members that both changes give, in the order of the side that changed it; `_DISPUTED` where both did.

    A member that only the other side added stands behind the one that it stood behind there.
    """
    common = set(before) & set(mine) & set(theirs)

    def order(side: tuple[FieldValue, ...]) -> list[FieldValue]:
        return [each for each in side if each in common]

    if order(mine) not in (order(before), order(theirs)) and order(theirs) != order(before):
        return _DISPUTED
    leading, other = (theirs, mine) if order(mine) == order(before) else (mine, theirs)
    wanted = (set(mine) & set(theirs)) | (set(mine) - set(before)) | (set(theirs) - set(before))
    merged = [each for each in leading if each in wanted]
    for place, each in enumerate(other):
        if each in wanted and each not in merged:
            earlier = next((one for one in reversed(other[:place]) if one in merged), None)
            merged.insert(merged.index(earlier) + 1 if earlier is not None else 0, each)
    return tuple(merged)


_OF_AN_END: Final = (STATUS, "status_reason")


def _ended_and_edited(was: PlanItem | None, mine: PlanItem, theirs: PlanItem) -> tuple[str, ...]:
    """The status and the fields that one side edited otherwise than the other, which ended the item; () where that did
    not happen. A note on what has ended is no edit.
    """
    if was is None or was[STATUS] in ENDED:
        return ()
    my_end, their_end = (side[STATUS] in ENDED for side in (mine, theirs))
    if my_end == their_end:
        return ()
    edited = changed_fields(was, theirs if my_end else mine)
    disputed = [
        name
        for name in edited
        if kind_of(name) is not FieldKind.LOG and name not in _OF_AN_END and mine[name] != theirs[name]
    ]
    if not disputed:
        return ()
    # Why it ended goes with its status: what is taken up again must not say why it ended.
    return (*(name for name in _OF_AN_END if mine[name] != theirs[name]), *disputed)


def _added_twice(base: Items, mine: Items, theirs: Items) -> list[Conflict]:
    """Items that both sides added and that are about the same: of one type, with the same code or the same title."""
    mine_new = [item for origin, item in mine.items() if origin not in base and origin not in theirs]
    their_new = [item for origin, item in theirs.items() if origin not in base and origin not in mine]
    return [
        Conflict(ConflictKind.ADDED_TWICE, (), None, my, their)
        for my in mine_new
        for their in their_new
        if my.origin.type == their.origin.type and _about_the_same(my, their)
    ]


def _about_the_same(one: PlanItem, other: PlanItem) -> bool:
    def words(item: PlanItem, name: str) -> str:
        return " ".join(str(item[name]).casefold().split())

    return any(words(one, name) and words(one, name) == words(other, name) for name in ("code", "title"))


def _arrived(base: Items, theirs: Items) -> tuple[Arrived, ...]:
    found = []
    for origin in dict.fromkeys((*theirs, *base)):
        was, now = base.get(origin), theirs.get(origin)
        if was is None or now is None:
            if was is not now:
                found.append(Arrived(origin, "", None, None))
            continue
        found += [Arrived(origin, name, was[name], now[name]) for name in changed_fields(was, now)]
    return tuple(found)


class Choice(StrEnum):
    """How a person settles a conflict; another value than both is given as the fields themselves."""

    MINE = "mine"
    THEIRS = "theirs"
    BOTH = "both"


def settle(merged: Merged, choices: Mapping[Conflict, Choice | Mapping[str, FieldValue]]) -> Merged:
    """Returns the merge with these conflicts settled; those that nobody chose about stay open.

    MINE and THEIRS take the fields in question from that side, or the whole item where it was removed; BOTH keeps two
    items that were added twice. A mapping gives the fields new values. Raises ValueError for BOTH elsewhere, and for a
    conflict that `merged` does not have.
    """
    items = dict(merged.items)
    for conflict, choice in choices.items():
        if conflict not in merged.conflicts:
            raise ValueError("this merge has no such conflict")
        _settle(items, conflict, choice)
    return Merged(items, tuple(each for each in merged.conflicts if each not in choices), merged.arrived)


def _settle(items: dict[Reference, PlanItem], conflict: Conflict, choice: Choice | Mapping[str, FieldValue]) -> None:
    if conflict.kind is ConflictKind.ADDED_TWICE:
        for dropped in _not_chosen(conflict, choice):
            items.pop(dropped.origin, None)
        return
    if choice is Choice.BOTH:
        raise ValueError("both can be kept only of items that were added twice")
    side = conflict.mine if choice is Choice.MINE else conflict.theirs
    there = conflict.mine or conflict.theirs
    assert there is not None  # a conflict needs somebody who still has the item
    if conflict.kind is ConflictKind.REMOVED_AND_EDITED:
        chosen = side if isinstance(choice, Choice) else there.with_fields(choice)
        items.pop(there.origin, None)
        if chosen is not None:
            items[there.origin] = chosen
    elif isinstance(choice, Choice):
        assert side is not None  # only an item that both sides have can differ by fields
        items[there.origin] = items[there.origin].with_fields({name: side[name] for name in conflict.fields})
    else:
        items[there.origin] = items[there.origin].with_fields(choice)


def _not_chosen(conflict: Conflict, choice: Choice | Mapping[str, FieldValue]) -> tuple[PlanItem, ...]:
    """Of two items that were added twice those that the choice leaves out."""
    dropped = {Choice.MINE: conflict.theirs, Choice.THEIRS: conflict.mine}
    left_out = dropped.get(choice) if isinstance(choice, Choice) else None
    return (left_out,) if left_out else ()
