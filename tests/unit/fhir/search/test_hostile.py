"""Slow, broken and hostile servers: the result of each is correct rows or an error with a sentence, within seconds."""

import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import (
    CannotBeUsedNow,
    DashboardError,
    NotFound,
    NotPermitted,
    ServerRefused,
    ServerUnavailable,
    UnexpectedAnswer,
    Unsupported,
    UserFacingError,
    VersionConflict,
)
from dashboard.fhir.client import connection, transport
from dashboard.fhir.client.capabilities import Capabilities, TypeCapabilities
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.client.transaction import Entry
from dashboard.fhir.search.notices import NoticeKind
from dashboard.fhir.search.request import SearchRequest
from tests.patience import PATIENCE
from tests.records import search
from tests.unit.fhir.hostile_server import (
    ABLE,
    HostileServer,
    ReceivedRequest,
    Reply,
    bundle,
    hostile_server,
    observation,
)

PATIENT = {"resourceType": "Patient", "id": "p1", "meta": {"versionId": "1"}}
SEARCH = SearchRequest("Observation", patients=("p1",))


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with hostile_server() as hostile:
        yield hostile


@pytest.fixture
def fhir(server: HostileServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpFhirServer]:
    monkeypatch.setattr(transport, "BACKOFF", 0.01)
    fhir = HttpFhirServer(server.base_url, timeout=(PATIENCE, PATIENCE), capabilities=ABLE)
    yield fhir
    fhir.close()


