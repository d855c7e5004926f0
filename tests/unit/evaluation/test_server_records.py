"""A server and NDJSON files give the same evaluation, and a server that sends half of it none."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from dashboard.errors import DashboardError, NotPermitted, Unsupported
from dashboard.evaluation import server_records
from dashboard.evaluation.server_records import evaluate_server
from dashboard.fhir.measure_files import load_measures
from dashboard.fhir.search.request import SearchRequest, SearchResult
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_evaluation import get_evaluation
from tests.fakes import FakeFhirServer
from tests.laws import examples
from tests.unit.evaluation import study_records as make
from tests.unit.evaluation.study_records import TODAY, Json, studies
from tests.unit.evaluation.test_command import a_study
from tests.unit.evaluation.test_evaluate import run

MANAGER = User(None, "Manager", roles=(Role.PILOT_MANAGER,), subject="id|manager", session_id="m1")


def served(rows: Sequence[Json]) -> FakeFhirServer:
    return FakeFhirServer(rows)


def evaluated(server: Any) -> Any:
    return evaluate_server(server, "", load_measures(), load_terminology(), TODAY, lambda done: None)[1]


@settings(max_examples=examples(25), deadline=None, suppress_health_check=list(HealthCheck))
@given(studies(3))
def test_a_server_gives_what_files_give(rows: list[Json]) -> None:
    found, expected = evaluated(served(rows)), run(rows)
    assert found.people == expected.people
    assert found.summary == expected.summary


def test_people_are_read_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_records, "AT_ONCE", 7)
    rows, told = a_study(), []
    server = served(rows)
    _, found = evaluate_server(server, "pilot", load_measures(), load_terminology(), TODAY, told.append)
    assert found == run(rows)
    assert told == ["0 / 30", "7 / 30", "14 / 30", "21 / 30", "28 / 30"]
    assert max(len(each.patients or ()) for each in server.asked) == 7


def test_the_record_in_use_is_read_too() -> None:
    old = make.person("p1", link=[{"type": "replaced-by", "other": {"reference": "Patient/p2"}}])
    later = make.observation("o1", "p2", "59261-8", "2025-09-30", 61, "mmol/mol")
    rows = [make.STUDY, make.subject("p1", TODAY.replace(month=10, year=2025)), old, make.person("p2"), later]
    [one] = evaluated(served(rows)).people
    assert one.who.ids == ("p2", "p1") and one.measures[0].value == 61


class Short(FakeFhirServer):
    """Sends half of the rows of a type, and says so."""

    half = ""

    def try_all(self, requests: Sequence[SearchRequest], *watch: Any) -> list[SearchResult | DashboardError]:
        answers = super().try_all(requests, *watch)
        return [
            SearchResult(each.request, each.rows, truncated=True)
            if isinstance(each, SearchResult) and each.request.type == self.half
            else each
            for each in answers
        ]


@pytest.mark.parametrize("kind", ["ResearchSubject", "Patient", "Observation", "Encounter"])
def test_half_of_the_records_are_no_evaluation(kind: str) -> None:
    server = Short(a_study())
    server.half = kind
    with pytest.raises(Unsupported) as caught:
        evaluated(server)
    assert caught.value.code == "evaluation-cut-short"


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.PILOT_MANAGER])
def test_only_pilot_managers_see_the_summary(role: Role) -> None:
    other = User(None, "Other", roles=(role,), subject="id|o", session_id="o1")
    with pytest.raises(NotPermitted):
        get_evaluation(served(a_study()), other, load_terminology(), make.AS_OF)


def test_the_summary_has_nobody_in_it() -> None:
    found = get_evaluation(served(a_study()), MANAGER, load_terminology(), make.AS_OF)
    assert found.rows and "qzx" not in repr(found).casefold()
