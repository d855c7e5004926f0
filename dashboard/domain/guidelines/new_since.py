"""What guidelines say that they did not say on an earlier day: cards that apply today and did not by what was on record
then, and contradictions between them.
"""

from collections.abc import Collection, Iterable, Set
from dataclasses import dataclass, replace
from datetime import date

from dashboard.domain.guidelines.compute import compute_facts
from dashboard.domain.guidelines.contradiction import Contradiction, contradictions
from dashboard.domain.guidelines.evaluate import Finding, Outcome, evaluate
from dashboard.domain.guidelines.fact import FactValue
from dashboard.domain.guidelines.guidance import Guidance
from dashboard.domain.guidelines.guidance import in_force as answer_in_force
from dashboard.domain.guidelines.recommendations import Recommendations, RulesInForce, rests_on_single_answer
from dashboard.domain.guidelines.reconciliation import Reconciliation
from dashboard.domain.guidelines.reconciliation import in_force as decision_in_force
from dashboard.domain.record.condition import Condition
from dashboard.domain.record.goal import Goal
from dashboard.domain.record.medicine import Medicine
from dashboard.domain.record.patient_record import PatientRecord, ResourceValue, with_resources
from dashboard.domain.values.datatypes import PartialDate, Reference
from dashboard.domain.values.terminology import Terminology


@dataclass(frozen=True, slots=True)
class NewSince:
    """The cards and the contradictions that are new, the most urgent first; none that rests on the answer to a single
    question.
    """

    findings: tuple[Finding, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()

    def __len__(self) -> int:
        return len(self.findings) + len(self.contradictions)


@dataclass(frozen=True, slots=True)
class _Found:
    """What applied on a day."""

    findings: tuple[Finding, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()

    @property
    def cards(self) -> set[tuple[str, str]]:
        return {(each.rule.id, each.advice.key) for each in self.findings}

    @property
    def sides(self) -> set[tuple[object, ...]]:
        return {_sides(each) for each in self.contradictions}


def new_since(
    record: PatientRecord,
    since: date | None,
    on: date,
    in_force: RulesInForce,
    terminology: Terminology,
    unread: Set[str] = frozenset(),
    goals: Iterable[Goal] = (),
    answers: Collection[Guidance] = (),
) -> NewSince:
    """Returns what applies on a day and did not on an earlier one; without one, as of somebody of whom a team has never
    spoken, all that applies. A medicine that was stopped meanwhile is not known of any more. Nothing of somebody who
    has died, and no card that the team has answered (`answers`).
    """
    goals = tuple(goals)
    found = _applies(record, on, in_force, terminology, unread, goals)
    open_ = tuple(each for each in found.findings if answer_in_force(each, answers, on) is None)
    now = replace(found, findings=open_)
    return _new(now, _before(record, since, in_force, terminology, unread, goals))


def open_since(
    found: Recommendations, since: date | None, terminology: Terminology, withheld: Set[Reference] = frozenset()
) -> NewSince:
    """Returns what is new of the recommendations of a patient and not answered or decided yet, as their page counts on
    a shared screen; nothing that rests on one of the records that are `withheld` from that.
    """
    now = _Found(
        tuple(each for each in found.open(shared=True) if not _rests_on(each.used, withheld)),
        tuple(
            each
            for each in found.open_contradictions(shared=True)
            if not any(
                _rests_on(one.facts, withheld) or (one.goal is not None and one.goal.origin in withheld)
                for one in each.pullers
            )
        ),
    )
    goals = found.goals.value or ()
    return _new(now, _before(found.record, since, found.in_force, terminology, found.unread, goals))


def without_decided(new: NewSince, known: Collection[Reconciliation]) -> NewSince:
    """The same without the contradictions of which the team's decision stands."""
    return replace(
        new, contradictions=tuple(each for each in new.contradictions if decision_in_force(each, known) is None)
    )


def _new(now: _Found, before: _Found) -> NewSince:
    cards, sides = before.cards, before.sides
    return NewSince(
        tuple(
            each
            for each in now.findings
            if (each.rule.id, each.advice.key) not in cards and not rests_on_single_answer(each)
        ),
        tuple(
            each
            for each in now.contradictions
            if _sides(each) not in sides
            and not any(rests_on_single_answer(one.finding) for one in each.pullers if one.finding is not None)
        ),
    )


def _before(
    record: PatientRecord,
    since: date | None,
    in_force: RulesInForce,
    terminology: Terminology,
    unread: Set[str],
    goals: Iterable[Goal],
) -> _Found:
    if since is None:
        return _Found()
    begun = tuple(each for each in goals if each.start is None or each.start.start <= since)
    return _applies(_until(record, since), since, in_force, terminology, unread, begun)


def _applies(
    record: PatientRecord,
    on: date,
    in_force: RulesInForce,
    terminology: Terminology,
    unread: Set[str],
    goals: tuple[Goal, ...],
) -> _Found:
    if record.person.deceased:
        return _Found()
    facts = compute_facts(record, in_force.facts, terminology, on, unread)
    findings = evaluate(in_force.rules, facts)
    clashing = contradictions(findings, facts, in_force.effects, goals)
    return _Found(
        tuple(each for each in findings if each.outcome is Outcome.APPLIES),
        tuple(each for each in clashing if each.outcome is Outcome.APPLIES),
    )


def _sides(found: Contradiction) -> tuple[object, ...]:
    """What it is about and who pulls which way: another guideline or medicine on a side makes it another one."""
    return found.target, frozenset(each.key for each in found.up), frozenset(each.key for each in found.down)


def _rests_on(facts: Iterable[FactValue], records: Set[Reference]) -> bool:
    return any(not records.isdisjoint(value.records) for value in facts)


def _until(record: PatientRecord, day: date) -> PatientRecord:
    """The record without the problems and medicines that begin after the day; results are left out by their dates."""
    later: dict[str, dict[str, ResourceValue | None]] = {}
    for kind in ("Condition", "MedicationRequest", "MedicationStatement"):
        for ident, entry in record.resources.get(kind, {}).items():
            began = _began(entry.value)
            if began is not None and began.start > day:
                later.setdefault(kind, {})[ident] = None
    return with_resources(record, later) if later else record


def _began(value: object) -> PartialDate | None:
    if isinstance(value, Condition):
        return value.recorded or value.onset
    return value.started if isinstance(value, Medicine) else None
