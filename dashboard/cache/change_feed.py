"""Changes of resources as they become known: what this process wrote, and what others wrote to the server.

    following = CHANGE_FEED.follow(fhir, "p1", ("CarePlan", "Goal"))
    following.version_of(plan.origin)        # another version than the one on screen: read it again
    following.changes_after(sequence)        # what came since; () costs no request

A change says which resource is another now and never what it says: whoever needs that reads it with their own
credentials. While a patient is followed the server is asked about that patient, by one poll however many follow. The
polls end `LEASE_SECONDS` after the last question, for a browser goes away without a word; they go on where they were
when somebody asks again.

Memory: `MOST_FOLLOWED` patients with `MOST_CHANGES` changes each, 15 MB.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from itertools import count
from typing import Final

from dashboard.cache.cache import Start, start_thread
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import DashboardError, Unsupported
from dashboard.fhir.mapping.elements import Json
from dashboard.fhir.mapping.reading import origin, updated, version
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest, SearchResult

POLL_SECONDS: Final = 2.0
"""Between two polls for one patient: with a page that asks once a second, others' changes are seen within 3 s."""
COMPARE_SECONDS: Final = 30.0
"""After which a poll asks for all resources of the types again: of a type with many it sees deletions only then."""
FEW: Final = 100
"""Resources of a type of which each poll asks for all, by some elements: a page of a search, some 200 bytes each."""
_SUBJECT: Final[Mapping[str, str]] = {
    "CarePlan": "subject",
    "CareTeam": "subject",
    "CommunicationRequest": "subject",
    "Goal": "subject",
    "ServiceRequest": "subject",
    "Task": "for",
}
"""By type, the element that says about whom it is, without which no row of a search is taken."""
_TICK_SECONDS: Final = 0.25
"""How often the thread checks which polls are due."""
LEASE_SECONDS: Final = 15.0
"""How long a patient is polled after the last request of a follower."""
POLL_OVERLAP: Final = timedelta(seconds=15)
"""How far before the last answer a poll asks from: a server may stamp a resource well before a search finds it."""
MOST_FOLLOWED: Final = 200
"""Patients remembered; the one whose lease ended first is forgotten first."""
MOST_CHANGES: Final = 250
"""Changes remembered of one patient, some 300 bytes each."""


class ChangeKind(StrEnum):
    WRITTEN = "written by this process"
    SEEN = "seen on the server"
    DELETED = "deleted on the server"


@dataclass(frozen=True, slots=True)
class Change:
    """A resource of some patients is another than before. `version` is its versionId, "" where it was not read."""

    server: str
    patient_ids: frozenset[str]
    reference: Reference
    version: str
    kind: ChangeKind


@dataclass(slots=True, eq=False)
class _Followed:
    """One patient of one server, followed by somebody. Times are of the feed's clock."""

    fhir: FhirServer
    patient_id: str
    interval: float
    lease_until: float = float("inf")
    types: set[str] = field(default_factory=set)
    compared_types: set[str] = field(default_factory=set)
    unversioned: set[str] = field(default_factory=set)
    versions: dict[Reference, str] = field(default_factory=dict)
    changes: deque[tuple[int, Change]] = field(default_factory=lambda: deque(maxlen=MOST_CHANGES))
    polled: float = float("-inf")
    compared: float = float("-inf")
    since: str = ""
    error: DashboardError | None = None


