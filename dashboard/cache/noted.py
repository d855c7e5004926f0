"""What a session has noted on the server behind its pages: each once, in a thread, and again where that failed."""

import logging
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from dashboard.cache.cache import Start
from dashboard.errors import DashboardError, Failure

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Noted:
    """`keys` are noted, or being noted; `failed` is why the last try failed, until the next one."""

    keys: set[str] = field(default_factory=set)
    failed: Failure | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, keys: Collection[str], do: Callable[[], object], start: Start) -> None:
        """Has `do` note these keys in a thread that `start` begins; nobody waits for it."""
        with self._lock:
            self.keys |= set(keys)
            self.failed = None
        start(lambda: self._try(keys, do))

    def _try(self, keys: Collection[str], do: Callable[[], object]) -> None:
        failed: Failure | None = None
        try:
            do()
        except DashboardError as problem:
            failed = problem.failure
        except Exception as problem:  # a defect is logged without its data
            log.error("what was shown could not be noted: %s", type(problem).__name__)
            failed = Failure("save-answer-unreadable")
        if failed is not None:
            with self._lock:
                self.failed = failed
                self.keys -= set(keys)
