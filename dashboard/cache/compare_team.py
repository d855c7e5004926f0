"""Which records of a team's data are not on the server any more: a search for what changed never says.

At its own slow beat the server is asked for the ids of each resource type (`_elements`); what the data have and no
answer names is looked for once more by its id, since a server may have left it out of the list for another reason. What
is not found then was deleted.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from dashboard.access.request_context import RequestContext
from dashboard.cache.place_rows import no_changes, with_changes
from dashboard.cache.team_data import TeamData
from dashboard.cache.team_resources import KINDS, TeamResource
from dashboard.domain.values.site_time import site_day
from dashboard.errors import DashboardError
from dashboard.fhir.search.request import SearchRequest, SearchResult

COMPARE_SECONDS: Final = 300.0
"""After which a refresh compares; everything is read again after half an hour."""
IDS_AT_ONCE: Final = 100

_ELEMENTS: Final = {
    "Observation": "subject,code,component",
    "MedicationRequest": "subject,status",
    "MedicationStatement": "subject,status",
    "Task": "for,status",
    "Appointment": "participant,status",
}
"""What a row of the type is tested by here, on a server that cannot do so itself; of the others, whose it is."""


def without_deleted(context: RequestContext, data: TeamData) -> TeamData:
    """Returns the data without the records that the server has not any more. A type whose ids could not be read, or not
    all of them, stays as it is.
    """
    patients = tuple(sorted(data.patients))
    kinds = [kind for kind in KINDS if kind.type not in data.failed]
    if not patients:
        return data
    answers = context.fhir.try_all([_ids(context, kind, patients) for kind in kinds])
    suspects = {
        kind.type: _not_named(data, kind, answer)
        for kind, answer in zip(kinds, answers, strict=True)
        if isinstance(answer, SearchResult) and not answer.truncated and not answer.missing
    }
    gone = {name: rows.keys() - _found(context, name, rows.keys()) for name, rows in suspects.items() if rows}
    changes = no_changes()
    for name, idents in gone.items():
        for ident in idents:
            for patient_id in suspects[name][ident]:
                changes[patient_id][name][ident] = None
    return replace(data, patients=with_changes(data.patients, changes)) if changes else data


def _ids(context: RequestContext, kind: TeamResource, patients: tuple[str, ...]) -> SearchRequest:
    window = kind.window(site_day(context.as_of), context.terminology)
    elements = ("_elements", _ELEMENTS.get(kind.type, "subject"))
    return SearchRequest(kind.type, (*kind.always(context.terminology), *window, elements), patients, fresh=True)


def _not_named(data: TeamData, kind: TeamResource, there: SearchResult) -> Mapping[str, list[str]]:
    """Returns the ids of the data that the answer does not name, each with its patients."""
    named = {str(row.get("id")) for row in there.rows}
    found: dict[str, list[str]] = defaultdict(list)
    for patient_id, record in data.patients.items():
        for ident in record.resources.get(kind.type, {}).keys() - named:
            found[ident].append(patient_id)
    return found


def _found(context: RequestContext, resource_type: str, idents: Iterable[str]) -> set[str]:
    """Returns those of these ids that the server finds, or about which it gives no answer."""
    wanted = sorted(idents)
    chunks = [wanted[at : at + IDS_AT_ONCE] for at in range(0, len(wanted), IDS_AT_ONCE)]
    element = ("_elements", _ELEMENTS.get(resource_type, "subject"))
    requests = [SearchRequest(resource_type, (("_id", ",".join(chunk)), element), fresh=True) for chunk in chunks]
    found: set[str] = set()
    for chunk, answer in zip(chunks, context.fhir.try_all(requests), strict=True):
        doubtful = isinstance(answer, DashboardError) or answer.truncated
        found |= set(chunk) if doubtful else {str(row.get("id")) for row in answer.rows}  # type: ignore[union-attr]
    return found
