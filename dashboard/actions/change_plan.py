"""The one way in which a shared plan is changed: the plan is read afresh, the change is merged with what others saved
meanwhile, and all of it is saved in one transaction with its Provenance, or none.
"""

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from dashboard.access.request_context import RequestContext
from dashboard.actions.guidance_records import guidance_to_answer, reply_of
from dashboard.actions.may_change import context_of, require_relationship
from dashboard.actions.save import Circumstances, Saved, new_reference, save
from dashboard.audit.audited import Arguments, AuditSubject, unaudited
from dashboard.cache.linkable import read_linkable
from dashboard.cache.shared_plans import PlansRead, last_changes, read_plans
from dashboard.domain.access.permissions import Action, Relation
from dashboard.domain.access.relationship import Relationship
from dashboard.domain.access.user import User
from dashboard.domain.care_plan.choices import Chosen, chosen_in_words
from dashboard.domain.care_plan.merge import Arrived, Items, Merged, merge, settle
from dashboard.domain.care_plan.plan_item import PlanItem
from dashboard.domain.care_plan.rename import rename_items
from dashboard.domain.care_plan.shared_plan import EDITED_HERE, SharedPlan, Value, items_of, with_values
from dashboard.domain.care_plan.validation import check_all, cleaned
from dashboard.domain.care_plan.views import LastChange, may_be_changed_by
from dashboard.domain.care_plan.write_items import changed_values
from dashboard.domain.guidelines.guidance import LONGEST_WORDS, Guidance, ReplyKind, replied
from dashboard.domain.record.provenance import ResourceVersion
from dashboard.domain.record.views import Notice
from dashboard.domain.values.code_systems import RECORD_NUMBER
from dashboard.domain.values.datatypes import NamedReference, Reference
from dashboard.domain.values.site_time import site_day
from dashboard.errors import NotFound, NotPermitted, VersionConflict
from dashboard.fhir.mapping.elements import Json, many, text
from dashboard.fhir.port import FhirServer

TRIES: Final = 12
"""How often a change is merged and tried again while others save the same records, before its author is asked to."""
MADE_AGAIN: Final = frozenset({"Goal", "Task", "ServiceRequest", "CommunicationRequest"})
"""Types of items that are made anew where somebody keeps one whose record was deleted on the server meanwhile."""
LONGEST_WAIT: Final = 0.4
"""Seconds between two tries, at the most: a random time, so that many editors do not meet again."""


@dataclass(frozen=True, slots=True)
class PlanContext(RequestContext):
    """Who changes a plan on which server, and through which teams that person may see the patient."""

    relationship: Relationship = field(default_factory=lambda: Relationship(Relation.TEAM))


@dataclass(frozen=True, slots=True)
class PlanSaved:
    """What was saved: the plan as the server has it now, what came in from others meanwhile, and the references that
    the server gave to new items; and the recommendation that was accepted with it.
    """

    shared: SharedPlan
    arrived: tuple[Arrived, ...] = ()
    made: Mapping[Reference, Reference] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    accepted: Guidance | None = None


@dataclass(frozen=True, slots=True)
class PlanConflict:
    """Why nothing was saved: conflicts that a person must decide, in `merged`. `theirs` is the plan as the server has
    it now, `changes` says who changed the items in question, and when. The same change is saved with `choices`.
    """

    merged: Merged
    theirs: SharedPlan
    changes: Mapping[Reference, LastChange]


@dataclass(frozen=True, slots=True)
class PlanChange:
    """A change of a plan: who makes it, why, and what else is said of it.

    `for_whom` and `during` are of the Provenance. `of_what_was_seen`: nothing may have changed since the plan was read,
    as when it is signed. `accepts` is the recommendation that what is added follows.
    """

    actor: User
    activity: str
    reason: str
    at: datetime
    on_behalf_of: Reference | None = None
    during: Reference | None = None
    restores: ResourceVersion | None = None
    of_what_was_seen: bool = False
    accepts: Guidance | None = None


def about_plan(asked: Arguments, answer: Any) -> AuditSubject:
    """What goes on the audit record of a change of a plan: the patient and the plan."""
    base = asked.get("base")
    shared = answer.shared if isinstance(answer, PlanSaved) else base
    plan = (shared.plan.origin,) if isinstance(shared, SharedPlan) and shared.plan.source else ()
    why = "conflict: nothing was saved" if isinstance(answer, PlanConflict) else ""
    return AuditSubject(patients=(asked["patient_id"],), entities=plan, why=why)


