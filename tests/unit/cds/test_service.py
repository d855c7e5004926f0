"""Our CDS Hooks service over HTTP, run in this process: what it lists, says, and refuses."""

import json
import logging
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import fhirkit
import pytest
import requests

from dashboard.cds import service as module
from dashboard.cds.feedback import FILE
from dashboard.cds.service import ORDER_SELECT, PATIENT_VIEW
from dashboard.domain.guidelines.evaluate import Outcome
from dashboard.domain.guidelines.rule_use import feedback_of_rules
from dashboard.fhir.cds_hooks.request import TYPES
from dashboard.fhir.cds_hooks.write_cards import EXTENSION, MOST_SUMMARY
from dashboard.fhir.client.json_text import written
from tests.cds import BASE, CALLER, bundle, call, prefetch, served, service, token
from tests.guidelines import CASES, RULES
from tests.patience import PATIENCE

Json = dict[str, Any]
VIEW, ORDER = f"/cds-services/{PATIENT_VIEW}", f"/cds-services/{ORDER_SELECT}"
NSAID = {"coding": [{"system": "http://www.whocc.no/atc", "code": "M01AE01"}], "text": "ibuprofen"}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(service(tmp_path_factory.mktemp("cds"))) as base:
        yield base


def of_person(rule: str, outcome: Outcome) -> tuple[Json, ...]:
    """The records of the first case of a rule with this answer, each in its third version."""
    case = next(each for each in CASES[rule][0] if each.answer is outcome and not each.unread)
    return tuple({**row, "meta": {"versionId": "3"}} for row in case.resources)


def post(base: str, place: str, body: Any, **options: Any) -> requests.Response:
    headers = {"content-type": "application/json", **options.pop("headers", {})}
    return requests.post(f"{base}{place}", data=written(body), headers=headers, timeout=PATIENCE, **options)


def cards(answer: requests.Response) -> list[Json]:
    assert answer.status_code == 200, answer.text
    return list(answer.json()["cards"])


def of_rule(found: list[Json], rule: str) -> list[Json]:
    return [card for card in found if card.get("extension", {}).get(EXTENSION, {}).get("rule") == rule]


def test_the_discovery_lists_two_services_with_what_they_need(demo: str) -> None:
    answer = requests.get(f"{demo}/cds-services", timeout=PATIENCE)
    services = answer.json()["services"]
    assert {each["id"]: each["hook"] for each in services} == {
        PATIENT_VIEW: "patient-view",
        ORDER_SELECT: "order-select",
    }
    for each in services:
        assert set(each["prefetch"]) == set(TYPES)
        assert each["prefetch"]["patient"] == "Patient/{{context.patientId}}"
        assert all("{{context.patientId}}" in template for template in each["prefetch"].values())
        assert "8480-6" in each["prefetch"]["observations"]  # systolic pressure
        assert "85354-9" in each["prefetch"]["observations"]  # in its panel
        assert "44260-8" in each["prefetch"]["observations"]  # an answer of the PHQ-9


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_card_says_what_the_rule_says(demo: str, rule: Any) -> None:
    found = cards(post(demo, VIEW, call(*of_person(rule.id, Outcome.APPLIES))))
    assert of_rule(found, rule.id)
    order = ["critical", "warning", "info"]
    assert [card["indicator"] for card in found] == sorted((card["indicator"] for card in found), key=order.index)
    for card in found:
        assert 0 < len(card["summary"]) < MOST_SUMMARY
        assert uuid.UUID(card["uuid"])
        assert card["source"]["label"]
    for card in of_rule(found, rule.id):
        assert card["summary"].startswith("Draft: ")
        assert "no clinician has reviewed" in card["detail"]
        assert card["source"]["url"].startswith("https://")
        assert all(reason["display"] and reason["system"] for reason in card["overrideReasons"])
        assert card["extension"][EXTENSION]["version"] == rule.version
        for suggestion in card.get("suggestions", []):
            assert card["selectionBehavior"] == "any"
            [action] = suggestion["actions"]
            assert action["type"] == "create"
            assert fhirkit.validate(json.dumps(action["resource"])) == []


