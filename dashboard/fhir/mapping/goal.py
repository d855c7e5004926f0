"""Goal: what is aimed at, by whom, and its targets in canonical units."""

from collections.abc import Mapping

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.goal import Goal, Target
from dashboard.domain.values.datatypes import Quantity, Reference
from dashboard.domain.values.terminology import Terminology
from dashboard.domain.values.units import UnknownUnit, to_canonical
from dashboard.fhir.mapping.reading import (
    CannotRead,
    Json,
    code_of,
    codings,
    concept_text,
    many,
    one,
    origin,
    partial_date,
    quantity,
    reference,
    text,
)


def goal(
    resource: Json, terminology: Terminology, problems: Mapping[Reference, tuple[ConditionKey, ...]] | None = None
) -> Goal | None:
    """The goal; None when it was entered in error. The first target's measure and due date lead, all are in
    `targets`.
    """
    status = text(resource.get("lifecycleStatus"))
    if status == "entered-in-error":
        return None
    written = concept_text(resource.get("description"))
    if not written:
        raise CannotRead("no-code")
    parts = many(resource.get("target"))
    targets = tuple(found for part in parts if (found := _target(part, terminology)) is not None)
    dues = [partial_date(part.get("dueDate")) for part in parts]
    known = problems or {}
    addressed = {
        key for part in many(resource.get("addresses")) if (to := reference(part)) for key in known.get(to, ())
    }
    expressed_by = reference(resource.get("expressedBy"))
    return Goal(
        origin=origin(resource),
        text=written,
        lifecycle_status=status,
        achievement_status=code_of(resource.get("achievementStatus")),
        by_patient=expressed_by is not None and expressed_by.type in ("Patient", "RelatedPerson"),
        measure=targets[0].measure if targets else None,
        target_low=targets[0].low if targets else None,
        target_high=targets[0].high if targets else None,
        due=next((due for due in dues if due is not None), None),
        addresses=tuple(key for key in ConditionKey if key in addressed),
        targets=targets,
    )


def _target(part: Json, terminology: Terminology) -> Target | None:
    """Low and high end: `<` and `<=` give a high end, `>` and `>=` a low one, a bare number both.

    None where the target is no number of a key measure; the goal's own words still say it.
    """
    measure = terminology.measure(codings(part.get("measure")))
    if measure is None:
        return None
    try:
        if "detailRange" in part:
            ends = one(part["detailRange"])
            low, high = (to_canonical(measure, quantity(ends[end])) if end in ends else None for end in ("low", "high"))
            return Target(measure, low, high) if low or high else None
        if "detailQuantity" not in part:
            return None
        aim = to_canonical(measure, quantity(part["detailQuantity"]))
    except UnknownUnit as error:
        raise CannotRead("unknown-unit") from error
    plain = Quantity(aim.value, aim.unit)
    return Target(
        measure, None if aim.comparator.startswith("<") else plain, None if aim.comparator.startswith(">") else plain
    )
