"""From what is kept of a patient to the rules of the domain: the one place where queries ask them.

What was not read is not held against the patient: without the observations no check is overdue, without the contacts
nobody was forgotten, without the plans none is missing.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from typing import Final

from dashboard.domain.attention.checks import due_checks, last_measured
from dashboard.domain.attention.reason import Check, Reason
from dashboard.domain.attention.urgency import PatientFacts, reasons, urgency
from dashboard.domain.record.care_plan import CarePlan
from dashboard.domain.record.condition import Condition, ConditionKey
from dashboard.domain.record.medicine import Medicine
from dashboard.domain.record.observation import KeyResult, Measure
from dashboard.domain.record.people import Person
from dashboard.domain.record.task import Task
from dashboard.domain.values.datatypes import PartialDate

PROGRAMME: Final = tuple(key for key in ConditionKey if key is not ConditionKey.OTHER)


@dataclass(frozen=True, slots=True)
class Attention:
    """What the rules look at. `problems` are the active ones, `medicines` the current ones, `tasks` the open ones.

    `checks_done` are recurring checks without a value of their own that were found. `unread` are resource types that
    could not be read.
    """

    person: Person
    problems: Sequence[Condition]
    results: Mapping[Measure, KeyResult]
    checks_done: Mapping[str, PartialDate]
    medicines: Sequence[Medicine]
    tasks: Sequence[Task]
    plan: CarePlan | None
    last_contact: PartialDate | None
    stages: Mapping[ConditionKey, str]
    unread: Set[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the rules found: reasons with most points first, their sum, all checks, and those overdue, longest first."""

    reasons: tuple[Reason, ...] = ()
    urgency: int = 0
    checks: tuple[Check, ...] = ()
    overdue: tuple[Check, ...] = ()


def attention_of(known: Attention, on: date) -> Assessment:
    """Reasons and checks as of a day; none for somebody who has died."""
    if known.person.deceased:
        return Assessment()
    conditions = conditions_of(known.problems)
    atc = tuple(medicine.atc for medicine in known.medicines if medicine.atc and medicine.status == "active")
    years = age(known.person, on)
    checks = due_checks(conditions, known.stages, _last_done(known), atc, years, on, results=known.results)
    found = reasons(
        PatientFacts(
            conditions=conditions,
            stages=known.stages,
            results=known.results,
            medicines_atc=atc,
            checks=checks,
            tasks=tuple(known.tasks),
            plan=known.plan,
            plan_known="CarePlan" not in known.unread,
            last_contact=known.last_contact,
            contacts_known="Encounter" not in known.unread,
            age=years,
        ),
        on,
    )
    return Assessment(found, urgency(found), checks, tuple(check for check in checks if check.overdue(on)))


def conditions_of(problems: Sequence[Condition]) -> tuple[ConditionKey, ...]:
    """The programme conditions among active problems, in the enum's order."""
    return tuple(key for key in PROGRAMME if any(key in problem.keys for problem in problems))


def age(person: Person, on: date) -> int | None:
    """Years the person has certainly lived: a birth year alone counts from its last day. None where not recorded."""
    if person.birth is None:
        return None
    born = person.birth.end
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _last_done(known: Attention) -> dict[str, PartialDate | None]:
    """When each check was last done. Smoking, foot and eyes are asked for only where the record has one.

    Their records are often procedures or letters of other systems, which are not read for the worklist: that none was
    found there says nothing.
    """
    if "Observation" in known.unread:
        return {}
    done = last_measured(known.results)
    for key, when in known.checks_done.items():
        before = done.get(key)
        done[key] = when if before is None else max(before, when)
    if "Encounter" not in known.unread:
        done["hf-review"] = known.last_contact
    return done
