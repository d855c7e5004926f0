"""The sections of a patient's summary, each made from the answer to its own search.

A search that failed makes its own section a failure and leaves the others as they are.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial, reduce
from typing import Final, TypeVar

from dashboard.domain.care_plan.views import plan_that_counts
from dashboard.domain.record.appointment import Appointment
from dashboard.domain.record.care_plan import CarePlan, CarePlanSummary, summary_of
from dashboard.domain.record.care_team import Carer, CareTeam, TeamMember
from dashboard.domain.record.condition import Condition, ConditionKey, latest_first
from dashboard.domain.record.contact import Contact, contact_of_appointment
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.goal import Goal, in_order, with_conditions
from dashboard.domain.record.medicine import Medicine, with_reasons
from dashboard.domain.record.provenance import Provenance
from dashboard.domain.record.task import Task
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.record.views import Notice, Old, Section
from dashboard.domain.values.absence import Absence, Subject
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.site_time import site_day
from dashboard.domain.values.terminology import Terminology
from dashboard.errors import DashboardError, Failure, Unsupported
from dashboard.fhir.mapping import (
    appointment,
    care_plan,
    condition,
    encounter,
    goal,
    medication_request,
    provenance,
    task,
)
from dashboard.fhir.mapping.elements import Json
from dashboard.fhir.mapping.reading import origin, read_each, read_one
from dashboard.fhir.mapping.related_person import related_person
from dashboard.fhir.search.notices import NoticeKind
from dashboard.fhir.search.request import SearchRequest, SearchResult

T = TypeVar("T")
_OPTIONAL: Final = ("statements", "flags", "enrolment")
"""Searches for types that a server need not keep: then nothing is missing."""
CONTACTS: Final = 20
"""Contacts shown; the timeline has the others."""


class Answers:
    """The answers of one patient's searches by name, and every record among them that could not be read.

    old: the names of the searches that failed, whose answers are the last ones known.
    """

    def __init__(
        self,
        requests: Mapping[str, SearchRequest],
        answers: Mapping[str, SearchResult | DashboardError],
        old: Mapping[str, Old] | None = None,
    ) -> None:
        self._requests, self._answers, self._old = requests, answers, old or {}
        self.unreadable: list[Unreadable] = [each for name in answers for each in self.left_out(name)]

    def failed(self, *names: str) -> Failure | None:
        """Why the first of these searches failed, None when all were answered."""
        errors = (self._answers[name] for name in names)
        return next((error.failure for error in errors if isinstance(error, DashboardError)), None)

    def old(self, *names: str) -> Old | None:
        """How old the answers of these searches are, None when all were read just now."""
        found = [self._old[name] for name in names if name in self._old]
        return reduce(Old.earlier, found) if found else None

    def old_types(self) -> dict[str, Old]:
        """Returns how old what is known of a resource type is, for each that could not be read again."""
        types = {self._requests[name].type: name for name in self._old}
        return {kind: old for kind in types if (old := self.old(*self._of_type(kind))) is not None}

    def _of_type(self, kind: str) -> list[str]:
        return [name for name, request in self._requests.items() if request.type == kind]

    def unsupported(self, name: str) -> bool:
        """Whether the server cannot do this search at all."""
        return isinstance(self._answers[name], Unsupported)

    def asked(self, name: str) -> bool:
        """Whether this search was made at all."""
        return name in self._answers

    def rows(self, name: str) -> list[Json]:
        """Returns the rows of a search; an empty list where it failed (see `failed`)."""
        answer = self._answers[name]
        return [] if isinstance(answer, DashboardError) else answer.rows

    def included(self, name: str) -> Mapping[str, Json]:
        answer = self._answers[name]
        return {} if isinstance(answer, DashboardError) else answer.included

    def cut_off(self, name: str) -> bool:
        """Whether the server has more rows of this search than were read."""
        answer = self._answers[name]
        return not isinstance(answer, DashboardError) and answer.truncated

    def left_out(self, name: str) -> tuple[Unreadable, ...]:
        """Returns the rows of a search that are not known to be the patient's."""
        answer = self._answers[name]
        return () if isinstance(answer, DashboardError) else answer.left_out

    def notices(self) -> tuple[Notice, ...]:
        """Returns what the server could not do, each once. A list that was cut off has a notice, except the contacts,
        which always are.
        """
        notices: list[Notice] = []
        for name, answer in self._answers.items():
            if name in _OPTIONAL and self.unsupported(name):
                continue
            if isinstance(answer, DashboardError):
                notices.append(Notice("section-failed", self._requests[name].type))
            else:
                notices += [
                    notice for notice in answer.notices if name != "contacts" or notice.kind != NoticeKind.CAPPED
                ]
        return tuple(dict.fromkeys(notices))

    def read(self, rows: Iterable[Json], how: Callable[[Json], T | Exclusion | None]) -> list[T]:
        """Returns the readable values and collects the records that cannot be read."""
        read = read_each(rows, how)
        self.unreadable += read.unreadable
        return read.values

    def section(self, value: Callable[[], T], *names: str) -> Section[T]:
        """Returns the value as a section, or the failure of a search that it needs."""
        failed = self.failed(*names)
        return Section(None, failed) if failed else Section(value(), old=self.old(*names))


