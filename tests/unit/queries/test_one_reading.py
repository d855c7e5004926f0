"""The worklist, the summary and the timeline have the same value of a record, from the same reader."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.cache.patient_sections import Answers, medicines, problems
from dashboard.cache.team_resources import KINDS, Reader
from dashboard.cache.timeline_events import read_events
from dashboard.domain.record.condition import Condition
from dashboard.domain.record.medicine import Medicine, with_reasons
from dashboard.domain.record.observation import Observation
from dashboard.fhir.mapping import observation
from dashboard.fhir.mapping.reading import read_each
from dashboard.fhir.search.request import SearchRequest, SearchResult
from dashboard.fhir.terminology_files import load_terminology
from tests.laws import examples
from tests.unit.queries.test_timeline_slow import record

T = load_terminology()
Json = dict[str, Any]
NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
SECTIONS = {"Condition": "problems", "MedicationRequest": "medicines", "Observation": "results"}


def worklist_values(kind: str, row: Json) -> list[Any]:
    """Returns the value that the worklist caches of a record, none if the record is excluded. What a medicine is for is
    joined on pages that say it: it is joined here too.
    """
    resource = next(resource for resource in KINDS if resource.type == kind)
    cached = Reader(T, NOW.date()).cached(resource, row)
    values = [] if cached is None else [cached.value]
    return [with_reasons(value, {}, T) if isinstance(value, Medicine) else value for value in values]


def summary_values(kind: str, row: Json) -> list[Any]:
    """Returns the value that the patient's summary has of a record, which may be Unreadable."""
    names = ("problems", "medicines", "statements", "results")
    requests = {name: SearchRequest(kind) for name in names}
    found = {name: SearchResult(requests[name], [row] if SECTIONS[kind] == name else []) for name in names}
    answers = Answers(requests, found)
    if kind == "Condition":
        values: list[Any] = list(problems(answers, T))
    elif kind == "MedicationRequest":
        values = list(medicines(answers, T, {}))
    else:
        values = read_each(answers.rows("results"), lambda resource: observation.from_fhir(resource, T)).values
    return values + answers.unreadable


@pytest.mark.parametrize("kind", SECTIONS)
@settings(max_examples=examples(200), deadline=None)
@given(data=st.data())
def test_a_record_has_the_same_value_on_worklist_summary_and_timeline(kind: str, data: st.DataObject) -> None:
    row = json.loads(json.dumps(data.draw(record(kind, "x1"))))
    builder = read_events({kind: [row]}, T)
    events = builder.events(NOW.date(), builder.lanes())
    cached, shown = worklist_values(kind, row), summary_values(kind, row)
    if cached and shown:
        assert cached == shown
    for value in cached + shown:
        if isinstance(value, Condition):
            (event,) = events
            assert (event.text, event.codes, event.stage) == (value.text, value.code, value.stage)
            assert (event.status, event.recorded) == (value.clinical_status, value.recorded)
        elif isinstance(value, Medicine):
            (event,) = events
            assert (event.text, event.codes, event.atc, event.detail) == (value.text, value.code, value.atc, value.dose)
        elif isinstance(value, Observation) and events:  # one without a name is no event
            (event,) = events
            assert event.results == value.results
            assert set(builder.unreadable) <= set(value.unreadable)
        elif not isinstance(value, Observation):
            assert value in builder.unreadable
