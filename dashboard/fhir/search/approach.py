"""In which way a server is asked for many patients' records, chosen by how long it took the last times.

The same search is quick on one server and runs into every limit on another: HAPI FHIR on H2 takes half a minute for 80
patients with a list of 143 codes, a fifth of a second without the codes; on PostgreSQL the codes cost nothing. So a
search begins as it was asked for. Where a server is slow with it, the next way of `APPROACHES` is tried, and the
quickest is remembered for this server and resource type.
"""

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Final

PATIENTS_AT_ONCE: Final = 200
"""A team's; it keeps the SQL of the embedded server within its limits."""
FEW_PATIENTS: Final = 20
"""So few that a server that is slow with a whole team answers in time."""
LONG_LIST: Final = 10
"""A list of more codes than this may be left out of the search; the rows are then filtered here."""
SLOW_SECONDS: Final = 3.0
"""A request that takes longer makes the next search of its type try another way."""
FORGET_SECONDS: Final = 6 * 3600.0
"""What was measured in an hour of trouble does not count for ever."""
RETRY_SECONDS: Final = (60.0, 300.0, 1800.0, FORGET_SECONDS)
"""When a way that was slow is tried again, after one such time, two, and so on: a server that has just started answers
nothing quickly, and would otherwise be asked in a roundabout way all day.
"""


@dataclass(frozen=True, slots=True)
class Approach:
    """One way to ask.

    leaves_lists_out: long lists of codes are not sent; the rows are filtered here.
    patients_at_once: in one search.
    patience: seconds after which the next way is tried beside it; None where there is no next way.
    """

    leaves_lists_out: bool
    patients_at_once: int
    patience: float | None


APPROACHES: Final = (
    Approach(leaves_lists_out=False, patients_at_once=PATIENTS_AT_ONCE, patience=10.0),
    Approach(leaves_lists_out=True, patients_at_once=PATIENTS_AT_ONCE, patience=15.0),
    Approach(leaves_lists_out=True, patients_at_once=FEW_PATIENTS, patience=None),
)
"""In the order in which they are tried. The first asks for the fewest rows, the last is the surest to be answered."""


def approaches_for(patients: int, has_long_list: bool) -> tuple[Approach, ...]:
    """Returns the ways that differ for a search of so many patients; after the last of them there is none."""
    ways = [
        way
        for way in APPROACHES
        if (has_long_list or not way.leaves_lists_out or way.patients_at_once < PATIENTS_AT_ONCE)
        and (patients > FEW_PATIENTS or way.patients_at_once == PATIENTS_AT_ONCE)
    ]
    last = ways[-1]
    return (*ways[:-1], Approach(last.leaves_lists_out, last.patients_at_once, None))


@dataclass(slots=True)
class _Measured:
    """What one way cost the last time: `seconds` in all for each patient, `longest` of one request; inf: no answer.
    `slow` counts how many times running it was slow; what was measured counts until the clock shows `until`.
    """

    seconds: float
    longest: float
    slow: int
    until: float


@dataclass(slots=True)
class ApproachMemory:
    """How long each way took on one server, by any hashable key of a search. Safe to use from several threads."""

    clock: Callable[[], float] = time.monotonic
    _measured: dict[tuple[Hashable, Approach], _Measured] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def choose(self, key: Hashable, ways: tuple[Approach, ...]) -> Approach:
        """Returns the quickest way known for the key. A way before it whose time is not known is tried first, and one
        after it where that one is slow.
        """
        with self._lock:
            known = {way: self._fresh(key, way) for way in ways}
        tried = {way: measured for way, measured in known.items() if measured is not None}
        if not tried:
            return ways[0]
        best = min(tried, key=lambda way: tried[way].seconds)
        if tried[best].seconds == _NEVER:
            return next((way for way in ways if way not in tried), ways[-1])
        untried = ways if tried[best].longest > SLOW_SECONDS else ways[: ways.index(best)]
        return next((way for way in untried if way not in tried), best)

    def remember(self, key: Hashable, way: Approach, seconds: float, longest: float) -> None:
        """Stores what a search cost: seconds in all for each patient, and of its longest request. A slow way is soon
        measured again, since a server that has just started is slow in every way.
        """
        with self._lock:
            before = self._measured.get((key, way))
            slow = (before.slow if before is not None else 0) + 1 if longest > SLOW_SECONDS else 0
            known_for = RETRY_SECONDS[min(slow, len(RETRY_SECONDS)) - 1] if slow else FORGET_SECONDS
            self._measured[key, way] = _Measured(seconds, longest, slow, self.clock() + known_for)

    def remember_no_answer(self, key: Hashable, way: Approach) -> None:
        """Stores that the server did not answer in time."""
        self.remember(key, way, _NEVER, _NEVER)

    def _fresh(self, key: Hashable, way: Approach) -> _Measured | None:
        measured = self._measured.get((key, way))
        return measured if measured is not None and self.clock() < measured.until else None


_NEVER: Final = float("inf")
_memories: Final[dict[str, ApproachMemory]] = {}


def memory_of(base_url: str) -> ApproachMemory:
    """Returns what this process knows of one server, whoever asks it."""
    return _memories.setdefault(base_url, ApproachMemory())
