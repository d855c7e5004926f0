"""The shared plans of one patient, put together from the answers to one search a resource type.

Both the page and every save read them here, so that what is compared with what was read is the same.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from dashboard.access.request_context import RequestContext
from dashboard.cache.linkable import LINKED, Linkable, linkable_reader, linkable_request
from dashboard.cache.patient_sections import Answers
from dashboard.domain.access.relationship import Relationship
from dashboard.domain.care_plan.shared_plan import Activity, SharedPlan
from dashboard.domain.care_plan.statuses import ENDED
from dashboard.domain.care_plan.views import BrokenSave, LastChange
from dashboard.domain.record.care_plan import CarePlan
from dashboard.domain.record.care_team import CareTeam
from dashboard.domain.record.goal import Goal
from dashboard.domain.record.order import Order
from dashboard.domain.record.provenance import Provenance, ResourceVersion
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.code_systems import SAVE
from dashboard.domain.values.datatypes import PartialDate, Reference
from dashboard.domain.values.terminology import Terminology
from dashboard.errors import DashboardError
from dashboard.fhir.mapping import care_plan, care_team, goal, order, provenance, task
from dashboard.fhir.mapping.elements import Json, many, one, text
from dashboard.fhir.mapping.reading import origin, read_each, updated, version
from dashboard.fhir.search.request import SearchRequest, SearchResult

T = TypeVar("T")

EDITED: Final[Mapping[str, str]] = {
    "plans": "CarePlan",
    "goals": "Goal",
    "tasks": "Task",
    "services": "ServiceRequest",
    "messages": "CommunicationRequest",
}
"""Searches for what is edited with a plan, beside the care team's, and their resource types."""
CHANGES_READ: Final = 100
"""The newest Provenances that are read for all items together; of an item that is not in them its own newest is."""


def plan_requests(patient_id: str) -> dict[str, SearchRequest]:
    """The searches for the plans of a patient, past the server's own cache of answers: somebody else may have saved a
    second ago.
    """
    patients = (patient_id,)
    return {
        **{name: SearchRequest(kind, patients=patients, fresh=True) for name, kind in EDITED.items()},
        **{name: linkable_request(kind, patient_id) for name, kind in LINKED.items()},
    }


class PlansRead:
    """Everything of a patient's plans that could be read, from the answers of `plan_requests` and "team"."""

    def __init__(self, answers: Answers, terminology: Terminology) -> None:
        self.rows: dict[Reference, Json] = {}
        self._answers = answers
        self._terminology = terminology
        self.plans: list[CarePlan] = self._read("plans", care_plan.from_fhir)
        self.goals: dict[Reference, Goal] = _by_origin(
            self._read("goals", lambda row: goal.from_fhir(row, terminology))
        )
        every: list[Activity] = [
            *self._read("tasks", task.from_fhir),
            *self._read("services", order.from_fhir),
            *self._read("messages", order.from_fhir),
        ]
        self.activities: dict[Reference, Activity] = _by_origin(every)
        self.teams: list[CareTeam] = self._read("team", care_team.from_fhir)

    def _read(self, name: str, how: Callable[[Json], T]) -> list[T]:
        rows = self._answers.rows(name)
        self.rows |= {origin(row): row for row in rows}
        return self._answers.read(rows, how)

    def shared(self, plan: CarePlan, team: Reference | None = None) -> SharedPlan:
        """The plan with what it refers to, of the records of this patient alone. `team` is whose it is where the plan
        does not say so.
        """
        teams = {each.origin: each for each in self.teams}
        named = (*plan.care_teams, *([team] if team is not None else []))
        return SharedPlan(
            plan,
            tuple(self.goals[each] for each in plan.goals if each in self.goals),
            tuple(self.activities[each] for each in plan.activities if each in self.activities),
            next((teams[each] for each in named if each in teams), None),
        )

    def of_teams(self, relationship: Relationship) -> list[CareTeam]:
        """The teams through which somebody may see the patient."""
        through = {team.origin for team in relationship.teams}
        return [team for team in self.teams if team.origin in through]

    def unread_plans(self) -> tuple[Reference, ...]:
        """The plans that are there, have not ended as far as they say, and could not be read. Whoever took them for
        none would start a second plan.
        """
        known = {plan.origin for plan in self.plans}
        rows = [row for row in self._answers.rows("plans") if text(row.get("status")) not in ENDED]
        return tuple(each for each in map(origin, rows) if each not in known)

    def parts_unreadable(self) -> tuple[Unreadable, ...]:
        """What could not be read of plans, and of goals and activities in them, that are shown all the same."""
        named = {each for plan in self.plans for each in (*plan.goals, *plan.activities)}
        parts = [value for origin, value in {**self.goals, **self.activities}.items() if origin in named]
        inside = [goal for goals in self.contained().values() for goal in goals]
        every = (*self.plans, *parts, *inside, *self.linked().values())
        return tuple(part for value in every if not isinstance(value, Order) for part in value.unreadable)

    def linked(self) -> dict[Reference, Linkable]:
        """The medicines and appointments that plans refer to."""
        wanted = {each for plan in self.plans for each in plan.activities}
        rows = [row for name in LINKED for row in self._answers.rows(name) if origin(row) in wanted]
        return _by_origin(self._answers.read(rows, self._linkable()))

    def unlinked(self) -> dict[Reference, Linkable]:
        """The patient's other prescriptions and appointments, as far as they can be read: what cannot is not offered,
        and is named on the patient's page.
        """
        named = {each for plan in self.plans for each in plan.activities}
        rows = [row for name in LINKED for row in self._answers.rows(name) if origin(row) not in named]
        return _by_origin(read_each(rows, self._linkable()).values)

    def _linkable(self) -> Callable[[Json], Any]:
        return linkable_reader(self._terminology, self._answers.included("medicines"))

    def contained(self) -> dict[Reference, tuple[Goal, ...]]:
        """The goals that are inside each plan that has any."""
        found = {}
        for plan in self.plans:
            if plan.contained_goals:
                rows = care_plan.contained_goals(self.rows[plan.origin])
                read = self._answers.read(rows, lambda row: goal.listed(row, self._terminology))
                found[plan.origin] = tuple(read)
        return found


