"""What somebody filled in for an item of a plan, checked before the server is asked: each refusal is a sentence that
says what would be right.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from dashboard.domain.care_plan.plan_item import (
    ACHIEVEMENT,
    RELATION,
    STATUS,
    FieldKind,
    FieldValue,
    PlanItem,
    about_of,
    changed_fields,
    kind_of,
)
from dashboard.domain.care_plan.shared_plan import EDITED_HERE
from dashboard.domain.care_plan.statuses import AFTER, ENDED, stand_together
from dashboard.domain.record.comment import Comment
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Reference
from dashboard.domain.values.words import without_control_characters
from dashboard.errors import UserFacingError

LIMITS: Final[dict[str, int]] = {
    "title": 500,
    "description": 10_000,
    "reason": 1000,
    "status_reason": 1000,
    "outcome": 10_000,
    "notes": 10_000,
}
"""Field -> the most characters that it takes; of notes each. FHIR allows a megabyte, which nobody reads."""
FARTHEST_DUE: Final = timedelta(days=10 * 366)
"""A due date beyond this is taken for a slip of the hand. Own choice."""


def cleaned(item: PlanItem) -> PlanItem:
    """The item with its texts as every record holds them: without control characters and outer spaces."""
    return PlanItem(item.origin, {name: _cleaned(value) for name, value in item.fields.items()})


def _cleaned(value: FieldValue) -> FieldValue:
    return without_control_characters(value) if isinstance(value, str) else value


def check(item: PlanItem, before: PlanItem | None, on: date) -> None:
    """Raises UserFacingError where the item cannot be saved: `before` is what it was, None for a new one; `on` is
    today. Only what changed is checked, so that an odd record from elsewhere can be mended field by field.
    """
    changed = changed_fields(before, item) if before is not None else tuple(item.fields)
    if item.origin.type not in EDITED_HERE and set(changed) - {"outcome"}:
        raise UserFacingError("activity-changed-elsewhere")
    for name in changed:
        _check_length(name, item[name])
        if name == "title" and not without_control_characters(str(item["title"])):
            raise UserFacingError("plan-title-empty")
        if name.startswith(f"{RELATION}:") and about_of(name) == item.origin:
            raise UserFacingError("goal-related-to-itself")
    _check_statuses(item, before, changed)
    _check_days(item, changed, on)
    owner = item["owner"]
    if (
        "owner" in changed
        and "owner" in item.fields
        and not (isinstance(owner, NamedReference) and (owner.to or owner.name))
    ):
        raise UserFacingError("activity-owner-missing")


def _check_length(name: str, value: FieldValue) -> None:
    if kind_of(name) not in (FieldKind.TEXT, FieldKind.LOG):
        return
    texts = [each.text for each in value if isinstance(each, Comment)] if isinstance(value, tuple) else [str(value)]
    longest = max(map(len, texts), default=0)
    if longest > LIMITS[name]:
        raise UserFacingError("plan-text-too-long", most=LIMITS[name], length=longest)


def _check_statuses(item: PlanItem, before: PlanItem | None, changed: tuple[str, ...]) -> None:
    status, was = str(item[STATUS]), str(before[STATUS]) if before is not None else ""
    if before is not None and STATUS in changed:
        if status not in AFTER.get(item.origin.type, {}).get(was, frozenset()):
            raise UserFacingError("plan-status-not-allowed")
        needs_reason = status in ENDED - {"completed"} and "status_reason" in item.fields
        if needs_reason and not without_control_characters(str(item["status_reason"])):
            raise UserFacingError("plan-end-needs-reason")
    if {STATUS, ACHIEVEMENT} & set(changed) and not stand_together(status, str(item[ACHIEVEMENT])):
        raise UserFacingError("plan-statuses-exclude")


def _check_days(item: PlanItem, changed: tuple[str, ...], on: date) -> None:
    start, due = item["start"], item["due"]
    if not {"start", "due"} & set(changed) or not isinstance(due, PartialDate):
        return
    if isinstance(start, PartialDate) and due.end < start.start:
        raise UserFacingError("plan-due-before-start")
    if "due" in changed and not on <= due.end <= on + FARTHEST_DUE:
        raise UserFacingError("plan-due-impossible")


def check_all(items: Mapping[Reference, PlanItem], before: Mapping[Reference, PlanItem], on: date) -> None:
    """Checks every item that is not as it was before. Raises what `check` raises."""
    for origin, item in items.items():
        if item != before.get(origin):
            check(item, before.get(origin), on)
