"""The figures of the pilot are a slow count's on every server, whatever it can do."""

import uuid

from dashboard.domain.pilot.enrolment_counts import Datum
from dashboard.domain.pilot.funnel import WHOLE, Step, steps_of
from dashboard.domain.pilot.number_list import WORK, Number
from dashboard.domain.pilot.subject import Subject
from dashboard.domain.values.code_systems import PLAN_REVIEW
from dashboard.evaluation.enrolment_counts import read_enrolment
from dashboard.fhir.client.transaction import Entry
from dashboard.fhir.mapping.care_plan import REVIEWED
from dashboard.fhir.port import FhirServer
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.list_enrolment import list_enrolment
from tests.subjects import AS_OF, Json, RandomPilot
from tests.unit.evaluation.test_enrolment_counts import CATEGORY, require_slow_count
from tests.unit.people_of_the_pilot import KEY, MANAGER

TERMINOLOGY = load_terminology()
LOINC_HBA1C = {"coding": [{"system": "http://loinc.org", "code": "4548-4"}]}


def test_the_figures_of_the_pilot(named_fhir: tuple[str, FhirServer]) -> None:
    server, fhir = named_fhir
    pilot = RandomPilot(f"t{uuid.uuid4().hex[:8]}", 12, 60)
    store(fhir, pilot.rows)
    found = read_enrolment(fhir, pilot.study.origin.id, TERMINOLOGY, AS_OF)
    require_slow_count(found, pilot)
    assert found.funnel[WHOLE][Step.ENROLLED] > 0
    enrolled = [each for each in pilot.read() if each.consent is not None and region_of(each, pilot)]
    patient = {"reference": f"Patient/{enrolled[0].patient.id}"}
    observation = {"resourceType": "Observation", "id": f"{pilot.name}-o", "status": "final", "subject": patient}
    plans = [plan(f"{pilot.name}-plan-{n}", patient, reviewed=n == 1) for n in (1, 2)]
    elsewhere = plan(f"{pilot.name}-plan-3", {"reference": f"Patient/{not_in(pilot)}"}, reviewed=True)
    store(fhir, [{**observation, "code": LOINC_HBA1C}, *plans, elsewhere])
    after = read_enrolment(fhir, pilot.study.origin.id, TERMINOLOGY, AS_OF)
    known = after.completeness[WHOLE].get(Datum.HBA1C)
    assert (known is None) if server == "medplum" else (known is not None and known.having == 1)
    assert after.completeness[WHOLE][Datum.CONSENT_FORM].having > 0
    work = after.work[WHOLE]
    nothing = (None, None, None)  # it follows no chain, which the page says
    assert (work.plans, work.plans_agreed, work.plans_reviewed) == (nothing if server == "medplum" else (2, 2, 1))
    assert work.conferences == 0


def test_the_lists_behind_the_numbers(named_fhir: tuple[str, FhirServer]) -> None:
    """What a server counts by chains is read without them: as many, where the number may be shown."""
    server, fhir = named_fhir
    pilot = RandomPilot(f"t{uuid.uuid4().hex[:8]}", 3, 60, odd=False)
    enrolled = [each.patient.id for each in pilot.read() if each.enrolled]
    of_each = [(f"{pilot.name}-{n}", {"reference": f"Patient/{ident}"}) for n, ident in enumerate(enrolled)]
    value = {"resourceType": "Observation", "status": "final", "code": LOINC_HBA1C}
    values = [{**value, "id": ident, "subject": patient} for ident, patient in of_each[::2]]
    plans = [plan(f"{ident}-plan", patient, reviewed=True) for ident, patient in of_each]
    store(fhir, [*pilot.rows, *values, *plans])
    opened = set()
    for number in [Number(WHOLE, datum=datum) for datum in Datum] + [Number(WHOLE, work=name) for name in WORK]:
        found = list_enrolment(fhir, MANAGER, TERMINOLOGY, KEY, AS_OF, pilot.study.origin.id, number)
        assert len(found.alone or found.held) == (number.value(found.figures) or 0), number
        opened |= {number.datum or number.work} if found.alone else set()
    assert opened >= (set() if server == "medplum" else {Datum.HBA1C, "plans"})


def plan(ident: str, patient: Json, *, reviewed: bool) -> Json:
    meta = {"tag": [{"system": PLAN_REVIEW, "code": REVIEWED}]} if reviewed else {}
    row = {"resourceType": "CarePlan", "id": ident, "status": "active", "intent": "plan", "subject": patient}
    row |= {"category": [CATEGORY]}
    return {**row, "meta": meta} if reviewed else row


def region_of(subject: Subject, pilot: RandomPilot) -> str:
    """Where somebody was enrolled; "" for nowhere."""
    reached = steps_of(subject).get(Step.ENROLLED)
    return pilot.regions.get(reached.site.to.id, "") if reached is not None and reached.site.to is not None else ""


def not_in(pilot: RandomPilot) -> str:
    """A patient who was not enrolled."""
    enrolled = {each.patient.id for each in pilot.read() if each.enrolled}
    return str(next(each["id"] for each in pilot.patients if each["id"] not in enrolled))


def store(fhir: FhirServer, rows: list[Json]) -> None:
    if fhir.capabilities.transactions:
        fhir.transaction([Entry("PUT", row) for row in rows])
        return
    for row in rows:
        fhir.put_new(row)
