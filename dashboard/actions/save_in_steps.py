"""Saves several records on a server without transactions: one after the other, so that every beginning is harmless.

The order is new records, changed records, the plan that refers to them, and last the Provenance: where a save breaks
off, no plan refers to what is not there, and each record is as one person wrote it.

How a save that broke off is found: each record carries a tag with the number of its save, which is the id of the
Provenance that signs it. A record with such a tag whose Provenance is not on the server is of a save that broke off
(`dashboard.cache.shared_plans.broken_saves`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dashboard.audit.audited import unaudited
from dashboard.cache.changes import publish_changes
from dashboard.domain.record.provenance import Provenance, ResourceVersion
from dashboard.domain.values.code_systems import SAVE
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import DashboardError, NotFound, UnexpectedAnswer, VersionConflict
from dashboard.fhir.client.transaction import Entry
from dashboard.fhir.mapping.elements import many, one
from dashboard.fhir.mapping.reading import version
from dashboard.fhir.mapping.writable import Writable, to_fhir
from dashboard.fhir.port import FhirServer

Json = dict[str, Any]


@unaudited("is a part of `save`, which refuses to be called outside of an audited action")
def save_in_steps(fhir: FhirServer, resources: Sequence[tuple[Reference, Json]], record: Provenance) -> list[Json]:
    """Writes these records, the new ones under the ids of their references, then the Provenance; returns the records.

    Where a write fails after others were made, these are signed, so that what is there is a save of its own. Raises
    VersionConflict, or UnexpectedAnswer `save-stopped`; `save-broke-off` where they could not be signed either; and
    what the first write raises, when nothing was saved.
    """
    stored: list[Json] = []
    try:
        for origin, resource in resources:
            tagged = _tagged({**resource, "id": origin.id}, record, len(resources))
            stored.append(fhir.write(Entry("PUT", tagged)))
    except DashboardError as error:
        if not stored:
            raise
        _sign(fhir, record, stored, [origin for origin, _ in resources])
        publish_changes(fhir.base_url, stored)
        if isinstance(error, VersionConflict):
            raise
        raise UnexpectedAnswer("save-stopped", done=len(stored), all=len(resources)) from error
    _sign(fhir, record, stored, [origin for origin, _ in resources])
    publish_changes(fhir.base_url, stored)
    return stored


def _sign(fhir: FhirServer, record: Provenance, stored: Sequence[Json], all_: Sequence[Reference]) -> None:
    """Writes the Provenance of what was stored. Raises UnexpectedAnswer where that fails, and the save is broken."""
    made = {Reference(row["resourceType"], row["id"]): version(row) for row in stored}
    others = [each for each in record.changed if each.reference not in all_]
    versions = [ResourceVersion(*pair) for pair in made.items()] + others
    signed = replace(
        record,
        # Once more without their versions: a poor server finds no record by a reference to one of its versions.
        changed=(*versions, *(ResourceVersion(each.reference) for each in versions if each.version)),
        revised=tuple(each for each in record.revised if each.reference in made),
    )
    try:
        fhir.write(Entry("PUT", {**to_fhir(signed), "id": record.origin.id}))
    except DashboardError as error:
        publish_changes(fhir.base_url, stored)
        raise UnexpectedAnswer("save-broke-off", done=len(stored), all=len(all_)) from error


def written_in_steps(values: Iterable[Writable], number: str) -> tuple[ResourceVersion, ...]:
    """Those of these records, as they were read, that the save with this number has written: who repeats that save
    signs them too.
    """
    return tuple(
        ResourceVersion(each.origin, version(dict(each.source)))
        for each in values
        if each.source and {"system": SAVE, "code": number} in _marks(each.source)
    )


def _marks(resource: Mapping[str, Any]) -> list[Json]:
    return [{name: tag.get(name) for name in ("system", "code")} for tag in many(one(resource.get("meta")).get("tag"))]


@unaudited("asks for the Provenance of a change that its caller makes, and is audited with that")
def is_signed(fhir: FhirServer, number: str) -> bool:
    """Whether the Provenance of the save with this number is on the server."""
    try:
        fhir.read("Provenance", number)
    except NotFound:
        return False
    return True


def _tagged(resource: Json, record: Provenance, every: int) -> Json:
    """The resource with the tag of this save in place of that of an earlier one."""
    meta = resource.get("meta", {})
    others = [tag for tag in meta.get("tag", ()) if tag.get("system") != SAVE]
    tag = {"system": SAVE, "code": record.origin.id, "display": f"{every}: {record.who}"}
    return {**resource, "meta": {**meta, "tag": [*others, tag]}}
