"""Puts every query and action on the audit record: a decorator for each function that reads or writes.

    @audited(AuditKind.PATIENT_READ, lambda arguments, answer: AuditSubject(patients=(arguments["patient_id"],)))
    def get_patient(fhir, user, scope, terminology, patient_id, as_of): ...

A read is recorded after the server answered and before the answer is returned; a write before it is made, and again
with its outcome; a refusal with what was asked for. Where the record cannot be stored, nothing is returned or written.
Inside one `viewing_session` the same query about the same patients is recorded once; outside, every call is recorded.
"""

import functools
import inspect
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, ParamSpec, Protocol, TypeVar

from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind, AuditOutcome, AuditRecord, record_of
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import (
    AuditUnavailable,
    DashboardError,
    NotFound,
    NotPermitted,
    ServerUnavailable,
    UnexpectedAnswer,
)

P = ParamSpec("P")
T = TypeVar("T")
Arguments = Mapping[str, Any]

MOST_REMEMBERED: Final = 20_000
"""Reads remembered so that a page that asks again is not recorded again; each takes some hundred bytes."""
_WRITES: Final = frozenset(
    {AuditKind.CREATE, AuditKind.UPDATE, AuditKind.EXPORT, AuditKind.PRINT, AuditKind.EMERGENCY_ACCESS}
)


class Recorder(Protocol):
    """Stores records (`dashboard.audit.log.AuditLog`); every method raises AuditUnavailable where it cannot."""

    def record(self, record: AuditRecord) -> None: ...

    def begin(self, record: AuditRecord) -> None: ...

    def finish(self, record: AuditRecord) -> None: ...


@dataclass(frozen=True, slots=True)
class AuditSubject:
    """What one call was about: ids of Patients, other resources, the search as text, the user's reason."""

    patients: Sequence[str] = ()
    entities: Sequence[Reference] = ()
    query: str = ""
    why: str = ""


_viewing_session: ContextVar[str] = ContextVar("viewing_session", default="")
_write_on_record: ContextVar[AuditRecord | None] = ContextVar("write_on_record", default=None)
"""The record of the audited write that this thread is carrying out."""
_lock = threading.Lock()
_recorded: OrderedDict[tuple[object, ...], None] = OrderedDict()
_recorder: list[Recorder] = []


def install(recorder: Recorder | None) -> None:
    """Sets where this process stores its records. With None nothing can be read or written."""
    with _lock:
        _recorder[:] = [recorder] if recorder is not None else []
        _recorded.clear()


@contextmanager
def viewing_session(name: str) -> Iterator[None]:
    """Inside, the same query about the same patients is recorded once. `name` identifies the opened page."""
    token = _viewing_session.set(name)
    try:
        yield
    finally:
        _viewing_session.reset(token)


def record_event(record: AuditRecord) -> None:
    """Records what is neither a query nor an action, such as a sign-in. Raises AuditUnavailable."""
    _installed_recorder().record(record)


