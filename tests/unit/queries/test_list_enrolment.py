"""The lists behind the figures of enrolment, read from the records of a random pilot."""

from datetime import date

from dashboard.domain.pilot.counts import Level
from dashboard.domain.pilot.enrolment_counts import Datum
from dashboard.domain.pilot.funnel import WHOLE, Step, steps_of
from dashboard.domain.pilot.number_list import WORK, Number, after_of
from dashboard.domain.values.code_systems import APPOINTMENT_TYPE, LOINC, SNOMED
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.list_enrolment import list_enrolment
from tests.fakes import FakeFhirServer
from tests.subjects import AS_OF, Json, RandomPilot
from tests.unit.people_of_the_pilot import KEY, MANAGER

TERMINOLOGY = load_terminology()


def test_people_with_two_records_are_listed_once_as_they_are_counted() -> None:
    """Also where the record in use says so, and where one was merged into one that was merged."""
    pilot = RandomPilot("r", 3, 150)
    found = list_enrolment(FakeFhirServer(pilot.rows), MANAGER, TERMINOLOGY, KEY, AS_OF)
    assert len(found.rows) == found.figures.whole.steps[Step.SCREENED].value


def test_each_number_that_is_shown_has_a_list_of_so_many() -> None:
    pilot = RandomPilot("r", 3, 150)
    fhir = FakeFhirServer(pilot.rows)
    figures = list_enrolment(fhir, MANAGER, TERMINOLOGY, KEY, AS_OF).figures
    assert figures.curves is not None and figures.lost is not None
    numbers = [Number(each.area, step) for each in figures.areas for step in Step]
    for area, lost in figures.lost.items():
        for each in lost:
            after = after_of(each.step)
            numbers.append(Number(area, after=after))
            numbers += [Number(area, after=after, lost=state, reason=reason) for state, reason, _ in each.reasons]
    numbers += [Number(WHOLE, Step.ENROLLED, until=day) for day, _ in figures.curves[WHOLE].points]
    seen: set[str] = set()
    shown = [(number, value) for number in numbers if (value := number.value(figures)) is not None]
    assert len(shown) > 20
    # Some of the whole, of the places and of the teams: each reads the records anew.
    for number, value in shown[::5]:
        found = list_enrolment(fhir, MANAGER, TERMINOLOGY, KEY, AS_OF, number=number).alone
        assert len(found) == value, number
        assert seen.isdisjoint(found)
        seen |= set(found)


def test_completeness_plans_and_conferences_open_lists_of_so_many() -> None:
    pilot = RandomPilot("r", 3, 150, odd=False)
    enrolled = [each.patient.id for each in pilot.read() if Step.ENROLLED in steps_of(each)]
    code = {"coding": [{"system": LOINC, "code": "4548-4"}]}
    category = [{"coding": [{"system": SNOMED, "code": "734163000"}]}]
    kind = {"coding": [{"system": APPOINTMENT_TYPE, "code": "mdt-conference"}]}
    rows: list[Json] = [*pilot.rows]
    for number, ident in enumerate(enrolled):
        subject = {"reference": f"Patient/{ident}"}
        status = "active" if number % 2 else "draft"
        rows.append(
            {"resourceType": "CarePlan", "id": f"c{ident}", "intent": "plan", "status": status, "category": category,
             "subject": subject}
        )  # fmt: skip
        if number % 3:
            rows.append(
                {"resourceType": "Observation", "id": f"o{ident}", "status": "final", "code": code, "subject": subject}
            )
    for number, team in enumerate((1, 1, 3)):
        rows.append(
            {"resourceType": "Appointment", "id": f"a{number}", "status": "fulfilled", "appointmentType": kind,
             "start": f"2026-07-0{number + 1}T12:00:00Z",
             "supportingInformation": [{"reference": f"Organization/r-team-{team}"}]}
        )  # fmt: skip
    fhir = FakeFhirServer(rows)
    figures = list_enrolment(fhir, MANAGER, TERMINOLOGY, KEY, AS_OF).figures
    areas = [each.area for each in figures.areas if each.area.level is not Level.TEAM]
    numbers = [Number(area, datum=datum) for area in areas for datum in (Datum.HBA1C, Datum.CONSENT_FORM)]
    numbers += [Number(each.area, work=name) for each in figures.work for name in WORK]
    # The whole, a region and a site of it: each reads the records anew.
    some = {WHOLE, *areas[1:3]}
    assert len(some) == 3
    numbers = [each for each in numbers if each.area in some]
    seen: set[str] = set()
    kinds = set()
    for number in numbers:
        found = list_enrolment(fhir, MANAGER, TERMINOLOGY, KEY, AS_OF, number=number)
        names = found.alone or found.held
        assert len(names) == (number.value(figures) or 0), number
        assert seen.isdisjoint(found.alone)
        seen |= set(found.alone)
        kinds |= {number.datum or number.work} if names else set()
    assert kinds >= {Datum.HBA1C, "plans", "plans_agreed", "teams", "conferences"}
    assert Datum.HBA1C in kinds and not seen & set(enrolled)
    [last, *_] = list_enrolment(fhir, MANAGER, TERMINOLOGY, KEY, AS_OF, number=Number(WHOLE, work="conferences")).held
    assert last == (date(2026, 7, 3), "Name of r-team-3")


def test_no_study_has_no_list() -> None:
    found = list_enrolment(FakeFhirServer(), MANAGER, TERMINOLOGY, KEY, AS_OF, number=Number(WHOLE, Step.SCREENED))
    assert (found.rows, found.alone) == ((), ())
