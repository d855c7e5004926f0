"""Gives items of a plan other references, wherever they are named: a new one gets its own once the server has it."""

from collections.abc import Mapping

from dashboard.domain.care_plan.merge import Items
from dashboard.domain.care_plan.plan_item import FieldValue, PlanItem, about_of, field_of
from dashboard.domain.values.datatypes import Reference


def rename_items(items: Items, names: Mapping[Reference, Reference]) -> dict[Reference, PlanItem]:
    """Returns the items with each of these references replaced: their own, and those in fields of other items."""
    if not names:
        return dict(items)
    renamed = (
        PlanItem(
            names.get(item.origin, item.origin),
            {_field(name, names): _value(value, names) for name, value in item.fields.items()},
        )
        for item in items.values()
    )
    return {item.origin: item for item in renamed}


def _field(name: str, names: Mapping[Reference, Reference]) -> str:
    about = about_of(name)
    return field_of(name.partition(":")[0], names[about]) if about in names and about is not None else name


def _value(value: FieldValue, names: Mapping[Reference, Reference]) -> FieldValue:
    if isinstance(value, Reference):
        return names.get(value, value)
    if isinstance(value, frozenset):
        return frozenset(_value(each, names) for each in value)
    if isinstance(value, tuple):
        return tuple(_value(each, names) for each in value)
    return value
