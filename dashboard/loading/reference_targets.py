"""What the references of the files' records lead to: a record of the files, of the server, or of neither.

A reference may be a `urn:uuid:`, a full address with or without version, relative to its Bundle's addresses or to the
files beside it, or a search by identifier. All forms that lead to a record of the files become its name on the server.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from enum import Enum
from typing import Any, Final

from dashboard.fhir.search.registry import patient_paths, values_at
from dashboard.loading.batch import Json
from dashboard.loading.file_records import FileRecord, bare_address
from dashboard.loading.same_record import identifiers_of

_CONDITIONAL: Final = re.compile(r"([A-Z][A-Za-z]+)\?identifier=([^|&]*)\|([^&]+)\Z")


class Lead(Enum):
    """Where a reference leads."""

    FILES = "to a record of the files"
    SERVER = "to a record of the server, by its own name"
    ELSEWHERE = "to another server"
    INSIDE = "to a contained resource"
    NOWHERE = "to none of the files"
    SEVERAL = "to more than one record of the files"


class ReferenceTargets:
    """The records of the files by every form of reference to them. `own` are the names that the demo itself has on the
    server, and `base_url` is the server's address.
    """

    def __init__(self, own: frozenset[str] = frozenset(), base_url: str = "") -> None:
        self._own, self._base = own, f"{base_url.rstrip('/')}/"
        self._places: dict[tuple[str, str], list[str]] = defaultdict(list)  # (group, folder or "", form of reference)
        self._by_identifier: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        self.names: dict[str, str] = {}  # place -> name on the server

    def add(self, record: FileRecord) -> None:
        """Notes what a record can be referred to by."""
        for form in {record.name, record.full_url} - {""}:
            self._places[record.group, form].append(record.where)
        if record.full_url:
            self._places["", record.full_url].append(record.where)
        elif record.group != record.folder:
            self._places[record.folder, record.name].append(record.where)
        for system, value in identifiers_of(record.resource):
            self._by_identifier[record.kind, system, value].append(record.where)

    def find(self, reference: str, record: FileRecord) -> tuple[Lead, str]:
        """Returns where a reference of the record leads, and the name that it gets on the server, if any."""
        if reference.startswith("#"):
            return Lead.INSIDE, ""
        if conditional := _CONDITIONAL.match(reference):
            kind, system, value = conditional.groups()
            return self._only(self._by_identifier.get((kind, system, value), []))
        bare = bare_address(reference)
        if ":" in bare:
            lead, name = self._among(bare, record)
            if lead is not Lead.NOWHERE or bare.startswith("urn:"):
                return lead, name
            return (Lead.SERVER, bare[len(self._base) :]) if bare.startswith(self._base) else (Lead.ELSEWHERE, "")
        forms = [bare]
        if record.full_url.startswith("http"):  # relative to where the record lies
            forms.insert(0, f"{record.full_url.rsplit('/', 2)[0]}/{bare}")
        for form in forms:
            lead, name = self._among(form, record)
            if lead is not Lead.NOWHERE:
                return lead, name
        return (Lead.SERVER, bare) if record.for_server or bare in self._own else (Lead.NOWHERE, "")

    def by_identifier(self, kind: str, identifier: Any) -> str:
        """Returns the name of the one record of the files with an Identifier, or ""."""
        if not isinstance(identifier, dict):
            return ""
        key = (kind, str(identifier.get("system", "")), str(identifier.get("value", "")))
        return self._only(self._by_identifier.get(key, []))[1]

    def patients_of(self, record: FileRecord) -> tuple[set[Lead], tuple[str, ...]]:
        """Returns where the references to the patients that a record is about lead, and their names on the server."""
        leads, names = set(), set()
        for pointer in _patient_pointers(record):
            literal = pointer.get("reference")
            if isinstance(literal, str):
                lead, name = self.find(literal, record)
                kind = (name or literal).split("/_history/")[0].rpartition("/")[0].rpartition("/")[2]
                if kind not in ("", "Patient") and lead is not Lead.INSIDE:
                    continue
            elif name := self.by_identifier("Patient", pointer.get("identifier")):
                lead = Lead.FILES
            else:
                continue
            leads.add(lead)
            names |= {name} - {""}
        return leads, tuple(sorted(names))

    def _among(self, form: str, record: FileRecord) -> tuple[Lead, str]:
        """In its own group, else where the whole address agrees, else beside it if neither says where it comes from."""
        places = self._places.get((record.group, form)) or self._places.get(("", form))
        if not places and not record.full_url:
            places = self._places.get((record.folder, form))
        return self._only(places or [])

    def _only(self, places: list[str]) -> tuple[Lead, str]:
        names = {self.names[place] for place in places if place in self.names}
        if len(names) == 1:
            return Lead.FILES, names.pop()
        return (Lead.SEVERAL if names else Lead.NOWHERE), ""


def _patient_pointers(record: FileRecord) -> Iterator[Json]:
    if record.kind == "Patient":
        return
    for path in patient_paths(record.kind):
        for value in values_at(record.resource, path):
            if isinstance(value, dict):
                yield value
