"""What the port promises, on every FHIR server: the embedded one, HAPI FHIR, a deliberately poor one, and the fake.

Where a server cannot do what is asked, the test says which of two things happens: the client does it another way and
gives a notice, or it refuses with `Unsupported` before anything is written. Nothing in between.
"""

import logging
import uuid
from collections.abc import Callable
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
from dashboard.fhir.client.transaction import Entry
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.notices import NoticeKind
from dashboard.fhir.search.request import SearchRequest, SearchResult
from tests.records import count, create, search, update

Row = dict[str, Any]

LOINC = "http://loinc.org"


@dataclass
class World:
    """Two patients with observations, a third who is nobody's, a team and a plan; ids are new for each server."""

    fhir: FhirServer
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
def world(named_fhir: tuple[str, FhirServer]) -> World:
    server, fhir = named_fhir
    tag = uuid.uuid4().hex[:8]
    mine, other, foreign = (make_patient(fhir, f"{who}{tag}") for who in ("Mine", "Other", "Foreign"))
    for patient in (mine, other, foreign):
        for number in range(OBSERVATIONS):
            create(fhir, observation(patient, number))
    practitioner = create(fhir, {"resourceType": "Practitioner", "name": [{"family": f"Doc{tag}"}]})["id"]
    team = create(
        fhir,
        {
            "resourceType": "CareTeam",
            "status": "active",
            "subject": {"reference": f"Patient/{mine}"},
            "participant": [{"member": {"reference": f"Practitioner/{practitioner}", "display": "Doc"}}],
        },
    )["id"]
    goal = create(
        fhir,
        {
            "resourceType": "Goal",
            "lifecycleStatus": "active",
            "description": {"text": "walk"},
            "subject": {"reference": f"Patient/{mine}"},
        },
    )["id"]
    plan = create(
        fhir,
        {
            "resourceType": "CarePlan",
            "status": "active",
            "intent": "plan",
            "subject": {"reference": f"Patient/{mine}"},
            "goal": [{"reference": f"Goal/{goal}"}],
        },
    )["id"]
    create(fhir, provenance(f"CarePlan/{plan}", f"Practitioner/{practitioner}"))
    return World(fhir, server, mine, other, foreign, practitioner, team, plan, goal)


def make_patient(fhir: FhirServer, family: str) -> str:
    return str(create(fhir, {"resourceType": "Patient", "name": [{"family": family}]})["id"])


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


Sent = Callable[[], int]


@pytest.fixture
def sent(caplog: pytest.LogCaptureFixture) -> Sent:
    """How many requests for records went over the wire since the test began: each is a line of the log."""
    caplog.set_level(logging.INFO, "dashboard.fhir")
    return lambda: sum(_is_request(record) for record in caplog.records)


def _is_request(record: logging.LogRecord) -> bool:
    return record.name == "dashboard.fhir" and record.levelno == logging.INFO and " metadata " not in record.message


def kinds(result: Any) -> set[str]:
    return {notice.kind for notice in result.notices}


def subjects(rows: list[Row]) -> set[str]:
    return {row["subject"]["reference"] for row in rows}


# --- what the server says ------------------------------------------------------------------------


def test_capabilities_are_read_once(world: World, sent: Sent) -> None:
    first = world.fhir.capabilities
    before = sent()
    assert world.fhir.capabilities is first
    assert sent() == before
    assert first.fhir_version.startswith("4.0")
    assert first.transactions is not world.poor
    assert first.serves("Patient") and not first.serves("Unicorn")


# --- one record ----------------------------------------------------------------------------------


def test_what_is_created_is_read_back_with_an_id_and_a_version(world: World) -> None:
    created = create(world.fhir, {"resourceType": "Patient", "name": [{"family": "Read"}], "birthDate": "1950"})
    found = world.fhir.read("Patient", created["id"])
    assert found["name"] == [{"family": "Read"}]
    assert found["birthDate"] == "1950"
    assert found["meta"]["versionId"] == created["meta"]["versionId"]


@pytest.mark.parametrize("identity", ["does-not-exist", "../Patient", "a b", "", "x" * 65])
def test_a_record_that_does_not_exist_is_not_found(world: World, identity: str) -> None:
    with pytest.raises(NotFound):
        world.fhir.read("Patient", identity)


