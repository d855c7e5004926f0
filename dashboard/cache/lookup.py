"""What changes seldom and is needed at every run, such as who the user is: kept as long as the process.

    ROLES: Lookup[str, User] = Lookup(max_entries=200)
    who = ROLES.get(key, lambda: ask_the_server())

A value is given as it is while a thread asks for it again, so that nothing that is kept waits for it; one that cannot
be asked for again stays. A failure without a value is remembered for `RETRY_SECONDS`: not every run waits for
the same silence.
"""

import threading
import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from dashboard.cache.cache import Age, Cache, Start
from dashboard.errors import CannotBeUsedNow

K = TypeVar("K")
V = TypeVar("V")

RETRY_SECONDS: Final = 10.0
FOR_EVER: Final = 1e12
"""Seconds; a value without one is infinitely old, and older than this."""


class Lookup(Generic[K, V]):
    """Values by key. `seconds`: after which one is asked for again. clock, start: as those of a Cache."""

    def __init__(
        self,
        max_entries: int,
        *,
        seconds: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
        start: Start | None = None,
    ) -> None:
        self._clock = clock
        self._values: Cache[K, V] = Cache(max_entries, age=Age(seconds, FOR_EVER, FOR_EVER), clock=clock, start=start)
        self._failed: dict[K, tuple[float, CannotBeUsedNow]] = {}
        self._lock = threading.Lock()

    def get(self, key: K, ask: Callable[[], V]) -> V:
        """Returns the value; without one what `ask` gives now. Raises what `ask` raises, or has just raised."""
        with self._lock:
            failed = self._failed.get(key)
        if failed is not None and self._values.peek(key) is None and self._clock() - failed[0] < RETRY_SECONDS:
            raise failed[1]
        try:
            value = self._values.get(key, lambda _: ask()).value
        except CannotBeUsedNow as error:
            with self._lock:
                self._failed = {
                    **dict(list(self._failed.items())[-self._values.max_entries :]),
                    key: (self._clock(), error),
                }
            raise
        with self._lock:
            self._failed.pop(key, None)
        return value

    def last(self, key: K) -> V | None:
        """Returns the value of the key as it is, None where there is none; asks nothing."""
        return self._values.peek(key)

    def forget(self) -> None:
        """Drops all values and failures."""
        self._values.forget()
        with self._lock:
            self._failed.clear()
