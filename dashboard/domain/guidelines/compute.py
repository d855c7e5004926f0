"""Computes the facts of one person on one day from the person's record.

What could not be read makes a fact unknown, never "no": a medicine whose substance nobody knows may be any of them. A
problem list and a list of medicines that were read in full are taken as complete.
"""

from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Final

from dashboard.domain.guidelines.fact import Between, Fact, FactKind, FactValue, Why
from dashboard.domain.guidelines.measured import CHECK, change, done, measured, none_or_later, score, since
from dashboard.domain.guidelines.of_the_pilot import NOT_ASKED, OfThePilot, of_the_pilot
from dashboard.domain.pilot.screened import Screened
from dashboard.domain.record.condition import Condition, latest_first
from dashboard.domain.record.contact import Contact
from dashboard.domain.record.medicine import Medicine
from dashboard.domain.record.observation import Observation
from dashboard.domain.record.patient_record import PatientRecord
from dashboard.domain.record.people import Person
from dashboard.domain.record.procedure import Procedure
from dashboard.domain.record.unreadable import LEFT_OUT, Unreadable
from dashboard.domain.values.datatypes import PartialDate, Reference
from dashboard.domain.values.terminology import Terminology

MEDICINES: Final = ("MedicationRequest", "MedicationStatement")


