"""Loading writes only missing resources, reports those that are refused, and prints what it did; with a fake server."""

import threading
from collections.abc import Sequence
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import orjson
import pytest

from dashboard.demo import __main__ as command
from dashboard.demo.cohort import foundation, generate
from dashboard.errors import NotFound, ServerRefused, ServerUnavailable, Unsupported
from dashboard.fhir.client.capabilities import Capabilities
from dashboard.fhir.client.http_server import Entry, SearchRequest
from dashboard.fhir.search.request import SearchResult
from dashboard.loading.batch import Batch
from dashboard.loading.progress import Progress
from dashboard.loading.write_batches import Report, load
from dashboard.queries.get_timeline import TYPES

Json = dict[str, Any]


class FakeServer:
    """Stores resources; refuses those named in `refused` and, when strict, references to missing resources."""

    def __init__(self, *, atomic: bool = True, strict: bool = False, searches: bool = True) -> None:
        interactions = frozenset({"transaction"} if atomic else ())
        self.capabilities = Capabilities("4.0.1", interactions=interactions)
        self.stored: dict[str, Json] = {}
        self.refused: set[str] = set()
        self.transactions = 0
        self.strict, self.searches, self.down = strict, searches, False
        self._lock = threading.Lock()

    def close(self) -> None: ...

    def transaction(self, entries: Sequence[Entry]) -> list[Json]:
        if not self.capabilities.transactions:
            raise Unsupported("transaction-not-supported")
        with self._lock:
            if self.down:
                raise ServerUnavailable("server-timeout", reference="r1")
            self.transactions += 1
            names = {f"{entry.resource['resourceType']}/{entry.resource['id']}" for entry in entries}
            for entry in entries:
                self._check(entry.resource, names)
            for entry in entries:
                self._store(entry.resource)
        return [entry.resource for entry in entries]

    def put_new(self, resource: Json) -> Json:
        with self._lock:
            self._check(resource, set())
            self._store(resource)
        return resource

    def _check(self, resource: Json, along: set[str]) -> None:
        if resource["id"] in self.refused:
            raise ServerRefused("save-refused", what=resource["resourceType"], status=422, reference="r1")
        subject = resource.get("subject", {}).get("reference", "")
        if self.strict and subject and subject not in along and subject not in self.stored:
            raise ServerRefused("save-refused", what=resource["resourceType"], status=422, reference="r1")

    def _store(self, resource: Json) -> None:
        name = f"{resource['resourceType']}/{resource['id']}"
        assert name not in self.stored, "written over"
        self.stored[name] = resource

    def try_all(self, requests: Sequence[SearchRequest]) -> list[Any]:
        if self.down:
            return [ServerUnavailable("server-timeout", reference="r1") for _ in requests]
        return [self._search(request) for request in requests]

    def _search(self, request: SearchRequest) -> Any:
        if not self.searches:
            return ServerRefused("search-refused", what="Patient", status=400, reference="r1")
        if request.type == "Patient" and "identifier" in dict(request.params):
            return SearchResult(request, [])
        ids = dict(request.params)["_id"].split(",")
        rows = [self.stored[f"{request.type}/{id_}"] for id_ in ids if f"{request.type}/{id_}" in self.stored]
        return SearchResult(request, rows)

    def read(self, kind: str, id_: str) -> Json:
        if f"{kind}/{id_}" not in self.stored:
            raise NotFound("record-not-found")
        return self.stored[f"{kind}/{id_}"]


def batch(*resources: Json, together: bool = False) -> Batch:
    return Batch(list(resources), [f"file entry {number}" for number in range(1, len(resources) + 1)], together)


def patient(id_: str) -> Json:
    return {"resourceType": "Patient", "id": id_}


def condition(id_: str, of: str) -> Json:
    return {"resourceType": "Condition", "id": id_, "subject": {"reference": f"Patient/{of}"}}


def run(server: FakeServer, *batches: Batch) -> Report:
    report = Report()
    load(server, batches, report, Progress("Test", 0, StringIO()))  # type: ignore[arg-type]
    return report


@pytest.mark.parametrize("searches", [True, False])
@pytest.mark.parametrize("atomic", [True, False])
def test_loading_twice_changes_nothing(atomic: bool, searches: bool) -> None:
    server = FakeServer(atomic=atomic, searches=searches)
    first = run(server, batch(patient("p1"), condition("c1", "p1"), together=True))
    second = run(server, batch(patient("p1"), condition("c1", "p1"), together=True))
    assert (first.written.total(), first.already) == (2, 0)
    assert (second.written.total(), second.already) == (0, 2)


