"""The figures of the pilot are a slow count's on every server, whatever it can do."""

import uuid

from dashboard.domain.pilot.enrolment_counts import Datum
from dashboard.domain.pilot.funnel import WHOLE, Step
from dashboard.evaluation.enrolment_counts import read_enrolment
from dashboard.fhir.client.transaction import Entry
from dashboard.fhir.port import FhirServer
from dashboard.fhir.terminology_files import load_terminology
from tests.subjects import AS_OF, Json, RandomPilot
from tests.unit.evaluation.test_enrolment_counts import require_slow_count

TERMINOLOGY = load_terminology()
LOINC_HBA1C = {"coding": [{"system": "http://loinc.org", "code": "4548-4"}]}


def test_the_figures_of_the_pilot(named_fhir: tuple[str, FhirServer]) -> None:
    server, fhir = named_fhir
    pilot = RandomPilot(f"t{uuid.uuid4().hex[:8]}", 12, 60)
    store(fhir, pilot.rows)
    found = read_enrolment(fhir, pilot.study.origin.id, TERMINOLOGY, AS_OF)
    require_slow_count(found, pilot)
    assert found.funnel[WHOLE][Step.ENROLLED] > 0
    enrolled = [each for each in pilot.read() if each.enrolled and each.consent is not None]
    patient = {"reference": f"Patient/{enrolled[0].patient.id}"}
    observation = {"resourceType": "Observation", "id": f"{pilot.name}-o", "status": "final", "subject": patient}
    store(fhir, [{**observation, "code": LOINC_HBA1C}])
    after = read_enrolment(fhir, pilot.study.origin.id, TERMINOLOGY, AS_OF)
    known = after.completeness[WHOLE].get(Datum.HBA1C)
    assert (known is None) if server == "medplum" else (known is not None and known.having == 1)
    assert after.completeness[WHOLE][Datum.CONSENT_FORM].having > 0
    assert (after.work[WHOLE].plans is None) == (server == "medplum") and after.work[WHOLE].conferences == 0


def store(fhir: FhirServer, rows: list[Json]) -> None:
    if fhir.capabilities.transactions:
        fhir.transaction([Entry("PUT", row) for row in rows])
        return
    for row in rows:
        fhir.put_new(row)
