"""Errors as HTTP statuses with an OperationOutcome: https://hl7.org/fhir/R4/operationoutcome.html."""

from typing import Any

Json = dict[str, Any]


class FhirError(Exception):
    """A request that is refused: its HTTP status and the issues of its OperationOutcome."""

    def __init__(self, status: int, message: str, code: str = "processing", issues: list[Json] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.issues = issues or [issue("error", code, message)]


def issue(severity: str, code: str, diagnostics: str, expression: str = "") -> Json:
    """One OperationOutcome.issue; `code` is of http://hl7.org/fhir/issue-type, `expression` an element path."""
    described: Json = {"severity": severity, "code": code, "diagnostics": diagnostics}
    return described | {"expression": [expression]} if expression else described


def operation_outcome(issues: list[Json]) -> Json:
    """An OperationOutcome of the issues; with none, one that says that all is well."""
    return {
        "resourceType": "OperationOutcome",
        "issue": issues or [issue("information", "informational", "No problem was found")],
    }