def test_changes_of_users_are_not_overwritten() -> None:
    server = FakeServer()
    server.stored["Patient/p1"] = patient("p1") | {"active": False}
    report = run(server, batch(patient("p1"), patient("p2")))
    assert server.stored["Patient/p1"]["active"] is False
    assert (report.written.total(), report.already) == (1, 1)


def test_a_resource_that_is_twice_in_a_batch_is_written_once() -> None:
    server = FakeServer()
    report = run(server, batch(patient("p1"), patient("p1")))
    assert (report.written.total(), report.already) == (1, 1)


@pytest.mark.parametrize("atomic", [True, False])
def test_a_refused_resource_is_reported_and_the_others_are_written(atomic: bool) -> None:
    server = FakeServer(atomic=atomic, strict=True)
    server.refused = {"c7"}
    report = run(server, batch(*(condition(f"c{number}", "p1") for number in range(20)), patient("p1")))
    assert report.written.total() == 20
    words = "The FHIR server did not accept this Condition (HTTP 422). Nothing was saved (reference r1)."
    assert report.problems == [f"file entry 8: Condition not loaded. {words}"]


def test_references_within_one_batch_are_accepted_in_any_order() -> None:
    server = FakeServer(atomic=False, strict=True)
    assert run(server, batch(condition("c1", "p1"), patient("p1"))).problems == []


def test_several_batches_are_sent_at_a_time() -> None:
    server = FakeServer()
    report = run(server, *(batch(patient(f"p{number}"), together=True) for number in range(95)))
    assert report.written == {"Patient": 95}
    assert server.transactions == 95


def test_loading_ends_when_the_server_stops() -> None:
    server = FakeServer()
    server.down = True
    with pytest.raises(ServerUnavailable):
        run(server, batch(patient("p1")))


# --- the command -----------------------------------------------------------------------------------------------------


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> FakeServer:
    made = FakeServer()
    monkeypatch.setattr(command, "HttpFhirServer", lambda *_, **__: made)
    return made


def call(*arguments: str) -> int:
    return command.main(["--fhir-url", "http://127.0.0.1:1/fhir", *arguments])


def test_a_study_is_written_with_the_cohort_or_when_it_is_asked_for(server: FakeServer) -> None:
    assert call("--patients", "0") == 0 and "ResearchStudy/c3-pilot" not in server.stored
    assert call("--patients", "0", "--study") == 0 and "ResearchStudy/c3-pilot" in server.stored