def _by_origin(values: Iterable[Any]) -> dict[Reference, Any]:
    return {value.origin: value for value in values}


def read_plans(context: RequestContext, patient_id: str) -> PlansRead:
    """The plans as the server holds them now, for a change. Raises the error of any search: what could not be read must
    not be taken for removed.
    """
    asked = plan_requests(patient_id)
    asked = {name: asked[name] for name in EDITED}
    asked["team"] = SearchRequest("CareTeam", patients=(patient_id,), fresh=True)
    answers = dict(zip(asked, context.fhir.try_all(list(asked.values())), strict=True))
    for name, answer in answers.items():
        if isinstance(answer, DashboardError) and not _is_unknown_type(context, asked[name].type):
            raise answer
    return PlansRead(Answers(asked, answers), context.terminology)


def _is_unknown_type(context: RequestContext, kind: str) -> bool:
    """Whether the server says that it keeps no such records, so that none can be there."""
    return not context.fhir.capabilities.serves(kind)


@dataclass(frozen=True, slots=True)
class SignedChange:
    """A change with when the server stored its Provenance."""

    change: Provenance
    stored: datetime | None

    def made(self, reference: Reference, number: str, stored: datetime | None, only: bool) -> bool:
        """Whether this change made that version of a record. Some servers drop the version from a reference: then it is
        the version that was stored with the Provenance, or the `only` one that there ever was.
        """
        named = {each.version for each in self.change.changed if each.reference == reference}
        return number in named or (named == {""} and (only or self._together(stored)))

    def apart(self, stored: datetime | None) -> float:
        """Seconds between when the Provenance was stored and that moment; 0 where one is not known."""
        return abs((self.stored - stored).total_seconds()) if self.stored and stored else 0.0

    def _together(self, stored: datetime | None) -> bool:
        return stored is not None and self.stored is not None and abs(self.stored - stored) <= TOGETHER


def makers_of(
    changes: Sequence[SignedChange], reference: Reference, versions: Sequence[tuple[str, datetime | None]]
) -> list[Provenance | None]:
    """Which change made each of these versions of a record, given with when it was stored: a change made one at most.

    One that names the version made it. Of those that name none, since the server drops it, the one that was stored
    nearest to a version made it, where they were stored together or there is but one version.
    """
    found: dict[int, Provenance] = {}
    used: set[int] = set()
    pairs = sorted(
        (
            not (number and ResourceVersion(reference, number) in signed.change.changed),
            signed.apart(stored),
            which,
            place,
        )
        for place, signed in enumerate(changes)
        for which, (number, stored) in enumerate(versions)
        if signed.made(reference, number, stored, len(versions) == 1)
    )
    for _, _, which, place in pairs:
        if which not in found and place not in used:
            found[which] = changes[place].change
            used.add(place)
    return [found.get(which) for which in range(len(versions))]


TOGETHER: Final = timedelta(seconds=3)
"""Between the stamps of records of one transaction, at the most."""