@dataclass(frozen=True, slots=True)
class Known:
    """What the facts are computed from. `broken` are the records by type that exist and could not be understood,
    `unread` the resource types that could not be read at all.
    """

    person: Person
    on: date
    terminology: Terminology
    problems: tuple[Condition, ...] = ()
    medicines: tuple[Medicine, ...] = ()
    observations: tuple[Observation, ...] = ()
    contacts: tuple[Contact, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    broken: dict[str, tuple[Reference, ...]] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()
    of_the_pilot: OfThePilot = NOT_ASKED

    def doubt(self, *types: str) -> Why | None:
        """Why "there is none" cannot be said of records of these types; None where it can."""
        if self.unread & set(types):
            return Why.NOT_READ
        return Why.UNREADABLE if any(self.broken.get(each) for each in types) else None


def compute_facts(
    record: PatientRecord,
    facts: Iterable[Fact],
    terminology: Terminology,
    on: date,
    unread: Set[str] = frozenset(),
    screened: Screened | None = None,
) -> dict[str, FactValue]:
    """Returns the value of each fact by its name. `unread` are resource types that could not be read, or not yet;
    without `screened` the pilot's facts are unread too.
    """
    known = known_of(record, terminology, on, unread)
    if screened is not None:
        known = replace(known, of_the_pilot=of_the_pilot(record, screened, on, unread))
    return {fact.name: _COMPUTE[fact.kind](fact, known) for fact in facts}


def known_of(record: PatientRecord, terminology: Terminology, on: date, unread: Set[str] = frozenset()) -> Known:
    """Returns what the facts of a record are computed from."""
    broken: dict[str, tuple[Reference, ...]] = {}
    for kind, entries in record.resources.items():
        whole = (each.value for each in entries.values() if isinstance(each.value, Unreadable))
        broken[kind] = tuple(each.origin for each in whole if each.why not in LEFT_OUT)
    return Known(
        person=record.person,
        on=on,
        terminology=terminology,
        problems=tuple(record.values("Condition")),
        medicines=tuple(medicine for kind in MEDICINES for medicine in record.values(kind)),
        observations=tuple(record.values("Observation")),
        contacts=tuple(record.values("Encounter")),
        procedures=tuple(record.values("Procedure")),
        broken=broken,
        unread=frozenset(unread),
    )


def _unknown(fact: Fact, why: Why, records: Iterable[Reference] = (), when: PartialDate | None = None) -> FactValue:
    return FactValue(fact, None, when, tuple(records), why)


def _condition(fact: Fact, known: Known) -> FactValue:
    """A suspected diagnosis, as the only one, is not known: it is neither there nor absent."""
    has = latest_first(
        each
        for each in known.problems
        if each.active and not known.terminology.value_sets_of(each.code).isdisjoint(fact.value_sets)
    )
    sure = [each for each in has if not each.suspected]
    if sure:
        return FactValue(fact, True, sure[0].onset or sure[0].recorded, tuple(each.origin for each in sure))
    if has:
        return _unknown(fact, Why.SUSPECTED, (each.origin for each in has), has[0].onset or has[0].recorded)
    doubt = known.doubt("Condition")
    return _unknown(fact, doubt, known.broken.get("Condition", ())) if doubt else FactValue(fact, False)


def _stage(fact: Fact, known: Known) -> FactValue:
    if doubt := known.doubt("Condition"):
        return _unknown(fact, doubt, known.broken.get("Condition", ()))
    for each in latest_first(known.problems):
        of_it = not known.terminology.value_sets_of(each.code).isdisjoint(fact.value_sets)
        if of_it and each.established and each.stage:
            return FactValue(fact, each.stage, each.recorded or each.onset, (each.origin,))
    return _unknown(fact, Why.NOT_RECORDED)


def _taken(known: Known) -> list[Medicine]:
    """The medicines that the person has now as the record says, paused ones among them."""
    return [each for each in known.medicines if each.given and each.current]


def _paused(medicine: Medicine, on: date) -> bool:
    """Whether nobody can tell from the record if it is taken today."""
    return medicine.status != "active" or medicine.is_over(on)


def is_of(fact: Fact, code: str) -> bool:
    """Whether an ATC code belongs to the families of a fact."""
    return code.startswith(fact.atc) and not (bool(fact.without_atc) and code.startswith(fact.without_atc))


def _may_be(fact: Fact, medicine: Medicine) -> bool:
    """Whether nobody can tell if it is one of these: no ATC code is known, or only that of a wider group, or one whose
    substances are not known here.
    """
    codes = medicine.classes_atc
    if any(code.startswith(fact.unsure_atc) for code in codes):
        return True
    return not codes or any(family.startswith(code) and family != code for code in codes for family in fact.atc)


def _medicine(fact: Fact, known: Known) -> FactValue:
    takes = _taken(known)
    ours = [each for each in takes if any(is_of(fact, code) for code in each.classes_atc)]
    now = [each for each in ours if not _paused(each, known.on)]
    if now:
        return FactValue(fact, True, _newest(now), tuple(each.origin for each in now))
    if ours:
        return _unknown(fact, Why.ON_HOLD, (each.origin for each in ours), _newest(ours))
    maybe = [each for each in takes if _may_be(fact, each)]
    if maybe:
        return _unknown(fact, Why.NO_CLASS, (each.origin for each in maybe))
    doubt = known.doubt(*MEDICINES)
    return _unknown(fact, doubt, _broken_medicines(known)) if doubt else FactValue(fact, False)


def _broken_medicines(known: Known) -> tuple[Reference, ...]:
    return tuple(origin for kind in MEDICINES for origin in known.broken.get(kind, ()))


def _newest(medicines: Iterable[Medicine]) -> PartialDate | None:
    return max((each.started for each in medicines if each.started), default=None)


def _since_started(fact: Fact, known: Known) -> FactValue:
    """Since the newest substance was first requested: a repeat prescription starts nothing."""
    if doubt := known.doubt(*MEDICINES):
        return _unknown(fact, doubt, _broken_medicines(known))
    first: dict[str, Medicine] = {}
    for each in (each for each in _taken(known) if not _paused(each, known.on)):
        for code in (code for code in each.classes_atc if is_of(fact, code)):
            if each.started is None:
                return _unknown(fact, Why.NOT_RECORDED, (each.origin,))
            before = first.get(code)
            if before is None or before.started is None or each.started < before.started:
                first[code] = each
    started = [(each.started, each) for each in first.values() if each.started]
    if not started:
        return _unknown(fact, Why.NOT_RECORDED)
    when, newest = max(started, key=lambda pair: pair[0])
    return FactValue(fact, since(when, known.on), when, (newest.origin,))


def _medicines(fact: Fact, known: Known) -> FactValue:
    """How many different ones are taken; a paused one may be one more, so that the number lies between two."""
    if doubt := known.doubt(*MEDICINES):
        return _unknown(fact, doubt, _broken_medicines(known))
    taken = _taken(known)
    sure = {_substance(each) for each in taken if not _paused(each, known.on)}
    most = {_substance(each) for each in taken}
    value = Decimal(len(sure)) if sure == most else Between(Decimal(len(sure)), Decimal(len(most)))
    return FactValue(fact, value, _newest(taken), tuple(each.origin for each in taken))


def _substance(medicine: Medicine) -> tuple[str, ...]:
    return medicine.classes_atc or (medicine.text.casefold(),)


def _measured(fact: Fact, known: Known) -> FactValue:
    return _observed(known, measured(fact, known.observations, known.on))


def _change(fact: Fact, known: Known) -> FactValue:
    return _observed(known, change(fact, known.observations, known.on))


def _score(fact: Fact, known: Known) -> FactValue:
    sets = known.terminology.value_sets_of
    ours = [
        (each, value)
        for each in known.observations
        for value in each.values
        if not sets(value.code.codings).isdisjoint(fact.value_sets)
    ]
    return _observed(known, score(fact, ours, known.on))


def _observed(known: Known, value: FactValue) -> FactValue:
    """A value of a failed search is not known; one that is there stays, whatever else could not be understood."""
    if "Observation" in known.unread:
        return _unknown(value.fact, Why.NOT_READ)
    if value.why is Why.NOT_RECORDED and (broken := known.broken.get("Observation")):
        return _unknown(value.fact, Why.UNREADABLE, broken)
    return value


def _since_done(fact: Fact, known: Known) -> FactValue:
    if "Observation" in known.unread:
        return _unknown(fact, Why.NOT_READ)
    checks = {name.removeprefix(CHECK) for name in fact.value_sets}
    broken = known.broken.get("Observation", ())
    broken = (*broken, *known.broken.get("Procedure", ())) if checks else broken
    all_read = not checks or "Procedure" not in known.unread
    examined = [
        (each.end or each.start, each.origin)
        for each in known.procedures
        if each.status == "completed" and known.terminology.check(each.code.codings) in checks
    ]
    value = done(fact, known.observations, known.on, broken, examined, all_read)
    return _unknown(fact, Why.NOT_READ) if value is None else value


def _since_contact(fact: Fact, known: Known) -> FactValue:
    """Days since the person was seen; somebody who is in hospital is seen today."""
    if "Encounter" in known.unread:
        return _unknown(fact, Why.NOT_READ)
    met = [each for each in known.contacts if not each.planned and not each.conference]
    today = PartialDate(known.on.isoformat())
    days = [
        (today if each.ongoing else each.when, each.origin)
        for each in met
        if each.ongoing or (each.when is not None and each.when.start <= known.on)
    ]
    found = max(((when, origin) for when, origin in days if when is not None), default=None)
    return none_or_later(fact, found, known.on, known.broken.get("Encounter", ()))


def _age(fact: Fact, known: Known) -> FactValue:
    """Full years; a birth date that is only a year leaves two."""
    origin = Reference("Patient", known.person.id)
    born = known.person.birth
    if born is None:
        return _unknown(fact, Why.NOT_RECORDED, (origin,))
    least, most = _years(born.end, known.on), _years(born.start, known.on)
    value = Decimal(most) if least == most else Between(Decimal(least), Decimal(most))
    return FactValue(fact, value, born, (origin,))


def _years(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


_COMPUTE: Final[dict[FactKind, Callable[[Fact, Known], FactValue]]] = {
    FactKind.CONDITION: _condition,
    FactKind.STAGE: _stage,
    FactKind.MEDICINE: _medicine,
    FactKind.SINCE_STARTED: _since_started,
    FactKind.MEDICINES: _medicines,
    FactKind.MEASURED: _measured,
    FactKind.SCORE: _score,
    FactKind.FALL: _change,
    FactKind.RISE: _change,
    FactKind.SINCE_DONE: _since_done,
    FactKind.SINCE_CONTACT: _since_contact,
    FactKind.AGE: _age,
    FactKind.CRITERION: lambda fact, known: known.of_the_pilot.criterion(fact),
    FactKind.REGISTER: lambda fact, known: known.of_the_pilot.register(fact),
}