@pytest.fixture
def hasty(server: HostileServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpFhirServer]:
    """A client that soon gives up, for servers that do not answer."""
    monkeypatch.setattr(transport, "BACKOFF", 0.01)
    fhir = HttpFhirServer(server.base_url, timeout=(PATIENCE, 0.5), capabilities=ABLE)
    yield fhir
    fhir.close()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the client waited before it asked again, which pass at once."""
    made: list[float] = []
    monkeypatch.setattr(transport, "time", SimpleNamespace(**vars(time) | {"sleep": made.append}))
    return made


def outcome(code: str, diagnostics: str = "") -> dict[str, Any]:
    return {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": code, "diagnostics": diagnostics}],
    }


def stored_as(resource: dict[str, Any]) -> dict[str, Any]:
    """Returns the answer to a transaction of one entry."""
    entry = {"response": {"status": "200"}, "resource": resource}
    return {"resourceType": "Bundle", "type": "transaction-response", "entry": [entry]}


# --- slow and absent -----------------------------------------------------------------------------


@pytest.mark.slow
def test_a_server_that_never_answers_is_unavailable_after_the_time_out(
    server: HostileServer, hasty: HttpFhirServer
) -> None:
    server.replies(Reply(wait=PATIENCE))
    started = time.monotonic()
    with pytest.raises(ServerUnavailable, match=r"reference=[0-9a-f]{12}"):
        hasty.read("Patient", "p1")
    assert time.monotonic() - started < PATIENCE
    assert len(server.requests) == transport.TRIES


@pytest.mark.slow
def test_an_endless_slow_body_is_abandoned(server: HostileServer, hasty: HttpFhirServer, monkeypatch: Any) -> None:
    monkeypatch.setattr(transport, "TRIES", 1)
    server.replies(Reply(body=b" " * 10_000, drip=0.05))
    started = time.monotonic()
    with pytest.raises(ServerUnavailable):
        hasty.read("Patient", "p1")
    assert time.monotonic() - started < PATIENCE  # the body would take five hundred seconds


def test_a_closed_port_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "BACKOFF", 0.01)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        fhir = HttpFhirServer(f"http://127.0.0.1:{free.getsockname()[1]}/fhir", capabilities=ABLE)
        with pytest.raises(ServerUnavailable, match="server-unreachable"):
            fhir.read("Patient", "p1")
        results = fhir.try_all([SEARCH, SEARCH])
    assert all(isinstance(result, ServerUnavailable) for result in results)


def test_an_answer_larger_than_the_bound_is_refused(
    server: HostileServer, fhir: HttpFhirServer, monkeypatch: Any
) -> None:
    monkeypatch.setattr(connection, "MAX_BODY", 100_000)
    server.replies(Reply(body=bundle(*(observation(str(n), note="x" * 1000) for n in range(500)))))
    with pytest.raises(UnexpectedAnswer, match="answer-too-large"):
        search(fhir, SEARCH)


@pytest.mark.parametrize("address", ["", "fhir", "ftp://server/fhir", "http://", "https://server/fhir?token=x"])
def test_an_invalid_address_is_reported(address: str) -> None:
    with pytest.raises(UserFacingError):
        HttpFhirServer(address)


# --- busy: repeated ------------------------------------------------------------------------------


def test_a_read_is_repeated_until_a_busy_server_answers(server: HostileServer, fhir: HttpFhirServer) -> None:
    server.replies(Reply(503), Reply(502), Reply(body=PATIENT))
    assert fhir.read("Patient", "p1") == PATIENT
    assert len(server.requests) == 3
    assert len({request.headers["X-Request-Id"] for request in server.requests}) == 1


def test_a_server_that_stays_busy_is_unavailable(server: HostileServer, fhir: HttpFhirServer) -> None:
    server.replies(Reply(503))
    with pytest.raises(ServerUnavailable, match="server-busy"):
        fhir.read("Patient", "p1")
    assert len(server.requests) == transport.TRIES


def test_retry_after_is_respected(server: HostileServer, fhir: HttpFhirServer, pauses: list[float]) -> None:
    server.replies(Reply(429, headers={"Retry-After": "1"}), Reply(body=PATIENT))
    fhir.read("Patient", "p1")
    assert pauses == [1.0]


@pytest.mark.parametrize("after", ["3600", "Wed, 21 Oct 2093 07:28:00 GMT"])
def test_a_retry_after_longer_than_a_user_waits_is_unavailable_at_once(
    server: HostileServer, fhir: HttpFhirServer, pauses: list[float], after: str
) -> None:
    server.replies(Reply(429, headers={"Retry-After": after}))
    with pytest.raises(ServerUnavailable):
        fhir.read("Patient", "p1")
    assert (pauses, len(server.requests)) == ([], 1)


def test_a_broken_off_read_is_repeated(server: HostileServer, fhir: HttpFhirServer) -> None:
    server.replies(Reply(hang_up=True), Reply(body=PATIENT, cut=True), Reply(body=PATIENT))
    assert fhir.read("Patient", "p1") == PATIENT


def test_a_posted_search_is_a_read_and_repeated(server: HostileServer, fhir: HttpFhirServer) -> None:
    patients = tuple(f"patient-{number}" for number in range(200))
    server.replies(Reply(503), Reply(body=bundle(observation("o1", "patient-7"))))
    assert len(search(fhir, SearchRequest("Observation", patients=patients)).rows) == 1
    assert [request.method for request in server.requests] == ["POST", "POST"]


# --- writes: repeated only where it cannot do harm -----------------------------------------------


@pytest.mark.parametrize("trouble", [Reply(hang_up=True), Reply(503), Reply(504), Reply(wait=1)])
def test_an_unguarded_transaction_is_never_sent_twice(
    server: HostileServer, hasty: HttpFhirServer, trouble: Reply
) -> None:
    server.replies(trouble)
    with pytest.raises(ServerUnavailable, match="save-uncertain"):
        hasty.transaction([Entry("POST", {"resourceType": "Patient"})])
    assert len(server.requests) == 1


def test_a_write_refused_for_its_rate_is_sent_again(server: HostileServer, fhir: HttpFhirServer) -> None:
    server.replies(Reply(429), Reply(body=stored_as(PATIENT)))
    assert fhir.transaction([Entry("POST", {"resourceType": "Patient"})]) == [PATIENT]


def test_a_new_record_with_its_own_id_is_sent_again(server: HostileServer, fhir: HttpFhirServer) -> None:
    server.replies(Reply(hang_up=True), Reply(503), Reply(201))
    fhir.put_new(PATIENT)
    assert [(request.method, request.path) for request in server.requests] == [("PUT", "/fhir/Patient/p1")] * 3


def test_a_new_record_that_the_server_refuses_is_refused(server: HostileServer, fhir: HttpFhirServer) -> None:
    server.replies(Reply(422, outcome("invalid")))
    with pytest.raises(ServerRefused):
        fhir.put_new(PATIENT)


def test_an_update_after_another_user_s_is_a_conflict(server: HostileServer, fhir: HttpFhirServer) -> None:
    theirs = PATIENT | {"active": False, "meta": {"versionId": "2"}}
    server.replies(Reply(hang_up=True), Reply(412, outcome("conflict")), Reply(200, theirs))
    with pytest.raises(VersionConflict):
        fhir.transaction([Entry("PUT", PATIENT | {"active": True})])


def test_a_guarded_transaction_that_was_stored_is_no_conflict(server: HostileServer, fhir: HttpFhirServer) -> None:
    """The first try is stored but its answer is lost; the second is refused as stale because of the first."""
    stored = PATIENT | {"active": True, "meta": {"versionId": "2"}}
    server.replies(Reply(hang_up=True), Reply(409, outcome("processing")), Reply(200, stored))
    provenance = {"resourceType": "Provenance"}
    entries = [Entry("PUT", PATIENT | {"active": True}), Entry("POST", provenance)]
    assert fhir.transaction(entries) == [stored, provenance]


def test_every_update_carries_the_version_that_was_read(server: HostileServer, fhir: HttpFhirServer) -> None:
    server.replies(Reply(body=stored_as(PATIENT)))
    fhir.transaction([Entry("PUT", PATIENT)])
    fhir.transaction([Entry("PUT", PATIENT, if_match='W/"7"')])
    sent = [json.loads(request.body)["entry"][0]["request"]["ifMatch"] for request in server.requests]
    assert sent == ['W/"1"', 'W/"7"']


def test_methods_of_fhirpy_that_bypass_the_guards_are_refused(server: HostileServer, fhir: HttpFhirServer) -> None:
    record = fhir._client.resource("Patient", id="p1", meta={"versionId": "7"})
    for write in (record.save, record.delete, fhir._client.resource("Patient").create):
        with pytest.raises(ValueError, match="transaction"):
            write()
    assert server.requests == []


def test_a_partly_saved_transaction_is_reported(server: HostileServer, fhir: HttpFhirServer) -> None:
    entries = [{"response": {"status": "201"}, "resource": PATIENT}, {"response": {"status": "412"}}]
    server.replies(Reply(body={"resourceType": "Bundle", "type": "transaction-response", "entry": entries}))
    with pytest.raises(UnexpectedAnswer, match="save-in-part"):
        fhir.transaction([Entry("POST", {"resourceType": "Patient"}), Entry("PUT", PATIENT)])


def test_a_transaction_answered_with_locations_returns_ids_and_versions(
    server: HostileServer, fhir: HttpFhirServer
) -> None:
    heads = [{"response": {"status": "201", "location": f"{t}/x/_history/1"}} for t in ("Patient", "Task")]
    server.replies(Reply(body={"resourceType": "Bundle", "type": "transaction-response", "entry": heads}))
    task = {"resourceType": "Task", "for": {"reference": "urn:uuid:1"}}
    stored = fhir.transaction([Entry("POST", {"resourceType": "Patient"}, full_url="urn:uuid:1"), Entry("POST", task)])
    assert stored[1] == task | {"for": {"reference": "Patient/x"}, "id": "x", "meta": {"versionId": "1"}}


@pytest.fixture
def once(server: HostileServer) -> Iterator[HttpFhirServer]:
    able = replace(ABLE, types={"Patient": TypeCapabilities(conditional_create=True)})
    fhir = HttpFhirServer(server.base_url, timeout=(PATIENCE, PATIENCE), capabilities=able)
    yield fhir
    fhir.close()


def test_what_shall_be_there_once_is_sent_again_without_harm(
    server: HostileServer, once: HttpFhirServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "BACKOFF", 0.01)
    server.replies(Reply(hang_up=True), Reply(200, PATIENT))
    assert once.create_once({"resourceType": "Patient"}, ("urn:s", "a|b&c")) == PATIENT
    sent = [(request.method, request.path, request.headers["If-None-Exist"]) for request in server.requests]
    assert sent == [("POST", "/fhir/Patient", "identifier=urn:s|a|b%26c")] * 2


def test_a_server_that_says_only_where_the_record_is_is_asked_for_it(
    server: HostileServer, once: HttpFhirServer
) -> None:
    where = {"Location": f"{server.base_url}/Patient/p1/_history/1"}
    server.replies(Reply(200, outcome("informational"), where), Reply(200, PATIENT))
    assert once.create_once({"resourceType": "Patient"}, ("urn:s", "a")) == PATIENT
    server.replies(Reply(201, b""))
    with pytest.raises(UnexpectedAnswer, match="save-answer-unreadable"):
        once.create_once({"resourceType": "Patient"}, ("urn:s", "a"))


def test_nothing_is_created_once_where_that_is_refused_or_not_offered(
    server: HostileServer, once: HttpFhirServer
) -> None:
    server.replies(Reply(412, outcome("conflict")))
    with pytest.raises(VersionConflict):
        once.create_once({"resourceType": "Patient"}, ("urn:s", "a"))
    with pytest.raises(Unsupported):
        once.create_once({"resourceType": "Task"}, ("urn:s", "a"))
    assert len(server.requests) == 1


# --- statuses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, ServerRefused),
        (401, NotPermitted),
        (403, NotPermitted),
        (404, NotFound),
        (409, VersionConflict),
        (410, NotFound),
        (412, VersionConflict),
        (422, ServerRefused),
        (500, ServerUnavailable),
        (301, UnexpectedAnswer),
    ],
)
def test_each_status_is_one_error_with_a_reference_without_the_server_s_text(
    server: HostileServer, fhir: HttpFhirServer, status: int, error: type[DashboardError]
) -> None:
    server.replies(
        Reply(status, outcome("processing", "Mary Aldous 943 476 5919"), {"Location": "http://127.0.0.1:1/"})
    )
    with pytest.raises(error, match=r"reference=[0-9a-f]{12}") as raised:
        fhir.transaction([Entry("PUT", PATIENT)])
    assert "Aldous" not in str(raised.value)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize("code", ["business-rule", "duplicate"])
def test_a_409_that_is_a_rule_of_the_server_is_no_version_conflict(
    server: HostileServer, fhir: HttpFhirServer, code: str
) -> None:
    server.replies(Reply(409, outcome(code)))
    with pytest.raises(ServerRefused, match=code):
        fhir.transaction([Entry("PUT", PATIENT)])


def test_a_412_for_several_matches_is_no_version_conflict(server: HostileServer, fhir: HttpFhirServer) -> None:
    server.replies(Reply(412, outcome("multiple-matches")))
    with pytest.raises(ServerRefused):
        fhir.transaction([Entry("PUT", PATIENT)])


# --- not FHIR ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>Log in, Mary Aldous</body></html>",
        b'{"resourceType": "Bundle", "entry": [',
        b"[]",
        b"null",
        b'"text"',
        b"{}",
        b'{"resourceType": 7}',
        b"\xff\xfe",
        b"{" * 5000,
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
    ],
)
def test_an_answer_that_is_not_fhir_is_unexpected(server: HostileServer, fhir: HttpFhirServer, body: bytes) -> None:
    server.replies(Reply(body=body))
    for ask in (lambda: fhir.read("Patient", "p1"), lambda: search(fhir, SEARCH)):
        with pytest.raises(UnexpectedAnswer) as raised:
            ask()
        assert "Aldous" not in str(raised.value)


def test_another_record_than_the_requested_one_is_refused(server: HostileServer, fhir: HttpFhirServer) -> None:
    server.replies(Reply(body=PATIENT | {"id": "p2"}))
    with pytest.raises(UnexpectedAnswer):
        fhir.read("Patient", "p1")


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ({"resourceType": "CapabilityStatement", "fhirVersion": "3.0.2"}, "server-fhir-version version=3.0.2"),
        ({"resourceType": "CapabilityStatement", "fhirVersion": "5.0.0"}, "server-fhir-version version=5.0.0"),
        ({"resourceType": "CapabilityStatement"}, "server-without-fhir-version"),
        ({"resourceType": "Patient"}, "server-not-fhir"),
        (b"<html/>", "answer-web-page"),
        (b"<CapabilityStatement/>", "answer-not-json"),
        (b'{"resourceType": "Capab', "answer-cut-off"),
    ],
)
def test_a_server_that_is_not_fhir_r4_is_reported(server: HostileServer, statement: Any, code: str) -> None:
    server.replies(Reply(body=statement))
    with pytest.raises(UnexpectedAnswer, match=code):
        _ = HttpFhirServer(server.base_url).capabilities


def test_a_web_server_without_fhir_is_reported(server: HostileServer) -> None:
    with pytest.raises(UnexpectedAnswer, match="server-absent"):
        _ = HttpFhirServer(server.base_url).capabilities


# --- redirects and tokens ------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_gets_no_token(server: HostileServer, status: int) -> None:
    with hostile_server() as thief:
        server.replies(Reply(status, headers={"Location": f"{thief.base_url}/Patient/p1"}))
        fhir = HttpFhirServer(server.base_url, token=lambda: "secret", capabilities=ABLE)
        with pytest.raises(UnexpectedAnswer):
            fhir.read("Patient", "p1")
        assert thief.requests == []
    assert server.requests[0].headers["Authorization"] == "Bearer secret"


def test_each_request_gets_a_current_token(server: HostileServer) -> None:
    tokens = iter(["one", "two", ""])
    fhir = HttpFhirServer(server.base_url, token=lambda: next(tokens), capabilities=ABLE)
    server.replies(Reply(body=PATIENT))
    for _ in range(3):
        fhir.read("Patient", "p1")
    assert [request.headers.get("Authorization") for request in server.requests] == ["Bearer one", "Bearer two", None]


@pytest.mark.parametrize("token", ["a\r\nX-Evil: 1", "a b", "é"])
def test_a_token_that_would_break_the_header_is_refused(server: HostileServer, token: str) -> None:
    fhir = HttpFhirServer(server.base_url, token=lambda: token, capabilities=ABLE)
    with pytest.raises(NotPermitted) as raised:
        fhir.read("Patient", "p1")
    assert token not in str(raised.value)
    assert server.requests == []


def test_no_cookie_is_stored(server: HostileServer, fhir: HttpFhirServer) -> None:
    server.replies(Reply(body=PATIENT, headers={"Set-Cookie": "session=alice"}))
    fhir.read("Patient", "p1")
    fhir.read("Patient", "p1")
    assert "Cookie" not in server.requests[1].headers


# --- false rows ----------------------------------------------------------------------------------


FOREIGN_ROWS = [
    (observation("o2", "p2"), "somebody-else"),
    (observation("o2", subject={"reference": "http://elsewhere.example/fhir/Patient/p1"}), "other-server"),
    (observation("o2", subject={"reference": "https://old.example/r4/Patient/p1/_history/2"}), "other-server"),
    (observation("o2", subject={"reference": "https://old.example/r4/Patient/p9"}), "other-server"),
    (observation("o2", subject={"reference": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"}), "other-server"),
    (observation("o2", subject={"reference": "Patient/p1x"}), "somebody-else"),
    (observation("o2", subject={"reference": "Group/p1"}), "no-patient"),
    (observation("o2", subject={"reference": "#p1"}), "contained-patient"),
    (observation("o2", subject={"display": "Patient/p1"}), "no-patient"),
    (observation("o2", subject="Patient/p1"), "no-patient"),
    (observation("o2", subject=[{"reference": "Patient/p2"}]), "somebody-else"),
    ({"resourceType": "Observation", "id": "o2"}, "no-patient"),
    ({"resourceType": "Condition", "id": "c1", "subject": {"reference": "Patient/p1"}}, "other-type"),
]


@pytest.mark.parametrize(("row", "why"), FOREIGN_ROWS)
def test_a_row_that_does_not_match_is_left_out_and_named_and_hides_no_other(
    server: HostileServer, fhir: HttpFhirServer, row: Any, why: str
) -> None:
    server.replies(Reply(body=bundle(observation("o1"), row, observation("o3"))))
    result = search(fhir, SEARCH)
    assert [row["id"] for row in result.rows] == ["o1", "o3"]
    assert result.left_out == (Unreadable(Reference(row["resourceType"], row["id"]), why),)


@pytest.mark.parametrize("others", [("p2",), ("p2", "p3"), ("p2", "p2", "p1", "p3")])
def test_an_answer_with_as_many_rows_of_other_patients_is_to_another_question(
    server: HostileServer, fhir: HttpFhirServer, others: tuple[str, ...]
) -> None:
    rows = [observation(f"x{number}", patient) for number, patient in enumerate(others)]
    server.replies(Reply(body=bundle(observation("o1"), *rows)))
    with pytest.raises(UnexpectedAnswer, match="unwanted-records") as raised:
        search(fhir, SEARCH)
    assert "p2" not in str(raised.value)


@pytest.mark.parametrize("reference", [{"reference": "#p1"}, {"display": "P"}, "Patient/p1", {"reference": "Group/p1"}])
def test_an_answer_without_any_right_row_is_refused(
    server: HostileServer, fhir: HttpFhirServer, reference: Any
) -> None:
    server.replies(Reply(body=bundle(observation("o2", subject=reference))))
    with pytest.raises(UnexpectedAnswer, match="unwanted-records"):
        search(fhir, SEARCH)


def test_a_patient_whose_only_row_is_of_another_server_has_none_and_it_is_named(
    server: HostileServer, fhir: HttpFhirServer
) -> None:
    server.replies(Reply(body=bundle(observation("o2", subject={"reference": "https://old.example/r4/Patient/p1"}))))
    result = search(fhir, SEARCH)
    assert not result.rows
    assert result.left_out == (Unreadable(Reference("Observation", "o2"), "other-server"),)


@pytest.mark.parametrize("reference", [{"reference": "#p1"}, {"display": "Patient/p1"}])
def test_a_consent_that_may_be_anybody_s_refuses_the_answer(server: HostileServer, reference: Any) -> None:
    """It may deny, so that leaving it out could open a record."""
    fhir = HttpFhirServer(server.base_url, capabilities=Capabilities("4.0.1"))
    consents = [{"resourceType": "Consent", "id": "c1", "patient": {"reference": "Patient/p1"}}]
    consents += [{"resourceType": "Consent", "id": "c2", "patient": reference}]
    server.replies(Reply(body=bundle(*consents)))
    with pytest.raises(UnexpectedAnswer, match="unwanted-records"):
        search(fhir, SearchRequest("Consent", patients=("p1",)))


def test_a_consent_of_a_patient_of_another_server_says_nothing_of_ours(server: HostileServer) -> None:
    fhir = HttpFhirServer(server.base_url, capabilities=Capabilities("4.0.1"))
    consents = [{"resourceType": "Consent", "id": "c1", "patient": {"reference": "Patient/p1"}}]
    consents += [{"resourceType": "Consent", "id": "c2", "patient": {"reference": "https://old.example/r4/Patient/p1"}}]
    server.replies(Reply(body=bundle(*consents)))
    result = search(fhir, SearchRequest("Consent", patients=("p1",)))
    assert [row["id"] for row in result.rows] == ["c1"]
    assert [each.why for each in result.left_out] == ["other-server"]


def test_absolute_references_to_the_server_are_made_relative_and_others_stay_as_they_are(
    server: HostileServer, fhir: HttpFhirServer
) -> None:
    base, old = server.base_url, "https://old.example/r4"
    performer = [{"reference": f"{base}/Practitioner/d1/_history/3"}, {"reference": f"{old}/Practitioner/d1"}]
    row = observation("o1", subject={"reference": f"{base}/Patient/p1"}, performer=performer)
    server.replies(Reply(body=bundle(row)))
    found = search(fhir, SEARCH).rows[0]
    assert found["subject"] == {"reference": "Patient/p1"}
    assert found["performer"] == [{"reference": "Practitioner/d1/_history/3"}, {"reference": f"{old}/Practitioner/d1"}]
    server.replies(Reply(body=row))
    assert fhir.read("Observation", "o1") == found


def test_a_team_whose_member_is_of_another_server_hides_no_other_team(
    server: HostileServer, fhir: HttpFhirServer
) -> None:
    members = {"t1": "Practitioner/me", "t2": "https://old.example/r4/Practitioner/me"}
    teams = [
        {"resourceType": "CareTeam", "id": ident, "participant": [{"member": {"reference": member}}]}
        for ident, member in members.items()
    ]
    server.replies(Reply(body=bundle(*teams)))
    result = search(fhir, SearchRequest("CareTeam", (("participant", "Practitioner/me"),)))
    assert [row["id"] for row in result.rows] == ["t1"]
    assert result.left_out == (Unreadable(Reference("CareTeam", "t2"), "other-server"),)


@pytest.mark.parametrize(
    "form", ["Patient/p1", "{base}/Patient/p1", "{base}/Patient/p1/_history/4", "Patient/p1/_history/2"]
)
def test_every_form_of_a_reference_to_the_patient_is_recognised(
    server: HostileServer, fhir: HttpFhirServer, form: str
) -> None:
    reference = form.format(base=server.base_url)
    server.replies(Reply(body=bundle(observation("o1", subject={"reference": reference}))))
    assert len(search(fhir, SEARCH).rows) == 1


def test_a_conference_of_several_patients_is_a_row_of_each(server: HostileServer) -> None:
    fhir = HttpFhirServer(server.base_url, capabilities=type(ABLE)("4.0.1"))
    actors = [{"actor": {"reference": f"Patient/{one}"}} for one in ("p2", "p1")]
    server.replies(Reply(body=bundle({"resourceType": "Appointment", "id": "a", "participant": actors})))
    assert len(search(fhir, SearchRequest("Appointment", patients=("p1",))).rows) == 1
    with pytest.raises(UnexpectedAnswer):
        search(fhir, SearchRequest("Appointment", patients=("p3",)))


def test_a_team_without_the_requested_participant_is_refused(server: HostileServer, fhir: HttpFhirServer) -> None:
    """A server that ignores `participant` returns every team; the rows show that they do not match."""
    team = {"resourceType": "CareTeam", "id": "t", "participant": [{"member": {"reference": "Practitioner/you"}}]}
    server.replies(Reply(body=bundle(team)))
    request = SearchRequest("CareTeam", (("participant", "Practitioner/me"),))
    with pytest.raises(UnexpectedAnswer):
        search(fhir, request)


def test_rows_of_a_server_that_ignores_last_updated_are_filtered(server: HostileServer, fhir: HttpFhirServer) -> None:
    stamps = {"old": "2026-11-01T10:00:00Z", "new": "2026-11-20T10:00:00+01:00"}
    server.replies(Reply(body=bundle(*(observation(k, meta={"lastUpdated": v}) for k, v in stamps.items()))))
    result = search(fhir, SearchRequest("Observation", (("_lastUpdated", "ge2026-11-10T00:00:00Z"),), ("p1",)))
    assert [row["id"] for row in result.rows] == ["new"]
    assert [notice.kind for notice in result.notices] == [NoticeKind.FILTERED_HERE]


def test_included_records_without_a_link_from_a_row_are_dropped(server: HostileServer, fhir: HttpFhirServer) -> None:
    row = observation("o1", performer=[{"reference": "Practitioner/d1"}, {"reference": "Patient/p2"}])
    gifts = [{"resourceType": "Practitioner", "id": i} for i in ("d1", "d2")]
    patients = [{"resourceType": "Patient", "id": i} for i in ("p1", "p2")]
    server.replies(Reply(body=bundle(row, *gifts, *patients, Practitioner="include", Patient="include")))
    request = SearchRequest("Observation", patients=("p1",), include=("Observation:subject", "Observation:performer"))
    assert set(search(fhir, request).included) == {"Practitioner/d1", "Patient/p1"}


def test_included_records_that_were_not_requested_are_dropped(server: HostileServer, fhir: HttpFhirServer) -> None:
    server.replies(Reply(body=bundle(observation("o1"), {"resourceType": "Patient", "id": "p1"}, Patient="include")))
    assert search(fhir, SEARCH).included == {}


def test_a_warning_of_the_server_becomes_a_notice_without_its_text(server: HostileServer, fhir: HttpFhirServer) -> None:
    server.replies(
        Reply(body=bundle(observation("o1"), outcome("not-supported", "patient=p1"), OperationOutcome="outcome"))
    )
    notices = search(fhir, SEARCH).notices
    assert [notice.kind for notice in notices] == [NoticeKind.PARAMETER_IGNORED]
    assert "p1" not in str(notices)


STRANGE: list[Any] = [
    {"resourceType": "Bundle", "entry": "many"},
    {"resourceType": "Bundle", "entry": [None, 7, {}, {"resource": None}, {"resource": []}]},
    {"resourceType": "Bundle", "link": [None, {"relation": "next"}, {"relation": "next", "url": 7}], "total": "ten"},
    {"resourceType": "Bundle", "link": {"relation": "next"}, "entry": None, "total": True},
    {"resourceType": "Bundle"},
]


@pytest.mark.parametrize("body", STRANGE)
def test_a_misshapen_bundle_is_an_empty_one(server: HostileServer, fhir: HttpFhirServer, body: Any) -> None:
    server.replies(Reply(body=body))
    result = search(fhir, SEARCH)
    assert (result.rows, result.truncated) == ([], False)


def test_misshapen_and_huge_rows_are_returned_unchanged(server: HostileServer, fhir: HttpFhirServer) -> None:
    deep: Any = "end"
    for _ in range(400):
        deep = {"extension": [deep]}
    rows = [
        observation("o1", note="x" * 2**20),
        observation("o2", meta="yesterday", effectiveDateTime=7, code=["\u0000\u202e"]),
        observation("o3", deep=deep),
        {"resourceType": "Observation", "id": {"x": 1}, "subject": {"reference": "Patient/p1"}},
        {"resourceType": "Observation", "subject": {"reference": "Patient/p1"}},
    ]
    server.replies(Reply(body=bundle(*rows)))
    request = SearchRequest(
        "Observation", (("_lastUpdated", "lt2026-01-01"),), ("p1",), include=("Observation:subject",)
    )
    assert search(fhir, request).rows == rows


# --- lying about pages ---------------------------------------------------------------------------


def pages(server: HostileServer, count: int, link: str) -> None:
    """Answers with `count` pages of one row; `link` is the next link, with {page} and {base}."""

    def answer(request: ReceivedRequest) -> Reply:
        page = int(request.param("page") or 0)
        links = {"next": link.format(page=page + 1, base=server.base_url)} if page + 1 < count else {}
        return Reply(body=bundle(observation(f"o{page}"), links=links))

    server.answer = answer


@pytest.mark.parametrize(
    "link",
    [
        "{base}/Observation?page={page}",
        "{base}?page={page}",
        "Observation?page={page}",
        "/fhir/Observation?page={page}",
        "/Observation?page={page}",
        "?page={page}",
        "https://public.example/fhir/Observation?page={page}",
        "http://10.0.0.7:8080/fhir?_getpages=1&page={page}",
    ],
)
def test_pages_are_requested_from_the_base_url_whatever_host_a_link_has(
    server: HostileServer, fhir: HttpFhirServer, link: str
) -> None:
    pages(server, 4, link)
    result = search(fhir, SEARCH)
    assert [row["id"] for row in result.rows] == ["o0", "o1", "o2", "o3"]
    assert not result.truncated


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/steal?page={page}",
        "//evil.example/steal",
        "{base}/../admin?page={page}",
        "{base}/%2e%2e/admin",
        "{base}evil/Observation",
        "file:///etc/passwd",
        "javascript:alert(1)",
    ],
)
def test_a_next_link_to_another_service_is_refused(server: HostileServer, fhir: HttpFhirServer, link: str) -> None:
    pages(server, 4, link)
    with pytest.raises(UnexpectedAnswer):
        search(fhir, SEARCH)
    assert all(request.path.startswith("/fhir/Observation") for request in server.requests)


def test_next_links_of_a_server_behind_a_proxy_follow_its_self_link(
    server: HostileServer, fhir: HttpFhirServer
) -> None:
    inside = "http://10.0.0.7:8080/internal/r4"
    first = bundle(
        observation("o1"), links={"self": f"{inside}/Observation?patient=x", "next": f"{inside}?_getpages=7"}
    )
    server.replies(Reply(body=first), Reply(body=bundle(observation("o2"))))
    assert len(search(fhir, SEARCH).rows) == 2
    assert server.requests[1].path == "/fhir"


@pytest.mark.parametrize("fixed", [True, False])
def test_repeated_pages_end_the_search(server: HostileServer, fhir: HttpFhirServer, fixed: bool) -> None:
    """Either the same link is repeated, or new links always lead to the same rows."""
    numbers = iter(range(10_000))
    server.answer = lambda request: Reply(
        body=bundle(observation("o1"), links={"next": f"Observation?page={1 if fixed else next(numbers)}"})
    )
    result = search(fhir, SEARCH)
    assert [row["id"] for row in result.rows] == ["o1"]
    assert result.truncated
    assert [notice.kind for notice in result.notices] == [NoticeKind.PAGING_LOOP]
    assert len(server.requests) <= 3


def test_a_server_without_next_links_is_paged_by_offset(server: HostileServer, fhir: HttpFhirServer) -> None:
    rows = [observation(f"o{n}") for n in range(25)]

    def answer(request: ReceivedRequest) -> Reply:
        start = int(request.param("_offset") or 0)
        return Reply(body=bundle(*rows[start : start + 10], total=25))

    server.answer = answer
    result = search(fhir, SEARCH)
    assert (len(result.rows), result.truncated) == (25, False)


@pytest.mark.parametrize("refuses", [True, False])
def test_rows_that_no_link_and_no_offset_reaches_make_it_incomplete(
    server: HostileServer, fhir: HttpFhirServer, refuses: bool
) -> None:
    def answer(request: ReceivedRequest) -> Reply:
        if request.param("_offset") and refuses:
            return Reply(400, outcome("not-supported"))
        return Reply(body=bundle(observation("o1"), total=25))

    server.answer = answer
    result = search(fhir, SEARCH)
    assert result.truncated
    assert [notice.kind for notice in result.notices] == [NoticeKind.INCOMPLETE]


def test_rows_lost_between_pages_are_read_by_a_second_search(server: HostileServer, fhir: HttpFhirServer) -> None:
    """During offset paging another user writes, and a row moves to a page already read. The total shows it."""
    searches = iter([["o0", "o2"], ["o0", "o1", "o2"]])
    current: list[str] = []

    def answer(request: ReceivedRequest) -> Reply:
        page = int(request.param("page") or 0)
        if page == 0:
            current[:] = next(searches)
        links = {"next": f"Observation?page={page + 1}"} if page + 1 < len(current) else {}
        return Reply(body=bundle(observation(current[page]), links=links, total=3))

    server.answer = answer
    result = search(fhir, SEARCH)
    assert {row["id"] for row in result.rows} == {"o0", "o1", "o2"}
    assert not result.truncated


def test_a_search_that_expires_between_pages_is_unavailable_not_empty(
    server: HostileServer, fhir: HttpFhirServer
) -> None:
    server.replies(Reply(body=bundle(observation("o1"), links={"next": "?_getpages=gone"})), Reply(410))
    with pytest.raises(ServerUnavailable):
        search(fhir, SEARCH)


# --- fewer features than any test server ---------------------------------------------------------


def test_without_post_search_a_long_list_is_split(server: HostileServer, fhir: HttpFhirServer) -> None:
    patients = tuple(f"patient-{number:03}" for number in range(200))

    def answer(request: ReceivedRequest) -> Reply:
        if request.method == "POST":
            return Reply(405)
        searched = [one.partition("/")[2] for one in request.param("patient").split(",")]
        return Reply(body=bundle(*(observation(f"o-{one}", one) for one in searched)))

    server.answer = answer
    for _ in range(2):
        result = search(fhir, SearchRequest("Observation", patients=patients))
        assert len(result.rows) == 200
        assert NoticeKind.NO_POST_SEARCH in [notice.kind for notice in result.notices]
    assert [request.method for request in server.requests].count("POST") == 1


def test_without_or_lists_each_patient_is_searched(server: HostileServer, fhir: HttpFhirServer) -> None:
    def answer(request: ReceivedRequest) -> Reply:
        if request.path.endswith("Patient"):
            known = request.param("_id") in ("p1", "p2")
            return Reply(body=bundle(*([PATIENT | {"id": request.param("_id")}] if known else [])))
        patient = request.param("patient").partition("/")[2]
        return Reply(body=bundle(*([observation(f"o-{patient}", patient)] if patient in ("p1", "p2") else [])))

    server.answer = answer
    result = search(fhir, SearchRequest("Observation", patients=("p1", "p2")))
    assert [row["id"] for row in result.rows] == ["o-p1", "o-p2"]
    assert [notice.kind for notice in result.notices] == [NoticeKind.NO_OR_LISTS]


def short_listed(**types: set[str]) -> Capabilities:
    """Returns a server whose CapabilityStatement lists only these search parameters."""
    listed = {name: TypeCapabilities(search_params=frozenset(params)) for name, params in types.items()}
    return Capabilities("4.0.1", types=listed)


DATED = [
    observation("a", status="final", effectiveDateTime="2026-03-01", code={"coding": [{"system": "s", "code": "x"}]}),
    observation("b", status="amended", effectiveDateTime="2026-05", code={"coding": [{"system": "s", "code": "y"}]}),
    observation("c", status="final", effectiveDateTime="2026-04-01T10:00:00Z", code={"coding": [{"code": "x"}]}),
    observation("d", status="final", code={"text": "x"}),
]


@pytest.mark.parametrize(
    ("parameter", "value", "expected"),
    [
        ("status", "final", "acd"),
        ("status", "amended,unknown", "b"),
        ("code", "x", "ac"),
        ("code", "s|x,s|y", "ab"),
        ("code", "s|", "ab"),
        ("date", "ge2026-04-01", "bc"),
        ("date", "lt2026-04-01", "a"),
        ("date", "gt2026-04-01T09:59:00Z", "bc"),
        ("date", "le2026-03-01", "a"),
    ],
)
def test_rows_are_filtered_by_the_client_where_the_server_lacks_the_parameter(
    server: HostileServer, parameter: str, value: str, expected: str
) -> None:
    fhir = HttpFhirServer(server.base_url, capabilities=short_listed(Observation={"subject"}))
    server.replies(Reply(body=bundle(*DATED)))
    result = search(fhir, SearchRequest("Observation", ((parameter, value),), ("p1",)))
    assert "".join(row["id"] for row in result.rows) == expected
    assert {notice.kind for notice in result.notices} == {NoticeKind.FILTERED_HERE}
    assert [name for name, _ in server.requests[0].params] == ["_count", "subject"]


@pytest.mark.parametrize("parameter", ["value-quantity", "code:in", "date:missing", "performer"])
def test_a_parameter_that_the_client_cannot_filter_by_is_unsupported(server: HostileServer, parameter: str) -> None:
    fhir = HttpFhirServer(server.base_url, capabilities=short_listed(Observation={"subject"}))
    with pytest.raises(Unsupported):
        search(fhir, SearchRequest("Observation", ((parameter, "7"),), ("p1",)))
    assert server.requests == []


def test_a_type_that_cannot_be_searched_by_patient_is_unsupported(server: HostileServer) -> None:
    """The client could read all rows and filter them, but it would read other patients' records."""
    fhir = HttpFhirServer(server.base_url, capabilities=short_listed(Observation={"code"}))
    with pytest.raises(Unsupported):
        search(fhir, SEARCH)
    assert server.requests == []


