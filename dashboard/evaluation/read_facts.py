"""Reads resources of one type into facts: first by what cannot count, then by the view of the type, row by row.

Records of others than the participants, and Observations that are no key measure, are left out before the view: it
takes ten times as long as this look. What a code means, the unit and whether a status counts is decided on the rows.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from dashboard.domain.evaluation.facts import (
    Admission,
    ConditionOf,
    DecidedTask,
    DiscussionAt,
    Fact,
    GoalCourse,
    MeasuredValue,
    MedicineCourse,
)
from dashboard.domain.record.condition import PROGRAMME
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.observation import PRELIMINARY, Measure
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.timeline.states import excluded_by_status
from dashboard.domain.values.datatypes import Coding, PartialDate, is_reversed
from dashboard.domain.values.terminology import Terminology
from dashboard.domain.values.units import UnknownUnit
from dashboard.evaluation.views import View
from dashboard.fhir.mapping import condition
from dashboard.fhir.mapping.dates import date_of
from dashboard.fhir.mapping.elements import CannotRead, Json
from dashboard.fhir.mapping.observation import measured_value
from dashboard.fhir.mapping.reading import read_one

TYPES: Final = (
    "Condition", "Encounter", "Goal", "MedicationRequest", "MedicationStatement", "Observation", "Task",
)  # fmt: skip
"""The resource types that are read of each participant."""
_FINAL_GOAL: Final = frozenset({"completed", "cancelled"})
_NO_GOAL: Final = frozenset({"proposed", "planned", "rejected", "entered-in-error"})
_ACHIEVED: Final = frozenset({"achieved", "sustaining"})
_TAKEN: Final = frozenset({"active", "completed", "stopped"})
_PROPOSED: Final = frozenset({"proposal", "plan"})
_ADMITTED: Final = frozenset({"arrived", "triaged", "in-progress", "onleave", "finished"})

FactOf = tuple[str, Fact]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A record of a participant that could not be read, of this type: nothing of it counts."""

    type: str


Days = tuple[str, str]
"""The first and the last day in question, as they are written: with a day more at each end, for other time zones."""


@dataclass(frozen=True)
class FactReader:
    """Reads facts about these patients, by their ids; of each wanted measure the values of the days in question."""

    patients: Mapping[str, Mapping[Measure, Days]]
    terminology: Terminology
    views: Mapping[str, View]

    def facts(self, resource_type: str, resources: Iterable[Any]) -> Iterator[FactOf | Skipped]:
        """The facts of resources of one type, each with the id of its patient."""
        if resource_type == "Condition":
            yield from self._conditions(resources)
            return
        view, make, wanted = self.views[resource_type], _FACTS[resource_type], _WANTED.get(resource_type)
        for resource in resources:
            whose = _patient_id(resource, "for" if resource_type == "Task" else "subject")
            if whose not in self.patients or (wanted is not None and not wanted(self, whose, resource)):
                continue
            try:
                if resource.get("modifierExtension") or resource.get("implicitRules"):
                    raise CannotRead("modifier")
                # Two codings of one value make it twice.
                found = tuple(dict.fromkeys(make(self, list(view.rows((resource,))))))
            except Exception:
                found = (Skipped(resource_type),)  # the view's library raises plain Exceptions on odd records
            for each in found:
                yield each if isinstance(each, Skipped) else (whose, each)

    def _conditions(self, resources: Iterable[Any]) -> Iterator[FactOf | Skipped]:
        """By the one rule of who has a condition; a view could only repeat it."""
        for resource in resources:
            whose = _patient_id(resource, "subject")
            if whose not in self.patients:
                continue
            found = read_one(resource, lambda row: condition.from_fhir(row, self.terminology))
            if isinstance(found, Unreadable):
                yield Skipped("Condition")
            elif not isinstance(found, Exclusion) and found.established:
                yield from ((whose, ConditionOf(key)) for key in found.keys if key in PROGRAMME)


Make = Callable[[FactReader, list[Json]], Iterable[Fact | Skipped]]
"""What the rows of one resource make."""


def _patient_id(resource: Any, name: str) -> str:
    """The id of the patient, "" for another's; whatever the resource is."""
    try:
        kind, slash, ident = resource[name]["reference"].partition("/")
    except (TypeError, KeyError, AttributeError):
        return ""
    return ident if slash and kind == "Patient" else ""


@lru_cache(maxsize=20_000)
def _measure(terminology: Terminology, system: str | None, code: str) -> Measure | None:
    return terminology.measure((Coding(system or "", code),))


def _is_measured(reader: FactReader, whose: str, resource: Json) -> bool:
    """Whether any coding of an Observation or of its components is one of a measure that is wanted of its day."""
    wanted = reader.patients[whose]
    at = resource.get("effectiveDateTime")
    day = at[:10] if isinstance(at, str) and len(at) > 9 else ""
    for part in (resource, *resource["component"]) if "component" in resource else (resource,):
        try:
            for coding in part["code"]["coding"]:
                measure = _measure(reader.terminology, coding.get("system"), coding["code"].strip())
                days = wanted.get(measure) if measure is not None else None
                if days is not None and (not day or days[0] <= day <= days[1]):
                    return True
        except (TypeError, KeyError, AttributeError, ValueError):
            continue  # what has no code is of no measure
    return False


def _is_stay_or_discussion(reader: FactReader, whose: str, resource: Json) -> bool:
    return "identifier" in resource or _class_of(resource) != "AMB"


