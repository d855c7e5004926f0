"""The CapabilityStatement: what this server does, from the same tables that it answers by."""

from datetime import UTC, datetime
from typing import Final

from dashboard.server.definitions import FHIR_VERSION, RESOURCE_TYPES, SEARCH_PARAMETERS
from dashboard.server.outcome import Json
from dashboard.server.values import to_instant

NAME: Final = "C3-Cloud dashboard embedded FHIR server"
INTERACTIONS: Final = (
    "read", "vread", "update", "patch", "delete", "history-instance", "history-type", "create", "search-type",
)  # fmt: skip
COLUMNS: Final = {"_id": "token", "_lastUpdated": "date"}


def capability_statement(base_url: str) -> Json:
    """R4, for every resource type, with all its search parameters and includes."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": to_instant(datetime.now(UTC).timestamp()),
        "kind": "instance",
        "software": {"name": NAME},
        "implementation": {"description": "For demonstration and tests; on the loopback only", "url": base_url},
        "fhirVersion": FHIR_VERSION,
        "format": ["application/fhir+json", "json"],
        "patchFormat": ["application/json-patch+json"],
        "rest": [
            {
                "mode": "server",
                "security": {"cors": False, "description": "None: it listens on the loopback only"},
                "resource": [_resource(resource_type) for resource_type in sorted(RESOURCE_TYPES)],
                "interaction": [{"code": code} for code in ("transaction", "batch", "history-system")],
                "operation": [_operation("validate", "Resource-validate")],
            }
        ],
    }


def _operation(name: str, definition: str) -> Json:
    return {"name": name, "definition": f"http://hl7.org/fhir/OperationDefinition/{definition}"}


def _resource(resource_type: str) -> Json:
    parameters = SEARCH_PARAMETERS[resource_type]
    kinds = COLUMNS | {name: parameter.kind for name, parameter in parameters.items()}
    references = [f"{resource_type}:{name}" for name, kind in kinds.items() if kind == "reference"]
    resource: Json = {
        "type": resource_type,
        "interaction": [{"code": code} for code in INTERACTIONS],
        "versioning": "versioned-update",
        "readHistory": True,
        "updateCreate": True,
        "conditionalCreate": True,
        "conditionalRead": "not-match",
        "conditionalUpdate": True,
        "conditionalDelete": "single",
        "referencePolicy": ["literal", "logical"],
        "searchInclude": ["*", *references],
        "searchRevInclude": _referring(resource_type),
        "searchParam": [{"name": name, "type": kind} for name, kind in kinds.items()],
    }
    if resource_type == "Patient":
        resource["operation"] = [_operation("everything", "Patient-everything")]
    return resource


def _referring(resource_type: str) -> list[str]:
    """The `_revinclude`s of a type: the reference parameters that may point to it."""
    return [
        f"{source}:{name}"
        for source, parameters in SEARCH_PARAMETERS.items()
        for name, parameter in parameters.items()
        if parameter.kind == "reference" and (not parameter.targets or resource_type in parameter.targets)
    ]
