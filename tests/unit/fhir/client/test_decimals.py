"""A decimal has the same digits after it is read, shown, and saved with a change of another field."""

import re
from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.record.observation import Observation
from dashboard.errors import UnexpectedAnswer
from dashboard.fhir.client.http_server import Entry, HttpFhirServer
from dashboard.fhir.client.json_text import LONGEST_NUMBER, parse, written
from dashboard.fhir.mapping import observation
from dashboard.fhir.search.request import SearchRequest
from dashboard.fhir.terminology_files import load_terminology
from tests.records import search
from tests.unit.fhir.hostile_server import ABLE, HostileServer, Reply, hostile_server

DOSE = (
    b'{"resourceType":"Task","id":"t1","meta":{"versionId":"1"},"status":"requested",'
    b'"input":[{"valueQuantity":{"value":7.10}},{"valueDecimal":-0.00},{"valueDecimal":1E-7},{"valueInteger":3}]}'
)
RESULT = (
    b'{"resourceType":"Bundle","total":1,"link":[],"entry":[{"search":{"mode":"match"},"resource":'
    b'{"resourceType":"Observation","id":"o1","status":"final","subject":{"reference":"Patient/p1"},'
    b'"code":{"coding":[{"system":"http://loinc.org","code":"4548-4"}]},"effectiveDateTime":"2026-01-01",'
    b'"valueQuantity":{"value":7.10,"system":"http://unitsofmeasure.org","code":"%"}}}]}'
)
NUMBERS = re.compile(rb"(?<=:)-?\d[\d.Ee+-]*")


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with hostile_server() as hostile:
        yield hostile


@pytest.fixture
def fhir(server: HostileServer) -> Iterator[HttpFhirServer]:
    fhir = HttpFhirServer(server.base_url, capabilities=ABLE)
    yield fhir
    fhir.close()


def test_a_saved_record_has_the_digits_that_were_read(server: HostileServer, fhir: HttpFhirServer) -> None:
    server.answer = lambda request: Reply(200, DOSE)
    task = fhir.read("Task", "t1") | {"status": "accepted"}
    fhir.put_new(task)
    assert NUMBERS.findall(server.requests[-1].body) == [b"7.10", b"-0.00", b"1E-7", b"3"]
    server.answer = lambda request: Reply(200, {"resourceType": "Bundle", "type": "transaction-response", "entry": []})
    with pytest.raises(UnexpectedAnswer):  # the answer lacks the entry; this test checks only the request
        fhir.transaction([Entry("PUT", task)])
    sent = next(request.body for request in server.requests[1:] if request.method == "POST")
    assert NUMBERS.findall(sent) == [b"7.10", b"-0.00", b"1E-7", b"3"]


def test_a_result_is_shown_with_the_recorded_digits(server: HostileServer, fhir: HttpFhirServer) -> None:
    server.answer = lambda request: Reply(200, RESULT)
    (row,) = search(fhir, SearchRequest("Observation", patients=("p1",))).rows
    reading = observation.from_fhir(row, load_terminology())
    assert isinstance(reading, Observation)
    assert [str(result.recorded.value) for result in reading.results] == ["7.10"]


@given(st.decimals(allow_nan=False, allow_infinity=False, places=None).filter(lambda d: len(str(d)) < LONGEST_NUMBER))
def test_a_decimal_is_written_and_read_again_with_the_same_digits(value: Decimal) -> None:
    text = written({"value": value})
    found = parse(text)["value"]
    assert str(found) == str(value)
    assert isinstance(found, int) is str(value).lstrip("-").isdigit()


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), object(), {1, 2}])
def test_a_value_that_json_cannot_express_is_not_written(value: object) -> None:
    with pytest.raises(TypeError):
        written({"value": value})


@pytest.mark.parametrize("text", [b"NaN", b"1." + b"0" * LONGEST_NUMBER, b"{", b'{"a":1} x', b'"\xff"', b"[1,]", b""])
def test_text_that_is_no_json_or_no_plausible_number_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):
        parse(text)


def test_an_answer_with_excessive_nesting_is_refused(server: HostileServer, fhir: HttpFhirServer) -> None:
    server.answer = lambda request: Reply(200, b'{"resourceType":"Task","x":' + b"[" * 100_000)
    with pytest.raises(UnexpectedAnswer):
        fhir.read("Task", "t1")
