"""How conflicts of a plan were settled, as the Provenance of the change says it: in words that need no language."""

from collections.abc import Iterable, Mapping

from dashboard.domain.care_plan.merge import Choice, Conflict, ConflictKind
from dashboard.domain.care_plan.plan_item import FieldValue, PlanItem
from dashboard.domain.care_plan.shared_plan import Membership
from dashboard.domain.record import provenance
from dashboard.domain.record.comment import Comment
from dashboard.domain.record.goal import OtherTarget
from dashboard.domain.record.observation import Target
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Quantity, Reference

Chosen = Mapping[Conflict, Choice | Mapping[str, FieldValue]]
"""What somebody chose in each conflict: a side, or new values of the fields."""


def chosen_in_words(chosen: Chosen, names: Mapping[Reference, str]) -> tuple[provenance.Choice, ...]:
    """One line for each field that was in question; `names` are those who had made the other change of an item.

    Of an item that one side removed, or that both added, the line is about the whole item: its field is "".
    """
    return tuple(line for conflict, choice in chosen.items() for line in _lines(conflict, choice, names))


def _lines(
    conflict: Conflict, choice: Choice | Mapping[str, FieldValue], names: Mapping[Reference, str]
) -> Iterable[provenance.Choice]:
    there = conflict.theirs or conflict.mine
    if there is None:
        return
    by = names.get(there.origin, "")
    if conflict.kind in (ConflictKind.REMOVED_AND_EDITED, ConflictKind.ADDED_TWICE):
        was, mine, theirs = (_title(each) for each in (conflict.was, conflict.mine, conflict.theirs))
        yield provenance.Choice(there.origin, "", was, mine, theirs, _whole(conflict, choice), by)
        return
    for name in conflict.fields:
        was, mine, theirs = (
            in_words(each[name]) if each else "" for each in (conflict.was, conflict.mine, conflict.theirs)
        )
        if isinstance(choice, Choice):
            value = mine if choice is Choice.MINE else theirs
        else:
            value = in_words(choice.get(name, conflict.theirs[name] if conflict.theirs else ""))
        yield provenance.Choice(there.origin, name, was, mine, theirs, value, by)


def _whole(conflict: Conflict, choice: Choice | Mapping[str, FieldValue]) -> str:
    if choice is Choice.BOTH:
        return " / ".join(filter(None, (_title(conflict.mine), _title(conflict.theirs))))
    if isinstance(choice, Choice):
        return _title(conflict.mine if choice is Choice.MINE else conflict.theirs)
    there = conflict.mine or conflict.theirs
    return _title(there.with_fields(choice) if there is not None else None)


def _title(item: PlanItem | None) -> str:
    """The words of an item; "-" for one that is not there."""
    return (in_words(item["title"]) or str(item.origin)) if item is not None else "-"


def in_words(value: FieldValue) -> str:
    """A value of a field as text that needs no language: codes, dates as FHIR writes them, names."""
    match value:
        case None:
            return ""
        case PartialDate() | Reference() | str():
            return str(value)
        case NamedReference():
            return value.name or str(value.to or "")
        case Comment():
            return value.text
        case Membership():
            return " ".join(filter(None, (value.name, value.role_text, _period(value))))
        case Target():
            return f"{value.measure.value} {_range(value.low, value.high)}"
        case OtherTarget():
            return " ".join(filter(None, (value.measured, value.text or _range(value.low, value.high))))
        case frozenset():
            return ", ".join(sorted(map(in_words, value)))
        case tuple():
            return ", ".join(map(in_words, value))
    return str(value)


def _period(member: Membership) -> str:
    return f"{member.since or ''}/{member.until or ''}" if member.since or member.until else ""


def _range(low: Quantity | None, high: Quantity | None) -> str:
    ends = dict.fromkeys(f"{each.comparator}{each.value} {each.unit}" for each in (low, high) if each is not None)
    return " ".join(ends)