def problems(answers: Answers, terminology: Terminology) -> list[Condition]:
    """Returns the problems, in the order of `latest_first`."""
    return latest_first(answers.read(answers.rows("problems"), lambda row: condition.from_fhir(row, terminology)))


def medicines(answers: Answers, terminology: Terminology, known: Mapping[Reference, Condition]) -> list[Medicine]:
    """Returns what the patient has or had, and what is not to be given or was not taken: current ones first, each list
    by name. `known` are the problems that they may name as reasons.
    """
    found: list[Medicine] = []
    for name in ("medicines", "statements"):
        read = partial(medication_request.from_fhir, terminology=terminology, substances=answers.included(name))
        found += [with_reasons(value, known, terminology) for value in answers.read(answers.rows(name), read)]
    return sorted(found, key=lambda each: (each.status != "active", each.text.casefold(), each.origin))


def absences(answers: Answers, terminology: Terminology) -> dict[Subject, Absence]:
    """What the record says by naming no problem or medicine; of several statements of a subject the weakest."""
    asked: tuple[tuple[Subject, str, Callable[[Json, Terminology], Absence | None]], ...] = (
        (Subject.PROBLEMS, "problems", condition.absence),
        (Subject.MEDICINES, "medicines", medication_request.absence),
        (Subject.MEDICINES, "statements", medication_request.absence),
    )
    found: dict[Subject, list[Absence]] = {}
    for subject, name, read in asked:
        for row in answers.rows(name):
            said = read_one(row, partial(_read_with, read, terminology))
            if isinstance(said, Absence):
                found.setdefault(subject, []).append(said)
    order = list(Absence)
    return {subject: min(said, key=order.index) for subject, said in found.items()}


def _read_with(read: Callable[[Json, Terminology], T], terminology: Terminology, row: Json) -> T:
    return read(row, terminology)


def members(teams: Iterable[CareTeam], on: date) -> tuple[TeamMember, ...]:
    """Who belongs to the active teams on a day, each once; carers and the patient are shown elsewhere."""
    found: dict[Reference | str, TeamMember] = {}
    for team in teams:
        for member in team.members:
            ours = member.member is None or member.member.type not in (
                "Patient",
                "RelatedPerson",
                "Organization",
                "CareTeam",
            )
            if team.status == "active" and ours and (member.until is None or member.until.end >= on):
                found.setdefault(member.member or member.name, member)
    return tuple(found.values())


