"""The resource types that are read of a team for the worklist: how each is searched for, read, and cached.

Cold, the whole window is asked for; later only what changed, without the filters of the first time, so that a row which
no longer belongs (a medicine stopped, a task done) is seen to leave.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Final

from dashboard.domain.attention.trend import TREND_DAYS
from dashboard.domain.guidelines.guidance import Guidance
from dashboard.domain.record.appointment import BOOKED, Appointment
from dashboard.domain.record.contact import ONGOING, Contact
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.medicine import Medicine
from dashboard.domain.record.observation import PRESSURE_PANELS, Observation
from dashboard.domain.record.patient_record import ResourceValue
from dashboard.domain.record.procedure import Procedure
from dashboard.domain.record.task import OPEN_TASK, Task
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.code_systems import GUIDANCE_ANSWERED
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.mapping import (
    appointment,
    care_plan,
    condition,
    encounter,
    goal,
    guidance_response,
    medication_request,
    observation,
    procedure,
    provenance,
    task,
)
from dashboard.fhir.mapping.care_team import care_team
from dashboard.fhir.mapping.consent import consent
from dashboard.fhir.mapping.elements import Json, many, reference
from dashboard.fhir.mapping.medication_request import CURRENT
from dashboard.fhir.mapping.reading import patient_of, read_one, updated
from dashboard.fhir.search.filter_here import filter_by

WINDOW_DAYS: Final = TREND_DAYS
"""How far back results and contacts are read: two years hold the last of every yearly check and the one before."""

FACTS_OF_ANSWERS: Final = ("fact-phq9-item-9",)
"""The value sets of the single questions that guideline rules ask for: the worklist shows no answer to one, but whoever
has such a recommendation is counted, on a screen that nobody else sees."""

PLANS_A_PAGE: Final = 50
"""A plan brings some ten goals and Provenances, and servers include at most 1,000 records a page."""

Params = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class TeamResource:
    """One resource type of the worklist.

    `window` gives the search parameters of the first load, `beside` those of a second search for what the first one
    cannot find; `always` those of refreshes too. `read` maps a
    row, `keep` says whether its value still belongs. `optional`: a server that keeps no such records lacks nothing.
    """

    type: str
    read: Callable[[Json, "Reader"], Any]
    window: Callable[[date, Terminology], Params] = lambda on, terminology: ()
    always: Callable[[Terminology], Params] = lambda terminology: ()
    keep: Callable[[Any, date], bool] = lambda value, on: True
    include: tuple[str, ...] = ()
    revinclude: tuple[str, ...] = ()
    page_size: int = 1000
    optional: bool = False
    beside: Params = ()

    def windows(self, on: date, terminology: Terminology) -> tuple[Params, ...]:
        """The search parameters of each search of the first load."""
        first = self.window(on, terminology)
        return (first, self.beside) if self.beside else (first,)


class Reader:
    """Reads rows as of a day, with one terminology and the Medications that were included with them."""

    def __init__(self, terminology: Terminology, on: date, substances: dict[str, Json] | None = None) -> None:
        self.terminology = terminology
        self.on = on
        self.substances = substances or {}
        self._windows: dict[str, list[list[Callable[[Json], bool]]]] = {}

    def with_substances(self, substances: dict[str, Json]) -> "Reader":
        return Reader(self.terminology, self.on, substances) if substances else self

    def in_window(self, kind: TeamResource, row: Json) -> bool:
        """Whether the first load would have asked for the row: a refresh asks for all that changed, old records too."""
        if kind.type not in self._windows:
            self._windows[kind.type] = [
                [test for name, value in window if (test := filter_by(kind.type, name, value)) is not None]
                for window in kind.windows(self.on, self.terminology)
            ]
        return any(all(test(row) for test in tests) for tests in self._windows[kind.type])

    def cached(self, kind: TeamResource, row: Json) -> ResourceValue | None:
        """Returns the row as it is cached; None where a rule excludes it or it does not belong to the worklist."""
        value = read_one(row, lambda resource: kind.read(resource, self))
        if value is None or isinstance(value, Exclusion):
            return None
        if not isinstance(value, Unreadable) and not kind.keep(value, self.on):
            return None
        return ResourceValue(updated(row), value)


def patients_of(row: Json) -> tuple[str, ...]:
    """Returns the ids of the patients a row is about: every participant of an appointment, the subject of all else."""
    about = patient_of(row)
    if about is not None:
        return (about.id,)
    actors = [reference(part.get("actor")) for part in many(row.get("participant"))]
    return tuple(ref.id for ref in actors if ref is not None and ref.type == "Patient")


@lru_cache(maxsize=4)
def measured_codes(terminology: Terminology) -> Params:
    """The search by the codes of key measures and checks."""
    return (("code", ",".join((*terminology.observation_codes(), *PRESSURE_PANELS))),)


@lru_cache(maxsize=4)
def _codes(terminology: Terminology) -> Params:
    [(name, codes)] = measured_codes(terminology)
    return ((name, ",".join((codes, *terminology.codes_in(FACTS_OF_ANSWERS)))),)


def day_before(on: date) -> date:
    """From when to ask a server for what is of a day or later: it may take the day in another time zone than the
    sites'. What is too early is left out here.
    """
    return on - timedelta(days=1)


def _since(on: date) -> Params:
    return (("date", f"ge{day_before(_first_day(on))}"),)


def _first_day(on: date) -> date:
    return on - timedelta(days=WINDOW_DAYS)


def _counted(row: Json, reader: Reader) -> Observation | Exclusion | None:
    """An Observation in the window that has a result of a key measure, fulfils a check, answers a question of the rules
    or could not be read in full; None for any other.
    """
    value = observation.from_fhir(row, reader.terminology)
    if not isinstance(value, Observation):
        return value
    if value.when is not None and value.when.start < _first_day(reader.on):
        return None
    known = value.results or value.check or value.unreadable or _answers(value, reader.terminology)
    return value if known else None


def _answers(value: Observation, terminology: Terminology) -> bool:
    asked = frozenset(FACTS_OF_ANSWERS)
    return any(not asked.isdisjoint(terminology.value_sets_of(each.code.codings)) for each in value.values)


def _examined(row: Json, reader: Reader) -> Procedure | Exclusion | None:
    """A Procedure that fulfils a recurring check; None for any other."""
    value = procedure.from_fhir(row, reader.terminology)
    checks = not isinstance(value, Procedure) or reader.terminology.check(value.code.codings)
    return value if checks else None


def _replied(value: Guidance, on: date) -> bool:
    return bool(value.replies)


def _current(value: Medicine, on: date) -> bool:
    return value.status in CURRENT and value.given


def _open(value: Task, on: date) -> bool:
    return value.open


def _took_place(value: Contact, on: date) -> bool:
    began = value.when is not None and value.when.start >= _first_day(on)
    return value.ongoing or (not value.planned and began)


def _to_come(value: Appointment, on: date) -> bool:
    return value.when is not None and value.when.end >= on


GOAL: Final = TeamResource("Goal", lambda row, reader: goal.listed(row, reader.terminology))
"""Read by itself, not with the plans: a goal outside of a plan has a target too."""

KINDS: Final = (
    TeamResource(
        "Condition",
        lambda row, reader: condition.from_fhir(row, reader.terminology),
    ),
    TeamResource(
        "Observation",
        _counted,
        window=lambda on, terminology: _since(on),
        always=_codes,
    ),
    TeamResource(
        "MedicationRequest",
        lambda row, reader: medication_request.from_fhir(row, reader.terminology, reader.substances),
        window=lambda on, terminology: (("status", ",".join(sorted(CURRENT - {"intended"}))),),
        keep=_current,
        include=("MedicationRequest:medication",),
    ),
    TeamResource(
        "MedicationStatement",
        lambda row, reader: medication_request.from_fhir(row, reader.terminology, reader.substances),
        window=lambda on, terminology: (("status", ",".join(sorted(CURRENT))),),
        keep=_current,
        include=("MedicationStatement:medication",),
        optional=True,
    ),
    GOAL,
    TeamResource(
        "CarePlan",
        lambda row, reader: care_plan.listed(row),
        revinclude=("Provenance:target",),
        page_size=PLANS_A_PAGE,
    ),
    TeamResource(
        "Task",
        lambda row, reader: task.listed(row),
        lambda on, terminology: (("status", ",".join(sorted(OPEN_TASK))),),
        keep=_open,
    ),
    TeamResource(
        "Appointment",
        lambda row, reader: appointment.booked(row),
        window=lambda on, terminology: (("status", BOOKED), ("date", f"ge{day_before(on)}")),
        keep=_to_come,
    ),
    TeamResource(
        "Encounter",
        lambda row, reader: encounter.contact(row),
        window=lambda on, terminology: _since(on),
        keep=_took_place,
        # One that goes on may have no period, and is then in no window of dates.
        beside=(("status", ",".join(sorted(ONGOING))),),
    ),
    TeamResource("Procedure", _examined, optional=True),
    TeamResource(
        "GuidanceResponse",
        lambda row, reader: guidance_response.listed(row),
        always=lambda terminology: (("_tag", f"{GUIDANCE_ANSWERED}|{guidance_response.ANSWERED}"),),
        keep=_replied,
        optional=True,
    ),
)
"""The searches for a known list of patients, two for the Encounters; with the one for the CareTeams they are the
worklist's thirteen."""

CARE_TEAM: Final = TeamResource("CareTeam", lambda row, reader: care_team(row))
CONSENT: Final = TeamResource("Consent", lambda row, reader: consent(row))
"""Read before anything clinical is: a patient who does not share is not read about."""
EDITS: Final = TeamResource("Provenance", lambda row, reader: provenance.listed(row))
"""Who changed a plan: comes along with it."""