def audited(
    kind: AuditKind, about: Callable[[Arguments, Any], AuditSubject]
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Records each call of a function as `kind`; `about(arguments, answer)` says what it was about.

    The function names its user `user` or `actor`, and the moment `as_of` or `at`. For a write that is about to be made,
    and for a refusal, the answer is None.
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        signature = inspect.signature(function)
        who = next(name for name in ("user", "actor") if name in signature.parameters)
        moment = next(name for name in ("as_of", "at") if name in signature.parameters)
        what = function.__name__

        def record(arguments: Arguments, answer: Any, as_kind: AuditKind = kind, **more: Any) -> AuditRecord:
            return _record(as_kind, what, arguments[who], arguments[moment], about(arguments, answer), **more)

        @functools.wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            recorder = _installed_recorder()
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            arguments = bound.arguments
            begun = None
            if kind in _WRITES:
                begun = record(arguments, None)
                recorder.begin(begun)
            try:
                with _on_record(begun):
                    answer = function(*args, **kwargs)
            except (NotPermitted, NotFound) as refusal:
                ending = {"outcome": AuditOutcome.REFUSED, "detail": type(refusal).__name__}
                refused = record(arguments, None, AuditKind.REFUSAL, **ending)
                if begun is None:
                    _record_once(recorder, refused, arguments[who])
                else:
                    recorder.finish(replace(refused, id=begun.id))
                raise
            except BaseException as failure:
                if begun is not None:
                    # Where the server's answer was lost, nobody knows whether the change was made.
                    answer_lost = isinstance(failure, ServerUnavailable | UnexpectedAnswer)
                    failed = isinstance(failure, DashboardError) and not answer_lost
                    outcome = AuditOutcome.FAILED if failed else AuditOutcome.UNKNOWN
                    recorder.finish(replace(begun, outcome=outcome, detail=type(failure).__name__))
                raise
            if begun is None:
                _record_read(recorder, kind, what, arguments[who], arguments[moment], about(arguments, answer))
            else:
                recorder.finish(replace(record(arguments, answer), id=begun.id))
            return answer

        call.__audited__ = kind  # type: ignore[attr-defined]
        return call

    return decorate


@contextmanager
def _on_record(begun: AuditRecord | None) -> Iterator[None]:
    """What is written within has its record; a read within a write changes nothing about that."""
    if begun is None:
        yield
        return
    token = _write_on_record.set(begun)
    try:
        yield
    finally:
        _write_on_record.reset(token)


def require_write_on_record(actor: User) -> None:
    """Raises RuntimeError unless this thread is within an audited write of this actor: nothing is written off the
    record, or in another's name.
    """
    begun = _write_on_record.get()
    if begun is None or (begun.who, begun.subject) != (actor.practitioner or actor.fhir_user, actor.subject):
        raise RuntimeError("what is saved needs an audited action of the same actor around it")


def unaudited(why: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Marks a query or action that needs no record, with the reason."""

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        function.__unaudited__ = why  # type: ignore[attr-defined]
        return function

    return decorate


def _installed_recorder() -> Recorder:
    if not _recorder:
        raise AuditUnavailable("audit-not-kept")
    return _recorder[0]


def _record(
    kind: AuditKind,
    what: str,
    user: User,
    when: datetime,
    about: AuditSubject,
    outcome: AuditOutcome = AuditOutcome.SUCCESS,
    detail: str = "",
) -> AuditRecord:
    patients, wrong = _patients(tuple(about.patients))
    return record_of(
        user,
        kind,
        what,
        when,
        patients=patients,
        entities=about.entities,
        query=about.query or wrong,
        why=about.why,
        outcome=outcome,
        detail=detail,
    )


def _record_read(
    recorder: Recorder, kind: AuditKind, what: str, user: User, when: datetime, about: AuditSubject
) -> None:
    """Records a read, unless this viewing session has recorded it already."""
    key = _key(user, kind, what, tuple(about.patients), tuple(about.entities), about.query)
    if key is not None and _is_recorded(key):
        return
    recorder.record(_record(kind, what, user, when, about))
    _remember(key)


@functools.lru_cache(maxsize=128)
def _patients(idents: tuple[str, ...]) -> tuple[tuple[Reference, ...], str]:
    """Returns the patients, and what is no id as a search for it: somebody typed an address, which goes on record as it
    is. A team's two hundred are the same in every record of its worklist.
    """
    patients, wrong = [], ""
    for ident in idents:
        try:
            patients.append(Reference("Patient", ident))
        except ValueError:
            wrong = wrong or f"Patient?_id={ident}"
    return tuple(patients), wrong


def _record_once(recorder: Recorder, record: AuditRecord, user: User) -> None:
    key = _key(user, record.kind, record.what, record.patients, record.entities, record.query)
    if key is None or not _is_recorded(key):
        recorder.record(record)
        _remember(key)


def _key(user: User, *parts: object) -> tuple[object, ...] | None:
    """Identifies a read within a viewing session; None outside any."""
    name = _viewing_session.get()
    return (name, user.session_id, user.subject, user.practitioner or user.name, *parts) if name else None


def _is_recorded(key: tuple[object, ...]) -> bool:
    with _lock:
        if key not in _recorded:
            return False
        _recorded.move_to_end(key)
        return True


def _remember(key: tuple[object, ...] | None) -> None:
    if key is None:
        return
    with _lock:
        _recorded[key] = None
        while len(_recorded) > MOST_REMEMBERED:
            _recorded.popitem(last=False)
