"""A read that is waited for a little and then goes on by itself: what is shown meanwhile is what was there before."""

import contextvars
import threading
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from dashboard.cache.cache import Start, silent, start_thread

T = TypeVar("T")

READ_PATIENCE: Final = 1.2
"""Seconds: as long as a page waits for the two caches that it may ask one after the other."""


class Pending(Generic[T]):
    """Runs `read` in a thread, in the context of whoever made it.

    The first who asks for the result waits `patience` seconds, whoever comes later does not wait.
    """

    def __init__(self, read: Callable[[], T], patience: float = READ_PATIENCE, start: Start = start_thread) -> None:
        self._ended = threading.Event()
        self._patience = patience
        self._values: list[T] = []
        self._error: BaseException | None = None
        context = contextvars.copy_context()
        start(lambda: context.run(self._run, read))

    def _run(self, read: Callable[[], T]) -> None:
        try:
            self._values.append(read())
        except BaseException as error:
            self._error = error
        finally:
            self._ended.set()

    def result(self) -> T:
        """Returns what was read. Raises what the read raised, or SILENT while it goes on."""
        patience, self._patience = self._patience, 0.0
        if not self._ended.wait(patience):
            raise silent()
        if self._error is not None:
            raise self._error
        return self._values[0]

    @property
    def ended(self) -> bool:
        return self._ended.is_set()
