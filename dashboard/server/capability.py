"""The CapabilityStatement: what this server does, from the same tables that it answers by."""

from typing import Any

from sekmet.fhir.common import FHIR_VERSION, R4_RESOURCE_TYPES, instant
from sekmet.fhir.search_params import PARAMS

from dashboard.server.search_parameters import QUANTITIES

NAME = "C3-Cloud dashboard embedded FHIR server"
INTERACTIONS = (
    "read", "vread", "update", "patch", "delete", "history-instance", "history-type", "create", "search-type",
)  # fmt: skip
COMMON = {"_id": "token", "_lastUpdated": "date"}


def capability_statement(base_url: str) -> dict[str, Any]:
    """R4, for every resource type, with all its search parameters and includes."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": instant(),
        "kind": "instance",
        "software": {"name": NAME},
        "implementation": {"description": "For demonstration and tests; on the loopback only", "url": base_url},
        "fhirVersion": FHIR_VERSION,
        "format": ["application/fhir+json", "json", "application/fhir+xml", "xml"],
        "patchFormat": ["application/json-patch+json"],
        "rest": [
            {
                "mode": "server",
                "security": {"cors": False, "description": "None: it listens on the loopback only"},
                "resource": [_resource(rtype) for rtype in sorted(R4_RESOURCE_TYPES)],
                "interaction": [{"code": c} for c in ("transaction", "batch", "history-system")],
                "operation": [_operation("validate", "Resource-validate")],
            }
        ],
    }


def _operation(name: str, definition: str) -> dict[str, str]:
    return {"name": name, "definition": f"http://hl7.org/fhir/OperationDefinition/{definition}"}


def _resource(rtype: str) -> dict[str, Any]:
    own = PARAMS.get(rtype, {})
    kinds = {name: _kind(rtype, name, p.kind) for name, p in {**PARAMS["*"], **own}.items()}
    resource: dict[str, Any] = {
        "type": rtype,
        "interaction": [{"code": c} for c in INTERACTIONS],
        "versioning": "versioned-update",
        "readHistory": True,
        "updateCreate": True,
        "conditionalCreate": True,
        "conditionalRead": "not-match",
        "conditionalUpdate": True,
        "conditionalDelete": "single",
        "referencePolicy": ["literal", "logical"],
        "searchInclude": ["*", *(f"{rtype}:{name}" for name, p in own.items() if p.kind == "reference")],
        "searchRevInclude": _referring(rtype),
        "searchParam": [{"name": name, "type": kind} for name, kind in {**COMMON, **kinds}.items()],
    }
    if rtype == "Patient":
        resource["operation"] = [_operation("everything", "Patient-everything")]
    return resource


def _kind(rtype: str, name: str, kind: str) -> str:
    return "quantity" if (rtype, name) in QUANTITIES else kind


def _referring(rtype: str) -> list[str]:
    types = ((t, ps) for t, ps in PARAMS.items() if t != "*")
    return [f"{t}:{n}" for t, ps in types for n, p in ps.items() if p.kind == "reference" and p.target in (None, rtype)]
