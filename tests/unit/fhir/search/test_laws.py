"""Laws of the FHIR client on random answers of a server: whatever it answers, only rows that match are returned."""

import threading
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.errors import DashboardError, UnexpectedAnswer
from dashboard.fhir.client.addresses import Addresses
from dashboard.fhir.client.answers import Answer
from dashboard.fhir.client.capabilities import parse_capabilities
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.client.parallel import Lane
from dashboard.fhir.client.versions import etag
from dashboard.fhir.search.pages import below_base
from dashboard.fhir.search.references import all_references
from dashboard.fhir.search.registry import Step, values_at
from dashboard.fhir.search.request import SearchRequest, SearchResult, escape
from tests.laws import examples
from tests.patience import PATIENCE
from tests.unit.fhir.hostile_server import ABLE

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=6), children, max_size=3),
    max_leaves=8,
)
PATIENT = st.sampled_from(
    ["Patient/p1", "Patient/p1", "Patient/p1/_history/1", "Patient/p2", "p1", "http://x/Patient/p1", 7, None]
)


def mostly(usual: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draws the usual value three times in four, else anything."""
    return st.integers(0, 3).flatmap(lambda die: usual if die else JSON)


REFERENCE = mostly(st.fixed_dictionaries({"reference": PATIENT}))
RESOURCE = mostly(
    st.fixed_dictionaries(
        {
            "resourceType": st.sampled_from(["Observation"] * 4 + ["Patient", "Practitioner", "OperationOutcome", 7]),
            "id": st.sampled_from(["p1", "p1", "a", "b", 7]),
            "subject": REFERENCE,
        },
        optional={
            "performer": mostly(st.lists(REFERENCE, max_size=2)),
            "meta": mostly(
                st.fixed_dictionaries(
                    {"lastUpdated": st.sampled_from(["2026-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"])}
                )
            ),
            "issue": JSON,
        },
    )
)
MODE = mostly(st.fixed_dictionaries({"mode": st.sampled_from(["match", "match", "include", "outcome", 7])}))
ENTRY = mostly(st.fixed_dictionaries({"resource": RESOURCE}, optional={"search": MODE}))
LINK = mostly(
    st.fixed_dictionaries(
        {
            "relation": st.sampled_from(["next", "self"]),
            "url": st.sampled_from(["?a", "?b", "http://e/x", "//", "::", 7]),
        }
    )
)
BUNDLE = st.fixed_dictionaries(
    {"resourceType": st.just("Bundle"), "entry": mostly(st.lists(ENTRY, max_size=3))},
    optional={"link": mostly(st.lists(LINK, max_size=2)), "total": mostly(st.integers(-1, 5))},
)
STATEMENT = JSON | st.fixed_dictionaries(
    {"resourceType": st.just("CapabilityStatement"), "fhirVersion": JSON | st.just("4.0.1")},
    optional={
        "rest": JSON
        | st.lists(st.fixed_dictionaries({"mode": JSON, "resource": JSON, "interaction": JSON}), max_size=2),
        "software": JSON,
        "implementation": JSON,
    },
)

REQUESTS = [
    SearchRequest("Observation", patients=("p1",)),
    SearchRequest("Observation", (("_lastUpdated", "ge2025-01-01T00:00:00Z"),), ("p1",), sort="-date", page_size=1),
    SearchRequest(
        "Observation", patients=("p1",), include=("Observation:performer",), revinclude=("Provenance:target",)
    ),
    SearchRequest("Patient", patients=("p1",), max_rows=1),
]


@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(bundles=st.lists(BUNDLE, min_size=1, max_size=3), request=st.sampled_from(REQUESTS))
def test_only_matching_rows_are_returned_whatever_a_server_answers(bundles: list[Any], request: SearchRequest) -> None:
    fhir = HttpFhirServer("http://127.0.0.1:1/fhir", capabilities=ABLE)
    left = list(bundles)

    def send(*_: Any, **__: Any) -> Answer:
        return Answer(200, {}, orjson.dumps(left.pop(0) if len(left) > 1 else left[0]))

    fhir._client.send = send  # type: ignore[method-assign]
    result = fhir.try_all([request])[0]
    if isinstance(result, DashboardError):
        return
    assert isinstance(result, SearchResult)
    for row in result.rows:
        assert row["resourceType"] == request.type
        if request.type == "Patient":
            assert row["id"] == "p1"
        else:
            assert "Patient/p1" in all_references(row["subject"], Addresses(["http://127.0.0.1:1/fhir"]))
    assert len(result.rows) <= request.max_rows


@given(STATEMENT)
def test_any_capability_statement_is_read_or_refused(statement: Any) -> None:
    try:
        can = parse_capabilities(statement if isinstance(statement, dict) else {})
    except UnexpectedAnswer:
        return
    assert can.fhir_version.startswith("4.")
    assert can.searches_by("Patient", "name") in (True, False, None)


@given(
    link=st.text(max_size=40) | st.sampled_from(["http://h/fhir/../x", "/fhir/%2e%2e/x", "http://h/fhir/Patient/.."])
)
def test_no_next_link_is_followed_outside_the_base_url(link: str) -> None:
    try:
        below, _ = below_base(link, "http://127.0.0.1:1/fhir", None, "Observation")
    except UnexpectedAnswer:
        return
    assert not {"%", "\\", ":"} & set(below)
    assert ".." not in below
    assert not below.startswith("/")


@given(JSON, st.text(max_size=10))
def test_reading_a_path_of_any_record_never_fails(value: Any, path: str) -> None:
    list(values_at(value, [Step(step) for step in path.split(".")]))
    all_references(value, Addresses([]))


@given(st.text())
def test_an_escaped_text_is_one_search_value(text: str) -> None:
    plain = escape(text).replace("\\\\", "").replace("\\,", "").replace("\\|", "").replace("\\$", "")
    assert not set(plain) & set(",|$\\")


@pytest.mark.parametrize("version", ["3", 'W/"3"', '"3"'])
def test_a_version_is_one_weak_etag(version: str) -> None:
    assert etag(version) == 'W/"3"'


def test_a_reference_to_another_server_is_never_taken_for_a_local_one() -> None:
    addresses = Addresses(["http://ours/fhir", "http://inside/r4/"])
    assert addresses.relative("http://ours/fhir/Patient/p1/_history/2") == "Patient/p1"
    assert addresses.relative("http://inside/r4/Patient/p1") == "Patient/p1"
    assert addresses.relative("http://ours/fhirlike/Patient/p1") == "http://ours/fhirlike/Patient/p1"


def test_a_long_queue_of_one_client_does_not_delay_another() -> None:
    slow, quick = Lane(2), Lane(2)
    go_on = threading.Event()
    queue = threading.Thread(target=slow.run, args=([lambda: go_on.wait(PATIENCE)] * 20,))
    queue.start()
    quick.run([lambda: None] * 4)
    assert queue.is_alive()
    go_on.set()
    queue.join()


def test_results_and_errors_of_jobs_are_in_the_order_of_the_jobs() -> None:
    def fail() -> int:
        raise ValueError("no")

    futures = Lane(3).run([lambda: 1, fail, lambda: 3])
    assert [future.exception() is None for future in futures] == [True, False, True]
    assert (futures[0].result(), futures[2].result()) == (1, 3)
    assert Lane(3).run([]) == []