def permitted(fhir: FhirServer, actor: User, patient_id: str, at: datetime) -> PlanContext:
    """Asks the server whether the actor may change the plan of a patient. Raises NotPermitted by role, NotFound for a
    patient who is not in the care of the actor's teams, whether the patient exists or not.
    """
    known = context_of(fhir, actor, at, Action.CHANGE_PLAN, Relation.TEAM)
    found = require_relationship(known, actor, patient_id, Action.CHANGE_PLAN)
    return PlanContext(
        known.fhir, known.scope, known.me, known.terminology, known.as_of, known.organizations, relationship=found
    )


@unaudited("each action on a plan is audited by itself, and calls this; `save` refuses to be called outside of one")
def change_plan(
    context: PlanContext, patient_id: str, base: SharedPlan, mine: Items, change: PlanChange, choices: Chosen
) -> PlanSaved | PlanConflict:
    """Saves the items `mine`, which were made from the plan `base`, or returns the conflicts that must be decided.

    Raises UserFacingError for what cannot be saved, NotFound where the plan is not there any more, VersionConflict
    where others saved the same records again and again, and what `save` raises.
    """
    before = items_of(base)
    mine = {origin: item if item == before.get(origin) else cleaned(item) for origin, item in mine.items()}
    again: dict[Reference, Reference] = {}
    patient = Reference("Patient", patient_id)
    for attempt in range(TRIES):
        read = read_plans(context, patient_id)
        theirs = theirs_of(context, read, base)
        made = _made_before(read, mine, before)
        deleted = {origin for origin in base.parts() if origin.type in MADE_AGAIN and origin not in read.rows}
        # A plan may still refer to what was deleted.
        there = {origin: item for origin, item in items_of(theirs).items() if origin not in deleted}
        merged = merge(before, rename_items(mine, made), there)
        chosen = {conflict: choice for conflict, choice in choices.items() if conflict in merged.conflicts}
        merged = settle(merged, chosen)
        if merged.conflicts:
            concerned = {each.origin for one in merged.conflicts for each in (one.was, one.mine, one.theirs) if each}
            return PlanConflict(merged, theirs, _who_changed(context, read, concerned))
        if change.of_what_was_seen and merged.arrived:
            raise VersionConflict("plan-changed-before-signing")
        _require_linkable(context, patient_id, items_of(theirs), merged.items)
        known = _with_records(theirs, read, merged.items)
        # Whoever keeps an item that was deleted meanwhile makes it again: nothing else of it is left.
        again |= {each: new_reference(each.type) for each in deleted - again.keys() if each in merged.items}
        known_items = {**items_of(known), **{each: before[each] for each in again}}
        check_all(merged.items, known_items, site_day(context.as_of))
        items = rename_items(merged.items, again)
        told = guidance_to_answer(context, patient, change.accepts, change.actor) if change.accepts else None
        try:
            saved = _save(context, patient, known, items, change, told, _in_words(context, read, chosen))
        except VersionConflict:
            time.sleep(random.uniform(0, LONGEST_WAIT * (attempt + 1) / TRIES))  # noqa: S311
            continue
        answer = _as_saved(known, merged, saved, made)
        return replace(answer, made={**answer.made, **{old: answer.made.get(new, new) for old, new in again.items()}})
    raise VersionConflict("plan-changed-again")


def theirs_of(context: PlanContext, read: PlansRead, base: SharedPlan) -> SharedPlan:
    """The same plan as the server has it now. Raises NotFound where it is not there any more, NotPermitted where it is
    kept by others than the user's teams.
    """
    plan = next((each for each in read.plans if each.origin == base.plan.origin), None)
    if plan is None:
        raise NotFound("plan-not-found")
    if not may_be_changed_by(plan, read.of_teams(context.relationship)):
        raise NotPermitted("plan-of-others")
    return read.shared(plan, base.team.origin if base.team is not None else None)


def _with_records(theirs: SharedPlan, read: PlansRead, items: Items) -> SharedPlan:
    """The plan with those items that it does not refer to and that are records of the patient already: they are brought
    into it, and not made once more.
    """
    wanted = items.keys() - theirs.parts().keys()
    goals = [value for origin, value in read.goals.items() if origin in wanted]
    activities = [value for origin, value in read.activities.items() if origin in wanted]
    return replace(theirs, goals=(*theirs.goals, *goals), activities=(*theirs.activities, *activities))


