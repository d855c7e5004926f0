"""Sign-ins, held on the server: the browser has an opaque id and nothing else that opens anything.

Streamlit writes claims and tokens into cookies of 30 days that cannot be revoked. Here they stay in this process under
the id (dashboard/web/guard.py exchanges them), so that a sign-in ends in every tab at once. They are held in memory on
purpose: a restart signs everybody out, and no token is written to a disk.
"""

import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

DEFAULT_IDLE_SECONDS = 15 * 60.0
# A long shift; after it the user signs in again.
DEFAULT_LONGEST_SECONDS = 12 * 3600.0
# How long the reason of an end is remembered, so that the sign-in page can show it.
REASON_SECONDS = 3600.0
# From leaving for the provider to coming back; a password reset there takes minutes.
AWAY_SECONDS = 900.0
# Beyond these numbers the oldest are dropped. Only the provider's users make sign-ins; anybody can leave for it.
MOST_SESSIONS = 10_000
MOST_AWAY = 10_000


class Ended(StrEnum):
    """Why a sign-in has ended. UNKNOWN: there was none, it ended long ago, or the dashboard was restarted."""

    SIGNED_OUT = "signed-out"
    IDLE = "idle"
    EXPIRED = "expired"
    REPLACED = "replaced"
    UNKNOWN = "unknown"


@dataclass(slots=True)
class _Session:
    cookies: Mapping[str, str] = field(repr=False)
    active: float
    ends: float
    who: object = None
    ended: Ended | None = None


@dataclass(frozen=True, slots=True)
class State:
    """One sign-in now. `idle`: seconds until it ends without activity; `left`: seconds until it ends in any case.

    Both are 0 when it has ended, and `ended` says why.
    """

    idle: float = 0.0
    left: float = 0.0
    ended: Ended | None = None

    @property
    def alive(self) -> bool:
        return self.ended is None


class SignInSessions:
    """All sign-ins of this process. Safe to use from several threads; no method blocks."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._sessions: OrderedDict[str, _Session] = OrderedDict()
        self._away: OrderedDict[str, tuple[float, str]] = OrderedDict()
        self._idle, self._longest = DEFAULT_IDLE_SECONDS, DEFAULT_LONGEST_SECONDS
        self._begun: Callable[[object], None] = lambda who: None
        self._ended: Callable[[object, Ended], None] = lambda who, why: None

    def configure(self, idle_seconds: float, longest_seconds: float) -> None:
        self._idle, self._longest = idle_seconds, longest_seconds

    def listen(self, begun: Callable[[object], None], ended: Callable[[object, Ended], None]) -> None:
        """Sets the callbacks of the audit: `begun(who)` is called when a page first knows the user of a sign-in,
        `ended(who, why)` once at its end. If `begun` raises, the sign-in does not begin.
        """
        self._begun, self._ended = begun, ended

    def begin(self, cookies: Mapping[str, str], replaces: str = "") -> str:
        """Starts a sign-in with the cookies that Streamlit made for it and returns its new id."""
        session_id = secrets.token_urlsafe(32)
        self.end(replaces, Ended.REPLACED)
        with self._lock:
            now = self._clock()
            self._sessions[session_id] = _Session(dict(cookies), now, now + self._longest)
            while len(self._sessions) > MOST_SESSIONS:
                self._sessions.popitem(last=False)
        return session_id

    def cookies(self, session_id: str) -> Mapping[str, str]:
        """Returns the cookies that Streamlit needs; none when the sign-in has ended."""
        with self._lock:
            return self._sessions[session_id].cookies if self.state(session_id).alive else {}

    def state(self, session_id: str) -> State:
        """Returns the state of a sign-in. This is the only place that decides whether it has ended."""
        with self._lock:
            session = self._sessions.get(session_id)
            if session is None:
                return State(ended=Ended.UNKNOWN)
            now = self._clock()
            if session.ended is None:
                idle, left = session.active + self._idle - now, session.ends - now
                if idle > 0 and left > 0:
                    return State(idle=idle, left=left)
                self._finish(session_id, session, Ended.EXPIRED if left <= 0 else Ended.IDLE)
            return State(ended=session.ended)

    def report_activity(self, session_id: str) -> bool:
        """Restarts the idle time; returns False when the sign-in has ended before."""
        with self._lock:
            if not self.state(session_id).alive:
                return False
            self._sessions[session_id].active = self._clock()
            return True

    def holds_until(self, session_id: str, ends: float, who: object) -> State:
        """Sets what the provider's token says: the sign-in ends at `ends` at the latest and belongs to `who`."""
        with self._lock:
            if self.state(session_id).alive:
                session = self._sessions[session_id]
                session.ends = min(session.ends, ends)
                if session.who is None and self.state(session_id).alive:
                    self._begun(who)
                    session.who = who
            return self.state(session_id)

    def end(self, session_id: str, why: Ended = Ended.SIGNED_OUT) -> None:
        """Ends a sign-in in every tab at once."""
        with self._lock:
            if self.state(session_id).alive:
                self._finish(session_id, self._sessions[session_id], why)

    def _finish(self, session_id: str, session: _Session, why: Ended) -> None:
        session.cookies, session.ended = {}, why
        if session.who is not None:
            self._ended(session.who, why)
        horizon = self._clock() - REASON_SECONDS - self._idle
        for old in [key for key, other in self._sessions.items() if other.ended and other.active < horizon]:
            del self._sessions[old]

    def depart(self, state: str, place: str) -> None:
        """Remembers the page from which a browser leaves for the provider, under OAuth's `state`."""
        with self._lock:
            now = self._clock()
            self._away[state] = (now + AWAY_SECONDS, place)
            while self._away and (len(self._away) > MOST_AWAY or next(iter(self._away.values()))[0] < now):
                self._away.popitem(last=False)

    def arrive(self, state: str) -> str:
        """Returns the page that was left with this `state`, once; "/" where there is none."""
        with self._lock:
            until, place = self._away.pop(state, (0.0, "/"))
            return place if until >= self._clock() else "/"


def fingerprint(session_id: str) -> str:
    """Returns a hash by which a page notices that its sign-in has changed; the id cannot be computed from it."""
    return hashlib.sha256(session_id.encode()).hexdigest()[:16] if session_id else ""


_SESSIONS = SignInSessions()


def sessions() -> SignInSessions:
    """Returns the sign-ins of this process, shared by the pages and the middleware."""
    return _SESSIONS
