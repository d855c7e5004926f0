"""What the pilot's screening asks of one person, made of the record in one way: for the page Screening, and for the
rule of data/guidelines that says who may take part.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import date

from dashboard.domain.attention.trend import key_results
from dashboard.domain.pilot.screening_answer import ScreeningAnswer
from dashboard.domain.pilot.screening_facts import ScreeningFacts
from dashboard.domain.record.care_team import CareTeam, covers
from dashboard.domain.record.observation import KeyResult, Measure
from dashboard.domain.record.patient_record import PatientRecord
from dashboard.domain.record.unreadable import some_unread
from dashboard.domain.values.datatypes import Reference


@dataclass(frozen=True, slots=True)
class Screened:
    """What no guideline asks for: the answers to the screening's questions, the carers of the care team, and whether
    the person has a record in the pilot (None where nobody knows). `unanswered`: the answers could not be read in full.
    """

    answers: tuple[ScreeningAnswer, ...] = ()
    carers: frozenset[Reference] = frozenset()
    unanswered: bool = False
    listed: bool | None = False


def screening_facts(
    record: PatientRecord,
    screened: Screened,
    on: date,
    unread: Set[str] = frozenset(),
    results: Mapping[Measure, KeyResult] | None = None,
) -> ScreeningFacts:
    """The facts of the screening. `unread` are the resource types that could not be read, `results` the key results
    where they are known already. Answers that were not read in full count for nothing: what is there may not be the
    latest.
    """
    if results is None:
        results = key_results((one for each in record.values("Observation") for one in each.results), on)
    # A problem that is there and cannot be read may be any.
    broken = {"Condition"} if some_unread(record.unreadable(), "Condition") else set()
    return ScreeningFacts(
        person=record.person,
        problems=record.values("Condition"),
        results=results,
        answers=() if screened.unanswered else screened.answers,
        carers=screened.carers,
        unread=frozenset(unread) | broken,
        unanswered=screened.unanswered,
    )


def carers_of(teams: Iterable[CareTeam], on: date) -> dict[Reference, str]:
    """The carers who are in an active care team on a day, with their names."""
    return {
        member.member: member.name
        for team in teams
        if team.status == "active" and covers(team.since, team.until, on)
        for member in team.members
        if member.member is not None and member.member.type == "RelatedPerson"
        if covers(member.since, member.until, on)
    }
