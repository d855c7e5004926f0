"""Foreign services that are slow, broken or hostile cost nothing but their own cards."""

import gzip
import json
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from joserfc import jwt

from dashboard.domain.guidelines.foreign_card import ForeignAnswer, ForeignService, Trouble
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import OperatorError
from dashboard.fhir.cds_hooks import ask as module
from dashboard.fhir.cds_hooks.ask import CdsServices
from tests.cds import KEY
from tests.patience import PATIENCE
from tests.unit.fhir.hostile_server import HostileServer, ReceivedRequest, Reply, hostile_server

PATIENT, USER = Reference("Patient", "p1"), Reference("Practitioner", "gp")
TEMPLATE = "Patient/{{context.patientId}}"
DISCOVERY = {
    "services": [{"hook": "patient-view", "id": "a", "description": "x", "prefetch": {"p": TEMPLATE, "q": "Account"}}]
}
CARDS = {"cards": [{"summary": "Check potassium", "indicator": "info", "source": {"label": "Lab"}}]}


@pytest.fixture
def foreign() -> Iterator[HostileServer]:
    with hostile_server() as server:
        server.answer = lambda request: good(request)
        yield server


def good(request: ReceivedRequest, cards: Reply | None = None) -> Reply:
    return Reply(body=DISCOVERY) if request.method == "GET" else (cards or Reply(body=CARDS))


def services(*servers: HostileServer, seconds: float = 1.0, **who: str) -> CdsServices:
    named = [
        ForeignService(f"s{number}", f"Service {number}", each.base_url.removesuffix("/fhir"))
        for number, each in enumerate(servers)
    ]
    return CdsServices(named, seconds=seconds, **who)


def ask(of: CdsServices, told: list[ForeignAnswer] | None = None) -> tuple[ForeignAnswer, ...]:
    def fetch(templates: frozenset[str]) -> tuple[dict[str, Any], tuple[str, ...]]:
        return {TEMPLATE: {"resourceType": "Patient", "id": "p1"}}, ("Account",)

    return of.ask(PATIENT, USER, fetch, (told if told is not None else []).append)


def test_a_service_gets_what_it_asks_for_and_no_way_to_our_server(foreign: HostileServer) -> None:
    told: list[ForeignAnswer] = []
    asked = services(foreign)
    [answer] = ask(asked, told)
    assert told == [answer]
    assert [card.summary for card in answer.cards] == ["Check potassium"]
    assert (answer.trouble, answer.unread) == (None, ("Account",))
    discovery, call = foreign.requests
    assert (discovery.path, call.path) == ("/cds-services", "/cds-services/a")
    sent = json.loads(call.body)
    assert set(sent) == {"hook", "hookInstance", "context", "prefetch"}
    assert sent["context"] == {"patientId": "p1", "userId": "Practitioner/gp"}
    assert sent["prefetch"] == {"p": {"resourceType": "Patient", "id": "p1"}}
    assert "Authorization" not in call.headers
    ask(asked)
    assert [each.method for each in foreign.requests] == ["GET", "POST", "POST"]  # a discovery is good for a while


def test_a_call_is_signed_for_its_address(foreign: HostileServer) -> None:
    key = KEY.as_pem(private=True).decode()
    ask(services(foreign, issuer="https://c3.example.org", key=key, key_id="k1"))
    seen = set()
    for request in foreign.requests:
        token = jwt.decode(request.headers["Authorization"].removeprefix("Bearer "), KEY, algorithms=["ES384"])
        assert token.claims["iss"] == "https://c3.example.org"
        assert token.claims["aud"] == foreign.base_url.removesuffix("/fhir") + request.path
        assert token.header["kid"] == "k1"
        seen.add(token.claims["jti"])
    assert len(seen) == 2
    with pytest.raises(OperatorError, match="key_file"):
        services(foreign, issuer="x", key="hush", key_id="k1")


