"""One odd row hides nothing, whatever is odd about it: a server that adds an odd copy to each row of every answer.

The pages show what they show without the copies, and name them. Only a Consent that may be anybody's closes the team.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from dashboard.cache.patient_cache import PatientCache
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_care_plan import get_care_plan
from dashboard.queries.get_own_record import get_own_record
from dashboard.queries.get_patient import get_patient
from dashboard.queries.get_timeline import get_timeline
from dashboard.queries.get_worklist import get_worklist
from tests.servers.start import Server, start_embedded
from tests.unit import people_and_teams as make
from tests.unit.actions.plans import ref, service
from tests.unit.fhir.hostile_server import HostileServer, ReceivedRequest, Reply, hostile_server, passed_on
from tests.unit.people_and_teams import AS_OF

T = load_terminology()
Json = dict[str, Any]
GP = Reference("Practitioner", "gp")
ORDERED = {"ServiceRequest", "CommunicationRequest"}
ODD: dict[str, tuple[Any, str]] = {
    "of another server": ({"reference": "https://old.example/r4/Patient/p1"}, "other-server"),
    "of another server, with a version": (
        {"reference": "https://old.example/r4/Patient/p1/_history/2"},
        "other-server",
    ),
    "of another patient of another server": ({"reference": "https://old.example/r4/Patient/p77"}, "other-server"),
    "a urn": ({"reference": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"}, "other-server"),
    "contained": ({"reference": "#p1"}, "contained-patient"),
    "a group": ({"reference": "Group/p1"}, "no-patient"),
    "words alone": ({"display": "Mary Aldous"}, "no-patient"),
    "a text": ("Patient/p1", "no-patient"),
    "a number": (7, "no-patient"),
    "nobody": (None, "no-patient"),
}


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with start_embedded(tmp_path_factory.mktemp("odd") / "fhir.sqlite") as server:
        fhir = HttpFhirServer(server.base_url)
        linked = (("Task", "t1"), ("ServiceRequest", "s1"), ("CommunicationRequest", "r1"), ("MedicationRequest", "m1"))
        plan = make.plan("cp1", "p1", ("g1",), activity=[{"reference": ref(*each)} for each in linked])
        cohort = [row for row in make.cohort() if row["id"] != "cp1"]
        message = {
            "resourceType": "CommunicationRequest",
            "id": "r1",
            "status": "active",
            "subject": ref("Patient", "p1"),
        }
        words = [{"contentString": "Ring about the dizziness"}]
        for resource in [*cohort, make.allergy("al1", "p1"), service("s1", "p1"), message | {"payload": words}, plan]:
            fhir.put_new(resource)
        fhir.close()
        yield server


@pytest.fixture
def proxy() -> Iterator[HostileServer]:
    with hostile_server() as hostile:
        yield hostile


def adding(target: str, odd: Any, types: set[str]) -> Callable[[ReceivedRequest], Reply]:
    """Answers as the target does, with a copy of each match about p1 whose patient is odd."""

    def answer(request: ReceivedRequest) -> Reply:
        reply = passed_on(request, target)
        content = json.loads(reply.bytes) if reply.status == 200 else {}
        entries = content.get("entry", [])
        for entry in list(entries):
            resource = entry.get("resource", {})
            element = next((name for name in ("subject", "patient", "for") if name in resource), "")
            matches = entry.get("search", {}).get("mode") == "match" and resource["resourceType"] in types
            if matches and resource.get(element) == {"reference": "Patient/p1"}:
                copy = {**resource, element: odd, "id": f"odd-{resource['id']}"}
                entries.append({**entry, "resource": copy})
                if "total" in content:
                    content["total"] += 1
        return Reply(body=content) if content else reply

    return answer


def pages(base_url: str) -> tuple[list[Any], set[Unreadable]]:
    """What worklist, patient, timeline, care plan and My record show, and what they name as left out."""
    fhir = HttpFhirServer(base_url)
    patient, teams = Reference("Patient", "p1"), TeamCache()
    asker = (fhir, User(GP, "gp"), AccessScope(fhir.base_url, str(GP)), T)
    own = User(None, "p1", roles=(Role.PATIENT,), fhir_user=patient)
    worklist = get_worklist(*asker, AS_OF, team_cache=teams)
    shown = [
        get_patient(*asker, "p1", AS_OF, team_cache=teams, patient_cache=PatientCache()),
        get_timeline(*asker, "p1", AS_OF, team_cache=teams, patient_cache=PatientCache()),
        get_care_plan(*asker, "p1", AS_OF, team_cache=teams, patient_cache=PatientCache()),
        get_own_record(fhir, own, AccessScope(fhir.base_url, str(patient)), T, AS_OF),
    ]
    fhir.close()
    named = {each for page in (worklist, *shown) for each in page.unreadable}
    return [worklist.rows.to_dict("records"), *(replace(page, unreadable=()) for page in shown)], named


@pytest.mark.parametrize("kind", ODD)
def test_odd_copies_of_all_rows_change_nothing_and_are_named(behind: Server, proxy: HostileServer, kind: str) -> None:
    odd, why = ODD[kind]
    whole, none = pages(behind.base_url)
    assert not none
    types = {each["resourceType"] for each in make.cohort()} | {"AllergyIntolerance", *ORDERED}
    types -= {"Appointment", "Patient", *(() if why == "other-server" else ("Consent",))}
    proxy.answer = adding(behind.base_url, odd, types)
    shown, named = pages(proxy.base_url)
    assert shown[0] == whole[0]
    for page, before in zip(shown[1:], whole[1:], strict=True):
        assert replace(page, notices=before.notices) == before
    assert {each.why for each in named} == {why}
    found = {each.origin.type for each in named}
    assert found >= {"Observation", "Condition", "MedicationRequest", "CarePlan", "Goal", "Task", "Encounter"}
    assert found >= {"AllergyIntolerance", "CareTeam", *ORDERED}
