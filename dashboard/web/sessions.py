"""Who is signed in, kept on the server: the browser holds an opaque id, and nothing else that opens anything.

Streamlit writes what the provider said, tokens too, into cookies of 30 days that nobody can call back. Here they stay
in this process under the id (dashboard/web/guard.py exchanges them), so that one word ends a sign-in in every tab. Held
in memory on purpose: a restart signs everybody out, and no token ever lies on a disk.
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
# A long shift; whoever is still there signs in again.
DEFAULT_LONGEST_SECONDS = 12 * 3600.0
# How long the reason of an end is remembered, so that the sign-in page can tell it.
TOLD_SECONDS = 3600.0
# Between leaving for the provider and coming back; a password reset there takes its time.
AWAY_SECONDS = 900.0
# The oldest go first. Sign-ins are made by the provider's users only, departures by anybody.
MOST_SESSIONS = 10_000
MOST_AWAY = 10_000


class Ended(StrEnum):
    """Why a sign-in is no more. UNKNOWN: there never was one, or it is long ago, or the dashboard was restarted."""

    SIGNED_OUT = "signed-out"
    IDLE = "idle"
    EXPIRED = "expired"
    REPLACED = "replaced"
    UNKNOWN = "unknown"


@dataclass(slots=True)
class _Session:
    cookies: Mapping[str, str] = field(repr=False)
    seen: float
    ends: float
    who: object = None
    ended: Ended | None = None


@dataclass(frozen=True, slots=True)
class State:
    """Of one sign-in, at this moment. `idle` and `left`: seconds until it ends unless somebody does something, and
    until it ends in any case; 0 when it has ended, and `ended` says why.
    """

    idle: float = 0.0
    left: float = 0.0
    ended: Ended | None = None

    @property
    def alive(self) -> bool:
        return self.ended is None


class SignInSessions:
    """All sign-ins of this process. Safe from several threads; nothing in it waits."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._sessions: OrderedDict[str, _Session] = OrderedDict()
        self._away: OrderedDict[str, tuple[float, str]] = OrderedDict()
        self._idle, self._longest = DEFAULT_IDLE_SECONDS, DEFAULT_LONGEST_SECONDS
        self._begun: Callable[[object], None] = lambda who: None
        self._told: Callable[[object, Ended], None] = lambda who, why: None

    def configure(self, idle_seconds: float, longest_seconds: float) -> None:
        self._idle, self._longest = idle_seconds, longest_seconds

    def listen(self, begun: Callable[[object], None], ended: Callable[[object, Ended], None]) -> None:
        """For the audit: `begun(who)` is called when a page first knows whose a sign-in is, `ended(who, why)` once at
        its end. A sign-in whose beginning cannot be told (it raises) is not begun.
        """
        self._begun, self._told = begun, ended

    def begin(self, cookies: Mapping[str, str], replaces: str = "") -> str:
        """A new sign-in with the cookies that Streamlit made for it; its id, fresh every time."""
        session_id = secrets.token_urlsafe(32)
        self.end(replaces, Ended.REPLACED)
        with self._lock:
            now = self._clock()
            self._sessions[session_id] = _Session(dict(cookies), now, now + self._longest)
            while len(self._sessions) > MOST_SESSIONS:
                self._sessions.popitem(last=False)
        return session_id

    def cookies(self, session_id: str) -> Mapping[str, str]:
        """What Streamlit is to see of the browser; nothing where the sign-in has ended."""
        with self._lock:
            return self._sessions[session_id].cookies if self.state(session_id).alive else {}

    def state(self, session_id: str) -> State:
        """Whether the sign-in still holds; the only place that decides it."""
        with self._lock:
            found = self._sessions.get(session_id)
            if found is None:
                return State(ended=Ended.UNKNOWN)
            now = self._clock()
            if found.ended is None:
                idle, left = found.seen + self._idle - now, found.ends - now
                if idle > 0 and left > 0:
                    return State(idle=idle, left=left)
                self._finish(session_id, found, Ended.EXPIRED if left <= 0 else Ended.IDLE)
            return State(ended=found.ended)

    def seen(self, session_id: str) -> bool:
        """Somebody did something; False where the sign-in has ended before."""
        with self._lock:
            if not self.state(session_id).alive:
                return False
            self._sessions[session_id].seen = self._clock()
            return True

    def holds_until(self, session_id: str, ends: float, who: object) -> State:
        """What the provider said of it, as a page has read it: never longer than `ends`, and whose it is."""
        with self._lock:
            if self.state(session_id).alive:
                found = self._sessions[session_id]
                found.ends = min(found.ends, ends)
                if found.who is None and self.state(session_id).alive:
                    self._begun(who)
                    found.who = who
            return self.state(session_id)

    def end(self, session_id: str, why: Ended = Ended.SIGNED_OUT) -> None:
        """Ends a sign-in in every tab, now."""
        with self._lock:
            if self.state(session_id).alive:
                self._finish(session_id, self._sessions[session_id], why)

    def _finish(self, session_id: str, session: _Session, why: Ended) -> None:
        session.cookies, session.ended = {}, why
        if session.who is not None:
            self._told(session.who, why)
        horizon = self._clock() - TOLD_SECONDS - self._idle
        for each in [key for key, held in self._sessions.items() if held.ended and held.seen < horizon]:
            del self._sessions[each]

    def depart(self, state: str, place: str) -> None:
        """Somebody leaves for the provider from this place of ours; `state` is OAuth's, tied to the browser."""
        with self._lock:
            now = self._clock()
            self._away[state] = (now + AWAY_SECONDS, place)
            while self._away and (len(self._away) > MOST_AWAY or next(iter(self._away.values()))[0] < now):
                self._away.popitem(last=False)

    def arrive(self, state: str) -> str:
        """The place that was left with this `state`, once; "/" where there is none."""
        with self._lock:
            until, place = self._away.pop(state, (0.0, "/"))
            return place if until >= self._clock() else "/"


def fingerprint(session_id: str) -> str:
    """What a page may know of its sign-in, to notice another: the id cannot be found from it."""
    return hashlib.sha256(session_id.encode()).hexdigest()[:16] if session_id else ""


_SESSIONS = SignInSessions()


def sessions() -> SignInSessions:
    """The sign-ins of this process, shared by the pages and the edge."""
    return _SESSIONS