@pytest.mark.parametrize(
    ("reply", "trouble"),
    [
        (Reply(wait=3), Trouble.SLOW),
        (Reply(body=CARDS, drip=0.2), Trouble.SLOW),
        (Reply(hang_up=True), Trouble.AWAY),
        (Reply(body=CARDS, cut=True), Trouble.AWAY),
        (Reply(401), Trouble.REFUSED),
        (Reply(403), Trouble.REFUSED),
        (Reply(412), Trouble.UNFED),
        (Reply(404), Trouble.FAILED),
        (Reply(500, body=CARDS), Trouble.FAILED),
        (Reply(302, headers={"Location": "http://127.0.0.1:9/"}), Trouble.REDIRECTED),
        (Reply(307, headers={"Location": "/cds-services/other"}), Trouble.REDIRECTED),
        (Reply(body=b"x" * 3_000_000), Trouble.TOO_LARGE),
        (Reply(body=gzip.compress(b"x" * 100_000), headers={"Content-Encoding": "gzip"}), Trouble.NOT_CARDS),
        (Reply(body=b"<html>"), Trouble.NOT_CARDS),
        (Reply(body=b""), Trouble.NOT_CARDS),
        (Reply(body={"cards": "many"}), Trouble.NOT_CARDS),
        (Reply(body=b'{"cards": ' + b"[" * 100_000), Trouble.NOT_CARDS),
        (Reply(headers={"Content-Length": "-1"}), Trouble.SLOW),
    ],
    ids=lambda value: str(value) if isinstance(value, Trouble) else "",
)
def test_its_trouble_is_said_and_another_s_cards_are_there(
    foreign: HostileServer, caplog: pytest.LogCaptureFixture, reply: Reply, trouble: Trouble
) -> None:
    with hostile_server() as bad, caplog.at_level(logging.INFO):
        bad.answer = lambda request: good(request, reply)
        first, second = ask(services(bad, foreign))
    assert (first.trouble, first.cards) == (trouble, ())
    assert second.cards
    assert len([each for each in bad.requests if each.method == "POST"]) == 1  # nothing was sent anywhere else
    assert "p1" not in caplog.text


@pytest.mark.parametrize("reply", [Reply(500), Reply(body={"services": 7}), Reply(301, headers={"Location": "/x"})])
def test_without_a_discovery_nothing_of_the_patient_is_sent(foreign: HostileServer, reply: Reply) -> None:
    foreign.answer = lambda request: reply
    [answer] = ask(services(foreign))
    assert answer.trouble is not None
    assert [each.method for each in foreign.requests] == ["GET"]


def test_nothing_listens_there() -> None:
    with hostile_server() as gone:
        asked = services(gone)
    assert ask(asked)[0].trouble is Trouble.AWAY


def test_while_two_calls_hang_no_third_is_made(foreign: HostileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a server can do that sends a byte of a header now and then."""
    go_on, hanging = threading.Event(), []

    def hang(*_: object) -> bytes:
        hanging.append(1)
        go_on.wait(PATIENCE)
        return b"{}"

    monkeypatch.setattr(CdsServices, "_exchange", hang)
    asked = services(foreign, seconds=0.2)
    try:
        assert [ask(asked)[0].trouble for _ in range(4)] == [Trouble.SLOW] * 4
        assert len(hanging) == 2
    finally:
        go_on.set()


def test_of_several_services_of_a_server_one_may_fail(foreign: HostileServer) -> None:
    two = {"services": [{**DISCOVERY["services"][0], "id": each} for each in ("a", "b")]}
    foreign.answer = lambda request: (
        Reply(body=two)
        if request.method == "GET"
        else Reply(body=CARDS)
        if request.path.endswith("a")
        else Reply(body=b"x")
    )
    [answer] = ask(services(foreign))
    assert (len(answer.cards), answer.trouble) == (1, Trouble.NOT_CARDS)


def test_a_defect_costs_the_cards_of_one_service(
    foreign: HostileServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("Mary")

    monkeypatch.setattr(module, "read_cards", broken)
    [answer] = ask(services(foreign))
    assert answer.trouble is Trouble.NOT_CARDS
    assert "Mary" not in caplog.text