def test_a_suggestion_names_the_versions_of_the_records_it_rests_on(demo: str) -> None:
    found = of_rule(
        cards(post(demo, VIEW, call(*of_person("03-metformin-kidney", Outcome.APPLIES)))), "03-metformin-kidney"
    )
    assert "latest eGFR within a year: 29 mL/min/1.73 m2 (2026-11-01)" in found[0]["detail"], found[0]["detail"]
    stamped = found[0]["extension"][EXTENSION]["records"]
    assert stamped
    assert all(record.endswith("/_history/3") for record in stamped)
    proposed = [each["actions"][0]["resource"] for each in found[0]["suggestions"]]
    medicine = next(each for each in proposed if each["resourceType"] == "MedicationRequest")
    assert [each["reference"] for each in medicine["supportingInformation"]] == stamped
    assert medicine["subject"] == {"reference": "Patient/p1"}
    assert medicine["doNotPerform"] is True


def test_what_does_not_apply_is_silent_and_what_nobody_can_say_is_one_card(demo: str) -> None:
    assert not of_rule(cards(post(demo, VIEW, call(*of_person("11-nsaid", Outcome.DOES_NOT_APPLY)))), "11-nsaid")
    person, *others = of_person("03-metformin-kidney", Outcome.CANNOT_SAY)
    found = cards(post(demo, VIEW, call(person, *others)))
    assert not of_rule(found, "03-metformin-kidney")
    last = found[-1]
    assert "cannot be judged" in last["summary"]
    assert last["indicator"] == "info"
    assert "eGFR" in last["detail"]
    assert "Metformin" in last["detail"]


@pytest.mark.parametrize("key", [key for key in TYPES if key != "patient"])
def test_what_was_not_sent_is_not_known_and_never_absent(demo: str, key: str) -> None:
    """No card appears for records that did not come, whatever the rule."""
    rows = of_person("04-sglt2-first-line", Outcome.APPLIES)
    whole = {card["summary"] for card in cards(post(demo, VIEW, call(*rows)))}
    sent = prefetch(*rows)
    for less in (
        {name: value for name, value in sent.items() if name != key},
        {**sent, key: {"resourceType": "OperationOutcome", "issue": []}},
        {**sent, key: bundle(total=3)},
        {**sent, key: bundle(link=[{"relation": "next", "url": "https://ehr.example.org/next"}])},
        {**sent, key: bundle({"resourceType": TYPES[key], "id": "whose"})},
    ):
        found = cards(post(demo, VIEW, call(*rows, prefetch=less)))
        assert {card["summary"] for card in found[:-1]} <= whole
        assert "cannot be judged" in found[-1]["summary"]


def test_an_order_is_taken_as_if_it_had_been_given(demo: str) -> None:
    person, *others = of_person("11-nsaid", Outcome.APPLIES)
    without = [row for row in others if row["resourceType"] != "MedicationRequest"]
    order = {"resourceType": "MedicationRequest", "id": "d1", "status": "draft", "intent": "order"}
    order |= {"medicationCodeableConcept": NSAID, "subject": {"reference": "Patient/p1"}}
    asked = {"hook": "order-select"}
    assert cards(post(demo, ORDER, call(person, *without, **asked))) == []
    found = cards(post(demo, ORDER, call(person, *without, **asked, drafts=(order,))))
    assert of_rule(found, "11-nsaid")
    assert any("MedicationRequest/d1" in card["extension"][EXTENSION]["records"] for card in of_rule(found, "11-nsaid"))
    # Of a record without the medicine patient-view says nothing, and with it the same rule.
    assert not of_rule(cards(post(demo, VIEW, call(person, *without))), "11-nsaid")
    # One without an id, and one that changes an order that is in the record.
    assert of_rule(cards(post(demo, ORDER, call(person, *without, **asked, drafts=({**order, "id": ""},)))), "11-nsaid")
    paracetamol = {
        **order,
        "medicationCodeableConcept": {
            "text": "paracetamol",
            "coding": [{"system": "http://www.whocc.no/atc", "code": "N02BE01"}],
        },
    }
    replaced = call(person, *without, {**order, "status": "active"}, **asked, drafts=(paracetamol,))
    assert not of_rule(cards(post(demo, ORDER, replaced)), "11-nsaid")


def test_an_order_that_nobody_knows_leaves_open_what_was_known(demo: str) -> None:
    person, *others = of_person("11-nsaid", Outcome.APPLIES)
    without = [row for row in others if row["resourceType"] != "MedicationRequest"]
    order = {"resourceType": "MedicationRequest", "medicationCodeableConcept": {"text": "something"}}
    [said] = cards(post(demo, ORDER, call(person, *without, hook="order-select", drafts=(order,))))
    assert "cannot be judged" in said["summary"]


def test_of_somebody_who_has_died_nothing_is_said(demo: str) -> None:
    person, *others = of_person("11-nsaid", Outcome.APPLIES)
    assert cards(post(demo, VIEW, call({**person, "deceasedBoolean": True}, *others))) == []


