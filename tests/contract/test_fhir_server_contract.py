"""The contract of `FhirServer` on every server: the embedded one, HAPI FHIR, a deliberately poor one, and the fake.

Where a server cannot do what the client requests, the test asserts one of two results: the client does it another way
and gives a notice, or it refuses with `Unsupported` before anything is written.
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
from dashboard.fhir.search.request import CountResult, SearchRequest, SearchResult
from tests.records import count, create, search, update

Row = dict[str, Any]

LOINC = "http://loinc.org"


@dataclass
class ServerUnderTest:
    """Two patients with observations, a third without a team, a team and a plan; ids are new for each server."""

    fhir: FhirServer
    server: str
    first: str
    second: str
    third: str
    practitioner: str
    team: str
    plan: str
    goal: str

    @property
    def poor(self) -> bool:
        return self.server == "medplum"


OBSERVATIONS = 12  # of each patient


@pytest.fixture(scope="module")
def tested(named_fhir: tuple[str, FhirServer]) -> ServerUnderTest:
    server, fhir = named_fhir
    tag = uuid.uuid4().hex[:8]
    first, second, third = (make_patient(fhir, f"{who}{tag}") for who in ("First", "Second", "Third"))
    for patient in (first, second, third):
        for number in range(OBSERVATIONS):
            create(fhir, observation(patient, number))
    practitioner = create(fhir, {"resourceType": "Practitioner", "name": [{"family": f"Doc{tag}"}]})["id"]
    team = create(
        fhir,
        {
            "resourceType": "CareTeam",
            "status": "active",
            "subject": {"reference": f"Patient/{first}"},
            "participant": [{"member": {"reference": f"Practitioner/{practitioner}", "display": "Doc"}}],
        },
    )["id"]
    goal = create(
        fhir,
        {
            "resourceType": "Goal",
            "lifecycleStatus": "active",
            "description": {"text": "walk"},
            "subject": {"reference": f"Patient/{first}"},
        },
    )["id"]
    plan = create(
        fhir,
        {
            "resourceType": "CarePlan",
            "status": "active",
            "intent": "plan",
            "subject": {"reference": f"Patient/{first}"},
            "goal": [{"reference": f"Goal/{goal}"}],
        },
    )["id"]
    create(fhir, provenance(f"CarePlan/{plan}", f"Practitioner/{practitioner}"))
    return ServerUnderTest(fhir, server, first, second, third, practitioner, team, plan, goal)


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
    """Returns how many requests for records were sent since the test began: each is a line of the log."""
    caplog.set_level(logging.INFO, "dashboard.fhir")
    return lambda: sum(_is_request(record) for record in caplog.records)


def _is_request(record: logging.LogRecord) -> bool:
    return record.name == "dashboard.fhir" and record.levelno == logging.INFO and " metadata " not in record.message


def kinds(result: Any) -> set[str]:
    return {notice.kind for notice in result.notices}


def subjects(rows: list[Row]) -> set[str]:
    return {row["subject"]["reference"] for row in rows}


# --- capabilities -------------------------------------------------------------------------------


def test_capabilities_are_read_once(tested: ServerUnderTest, sent: Sent) -> None:
    first = tested.fhir.capabilities
    before = sent()
    assert tested.fhir.capabilities is first
    assert sent() == before
    assert first.fhir_version.startswith("4.0")
    assert first.transactions is not tested.poor
    assert first.serves("Patient") and not first.serves("Unicorn")


# --- one record ----------------------------------------------------------------------------------


def test_what_is_created_is_read_back_with_an_id_and_a_version(tested: ServerUnderTest) -> None:
    created = create(tested.fhir, {"resourceType": "Patient", "name": [{"family": "Read"}], "birthDate": "1950"})
    found = tested.fhir.read("Patient", created["id"])
    assert found["name"] == [{"family": "Read"}]
    assert found["birthDate"] == "1950"
    assert found["meta"]["versionId"] == created["meta"]["versionId"]


@pytest.mark.parametrize("identity", ["does-not-exist", "../Patient", "a b", "", "x" * 65])
def test_a_record_that_does_not_exist_is_not_found(tested: ServerUnderTest, identity: str) -> None:
    with pytest.raises(NotFound):
        tested.fhir.read("Patient", identity)


def test_a_refusal_is_reported_without_the_server_s_text(tested: ServerUnderTest) -> None:
    wrong = {"resourceType": "Patient", "id": f"t{uuid.uuid4().hex}", "birthDate": "Zebedee"}
    if tested.server in ("medplum", "fake"):  # these servers accept anything
        tested.fhir.put_new(wrong)
        return
    with pytest.raises(ServerRefused) as refused:
        tested.fhir.put_new(wrong)
    assert "Zebedee" not in str(refused.value)
    assert "reference=" in str(refused.value)
    with pytest.raises(NotFound):
        tested.fhir.read("Patient", wrong["id"])


def test_a_new_record_that_is_put_twice_is_stored_once(tested: ServerUnderTest) -> None:
    value = uuid.uuid4().hex
    event = {"resourceType": "Patient", "id": f"t{value}", "identifier": [{"system": "urn:test", "value": value}]}
    tested.fhir.put_new(event)
    tested.fhir.put_new(event)
    assert count(tested.fhir, "Patient", ("identifier", f"urn:test|{value}")) == 1


# --- saving --------------------------------------------------------------------------------------


def test_a_save_over_a_newer_version_is_a_conflict_and_changes_nothing(tested: ServerUnderTest) -> None:
    read = create(tested.fhir, {"resourceType": "Patient", "name": [{"family": "Base"}]})
    theirs = Entry("PUT", read | {"name": [{"family": "Theirs"}]})
    if tested.poor:
        with pytest.raises(Unsupported):
            tested.fhir.transaction([theirs])
        return
    [saved] = tested.fhir.transaction([theirs])
    assert saved["meta"]["versionId"] != read["meta"]["versionId"]
    first = read | {"name": [{"family": "Mine"}]}
    version = read["meta"]["versionId"]
    bare = {name: value for name, value in first.items() if name != "meta"}
    for entry in (Entry("PUT", first), Entry("PUT", bare, if_match=version), Entry("PUT", bare, f'W/"{version}"')):
        with pytest.raises(VersionConflict):
            tested.fhir.transaction([entry])
    assert tested.fhir.read("Patient", read["id"])["name"] == [{"family": "Theirs"}]


@pytest.mark.parametrize("entry", [Entry("PATCH", {"resourceType": "Task", "id": "t"}), Entry("PUT", {"id": "t"})])
def test_an_entry_that_writes_nothing_is_a_programming_error(tested: ServerUnderTest, entry: Entry) -> None:
    with pytest.raises(Unsupported if tested.poor else ValueError):
        tested.fhir.transaction([entry])


def test_a_transaction_without_entries_sends_nothing(tested: ServerUnderTest, sent: Sent) -> None:
    if not tested.poor:
        before = sent()
        assert tested.fhir.transaction([]) == []
        assert sent() == before


def test_thirty_concurrent_writers_lose_no_change(tested: ServerUnderTest) -> None:
    """Each writer adds its own note and, after a conflict, tries again from the newest version."""
    if tested.poor:
        return  # without transactions nothing is written, as above
    start = create(
        tested.fhir,
        {
            "resourceType": "Task",
            "status": "requested",
            "intent": "order",
            "for": {"reference": f"Patient/{tested.first}"},
        },
    )

    def write(number: int) -> str:
        for _ in range(200):
            task = tested.fhir.read("Task", start["id"])
            try:
                noted = task | {"note": [*task.get("note", []), {"text": f"writer {number}"}]}
                tested.fhir.transaction([Entry("PUT", noted)])
            except VersionConflict:
                continue
            return f"writer {number}"
        return "gave up"

    with ThreadPoolExecutor(10) as pool:
        written = list(pool.map(write, range(30)))
    notes = [note["text"] for note in tested.fhir.read("Task", start["id"])["note"]]
    assert sorted(notes) == sorted(written) == sorted(f"writer {n}" for n in range(30))


# --- history -------------------------------------------------------------------------------------


def test_the_history_has_every_version_newest_first(tested: ServerUnderTest) -> None:
    """More than come on one page, each as it was."""
    patient = create(tested.fhir, {"resourceType": "Patient", "name": [{"family": "V0"}]})
    number = 12 if tested.poor else 210
    if tested.poor:
        for n in range(1, number):
            tested.fhir.put_new({"resourceType": "Patient", "id": patient["id"], "name": [{"family": f"V{n}"}]})
    else:
        stored = patient
        for n in range(1, number):
            stored = tested.fhir.transaction([Entry("PUT", {**stored, "name": [{"family": f"V{n}"}]})])[0]
    versions = tested.fhir.history("Patient", patient["id"])
    assert [row["name"][0]["family"] for row in versions] == [f"V{n}" for n in reversed(range(number))]
    assert len({row["meta"]["versionId"] for row in versions}) == number
    assert versions[0] == tested.fhir.read("Patient", patient["id"])


@pytest.mark.parametrize("identity", ["does-not-exist", "../Patient", "a b", ""])
def test_there_is_no_history_of_what_does_not_exist(tested: ServerUnderTest, identity: str) -> None:
    with pytest.raises(NotFound):
        tested.fhir.history("Patient", identity)


# --- several records together --------------------------------------------------------------------


def test_a_transaction_is_stored_together_and_its_links_resolved(tested: ServerUnderTest) -> None:
    patient = f"urn:uuid:{uuid.uuid4()}"
    entries = [
        Entry("POST", observation("x", 1) | {"subject": {"reference": patient}}),
        Entry("POST", {"resourceType": "Patient", "name": [{"family": "New"}]}, full_url=patient),
        Entry("PUT", {"resourceType": "Practitioner", "id": f"doc-{uuid.uuid4().hex[:8]}"}),
    ]
    if tested.poor:
        with pytest.raises(Unsupported):
            tested.fhir.transaction(entries)
        return
    stored = tested.fhir.transaction(entries)
    assert [row["resourceType"] for row in stored] == ["Observation", "Patient", "Practitioner"]
    assert stored[0]["subject"]["reference"] == f"Patient/{stored[1]['id']}"
    assert stored[2]["id"] == entries[2].resource["id"]
    assert tested.fhir.read("Observation", stored[0]["id"])["subject"] == stored[0]["subject"]
    again = tested.fhir.transaction([entries[2]])
    assert again[0]["id"] == entries[2].resource["id"]


def test_a_transaction_with_a_stale_version_changes_nothing(tested: ServerUnderTest) -> None:
    value = uuid.uuid4().hex
    read = create(tested.fhir, {"resourceType": "Patient", "name": [{"family": "Base"}]})
    update(tested.fhir, read | {"active": True})
    entries = [
        Entry("POST", {"resourceType": "Patient", "identifier": [{"system": "urn:test", "value": value}]}),
        Entry("PUT", read | {"active": False}),
        Entry("POST", provenance(f"Patient/{read['id']}", f"Practitioner/{tested.practitioner}")),
    ]
    with pytest.raises(Unsupported if tested.poor else VersionConflict):
        tested.fhir.transaction(entries)
    assert count(tested.fhir, "Patient", ("identifier", f"urn:test|{value}")) == 0
    assert tested.fhir.read("Patient", read["id"])["active"] is True


# --- searching -----------------------------------------------------------------------------------


@pytest.mark.parametrize("page_size", [5, 1000])
def test_a_search_for_patients_returns_their_rows_and_no_others(
    tested: ServerUnderTest, page_size: int, sent: Sent
) -> None:
    result = search(
        tested.fhir, SearchRequest("Observation", patients=(tested.first, tested.second), page_size=page_size)
    )
    assert len(result.rows) == 2 * OBSERVATIONS
    assert subjects(result.rows) == {f"Patient/{tested.first}", f"Patient/{tested.second}"}
    assert not result.truncated
    if page_size == 1000:
        assert sent() <= 1


def test_a_team_of_two_hundred_is_one_search(tested: ServerUnderTest, sent: Sent) -> None:
    unknown = tuple(f"unknown-{number}" for number in range(198))
    result = search(tested.fhir, SearchRequest("Observation", patients=(tested.first, *unknown, tested.second)))
    assert len(result.rows) == 2 * OBSERVATIONS
    assert sent() <= 1


def test_patients_beyond_the_limit_of_one_search_are_still_found(tested: ServerUnderTest) -> None:
    unknown = tuple(f"unknown-{number}" for number in range(401))
    request = SearchRequest("Observation", patients=(tested.first, *unknown, tested.second), sort="-date")
    result = search(tested.fhir, request)
    dates = [row["effectiveDateTime"] for row in result.rows]
    assert len(dates) == 2 * OBSERVATIONS
    assert dates == sorted(dates, reverse=True)


def test_patients_themselves_are_searched_by_id(tested: ServerUnderTest) -> None:
    result = search(tested.fhir, SearchRequest("Patient", patients=(tested.first, tested.second, "unknown")))
    assert {row["id"] for row in result.rows} == {tested.first, tested.second}


def test_a_search_for_two_patients_without_rows_is_empty(tested: ServerUnderTest) -> None:
    result = search(tested.fhir, SearchRequest("Goal", patients=(tested.second, tested.third)))
    assert result.rows == []


def test_a_search_for_no_patients_is_empty_and_sends_no_request(tested: ServerUnderTest, sent: Sent) -> None:
    assert tested.fhir.capabilities  # the capabilities are read before the count begins
    before = sent()
    result = search(tested.fhir, SearchRequest("Observation", patients=(), include=("Observation:subject",)))
    assert (result.rows, result.included, sent()) == ([], {}, before)


def test_pages_are_complete_and_without_duplicates(tested: ServerUnderTest, sent: Sent) -> None:
    patient = make_patient(tested.fhir, "Long")
    # Medplum's memory server takes 6 ms for each row in every search: 2,500 rows would take minutes there.
    total, page = (100, 10) if tested.poor else (2500, 100)
    if tested.poor:
        for number in range(total):
            create(tested.fhir, observation(patient, number))
    else:
        for start in range(0, total, 250):
            tested.fhir.transaction([Entry("POST", observation(patient, n)) for n in range(start, start + 250)])
    before = sent()
    result = search(tested.fhir, SearchRequest("Observation", patients=(patient,), page_size=page))
    assert len(result.rows) == len({row["id"] for row in result.rows}) == total
    assert sorted(row["valueQuantity"]["value"] for row in result.rows) == list(range(total))
    assert not result.truncated
    assert sent() - before >= total / page or tested.server == "fake"
    cap = total // 10 + page // 2
    capped = search(tested.fhir, SearchRequest("Observation", patients=(patient,), page_size=page, max_rows=cap))
    assert len(capped.rows) == cap
    assert capped.truncated
    assert NoticeKind.CAPPED in kinds(capped)


def test_a_result_exactly_as_long_as_the_cap_is_not_truncated(tested: ServerUnderTest) -> None:
    request = SearchRequest("Observation", patients=(tested.first,), page_size=5, max_rows=OBSERVATIONS)
    result = search(tested.fhir, request)
    assert len(result.rows) == OBSERVATIONS
    assert not result.truncated


def test_values_are_ored_and_parameters_anded(tested: ServerUnderTest) -> None:
    both = (("code", f"{LOINC}|4548-4,{LOINC}|2823-3"),)
    assert len(search(tested.fhir, SearchRequest("Observation", both, (tested.first,))).rows) == OBSERVATIONS
    final = (*both, ("status", "final"), ("date", "ge2026-07-01"), ("date", "lt2026-10-01"))
    rows = search(tested.fhir, SearchRequest("Observation", final, (tested.first,))).rows
    assert {row["effectiveDateTime"][:7] for row in rows} == {"2026-07", "2026-09"}


def test_counts_are_the_server_s_own_and_come_in_the_order_of_the_requests(tested: ServerUnderTest, sent: Sent) -> None:
    system, name = "https://c3-cloud.example/count", uuid.uuid4().hex
    whose = make_patient(tested.fhir, "Counted")  # nobody whose observations another test counts
    for number in range(7):
        code = f"{name}.{'few' if number < 3 else 'many'}"
        tags = [{"system": system, "code": code}, {"system": system, "code": name}]
        create(tested.fhir, {**observation(whose, number), "meta": {"tag": tags}})

    def tagged(code: str) -> tuple[str, str]:
        return "_tag", f"{system}|{name}{code}"

    asked = [tagged(""), tagged(".few"), tagged(".many"), tagged(".none")] * 30
    asked += [("_tag:not", f"{system}|{name}.few")]
    before = sent()
    requests = [SearchRequest("Observation", (one,), fresh=True) for one in asked[:-1]]
    requests += [SearchRequest("Observation", (tagged(""), asked[-1])), SearchRequest("Unicorn")]
    *found, unknown = tested.fhir.count_all(requests)
    assert [one.total for one in found if isinstance(one, CountResult)] == [7, 3, 4, 0] * 30 + [4]
    assert isinstance(unknown, Unsupported)
    assert sent() - before <= 3  # batches, whatever the number of counts
    [changed] = tested.fhir.count_all([SearchRequest("Observation", (tagged(".few"),), (whose,), fresh=True)])
    assert changed == CountResult(3)
    assert tested.fhir.count_all([]) == []


def test_counts_go_through_other_records_where_the_server_can(tested: ServerUnderTest) -> None:
    system, name = "https://c3-cloud.example/count", uuid.uuid4().hex
    first, second = (make_patient(tested.fhir, f"Count{n}") for n in range(2))
    create(tested.fhir, {**observation(first, 1), "meta": {"tag": [{"system": system, "code": name}]}})
    create(
        tested.fhir,
        {
            "resourceType": "Flag",
            "status": "active",
            "code": {"text": name},
            "subject": {"reference": f"Patient/{first}"},
        },
    )
    create(
        tested.fhir,
        {
            "resourceType": "Flag",
            "status": "active",
            "code": {"text": name},
            "subject": {"reference": f"Patient/{second}"},
        },
    )
    has = ("_has:Observation:patient:_tag", f"{system}|{name}")
    requests = [
        SearchRequest("Patient", (has,), fresh=True),
        SearchRequest("Flag", ((f"patient:Patient.{has[0]}", has[1]),), fresh=True),
        SearchRequest("Patient", ((has[0], f"{system}|nobody"),), fresh=True),
    ]
    found = [each.total for each in tested.fhir.count_all(requests) if isinstance(each, CountResult)]
    assert found == (
        [0, 0, 0] if tested.poor else [1, 1, 0]
    )  # and says nothing: whoever asks must ask for what it knows


def test_rows_come_in_the_requested_order(tested: ServerUnderTest) -> None:
    for sort, reverse in (("date", False), ("-date", True)):
        request = SearchRequest("Observation", patients=(tested.first,), sort=sort, page_size=5)
        dates = [row["effectiveDateTime"] for row in search(tested.fhir, request).rows]
        assert dates == sorted(dates, reverse=reverse)
        assert len(dates) == OBSERVATIONS


def test_a_search_by_lastupdated_finds_only_later_changes(tested: ServerUnderTest) -> None:
    patient = make_patient(tested.fhir, "Changed")
    old = create(tested.fhir, observation(patient, 1))
    since = old["meta"]["lastUpdated"]
    new = create(tested.fhir, observation(patient, 2))
    rows = search(tested.fhir, SearchRequest("Observation", (("_lastUpdated", f"gt{since}"),), (patient,))).rows
    assert [row["id"] for row in rows] == [new["id"]]
    rows = search(tested.fhir, SearchRequest("Observation", (("_lastUpdated", f"ge{since}"),), (patient,))).rows
    assert {row["id"] for row in rows} == {old["id"], new["id"]}


def test_a_search_finds_what_was_just_written(tested: ServerUnderTest) -> None:
    patient = make_patient(tested.fhir, "Fresh")
    request = SearchRequest("Observation", patients=(patient,))
    for number in range(3):
        assert len(search(tested.fhir, request).rows) == number
        create(tested.fhir, observation(patient, number))


def test_an_unknown_parameter_is_reported_not_ignored(tested: ServerUnderTest) -> None:
    with pytest.raises(Unsupported):
        search(tested.fhir, SearchRequest("Observation", (("shoe-size", "45"),), (tested.first,)))


def test_an_unknown_type_is_reported_not_empty(tested: ServerUnderTest) -> None:
    with pytest.raises(Unsupported):
        search(tested.fhir, SearchRequest("Unicorn"))


def test_a_malformed_patient_id_is_not_found(tested: ServerUnderTest) -> None:
    with pytest.raises(NotFound):
        search(tested.fhir, SearchRequest("Observation", patients=(tested.first, "../Patient")))


def test_a_search_by_patient_of_a_type_without_one_is_a_programming_error(tested: ServerUnderTest) -> None:
    with pytest.raises(ValueError, match="Organization"):
        tested.fhir.try_all([SearchRequest("Organization", patients=(tested.first,))])


# --- includes ------------------------------------------------------------------------------------


def test_include_adds_referenced_resources_on_all_pages(tested: ServerUnderTest) -> None:
    request = SearchRequest(
        "Observation", patients=(tested.first, tested.second), include=("Observation:subject",), page_size=5
    )
    result = search(tested.fhir, request)
    assert len(result.rows) == 2 * OBSERVATIONS
    assert set(result.included) == {f"Patient/{tested.first}", f"Patient/{tested.second}"}
    assert (NoticeKind.NO_INCLUDE in kinds(result)) is tested.poor


def test_teams_of_a_member_are_returned_with_members_and_patients(tested: ServerUnderTest) -> None:
    request = SearchRequest(
        "CareTeam",
        (("participant", f"Practitioner/{tested.practitioner}"), ("status", "active")),
        include=("CareTeam:participant", "CareTeam:patient"),
    )
    result = search(tested.fhir, request)
    assert [row["id"] for row in result.rows] == [tested.team]
    assert set(result.included) == {f"Practitioner/{tested.practitioner}", f"Patient/{tested.first}"}


def test_revinclude_adds_referring_resources(tested: ServerUnderTest) -> None:
    request = SearchRequest(
        "CarePlan", patients=(tested.first,), include=("CarePlan:goal",), revinclude=("Provenance:target",)
    )
    result = search(tested.fhir, request)
    assert [row["id"] for row in result.rows] == [tested.plan]
    assert sorted(key.partition("/")[0] for key in result.included) == ["Goal", "Provenance"]


def test_iterated_includes_are_followed(tested: ServerUnderTest) -> None:
    request = SearchRequest(
        "Provenance",
        (("target", f"CarePlan/{tested.plan}"),),
        include=("Provenance:target", "iterate:CarePlan:goal"),
    )
    assert {f"CarePlan/{tested.plan}", f"Goal/{tested.goal}"} <= set(search(tested.fhir, request).included)


# --- several searches ----------------------------------------------------------------------------


def test_concurrent_searches_return_results_in_the_order_of_requests(tested: ServerUnderTest) -> None:
    patients = [tested.first, tested.second, tested.third] * (2 if tested.poor else 7)
    results = tested.fhir.try_all([SearchRequest("Observation", patients=(one,)) for one in patients])
    for patient, result in zip(patients, results, strict=True):
        assert isinstance(result, SearchResult)
        assert subjects(result.rows) == {f"Patient/{patient}"}


def test_a_failing_search_does_not_affect_the_others(tested: ServerUnderTest) -> None:
    good, bad = SearchRequest("Observation", patients=(tested.first,)), SearchRequest("Observation", (("shoe", "1"),))
    results = tested.fhir.try_all([good, bad, good])
    assert isinstance(results[1], Unsupported)
    assert [len(r.rows) for r in (results[0], results[2]) if not isinstance(r, Exception)] == [OBSERVATIONS] * 2


def test_a_row_of_another_patient_is_never_shown(tested: ServerUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulates a server that ignores the patient parameter, by requesting another patient than the check expects."""
    if tested.server == "fake":
        pytest.skip("there is no wire before the fake's rows")
    from dashboard.fhir.search import fetch as searching

    honest = searching.patient_value
    monkeypatch.setattr(searching, "patient_value", lambda plan, chunk: honest(plan, (*chunk, tested.third)))
    with pytest.raises(UnexpectedAnswer) as refused:
        search(tested.fhir, SearchRequest("Observation", patients=(tested.first,)))
    assert tested.third not in str(refused.value)


# --- one of a kind ---------------------------------------------------------------------------------------------------


def test_of_thirty_who_create_the_same_at_once_one_does(tested: ServerUnderTest) -> None:
    patient, number = tested.first, str(uuid.uuid4())

    def made(place: int) -> Row:
        own = {"system": "urn:test:own", "value": f"{number}-{place}"}
        plan = {
            "resourceType": "CarePlan",
            "status": "draft",
            "intent": "plan",
            "subject": {"reference": f"Patient/{patient}"},
            "identifier": [own, {"system": "urn:test:once", "value": number}],
        }
        for _ in range(50):
            try:
                return tested.fhir.create_once(plan, ("urn:test:once", number))
            except VersionConflict:
                continue
        raise AssertionError("nobody got through")

    with ThreadPoolExecutor(30) as pool:
        rows = list(pool.map(made, range(30)))
    assert len({row["id"] for row in rows}) == 1
    request = SearchRequest("CarePlan", (("identifier", f"urn:test:once|{number}"),), fresh=True)
    [stored] = search(tested.fhir, request).rows
    assert stored["identifier"] == rows[0]["identifier"]
