"""From the prefetch templates of a foreign CDS Hooks service to what it gets: searches of our own for one patient.

A template is words of others: only a read of the patient and searches by type for this patient are carried out, with
the parameters that CDS Hooks recommends (https://cds-hooks.hl7.org/2.0/#prefetch-query-restrictions). What it asks
beyond that it does not get, and its key is left out, as the specification wants.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from dashboard.fhir.mapping.elements import Json, many
from dashboard.fhir.search.request import SearchRequest, SearchResult

TOKEN: Final = "{{context.patientId}}"  # noqa: S105  # what CDS Hooks calls a prefetch token
PATIENT_TEMPLATE: Final = f"Patient/{TOKEN}"
TYPES: Final = frozenset(
    {
        "AllergyIntolerance", "Condition", "DiagnosticReport", "Encounter", "Immunization", "MedicationRequest",
        "MedicationStatement", "Observation", "Procedure",
    }
)  # fmt: skip
_MEDICINES: Final = frozenset({"MedicationRequest", "MedicationStatement"})
_PARAMETERS: Final = frozenset(
    {"category", "clinical-status", "code", "date", "intent", "status", "verification-status"}
)
LONGEST: Final = 8000
MOST_ROWS: Final = 1000
_ABOUT_WHOM: Final = ("name", "identifier", "telecom", "address", "photo", "contact", "link", "text", "extension")


def search_of(template: str, patient_id: str) -> SearchRequest | None:
    """The search that a template asks for, None for one that is not carried out."""
    kind, _, query = template.partition("?")
    if kind not in TYPES or len(template) > LONGEST:
        return None
    try:
        parameters = parse_qsl(query, keep_blank_values=True, strict_parsing=True, max_num_fields=20)
    except ValueError:
        return None
    about = [value for name, value in parameters if name in ("patient", "subject")]
    if about not in ([TOKEN], [PATIENT_TEMPLATE]):
        return None
    others = tuple((name, value) for name, value in parameters if name not in ("patient", "subject"))
    params = tuple((name, value) for name, value in others if name not in ("_count", "_sort", "_include"))
    include = tuple(value for name, value in others if name == "_include")
    if include not in ((), (f"{kind}:medication",)) or (include and kind not in _MEDICINES):
        return None
    if any(name not in _PARAMETERS or not value or "{{" in value for name, value in params):
        return None
    how = dict(others)
    most = how.get("_count", str(MOST_ROWS))
    if not most.isascii() or not most.isdigit() or not int(most[:9]) > 0 or not _is_sort(how.get("_sort", "")):
        return None
    rows = min(int(most[:9]), MOST_ROWS)
    return SearchRequest(kind, params, (patient_id,), include, sort=how.get("_sort", ""), page_size=rows, max_rows=rows)


def _is_sort(text: str) -> bool:
    return text.removeprefix("-") in ("", "date", "_lastUpdated")


def bundle_of(found: SearchResult, template: str) -> Json | None:
    """What is sent for a search: its rows, and null where there are none. Raises ValueError where the server has more
    than the template asked for.
    """
    if (found.truncated and "_count=" not in template) or found.left_out or found.missing:
        raise ValueError("not all of it was read")
    if not found.rows:
        return None
    matches = [{"resource": without_narrative(row), "search": {"mode": "match"}} for row in found.rows]
    included = [
        {"resource": without_narrative(row), "search": {"mode": "include"}}
        for row in found.included.values()
        if row.get("resourceType") == "Medication"
    ]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(matches), "entry": [*matches, *included]}


def without_narrative(row: Mapping[str, Any]) -> Json:
    """A resource without its text, which names people; of what is contained in it only Medications stay."""
    kept = {name: value for name, value in row.items() if name not in ("text", "contained")}
    contained = [
        without_narrative(part) for part in many(row.get("contained")) if part.get("resourceType") == "Medication"
    ]
    return {**kept, "contained": contained} if contained else kept


def person_of(row: Mapping[str, Any]) -> Json:
    """The Patient as others get it: birth date, gender and death, not who it is or where."""
    return {name: value for name, value in row.items() if name not in (*_ABOUT_WHOM, "contained")}