def test_rows_are_sorted_by_the_client_where_the_server_cannot(server: HostileServer) -> None:
    fhir = HttpFhirServer(server.base_url, capabilities=short_listed(Observation={"subject", "status"}))
    server.replies(Reply(body=bundle(*DATED)))
    result = search(fhir, SearchRequest("Observation", patients=("p1",), sort="-date"))
    assert [row["id"] for row in result.rows] == ["b", "c", "a", "d"]
    assert {notice.kind for notice in result.notices} == {NoticeKind.SORTED_HERE}
    unsorted = search(fhir, SearchRequest("Observation", patients=("p1",), sort="value-quantity"))
    assert {notice.kind for notice in unsorted.notices} == {NoticeKind.UNSORTED}


def test_referenced_records_are_read_by_id_where_the_server_has_no_includes(server: HostileServer) -> None:
    able = TypeCapabilities(search_include=frozenset({"CareTeam:encounter"}), search_rev_include=frozenset({"X:y"}))
    fhir = HttpFhirServer(server.base_url, capabilities=Capabilities("4.0.1", types={"CareTeam": able}))
    members = [{"member": {"reference": r}} for r in ("Practitioner/d1", "Practitioner/d2", "http://far/Patient/7")]
    team = {"resourceType": "CareTeam", "id": "t", "subject": {"reference": "Patient/p1"}, "participant": members}
    found = {
        "CareTeam": [team],
        "Practitioner": [{"resourceType": "Practitioner", "id": "d1"}],
        "Provenance": [{"resourceType": "Provenance", "id": "w", "target": [{"reference": "CareTeam/t"}]}],
    }
    server.answer = lambda request: Reply(body=bundle(*found[request.path.rpartition("/")[2]]))
    result = search(
        fhir,
        SearchRequest(
            "CareTeam", patients=("p1",), include=("CareTeam:participant",), revinclude=("Provenance:target",)
        ),
    )
    assert set(result.included) == {"Practitioner/d1", "Provenance/w"}
    assert {notice.kind for notice in result.notices} == {NoticeKind.NO_INCLUDE, NoticeKind.NO_REVINCLUDE}
    assert len(server.requests) == 3
    assert [request.param("_id") for request in server.requests if request.path.endswith("Practitioner")] == ["d1,d2"]