def test_a_refusal_is_reported_without_the_servers_words(world: World) -> None:
    wrong = {"resourceType": "Patient", "id": f"t{uuid.uuid4().hex}", "birthDate": "Zebedee"}
    if world.server in ("medplum", "fake"):  # they take anything
        world.fhir.put_new(wrong)
        return
    with pytest.raises(ServerRefused) as refused:
        world.fhir.put_new(wrong)
    assert "Zebedee" not in str(refused.value)
    assert "reference=" in str(refused.value)
    with pytest.raises(NotFound):
        world.fhir.read("Patient", wrong["id"])


def test_a_new_record_that_is_put_again_is_there_once(world: World) -> None:
    value = uuid.uuid4().hex
    event = {"resourceType": "Patient", "id": f"t{value}", "identifier": [{"system": "urn:test", "value": value}]}
    world.fhir.put_new(event)
    world.fhir.put_new(event)
    assert count(world.fhir, "Patient", ("identifier", f"urn:test|{value}")) == 1


# --- saving --------------------------------------------------------------------------------------


def test_a_save_over_a_newer_version_is_a_conflict_and_changes_nothing(world: World) -> None:
    read = create(world.fhir, {"resourceType": "Patient", "name": [{"family": "Base"}]})
    theirs = Entry("PUT", read | {"name": [{"family": "Theirs"}]})
    if world.poor:
        with pytest.raises(Unsupported):
            world.fhir.transaction([theirs])
        return
    [saved] = world.fhir.transaction([theirs])
    assert saved["meta"]["versionId"] != read["meta"]["versionId"]
    mine = read | {"name": [{"family": "Mine"}]}
    version = read["meta"]["versionId"]
    bare = {name: value for name, value in mine.items() if name != "meta"}
    for entry in (Entry("PUT", mine), Entry("PUT", bare, if_match=version), Entry("PUT", bare, f'W/"{version}"')):
        with pytest.raises(VersionConflict):
            world.fhir.transaction([entry])
    assert world.fhir.read("Patient", read["id"])["name"] == [{"family": "Theirs"}]


@pytest.mark.parametrize("entry", [Entry("PATCH", {"resourceType": "Task", "id": "t"}), Entry("PUT", {"id": "t"})])
def test_an_entry_that_is_no_write_is_a_mistake_of_ours(world: World, entry: Entry) -> None:
    with pytest.raises(Unsupported if world.poor else ValueError):
        world.fhir.transaction([entry])


def test_nothing_to_write_is_nothing_written(world: World, sent: Sent) -> None:
    if not world.poor:
        before = sent()
        assert world.fhir.transaction([]) == []
        assert sent() == before


def test_thirty_writers_at_once_lose_nothing(world: World) -> None:
    """Each adds a note of its own, starting again from the newest version after a conflict."""
    if world.poor:
        return  # no transactions: nothing is written at all, as above
    start = create(
        world.fhir,
        {
            "resourceType": "Task",
            "status": "requested",
            "intent": "order",
            "for": {"reference": f"Patient/{world.mine}"},
        },
    )

    def write(number: int) -> str:
        for _ in range(200):
            task = world.fhir.read("Task", start["id"])
            try:
                noted = task | {"note": [*task.get("note", []), {"text": f"writer {number}"}]}
                world.fhir.transaction([Entry("PUT", noted)])
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
    value = uuid.uuid4().hex
    read = create(world.fhir, {"resourceType": "Patient", "name": [{"family": "Base"}]})
    update(world.fhir, read | {"active": True})
    entries = [
        Entry("POST", {"resourceType": "Patient", "identifier": [{"system": "urn:test", "value": value}]}),
        Entry("PUT", read | {"active": False}),
        Entry("POST", provenance(f"Patient/{read['id']}", f"Practitioner/{world.practitioner}")),
    ]
    with pytest.raises(Unsupported if world.poor else VersionConflict):
        world.fhir.transaction(entries)
    assert count(world.fhir, "Patient", ("identifier", f"urn:test|{value}")) == 0
    assert world.fhir.read("Patient", read["id"])["active"] is True


# --- searching -----------------------------------------------------------------------------------


@pytest.mark.parametrize("page_size", [5, 1000])
def test_a_search_for_patients_gives_all_their_rows_and_no_others(world: World, page_size: int, sent: Sent) -> None:
    result = search(world.fhir, SearchRequest("Observation", patients=(world.mine, world.other), page_size=page_size))
    assert len(result.rows) == 2 * OBSERVATIONS
    assert subjects(result.rows) == {f"Patient/{world.mine}", f"Patient/{world.other}"}
    assert not result.truncated
    if page_size == 1000:
        assert sent() <= 1