def _require_linkable(context: RequestContext, patient_id: str, theirs: Items, items: Items) -> None:
    """Raises NotFound where an item that comes into the plan is neither edited with it nor a prescription or an
    appointment of this patient that is there.
    """
    new = {origin for origin in items.keys() - theirs.keys() if origin.type not in EDITED_HERE}
    if new - read_linkable(context, patient_id, new).keys():
        raise NotFound("plan-link-not-found")


def _made_before(read: PlansRead, mine: Items, before: Items) -> dict[Reference, Reference]:
    """The records that an earlier try made of new items, although its answer was lost: they have the item's number."""
    numbers = {origin.id: origin for origin in mine if origin not in before}
    found = {}
    for reference, row in read.rows.items():
        for number in _numbers_of(row):
            if number in numbers and reference not in mine:
                found[numbers[number]] = reference
    return found


def _numbers_of(row: Json) -> list[str]:
    return [text(each.get("value")) for each in many(row.get("identifier")) if each.get("system") == RECORD_NUMBER]


def _who_changed(context: RequestContext, read: PlansRead, items: set[Reference]) -> dict[Reference, LastChange]:
    return last_changes(context, {origin: row for origin, row in read.rows.items() if origin in items})


def _in_words(context: RequestContext, read: PlansRead, chosen: Chosen) -> Any:
    items = {each.origin for one in chosen for each in (one.mine, one.theirs) if each is not None}
    names = {origin: change.who for origin, change in _who_changed(context, read, items).items()}
    return chosen_in_words(chosen, names)


def _save(
    context: RequestContext,
    patient: Reference,
    theirs: SharedPlan,
    items: Items,
    change: PlanChange,
    accepts: Guidance | None,
    choices: Any,
) -> tuple[tuple[Value, ...], Saved[Value] | None, Guidance | None]:
    """The values that changed and what was saved of them, None where nothing changed; and the recommendation as it was
    accepted with them, in the same transaction.
    """
    actor = change.actor
    values = changed_values(
        theirs,
        items,
        patient=patient,
        by=NamedReference(actor.practitioner, actor.name),
        at=change.at,
    )
    if not values:
        return (), None, None
    policies = (accepts.card.canonical,) if accepts is not None else ()
    circumstances = Circumstances(change.on_behalf_of, change.during, choices, change.restores, policies=policies)
    accepted = [_accepted(context, accepts, theirs, values, items, actor)] if accepts is not None else []
    saved: Saved[Any] = save(
        context.fhir,
        [*values, *accepted],
        actor=actor,
        activity=change.activity,
        reason=change.reason,
        at=change.at,
        circumstances=circumstances,
        in_steps=True,
    )
    of_plan, told = saved.values[: len(values)], saved.values[len(values) :]
    return values, Saved(of_plan, saved.notices), told[0] if told else None


def _accepted(
    context: RequestContext, accepts: Guidance, theirs: SharedPlan, values: tuple[Value, ...], items: Items, actor: User
) -> Guidance:
    """The recommendation as accepted, with what this change makes of it, also in words: a card may suggest more."""
    made = tuple(each.origin for each in values if each.source == {})
    words = "; ".join(str(items[each]["title"]) for each in made if each in items)[:LONGEST_WORDS]
    reply = replace(reply_of(context, actor, ReplyKind.ACCEPTED), made=made, words=words)
    return replied(accepts, reply, theirs.plan.origin)


def _as_saved(
    theirs: SharedPlan,
    merged: Merged,
    written: tuple[tuple[Value, ...], Saved[Value] | None, Guidance | None],
    made: Mapping[Reference, Reference],
) -> PlanSaved:
    values, saved, accepted = written
    if saved is None:
        return PlanSaved(theirs, merged.arrived, made)
    new = {old.origin: new.origin for old, new in zip(values, saved.values, strict=True) if old.origin != new.origin}
    return PlanSaved(with_values(theirs, saved.values), merged.arrived, {**made, **new}, saved.notices, accepted)


def item_in(items: Mapping[Reference, PlanItem], origin: Reference) -> PlanItem:
    """The item. Raises NotFound where the plan does not have it."""
    try:
        return items[origin]
    except KeyError:
        raise NotFound("plan-item-not-found") from None