# --- what is logged ------------------------------------------------------------------------------


@pytest.mark.slow
def test_no_patient_data_reach_a_log_or_an_error(
    server: HostileServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(transport, "BACKOFF", 0.01)
    caplog.set_level(logging.DEBUG)
    family, number, patient, token = "Aldous", "9434765919", "pat-77", "t0ken"
    fhir = HttpFhirServer(server.base_url, token=lambda: token, timeout=(0.5, 0.2), capabilities=ABLE)
    name = SearchRequest("Patient", (("family", family), ("identifier", number)))
    observations = SearchRequest("Observation", patients=(patient,))
    record = PATIENT | {"id": patient, "name": [{"family": family}]}
    errors = []
    replies = [
        Reply(200, bundle()),
        Reply(400, outcome("invalid", family)),
        Reply(503),
        Reply(hang_up=True),
        Reply(body=family.encode()),
        Reply(wait=0.5),
        Reply(302, headers={"Location": f"/{family}"}),
    ]
    for reply in replies:
        server.replies(reply)
        for ask in (
            lambda: search(fhir, name),
            lambda: search(fhir, observations),
            lambda: fhir.read("Patient", patient),
            lambda: fhir.transaction([Entry("PUT", record)]),
        ):
            try:
                ask()
            except DashboardError as error:
                errors.append(str(error))
                logging.getLogger("boundary").error("shown", exc_info=error)
    output = "\n".join([*errors, caplog.text]).lower()
    assert "get observation 200" in output.replace("  ", " ")
    assert len(errors) > 20
    assert [secret for secret in (family.lower(), number, patient, token) if secret in output] == []


# --- at the same time ----------------------------------------------------------------------------


def test_searches_run_concurrently_up_to_the_limit(server: HostileServer) -> None:
    fhir = HttpFhirServer(server.base_url, workers=3, capabilities=ABLE)
    now, most, lock = 0, 0, threading.Lock()

    def answer(request: ReceivedRequest) -> Reply:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.05)
        with lock:
            now -= 1
        return Reply(body=bundle(observation("o1")))

    server.answer = answer
    assert len(fhir.try_all([SEARCH] * 12)) == 12
    assert most == 3


