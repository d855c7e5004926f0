"""What the FHIR server is, and whether it answers."""

from dashboard.audit.audited import unaudited
from dashboard.domain.record.views import ServerStatus
from dashboard.errors import DashboardError
from dashboard.fhir.port import FhirServer


@unaudited("what the server says of itself; nothing about patients")
def get_server_status(fhir: FhirServer) -> ServerStatus:
    """The server by its own CapabilityStatement; never raises for a server that is away: `problem` says so."""
    try:
        capabilities = fhir.capabilities
    except DashboardError as error:
        return ServerStatus(fhir.base_url, problem=error.failure)
    return ServerStatus(fhir.base_url, capabilities.software, capabilities.software_version, capabilities.fhir_version)