def last_changes(context: RequestContext, rows: Mapping[Reference, Json]) -> dict[Reference, LastChange]:
    """Who changed each of these records last. Raises the error of the search where it failed."""
    if not rows:
        return {}
    result = _result(context.fhir.try_all([_changes_of(rows, CHANGES_READ)])[0])
    newest = _newest(result.rows, rows)
    left = [reference for reference in rows if reference not in newest] if result.truncated else []
    if left:
        answers = context.fhir.try_all([_changes_of([each], 1) for each in left])
        newest |= _newest([row for answer in answers for row in _result(answer).rows], rows)
    return {reference: _last(reference, row, newest.get(reference)) for reference, row in rows.items()}


def all_changes(context: RequestContext, record: Reference) -> list[SignedChange]:
    """Every change of a record that somebody signed, newest first. Raises the error of the search."""
    return _signed(_result(context.fhir.try_all([_changes_of([record])])[0]).rows)


def _changes_of(records: Iterable[Reference], most: int = 100_000) -> SearchRequest:
    targets = ",".join(map(str, records))
    page = min(most, 1000)
    return SearchRequest(
        "Provenance", (("target", targets),), sort="-recorded", page_size=page, max_rows=most, fresh=True
    )


def _result(answer: SearchResult | DashboardError) -> SearchResult:
    if isinstance(answer, DashboardError):
        raise answer
    return answer


def _signed(found: Sequence[Json]) -> list[SignedChange]:
    """The changes newest first; of several at one moment the one that was stored last."""
    stamps = {origin(row): stored_at(row) for row in found}
    changes = [SignedChange(change, stamps[change.origin]) for change in read_each(found, provenance.listed).values]
    return sorted(changes, key=lambda each: (each.change.when, each.stored or each.change.when), reverse=True)


def _newest(found: Sequence[Json], rows: Mapping[Reference, Json]) -> dict[Reference, SignedChange]:
    """The newest change of each record, or the one that made its present version."""
    newest: dict[Reference, SignedChange] = {}
    for signed in _signed(found):
        for target in signed.change.changed:
            reference = target.reference
            if reference in rows:
                known = newest.setdefault(reference, signed)
                if not _made_present(known, rows[reference]) and _made_present(signed, rows[reference]):
                    newest[reference] = signed
    return newest


def _made_present(signed: SignedChange, row: Json) -> bool:
    return signed.made(origin(row), version(row), stored_at(row), only=version(row) == "1")


def _last(reference: Reference, row: Json, signed: SignedChange | None) -> LastChange:
    if signed is None:
        return LastChange(stored_at(row))
    return LastChange(stored_at(row), signed.change, _made_present(signed, row))


def stored_at(row: Json) -> datetime | None:
    """When the server stored this version, None where it does not say."""
    try:
        return PartialDate(updated(row)).moment
    except ValueError:
        return None


STILL_WRITING: Final = timedelta(seconds=60)
"""A save whose last record is newer may still be under way."""


def broken_saves(context: RequestContext, rows: Iterable[Json]) -> tuple[BrokenSave, ...]:
    """The saves that broke off: records with the tag of a save whose Provenance is not on the server.

    Only on a server without transactions: elsewhere a save is stored as a whole or not at all. Raises the error of the
    search.
    """
    if context.fhir.capabilities.transactions:
        return ()
    tagged: dict[str, list[Json]] = {}
    said: dict[str, str] = {}
    for row in rows:
        for tag in many(one(row.get("meta")).get("tag")):
            if tag.get("system") == SAVE and text(tag.get("code")):
                tagged.setdefault(text(tag.get("code")), []).append(row)
                said[text(tag.get("code"))] = text(tag.get("display"))
    if not tagged:
        return ()
    request = SearchRequest("Provenance", (("_id", ",".join(tagged)),), fresh=True)
    found = _result(context.fhir.try_all([request])[0])
    there = {row.get("id") for row in found.rows}
    return tuple(
        _broken(ident, written, said[ident])
        for ident, written in tagged.items()
        if ident not in there and not _just_written(written, found.server_time)
    )


def _broken(ident: str, written: Sequence[Json], said: str) -> BrokenSave:
    every, _, who = said.partition(": ")
    return BrokenSave(ident, tuple(map(origin, written)), int(every) if every.isdecimal() else len(written), who)


def _just_written(written: Sequence[Json], now: datetime | None) -> bool:
    stamps = [stamp for row in written if (stamp := stored_at(row)) is not None]
    return now is not None and bool(stamps) and now - max(stamps) < STILL_WRITING
