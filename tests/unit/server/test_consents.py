"""The worklist relies on the embedded server, and only on it, to include every Consent with the CareTeams."""

import pytest

from dashboard.access.request_context import includes_every_consent
from dashboard.fhir.client.capabilities import EMBEDDED_SERVER
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.client.transaction import Entry
from dashboard.fhir.search.request import SearchRequest
from dashboard.server.capability import NAME
from tests.records import search
from tests.servers.start import Server

PATIENTS = 30
WITHDRAWN = frozenset(range(0, PATIENTS, 7))


@pytest.fixture(scope="module")
def fhir(embedded_server: Server) -> HttpFhirServer:
    fhir = HttpFhirServer(embedded_server.base_url)
    entries = [Entry("PUT", {"resourceType": "Practitioner", "id": "consents-me"})]
    for number in range(PATIENTS):
        patient, subject = f"consents-{number}", {"reference": f"Patient/consents-{number}"}
        entries.append(Entry("PUT", {"resourceType": "Patient", "id": patient}))
        participant = [{"member": {"reference": "Practitioner/consents-me"}}]
        team = {"resourceType": "CareTeam", "id": patient, "status": "active", "subject": subject}
        entries.append(Entry("PUT", {**team, "participant": participant}))
        if number in WITHDRAWN:
            consent = {
                "resourceType": "Consent",
                "id": patient,
                "status": "active",
                "scope": {"coding": [{"code": "patient-privacy"}]},
                "category": [{"coding": [{"code": "59284-0"}]}],
                "patient": subject,
                "policyRule": {"coding": [{"code": "OPTOUT"}]},
            }
            entries.append(Entry("PUT", consent))
    fhir.transaction(entries)
    return fhir


def test_the_embedded_server_has_the_name_that_is_relied_on(fhir: HttpFhirServer) -> None:
    assert NAME == EMBEDDED_SERVER
    assert includes_every_consent(fhir)


@pytest.mark.parametrize("page_size", [7, 1000])
def test_every_consent_is_included_with_the_care_teams(fhir: HttpFhirServer, page_size: int) -> None:
    found = search(
        fhir,
        SearchRequest(
            "CareTeam",
            (("participant", "Practitioner/consents-me"), ("status", "active")),
            include=("CareTeam:patient", "iterate:Patient:organization"),
            revinclude=("iterate:Consent:patient",),
            page_size=page_size,
        ),
    )
    came = {key for key in found.included if key.startswith("Consent/")}
    assert came == {f"Consent/consents-{number}" for number in WITHDRAWN}
