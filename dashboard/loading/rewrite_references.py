"""A record of a file as it is written: under its name on the server, and with references that lead there too."""

from typing import Any, Final

from dashboard.loading.batch import Json
from dashboard.loading.chosen_ids import ChosenIds
from dashboard.loading.file_records import FileRecord
from dashboard.loading.reference_targets import Lead, ReferenceTargets
from dashboard.loading.same_record import with_tags


def rewritten(record: FileRecord, chosen: ChosenIds) -> tuple[Json, int]:
    """Returns the resource, with the tags of a loaded record, and how many of its references lead nowhere: an id alone
    could be somebody else's, so that they stay as identifiers, with their words.
    """
    rewriter = _Rewriter(record, chosen.targets)
    own_id = chosen.names[record.where].split("/")[1]
    resource: Json = rewriter.changed({**record.resource, "id": own_id})
    return with_tags(_unversioned(resource), *chosen.contents[record.where]), rewriter.unresolved


_LOGICAL: Final = {"identifier", "type", "display"}  # the elements of a Reference without a literal one


class _Rewriter:
    def __init__(self, record: FileRecord, targets: ReferenceTargets) -> None:
        self._record, self._targets = record, targets
        self.unresolved = 0

    def changed(self, value: Any) -> Any:
        """Returns the value with its references changed."""
        if isinstance(value, list):
            return [self.changed(one) for one in value]
        if not isinstance(value, dict):
            return value
        made = {name: self._link(inner) if name == "url" else self.changed(inner) for name, inner in value.items()}
        if isinstance(value.get("reference"), str):
            return self._pointer(made, value["reference"])
        if "identifier" in made and made.keys() <= _LOGICAL and made.get("type", "Patient") == "Patient":
            name = self._targets.by_identifier("Patient", made["identifier"])
            return {**made, "reference": name} if name else made
        return made

    def _pointer(self, made: Json, literal: str) -> Json:
        lead, name = self._targets.find(literal, self._record)
        if not name and "Patient" in (made.get("type"), literal.split("/")[0]) and "identifier" in made:
            name = self._targets.by_identifier("Patient", made["identifier"])
        if name:
            return {**made, "reference": name}
        if lead in (Lead.ELSEWHERE, Lead.INSIDE):
            return made
        self.unresolved += 1
        rest = {name: inner for name, inner in made.items() if name != "reference"}
        kind, is_search, query = literal.partition("?identifier=")
        if not is_search:
            kind = "" if ":" in literal else literal.split("/")[0]
            return {
                **rest,
                **({"type": kind} if kind else {}),
                "identifier": rest.get("identifier", {"value": literal}),
            }
        system, _, value = query.partition("|")
        return {**rest, "type": kind, "identifier": {"system": system, "value": value}}

    def _link(self, value: Any) -> Any:
        """The address of an attachment that is a record of the files; any other as it is."""
        if not isinstance(value, str) or not value.startswith(("http", "urn:")):
            return self.changed(value)
        lead, name = self._targets.find(value, self._record)
        return name if lead is Lead.FILES else value


def _unversioned(resource: Json) -> Json:
    """The resource without the version of the server it was exported from: the client would save over that version."""
    meta = resource.get("meta")
    if not isinstance(meta, dict):
        return resource
    return {**resource, "meta": {key: value for key, value in meta.items() if key not in ("versionId", "lastUpdated")}}
