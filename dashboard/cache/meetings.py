"""What a running conference shows at this moment, for everybody who has it open: who presents, which patient, which
view.

    MEETINGS.join(server, "c1", window, user)              # said again every second by an open page
    MEETINGS.present(server, "c1", window)                 # this window presents from now on
    MEETINGS.show(server, "c1", window, patient, "plan")   # everybody who follows goes there
    MEETINGS.state(server, "c1")

It is small and in the memory of this process: agenda, attendance, notes and decisions are on the FHIR server, and a
restart loses whose turn it was and nothing else. A window that says nothing for `GONE_AFTER` seconds is gone, and with
it its presenting: whoever is there may go on. Whether somebody may see a patient is asked by whoever shows one.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from dashboard.domain.access.user import User
from dashboard.domain.values.datatypes import Reference

GONE_AFTER: Final = 8.0
"""Seconds after which a window of which nothing is heard is gone. A page speaks once a second."""
MOST_MEETINGS: Final = 200
MOST_WINDOWS: Final = 100
BACK_AFTER: Final = 2.0
"""Seconds without a word after which the presenter's own new window takes over: somebody has reloaded the page."""
VIEWS: Final = ("timeline", "plan")


@dataclass(frozen=True, slots=True)
class Attending:
    """Somebody who has the conference open now; `presents` where it is this person's screen that is followed."""

    who: Reference | None
    name: str
    presents: bool = False


@dataclass(frozen=True, slots=True)
class MeetingState:
    """What is shown: the patient (None before the first), the view, since how many seconds this patient. `masked`:
    nothing that tells who it is. `number` grows with every change of what is shown and of who presents, `people` with
    every change of who is there, so that a page can ask cheaply whether there is one.
    """

    number: int = 0
    people: int = 0
    presenter: str = ""
    patient: Reference | None = None
    view: str = VIEWS[0]
    masked: bool = False
    seconds: float = 0.0
    running: float = 0.0
    attending: tuple[Attending, ...] = ()


@dataclass(slots=True)
class _Window:
    identity: str
    who: Reference | None
    name: str
    came: float
    heard: float


@dataclass(slots=True)
class _Meeting:
    began: float
    windows: dict[str, _Window] = field(default_factory=dict)
    presenter: str = ""
    patient: Reference | None = None
    view: str = VIEWS[0]
    masked: bool = False
    since: float = 0.0
    number: int = 0
    people: int = 0


