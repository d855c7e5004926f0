"""Evaluates a cohort: facts of its patients into measures, and these into a summary."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from dashboard.domain.evaluation.facts import PatientFacts
from dashboard.domain.evaluation.measure import EvaluationMeasure
from dashboard.domain.evaluation.measure_patient import measure_patient
from dashboard.domain.evaluation.summary import Evaluated, EvaluationSummary, summarise
from dashboard.domain.pilot.disclosure import Count
from dashboard.domain.record.observation import Measure
from dashboard.domain.values.terminology import Terminology
from dashboard.evaluation.cohort import Cohort
from dashboard.evaluation.read_facts import FactOf, FactReader, Skipped
from dashboard.evaluation.views import load_views

Progress = Callable[[str], None]
"""Is told what is read next: a resource type."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Each participant with all measures, for whoever holds the site's key; and the summary, for everybody else."""

    people: tuple[Evaluated, ...]
    summary: EvaluationSummary
    undated: int = 0


def reader_for(cohort: Cohort, measures: Iterable[EvaluationMeasure], terminology: Terminology) -> FactReader:
    """What reads the facts of this cohort that these measures need."""
    spans: dict[Measure, tuple[int, int]] = {}
    for each in measures:
        if each.of is not None:
            first, last = spans.get(each.of, (0, 0))
            days = [day for window in each.windows for day in (window.first, window.last)]
            spans[each.of] = min(first, *days), max(last, *days)
    patients = {
        ident: {
            measure: (str(who.enrolled + timedelta(first - 1)), str(who.enrolled + timedelta(last + 1)))
            for measure, (first, last) in spans.items()
        }
        for who in cohort.participants
        for ident in who.ids
    }
    return FactReader(patients, terminology, load_views())


def evaluate(
    cohort: Cohort, facts: Iterable[FactOf | Skipped], measures: Sequence[EvaluationMeasure], today: date
) -> Evaluation:
    """Measures every participant and summarises them. `today` is the last day that counts."""
    unreadable = cohort.unreadable
    found: dict[str, PatientFacts] = defaultdict(PatientFacts)
    for each in facts:
        if isinstance(each, Skipped):
            unreadable += 1
        else:
            found[cohort.whose[each[0]]].add(each[1])
    nothing = PatientFacts()
    people = []
    for who in cohort.participants:
        mine = found.pop(who.ids[0], nothing)
        people.append(Evaluated(who, frozenset(mine.conditions), tuple(measure_patient(who, mine, measures, today))))
    summary = EvaluationSummary(
        measures=tuple(measures),
        rows=tuple(summarise(people, measures)),
        sites=cohort.sites,
        withdrawn=Count.of(cohort.withdrawn),
        today=today,
        unreadable=unreadable,
    )
    return Evaluation(tuple(people), summary, cohort.undated)


def read_all(
    reader: FactReader, types: Iterable[str], resources: Callable[[str], Iterable[Any]], progress: Progress
) -> Iterator[FactOf | Skipped]:
    """The facts of all resources of these types, read one type after the other in this process."""
    for resource_type in types:
        progress(resource_type)
        yield from reader.facts(resource_type, resources(resource_type))