def test_connections_are_reused(server: HostileServer, fhir: HttpFhirServer) -> None:
    server.replies(Reply(body=PATIENT))
    for _ in range(20):
        fhir.read("Patient", "p1")
    assert len({request.port for request in server.requests}) == 1


# A proxy in maintenance

PAGE = b"<!DOCTYPE html><html><body>We are back soon</body></html>"
MAINTENANCE = {
    "web page": (Reply(body=PAGE), "answer-web-page"),
    "web page that says not found": (Reply(404, PAGE), "answer-web-page"),
    "not found without a word": (Reply(404), "answer-empty"),
    "gone, in words of its own": (Reply(410, {"message": "gone"}), "answer-not-json"),
    "nothing": (Reply(), "answer-empty"),
    "truncated": (Reply(body=b'{"resourceType": "Bundle", "entry": [{"reso'), "answer-cut-off"),
    "redirect": (Reply(302, headers={"Location": "https://elsewhere.test/"}), "server-redirects"),
    "busy": (Reply(503, PAGE), "server-busy"),
}


@pytest.mark.parametrize("kind", MAINTENANCE)
def test_what_answers_in_place_of_the_server_cannot_be_used_now_and_is_named(
    server: HostileServer, fhir: HttpFhirServer, kind: str
) -> None:
    reply, code = MAINTENANCE[kind]
    server.replies(reply)
    error = fhir.try_all([SEARCH])[0]
    assert isinstance(error, CannotBeUsedNow)
    assert error.code == code


def test_the_server_itself_that_knows_no_such_type_is_believed(server: HostileServer, fhir: HttpFhirServer) -> None:
    server.replies(Reply(404, outcome("not-found")))
    assert isinstance(fhir.try_all([SEARCH])[0], Unsupported)
