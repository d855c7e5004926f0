"""Which form of the plan is open, on which plan as it was read, and what it begins with."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from dashboard.domain.care_plan.plan_item import FieldValue, PlanItem, changed_fields
from dashboard.domain.care_plan.shared_plan import SharedPlan, items_of, with_item
from dashboard.domain.guidelines.guidance import Guidance
from dashboard.domain.values.datatypes import Reference


@dataclass(frozen=True, slots=True)
class OpenForm:
    """A form. `do` is what is done ("edit", "note", "end", "add"); `base` is the plan that its writer has read, `item`
    what it begins with: the item as read, a new one, or what a draft holds. `near` is where on the page it stands where
    the item is nowhere yet. `draft` is when the draft was typed that it began with. `round` counts how often it was
    begun anew: its fields are others then. `accepts` is the recommendation that a new item follows.
    """

    patient_id: str
    do: str
    base: SharedPlan
    item: PlanItem
    near: Reference | None = None
    draft: datetime | None = None
    round: int = 0
    why: str = ""
    accepts: Guidance | None = None

    @property
    def origin(self) -> Reference:
        return self.item.origin

    @property
    def before(self) -> PlanItem | None:
        """The item as its writer has read it; None for a new one."""
        return items_of(self.base).get(self.origin)

    @property
    def anchor(self) -> Reference:
        """The item of the page under which the form stands."""
        return self.near or self.origin

    def key(self, name: str) -> str:
        """The key of a field: another item, and the same form begun anew, have other fields."""
        again = f"-{self.round}" if self.round else ""
        return f"plan_{name}-{self.origin.type}-{self.origin.id}{again}"

    def begin_with(self, fields: Mapping[str, FieldValue], draft: datetime) -> "OpenForm":
        """The form with what a draft of that moment holds, whatever an earlier draft held."""
        return replace(self, item=(self.before or self.item).with_fields(fields), draft=draft)

    def go_on_with(self, filled: PlanItem, why: str, draft: datetime | None) -> "OpenForm":
        """The form with all that was filled in by that moment (None: nothing that is not there already)."""
        return replace(self, item=filled, why=why, draft=draft)

    def with_item(self, item: PlanItem) -> "OpenForm":
        """The form of something new, with another item to begin with; it stands where it stood."""
        return replace(self, item=item, near=self.anchor, draft=None, why="")

    def begin_anew(self) -> "OpenForm":
        """The form without what was typed."""
        return replace(self, item=self.before or self.item, draft=None, why="", round=self.round + 1)

    def items(self, filled: PlanItem) -> dict[Reference, PlanItem]:
        """The items of the plan with what was filled in."""
        return with_item(items_of(self.base), filled)

    def typed(self, filled: PlanItem) -> dict[str, FieldValue]:
        """The fields that are filled in otherwise than they were read; of a new item all that hold something."""
        empty = PlanItem(self.origin, {})
        before = self.before
        return {name: filled[name] for name in changed_fields(before if before is not None else empty, filled)}