def named_members(found: Iterable[TeamMember], names: Mapping[str, str]) -> tuple[TeamMember, ...]:
    """The same with the names of Practitioners read beside the team where the team itself gives none."""
    return tuple(m if m.name or m.member is None else replace(m, name=names.get(str(m.member), "")) for m in found)


def carers(answers: Answers, on: date) -> tuple[Carer, ...]:
    return tuple(answers.read(answers.rows("carers"), lambda row: related_person(row, on)))


def goals(
    answers: Answers, terminology: Terminology, known: Mapping[Reference, tuple[ConditionKey, ...]]
) -> list[Goal]:
    """Returns the goals of the patient, those inside a plan among them, in the order of `in_order`."""
    rows = goal_rows(answers.rows("goals"), answers.rows("plans"))
    found = answers.read(rows, lambda row: goal.listed(row, terminology))
    answers.unreadable += [part for line in found for part in line.unreadable]
    return in_order(with_conditions(line, known) for line in found)


def goal_rows(goals: Iterable[Json], plans: Iterable[Json]) -> list[Json]:
    """The goals, and those that are inside the plans."""
    rows = list(goals)
    for row in plans:
        inside = read_one(row, care_plan.contained_goals)
        rows += [] if isinstance(inside, Unreadable) or row.get("status") == "entered-in-error" else inside
    return rows


def plan(answers: Answers, found: Sequence[Goal], teams: Sequence[CareTeam]) -> CarePlanSummary | None:
    """The plan that counts for these teams, with its goals and its last editor."""
    beside = [row for row in answers.included("plans").values() if row.get("resourceType") == "Provenance"]
    edits: list[Provenance] = answers.read(beside, provenance.listed)
    known = {line.origin: line for line in found}
    plans: list[CarePlan] = answers.read(answers.rows("plans"), care_plan.listed)
    answers.unreadable += [part for each in plans for part in each.unreadable]
    chosen = plan_that_counts(plans, teams)
    return summary_of(chosen, known, edits) if chosen is not None else None


def plan_first(found: Sequence[Goal], chosen: CarePlanSummary | None) -> tuple[Goal, ...]:
    """The goals, those of the plan first."""
    in_plan = {line.origin for line in chosen.goals} if chosen else set()
    return tuple(sorted(found, key=lambda line: line.origin not in in_plan))


def tasks(answers: Answers) -> tuple[Task, ...]:
    """Open ones first, earliest due first; then the ended ones, newest first."""
    found = answers.read(answers.rows("tasks"), task.listed)
    waiting = [line for line in found if line.open]
    ended = [line for line in found if not line.open]
    waiting.sort(key=lambda line: (line.due is None, line.due.moment if line.due else None, line.origin))
    ended.sort(key=lambda line: line.authored.moment.timestamp() if line.authored else 0.0, reverse=True)
    return (*waiting, *ended)


def contacts(answers: Answers, as_of: datetime) -> tuple[Contact, ...]:
    """Where the patient is now; what is booked from today on, soonest first; then the last contacts, newest first."""
    booked: list[Appointment] = answers.read(answers.rows("appointments"), appointment.booked)
    planned = [line for line in map(contact_of_appointment, booked) if line is not None]
    coming = [line for line in planned if line.when is not None and line.when.end >= site_day(as_of)]
    rows = {str(origin(row)): row for name in ("ongoing", "contacts") for row in answers.rows(name)}
    found = [line for line in answers.read(rows.values(), encounter.contact) if not line.planned]
    now = [line for line in found if line.ongoing]
    past = [line for line in found if not line.ongoing]
    # Without a date there is nothing that says that it began earlier.
    now.sort(key=lambda line: (line.when is None, _by_time(line)), reverse=True)
    coming.sort(key=_by_time)
    past.sort(key=_by_time, reverse=True)
    return (*now, *coming, *past[:CONTACTS])


def _by_time(line: Contact) -> tuple[float, str, str]:
    return (line.when.moment.timestamp() if line.when else 0.0, line.text, line.place)
