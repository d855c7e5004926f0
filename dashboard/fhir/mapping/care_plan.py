"""CarePlan: the shared plan in a line."""

from collections.abc import Iterable, Mapping
from typing import Final

from dashboard.domain.record.care_plan import CarePlan
from dashboard.domain.record.goal import Goal
from dashboard.domain.record.provenance import Provenance
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.mapping.reading import Json, concept_text, many, one, origin, period, reference, text, version

_STATUS_ORDER: Final = ("active", "on-hold", "draft", "unknown", "completed", "revoked")


def care_plan(
    resource: Json, goals: Mapping[Reference, Goal] | None = None, edits: Iterable[Provenance] = ()
) -> CarePlan | None:
    """The plan; None when it was entered in error. Its last edit is the newest of `edits` that targets it."""
    status = text(resource.get("status"))
    if status == "entered-in-error":
        return None
    own = origin(resource)
    last = max((edit for edit in edits if edit.is_about(own)), key=lambda edit: edit.when, default=None)
    _, until = period(resource.get("period"))
    named = [reference(part) for part in many(resource.get("goal"))]
    done = [reference(one(part).get("reference")) for part in many(resource.get("activity"))]
    known = goals or {}
    return CarePlan(
        origin=own,
        version=version(resource),
        title=text(resource.get("title")) or concept_text(resource.get("category")),
        status=status,
        editor=last.who if last else "",
        edited=last.when if last else None,
        review_due=until.end if until else None,
        goals=tuple(known[ref] for ref in named if ref is not None and ref in known),
        activities=tuple(ref for ref in done if ref is not None),
    )


def rank(resource: Json) -> tuple[int, int, str]:
    """Sort key for the plan that counts: a shared plan (intent plan) first, then by status, then the newest last."""
    status = text(resource.get("status"))
    place = _STATUS_ORDER.index(status) if status in _STATUS_ORDER else len(_STATUS_ORDER)
    return (-place, int(resource.get("intent") == "plan"), text(one(resource.get("period")).get("start")))