def test_a_team_of_two_hundred_is_one_search(world: World, sent: Sent) -> None:
    nobody = tuple(f"nobody-{number}" for number in range(198))
    result = search(world.fhir, SearchRequest("Observation", patients=(world.mine, *nobody, world.other)))
    assert len(result.rows) == 2 * OBSERVATIONS
    assert sent() <= 1


def test_more_patients_than_one_search_takes_are_still_complete(world: World) -> None:
    nobody = tuple(f"nobody-{number}" for number in range(401))
    request = SearchRequest("Observation", patients=(world.mine, *nobody, world.other), sort="-date")
    result = search(world.fhir, request)
    dates = [row["effectiveDateTime"] for row in result.rows]
    assert len(dates) == 2 * OBSERVATIONS
    assert dates == sorted(dates, reverse=True)


def test_patients_themselves_are_searched_by_id(world: World) -> None:
    result = search(world.fhir, SearchRequest("Patient", patients=(world.mine, world.other, "nobody")))
    assert {row["id"] for row in result.rows} == {world.mine, world.other}


def test_an_empty_list_of_one_of_two_known_patients_is_empty(world: World) -> None:
    result = search(world.fhir, SearchRequest("Goal", patients=(world.other, world.foreign)))
    assert result.rows == []


def test_nobody_has_no_rows_and_the_server_is_not_asked(world: World, sent: Sent) -> None:
    assert world.fhir.capabilities  # asked for once, before
    before = sent()
    result = search(world.fhir, SearchRequest("Observation", patients=(), include=("Observation:subject",)))
    assert (result.rows, result.included, sent()) == ([], {}, before)


def test_pages_are_complete_and_without_duplicates(world: World, sent: Sent) -> None:
    patient = make_patient(world.fhir, "Long")
    # Medplum's memory server looks at each row for 6 ms in every search: 2,500 rows would take minutes there.
    total, page = (100, 10) if world.poor else (2500, 100)
    if world.poor:
        for number in range(total):
            create(world.fhir, observation(patient, number))
    else:
        for start in range(0, total, 250):
            world.fhir.transaction([Entry("POST", observation(patient, n)) for n in range(start, start + 250)])
    before = sent()
    result = search(world.fhir, SearchRequest("Observation", patients=(patient,), page_size=page))
    assert len(result.rows) == len({row["id"] for row in result.rows}) == total
    assert sorted(row["valueQuantity"]["value"] for row in result.rows) == list(range(total))
    assert not result.truncated
    assert sent() - before >= total / page or world.server == "fake"
    cap = total // 10 + page // 2
    capped = search(world.fhir, SearchRequest("Observation", patients=(patient,), page_size=page, max_rows=cap))
    assert len(capped.rows) == cap
    assert capped.truncated
    assert NoticeKind.CAPPED in kinds(capped)


def test_a_result_exactly_as_long_as_the_cap_is_not_truncated(world: World) -> None:
    request = SearchRequest("Observation", patients=(world.mine,), page_size=5, max_rows=OBSERVATIONS)
    result = search(world.fhir, request)
    assert len(result.rows) == OBSERVATIONS
    assert not result.truncated


def test_values_are_ored_and_parameters_anded(world: World) -> None:
    both = (("code", f"{LOINC}|4548-4,{LOINC}|2823-3"),)
    assert len(search(world.fhir, SearchRequest("Observation", both, (world.mine,))).rows) == OBSERVATIONS
    final = (*both, ("status", "final"), ("date", "ge2026-07-01"), ("date", "lt2026-10-01"))
    rows = search(world.fhir, SearchRequest("Observation", final, (world.mine,))).rows
    assert {row["effectiveDateTime"][:7] for row in rows} == {"2026-07", "2026-09"}


def test_rows_come_in_the_order_asked(world: World) -> None:
    for sort, reverse in (("date", False), ("-date", True)):
        request = SearchRequest("Observation", patients=(world.mine,), sort=sort, page_size=5)
        dates = [row["effectiveDateTime"] for row in search(world.fhir, request).rows]
        assert dates == sorted(dates, reverse=reverse)
        assert len(dates) == OBSERVATIONS


def test_only_what_changed_since_is_found(world: World) -> None:
    patient = make_patient(world.fhir, "Changed")
    old = create(world.fhir, observation(patient, 1))
    since = old["meta"]["lastUpdated"]
    new = create(world.fhir, observation(patient, 2))
    rows = search(world.fhir, SearchRequest("Observation", (("_lastUpdated", f"gt{since}"),), (patient,))).rows
    assert [row["id"] for row in rows] == [new["id"]]
    rows = search(world.fhir, SearchRequest("Observation", (("_lastUpdated", f"ge{since}"),), (patient,))).rows
    assert {row["id"] for row in rows} == {old["id"], new["id"]}


