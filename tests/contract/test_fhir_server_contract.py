"""What the FHIR client promises, on every FHIR server: the embedded one, HAPI FHIR, and a deliberately poor one.

Where a server cannot do what is asked, the test says which of two things happens: the client does it another way and
gives a notice, or it refuses with `Unsupported` before anything is written. Nothing in between.
"""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from dashboard.errors import (
    NotFound,
    ServerRefused,
    UnexpectedAnswer,
    Unsupported,
    VersionConflict,
)
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.client.transaction import Entry
from dashboard.fhir.search.notices import NoticeKind
from dashboard.fhir.search.request import SearchRequest
from tests.servers.start import Server

Row = dict[str, Any]

LOINC = "http://loinc.org"


@dataclass
class World:
    """Two patients with observations, a third who is nobody's, a team and a plan; ids are new for each server."""

    fhir: HttpFhirServer
    server: str
    mine: str
    other: str
    foreign: str
    practitioner: str
    team: str
    plan: str
    goal: str

    @property
    def poor(self) -> bool:
        return self.server == "medplum"


OBSERVATIONS = 12  # of each patient


@pytest.fixture(scope="module")
def fhir(fhir_server: Server) -> Iterator[HttpFhirServer]:
    fhir = HttpFhirServer(fhir_server.base_url)
    yield fhir
    fhir.close()


@pytest.fixture(scope="module")
def world(fhir_server: Server, fhir: HttpFhirServer) -> World:
    tag = uuid.uuid4().hex[:8]
    mine, other, foreign = (make_patient(fhir, f"{who}{tag}") for who in ("Mine", "Other", "Foreign"))
    for patient in (mine, other, foreign):
        for number in range(OBSERVATIONS):
            fhir.create(observation(patient, number))
    practitioner = fhir.create({"resourceType": "Practitioner", "name": [{"family": f"Doc{tag}"}]})["id"]
    team = fhir.create(
        {
            "resourceType": "CareTeam",
            "status": "active",
            "subject": {"reference": f"Patient/{mine}"},
            "participant": [{"member": {"reference": f"Practitioner/{practitioner}", "display": "Doc"}}],
        }
    )["id"]
    goal = fhir.create(
        {
            "resourceType": "Goal",
            "lifecycleStatus": "active",
            "description": {"text": "walk"},
            "subject": {"reference": f"Patient/{mine}"},
        }
    )["id"]
    plan = fhir.create(
        {
            "resourceType": "CarePlan",
            "status": "active",
            "intent": "plan",
            "subject": {"reference": f"Patient/{mine}"},
            "goal": [{"reference": f"Goal/{goal}"}],
        }
    )["id"]
    fhir.create(provenance(f"CarePlan/{plan}", f"Practitioner/{practitioner}"))
    return World(fhir, fhir_server.name, mine, other, foreign, practitioner, team, plan, goal)


def make_patient(fhir: HttpFhirServer, family: str) -> str:
    return str(fhir.create({"resourceType": "Patient", "name": [{"family": family}]})["id"])


def observation(patient: str, number: int) -> Row:
    return {
        "resourceType": "Observation",
        "status": "final" if number % 2 else "amended",
        "code": {"coding": [{"system": LOINC, "code": "4548-4" if number % 3 else "2823-3"}]},
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": f"2026-{12 - number % 12:02d}-15T10:00:00Z",
        "valueQuantity": {"value": number, "system": "http://unitsofmeasure.org", "code": "mmol/L"},
    }


def provenance(target: str, who: str) -> Row:
    return {
        "resourceType": "Provenance",
        "target": [{"reference": target}],
        "recorded": "2026-11-20T10:00:00Z",
        "agent": [{"who": {"reference": who}}],
    }


def kinds(result: Any) -> set[str]:
    return {notice.kind for notice in result.notices}


def subjects(rows: list[Row]) -> set[str]:
    return {row["subject"]["reference"] for row in rows}


