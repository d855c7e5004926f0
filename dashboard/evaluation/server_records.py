"""Reads what the evaluation needs from a FHIR server, by searches for the people of the study alone, a few at a time.

Nothing is kept but the facts: the rows of one search are let go before the next is read. A server that does not send
all of what was asked for stops the evaluation, since half of the records make wrong numbers.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from dashboard.access.request_context import result_or_raise
from dashboard.domain.evaluation.measure import EvaluationMeasure
from dashboard.domain.record.observation import PRESSURE_PANELS
from dashboard.domain.values.terminology import Terminology
from dashboard.errors import Unsupported
from dashboard.evaluation.cohort import Cohort, choose_study, read_cohort
from dashboard.evaluation.evaluate import Evaluation, Progress, evaluate, reader_for
from dashboard.evaluation.read_facts import TYPES, FactOf, FactReader, Skipped
from dashboard.fhir.mapping.elements import Json, many, reference
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest

AT_ONCE: Final = 100
"""People a search: some 15,000 results of the demo's. Own choice."""
_FARTHEST: Final = 10
"""So many steps from one merged record to the next are followed."""


def evaluate_server(
    fhir: FhirServer,
    study: str,
    measures: Sequence[EvaluationMeasure],
    terminology: Terminology,
    today: date,
    progress: Progress,
) -> tuple[str, Evaluation]:
    """The id of the study, and its evaluation; `study` "" is the only one. Raises DashboardError."""
    chosen = choose_study(_rows(fhir, [SearchRequest("ResearchStudy", fresh=True)]), study)
    subjects = _rows(fhir, [SearchRequest("ResearchSubject", (("study", f"ResearchStudy/{chosen}"),), fresh=True)])
    known = {to.id for each in subjects if (to := reference(each.get("individual"))) is not None}
    patients = list(_patients(fhir, known))
    cohort = read_cohort(chosen, subjects, patients, [], today)
    cohort = _with_sites(fhir, chosen, subjects, patients, cohort, today)
    reader = reader_for(cohort, measures, terminology)
    return chosen, evaluate(cohort, _facts(fhir, reader, cohort, measures, progress), measures, today)


def _rows(fhir: FhirServer, requests: Sequence[SearchRequest]) -> list[Json]:
    """The rows of all searches. Raises DashboardError where one failed or was cut short."""
    rows = []
    for answer in fhir.try_all(requests):
        found = result_or_raise(answer)
        if found.truncated:
            raise Unsupported("evaluation-cut-short", what=found.request.type)
        rows += found.rows
    return rows


def _patients(fhir: FhirServer, wanted: Iterable[str]) -> Iterator[Json]:
    """These Patients, those that replace them, and where the server can say it those that they replace."""
    left, seen = sorted(wanted), set()
    by_link = fhir.capabilities.searches_by("Patient", "link") is True
    for _ in range(_FARTHEST):
        seen.update(left)
        found: set[str] = set()
        for some in _some(left):
            requests = [SearchRequest("Patient", (), some, fresh=True)]
            if by_link:
                links = ",".join(f"Patient/{ident}" for ident in some)
                requests.append(SearchRequest("Patient", (("link", links),), fresh=True))
            for row in _rows(fhir, requests):
                yield row
                others = (reference(link.get("other")) for link in many(row.get("link")))
                found |= {to.id for to in others if to is not None and to.type == "Patient"}
        left = sorted(found - seen)
        if not left:
            return


def _with_sites(
    fhir: FhirServer, study: str, subjects: list[Json], patients: list[Json], cohort: Cohort, today: date
) -> Cohort:
    """The cohort with the names of its sites."""
    ids = ",".join(sorted(each for each in cohort.sites if each))
    if not ids:
        return cohort
    return read_cohort(study, subjects, patients, _rows(fhir, [SearchRequest("Organization", (("_id", ids),))]), today)


def _facts(
    fhir: FhirServer,
    reader: FactReader,
    cohort: Cohort,
    measures: Sequence[EvaluationMeasure],
    progress: Progress,
) -> Iterator[FactOf | Skipped]:
    first = min((each.enrolled for each in cohort.participants), default=date.max)
    earliest = first - timedelta(1 - min(window.first for each in measures for window in each.windows))
    params: dict[str, tuple[tuple[str, str], ...]] = {
        "Observation": (("code", ",".join((*reader.terminology.observation_codes(), *PRESSURE_PANELS))),),
        "Encounter": (("date", f"ge{earliest}"),),
    }
    served = [name for name in TYPES if fhir.capabilities.serves(name)]
    ids = sorted(cohort.whose)
    for number, some in enumerate(_some(ids)):
        progress(f"{number * AT_ONCE} / {len(ids)}")
        requests = [SearchRequest(name, params.get(name, ()), some, fresh=True) for name in served]
        answers = [result_or_raise(answer) for answer in fhir.try_all(requests)]
        for answer in answers:
            if answer.truncated:
                raise Unsupported("evaluation-cut-short", what=answer.request.type)
            yield from (Skipped(answer.request.type) for _ in answer.left_out)
            yield from reader.facts(answer.request.type, answer.rows)


def _some(ids: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return (tuple(ids[start : start + AT_ONCE]) for start in range(0, len(ids), AT_ONCE))
