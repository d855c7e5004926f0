"""What finishing and undoing a broken save have in common: finding it, and what each record said before."""

from typing import Any

from dashboard.access.request_context import RequestContext
from dashboard.audit.audited import unaudited
from dashboard.cache.shared_plans import PlansRead, broken_saves
from dashboard.domain.care_plan.views import BrokenSave
from dashboard.domain.values.code_systems import SAVE
from dashboard.errors import NotFound
from dashboard.fhir.mapping.elements import many, one

Json = dict[str, Any]


@unaudited("is a part of two audited actions, and reads what they are about")
def find_broken(context: RequestContext, read: PlansRead, ident: str) -> BrokenSave:
    """Raises NotFound for a save that did not break off, or was closed meanwhile."""
    found = next((each for each in broken_saves(context, read.rows.values()) if each.ident == ident), None)
    if found is None:
        raise NotFound("broken-save-not-found")
    return found


@unaudited("is a part of two audited actions, and reads what they are about")
def row_before(context: RequestContext, row: Json, ident: str) -> Json | None:
    """The record as it was before the save with this number; None where that save made it. Raises Unsupported where the
    server keeps no versions.
    """
    versions = context.fhir.history(str(row["resourceType"]), str(row["id"]))
    return next((each for each in versions if not _has_tag(each, ident)), None)


def _has_tag(row: Json, ident: str) -> bool:
    return any(tag.get("system") == SAVE and tag.get("code") == ident for tag in many(one(row.get("meta")).get("tag")))
