"""Which id each record of the files gets: its own where that is free or is already this record's, else a new one.

Ids are unique on their server only. So two Bundles with the same id hold two records, unless an identifier, and nothing
that contradicts it, says that they are one person; then the records of both are that person's. What was taken as the
same and why, and what got another id, is in the remarks. Nothing that is on the server is changed.
"""

import re
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from dashboard.loading.batch import Json
from dashboard.loading.file_records import NAMESPACE, FileRecord
from dashboard.loading.reference_targets import Lead, ReferenceTargets
from dashboard.loading.same_record import (
    ADDRESS_TAG,
    CONTENT_TAG,
    address_of,
    content_of,
    contradicts,
    identifiers_of,
    is_same_person,
    says_the_same,
    tag_of,
)
from dashboard.loading.stored_records import NothingStored, StoredRecords

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
CHUNK: Final = 300
"""Records that are compared with the server at a time."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A record that has a name already: what it said when it was loaded, and the address that its file gave it. Its
    resource is there for Patients, which are compared, and where the server has it.
    """

    content: str
    address: str
    patients: tuple[str, ...] = ()
    resource: Json | None = None


class ChosenIds:
    """The names of the files' records on the server.

    names: by place, of every record; those of `merged` are already there, as the same person or in another version.
    contents: by place, the hashes for the tags.
    not_loaded: by place, why a record cannot be loaded.
    about: how many records are about each Patient, by name.
    """

    def __init__(self, targets: ReferenceTargets, stored: StoredRecords | None = None) -> None:
        self.targets = targets
        self.merged: set[str] = set()
        self.contents: dict[str, tuple[str, str]] = {}
        self.not_loaded: dict[str, str] = {}
        self.about: Counter[str] = Counter()
        self.remarks: list[str] = []
        self._stored = stored or NothingStored()
        self._holders: dict[str, Holder] = {}
        self._persons: dict[tuple[str, str], set[str]] = {}  # identifier -> names of Patients

    @property
    def names(self) -> dict[str, str]:
        return self.targets.names

    def place(self, patients: Iterable[FileRecord], others: Iterable[FileRecord]) -> None:
        """Names all records; the Patients first, since whom a record is about is a part of what it is. Raises
        ServerUnavailable.
        """
        for chunk in _chunks(patients):
            self._read_stored_patients(chunk)
            for record in chunk:
                self._place_patient(record)
        for chunk in _chunks(others):
            self._read_stored(record.name for record in chunk)
            for record in chunk:
                self._place_other(record)

    def _read_stored(self, names: Iterable[str]) -> None:
        for name, row in self._stored.by_name(name for name in names if name not in self._holders).items():
            self._hold_stored(name, row)

    def _read_stored_patients(self, records: list[FileRecord]) -> None:
        self._read_stored(record.name for record in records)
        wanted = {each for record in records for each in identifiers_of(record.resource)}
        for row in self._stored.patients_with(wanted):
            self._hold_stored(f"Patient/{row['id']}", row)

    def _hold_stored(self, name: str, row: Json) -> None:
        self._hold(name, Holder(tag_of(row, CONTENT_TAG), tag_of(row, ADDRESS_TAG), resource=row))

    def _hold(self, name: str, holder: Holder) -> None:
        self._holders.setdefault(name, holder)
        if name.startswith("Patient/") and holder.resource is not None:
            for identifier in identifiers_of(holder.resource):
                self._persons.setdefault(identifier, set()).add(name)

    def _place_patient(self, record: FileRecord) -> None:
        content, address = content_of(record.resource, record.full_url), address_of(record.full_url)
        holder = self._holders.get(record.name)
        if holder is not None and self._is_this(holder, content, record):
            self._take(record, record.name, content, address)
            return
        candidates = {name for each in identifiers_of(record.resource) for name in self._persons.get(each, ())}
        for name in candidates:
            if self._holders[name].content == content:  # loaded before, under another id than its own
                self._take(record, name, content, address)
                return
        persons = [name for name in sorted(candidates) if self._is_person(name, record)]
        persons = [name for name in persons if not self._is_replaced(name)] or persons
        if len(persons) == 1:
            why = "an identifier is the same, and neither birth date nor name differs"
            self._remark(record, f"is the same person as {persons[0]}: {why}")
            self._take(record, persons[0], content, address, merged=True)
            return
        if candidates:
            self._remark(
                record, f"shares an identifier with {', '.join(sorted(candidates))}, and is not taken for them"
            )
        if holder is not None and address and holder.address == address and not self._contradicts(holder, record):
            self._remark(record, "is there in another version from the same address, which is kept")
            self._take(record, record.name, content, address, merged=True)
            return
        self._take_own_or_new(record, content, Holder(content, address, resource=record.resource))

    def _place_other(self, record: FileRecord) -> None:
        leads, patients = self.targets.patients_of(record)
        if not patients and leads & {Lead.NOWHERE, Lead.SEVERAL}:
            why = Lead.SEVERAL if Lead.SEVERAL in leads else Lead.NOWHERE
            self.not_loaded[record.where] = (
                f"its reference to a patient leads {why.value}, and an id alone names nobody"
            )
            return
        if Lead.ELSEWHERE in leads and not patients:
            self._remark(record, "is about a patient of another server: pages leave it out and name it")
        elif Lead.INSIDE in leads and not patients:
            self._remark(record, "describes its patient only inside itself: no page shows it")
        self.about.update(patients)
        content, address = content_of(record.resource, record.full_url, patients), address_of(record.full_url)
        holder = self._holders.get(record.name)
        if holder is not None and self._is_this(holder, content, record, patients):
            self._take(record, record.name, content, address)
        elif holder is not None and address and holder.address == address and self._is_about(holder, patients):
            self._remark(record, "is there in another version from the same address, which is kept")
            self._take(record, record.name, content, address, merged=True)
        else:
            self._take_own_or_new(record, content, Holder(content, address, patients))

    def _take_own_or_new(self, record: FileRecord, content: str, holder: Holder) -> None:
        name, taken = record.name, record.name in self._holders
        if taken or not self._stored.takes_id(str(record.resource["id"])):
            new = str(uuid.uuid5(NAMESPACE, f"{record.kind} {content}"))
            name = f"{record.kind}/{new}"
            why = f"has the id of another record, {record.name}," if taken else "has an id that only the server gives,"
            self._remark(record, f"{why} and gets the id {new}")
        self._hold(name, holder)
        self._take(record, name, content, holder.address)

    def _take(self, record: FileRecord, name: str, content: str, address: str, merged: bool = False) -> None:
        self.names[record.where] = name
        self.contents[record.where] = (content, address)
        if merged:
            self.merged.add(record.where)

    def _is_this(self, holder: Holder, content: str, record: FileRecord, patients: tuple[str, ...] = ()) -> bool:
        """Whether a holder is the record itself, loaded before. One without tags is compared as it is; a UUID is
        unique, but for Patients nothing is taken on trust.
        """
        if holder.content:
            return holder.content == content
        if holder.resource is None:
            return False
        about = (
            _UUID.match(str(record.resource["id"])) and record.kind != "Patient" and self._is_about(holder, patients)
        )
        return bool(about) or says_the_same(holder.resource, record.resource)

    def _is_person(self, name: str, record: FileRecord) -> bool:
        resource = self._holders[name].resource
        return resource is not None and is_same_person(resource, record.resource)

    def _is_replaced(self, name: str) -> bool:
        links = (self._holders[name].resource or {}).get("link")
        return any(isinstance(link, dict) and link.get("type") == "replaced-by" for link in links or ())

    def _contradicts(self, holder: Holder, record: FileRecord) -> bool:
        return holder.resource is None or contradicts(holder.resource, record.resource)

    def _is_about(self, holder: Holder, patients: tuple[str, ...]) -> bool:
        if holder.resource is None:
            return holder.patients == patients
        text = str(holder.resource)
        return all(f"'{patient}'" in text for patient in patients)

    def _remark(self, record: FileRecord, words: str) -> None:
        self.remarks.append(f"{record.where}: {record.kind} {words}.")


def _chunks(records: Iterable[FileRecord]) -> Iterator[list[FileRecord]]:
    left = iter(records)
    while chunk := list(islice(left, CHUNK)):
        yield chunk
