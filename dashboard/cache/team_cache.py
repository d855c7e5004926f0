"""The process-wide store of team data: one entry an access scope, and never a row from one scope to another.

An entry is loaded once however many sessions ask at the same time, asked for changes at most every `REFRESH_AFTER`,
read anew every `RELOAD_AFTER` (the only way to see deletions), and outlives an unreachable server. The store is
bounded: the scope that was used longest ago is forgotten first.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from dashboard.access.request_context import RequestContext
from dashboard.cache.load_team import load_all, load_changes, with_resources
from dashboard.cache.pause_collection import pause_collection
from dashboard.cache.team_record import TeamData
from dashboard.domain.record.people import AccessScope
from dashboard.errors import DashboardError, ServerUnavailable
from dashboard.fhir.mapping.reading import Json

REFRESH_AFTER: Final = 20.0
"""Seconds during which the rows are taken as they are."""
WAIT_AFTER: Final = 120.0
"""Seconds after which a page waits for the refresh; until then it shows what there is while a thread asks."""
RELOAD_AFTER: Final = 1800.0
"""Seconds after which everything is read anew."""
MOST_SCOPES: Final = 40
"""Two hundred patients take 12 to 40 MB (measured as growth of the process); forty teams at once fit in 1.5 GB."""

Start = Callable[[Callable[[], None]], None]
_PATIENCE: Final = 0.5
"""Seconds a write waits for somebody who is reading; then the reader is told to look again."""


@dataclass(frozen=True, slots=True)
class CachedTeam:
    """The data to show, and why they could not be refreshed ("" when they could)."""

    data: TeamData
    stale: str = ""


@dataclass(slots=True, eq=False)
class _Slot:
    """One scope's entry; `lock` is held by whoever asks the server. Times are of the store's clock, in seconds."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    data: TeamData | None = None
    asked: float = 0.0
    loaded: float = 0.0
    stale: str = ""
    error: DashboardError | None = None
    failed: float = 0.0
    looks: int = 0
    missed: bool = False
    context: RequestContext | None = None
    memo: dict[str, Any] = field(default_factory=dict)
    memo_lock: threading.Lock = field(default_factory=threading.Lock)


class TeamCache:
    """Team data by access scope. `clock` counts seconds; `start` runs a refresh beside the page (a thread)."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        start: Start | None = None,
        most: int = MOST_SCOPES,
    ) -> None:
        self._clock = clock
        self._start = start or in_thread
        self._most = most
        self._slots: OrderedDict[AccessScope, _Slot] = OrderedDict()
        self._lock = threading.Lock()

    def held(self, context: RequestContext, refresh: bool = False) -> CachedTeam:
        """The scope's data, read first where there are none; with `refresh`, asked for changes before.

        Raises DashboardError only when there is nothing at all to show.
        """
        slot = self._slot(context.scope)
        age, looks, asked = self._age(slot, context), slot.looks, self._clock()
        if slot.data is None or refresh or age > WAIT_AFTER:
            with slot.lock:
                if slot.data is None and slot.error is not None and slot.failed >= asked:
                    raise slot.error  # somebody else was just told so while we waited
                # A look that began after we asked serves us too; one that was under way may have missed what we want.
                if slot.data is None or (refresh and slot.looks == looks) or self._age(slot, context) > WAIT_AFTER:
                    self._ask(slot, context)
        elif age > REFRESH_AFTER:
            self._beside(slot, context)
        assert slot.data is not None
        return CachedTeam(slot.data, slot.stale)

    def peek(self, scope: AccessScope) -> TeamData | None:
        """The scope's data if there are any; nothing is asked."""
        with self._lock:
            slot = self._slots.get(scope)
        return slot.data if slot else None

    @contextmanager
    def memo(self, scope: AccessScope) -> Iterator[dict[str, Any]]:
        """A place for what is derived from the scope's data, held by one thread at a time; it goes when the scope
        goes.
        """
        slot = self._slot(scope)
        with slot.memo_lock:
            yield slot.memo

    def written(self, server: str, resources: Iterable[Json]) -> None:
        """Puts rows that were just written into every scope of this server that may see their patient."""
        rows = list(resources)
        with self._lock:
            slots = [slot for scope, slot in self._slots.items() if scope.server == server]
        for slot in slots:
            if not slot.lock.acquire(timeout=_PATIENCE):
                slot.missed = True
                continue
            try:
                if slot.data is not None and slot.context is not None:
                    slot.data = with_resources(slot.context, slot.data, rows)
            finally:
                slot.lock.release()

    def forget(self, scope: AccessScope | None = None) -> None:
        """Drops one scope, or all."""
        with self._lock:
            if scope is None:
                self._slots.clear()
            else:
                self._slots.pop(scope, None)

    def _slot(self, scope: AccessScope) -> _Slot:
        with self._lock:
            slot = self._slots.setdefault(scope, _Slot())
            self._slots.move_to_end(scope)
            while len(self._slots) > self._most:
                self._slots.popitem(last=False)
            return slot

    def _age(self, slot: _Slot, context: RequestContext) -> float:
        """Seconds since the server was asked; without end when a write was missed or the windows are another day's."""
        if slot.data is None:
            return float("inf")
        if not slot.stale and (slot.missed or slot.data.loaded_on != context.as_of.date()):
            return float("inf")
        # While the server is away no page waits for it: a thread tries, and the last data stay.
        return min(self._clock() - slot.asked, WAIT_AFTER if slot.stale else float("inf"))

    def _ask(self, slot: _Slot, context: RequestContext) -> None:
        """One look at the server, with the slot's lock held. A server that is away leaves what there was."""
        now = slot.asked = self._clock()
        slot.looks += 1
        slot.missed = False
        data = slot.data
        same_day = data is not None and data.loaded_on == context.as_of.date()
        whole = data is None or not same_day or not data.since or now - slot.loaded > RELOAD_AFTER
        try:
            with pause_collection():
                found = load_all(context) if whole or data is None else load_changes(context, data)
        except DashboardError as error:
            slot.stale, slot.error, slot.failed = str(error), error, self._clock()
            if data is None:
                raise
            if not isinstance(error, ServerUnavailable):
                slot.loaded = now - RELOAD_AFTER - 1  # what changed cannot be told: read everything next time
            return
        slot.data, slot.context, slot.stale, slot.error = found, context, "", None
        if whole:
            slot.loaded = now

    def _beside(self, slot: _Slot, context: RequestContext) -> None:
        """Asks for changes while the page shows what there is; nobody does when somebody already does."""

        def ask() -> None:
            if slot.lock.acquire(blocking=False):
                try:
                    if self._age(slot, context) > REFRESH_AFTER:
                        self._ask(slot, context)
                finally:
                    slot.lock.release()

        self._start(ask)


def in_thread(work: Callable[[], None]) -> None:
    """Runs the work beside the page; the process may end before it does."""
    threading.Thread(target=work, daemon=True, name="refresh").start()


TEAM_CACHE: Final = TeamCache()
"""The one of this process."""