# --- what the server says ------------------------------------------------------------------------


def test_capabilities_are_read_once(world: World) -> None:
    first = world.fhir.capabilities
    with world.fhir.measure() as counts:
        assert world.fhir.capabilities is first
    assert counts.requests == 0
    assert world.fhir.capabilities.fhir_version.startswith("4.0")
    assert world.fhir.capabilities.transactions is not world.poor


# --- one record ----------------------------------------------------------------------------------


def test_what_is_created_is_read_back_with_an_id_and_a_version(world: World) -> None:
    created = world.fhir.create({"resourceType": "Patient", "name": [{"family": "Read"}], "birthDate": "1950"})
    found = world.fhir.read("Patient", created["id"])
    assert found["name"] == [{"family": "Read"}]
    assert found["birthDate"] == "1950"
    assert found["meta"]["versionId"] == created["meta"]["versionId"]


@pytest.mark.parametrize("identity", ["does-not-exist", "../Patient", "a b", "", "x" * 65])
def test_a_record_that_does_not_exist_is_not_found(world: World, identity: str) -> None:
    with pytest.raises(NotFound):
        world.fhir.read("Patient", identity)


def test_a_conditional_create_finds_what_is_there(world: World) -> None:
    value = uuid.uuid4().hex
    patient = {"resourceType": "Patient", "identifier": [{"system": "urn:test", "value": value}]}
    first = world.fhir.create(patient, if_none_exist=f"identifier=urn:test|{value}")
    second = world.fhir.create(patient, if_none_exist=f"identifier=urn:test|{value}")
    assert first["id"] == second["id"]


def test_a_refusal_is_reported_without_the_servers_words(world: World) -> None:
    if world.poor:  # it takes anything
        assert world.fhir.create({"resourceType": "Patient", "birthDate": "Zebedee"})["id"]
        return
    with pytest.raises(ServerRefused) as refused:
        world.fhir.create({"resourceType": "Patient", "birthDate": "Zebedee"})
    assert "Zebedee" not in str(refused.value)
    assert "reference=" in str(refused.value)


# --- saving --------------------------------------------------------------------------------------


def test_a_save_over_a_newer_version_is_a_conflict_and_changes_nothing(world: World) -> None:
    read = world.fhir.create({"resourceType": "Patient", "name": [{"family": "Base"}]})
    saved = world.fhir.update(read | {"name": [{"family": "Theirs"}]})
    assert saved["meta"]["versionId"] != read["meta"]["versionId"]
    with pytest.raises(VersionConflict):
        world.fhir.update(read | {"name": [{"family": "Mine"}]})
    assert world.fhir.read("Patient", read["id"])["name"] == [{"family": "Theirs"}]


def test_a_save_without_the_version_that_was_read_is_refused(world: World) -> None:
    with pytest.raises(ValueError, match="versionId"):
        world.fhir.update({"resourceType": "Patient", "id": world.mine})


def test_thirty_writers_at_once_lose_nothing(world: World) -> None:
    """Each adds a note of its own, starting again from the newest version after a conflict."""
    start = world.fhir.create(
        {
            "resourceType": "Task",
            "status": "requested",
            "intent": "order",
            "for": {"reference": f"Patient/{world.mine}"},
        }
    )

    def write(number: int) -> str:
        for _ in range(200):
            task = world.fhir.read("Task", start["id"])
            try:
                world.fhir.update(task | {"note": [*task.get("note", []), {"text": f"writer {number}"}]})
            except VersionConflict:
                continue
            return f"writer {number}"
        return "gave up"

    with ThreadPoolExecutor(10) as pool:
        written = list(pool.map(write, range(30)))
    notes = [note["text"] for note in world.fhir.read("Task", start["id"])["note"]]
    assert sorted(notes) == sorted(written) == sorted(f"writer {n}" for n in range(30))