def _class_of(resource: Json) -> Any:
    kind = resource.get("class")
    return kind.get("code") if isinstance(kind, dict) else None


def _measured(reader: FactReader, rows: list[Json]) -> Iterator[Fact | Skipped]:
    for row in rows:
        code, status = row["code"], row["status"] or ""
        measure = _measure(reader.terminology, row["code_system"], code.strip()) if code else None
        if measure is None:
            continue
        if excluded_by_status("Observation", status) is not None and status != "registered":
            continue
        when, holder = _day(_when(row)), _holder(row)
        if when is None or holder is None:
            continue
        try:
            measured = measured_value(measure, holder)
        except (CannotRead, UnknownUnit):
            yield Skipped("Observation")
            continue
        if measured is not None and not measured[1].comparator:
            number = float(measured[1].value)
            yield MeasuredValue(measure, when.start, when.moment, number, status in PRELIMINARY, row["id"] or "")


def _holder(row: Json) -> Json | None:
    """The value as `measured_value` takes it; None where there is none."""
    if row["number"] is not None:
        return {
            "valueQuantity": {
                "value": row["number"], "system": row["unit_system"], "code": row["unit_code"], "unit": row["unit"],
                "comparator": row["comparator"],
            }
        }  # fmt: skip
    if row["points"] is not None:
        return {"valueInteger": row["points"]}
    return {"valueString": row["words"]} if row["words"] else None


def _when(row: Json) -> PartialDate | None:
    """When the value was true of the patient: at a moment, at the end of a period, or when it was issued."""
    exact = _date(row["at"] or row["at_instant"])
    if exact is not None:
        return exact
    since, until = _date(row["since"]), _date(row["until"])
    if since is None and until is None:
        return _date(row["issued"])
    return since if is_reversed(since, until) else until or since


def _date(literal: Any) -> PartialDate | None:
    if literal is None:
        return None
    return date_of(literal.strip())


def _day(when: PartialDate | None) -> PartialDate | None:
    """The date where its day is known."""
    return when if when is not None and when.start == when.end else None


def _encounter(reader: FactReader, rows: list[Json]) -> Iterator[Fact]:
    for row in rows:
        since, status = _day(_date(row["since"])), row["status"]
        if status in ("entered-in-error", "cancelled"):
            continue
        if row["conference"] is not None:
            yield DiscussionAt(row["id"] or "")
        elif status in _ADMITTED and not row["part_of"] and since is not None and row["class"]:
            yield Admission(since.start, row["class"], row["id"] or "")


def _goal(reader: FactReader, rows: list[Json]) -> Iterator[Fact]:
    for row in rows:
        since, changed = _day(_date(row["since"])), _day(_date(row["changed"]))
        on, over = changed.start if changed is not None else None, row["lifecycle"] in _FINAL_GOAL
        # Where nobody knows until when it ran, it counts in no period.
        if since is not None and row["lifecycle"] not in _NO_GOAL and not (over and on is None):
            yield GoalCourse(
                row["id"] or "", since.start, on if over else None, on if row["achievement"] in _ACHIEVED else None
            )


def _task(reader: FactReader, rows: list[Json]) -> Iterator[Fact]:
    for row in rows:
        kind, _, encounter = (row["encounter"] or "").partition("/")
        decided, done = _day(_date(row["decided"])), _day(_date(row["done"]))
        if kind == "Encounter" and decided is not None and row["status"] == "completed":
            yield DecidedTask(row["id"] or "", encounter, decided.start, done.start if done is not None else None)


def _medicine(reader: FactReader, rows: list[Json]) -> Iterator[Fact]:
    """One course a record: its rows are the codings of one medicine."""
    row = rows[0]
    status = row["status"]
    if status not in _TAKEN or row.get("forbidden") is True or row.get("intent") in _PROPOSED:
        return
    starts = (row.get("since"), row.get("at"), row.get("valid_since"), row.get("asserted"))
    since = _day(_date(next((each for each in starts if each), None)))
    ends = [_day(_date(row[name])) for name in ("until", "dose_until") if row.get(name)]
    until = min((each.start for each in ends if each is not None), default=None)
    if status != "active" and until is None:
        since = None  # it ended, and nobody knows when: it is on record, and in force on no day
    yield MedicineCourse(_substance(reader.terminology, rows), since.start if since is not None else None, until)


def _substance(terminology: Terminology, rows: list[Json]) -> str:
    """What tells one substance from another: its ATC code, else its code, its words or the record that it refers to."""
    row = rows[0]
    codings = tuple(Coding(each["code_system"] or "", each["code"].strip()) for each in rows if each["code"])
    if codings:
        return terminology.atc(codings) or f"{codings[0].system}|{codings[0].code}"
    reference = row["medication"] or ""
    return row["words"] or (f"{row['id']}{reference}" if reference.startswith("#") else reference) or row["id"] or ""


_FACTS: Final[dict[str, Make]] = {
    "Observation": _measured,
    "Encounter": _encounter,
    "Goal": _goal,
    "Task": _task,
    "MedicationRequest": _medicine,
    "MedicationStatement": _medicine,
}
_WANTED: Final[dict[str, Callable[[FactReader, str, Json], bool]]] = {
    "Observation": _is_measured,
    "Encounter": _is_stay_or_discussion,
    "Task": lambda reader, whose, resource: "encounter" in resource,
}
"""What goes through the view; the rest could make no fact that counts, and is left out for speed."""