class Meetings:
    """The running conferences of this process. clock: seconds, rising."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._meetings: dict[tuple[str, str], _Meeting] = {}

    def join(self, server: str, conference: str, window: str, user: User) -> MeetingState:
        """This window of the user shows the conference now. Returns what is shown."""
        now = self._clock()
        with self._lock:
            meeting = self._of(server, conference)
            before = meeting.windows.get(window)
            if before is None or before.identity != user.identity:
                meeting.windows[window] = _Window(user.identity, user.practitioner, user.name, now, now)
                meeting.people += 1
                if meeting.presenter == window:  # another user in the same window presents nothing yet
                    meeting.presenter, meeting.number = "", meeting.number + 1
                if len(meeting.windows) > MOST_WINDOWS:
                    self._leave(meeting, min(meeting.windows, key=lambda each: meeting.windows[each].heard))
            else:
                before.heard = now
            presenting = meeting.windows.get(meeting.presenter)
            same = presenting is not None and meeting.presenter != window and presenting.identity == user.identity
            if same and presenting is not None and now - presenting.heard >= BACK_AFTER:
                meeting.presenter, meeting.number = window, meeting.number + 1
            return self._state(meeting)

    def leave(self, server: str, conference: str, window: str) -> None:
        """This window shows something else now."""
        with self._lock:
            meeting = self._meetings.get((server, conference))
            if meeting is not None and window in meeting.windows:
                self._leave(meeting, window)

    def present(self, server: str, conference: str, window: str) -> bool:
        """This window presents from now on, whoever did before: two never do. False for one that is not there."""
        with self._lock:
            meeting = self._of(server, conference)
            self._forget_gone(meeting)
            if window not in meeting.windows:
                return False
            if meeting.presenter != window:
                meeting.presenter, meeting.number = window, meeting.number + 1
            return True

    def show(self, server: str, conference: str, window: str, patient: Reference, view: str) -> bool:
        """Everybody who follows goes to this patient and view. False, and nothing happens, where another presents."""
        with self._lock:
            meeting = self._of(server, conference)
            if meeting.presenter != window or view not in VIEWS:
                return False
            if meeting.patient != patient:
                meeting.patient, meeting.since = patient, self._clock()
            meeting.view, meeting.number = view, meeting.number + 1
            return True

    def resume(self, server: str, conference: str, patient: Reference, seconds: float) -> None:
        """After a restart: the patient whose discussion goes on, since so many seconds, unless one is shown already."""
        with self._lock:
            meeting = self._of(server, conference)
            if meeting.patient is None:
                meeting.patient, meeting.since = patient, self._clock() - max(0.0, seconds)
                meeting.number += 1

    def mask(self, server: str, conference: str, masked: bool) -> None:
        """Hides, or shows again, who the patient is, on every screen: anybody who is there may."""
        with self._lock:
            meeting = self._of(server, conference)
            if meeting.masked != masked:
                meeting.masked, meeting.number = masked, meeting.number + 1

    def state(self, server: str, conference: str) -> MeetingState:
        """What is shown now; the first state for a conference that nobody has open."""
        with self._lock:
            meeting = self._meetings.get((server, conference))
            return self._state(meeting) if meeting is not None else MeetingState()

    def presents(self, server: str, conference: str, window: str) -> bool:
        """Whether this window is the one that is followed."""
        with self._lock:
            meeting = self._meetings.get((server, conference))
            return meeting is not None and meeting.presenter == window and window in meeting.windows

    def end(self, server: str, conference: str) -> None:
        """Forgets the conference: it is over."""
        with self._lock:
            self._meetings.pop((server, conference), None)

    def _of(self, server: str, conference: str) -> _Meeting:
        key = (server, conference)
        if key not in self._meetings:
            if len(self._meetings) >= MOST_MEETINGS:
                del self._meetings[min(self._meetings, key=self._heard)]
            self._meetings[key] = _Meeting(self._clock())
        return self._meetings[key]

    def _heard(self, key: tuple[str, str]) -> float:
        return max((each.heard for each in self._meetings[key].windows.values()), default=0.0)

    def _leave(self, meeting: _Meeting, window: str) -> None:
        del meeting.windows[window]
        meeting.people += 1
        if meeting.presenter == window:
            meeting.presenter, meeting.number = "", meeting.number + 1

    def _forget_gone(self, meeting: _Meeting) -> None:
        since = self._clock() - GONE_AFTER
        for window in [name for name, each in meeting.windows.items() if each.heard <= since]:
            self._leave(meeting, window)

    def _state(self, meeting: _Meeting) -> MeetingState:
        self._forget_gone(meeting)
        now = self._clock()
        presenting = meeting.windows.get(meeting.presenter)
        people: dict[str, Attending] = {}
        for name, each in sorted(meeting.windows.items(), key=lambda named: named[1].came):
            presents = name == meeting.presenter
            if each.identity not in people or presents:
                people[each.identity] = Attending(each.who, each.name, presents)
        return MeetingState(
            number=meeting.number,
            people=meeting.people,
            presenter=presenting.name if presenting is not None else "",
            patient=meeting.patient,
            view=meeting.view,
            masked=meeting.masked,
            seconds=now - meeting.since if meeting.patient is not None else 0.0,
            running=now - meeting.began,
            attending=tuple(people.values()),
        )


MEETINGS: Final = Meetings()
"""Those of this process."""
