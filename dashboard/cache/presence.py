"""Who has a patient's plan open at this moment, and which item of it each is editing.

    PRESENCE.here(server, "p1", window, user, item_open=goal)      # said again every second by an open page
    PRESENCE.others(server, "p1", window, user)

A window that says nothing for `GONE_AFTER` seconds is gone: a browser goes away without a word. Names are given only to
those who may see the patient, and whoever calls has asked that. It is all in the memory of this process: some 300 bytes
a window, of `MOST_PLANS` plans with `MOST_WINDOWS` each.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from dashboard.domain.access.user import User
from dashboard.domain.values.datatypes import Reference

GONE_AFTER: Final = 8.0
"""Seconds after which somebody of whom nothing is heard is gone. A page speaks once a second."""
MOST_PLANS: Final = 500
MOST_WINDOWS: Final = 50


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody else who has the plan open. `items` are those that the person is editing, in the order of their
    opening; `own` says that it is the user's own other window.
    """

    name: str
    role_label: str
    items: tuple[Reference, ...] = ()
    own: bool = False


@dataclass(slots=True)
class _Window:
    identity: str
    name: str
    role_label: str
    came: float
    heard: float
    item: Reference | None


class Presence:
    """Who is on which plan, in all sessions of this process.

    clock: seconds, rising.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._plans: dict[tuple[str, str], dict[str, _Window]] = {}

    def here(self, server: str, patient_id: str, window: str, user: User, item_open: Reference | None = None) -> None:
        """This window of the user shows the patient's plan now, with this item being edited."""
        now = self._clock()
        with self._lock:
            windows = self._plans.setdefault((server, patient_id), {})
            before = windows.get(window)
            came = before.came if before is not None and before.identity == user.identity else now
            windows[window] = _Window(user.identity, user.name, user.role_label, came, now, item_open)
            if len(windows) > MOST_WINDOWS:
                del windows[min(windows, key=lambda each: windows[each].heard)]
            if len(self._plans) > MOST_PLANS:
                self._forget_quietest()

    def gone(self, server: str, patient_id: str, window: str) -> None:
        """This window shows another page now."""
        with self._lock:
            windows = self._plans.get((server, patient_id), {})
            windows.pop(window, None)
            if not windows:
                self._plans.pop((server, patient_id), None)

    def others(self, server: str, patient_id: str, window: str, user: User) -> tuple[Present, ...]:
        """Returns everybody but this window, each person once, who came first first.

        Of the user's own other windows those that have spoken since this one came: a page that was loaded again leaves
        its former window behind, which is gone without a word.
        """
        with self._lock:
            windows = self._heard(server, patient_id)
            came = windows[window].came if window in windows else self._clock()
            people: dict[str, list[_Window]] = {}
            for name, each in sorted(windows.items(), key=lambda named: named[1].came):
                if name != window and (each.identity != user.identity or each.heard > came):
                    people.setdefault(each.identity, []).append(each)
            return tuple(_present(each, own=identity == user.identity) for identity, each in people.items())

    def _heard(self, server: str, patient_id: str) -> dict[str, _Window]:
        """The windows that are still there; the others are deleted."""
        windows = self._plans.get((server, patient_id), {})
        since = self._clock() - GONE_AFTER
        for name in [name for name, each in windows.items() if each.heard <= since]:
            del windows[name]
        if not windows:
            self._plans.pop((server, patient_id), None)
        return windows

    def _forget_quietest(self) -> None:
        def heard(plan: tuple[str, str]) -> float:
            return max((each.heard for each in self._plans[plan].values()), default=0.0)

        del self._plans[min(self._plans, key=heard)]


def _present(windows: list[_Window], own: bool) -> Present:
    last = windows[-1]
    items = tuple(dict.fromkeys(each.item for each in windows if each.item is not None))
    return Present(last.name, last.role_label, items, own)


PRESENCE: Final = Presence()
"""That of this process."""
