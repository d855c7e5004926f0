"""The one seam through which everything that reads or writes goes on record: a decorator on each query and action.

    @audited(AuditKind.PATIENT_READ, lambda asked, found: About(patients=(asked["patient_id"],)))
    def get_patient(fhir, user, scope, terminology, patient_id, as_of): ...

A read is put on record after the server answered and before anybody sees the answer; a write before it is done, and
again with its end; a refusal with what was asked for. Where that fails, nothing is shown or done. What a page asks
again by itself, within one look of its user at the same rows (`viewing_session`), is one record; without a look
every call is one.
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

from dashboard.domain.audit.record import AuditKind, AuditOutcome, AuditRecord, record_of
from dashboard.domain.record.people import User
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
"""Looks remembered so that a page that asks again is not put on record again; each takes some hundred bytes."""
_WRITES: Final = frozenset(
    {AuditKind.CREATE, AuditKind.UPDATE, AuditKind.EXPORT, AuditKind.PRINT, AuditKind.EMERGENCY_ACCESS}
)


class Recorder(Protocol):
    """Where records are kept (`dashboard.audit.log`); each raises AuditUnavailable where it cannot."""

    def record(self, record: AuditRecord) -> None: ...

    def begin(self, record: AuditRecord) -> None: ...

    def finish(self, record: AuditRecord) -> None: ...


@dataclass(frozen=True, slots=True)
class AuditSubject:
    """What a record says of one call: ids of Patients, other resources, what was searched for, the user's reason."""

    patients: Sequence[str] = ()
    entities: Sequence[Reference] = ()
    query: str = ""
    why: str = ""


_viewing_session: ContextVar[str] = ContextVar("look", default="")
_lock = threading.Lock()
_seen: OrderedDict[tuple[object, ...], None] = OrderedDict()
_recorder: list[Recorder] = []


def install(recorder: Recorder | None) -> None:
    """Where this process keeps its records; None: nowhere, and then nothing is read or done."""
    with _lock:
        _recorder[:] = [recorder] if recorder is not None else []
        _seen.clear()


@contextmanager
def viewing_session(name: str) -> Iterator[None]:
    """Everything asked within is one look of the user: the same question about the same patients is one record."""
    token = _viewing_session.set(name)
    try:
        yield
    finally:
        _viewing_session.reset(token)


def note(record: AuditRecord) -> None:
    """Puts a record by hand, for what is neither query nor action (a sign-in). Raises AuditUnavailable."""
    _kept().record(record)


def audited(
    kind: AuditKind, about: Callable[[Arguments, Any], AuditSubject]
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Puts each call on record as `kind`. `about(asked, answer)` gets the arguments by name, and the answer.

    The function names its user `user` or `actor` and the moment `as_of` or `at`. For a write that is about to be done,
    and for a refusal, the answer is None.
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        signature = inspect.signature(function)
        who = next(name for name in ("user", "actor") if name in signature.parameters)
        moment = next(name for name in ("as_of", "at") if name in signature.parameters)
        what = function.__name__

        def record(asked: Arguments, answer: Any, as_kind: AuditKind = kind, **more: Any) -> AuditRecord:
            return _record(as_kind, what, asked[who], asked[moment], about(asked, answer), **more)

        @functools.wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            recorder = _kept()
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            asked = bound.arguments
            begun = None
            if kind in _WRITES:
                begun = record(asked, None)
                recorder.begin(begun)
            try:
                answer = function(*args, **kwargs)
            except (NotPermitted, NotFound) as refusal:
                told = {"outcome": AuditOutcome.REFUSED, "detail": type(refusal).__name__}
                refused = record(asked, None, AuditKind.REFUSAL, **told)
                if begun is None:
                    _once(recorder, refused, asked[who])
                else:
                    recorder.finish(replace(refused, id=begun.id))
                raise
            except BaseException as failure:
                if begun is not None:
                    # Whether it was done is not known where the server's answer was lost.
                    lost = isinstance(failure, ServerUnavailable | UnexpectedAnswer)
                    known = isinstance(failure, DashboardError) and not lost
                    outcome = AuditOutcome.FAILED if known else AuditOutcome.UNKNOWN
                    recorder.finish(replace(begun, outcome=outcome, detail=type(failure).__name__))
                raise
            if begun is None:
                _shown(recorder, kind, what, asked[who], asked[moment], about(asked, answer))
            else:
                recorder.finish(replace(record(asked, answer), id=begun.id))
            return answer

        call.__audited__ = kind  # type: ignore[attr-defined]
        return call

    return decorate


def unaudited(why: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Marks a query or action that needs no record, and says why."""

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        function.__unaudited__ = why  # type: ignore[attr-defined]
        return function

    return decorate


def _kept() -> Recorder:
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
    patients, wrong = [], ""
    for ident in about.patients:
        try:
            patients.append(Reference("Patient", ident))
        except ValueError:
            wrong = wrong or f"Patient?_id={ident}"  # somebody tried an address: the record says what was tried
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


def _shown(recorder: Recorder, kind: AuditKind, what: str, user: User, when: datetime, about: AuditSubject) -> None:
    """Records a read, unless this look of this user has it already."""
    key = _key(user, kind, what, tuple(about.patients), tuple(about.entities), about.query)
    if key is not None and _known(key):
        return
    recorder.record(_record(kind, what, user, when, about))
    _remember(key)


def _once(recorder: Recorder, record: AuditRecord, user: User) -> None:
    key = _key(user, record.kind, record.what, record.patients, record.entities, record.query)
    if key is None or not _known(key):
        recorder.record(record)
        _remember(key)


def _key(user: User, *said: object) -> tuple[object, ...] | None:
    """What makes a record the same again within a look; None outside any look."""
    name = _viewing_session.get()
    return (name, user.session_id, user.subject, user.practitioner or user.name, *said) if name else None


def _known(key: tuple[object, ...]) -> bool:
    with _lock:
        if key not in _seen:
            return False
        _seen.move_to_end(key)
        return True


def _remember(key: tuple[object, ...] | None) -> None:
    if key is None:
        return
    with _lock:
        _seen[key] = None
        while len(_seen) > MOST_REMEMBERED:
            _seen.popitem(last=False)
