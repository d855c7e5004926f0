"""The one way in which the dashboard writes to the FHIR server: changed domain values with their Provenance, in one
transaction, on the audit record.

    task = from_fhir(fhir.read("Task", "t1"))
    saved = save(fhir, [complete(task, at)], actor=actor, activity="complete", reason="Called", at=at)
    saved.value, saved.notices
"""

import random
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Generic, NamedTuple, TypeVar

from dashboard.actions.save_in_steps import save_in_steps
from dashboard.audit.audited import require_write_on_record, unaudited
from dashboard.cache.changes import publish_changes
from dashboard.domain.access.user import User
from dashboard.domain.record.provenance import LONGEST_REASON, Choice, Provenance, ResourceVersion
from dashboard.domain.record.views import Notice
from dashboard.domain.values.code_systems import RECORD_NUMBER
from dashboard.domain.values.datatypes import NO_CONCEPT, CodeableConcept, PartialDate, Reference
from dashboard.domain.values.words import without_control_characters
from dashboard.errors import (
    DashboardError,
    NotPermitted,
    ServerRefused,
    UnexpectedAnswer,
    UserFacingError,
    VersionConflict,
)
from dashboard.fhir.client.transaction import Entry
from dashboard.fhir.mapping.elements import CannotRead
from dashboard.fhir.mapping.reading import version
from dashboard.fhir.mapping.writable import Writable, from_fhir, to_fhir
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.notices import NoticeKind
from dashboard.fhir.search.request import SearchRequest

