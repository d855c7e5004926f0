"""Patients opened lately, each kept for one access scope: a rerun of the page asks nothing, a page left open stays
fresh.

What is kept of a patient is one view: the summary in `SUMMARY_CACHE`, the timeline in `TIMELINE_CACHE`. Kept per
(scope, patient), bounded, the one opened longest ago forgotten first. A view is taken as it is for
`REFRESH_AFTER` seconds, shown while a thread reads it again until `WAIT_AFTER`, and waited for after that.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, Generic, TypeVar

from dashboard.cache.team_cache import REFRESH_AFTER, WAIT_AFTER, Start, in_thread
from dashboard.cache.team_resources import patients_of
from dashboard.domain.record.people import AccessScope
from dashboard.domain.record.views import PatientSummary
from dashboard.domain.timeline.events import Timeline
from dashboard.errors import ServerUnavailable
from dashboard.fhir.mapping.reading import Json

MOST_PATIENTS: Final = 200
"""A summary takes 0.1 to 2 MB, by the length of its results."""

MOST_TIMELINES: Final = 40
"""A timeline of 10,000 events takes some 15 MB, one of a thousand a tenth of it."""

Key = tuple[AccessScope, str]
S = TypeVar("S", PatientSummary, Timeline)


@dataclass(slots=True, eq=False)
class _Kept(Generic[S]):
    lock: threading.Lock = field(default_factory=threading.Lock)
    view: S | None = None
    asked: float = float("-inf")
    looks: int = 0
    on: date | None = None


class PatientCache(Generic[S]):
    """Views by scope and patient. `clock` counts seconds; `start` runs a reading beside the page."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, start: Start | None = None, most: int = MOST_PATIENTS
    ) -> None:
        self._clock, self._start, self._most = clock, start or in_thread, most
        self._kept: OrderedDict[Key, _Kept[S]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, scope: AccessScope, patient_id: str, read: Callable[[], S], on: date, refresh: bool = False) -> S:
        """The view of a day, read with `read` where it is not kept or too old; the last one, marked, when the
        server is away.

        Raises what `read` raises; a patient who is no longer to be seen is forgotten.
        """
        kept = self._entry((scope, patient_id))
        looks = kept.looks
        age = self._clock() - kept.asked if kept.on == on else float("inf")
        if kept.view is not None and not refresh and age <= WAIT_AFTER:
            if age > REFRESH_AFTER:
                self._beside(kept, (scope, patient_id), read, on)
            return kept.view
        with kept.lock:
            if kept.view is None or kept.on != on or kept.looks == looks:
                self._ask(kept, (scope, patient_id), read, on)
            assert kept.view is not None
            return kept.view

    def last(self, scope: AccessScope, patient_id: str) -> S | None:
        """What is kept, for rules about it; nothing is asked."""
        with self._lock:
            kept = self._kept.get((scope, patient_id))
        return kept.view if kept else None

    def written(self, server: str, resources: Iterable[Json]) -> None:
        """Makes the next look at the patients of rows that were just written a look at the server."""
        touched = {pid for row in resources for pid in patients_of(row)}
        with self._lock:
            for (scope, patient_id), kept in self._kept.items():
                if scope.server == server and patient_id in touched:
                    kept.asked = float("-inf")

    def forget(self) -> None:
        with self._lock:
            self._kept.clear()

    def _entry(self, key: Key) -> _Kept[S]:
        with self._lock:
            kept = self._kept.setdefault(key, _Kept())
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
            return kept

    def _ask(self, kept: _Kept[S], key: Key, read: Callable[[], S], on: date) -> None:
        now = self._clock()
        kept.looks += 1
        try:
            kept.view = read()
        except ServerUnavailable as error:
            if kept.view is None or kept.on != on:
                raise
            kept.view = replace(kept.view, stale=error.code)
        except Exception:
            with self._lock:
                self._kept.pop(key, None)
            raise
        kept.asked, kept.on = now, on

    def _beside(self, kept: _Kept[S], key: Key, read: Callable[[], S], on: date) -> None:
        def ask() -> None:
            if kept.lock.acquire(blocking=False):
                try:
                    self._ask(kept, key, read, on)
                except Exception:  # the next look meets the same error where somebody sees it
                    kept.asked = float("-inf")
                finally:
                    kept.lock.release()

        self._start(ask)


SUMMARY_CACHE: Final[PatientCache[PatientSummary]] = PatientCache()
TIMELINE_CACHE: Final[PatientCache[Timeline]] = PatientCache(most=MOST_TIMELINES)
"""Those of this process."""
