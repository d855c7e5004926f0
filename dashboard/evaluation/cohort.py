"""Cohort of the evaluation: who was enrolled in the study, when and where, from the histories of the subjects."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from dashboard.domain.evaluation.facts import Participant
from dashboard.domain.pilot.enrolment import EnrolmentState
from dashboard.domain.pilot.enrolment_reasons import DIED
from dashboard.domain.pilot.funnel import one_per_person
from dashboard.domain.pilot.subject import ENROLLED_STATUSES, Subject
from dashboard.domain.record.people import Person, with_survivors
from dashboard.domain.values.datatypes import PartialDate
from dashboard.errors import UserFacingError
from dashboard.fhir.mapping import research_study, research_subject
from dashboard.fhir.mapping.elements import Json, many, text
from dashboard.fhir.mapping.patient import patient
from dashboard.fhir.mapping.reading import read_each

COHORT_TYPES: Final = ("ResearchStudy", "ResearchSubject", "Patient", "Organization")
_SAYS: Final = frozenset({"link", "deceasedDateTime", "deceasedBoolean"})
_DUPLICATE: Final = "duplicate-record"
_LONGEST_CHAIN: Final = 10
"""Merged records that lead to one another: more than a few is a circle."""


@dataclass(frozen=True, slots=True)
class Cohort:
    """The participants, and `whose` leads from each of their Patient ids to the one in use. `withdrawn` people are not
    among them. `undated` were enrolled nobody knows when, so that nothing is before or after it.
    """

    participants: tuple[Participant, ...]
    whose: Mapping[str, str]
    sites: Mapping[str, str]
    withdrawn: int = 0
    undated: int = 0
    unreadable: int = 0


def choose_study(resources: Iterable[Json], asked: str = "") -> str:
    """The id of the study: the one asked for, or the only one. Raises UserFacingError where there is none or are more.

    A study that was entered by mistake cannot be told by R4; `withdrawn` and `disapproved` ones never ran.
    """
    found = read_each(resources, research_study.from_fhir).values
    studies = {each.origin.id for each in found if each.status not in ("withdrawn", "disapproved")}
    if asked:
        if asked not in studies:
            raise UserFacingError("evaluation-no-such-study", number=len(studies))
        return asked
    if len(studies) != 1:
        if not studies:
            raise UserFacingError("evaluation-no-study")
        raise UserFacingError("evaluation-which-study", number=len(studies))
    return studies.pop()


def read_cohort(
    study: str, subjects: Iterable[Any], patients: Iterable[Any], organisations: Iterable[Any], today: date
) -> Cohort:
    """The people who were enrolled in the study by the end of today and have not withdrawn, once each."""
    read = read_each(filter(_says_enrolled, subjects), research_subject.from_fhir)
    # Of the others there is nothing to know: they are in use and alive, and their names are not wanted.
    said = (row for row in patients if isinstance(row, dict) and _SAYS.intersection(row))
    people = read_each(said, lambda row: patient(row, today))
    persons = {person.id: person for person in people.values}
    persons |= with_survivors(persons)
    survivors = {ident: _survivor(ident, persons) for ident in persons}
    mine = [each for each in read.values if each.study.id == study]
    made, withdrawn, undated = [], 0, 0
    for subject in one_per_person(mine, survivors):
        if not subject.enrolled:
            continue
        enrolled = _enrolled_on(subject)
        if enrolled is not None and enrolled > today:
            continue
        if subject.state is EnrolmentState.WITHDRAWN:
            withdrawn += 1
        elif enrolled is None:
            undated += 1
        elif not _is_duplicate(subject):
            made.append(_participant(subject, enrolled, survivors, persons))
    whose = {ident: each.ids[0] for each in made for ident in each.ids}
    sites = {text(each.get("id")): text(each.get("name")) for each in organisations if isinstance(each, dict)}
    ours = {each.site: sites.get(each.site, "") for each in made}
    unreadable = len(read.unreadable) + len(people.unreadable)
    made.sort(key=lambda each: each.ids)
    return Cohort(tuple(made), whose, ours, withdrawn, undated, unreadable)


def _says_enrolled(subject: Any) -> bool:
    """Whether its status or any change says that somebody was enrolled: most of those who are screened never are."""
    if not isinstance(subject, dict) or subject.get("status") in ENROLLED_STATUSES:
        return True
    changes = many(subject.get("extension"))
    return any(part.get("valueCode") == "enrolled" for each in changes for part in many(each.get("extension")))


def _survivor(ident: str, persons: Mapping[str, Person]) -> str:
    """The record in use of a person, by whatever many steps; its own where the chain leads nowhere or in a circle."""
    seen = [ident]
    while len(seen) < _LONGEST_CHAIN:
        following = persons[seen[-1]].survivors if seen[-1] in persons else ()
        if not following:
            return seen[-1]
        if following[0] in seen:
            return min(seen)
        seen.append(following[0])
    return min(seen)


def _enrolled_on(subject: Subject) -> date | None:
    """The first day on which the person was enrolled; else the start of the period that another system wrote."""
    days = [each.day for each in subject.valid_changes if each.state is EnrolmentState.ENROLLED]
    first = min(days, default=subject.start)
    return first.start if first is not None and first.start == first.end else None


def _is_duplicate(subject: Subject) -> bool:
    last = subject.valid_changes[-1] if subject.valid_changes else None
    return subject.state is EnrolmentState.LEFT and last is not None and last.reason == _DUPLICATE


def _participant(
    subject: Subject, enrolled: date, survivors: Mapping[str, str], persons: Mapping[str, Person]
) -> Participant:
    kept = survivors.get(subject.patient.id, subject.patient.id)
    ids = (kept, *sorted(ident for ident, to in survivors.items() if to == kept and ident != kept))
    last = subject.valid_changes[-1] if subject.valid_changes else None
    left = subject.state is EnrolmentState.LEFT
    known = [persons[ident].deceased for ident in ids if ident in persons]
    deaths = [each.start for each in known if isinstance(each, PartialDate)]
    died = any(known) or (left and last is not None and last.reason == DIED)
    ends = list(deaths)
    if left and last is not None and last.state is EnrolmentState.LEFT:
        ends.append(last.day.end)
    elif left and subject.end is not None:
        ends.append(subject.end.end)
    entered = [each for each in subject.valid_changes if each.state is EnrolmentState.ENROLLED]
    place = min(entered, key=lambda each: each.day).site if entered else subject.site
    return Participant(
        ids=ids,
        arm=subject.arm,
        layer=subject.layer,
        site=place.to.id if place.to is not None else "",
        enrolled=enrolled,
        until=min(ends, default=None),
        died=died,
    )