Json = dict[str, Any]
T = TypeVar("T", bound=Writable)
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Saved(Generic[T]):
    """What the server stored, in the order in which it was given to `save`, and what the user must know about it."""

    values: tuple[T, ...]
    notices: tuple[Notice, ...] = ()

    @property
    def value(self) -> T:
        """The first, where one was saved."""
        return self.values[0]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What else the Provenance says of a change: for whom the actor acted, during which conference, how conflicts were
    settled, which old version was brought back, which records that a broken save had written it signs, and which rules
    (`policies`, canonical addresses with version) suggested it.

    `number` is that of the Provenance; a new one but where the Provenance of a broken save is written late. `made`:
    what it signs was made by this change, and nothing was there before.
    """

    on_behalf_of: Reference | None = None
    during: Reference | None = None
    choices: tuple[Choice, ...] = ()
    restores: ResourceVersion | None = None
    signs: tuple[ResourceVersion, ...] = ()
    policies: tuple[str, ...] = ()
    made: bool = False
    number: str = field(default_factory=lambda: new_number())


_NUMBERED: Final = frozenset({"CarePlan", "Goal", "Task", "ServiceRequest", "CommunicationRequest"})
"""Types whose new records get a number of ours as identifier: so a save whose answer was lost finds what it made."""


_ONE_IDENTIFIER: Final = frozenset({"Composition"})
"""Types that R4 gives one identifier: they get no number of ours beside it."""


class OneOfAKind(NamedTuple):
    """The identifier that there shall be once: who makes the same at the same moment makes it with the same number."""

    system: str
    value: str


def new_number() -> str:
    """A number that nothing else has: of a change, or of a record before the server has given it an id."""
    return str(uuid.uuid4())


def new_reference(resource_type: str) -> Reference:
    """A reference for a value that does not exist on the server yet; the server gives it another id.

    Other values of the same `save` may refer to it.
    """
    return Reference(resource_type, new_number())


@unaudited("is part of an audited action, and refuses to be called outside of one")
def save(
    fhir: FhirServer,
    values: Sequence[T],
    *,
    actor: User,
    activity: str,
    reason: str,
    at: datetime,
    circumstances: Circumstances | None = None,
    in_steps: bool = False,
) -> Saved[T]:
    """Saves all values and the Provenance of the change, or nothing, and shows the cache what was stored.

    A value with a `source` is saved over the version it was read in, and no other; one with an empty `source` is
    created. Where the server does not refuse a stale save itself, each record is read again and compared just before,
    and the notice `unprotected-save` says that this protects less. `in_steps`: a server without transactions gets the
    records one after the other, in this order, and the Provenance last (`save_in_steps`).

    Raises VersionConflict, Unsupported (no transactions, and not `in_steps`: nothing was saved), NotPermitted for an
    actor whom the FHIR server does not know, UserFacingError for a reason that is empty or too long, UnexpectedAnswer,
    and RuntimeError outside of an audited action of this actor.
    """
    require_write_on_record(actor)
    record = _provenance(values, actor, activity, reason, at, circumstances or Circumstances())
    resources = [_numbered(value, to_fhir(value)) for value in values]
    stepping = in_steps and not fhir.capabilities.transactions
    notices = _compare_unprotected(fhir, values, everything=stepping)
    if stepping:
        rows = save_in_steps(
            fhir, [(value.origin, resource) for value, resource in zip(values, resources, strict=True)], record
        )
        return Saved(tuple(_read_back(type(value), row) for value, row in zip(values, rows, strict=True)), notices)
    addresses = {str(value.origin): f"urn:uuid:{value.origin.id}" for value in values if _is_new(value)}
    entries = [
        Entry("POST", _linked(resource, addresses), full_url=addresses[str(value.origin)])
        if _is_new(value)
        else Entry("PUT", _linked(resource, addresses), if_match=version(resource))
        for value, resource in zip(values, resources, strict=True)
    ]
    stored = fhir.transaction([*entries, Entry("POST", _linked(to_fhir(record), addresses))])
    rows = [_stored(fhir, entry.resource, row) for entry, row in zip(entries, stored, strict=False)]
    publish_changes(fhir.base_url, rows)
    return Saved(tuple(_read_back(type(value), row) for value, row in zip(values, rows, strict=True)), notices)


@unaudited("is part of an audited action, and refuses to be called outside of one")
def create_once(fhir: FhirServer, value: T, once: OneOfAKind, *, actor: User, announce: bool = True) -> tuple[T, bool]:
    """Creates a record unless there is one with this identifier, and returns the one that is there, and whether it is
    certainly the one given (of a type that has one identifier alone nobody can tell). Its Provenance is for the caller
    to save: it must not say of another's record that we made it. Without `announce`, no page that shows the
    patient is read again for it.

    A server without conditional create is asked just before and just after. Raises VersionConflict where others create
    the same again and again, and what writing raises.
    """
    require_write_on_record(actor)
    resource = _once(value, once)
    if fhir.capabilities.conditional_create(value.origin.type):
        row = _created_by_server(fhir, resource, once)
    else:
        row = _created_unprotected(fhir, resource, once)
    if announce:
        publish_changes(fhir.base_url, [row])
    return _made(value, row)


@unaudited("is part of an audited action, and refuses to be called outside of one")
def create_all_once(fhir: FhirServer, values: Sequence[tuple[T, OneOfAKind]], *, actor: User) -> list[tuple[T, bool]]:
    """The same for several records that no page shows yet, in one transaction where the server can; else, and where it
    refuses one of them, one after the other: then those before the one that cannot be written are there.
    """
    require_write_on_record(actor)
    can = fhir.capabilities
    together = can.transactions and all(can.conditional_create(value.origin.type) for value, _ in values)
    if len(values) > 1 and together:
        entries = [Entry("POST", _once(value, once), unless=(once.system, once.value)) for value, once in values]
        with suppress(ServerRefused):
            rows = _until_first_is_known(lambda: fhir.transaction(entries), values[0][0].origin.type)
            return [_made(value, row) for (value, _), row in zip(values, rows, strict=True)]
    return [create_once(fhir, value, once, actor=actor, announce=False) for value, once in values]


def _once(value: Writable, once: OneOfAKind) -> Json:
    """The resource with the identifier that there shall be once."""
    resource = to_fhir(value)
    number = {"system": RECORD_NUMBER, "value": value.origin.id}
    alone = {"system": once.system, "value": once.value}
    one = value.origin.type in _ONE_IDENTIFIER
    others = [] if one else [each for each in resource.get("identifier", ()) if each != alone]
    resource["identifier"] = alone if one else [*others, number, alone]
    return resource


def _made(value: T, row: Json) -> tuple[T, bool]:
    """The record that is there, and whether it is certainly the one given."""
    number = {"system": RECORD_NUMBER, "value": value.origin.id}
    return _read_back(type(value), row), value.origin.type not in _ONE_IDENTIFIER and number in row.get(
        "identifier", ()
    )


TRIES: Final = 12
"""How often the server is asked who was first, where it could not say."""
LONGEST_WRITE: Final = 0.5
"""Seconds between a look and the write that follows it, at the most: a request on its way."""


def _created_by_server(fhir: FhirServer, resource: Json, once: OneOfAKind) -> Json:
    return _until_first_is_known(lambda: fhir.create_once(resource, once), str(resource["resourceType"]))


def _until_first_is_known(write: Callable[[], R], kind: str) -> R:
    for _ in range(TRIES):
        try:
            return write()
        except VersionConflict:
            time.sleep(random.uniform(0, 0.1))  # noqa: S311
    raise VersionConflict("version-changed", what=kind)


def _created_unprotected(fhir: FhirServer, resource: Json, once: OneOfAKind) -> Json:
    """Looks, writes under an id that the identifier decides, so that there is one record whoever writes, and looks
    whose it is once nobody can be writing any more (Lamport 1987, "A fast mutual exclusion algorithm", on Fischer's).
    """
    request = SearchRequest(resource["resourceType"], (("identifier", "|".join(once)),), fresh=True)
    [answer] = fhir.try_all([request])
    if isinstance(answer, DashboardError):
        raise answer
    if answer.rows:
        return answer.rows[0]
    ident = str(uuid.uuid5(uuid.NAMESPACE_URL, "|".join(once)))
    fhir.put_new({**resource, "id": ident})
    time.sleep(LONGEST_WRITE)
    return fhir.read(resource["resourceType"], ident)


def _version_read(value: Writable) -> str:
    """The version that the value was read in; "" of a new one, and where the server gives none."""
    return version(dict(value.source or {}))


def _is_new(value: Writable) -> bool:
    return bool(value.source == {})


def _numbered(value: Writable, resource: Json) -> Json:
    """The resource of a new record with its number, which is that of its reference before it is saved."""
    if not _is_new(value) or value.origin.type not in _NUMBERED:
        return resource
    number = {"system": RECORD_NUMBER, "value": value.origin.id}
    return {**resource, "identifier": [*resource.get("identifier", ()), number]}


def _provenance(
    values: Sequence[Writable], actor: User, activity: str, reason: str, at: datetime, more: Circumstances
) -> Provenance:
    """The Provenance of the change.

    Its targets are the versions that the change makes where the server counts versions (then each is the next number),
    else the records; the versions that were changed are its entities.
    """
    agent = actor.practitioner or actor.fhir_user
    if agent is None:
        raise NotPermitted("not-in-a-care-team")
    check_reason(reason)
    if at.tzinfo is None:
        raise ValueError("the moment of a change needs a time zone")
    read = [(value.origin, _version_read(value)) for value in values]
    return Provenance(
        origin=Reference("Provenance", more.number),
        changed=(*(ResourceVersion(origin, _next(number)) for origin, number in read), *more.signs),
        recorded=PartialDate(at.isoformat(timespec="milliseconds")),
        who=actor.name,
        agent=agent,
        operation="CREATE" if more.made or (values and all(map(_is_new, values))) else "UPDATE",
        activity=activity,
        reason=without_control_characters(reason),
        revised=tuple(ResourceVersion(origin, number) for origin, number in read if number),
        on_behalf_of=more.on_behalf_of,
        role=CodeableConcept((actor.role,), actor.role_label) if actor.role is not None else NO_CONCEPT,
        during=more.during,
        choices=more.choices,
        restores=more.restores,
        policies=more.policies,
        source={},
    )


@unaudited("looks at words alone")
def check_reason(reason: str) -> None:
    """Raises UserFacingError for a reason that is empty or too long."""
    if not without_control_characters(reason):
        raise UserFacingError("reason-empty")
    if len(reason) > LONGEST_REASON:
        raise UserFacingError("reason-too-long", most=LONGEST_REASON)


def _next(number: str) -> str:
    return str(int(number) + 1) if number.isdecimal() else ""


def _compare_unprotected(fhir: FhirServer, values: Iterable[Writable], everything: bool) -> tuple[Notice, ...]:
    """Reads each record again whose type the server does not guard, or `everything`, and compares it with what was read
    to be changed.

    Returns a notice for each type that is not guarded. Raises VersionConflict where somebody saved meanwhile, NotFound
    where the record is gone.
    """
    notices: list[Notice] = []
    for value in values:
        kind, ident = value.origin.type, value.origin.id
        guarded = fhir.capabilities.versioned_update(kind)
        if _is_new(value) or (guarded and not everything):
            continue
        current = fhir.read(kind, ident)
        same = version(current) == _version_read(value) if version(current) else current == value.source
        if not same:
            raise VersionConflict("version-changed", what=kind)
        notices += [] if guarded else [Notice(NoticeKind.UNPROTECTED_SAVE, kind)]
    return tuple(dict.fromkeys(notices))


def _linked(value: Any, addresses: dict[str, str]) -> Any:
    """The JSON with references to new records replaced by their addresses in the transaction (`urn:uuid:...`)."""
    if isinstance(value, dict):
        return {
            name: addresses.get(part, part)
            if name == "reference" and isinstance(part, str)
            else _linked(part, addresses)
            for name, part in value.items()
        }
    return [_linked(part, addresses) for part in value] if isinstance(value, list) else value


def _stored(fhir: FhirServer, sent: Json, answer: Json) -> Json:
    """The record as the server stored it, read again where its answer does not say."""
    if answer.get("resourceType") == sent["resourceType"]:
        return answer
    if "id" not in sent:
        raise UnexpectedAnswer("save-answer-unreadable")
    return fhir.read(sent["resourceType"], sent["id"])


def _read_back(kind: type[T], row: Json) -> T:
    try:
        return from_fhir(kind, row)
    except (CannotRead, ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise UnexpectedAnswer("save-answer-unreadable") from error