class ChangeFeed:
    """Hands changes on to listeners (the caches) and to the followers of their patients (pages).

    clock: seconds, rising. start: runs the polls in the background, until nobody follows. sleep: waits some seconds.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        start: Start = start_thread,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock, self._start, self._sleep = clock, start, sleep
        self._lock = threading.RLock()
        self._listeners: list[Callable[[Sequence[Change]], None]] = []
        self._followed: dict[tuple[str, str], _Followed] = {}
        self._sequence = count(1)
        self._polling = False

    def listen(self, listener: Callable[[Sequence[Change]], None]) -> None:
        """Calls the listener with all changes from now on, whoever's patients they are about."""
        self._listeners.append(listener)

    def publish(self, changes: Iterable[Change]) -> None:
        """Hands changes on. Followers get each version of a resource once, from whichever source it comes first."""
        new = tuple(changes)
        if not new:
            return
        with self._lock:
            for change in new:
                for patient_id in change.patient_ids:
                    followed = self._followed.get((change.server, patient_id))
                    if followed is not None:
                        self._remember(followed, change)
        for listener in self._listeners:
            listener(new)

    def follow(
        self, fhir: FhirServer, patient_id: str, types: Iterable[str], interval: float = POLL_SECONDS
    ) -> "Following":
        """Follows the resources of these types of one patient. The caller has asked whether the user may see them.

        The shortest interval that a follower asks for counts, and the credentials of the one who asked last.
        """
        following = Following(self, fhir, patient_id, frozenset(types), interval)
        self._renew(following)
        return following

    def poll(self) -> bool:
        """Asks the server about every followed patient whose poll is due. False once nobody follows."""
        now = self._clock()
        with self._lock:
            followed = [patient for patient in self._followed.values() if now <= patient.lease_until]
            self._polling = bool(followed)
        for patient in followed:
            if now - patient.polled >= patient.interval:
                self._poll(patient, now)
        return bool(followed)

    def _renew(self, following: "Following") -> _Followed:
        """What is known of the follower's patient, who stays followed for a while."""
        key = (following.fhir.base_url, following.patient_id)
        with self._lock:
            followed = self._followed.get(key)
            if followed is None:
                followed = self._followed[key] = _Followed(following.fhir, following.patient_id, following.interval)
                if len(self._followed) > MOST_FOLLOWED:
                    del self._followed[min(self._followed, key=lambda each: self._followed[each].lease_until)]
            followed.fhir = following.fhir
            followed.types |= following.types
            followed.interval = min(followed.interval, following.interval)
            followed.lease_until = self._clock() + LEASE_SECONDS
            start, self._polling = not self._polling, True
        if start:
            self._start(self._run)
        return followed

    def _run(self) -> None:
        try:
            while self.poll():
                self._sleep(_TICK_SECONDS)
        except BaseException:
            self._polling = False  # The next question starts the polls again.
            raise

    def _poll(self, followed: _Followed, now: float) -> None:
        """One poll for one patient: what changed since the last, or everything where that is due."""
        with self._lock:
            types = sorted(followed.types)
            compare = (
                not followed.since
                or now - followed.compared >= COMPARE_SECONDS
                or not followed.types <= followed.compared_types
            )
            fhir = followed.fhir
            followed.polled = now
            before = dict(followed.versions)
            asked = {kind: () if compare else self._params(followed, kind) for kind in types}
        requests = [SearchRequest(kind, params, (followed.patient_id,), fresh=True) for kind, params in asked.items()]
        answers = fhir.try_all(requests)
        results = [answer for answer in answers if not isinstance(answer, DashboardError)]
        followed.error = next((answer for answer in answers if isinstance(answer, DashboardError)), None)
        changes = [change for result in results for change in self._differences(followed, result, before)]
        if all(isinstance(answer, SearchResult | Unsupported) for answer in answers):
            clock = results[0].server_time if results else None
            followed.since = (clock - POLL_OVERLAP).isoformat(timespec="seconds") if clock else ""
            if compare:
                followed.compared, followed.compared_types = now, set(types)
        self.publish(changes)

    def _params(self, followed: _Followed, kind: str) -> tuple[tuple[str, str], ...]:
        """What a poll between two comparisons asks of a type: of few resources which there are, in which version, so
        that a deletion is seen too; of many those that were changed since.
        """
        few = sum(reference.type == kind for reference in followed.versions) <= FEW
        if few and kind in _SUBJECT and kind not in followed.unversioned:
            return (("_elements", f"meta,{_SUBJECT[kind]}"),)
        return (("_lastUpdated", f"ge{followed.since}"),)

    def _differences(self, followed: _Followed, result: SearchResult, before: Mapping[Reference, str]) -> list[Change]:
        """The resources of a result in another version than known, and those that are missing from a whole one. What
        became known since the search was asked (`before` is what was known then) is for the next one.

        Those of a type that was never compared are no changes: only now it is known which there are.
        """
        whole = "_lastUpdated" not in dict(result.request.params)
        kind, patients = result.request.type, frozenset({followed.patient_id})
        server = followed.fhir.base_url
        there = {origin(row): _version_of(row) for row in result.rows}
        with self._lock:
            some = "_elements" in dict(result.request.params)
            if some and there and not any(there.values()):
                # A server that leaves the version out where it is asked for some elements is asked for all.
                followed.unversioned.add(kind)
                return []
            known = {reference: number for reference, number in followed.versions.items() if reference.type == kind}
            news = {each for each in {*known, *before} if each.type == kind and known.get(each) != before.get(each)}
            if kind not in followed.compared_types:
                followed.versions.update({ref: number for ref, number in there.items() if ref not in known})
                followed.compared_types = followed.compared_types | {kind}
                return []
        changed = [
            Change(server, patients, reference, number, ChangeKind.SEEN)
            for reference, number in there.items()
            if known.get(reference) != number and reference not in news and (number or not some)
        ]
        gone = known.keys() - there.keys() - news if whole and not result.truncated else ()
        return [*changed, *(Change(server, patients, ref, "", ChangeKind.DELETED) for ref in sorted(gone))]

    def _remember(self, followed: _Followed, change: Change) -> None:
        """Puts a change into the followers' list, unless they have this version or did not ask for the type."""
        known = followed.versions.get(change.reference)
        if change.reference.type not in followed.types:
            return
        if change.kind is ChangeKind.DELETED:
            if known is None:
                return
            del followed.versions[change.reference]
        elif not change.version or known == change.version:
            return  # Without a version it is the poll that says whether this is news.
        else:
            followed.versions[change.reference] = change.version
        followed.changes.append((next(self._sequence), change))