# --- several records together --------------------------------------------------------------------


def test_a_transaction_is_stored_together_and_its_links_resolved(world: World) -> None:
    patient = f"urn:uuid:{uuid.uuid4()}"
    entries = [
        Entry("POST", observation("x", 1) | {"subject": {"reference": patient}}),
        Entry("POST", {"resourceType": "Patient", "name": [{"family": "New"}]}, full_url=patient),
        Entry("PUT", {"resourceType": "Practitioner", "id": f"doc-{uuid.uuid4().hex[:8]}"}),
    ]
    if world.poor:
        with pytest.raises(Unsupported):
            world.fhir.transaction(entries)
        return
    stored = world.fhir.transaction(entries)
    assert [row["resourceType"] for row in stored] == ["Observation", "Patient", "Practitioner"]
    assert stored[0]["subject"]["reference"] == f"Patient/{stored[1]['id']}"
    assert stored[2]["id"] == entries[2].resource["id"]
    assert world.fhir.read("Observation", stored[0]["id"])["subject"] == stored[0]["subject"]
    again = world.fhir.transaction([entries[2]])
    assert again[0]["id"] == entries[2].resource["id"]


def test_a_transaction_with_a_stale_version_changes_nothing(world: World) -> None:
    family = f"Rolled{uuid.uuid4().hex[:8]}"
    read = world.fhir.create({"resourceType": "Patient", "name": [{"family": "Base"}]})
    world.fhir.update(read | {"active": True})
    entries = [
        Entry("POST", {"resourceType": "Patient", "name": [{"family": family}]}),
        Entry("PUT", read | {"active": False}),
        Entry("POST", provenance(f"Patient/{read['id']}", f"Practitioner/{world.practitioner}")),
    ]
    with pytest.raises(Unsupported if world.poor else VersionConflict):
        world.fhir.transaction(entries)
    assert world.fhir.count("Patient", [("family", family)]) == 0
    assert world.fhir.read("Patient", read["id"])["active"] is True


# --- searching -----------------------------------------------------------------------------------


@pytest.mark.parametrize("page_size", [5, 1000])
def test_a_search_for_patients_gives_all_their_rows_and_no_others(world: World, page_size: int) -> None:
    result = world.fhir.search(SearchRequest("Observation", patients=(world.mine, world.other), page_size=page_size))
    assert len(result.rows) == 2 * OBSERVATIONS
    assert subjects(result.rows) == {f"Patient/{world.mine}", f"Patient/{world.other}"}
    assert not result.truncated
    assert result.searches == 1


def test_a_team_of_two_hundred_is_one_search(world: World) -> None:
    nobody = tuple(f"nobody-{number}" for number in range(198))
    result = world.fhir.search(SearchRequest("Observation", patients=(world.mine, *nobody, world.other)))
    assert len(result.rows) == 2 * OBSERVATIONS
    assert result.searches == 1


def test_more_patients_than_one_search_takes_are_still_complete(world: World) -> None:
    nobody = tuple(f"nobody-{number}" for number in range(401))
    request = SearchRequest("Observation", patients=(world.mine, *nobody, world.other), sort="-date")
    result = world.fhir.search(request)
    dates = [row["effectiveDateTime"] for row in result.rows]
    assert len(dates) == 2 * OBSERVATIONS
    assert dates == sorted(dates, reverse=True)


def test_patients_themselves_are_searched_by_id(world: World) -> None:
    result = world.fhir.search(SearchRequest("Patient", patients=(world.mine, world.other, "nobody")))
    assert {row["id"] for row in result.rows} == {world.mine, world.other}


def test_an_empty_list_of_one_of_two_known_patients_is_empty(world: World) -> None:
    result = world.fhir.search(SearchRequest("Goal", patients=(world.other, world.foreign)))
    assert result.rows == []


