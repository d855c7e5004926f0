"""The list behind the figures of the pilot: a row with a pseudonym for each person who was screened, nobody's name."""

from datetime import datetime
from typing import Final

from dashboard.access.request_context import organisations_of, result_or_raise
from dashboard.audit.audited import AuditSubject, audited
from dashboard.cache.enrolment_figures import FIGURES_CACHE
from dashboard.domain.access.permissions import Action, require
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind
from dashboard.domain.pilot.enrolment_rows import EnrolmentList, enrolment_rows, listed
from dashboard.domain.pilot.number_list import Number, number_rows
from dashboard.domain.record.organisation import region_of
from dashboard.domain.record.people import merged_into
from dashboard.domain.values.site_time import site_day
from dashboard.domain.values.terminology import Terminology
from dashboard.evaluation.enrolment_counts import read_enrolment
from dashboard.fhir.mapping import research_subject
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
    """The rows as they may be shown next to the figures, or those of one number alone. `key` makes the pseudonyms;
    nothing that was read of a person is retained. The records are read, a page after the other, since a server cannot
    count them by person.

    Raises NotPermitted for everybody but pilot managers, DashboardError where anything could not be read.
    """
    require(user.roles, Action.VIEW_COUNTS)
    figures = FIGURES_CACHE.figures(read_enrolment(fhir, study_id, terminology, as_of))
    if not figures.study:
        return EnrolmentList(figures, ())
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
