"""Reads how a patient stands in the pilot, for the banner: one search with those of a page, and the study with it; and
what the pilot's criteria ask beside the record: one search more.

It says what the page Screening says of the same records (`dashboard.queries.screen_patients`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from dashboard.access.merged_records import older_records, people_of
from dashboard.access.request_context import RequestContext, search_or_raise
from dashboard.cache.patient_sections import Answers
from dashboard.domain.pilot.patient_enrolment import PatientEnrolment
from dashboard.domain.pilot.screened import Screened
from dashboard.domain.pilot.study import PILOT
from dashboard.domain.pilot.subject import last_changed
from dashboard.domain.record.people import Person, merged_into
from dashboard.domain.record.views import Section
from dashboard.domain.values.code_systems import TRIAL_NUMBER
from dashboard.domain.values.site_time import site_day
from dashboard.errors import DashboardError
from dashboard.fhir.guidelines.read_record import read_screened
from dashboard.fhir.mapping import research_subject
from dashboard.fhir.mapping.elements import Json
from dashboard.fhir.mapping.identifiers import identifier_of
from dashboard.fhir.mapping.reading import read_each
from dashboard.fhir.search.request import SearchRequest

ENROLMENT: Final = "enrolment"
"""The name of the search among those of a page."""
SCREENING: Final = "screening"
"""The name of the search for the answers to the screening's questions."""
_TYPES: Final = ("ResearchSubject", "ResearchStudy")


def enrolment_search(patients: Iterable[str]) -> SearchRequest:
    """Fresh: what was just recorded is in the banner at once."""
    return SearchRequest("ResearchSubject", patients=tuple(patients), include=("ResearchSubject:study",), fresh=True)


def screening_search(context: RequestContext, patients: Iterable[str]) -> SearchRequest:
    """Fresh, as on the page Screening: an answer that was just recorded counts at once."""
    codes = ",".join(context.terminology.screening_codes())
    return SearchRequest("Observation", (("code", codes),), tuple(patients), fresh=True)


def screened_in(context: RequestContext, answers: Answers, enrolment: Section[PatientEnrolment]) -> Screened | None:
    """Returns what the pilot asks of the patient beside the record; None where that was not asked for, or where the
    server keeps no studies.
    """
    if not answers.asked(SCREENING) or not all(map(context.fhir.capabilities.serves, _TYPES)):
        return None
    rows = [*answers.rows(SCREENING), *answers.rows("team")]
    found = read_screened(rows, context.terminology, site_day(context.as_of))
    lacking = answers.failed(SCREENING) is not None or answers.cut_off(SCREENING) or bool(answers.left_out(SCREENING))
    stands = enrolment.value if enrolment.value is not None else PatientEnrolment(known=False)
    listed = True if stands.subject is not None else False if stands.known else None
    return replace(found, unanswered=found.unanswered or lacking, listed=listed)


def enrolment_in(context: RequestContext, person: Person, answers: Answers) -> Section[PatientEnrolment]:
    """Returns how the patient stands in the pilot; that there is no record where it was not asked for, or where the
    server keeps no studies.

    More is asked (`older_records`) only of somebody into whose record another one was merged, and who has no record in
    the pilot of the own.
    """
    if not answers.asked(ENROLMENT) or not all(map(context.fhir.capabilities.serves, _TYPES)):
        return Section(PatientEnrolment())
    if failed := answers.failed(ENROLMENT):
        return Section(None, failed)
    found = _enrolment(answers.rows(ENROLMENT), answers.included(ENROLMENT), answers.cut_off(ENROLMENT))
    if found == PatientEnrolment():
        try:
            found = _by_merged_record(context, person, answers)
        except DashboardError as error:
            return Section(None, error.failure)
    return Section(found, old=answers.old(ENROLMENT))


def _by_merged_record(context: RequestContext, person: Person, answers: Answers) -> PatientEnrolment:
    """How the person stands by the records of Patients that were merged into the person's. Raises DashboardError."""
    others = []
    if answers.asked("survivors"):
        if answers.failed("survivors"):
            return PatientEnrolment(known=False)
        others = people_of(context, answers.rows("survivors"))
    if person.id not in merged_into([person, *others]).values():
        return PatientEnrolment()
    older = older_records(context, [person]).get(person.id, ())
    answer = search_or_raise(context, enrolment_search(older))
    return _enrolment(answer.rows, answer.included, answer.truncated)


def _enrolment(rows: Iterable[Json], included: Mapping[str, Json], cut_off: bool) -> PatientEnrolment:
    read = read_each(rows, research_subject.from_fhir)
    known = not cut_off and not read.unreadable and all(str(each.study) in included for each in read.values)
    pilots = {name for name, row in included.items() if identifier_of(row, TRIAL_NUMBER) == PILOT}
    return PatientEnrolment(last_changed(each for each in read.values if str(each.study) in pilots), known)
