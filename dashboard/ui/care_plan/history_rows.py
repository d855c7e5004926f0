"""How a plan came to be, as rows: each save with all that it changed, field by field against the version before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from dashboard.domain.care_plan.history import FieldChange, ItemVersion, differences
from dashboard.domain.care_plan.plan_item import PlanItem
from dashboard.domain.care_plan.views import PlanHistory
from dashboard.domain.record.provenance import Provenance
from dashboard.domain.values.datatypes import Reference

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Changed:
    """What one save did to one item: `first` is its first version, `before` the version before, where it is known."""

    origin: Reference
    version: ItemVersion
    before: ItemVersion | None
    changes: tuple[FieldChange, ...]
    first: bool = False
    latest: bool = False


@dataclass(frozen=True, slots=True)
class Save:
    """One save, or one change from elsewhere (`change` None), with what it changed."""

    when: datetime | None
    change: Provenance | None
    items: tuple[Changed, ...]

    @property
    def who(self) -> str:
        return self.change.who if self.change is not None else ""


def saves(history: PlanHistory, only: Reference | None = None) -> list[Save]:
    """Every save, the newest first; of one item only, where it is named."""
    groups: dict[object, list[Changed]] = {}
    for origin, versions in history.versions.items():
        if only is not None and origin != only:
            continue
        for changed in _changed(origin, versions, complete=history.complete):
            change = changed.version.change
            key: object = change.origin if change is not None else _minute(changed.version.when)
            groups.setdefault(key, []).append(changed)
    found = [_save(items) for items in groups.values()]
    return sorted(found, key=lambda each: each.when or _LONG_AGO, reverse=True)


def _minute(when: datetime | None) -> datetime | None:
    """What nobody signed is taken together where the server stored it within one minute."""
    return when.replace(second=0, microsecond=0) if when is not None else None


def _save(items: list[Changed]) -> Save:
    change = next((each.version.change for each in items if each.version.change is not None), None)
    when = change.when if change is not None else items[0].version.when
    return Save(when, change, tuple(items))


def _changed(origin: Reference, versions: tuple[ItemVersion, ...], *, complete: bool) -> Iterable[Changed]:
    for place, version in enumerate(versions):
        before = versions[place + 1] if place + 1 < len(versions) else None
        known = version.item is not None and (before is None or before.item is not None)
        changes = differences(before.item if before is not None else None, version.item) if known else ()
        yield Changed(origin, version, before, changes, first=before is None and complete, latest=place == 0)


def version_of(history: PlanHistory, origin: Reference, number: str) -> ItemVersion | None:
    """One version of an item by its number."""
    return next((each for each in history.versions.get(origin, ()) if each.version == number), None)


def compared(first: ItemVersion | None, second: ItemVersion | None) -> tuple[FieldChange, ...]:
    """Every field in which two versions differ; none where one of them cannot be read."""
    one, other = (each.item if each is not None else None for each in (first, second))
    return differences(one, other) if one is not None and other is not None else ()


def items_in(history: PlanHistory) -> Mapping[Reference, PlanItem]:
    """The newest version of each item that can be read."""
    found = {}
    for origin, versions in history.versions.items():
        item = next((each.item for each in versions if each.item is not None), None)
        if item is not None:
            found[origin] = item
    return found
