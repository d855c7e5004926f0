"""Whose record a patient or a carer may see, and what of it is kept from a carer: the one place that decides both.

A carer is the RelatedPerson of the sign-in, is active today, and is permitted by name in a consent in force. Private
items (`dashboard.domain.access.private_items`) are taken out of the answers before anything is made of them, with every
reference to them, so that no page and no file can show one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from dashboard.access.relationship import Consents, read_consents, rows_or_raise
from dashboard.access.request_context import RequestContext, serves_consents
from dashboard.domain.access.consent import ItemsDenied, may_act_as_carer
from dashboard.domain.access.permissions import Action, Relation, require
from dashboard.domain.access.private_items import denied_to, denied_to_any_carer, is_private
from dashboard.domain.access.user import User
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.site_time import site_day
from dashboard.errors import DashboardError, NotFound
from dashboard.fhir.mapping.elements import Json, many, reference
from dashboard.fhir.mapping.extensions import PERTAINS_TO_GOAL, extension_references
from dashboard.fhir.mapping.reading import origin, patient_of, read_each
from dashboard.fhir.mapping.related_person import related_person
from dashboard.fhir.mapping.security_labels import security_labels
from dashboard.fhir.search.request import SearchRequest, SearchResult

Results = Mapping[str, SearchResult | DashboardError]
_ABOUT: Final = {"Task": ("focus", "basedOn", "reasonReference"), "Provenance": ("target",)}
"""Elements that say what a record is about: one about a private item is private too, and so is one that is to help
reach a private goal.
"""


@dataclass(frozen=True, slots=True)
class OwnAccess:
    """Whose record it is, as what the user sees it, and which items the consents deny the carer."""

    patient: Reference
    relation: Relation
    denied: tuple[ItemsDenied, ...] = ()


def own_access(context: RequestContext, user: User, action: Action, patient_id: str = "") -> OwnAccess:
    """Asks the server now whose record the user may see or change. Nothing is cached.

    Raises NotPermitted for other roles, NotFound for a carer without consent and for the id of anybody else.
    """
    me = context.me
    relation = Relation.CARER if me.type == "RelatedPerson" else Relation.SELF
    require(user.roles, action, relation)
    on = site_day(context.as_of)
    patient = me if relation is Relation.SELF else _cared_for(context)
    if patient is None or patient.type != "Patient" or patient_id not in ("", patient.id):
        raise NotFound("record-not-found")
    if relation is Relation.SELF:
        return OwnAccess(patient, relation)
    consents = _consents(context, patient)
    if not may_act_as_carer(consents, me, on):
        raise NotFound("record-not-found")
    return OwnAccess(patient, relation, denied_to(consents, me, on))


def without_private(results: Results, access: OwnAccess) -> dict[str, SearchResult | DashboardError]:
    """Returns the answers as the user may see them: a patient all of them, a carer without the private items.

    Raises NotFound where the patient itself is private.
    """
    if access.relation is Relation.SELF:
        return dict(results)
    private = _private(_rows(results), access.denied)
    if access.patient in private:
        raise NotFound("record-not-found")
    return without_items(results, private, access.denied)


def private_items(results: Results, access: OwnAccess, on: date) -> frozenset[Reference]:
    """Returns what a patient reads of the own record and no carer does, or some carer does not; for a carer nothing."""
    if access.relation is not Relation.SELF:
        return frozenset()
    answer = results.get("consents")
    consents = read_consents(answer.rows) if isinstance(answer, SearchResult) else []
    return _private(_rows(results), denied_to_any_carer(consents, on))


def _private(rows: Iterable[Json], denied: tuple[ItemsDenied, ...]) -> frozenset[Reference]:
    return frozenset(origin(row) for row in rows if is_private(origin(row), security_labels(row), denied))


def _rows(results: Results) -> list[Json]:
    """Every record of these answers, the included ones too."""
    found = [answer for answer in results.values() if isinstance(answer, SearchResult)]
    return [row for answer in found for row in (*answer.rows, *answer.included.values())]


def without_items(
    results: Results,
    private: frozenset[Reference],
    denied: tuple[ItemsDenied, ...] = (),
    always: frozenset[str] = frozenset(),
) -> dict[str, SearchResult | DashboardError]:
    """Returns the answers without these items, without what is about them, and without references to them. Records of
    the types `always` stay whatever their labels say.
    """

    def shown(row: Json) -> bool:
        if origin(row).type in always:
            return True
        # By its own labels too: a row without an id shares its reference with others.
        return not is_private(origin(row), security_labels(row), denied) and not _is_about(row, private)

    # A reference may name one that no search brought: a deny by reference holds all the same.
    private |= {item for part in denied for item in part.items}
    return {
        name: answer
        if isinstance(answer, DashboardError)
        else replace(
            answer,
            rows=[_without_references(row, private) for row in answer.rows if shown(row)],
            included={key: _without_references(row, private) for key, row in answer.included.items() if shown(row)},
        )
        for name, answer in results.items()
    }


def _is_about(row: Json, private: frozenset[Reference]) -> bool:
    parts = [part for name in _ABOUT.get(origin(row).type, ()) for part in many(row.get(name))]
    about = {*map(reference, parts), *extension_references(row, PERTAINS_TO_GOAL)}
    return bool(about & private)


def _without_references(row: Json, private: frozenset[Reference]) -> Json:
    """The record without the references to private items; then without its narrative, which may tell of them."""
    if not private:
        return row
    if origin(row).type == "CarePlan" and "activity" in row:  # what came of an activity is as private as the activity
        kept = [part for part in many(row["activity"]) if reference(part.get("reference")) not in private]
        row = {**row, "activity": kept} if kept else {name: value for name, value in row.items() if name != "activity"}
    changed = {name: part for name, value in row.items() if (part := _stripped(value, private)) is not _GONE}
    if changed != row:
        changed.pop("text", None)
    return changed


_GONE: Final = object()


def _stripped(value: Any, private: frozenset[Reference]) -> Any:
    """The value without references to private items. What in a list holds nothing but one, goes with it: an activity
    of a plan, a participant.
    """
    if isinstance(value, dict):
        if reference(value) in private:
            return _GONE
        kept = {name: _stripped(part, private) for name, part in value.items()}
        if any(part is _GONE for part in kept.values()):
            kept = {name: part for name, part in kept.items() if part is not _GONE}
            return kept or _GONE
        return kept
    if isinstance(value, list):
        parts = [part for each in value if (part := _stripped(each, private)) is not _GONE]
        return parts if parts or not value else _GONE
    return value


def _cared_for(context: RequestContext) -> Reference | None:
    """Returns the patient whose active carer the user is, or None."""
    request = SearchRequest("RelatedPerson", (("_id", context.me.id),), max_rows=2, fresh=True)
    rows = [row for row in rows_or_raise(context.fhir.try_all([request])[0]) if row.get("id") == context.me.id]
    if len(rows) != 1 or not read_each(rows, lambda row: related_person(row, site_day(context.as_of))).values:
        return None
    return patient_of(rows[0])


def _consents(context: RequestContext, patient: Reference) -> Consents:
    if not serves_consents(context.fhir):
        return []
    return read_consents(
        rows_or_raise(context.fhir.try_all([SearchRequest("Consent", patients=(patient.id,), fresh=True)])[0])
    )
