"""What users have typed and not saved: kept in the memory of this process, and offered to them again.

    DRAFTS.keep(writer, "p1", goal, "3", {"title": "Walk to the shop"}, typed=as_of, seconds=12 * 3600)
    DRAFTS.of_patient(writer, "p1")         # after a reload, a lost connection or a new sign-in under the same subject
    DRAFTS.discard(writer, "p1", goal)      # saved, or thrown away by its writer

Several things may be done to one item, and each has its draft: `do` names it, as "edit" and "note".

A draft is given to nobody but its writer, and whoever calls has asked whether that user may (still) see the patient.
Nothing is written to disk, to the browser or to a log; the end of the process is the end of its drafts.

Memory: `MOST_WRITERS` times `MOST_CHARACTERS`, 80 MB at worst, and what `Draft.base` refers to. Where there is no room
the new draft is refused: none that is kept gives way before its time.
"""

import threading
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final

from dashboard.domain.values.datatypes import Reference

MOST_DRAFTS: Final = 25
"""Drafts of one writer."""
MOST_CHARACTERS: Final = 100_000
"""Characters in all drafts of one writer together: 25 texts of the greatest length that can be saved."""
MOST_WRITERS: Final = 200
"""Writers with a draft at the same time."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Whose drafts: the user with this identity (`User.identity`), on this FHIR server."""

    server: str
    identity: str

    def __post_init__(self) -> None:
        if not self.identity:
            raise ValueError("a draft belongs to somebody")


@dataclass(frozen=True, slots=True)
class Draft:
    """Fields of one item of a patient's plan as they were typed, and when.

    `item` is the reference of a value that does not exist yet where something new is written. `version` is the one that
    the writer had read ("" of something new), `base` what the caller needs of that version to merge what has been
    changed since. `do` is what is done to the item.
    """

    patient_id: str
    item: Reference
    version: str
    fields: Mapping[str, Hashable]
    typed: datetime
    base: object = field(default=None, repr=False, compare=False)
    do: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", MappingProxyType(dict(self.fields)))

    def __repr__(self) -> str:
        """Without what was typed: a repr may end in a log."""
        return f"Draft({self.item.type}, {len(self.fields)} fields)"


_Key = tuple[str, Reference, str, str]
"""Patient, item, what is done to it, version."""


class Drafts:
    """The drafts of all users of this process. Each call is whole: threads see a draft before or after it, never half.

    clock: seconds, rising.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._drafts: dict[Writer, dict[_Key, tuple[float, Draft]]] = {}

    def keep(
        self,
        writer: Writer,
        patient_id: str,
        item: Reference,
        version: str,
        fields: Mapping[str, Hashable],
        *,
        typed: datetime,
        seconds: float,
        base: object = None,
        do: str = "",
    ) -> bool:
        """Keeps what is typed now, in place of what was typed before to do the same to this version of the item.
        `seconds`: for how long. False where there is no room for it; the former draft of the item stays then.
        """
        draft = Draft(patient_id, item, version, fields, typed, base, do)
        key = (patient_id, item, do, version)
        with self._lock:
            own = self._current(writer)
            others = [each for other, (_, each) in own.items() if other != key]
            full = len(others) >= MOST_DRAFTS or (not own and self._writers() >= MOST_WRITERS)
            if full or sum(map(_characters, (*others, draft))) > MOST_CHARACTERS:
                return False
            own.pop(key, None)  # the one typed last comes last
            own[key] = (self._clock() + seconds, draft)
            self._drafts[writer] = own
            return True

    def of_patient(self, writer: Writer, patient_id: str) -> tuple[Draft, ...]:
        """Returns the writer's own drafts about a patient, the one typed last first."""
        with self._lock:
            return tuple(
                draft for _, draft in reversed(self._current(writer).values()) if draft.patient_id == patient_id
            )

    def find(
        self, writer: Writer, patient_id: str, item: Reference, version: str | None = None, do: str | None = None
    ) -> Draft | None:
        """Returns the writer's own draft of an item, of this version and this `do` or (None) the one typed last."""
        drafts = self.of_patient(writer, patient_id)
        found = (each for each in drafts if each.item == item and version in (None, each.version))
        return next((each for each in found if do in (None, each.do)), None)

    def discard(
        self, writer: Writer, patient_id: str, item: Reference, version: str | None = None, do: str | None = None
    ) -> None:
        """Deletes the writer's own drafts of an item: of this version or (None) of all its versions, and of what is
        done to it in the same way.
        """
        with self._lock:
            own = self._current(writer)
            for key in [key for key in own if key[:2] == (patient_id, item)]:
                if do in (None, key[2]) and version in (None, key[3]):
                    del own[key]
            self._drop_if_empty(writer)

    def _current(self, writer: Writer) -> dict[_Key, tuple[float, Draft]]:
        """The writer's drafts that are still kept; the others are deleted."""
        own = self._drafts.get(writer, {})
        now = self._clock()
        for key in [key for key, (until, _) in own.items() if until <= now]:
            del own[key]
        self._drop_if_empty(writer)
        return own

    def _writers(self) -> int:
        for each in tuple(self._drafts):
            self._current(each)
        return len(self._drafts)

    def _drop_if_empty(self, writer: Writer) -> None:
        if writer in self._drafts and not self._drafts[writer]:
            del self._drafts[writer]


def _characters(draft: Draft) -> int:
    return sum(len(name) + _length(value) for name, value in draft.fields.items())


def _length(value: Hashable) -> int:
    if isinstance(value, tuple | frozenset):
        return sum(map(_length, value))
    return len(str(value))


DRAFTS: Final = Drafts()
"""Those of this process."""