def test_nobody_has_no_rows_and_the_server_is_not_asked(world: World) -> None:
    assert world.fhir.capabilities  # asked for once, before
    with world.fhir.measure() as counted:
        result = world.fhir.search(SearchRequest("Observation", patients=(), include=("Observation:subject",)))
    assert (result.rows, result.included, counted.requests) == ([], {}, 0)


def test_pages_are_complete_and_without_duplicates(world: World) -> None:
    patient = make_patient(world.fhir, "Long")
    # Medplum's memory server looks at each row for 6 ms in every search: 2,500 rows would take minutes there.
    total, page = (100, 10) if world.poor else (2500, 100)
    if world.poor:
        for number in range(total):
            world.fhir.create(observation(patient, number))
    else:
        for start in range(0, total, 250):
            world.fhir.transaction([Entry("POST", observation(patient, n)) for n in range(start, start + 250)])
    result = world.fhir.search(SearchRequest("Observation", patients=(patient,), page_size=page))
    assert len(result.rows) == len({row["id"] for row in result.rows}) == total
    assert sorted(row["valueQuantity"]["value"] for row in result.rows) == list(range(total))
    assert not result.truncated
    assert result.pages >= total / page
    cap = total // 10 + page // 2
    capped = world.fhir.search(SearchRequest("Observation", patients=(patient,), page_size=page, max_rows=cap))
    assert len(capped.rows) == cap
    assert capped.truncated
    assert NoticeKind.CAPPED in kinds(capped)


def test_a_result_exactly_as_long_as_the_cap_is_not_truncated(world: World) -> None:
    request = SearchRequest("Observation", patients=(world.mine,), page_size=5, max_rows=OBSERVATIONS)
    result = world.fhir.search(request)
    assert len(result.rows) == OBSERVATIONS
    assert not result.truncated


def test_values_are_ored_and_parameters_anded(world: World) -> None:
    both = (("code", f"{LOINC}|4548-4,{LOINC}|2823-3"),)
    assert len(world.fhir.search(SearchRequest("Observation", both, (world.mine,))).rows) == OBSERVATIONS
    final = (*both, ("status", "final"), ("date", "ge2026-07-01"), ("date", "lt2026-10-01"))
    rows = world.fhir.search(SearchRequest("Observation", final, (world.mine,))).rows
    assert {row["effectiveDateTime"][:7] for row in rows} == {"2026-07", "2026-09"}


def test_rows_come_in_the_order_asked(world: World) -> None:
    for sort, reverse in (("date", False), ("-date", True)):
        request = SearchRequest("Observation", patients=(world.mine,), sort=sort, page_size=5)
        dates = [row["effectiveDateTime"] for row in world.fhir.search(request).rows]
        assert dates == sorted(dates, reverse=reverse)
        assert len(dates) == OBSERVATIONS


def test_only_what_changed_since_is_found(world: World) -> None:
    patient = make_patient(world.fhir, "Changed")
    old = world.fhir.create(observation(patient, 1))
    since = old["meta"]["lastUpdated"]
    new = world.fhir.create(observation(patient, 2))
    rows = world.fhir.search(SearchRequest("Observation", (("_lastUpdated", f"gt{since}"),), (patient,))).rows
    assert [row["id"] for row in rows] == [new["id"]]
    rows = world.fhir.search(SearchRequest("Observation", (("_lastUpdated", f"ge{since}"),), (patient,))).rows
    assert {row["id"] for row in rows} == {old["id"], new["id"]}


def test_what_was_just_written_is_found(world: World) -> None:
    patient = make_patient(world.fhir, "Fresh")
    request = SearchRequest("Observation", patients=(patient,))
    for number in range(3):
        assert len(world.fhir.search(request).rows) == number
        world.fhir.create(observation(patient, number))


def test_an_unknown_parameter_is_reported_not_ignored(world: World) -> None:
    with pytest.raises(Unsupported):
        world.fhir.search(SearchRequest("Observation", (("shoe-size", "45"),), (world.mine,)))
    with pytest.raises(Unsupported):
        world.fhir.count("Observation", [("shoe-size", "45")])


