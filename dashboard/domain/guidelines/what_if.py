"""What would a new result, or another medicine, change? The rules asked of a record that nobody saves."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from dashboard.domain.guidelines.compute import is_of
from dashboard.domain.guidelines.evaluate import Finding, Outcome
from dashboard.domain.guidelines.fact import Fact, FactKind
from dashboard.domain.guidelines.recommendations import Recommendations, RulesInForce, with_rules
from dashboard.domain.record.medicine import Medicine
from dashboard.domain.record.observation import Measure, Observation, ObservedValue, Result
from dashboard.domain.record.patient_record import ResourceValue, with_resources
from dashboard.domain.values.datatypes import CodeableConcept, PartialDate, Quantity, Reference
from dashboard.domain.values.terminology import Terminology
from dashboard.domain.values.units import CANONICAL_UNIT

_NOWHERE: Final = CodeableConcept((), "")


@dataclass(frozen=True, slots=True)
class Supposed:
    """What is supposed: results of today by their measure, in its canonical unit; and the names of facts, each of a
    group of medicines, of which one is begun today or all are stopped.
    """

    results: Mapping[Measure, Decimal] = field(default_factory=dict)
    begun: tuple[str, ...] = ()
    stopped: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.results or self.begun or self.stopped)


@dataclass(frozen=True, slots=True)
class Difference:
    """The cards whose answer is another one, each as it would be: `comes` applies then, `goes` did and does not any
    more, `opens` could be said and cannot then, `settles` the other way round and does not apply.
    """

    comes: tuple[Finding, ...] = ()
    goes: tuple[Finding, ...] = ()
    opens: tuple[Finding, ...] = ()
    settles: tuple[Finding, ...] = ()


def measures_asked(in_force: RulesInForce) -> tuple[Measure, ...]:
    """The key measures that the rules ask for, in the order of the enum."""
    asked = {measure for fact in in_force.facts for measure in fact.measures}
    return tuple(measure for measure in Measure if measure in asked)


def groups_asked(in_force: RulesInForce) -> tuple[Fact, ...]:
    """The facts that are groups of medicines."""
    return tuple(fact for fact in in_force.facts if fact.kind is FactKind.MEDICINE)


def what_if(found: Recommendations, supposed: Supposed, terminology: Terminology) -> Recommendations:
    """Returns the recommendations of the record as it would be. What could not be read stays unknown."""
    groups = {fact.name: fact for fact in groups_asked(found.in_force)}
    stopped = [groups[name] for name in supposed.stopped if name in groups]
    begun = [groups[name] for name in supposed.begun if name in groups]
    changes: dict[str, dict[str, ResourceValue | None]] = {"MedicationRequest": {}, "MedicationStatement": {}}
    for kind, changed in changes.items():
        for ident, entry in found.record.resources.get(kind, {}).items():
            taken = entry.value
            if isinstance(taken, Medicine) and any(is_of(fact, code) for fact in stopped for code in taken.classes_atc):
                changed[ident] = None
    today = PartialDate(found.on.isoformat())
    for fact in begun:
        changes["MedicationRequest"][f"supposed-{fact.name}"] = ResourceValue("", _medicine(fact, today))
    # After whatever was measured in the course of the day.
    last = PartialDate(f"{today}T23:59:59.999")
    changes["Observation"] = {
        f"supposed-{measure}": ResourceValue("", _observation(measure, number, last))
        for measure, number in supposed.results.items()
    }
    return with_rules(replace(found, record=with_resources(found.record, changes)), found.in_force, terminology)


def _medicine(fact: Fact, today: PartialDate) -> Medicine:
    """A medicine of which only the group is known: what asks for one of its substances cannot be said."""
    return Medicine(
        origin=Reference("MedicationRequest", f"supposed-{fact.name.replace('_', '-')}"),
        text=fact.words,
        code=(),
        atc=fact.atc[0],
        dose="",
        status="active",
        started=today,
        ended=None,
    )


def _observation(measure: Measure, number: Decimal, when: PartialDate) -> Observation:
    origin = Reference("Observation", f"supposed-{measure.lower()}")
    value = Quantity(number, CANONICAL_UNIT[measure])
    result = Result(measure, value, when, value, False, origin)
    return Observation(
        origin=origin,
        code=_NOWHERE,
        status="final",
        start=when,
        when=when,
        values=(ObservedValue(_NOWHERE, measure=measure, result=result),),
    )


def difference(before: Recommendations, after: Recommendations) -> Difference:
    """Returns what would be other, the most urgent first."""
    was = {(each.rule.id, each.advice.key): each.outcome for each in before.findings}
    changed = [each for each in after.findings if was.get((each.rule.id, each.advice.key)) is not each.outcome]

    def those(outcome: Outcome, *earlier: Outcome) -> tuple[Finding, ...]:
        return tuple(
            each
            for each in changed
            if each.outcome is outcome and (not earlier or was.get((each.rule.id, each.advice.key)) in earlier)
        )

    gone = {each for each, outcome in was.items() if outcome is Outcome.APPLIES}
    return Difference(
        comes=those(Outcome.APPLIES),
        goes=tuple(each for each in changed if (each.rule.id, each.advice.key) in gone),
        opens=those(Outcome.CANNOT_SAY, Outcome.DOES_NOT_APPLY),
        settles=those(Outcome.DOES_NOT_APPLY, Outcome.CANNOT_SAY),
    )