class Following:
    """One follower of one patient. Each question keeps the polls going; none of them asks the server itself."""

    def __init__(
        self, feed: ChangeFeed, fhir: FhirServer, patient_id: str, types: frozenset[str], interval: float
    ) -> None:
        self.fhir, self.patient_id, self.types, self.interval = fhir, patient_id, types, interval
        self._feed = feed

    @property
    def sequence(self) -> int:
        """The number of the last change, 0 before the first: what `changes_after` is asked with next time."""
        changes = self._feed._renew(self).changes
        return changes[-1][0] if changes else 0

    @property
    def error(self) -> DashboardError | None:
        """Why the last poll failed, None when it did not."""
        return self._feed._renew(self).error

    def changes_after(self, sequence: int) -> tuple[Change, ...]:
        """Returns the changes with a higher number, oldest first; of very many, the last `MOST_CHANGES`."""
        followed = self._feed._renew(self)
        with self._feed._lock:
            return tuple(change for number, change in followed.changes if number > sequence)

    def version_of(self, reference: Reference) -> str | None:
        """Returns the newest version known of a resource, None while none is: before the first poll, or deleted.

        Compare it with the version on screen: between the reading of a page and the first poll there may have been a
        change that is in no list.
        """
        return self._feed._renew(self).versions.get(reference)

    def news(self, on_screen: Mapping[Reference, str], sequence: int) -> frozenset[Reference]:
        """Returns which resources are not on screen as they are now: in a newer version, gone, or (since `sequence`)
        new. `on_screen` has the version of each that is, "" on a server that counts none.
        """
        versions = self._feed._renew(self).versions
        changed = {each for each, shown in on_screen.items() if shown and _is_newer(versions.get(each), shown)}
        for change in self.changes_after(sequence):
            shown = on_screen.get(change.reference)
            if change.kind is ChangeKind.DELETED:
                changed |= {change.reference} if shown is not None else set()
            elif not shown or _is_newer(change.version, shown):
                changed.add(change.reference)
        return frozenset(changed)


def _is_newer(known: str | None, shown: str) -> bool:
    """Whether another version is known than is on screen. A page may have read a newer one than the last poll has:
    then, where versions are numbers, the lower one is no news.
    """
    if not known or known == shown:
        return False
    return not (known.isdecimal() and shown.isdecimal() and int(known) < int(shown))


def _version_of(row: Json) -> str:
    """The versionId; meta.lastUpdated on a server that counts no versions."""
    return version(row) or updated(row)


CHANGE_FEED: Final = ChangeFeed()
"""That of this process."""
