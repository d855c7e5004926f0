"""Between the page of the screening and the queries and actions under it, as `reads` is for the other pages."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from dashboard.actions.change_enrolment import Outcome, Seen, change_enrolment
from dashboard.actions.list_candidates import Candidate, list_candidates
from dashboard.actions.record_screening_answers import record_screening_answers
from dashboard.actions.save import Saved
from dashboard.actions.take_back_screening_answers import take_back_screening_answers
from dashboard.domain.pilot.enrolment import EnrolmentAction
from dashboard.domain.pilot.planned_change import PlannedChange, WantedChange
from dashboard.domain.pilot.recorded_answer import RecordedAnswer
from dashboard.domain.pilot.screening_answer import ScreeningQuestion
from dashboard.domain.pilot.screening_list import ScreeningList
from dashboard.domain.pilot.study import Study
from dashboard.domain.pilot.subject import Details
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.site_time import site_day
from dashboard.errors import DashboardError
from dashboard.queries.screen_patients import screen_patients
from dashboard.ui.session import reads, session
from dashboard.ui.session.reads import FIRST_ROWS_SECONDS, forget_page_values, page_value, read_for_page


def read_screening() -> tuple[ScreeningList, str]:
    """The screening list of the user's teams, and why it could not be read anew, as in `read_for_page`: also where
    only the worklist is there, from a cache. A page that has no list yet shows what is there.
    """
    asked = (session.fhir(), session.user(), session.scope(), session.terminology(), session.as_of())
    known = page_value("screening", "") is not None

    def query() -> ScreeningList:
        found = screen_patients(*asked, wait=FIRST_ROWS_SECONDS)
        if found.away is not None and known:
            raise found.away
        return found

    found, away = read_for_page("screening", "", query, first_wait=reads.SILENT_SECONDS)
    if found.awaited:
        forget()
    return found, away


def forget() -> None:
    """After a change: the next read asks the query."""
    forget_page_values("screening")


def change(
    planned: Sequence[PlannedChange], study: Study, wanted: WantedChange, why: str, tell: Callable[[Outcome], None]
) -> dict[str, Outcome]:
    """Makes the change of those of whom the preview says that it can be made; returns what became of each, by patient.

    Who is not listed yet is listed before. `tell` is told of each who is done.
    """
    fhir, who, at = session.fhir(), session.user(), session.as_of()
    possible = [each for each in planned if each.error is None]
    new = [
        Candidate(each.line.person.id, each.site.to.id)
        for each in possible
        if each.line.subject is None and each.site.to is not None
    ]
    seen = [
        Seen(each.line.person.id, each.line.subject.origin.id, each.line.subject.version)
        for each in possible
        if each.line.subject is not None
    ]
    listing = wanted.action is EnrolmentAction.LIST
    made: dict[str, Outcome] = {}
    if new:
        # Whoever is only listed is done with that.
        told = tell if listing else lambda outcome: None
        asked = (fhir, who, study.origin.id, new, wanted.details.day)
        made |= _each([each.patient_id for each in new], lambda: list_candidates(*asked, reason=why, at=at, tell=told))
    if not listing:
        seen += seen_of(made.values())
    if seen and not listing:
        details, form = wanted.details, wanted.form
        made |= _each(
            [each.patient_id for each in seen],
            lambda: change_enrolment(fhir, who, wanted.action, seen, details, form, reason=why, at=at, tell=tell),
        )
    forget()
    return made


def record_answers(
    patient: str, answers: Mapping[ScreeningQuestion, str], of_carers: Mapping[Reference, str], day: date
) -> Saved[RecordedAnswer]:
    """Records answers of one person. Raises what `record_screening_answers` raises."""
    asked = (session.fhir(), session.user(), patient, answers, of_carers, day)
    saved = record_screening_answers(*asked, at=session.as_of())
    forget()
    return saved


def take_back_answers(patient: str, ids: Sequence[str]) -> Saved[RecordedAnswer]:
    """Takes answers back that were just recorded. Raises what `take_back_screening_answers` raises."""
    saved = take_back_screening_answers(session.fhir(), session.user(), patient, ids, at=session.as_of())
    forget()
    return saved


def take_back(seen: Sequence[Seen], why: str) -> dict[str, Outcome]:
    """Takes the last change of each back."""
    fhir, who, at = session.fhir(), session.user(), session.as_of()
    day, action = Details(site_day(at)), EnrolmentAction.TAKE_BACK
    made = _each(
        [each.patient_id for each in seen], lambda: change_enrolment(fhir, who, action, seen, day, reason=why, at=at)
    )
    forget()
    return made


def seen_of(outcomes: Iterable[Outcome]) -> list[Seen]:
    """Those who were saved, as they are stored now."""
    stored = [(each.patient_id, each.subject) for each in outcomes]
    return [Seen(patient, subject.origin.id, subject.version) for patient, subject in stored if subject is not None]


def _each(patients: Sequence[str], make: Callable[[], tuple[Outcome, ...]]) -> dict[str, Outcome]:
    """What became of each; where nobody was changed, the error for which."""
    try:
        return {each.patient_id: each for each in make()}
    except DashboardError as error:
        return {patient: Outcome(patient, error=error) for patient in patients}