def test_what_was_just_written_is_found(world: World) -> None:
    patient = make_patient(world.fhir, "Fresh")
    request = SearchRequest("Observation", patients=(patient,))
    for number in range(3):
        assert len(search(world.fhir, request).rows) == number
        create(world.fhir, observation(patient, number))


def test_an_unknown_parameter_is_reported_not_ignored(world: World) -> None:
    with pytest.raises(Unsupported):
        search(world.fhir, SearchRequest("Observation", (("shoe-size", "45"),), (world.mine,)))


def test_an_unknown_type_is_reported_not_empty(world: World) -> None:
    with pytest.raises(Unsupported):
        search(world.fhir, SearchRequest("Unicorn"))


def test_a_malformed_patient_id_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        search(world.fhir, SearchRequest("Observation", patients=(world.mine, "../Patient")))


def test_a_type_that_is_searched_by_no_patient_is_a_mistake_of_ours(world: World) -> None:
    with pytest.raises(ValueError, match="Organization"):
        world.fhir.try_all([SearchRequest("Organization", patients=(world.mine,))])


# --- includes ------------------------------------------------------------------------------------


def test_what_rows_refer_to_is_included_over_all_pages(world: World) -> None:
    request = SearchRequest(
        "Observation", patients=(world.mine, world.other), include=("Observation:subject",), page_size=5
    )
    result = search(world.fhir, request)
    assert len(result.rows) == 2 * OBSERVATIONS
    assert set(result.included) == {f"Patient/{world.mine}", f"Patient/{world.other}"}
    assert (NoticeKind.NO_INCLUDE in kinds(result)) is world.poor


def test_my_teams_come_with_their_members_and_patients(world: World) -> None:
    request = SearchRequest(
        "CareTeam",
        (("participant", f"Practitioner/{world.practitioner}"), ("status", "active")),
        include=("CareTeam:participant", "CareTeam:patient"),
    )
    result = search(world.fhir, request)
    assert [row["id"] for row in result.rows] == [world.team]
    assert set(result.included) == {f"Practitioner/{world.practitioner}", f"Patient/{world.mine}"}


def test_what_refers_to_rows_is_included(world: World) -> None:
    request = SearchRequest(
        "CarePlan", patients=(world.mine,), include=("CarePlan:goal",), revinclude=("Provenance:target",)
    )
    result = search(world.fhir, request)
    assert [row["id"] for row in result.rows] == [world.plan]
    assert sorted(key.partition("/")[0] for key in result.included) == ["Goal", "Provenance"]


def test_includes_are_followed(world: World) -> None:
    request = SearchRequest(
        "Provenance",
        (("target", f"CarePlan/{world.plan}"),),
        include=("Provenance:target", "iterate:CarePlan:goal"),
    )
    assert {f"CarePlan/{world.plan}", f"Goal/{world.goal}"} <= set(search(world.fhir, request).included)


# --- several searches ----------------------------------------------------------------------------


def test_searches_at_the_same_time_keep_their_order(world: World) -> None:
    patients = [world.mine, world.other, world.foreign] * (2 if world.poor else 7)
    results = world.fhir.try_all([SearchRequest("Observation", patients=(one,)) for one in patients])
    for patient, result in zip(patients, results, strict=True):
        assert isinstance(result, SearchResult)
        assert subjects(result.rows) == {f"Patient/{patient}"}


def test_one_failing_search_leaves_the_others_their_rows(world: World) -> None:
    good, bad = SearchRequest("Observation", patients=(world.mine,)), SearchRequest("Observation", (("shoe", "1"),))
    results = world.fhir.try_all([good, bad, good])
    assert isinstance(results[1], Unsupported)
    assert [len(r.rows) for r in (results[0], results[2]) if not isinstance(r, Exception)] == [OBSERVATIONS] * 2


def test_a_row_of_another_patient_is_never_shown(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server is made one that ignores who was asked for, by asking it for somebody else behind the check's back."""
    if world.server == "fake":
        pytest.skip("there is no wire before the fake's rows")
    from dashboard.fhir.search import fetch as searching

    honest = searching.patient_value
    monkeypatch.setattr(searching, "patient_value", lambda plan, chunk: honest(plan, (*chunk, world.foreign)))
    with pytest.raises(UnexpectedAnswer) as refused:
        search(world.fhir, SearchRequest("Observation", patients=(world.mine,)))
    assert world.foreign not in str(refused.value)
