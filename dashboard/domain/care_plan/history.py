"""What became of the items of a plan, version by version, and how an old value comes back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from dashboard.domain.care_plan.plan_item import FieldValue, PlanItem, changed_fields
from dashboard.domain.record.provenance import Provenance


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of an item that is another than before; "" or None for one that was, or is, empty."""

    field: str
    was: FieldValue
    now: FieldValue


@dataclass(frozen=True, slots=True)
class ItemVersion:
    """One version of an item as the server kept it: None for `item` where it was deleted or could not be read.

    `change` is the Provenance of this version, None where nobody wrote one (a change from elsewhere); `when` is when
    the server stored it.
    """

    version: str
    item: PlanItem | None
    when: datetime | None
    change: Provenance | None = None


def differences(before: PlanItem | None, after: PlanItem | None) -> tuple[FieldChange, ...]:
    """Returns every field that differs; of an item that is there on one side only, every field that is not empty."""
    if before is None or after is None:
        there = before or after
        if there is None:
            return ()
        empty = PlanItem(there.origin, {})
        before, after = before or empty, after or empty
        names: Iterable[str] = [
            name for name, value in there.fields.items() if value not in ("", None, (), frozenset())
        ]
    else:
        names = changed_fields(before, after)
    return tuple(FieldChange(name, before[name], after[name]) for name in names)


def brought_back(now: PlanItem, old: PlanItem, field: str = "") -> PlanItem:
    """Returns the item with one field, or all of them, as in an old version. Notes are only ever added: they stay.

    Raises ValueError where the two are not one item, and KeyError for a field that neither has.
    """
    if now.origin != old.origin:
        raise ValueError("an old version is of the same item")
    if field:
        if field not in now.fields and field not in old.fields:
            raise KeyError(field)
        return now.with_fields({field: old[field]})
    names = dict.fromkeys((*now.fields, *old.fields))
    return now.with_fields({name: old[name] for name in names if name != "notes"})
