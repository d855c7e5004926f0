"""The last answers to the searches of a patient, for when one of them fails: what was known stays, with its age.

Whoever asks for them has asked the server just now who may see the patient.
"""

import threading
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import cachetools

from dashboard.domain.access.user import AccessScope
from dashboard.domain.record.views import Old
from dashboard.errors import CannotBeUsedNow, DashboardError, Unsupported
from dashboard.fhir.client.json_text import parse, written
from dashboard.fhir.search.request import SearchRequest, SearchResult

MOST_BYTES: Final = 128 * 1024 * 1024
"""Of packed rows: some 5,000 patients with 400 records each. What was asked for longest ago is dropped first."""

_Key = tuple[AccessScope, str, SearchRequest]


@dataclass(frozen=True, slots=True)
class _LastAnswer:
    """An answer without its rows, which are packed. `failing` is since when it could not be read again."""

    result: SearchResult
    packed: bytes
    read: datetime
    failing: datetime | None = None


class LastAnswers:
    """Answers by access scope, patient and search: nobody gets what another user was answered."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._kept: cachetools.LRUCache[_Key, _LastAnswer] = cachetools.LRUCache(
            most_bytes, lambda last: len(last.packed)
        )
        self._lock = threading.Lock()

    def completed(
        self,
        scope: AccessScope,
        patient_id: str,
        requests: Mapping[str, SearchRequest],
        answers: Mapping[str, SearchResult | DashboardError],
        at: datetime,
        keep: Iterable[str],
    ) -> tuple[dict[str, SearchResult | DashboardError], dict[str, Old]]:
        """Returns the answers with the last one in place of each that failed, and which these are, by name.

        keep: the names of the searches that this is for. A server that does not know a search, or says that the user
        may not see the answer, leaves nothing of it.
        """
        found, old = dict(answers), {}
        for name in keep:
            key, answer = (scope, patient_id, replace(requests[name], fresh=False)), answers[name]
            if isinstance(answer, SearchResult):
                self._put(key, _packed(answer, at))
            elif isinstance(answer, Unsupported) or not isinstance(answer, CannotBeUsedNow):
                self._put(key, None)
            elif (last := self._failing(key, at)) is not None:
                rows, included = parse(zlib.decompress(last.packed))
                found[name] = replace(last.result, rows=rows, included=included)
                old[name] = Old(last.read, last.failing or at, answer.failure)
        return found, old

    def forget(self, scope: AccessScope | None = None, patient_id: str = "") -> None:
        """Drops what is known of one patient for one user, or everything."""
        with self._lock:
            for key in [key for key in self._kept if scope is None or key[:2] == (scope, patient_id)]:
                del self._kept[key]

    def _put(self, key: _Key, last: _LastAnswer | None) -> None:
        with self._lock:
            self._kept.pop(key, None)
            if last is not None and len(last.packed) <= self._kept.maxsize:
                self._kept[key] = last

    def _failing(self, key: _Key, at: datetime) -> _LastAnswer | None:
        """What is known of a search that has just failed, with since when it fails."""
        with self._lock:
            last = self._kept.get(key)
            if last is not None and last.failing is None:
                last = self._kept[key] = replace(last, failing=at)
            return last


def _packed(answer: SearchResult, at: datetime) -> _LastAnswer | None:
    """The answer as it is held; None for rows that are nested too deeply to be written down."""
    try:
        rows = written([answer.rows, answer.included])
    except TypeError:
        return None
    return _LastAnswer(replace(answer, rows=[], included={}), zlib.compress(rows, 1), at)