def test_the_command_writes_the_cohort_once(server: FakeServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--patients", "3", "--seed", "7", "--as-of", "2026-11-23") == 0
    made = [one for record in generate(3, 7, date(2026, 11, 23)) for one in record]
    assert len(server.stored) == len(made) + len(foundation(3, date(2026, 11, 23)))
    assert f"{len(server.stored):,} records written" in capsys.readouterr().out
    # A day later: other dates, the same records.
    assert call("--patients", "3", "--seed", "7", "--as-of", "2026-11-24") == 0
    assert "0 records written" in capsys.readouterr().out


def test_a_cohort_can_grow(server: FakeServer) -> None:
    assert call("--patients", "2") == 0
    assert call("--patients", "4") == 0
    assert sum(name.startswith("Patient/") for name in server.stored) == 4


def test_a_cohort_without_patients_has_organisations_practitioners_and_teams(server: FakeServer) -> None:
    assert call("--patients", "0") == 0
    assert {name.split("/")[0] for name in server.stored} == {
        "Organization",
        "Practitioner",
        "PractitionerRole",
        "Questionnaire",
    }


def test_patients_of_bundles_join_a_team(
    server: FakeServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bundle.ndjson"
    path.write_bytes(orjson.dumps(patient("abc")) + b"\nbroken\n" + orjson.dumps(condition("c1", "abc")) + b"\n")
    assert call("--patients", "0", "--bundles", str(path), "--team", "Stratford and Leamington MDT") == 1
    assert f"{path} line 2: not JSON" in capsys.readouterr().err
    team = server.stored["CareTeam/demo-team-abc"]
    assert team["subject"] == {"reference": "Patient/abc"}
    assert team["managingOrganization"][0]["reference"] == "Organization/team-sw-stratford"
    assert "period" not in team
    assert "Condition/c1" in server.stored
    assert call("--patients", "0", "--bundles", str(path)) == 1
    assert "0 records written" in capsys.readouterr().out


def test_records_about_a_patient_who_was_refused_are_named_as_on_no_page(
    server: FakeServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bundle.ndjson"
    path.write_bytes(b"\n".join(map(orjson.dumps, (patient("abc"), condition("c1", "abc"), condition("c2", "abc")))))
    server.refused = {"abc"}
    assert call("--patients", "0", "--bundles", str(path)) == 1
    said = capsys.readouterr().err
    assert "Patient not loaded" in said
    assert "Patient/abc is not on the server: no page has the 2 records of the files about it." in said
    assert "CareTeam/demo-team-abc" not in server.stored


def test_the_kinds_on_pages_are_those_that_the_timeline_reads_and_who_cares_and_who_looked() -> None:
    others = {"Patient", "CareTeam", "Consent", "RelatedPerson", "Provenance", "AuditEvent", "ResearchSubject"}
    assert {*TYPES, *others} == command.ON_PAGES


def test_kinds_of_records_that_no_page_shows_are_named(
    server: FakeServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    supplied = {"resourceType": "MedicationDispense", "id": "f1", "subject": {"reference": "Patient/abc"}}
    path = tmp_path / "bundle.ndjson"
    path.write_bytes(b"\n".join(map(orjson.dumps, (patient("abc"), condition("c1", "abc"), supplied))))
    assert call("--patients", "0", "--bundles", str(path)) == 0
    said = capsys.readouterr().out
    assert "1  MedicationDispense (no page shows these)\n" in said
    assert said.count("no page shows these") == 1


def test_two_patients_with_long_ids_have_a_team_each(server: FakeServer, tmp_path: Path) -> None:
    path = tmp_path / "bundle.ndjson"
    path.write_bytes(b"\n".join(orjson.dumps(patient("x" * 63 + last)) for last in "ab"))
    assert call("--patients", "0", "--bundles", str(path)) == 0
    teams = [row["subject"]["reference"] for name, row in server.stored.items() if name.startswith("CareTeam/")]
    assert len(teams) == 2
    assert all(len(name.split("/")[1]) <= 64 for name in server.stored)


def test_bundles_are_added_to_the_demo_patients_and_go_to_the_default_team(server: FakeServer, tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_bytes(orjson.dumps(patient("abc")))
    assert call("--patients", "1", "--bundles", str(path)) == 0
    assert sum(name.startswith("Patient/") for name in server.stored) == 2
    assert server.stored["CareTeam/demo-team-abc"]["managingOrganization"][0]["display"] == "Warwick MDT"


@pytest.mark.parametrize("arguments", [("--team", "nobody"), ("--patients", "-1"), ("--as-of", "tomorrow")])
def test_wrong_usage_is_exit_code_2(server: FakeServer, arguments: tuple[str, str]) -> None:
    with pytest.raises(SystemExit) as ended:
        call(*arguments)
    assert ended.value.code == 2


@pytest.mark.slow
def test_an_unreachable_server_is_exit_code_2_with_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert call() == 2
    assert "server" in capsys.readouterr().err


def test_a_server_without_transactions_is_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = FakeServer(atomic=False)
    monkeypatch.setattr(command, "HttpFhirServer", lambda *_, **__: made)
    assert call("--patients", "1") == 0
    assert "one by one" in capsys.readouterr().out
    assert "Patient/pat-00001" in made.stored or len(made.stored) > 100
    capsys.readouterr()
    assert call("--patients", "1") == 0
    assert "0 records written" in capsys.readouterr().out


def test_terminals_get_a_progress_bar_and_other_outputs_get_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    bar = Progress("Patients", 2, terminal)
    bar.step(10)
    bar.step(5)
    bar.end()
    assert "[##############################] Patients 2 of 2, 15 records" in terminal.getvalue()
    plain = StringIO()
    line = Progress("Patients", 2, plain)
    line._shown -= 10
    line.step(1_000)
    line.end()
    assert plain.getvalue().startswith("Patients 1 of 2, 1,000 records")
    assert "\r" not in plain.getvalue()
