"""The list behind the figures of the pilot: a row with a pseudonym for each person who was screened, nobody's name; or
what is behind one number alone.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from dashboard.access.request_context import organisations_of, result_or_raise
from dashboard.audit.audited import AuditSubject, audited
from dashboard.cache.enrolment_figures import FIGURES_CACHE
from dashboard.domain.access.permissions import Action, require
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.pilot.counts import Level
from dashboard.domain.pilot.enrolment_counts import Datum
from dashboard.domain.pilot.enrolment_rows import EnrolmentList, enrolment_rows, listed
from dashboard.domain.pilot.enrolment_shown import EnrolmentFigures
from dashboard.domain.pilot.funnel import Area
from dashboard.domain.pilot.number_list import CONFERENCES, TEAMS, Number, names_of, number_rows
from dashboard.domain.record.organisation import region_of
from dashboard.domain.record.people import merged_into
from dashboard.domain.values.site_time import site_day
from dashboard.domain.values.terminology import Terminology
from dashboard.evaluation.enrolment_counts import read_enrolment
from dashboard.evaluation.enrolment_questions import Params, enrolled_at, held_by, plans_named, values_of
from dashboard.fhir.mapping import conference, research_subject
from dashboard.fhir.mapping.elements import Json, reference
from dashboard.fhir.mapping.patient import patient
from dashboard.fhir.mapping.reading import read_each
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest

_SUBJECT: Final = ("_elements", "status,study,individual,extension,period,assignedArm")
_ABOVE: Final = ("Organization:partof", "iterate:Organization:partof")


@audited(AuditKind.QUERY, lambda arguments, answer: AuditSubject(query="ResearchSubject?_elements=status,extension"))
def list_enrolment(
    fhir: FhirServer,
    user: User,
    terminology: Terminology,
    key: str,
    as_of: datetime,
    study_id: str = "",
    number: Number | None = None,
) -> EnrolmentList:
    """The rows as they may be shown next to the figures, or what is behind one number alone. `key` makes the
    pseudonyms; nothing that was read of a person is retained. The records are read, a page after the other, since a
    server cannot count them by person.

    Raises NotPermitted for everybody but pilot managers, DashboardError where anything could not be read.
    """
    require(user.roles, Action.VIEW_COUNTS)
    figures = FIGURES_CACHE.figures(read_enrolment(fhir, study_id, terminology, as_of))
    if not figures.study:
        return EnrolmentList(figures, ())
    if number is not None and number.value(figures) is None:
        return EnrolmentList(figures, ())
    if number is not None and (number.datum is not None or number.work):
        return _behind(fhir, number, figures, terminology, key, as_of)
    asked = (
        SearchRequest("ResearchSubject", (("study", f"ResearchStudy/{figures.study}"), _SUBJECT), fresh=True),
        SearchRequest("Patient", (("link:missing", "false"), ("_elements", "link")), fresh=True),
        SearchRequest("Organization", (("_id", ",".join(sorted(figures.names or {"none": ""}))),), include=_ABOVE),
    )
    subjects, merged, places = (result_or_raise(answer) for answer in fhir.try_all(asked))
    known = organisations_of(places)
    above = {ident: region.id for ident, each in known.items() if (region := region_of(each, known)) is not None}
    survivors = merged_into(read_each(merged.rows, lambda row: patient(row, site_day(as_of))).values)
    read = read_each(subjects.rows, research_subject.from_fhir).values
    if number is not None:
        alone = number_rows(number, read, above, survivors, figures, key, site_day(as_of))
        return EnrolmentList(figures, (), alone)
    people = listed(read, above, survivors)
    return EnrolmentList(figures, enrolment_rows(people, figures, key))


def _behind(
    fhir: FhirServer, number: Number, figures: EnrolmentFigures, terminology: Terminology, key: str, as_of: datetime
) -> EnrolmentList:
    """The people of whom a datum is on record, plans, or conferences. Chains are counted by the server and not read:
    here who is enrolled is read first, then their records.
    """
    if number.work in (TEAMS, CONFERENCES):
        return EnrolmentList(figures, (), held=_held(fhir, number, figures))
    sites = [
        area.site
        for area in (each.area for each in figures.areas)
        if area.site and (number.area.level is Level.ALL or number.area in (area, Area(Level.REGION, area.region)))
    ]
    form = number.datum is Datum.CONSENT_FORM
    subjects = _found(fhir, "ResearchSubject", (enrolled_at(figures.study, sites, form),), "individual")
    people = [to.id for row in subjects if (to := reference(row.get("individual"))) is not None]
    if number.datum is not None and not form:
        values = _found(fhir, "Observation", (values_of(number.datum, terminology),), "subject", of=people)
        known = {to.id for row in values if (to := reference(row.get("subject"))) is not None}
        people = [each for each in people if each in known]
    elif number.work:
        plans = _found(fhir, "CarePlan", plans_named(number.work), "subject", of=people)
        people = [str(row.get("id")) for row in plans]
    return EnrolmentList(figures, (), names_of(number, people, figures, key, site_day(as_of)))


def _held(fhir: FhirServer, number: Number, figures: EnrolmentFigures) -> tuple[tuple[date | None, str], ...]:
    """The teams of an area by name, or the conferences that they have held, the latest first."""
    teams = [
        team
        for region, those in (figures.teams or {}).items()
        for team in those
        if number.area.level is Level.ALL or region == number.area.region
    ]
    names = figures.names or {}
    if number.work != CONFERENCES or not teams or figures.since is None:
        return tuple(sorted((None, names.get(team, "")) for team in teams))
    rows = _found(fhir, "Appointment", held_by(teams, figures.since))
    held = [
        (each.start.start if each.start is not None else None, names.get(each.team.to.id, "") if each.team.to else "")
        for each in read_each(rows, conference.from_fhir).values
    ]
    return tuple(sorted(held, key=lambda each: (str(each[0] or ""), each[1]), reverse=True))


def _found(
    fhir: FhirServer, kind: str, params: Params, element: str = "", of: Sequence[str] | None = None
) -> Sequence[Json]:
    """The records, with this element of each alone; `of` these patients, of everybody for None."""
    if of is not None and not of:
        return ()
    which = (*params, ("_elements", element)) if element else params
    patients = tuple(sorted(set(of))) if of is not None else None
    return result_or_raise(fhir.try_all([SearchRequest(kind, which, patients, fresh=True)])[0]).rows
