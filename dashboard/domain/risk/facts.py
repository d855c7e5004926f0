"""What the scores ask of a record: each fact with the record that it comes from, or that it is not known.

What could not be read is not taken for absent. A record of a result that cannot be read at all may be any result; one
whose value alone cannot be used is that measure's, and what was measured before it is no longer the latest.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from dashboard.domain.attention.trend import key_results
from dashboard.domain.record.condition import Condition
from dashboard.domain.record.medicine import Medicine
from dashboard.domain.record.observation import KeyResult, Measure, Observation
from dashboard.domain.record.patient_record import PatientRecord
from dashboard.domain.record.people import Person
from dashboard.domain.record.unreadable import LEFT_OUT, Unreadable
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.terminology import SAFE, Terminology

SMOKING: Final = "smoking"
"""The key of the recurring check that a smoking status fulfils."""


@dataclass(frozen=True, slots=True)
class RiskFacts:
    """What is known of one patient on a day. `country` is where the patient lives, ISO 3166-1 in two letters, "" where
    not known. `refused` are the measures of which a value that is as new as the latest, or newer, could not be used.
    `unread` are the resource types of which something could not be read, `sets` the value sets that hold each problem.
    """

    person: Person
    on: date
    terminology: Terminology
    country: str = ""
    problems: Sequence[Condition] = ()
    medicines: Sequence[Medicine] = ()
    results: Mapping[Measure, KeyResult] = field(default_factory=dict)
    refused: Set[Measure] = frozenset()
    smoking: Sequence[Observation] = ()
    unread: Set[str] = frozenset()
    sets: Mapping[Reference, Set[str]] = field(default_factory=dict)

    def groups(self, problem: Condition, prefix: str) -> frozenset[str]:
        """What stands behind the prefix in the names of the value sets that hold a problem: "charlson-" gives
        {"dementia"}.
        """
        return frozenset(name.removeprefix(prefix) for name in self.sets[problem.origin] if name.startswith(prefix))


def risk_facts(
    record: PatientRecord, on: date, terminology: Terminology, country: str = "", unread: Set[str] = frozenset()
) -> RiskFacts:
    """The facts of a patient's record on a day. `unread` are the resource types of which a search failed, or that are
    still being read; what the record itself says could not be read is added.
    """
    observations: list[Observation] = record.values("Observation")
    problems: list[Condition] = record.values("Condition")
    results = key_results((result for each in observations for result in each.results), on)
    return RiskFacts(
        person=record.person,
        on=on,
        terminology=terminology,
        country=country,
        problems=problems,
        medicines=[*record.values("MedicationRequest"), *record.values("MedicationStatement")],
        results=results,
        refused=_refused(observations, results, on),
        smoking=[each for each in observations if each.check == SMOKING],
        unread=frozenset(unread) | _not_read(record),
        sets={each.origin: _sets(each, terminology) for each in problems},
    )


def _sets(problem: Condition, terminology: Terminology) -> frozenset[str]:
    """The value sets that hold a problem. A translation counts where it is the same or a wider concept."""
    codings = [*problem.code]
    for coding in problem.code:
        codings += [each.target for each in terminology.translate(coding) if each.equivalence in SAFE]
    return frozenset(name for coding in codings for name in terminology.value_sets(coding))


def _not_read(record: PatientRecord) -> frozenset[str]:
    """The types of the records that are the patient's and could not be read at all."""
    return frozenset(
        kind
        for kind, entries in record.resources.items()
        for entry in entries.values()
        if isinstance(entry.value, Unreadable) and entry.value.why not in LEFT_OUT
    )


def _refused(observations: Iterable[Observation], results: Mapping[Measure, KeyResult], on: date) -> frozenset[Measure]:
    """The measures of which the latest value may be one that could not be used: a date that is not known may be any."""
    found = set()
    for observation in observations:
        when = observation.when
        for value in observation.values:
            if value.measure is None or not value.unreadable or (when is not None and when.start > on):
                continue
            known = results.get(value.measure)
            if known is None or when is None or when.end >= known.latest.when.start:
                found.add(value.measure)
    return frozenset(found)