PERSON = {"resourceType": "Patient", "id": "p1", "birthDate": "1950-01-01"}
MARY = {"resourceType": "Condition", "id": "c1", "subject": {"reference": "Patient/mary"}}


@pytest.mark.parametrize(
    ("status", "says", "body"),
    [
        (400, "no JSON", b"{"),
        (400, "no JSON", b"\xff\xfe"),
        (400, "no JSON", b"[" * 100_000),
        (400, "no JSON", b'{"hook": NaN}'),
        (400, "no JSON object", b"[]"),
        (400, "hook", {"hook": "order-sign"}),
        (400, "hookInstance", call(PERSON, hookInstance=7)),
        (400, "context is missing", call(PERSON, context=None)),
        (400, "patientId", call(PERSON, context={"patientId": "../p1"})),
        (400, "patientId", call(PERSON, context={"patientId": ["p1"]})),
        (400, "prefetch must be an object", call(PERSON, prefetch=[])),
        (400, "conditions must be a Bundle", call(PERSON, prefetch={**prefetch(PERSON), "conditions": []})),
        (400, "conditions must be a Bundle", call(PERSON, prefetch={**prefetch(PERSON), "conditions": PERSON})),
        (400, "another patient", call(PERSON, prefetch={**prefetch(PERSON), "conditions": bundle(MARY)})),
        (400, "must be the Patient", call(PERSON, prefetch={**prefetch(PERSON), "patient": {**PERSON, "id": "p2"}})),
        (412, "prefetch.patient did not come", call(PERSON, prefetch={})),
        (412, "prefetch.patient did not come", call(PERSON, prefetch={**prefetch(PERSON), "patient": None})),
        (412, "only the patient came", call(PERSON, prefetch={"patient": PERSON})),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_call_that_cannot_be_answered_gets_a_sentence(demo: str, status: int, says: str, body: Any) -> None:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = requests.post(f"{demo}{VIEW}", data=data, headers={"content-type": "application/json"}, timeout=PATIENCE)
    assert answer.status_code == status, answer.text
    [issue] = answer.json()["issue"]
    assert says in issue["diagnostics"]
    assert "mary" not in answer.text


def test_an_order_for_another_patient_is_refused(demo: str) -> None:
    order = {"resourceType": "MedicationRequest", "subject": {"reference": "Patient/mary"}}
    assert post(demo, ORDER, call(PERSON, hook="order-select", drafts=(order,))).status_code == 400
    assert post(demo, ORDER, {**call(PERSON), "hook": "order-select"}).status_code == 400


def test_references_that_name_the_clients_own_server_are_its_own(demo: str) -> None:
    rows = of_person("11-nsaid", Outcome.APPLIES)
    text = written(call(*rows)).decode().replace('"Patient/p1"', '"https://ehr.example.org/fhir/Patient/p1"')
    assert "cannot be judged" in cards(post(demo, VIEW, json.loads(text)))[-1]["summary"]
    known = {**json.loads(text), "fhirServer": "https://ehr.example.org/fhir"}
    assert of_rule(cards(post(demo, VIEW, known)), "11-nsaid")


def test_other_methods_places_and_kinds_of_body(demo: str) -> None:
    assert requests.post(f"{demo}/cds-services", timeout=PATIENCE).status_code == 405
    assert requests.get(f"{demo}{VIEW}", timeout=PATIENCE).status_code == 405
    answer = requests.options(f"{demo}{VIEW}", headers={"origin": "https://evil.example"}, timeout=PATIENCE)
    assert answer.status_code == 401
    assert "access-control-allow-origin" not in answer.headers
    assert post(demo, "/cds-services/other", {}).status_code == 404
    assert (
        requests.post(f"{demo}{VIEW}", data="<x/>", headers={"content-type": "text/xml"}, timeout=PATIENCE).status_code
        == 415
    )


def test_a_body_that_is_too_large_or_never_comes(demo: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 2000)
    assert requests.post(f"{demo}{VIEW}", data=b" " * 3000, timeout=PATIENCE).status_code == 413
    assert requests.post(f"{demo}{VIEW}", data=iter([b" " * 1500, b" " * 1500]), timeout=PATIENCE).status_code == 413
    monkeypatch.setattr(module, "BODY_SECONDS", 0.2)
    port = urlsplit(demo).port
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as slow:
        slow.sendall(f"POST {VIEW} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 100\r\n\r\n{{".encode())
        assert b" 408 " in slow.recv(4000).split(b"\r\n")[0]


def test_too_many_calls_at_once_are_sent_away(demo: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 0)
    answer = requests.get(f"{demo}/cds-services", timeout=PATIENCE)
    assert answer.status_code == 503
    assert answer.headers["retry-after"]


def test_a_defect_shows_no_traceback_and_logs_no_record(
    demo: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("Mary Aldous")

    monkeypatch.setattr(module, "read_record", broken)
    with caplog.at_level(logging.INFO, "dashboard.cds"):
        answer = post(demo, VIEW, call(PERSON))
    assert answer.status_code == 500
    assert "RuntimeError" in caplog.text
    assert "Mary" not in answer.text + caplog.text
    assert "p1" not in caplog.text


def test_nobody_is_answered_without_a_key(tmp_path: Path) -> None:
    """By default, with clients that are named, and by way of a proxy in the demo."""
    with served(service(tmp_path, callers=())) as base:
        answer = requests.get(f"{base}/cds-services", timeout=PATIENCE)
        assert answer.status_code == 401
        assert "none is in its settings" in answer.json()["issue"][0]["diagnostics"]
        assert answer.headers["www-authenticate"] == "Bearer"
    with served(service(tmp_path, demo=True)) as base:
        for header in ("origin", "x-forwarded-for", "forwarded", "sec-fetch-site"):
            assert requests.get(f"{base}/cds-services", headers={header: "x"}, timeout=PATIENCE).status_code == 401
        assert (
            requests.get(f"{base}/cds-services", headers={"host": "evil.example"}, timeout=PATIENCE).status_code == 401
        )
    with served(service(tmp_path, callers=(CALLER,), base_url=BASE)) as base:
        place = f"{BASE}/cds-services"
        assert requests.get(f"{base}/cds-services", timeout=PATIENCE).status_code == 401
        signed = {"authorization": f"Bearer {token(place)}"}
        assert requests.get(f"{base}/cds-services", headers=signed, timeout=PATIENCE).status_code == 200
        assert requests.get(f"{base}/cds-services", headers=signed, timeout=PATIENCE).status_code == 401  # used
        signed = {"authorization": f"Bearer {token(f'{BASE}{VIEW}')}"}
        assert cards(post(base, VIEW, call(*of_person("11-nsaid", Outcome.APPLIES)), headers=signed))


def test_feedback_is_counted_by_rule_without_persons_or_words(tmp_path: Path) -> None:
    with served(service(tmp_path)) as base:
        found = cards(post(base, VIEW, call(*of_person("11-nsaid", Outcome.APPLIES))))
        card = of_rule(found, "11-nsaid")[0]
        at = "2026-11-23T12:00:00Z"
        chosen = [{"id": each["uuid"]} for each in card.get("suggestions", [])][:1]
        reason = {"reason": card["overrideReasons"][0], "userComment": "Mary Aldous said no"}
        reports = [
            {"card": card["uuid"], "outcome": "accepted", "acceptedSuggestions": chosen, "outcomeTimestamp": at},
            {"card": card["uuid"], "outcome": "overridden", "overrideReason": reason, "outcomeTimestamp": at},
            {"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": at},
            {"card": card["uuid"], "outcome": "overridden", "overrideReason": {"reason": {"code": "x"}}},
            {"card": str(uuid.uuid4()), "outcome": "accepted"},
        ]
        for _ in range(2):
            assert post(base, f"{VIEW}/feedback", {"feedback": reports}).status_code == 200
        text = (tmp_path / FILE).read_text()
        key = f"2026-11 11-nsaid|0.1.0|{card['extension'][EXTENSION]['card']}"
        code = card["overrideReasons"][0]["code"]
        assert json.loads(text) == {
            f"{key} accepted none": 2,
            f"{key} overridden {code}": 2,
            f"{key} overridden none": 2,
            f"{key} overridden not-ours": 2,
        }
        assert "Mary" not in text and code == "short-course"  # a reason of the card's own
        (use,), unread = feedback_of_rules(json.loads(text), RULES)
        assert unread == 0 and use.rule == "11-nsaid" and use.own_words["short-course"]
        for wrong in (
            {},
            {"feedback": []},
            {"feedback": [1]},
            {"feedback": [{"card": "x", "outcome": "accepted"}]},
            [],
        ):
            assert post(base, f"{VIEW}/feedback", wrong).status_code == 400
        assert post(base, f"{VIEW}/feedback", {"feedback": reports * 100}).status_code == 400