def test_an_unknown_type_is_reported_not_empty(world: World) -> None:
    with pytest.raises(Unsupported):
        world.fhir.search(SearchRequest("Unicorn"))


def test_counts(world: World) -> None:
    assert world.fhir.count("Observation", [("patient", f"Patient/{world.mine}")]) == OBSERVATIONS
    assert world.fhir.count("Observation", {"patient": f"Patient/{world.mine}", "status": "final"}) == OBSERVATIONS / 2


# --- includes ------------------------------------------------------------------------------------


def test_what_rows_refer_to_is_included_over_all_pages(world: World) -> None:
    request = SearchRequest(
        "Observation", patients=(world.mine, world.other), include=("Observation:subject",), page_size=5
    )
    result = world.fhir.search(request)
    assert len(result.rows) == 2 * OBSERVATIONS
    assert set(result.included) == {f"Patient/{world.mine}", f"Patient/{world.other}"}
    assert (NoticeKind.NO_INCLUDE in kinds(result)) is world.poor


def test_my_teams_come_with_their_members_and_patients(world: World) -> None:
    request = SearchRequest(
        "CareTeam",
        (("participant", f"Practitioner/{world.practitioner}"), ("status", "active")),
        include=("CareTeam:participant", "CareTeam:patient"),
    )
    result = world.fhir.search(request)
    assert [row["id"] for row in result.rows] == [world.team]
    assert set(result.included) == {f"Practitioner/{world.practitioner}", f"Patient/{world.mine}"}


def test_what_refers_to_rows_is_included(world: World) -> None:
    request = SearchRequest(
        "CarePlan", patients=(world.mine,), include=("CarePlan:goal",), revinclude=("Provenance:target",)
    )
    result = world.fhir.search(request)
    assert [row["id"] for row in result.rows] == [world.plan]
    assert sorted(key.partition("/")[0] for key in result.included) == ["Goal", "Provenance"]


def test_includes_are_followed(world: World) -> None:
    request = SearchRequest(
        "Provenance",
        (("target", f"CarePlan/{world.plan}"),),
        include=("Provenance:target", "iterate:CarePlan:goal"),
    )
    assert {f"CarePlan/{world.plan}", f"Goal/{world.goal}"} <= set(world.fhir.search(request).included)


# --- several searches ----------------------------------------------------------------------------


def test_searches_at_the_same_time_keep_their_order(world: World) -> None:
    patients = [world.mine, world.other, world.foreign] * (2 if world.poor else 7)
    results = world.fhir.search_all([SearchRequest("Observation", patients=(one,)) for one in patients])
    assert [subjects(result.rows) for result in results] == [{f"Patient/{one}"} for one in patients]


def test_one_failing_search_leaves_the_others_their_rows(world: World) -> None:
    good, bad = SearchRequest("Observation", patients=(world.mine,)), SearchRequest("Observation", (("shoe", "1"),))
    results = world.fhir.try_all([good, bad, good])
    assert isinstance(results[1], Unsupported)
    assert [len(r.rows) for r in (results[0], results[2]) if not isinstance(r, Exception)] == [OBSERVATIONS] * 2
    with pytest.raises(Unsupported):
        world.fhir.search_all([good, bad])


def test_a_row_of_another_patient_is_never_shown(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server is made one that ignores who was asked for, by asking it for somebody else behind the check's back."""
    from dashboard.fhir.search import runner as searching

    honest = searching.patient_value
    monkeypatch.setattr(searching, "patient_value", lambda plan, chunk: honest(plan, (*chunk, world.foreign)))
    with pytest.raises(UnexpectedAnswer) as refused:
        world.fhir.search(SearchRequest("Observation", patients=(world.mine,)))
    assert world.foreign not in str(refused.value)
