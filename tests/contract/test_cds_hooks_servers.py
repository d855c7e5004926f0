"""CDS Hooks with programs that this project did not write: HAPI's service is asked, and HAPI's classes read ours."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from dashboard.cache.team_cache import TeamCache
from dashboard.cds.service import HOOKS, PATIENT_VIEW
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.guidelines.evaluate import Outcome
from dashboard.domain.guidelines.foreign_card import ForeignLink, ForeignService
from dashboard.domain.guidelines.rule import Indicator
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.cds_hooks.ask import CdsServices
from dashboard.fhir.client.json_text import written
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.ask_cds_services import ask_cds_services
from tests.cds import call, served, service
from tests.fakes import FakeFhirServer
from tests.guidelines import CASES, RULES
from tests.patience import PATIENCE
from tests.servers.start import CannotFetch, start_cds_hooks
from tests.unit import people_and_teams as make

pytestmark = [pytest.mark.java, pytest.mark.slow, pytest.mark.xdist_group("hapi")]
GP = User(Reference("Practitioner", "gp"), "Dr Jane Okafor", session_id="s1")
SCOPE = AccessScope("http://fake.test/fhir", "Practitioner/gp")


@pytest.fixture(scope="module")
def hapi() -> Iterator[str]:
    try:
        server = start_cds_hooks()
    except CannotFetch as reason:
        pytest.skip(str(reason))
    with server:
        yield server.base_url


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(service(tmp_path_factory.mktemp("cds"))) as base:
        yield base


def as_hapi_reads(hapi: str, what: str, body: bytes) -> Any:
    answer = requests.post(f"{hapi}/read/{what}", data=body, timeout=PATIENCE)
    assert answer.status_code == 200, answer.text[:2000]
    return answer.json()


def test_hapi_s_service_gets_the_records_that_it_asks_for_and_its_card_is_read(hapi: str) -> None:
    server = FakeFhirServer([*make.cohort()])
    services = CdsServices([ForeignService("hapi", "HAPI", hapi)], seconds=PATIENCE)
    [answer] = ask_cds_services(
        server, GP, SCOPE, load_terminology(), services, "p1", make.AS_OF, team_cache=TeamCache()
    )
    [card] = answer.cards
    born = server.read("Patient", "p1")["birthDate"]
    problems, medicines = (
        sum(row["subject"]["reference"] == "Patient/p1" for row in server.rows[kind].values())
        for kind in ("Condition", "MedicationRequest")
    )
    assert problems and medicines
    assert card.summary == f"p1, born {born}"
    assert card.detail == f"{problems} problems, {medicines} medicines, 0 names"
    assert (card.indicator, card.source, card.suggestions) == (Indicator.WARNING, "HAPI", ("Order potassium",))
    assert ForeignLink("More", "https://hapifhir.example/more") in card.links
    assert (answer.trouble, answer.left_out, answer.unread) == (None, 0, ())


def test_hapi_reads_our_discovery(hapi: str, ours: str) -> None:
    read = as_hapi_reads(hapi, "discovery", requests.get(f"{ours}/cds-services", timeout=PATIENCE).content)
    assert [(each["id"], each["hook"]) for each in read["services"]] == [
        (each.id, each.hook) for each in HOOKS.values()
    ]
    assert read["services"][0]["prefetch"]["patient"] == "Patient/{{context.patientId}}"


def test_hapi_reads_every_card_of_every_rule(hapi: str, ours: str) -> None:
    """With their suggestions, whose resources HAPI parses as R4, and with nothing lost of what it knows of a card."""
    for rule in RULES:
        case = next(each for each in CASES[rule.id][0] if each.answer is Outcome.APPLIES and not each.unread)
        answer = requests.post(
            f"{ours}/cds-services/{PATIENT_VIEW}", data=written(call(*case.resources)), timeout=PATIENCE
        )
        sent, read = answer.json()["cards"], as_hapi_reads(hapi, "cards", answer.content)["cards"]
        assert sent and len(sent) == len(read)
        for one, other in zip(sent, read, strict=True):
            for name in ("uuid", "summary", "detail", "indicator", "source"):
                assert other[name] == one[name]
            proposed = [each["actions"][0]["resource"]["resourceType"] for each in one.get("suggestions", [])]
            parsed = [each["actions"][0]["resource"]["resourceType"] for each in other.get("suggestions") or []]
            assert parsed == proposed


def test_our_feedback_takes_what_hapi_writes(hapi: str, ours: str) -> None:
    """HAPI writes one report; CDS Hooks 2.0 sends them in a list."""
    report = {
        "card": str(uuid.uuid4()),
        "outcome": "accepted",
        "acceptedSuggestions": [{"id": str(uuid.uuid4())}],
        "outcomeTimestamp": "2026-11-23T12:00:00Z",
    }
    by_hapi = as_hapi_reads(hapi, "feedback", written(report))
    answer = requests.post(
        f"{ours}/cds-services/{PATIENT_VIEW}/feedback", data=written({"feedback": [by_hapi]}), timeout=PATIENCE
    )
    assert answer.status_code == 200, answer.text


def test_without_records_hapi_says_no_card_and_that_is_said(hapi: str) -> None:
    services = CdsServices([ForeignService("hapi", "HAPI", hapi)], seconds=PATIENCE)
    [answer] = services.ask(Reference("Patient", "p1"), GP.practitioner, lambda _: ({}, ("Patient",)), lambda _: None)
    assert answer.trouble is not None
    assert answer.cards == ()
