"""A cache of values read from a FHIR server, with one rule for their age.

    teams: Cache[AccessScope, TeamData] = Cache(max_entries=40)
    cached = teams.get(scope, lambda previous: load_changes(previous) if previous else load_all())
    cached.value, cached.error

A value is given as it is for `refresh_after` seconds from the moment the server was last asked; until `wait_after` it
is given while a thread asks the server again; after that the caller waits for the server. After `reload_after` seconds
`load` is called without the previous value, so that it reads everything again.

A cache with `patience` lets nobody who has a value wait longer than so many seconds: then the value is given with the
error SILENT, and the load goes on in its thread. Whoever comes while it hangs does not wait again.

Memory: at most `max_entries` values are held; the one requested longest ago is dropped first. Each cache states the
measured size of its values next to its bound, so that entries times size is what it can take.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

import cachetools

from dashboard.errors import CannotBeUsedNow, DashboardError, ServerUnavailable

K = TypeVar("K")
V = TypeVar("V")

Start = Callable[[Callable[[], None]], None]
"""Runs work in the background."""

_UPDATE_SECONDS: Final = 0.5
"""How long a writer waits, in all, for entries that are being loaded; those still busy then are loaded once more."""

PATIENCE: Final = 0.6
"""Seconds for which a page that has something to show waits for something newer, in the caches of this process: one
page asks two of them, and is to be shown within 2 s whatever the server does."""
SAID_AFTER: Final = 10.0
"""Seconds after which a load in the background that has not ended is said."""


def silent() -> ServerUnavailable:
    """The error of a server that was asked and has said nothing yet."""
    return ServerUnavailable("server-silent")


@dataclass(frozen=True, slots=True)
class Age:
    """The limits of age, in seconds. A value exactly as old as a limit is still on its younger side."""

    refresh_after: float = 20.0
    wait_after: float = 120.0
    reload_after: float = 1800.0

    def __post_init__(self) -> None:
        if not 0 <= self.refresh_after <= self.wait_after <= self.reload_after:
            raise ValueError("a value is refreshed first, waited for later, and reloaded last")


AGE: Final = Age()
"""The rule for what is read of patients."""
ACCESS_AGE: Final = Age(refresh_after=5.0, wait_after=8.0)
"""The rule for who may see it: nothing cached is given to anybody of whom the server was last asked longer ago. With
pages that come back every 5 s, an access that ends is gone from every page within 15 s."""


@dataclass(frozen=True, slots=True)
class Cached(Generic[V]):
    """A value, and the error of the last refresh (None when it succeeded)."""

    value: V
    error: DashboardError | None = None


@dataclass(slots=True, eq=False)
class _Loading:
    """A load under way. `in_vain`: somebody has waited for it as long as anybody waits."""

    began: float
    ended: threading.Event = field(default_factory=threading.Event)
    in_vain: bool = False
    problem: BaseException | None = None


@dataclass(slots=True, eq=False)
class _Entry(Generic[V]):
    """The value of one key; `lock` is held by the thread that asks the server. Times are of the cache's clock.

    expired, nudged: how often the value was declared outdated, or worth a refresh; `_seen` what of that the last load
    has seen when it began.
    """

    lock: threading.Lock = field(default_factory=threading.Lock)
    cached: Cached[V] | None = None
    loading: _Loading | None = None
    asked: float = 0.0
    reloaded: float = 0.0
    loads: int = 0
    expired: int = 0
    expired_seen: int = 0
    nudged: int = 0
    nudged_seen: int = 0
    error: DashboardError | None = None
    failed: float = 0.0
    memo: dict[str, Any] = field(default_factory=dict)
    memo_lock: threading.Lock = field(default_factory=threading.Lock)


def start_thread(work: Callable[[], None]) -> None:
    """Runs the work in a daemon thread; the process may end before it does."""
    threading.Thread(target=work, daemon=True, name="refresh").start()


def _always(value: object) -> bool:
    return True


class Cache(Generic[K, V]):
    """Values by key, each loaded once however many threads ask for it at the same time.

    clock: seconds, rising. start: runs a refresh in the background.
    patience: seconds for which a caller waits at most where there is a value; None waits for the load.
    Only what cannot be used now (`CannotBeUsedNow`) leaves the last value, and is given together with it. Any other
      error drops the value and is raised: what the user may not see any more is not shown from the cache.
    """

    def __init__(
        self,
        max_entries: int,
        *,
        age: Age = AGE,
        clock: Callable[[], float] = time.monotonic,
        start: Start | None = None,
        patience: float | None = None,
    ) -> None:
        self.age = age
        self._clock = clock
        self._start = start or start_thread
        self._patience = patience
        self._entries: cachetools.LRUCache[K, _Entry[V]] = cachetools.LRUCache(maxsize=max_entries)
        self._lock = threading.Lock()

    @property
    def max_entries(self) -> int:
        return int(self._entries.maxsize)

    def get(
        self,
        key: K,
        load: Callable[[V | None], V],
        *,
        refresh: bool = False,
        is_current: Callable[[V], bool] = _always,
    ) -> Cached[V]:
        """Returns the value of the key, loaded first where there is none or it is too old.

        `load` gets the previous value, or None where everything has to be read. With `refresh` the server is asked
        first. A value that is not current is treated as too old, and given only while the server is away.

        Raises what `load` raises where there is no value to give.
        """
        entry = self._entry(key)
        cached, age = entry.cached, self._age_of(entry, is_current)
        if cached is not None and not refresh and age <= self.age.wait_after:
            if age > self.age.refresh_after and not entry.lock.locked():
                self._start(lambda: self._refresh(key, entry, load, is_current))
            return self._with_hanging(entry, cached)
        if cached is not None and not refresh and self._patience is not None:
            return self._wait_a_little(key, entry, load, is_current, cached)
        loads, requested = entry.loads, self._clock()
        with entry.lock:
            if entry.cached is None and entry.error is not None and entry.failed >= requested:
                raise entry.error  # The load that this thread waited for has just failed.
            # A load that began after the request serves it too; one that was under way may have missed a change.
            not_refreshed = refresh and entry.loads == loads
            if not_refreshed or self._age_of(entry, is_current) > self.age.wait_after:
                self._load(key, entry, load, is_current)
            assert entry.cached is not None
            return entry.cached

    def _wait_a_little(
        self,
        key: K,
        entry: _Entry[V],
        load: Callable[[V | None], V],
        is_current: Callable[[V], bool],
        last: Cached[V],
    ) -> Cached[V]:
        """Returns the value once it has been loaded, or after `patience` the last one with SILENT. Raises what the load
        raised where that dropped the value.
        """
        assert self._patience is not None
        deadline = time.monotonic() + self._patience
        while True:  # a load that was under way may have begun before the change that is waited for
            loading = self._loading_of(key, entry, load, is_current)
            if loading.in_vain or not loading.ended.wait(max(0.0, deadline - time.monotonic())):
                loading.in_vain = True
                return Cached(last.value, silent())
            cached, problem = entry.cached, loading.problem or entry.error
            if cached is None:
                raise problem if problem is not None else silent()
            if self._age_of(entry, is_current) <= self.age.wait_after:
                return cached

    def _loading_of(
        self, key: K, entry: _Entry[V], load: Callable[[V | None], V], is_current: Callable[[V], bool]
    ) -> _Loading:
        """Returns the load that is under way, or that of a new thread."""
        with self._lock:
            if entry.loading is not None and not entry.loading.ended.is_set():
                return entry.loading
            loading = entry.loading = _Loading(self._clock())

        def work() -> None:
            try:
                with entry.lock:
                    if self._age_of(entry, is_current) > self.age.wait_after:
                        self._load(key, entry, load, is_current)
            except Exception as error:
                loading.problem = error
            finally:
                loading.ended.set()

        self._start(work)
        return loading

    def _with_hanging(self, entry: _Entry[V], cached: Cached[V]) -> Cached[V]:
        """The value, with SILENT where a load of it has been under way for long."""
        loading = entry.loading
        if cached.error is not None or loading is None or loading.ended.is_set():
            return cached
        return Cached(cached.value, silent()) if self._clock() - loading.began > SAID_AFTER else cached

    def peek(self, key: K) -> V | None:
        """Returns the value of the key whatever its age, None where there is none; loads nothing."""
        with self._lock:
            entry = _read(self._entries, key) if key in self._entries else None
        cached = entry.cached if entry is not None else None
        return cached.value if cached is not None else None

    def note(self, key: K, value: V, asked: float) -> None:
        """Puts a value that came of another question to the server, which was asked at this time of the cache's clock;
        a newer value stays. Waits for nothing.
        """
        entry = self._entry(key)
        if entry.lock.acquire(blocking=False):
            try:
                if entry.cached is None or entry.asked < asked:
                    entry.cached, entry.error = Cached(value), None
                    entry.asked = entry.reloaded = asked
            finally:
                entry.lock.release()

    @property
    def clock(self) -> Callable[[], float]:
        return self._clock

    @contextmanager
    def memo(self, key: K) -> Iterator[dict[str, Any]]:
        """A place for what is derived from the value, held by one thread at a time and dropped with the value."""
        entry = self._entry(key)
        with entry.memo_lock:
            yield entry.memo

    def update(self, concerns: Callable[[K], bool], change: Callable[[V], V]) -> None:
        """Changes the values of some keys after a write. A value that is being loaded just now is loaded again."""
        deadline = time.monotonic() + _UPDATE_SECONDS
        for entry in self._concerned(concerns):
            if not entry.lock.acquire(timeout=max(0.0, deadline - time.monotonic())):
                entry.expired += 1
                continue
            try:
                if entry.cached is not None:
                    entry.cached = Cached(change(entry.cached.value), entry.cached.error)
            finally:
                entry.lock.release()

    def expire(self, concerns: Callable[[K], bool], *, wait: bool = True) -> None:
        """Has the values of some keys loaded at their next request: before they are given, or (`wait=False`) while the
        last ones are. A load that is under way does not count.
        """
        for entry in self._concerned(concerns):
            entry.expired += wait
            entry.nudged += not wait

    def forget(self, key: K | None = None) -> None:
        """Drops the value of one key, or all values."""
        with self._lock:
            if key is None:
                self._entries.clear()
            else:
                self._entries.pop(key, None)

    def _entry(self, key: K) -> _Entry[V]:
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                entry = self._entries[key] = _Entry()
            return entry

    def _concerned(self, concerns: Callable[[K], bool]) -> list[_Entry[V]]:
        """The entries of some keys. This is no request for them: which is dropped first stays as it was."""
        with self._lock:
            return [_read(self._entries, key) for key in self._entries if concerns(key)]

    def _age_of(self, entry: _Entry[V], is_current: Callable[[V], bool]) -> float:
        """Seconds since the server was asked; infinite where the value must not be given before it is asked again."""
        cached = entry.cached
        if cached is None or entry.expired > entry.expired_seen:
            return float("inf")
        age = self._clock() - entry.asked
        if entry.nudged > entry.nudged_seen:
            age = max(age, self.age.refresh_after + 1)
        if cached.error is not None:
            # While the server is away nobody waits for it: a thread tries again.
            return min(age, self.age.wait_after)
        return age if is_current(cached.value) else float("inf")

    def _load(self, key: K, entry: _Entry[V], load: Callable[[V | None], V], is_current: Callable[[V], bool]) -> None:
        """Calls `load` once, with the entry's lock held."""
        now, expired, nudged = self._clock(), entry.expired, entry.nudged
        entry.loads += 1
        cached = entry.cached
        previous = cached.value if cached is not None and now - entry.reloaded <= self.age.reload_after else None
        if previous is not None and not is_current(previous):
            previous = None
        try:
            value = load(previous)
        except Exception as error:
            if cached is None or not isinstance(error, CannotBeUsedNow):
                self._drop(key, entry, error)
                raise
            if not isinstance(error, ServerUnavailable):
                entry.reloaded = float("-inf")  # What changed cannot be known: everything is read next time.
            entry.cached = Cached(cached.value, _without_frames(error))
        else:
            entry.cached, entry.error = Cached(value), None
            if previous is None:
                entry.reloaded = now
        # Only now: until the load has ended, other threads go by the age of the value that there is.
        entry.asked, entry.expired_seen, entry.nudged_seen = now, expired, nudged

    def _refresh(
        self, key: K, entry: _Entry[V], load: Callable[[V | None], V], is_current: Callable[[V], bool]
    ) -> None:
        """Loads in the background, unless a thread is loading already or has just loaded."""
        if not entry.lock.acquire(blocking=False):
            return
        loading = entry.loading = _Loading(self._clock())
        try:
            if self._age_of(entry, is_current) > self.age.refresh_after:
                self._load(key, entry, load, is_current)
        except Exception as error:
            # The value is dropped: the next request meets the same error where somebody sees it.
            loading.problem = error
        finally:
            entry.lock.release()
            loading.ended.set()

    def _drop(self, key: K, entry: _Entry[V], error: Exception) -> None:
        """Drops the entry, and its value for threads that still have the entry."""
        entry.cached = None
        entry.error, entry.failed = (error, self._clock()) if isinstance(error, DashboardError) else (None, 0.0)
        with self._lock:
            if self._entries.get(key) is entry:
                del self._entries[key]


def _read(entries: "cachetools.LRUCache[K, _Entry[V]]", key: K) -> _Entry[V]:
    """The entry of a key that is there; unlike `entries[key]`, this does not count as a request for it."""
    entry: _Entry[V] = cachetools.Cache.__getitem__(entries, key)
    return entry


def _without_frames(error: DashboardError) -> DashboardError:
    """The error without what its traceback holds: the frames of a load hold the records that it had read."""
    error.__traceback__ = error.__cause__ = error.__context__ = None
    return error
