"""The record of a recommendation as the server has it, for an answer to be added: made where nobody has made it yet."""

from collections.abc import Sequence

from dashboard.access.request_context import RequestContext
from dashboard.actions.save import OneOfAKind, create_all_once, create_once
from dashboard.audit.audited import unaudited
from dashboard.domain.access.user import User
from dashboard.domain.guidelines.guidance import Guidance, Reply, ReplyKind
from dashboard.domain.values.code_systems import GUIDANCE_NUMBER
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Reference
from dashboard.errors import NotFound, VersionConflict
from dashboard.fhir.mapping.elements import CannotRead
from dashboard.fhir.mapping.writable import from_fhir


@unaudited("is part of an audited action")
def guidance_to_answer(context: RequestContext, patient: Reference, shown: Guidance, actor: User) -> Guidance:
    """The record of what the user was shown.

    Raises VersionConflict where somebody has answered it since, NotFound where it is not of this patient, is gone, or
    cannot be read.
    """
    if shown.patient != patient:
        raise NotFound("recommendation-not-found")
    if shown.source == {}:
        now, _ = make_once(context, shown, actor)
    else:
        try:
            now = from_fhir(Guidance, context.fhir.read("GuidanceResponse", shown.origin.id))
        except (CannotRead, ValueError):
            raise NotFound("recommendation-not-found") from None
    if now.patient != patient:
        raise NotFound("recommendation-not-found")
    if now.replies != shown.replies:
        raise VersionConflict("recommendation-answered")
    return now


@unaudited("is part of an audited action")
def make_once(context: RequestContext, shown: Guidance, actor: User) -> tuple[Guidance, bool]:
    """The record of what was shown, and whether it was made now; no page shows it before it is answered. Raises what
    writing raises.
    """
    number = OneOfAKind(GUIDANCE_NUMBER, shown.number)
    return create_once(context.fhir, shown, number, actor=actor, announce=False)


@unaudited("is part of an audited action")
def make_all_once(context: RequestContext, shown: Sequence[Guidance], actor: User) -> list[tuple[Guidance, bool]]:
    """The same for several, in one request where the server can."""
    by_number = {each.number: each for each in shown}
    once = [(each, OneOfAKind(GUIDANCE_NUMBER, number)) for number, each in by_number.items()]
    return create_all_once(context.fhir, once, actor=actor)


def reply_of(context: RequestContext, actor: User, kind: ReplyKind) -> Reply:
    """An answer of the actor now."""
    by = NamedReference(context.me, actor.name)
    return Reply(kind, by, PartialDate(context.as_of.isoformat(timespec="milliseconds")))
