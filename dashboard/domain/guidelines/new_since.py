"""Which cards are new since a day: they apply today and did not by what was on record then."""

from collections.abc import Set
from datetime import date

from dashboard.domain.guidelines.evaluate import Finding, Outcome, evaluate_record
from dashboard.domain.guidelines.recommendations import RulesInForce, rests_on_single_answer
from dashboard.domain.record.condition import Condition
from dashboard.domain.record.medicine import Medicine
from dashboard.domain.record.patient_record import PatientRecord, ResourceValue, with_resources
from dashboard.domain.values.datatypes import PartialDate
from dashboard.domain.values.terminology import Terminology


def new_since(
    record: PatientRecord,
    since: date,
    on: date,
    in_force: RulesInForce,
    terminology: Terminology,
    unread: Set[str] = frozenset(),
) -> tuple[Finding, ...]:
    """Returns the cards that apply on a day and did not on an earlier one, the most urgent first; not those that rest
    on the answer to a single question. A medicine that was stopped meanwhile is not known of any more.
    """

    def found(of: PatientRecord, day: date) -> dict[tuple[str, str], Finding]:
        findings = evaluate_record(of, in_force.rules, in_force.facts, terminology, day, unread)
        return {(each.rule.id, each.advice.key): each for each in findings if each.outcome is Outcome.APPLIES}

    before = found(_until(record, since), since)
    return tuple(
        each for key, each in found(record, on).items() if key not in before and not rests_on_single_answer(each)
    )


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
