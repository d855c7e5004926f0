"""The lists behind the figures of enrolment, read from the records of a random pilot."""

from dashboard.domain.pilot.funnel import WHOLE, Step
from dashboard.domain.pilot.number_list import Number, after_of
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.list_enrolment import list_enrolment
from tests.fakes import FakeFhirServer
from tests.subjects import AS_OF, RandomPilot
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


def test_no_study_has_no_list() -> None:
    found = list_enrolment(FakeFhirServer(), MANAGER, TERMINOLOGY, KEY, AS_OF, number=Number(WHOLE, Step.SCREENED))
    assert (found.rows, found.alone) == ((), ())
