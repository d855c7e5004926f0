"""The four actions on a Task: what they write, with which Provenance, for whom, and over which version."""

from datetime import datetime
from typing import Any

import pytest

from dashboard.actions.comment_on_task import comment_on_task
from dashboard.actions.complete_task import complete_task
from dashboard.actions.reassign_task import reassign_task
from dashboard.actions.reopen_task import reopen_task
from dashboard.cache.team_cache import TEAM_CACHE
from dashboard.domain.access.user import User
from dashboard.domain.record.provenance import LONGEST_REASON
from dashboard.domain.record.task_changes import LONGEST_COMMENT
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import NotFound, NotPermitted, UserFacingError, VersionConflict
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_worklist import get_worklist
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF

GP = User(Reference("Practitioner", "gp"), "Dr Jane Okafor")


@pytest.fixture
def server() -> FakeFhirServer:
    return FakeFhirServer(
        [*make.cohort(), make.task("x", "p1", "Practitioner/gp", extension=[{"url": "u", "valueString": "kept"}])]
    )


def test_completing_writes_the_task_and_its_provenance_together(server: FakeFhirServer) -> None:
    line = complete_task(server, GP, "x", "1", reason="done by phone", at=AS_OF).value
    assert (line.status, line.version) == ("completed", "2")
    stored = server.rows["Task"]["x"]
    assert stored["executionPeriod"]["end"] == "2026-11-20T14:00:00+00:00"
    assert stored["extension"] == [{"url": "u", "valueString": "kept"}]
    (record,) = [row for row in server.rows["Provenance"].values() if row["id"] != "pv1"]
    assert record["target"] == [{"reference": "Task/x/_history/2"}]
    assert record["entity"] == [{"role": "revision", "what": {"reference": "Task/x/_history/1"}}]
    assert record["agent"][0]["who"] == {"reference": "Practitioner/gp", "display": "Dr Jane Okafor"}
    assert record["reason"] == [{"text": "done by phone"}]
    assert record["activity"]["text"] == "complete"
    assert record["recorded"].startswith("2026-11-20T14:00:00")


def test_reopening_takes_it_back(server: FakeFhirServer) -> None:
    done = complete_task(server, GP, "x", "1", reason="done", at=AS_OF).value
    again = reopen_task(server, GP, "x", done.version, reason="too early", at=AS_OF).value
    assert again.open
    assert "executionPeriod" not in server.rows["Task"]["x"]


def test_a_task_given_to_a_team_has_yet_to_be_accepted(server: FakeFhirServer) -> None:
    server.put(make.task("x", "p1", "Practitioner/gp", status="in-progress"))
    owner = Reference("Organization", "team-2")
    line = reassign_task(server, GP, "x", "2", owner, "Team 2", reason="on leave", at=AS_OF).value
    assert (line.owner_name, line.owner, line.status) == ("Team 2", Reference("Organization", "team-2"), "requested")


def test_a_comment_is_signed_and_put_last(server: FakeFhirServer) -> None:
    comment_on_task(server, GP, "x", "1", " first ", reason="said", at=AS_OF)
    line = comment_on_task(server, GP, "x", "2", "second", reason="said", at=AS_OF).value
    assert [(comment.author_name, comment.text) for comment in line.comments] == [
        ("Dr Jane Okafor", "first"),
        ("Dr Jane Okafor", "second"),
    ]
    assert line.status == "requested"


@pytest.mark.parametrize("text", ["", "   ", "x" * (LONGEST_COMMENT + 1)])
def test_a_comment_has_words_and_an_end(server: FakeFhirServer, text: str) -> None:
    with pytest.raises(UserFacingError):
        comment_on_task(server, GP, "x", "1", text, reason="said", at=AS_OF)


def test_who_saw_an_older_version_is_told_and_nothing_is_written(server: FakeFhirServer) -> None:
    comment_on_task(server, GP, "x", "1", "from a colleague", reason="said", at=AS_OF)
    written = len(server.rows["Provenance"])
    with pytest.raises(VersionConflict, match="task-changed"):
        complete_task(server, GP, "x", "1", reason="done", at=AS_OF)
    assert server.rows["Task"]["x"]["status"] == "requested"
    assert len(server.rows["Provenance"]) == written


def test_who_is_overtaken_between_reading_and_writing_is_told_too(server: FakeFhirServer) -> None:
    read = server.read

    def overtaken(type: str, id: str) -> Any:
        found = read(type, id)
        server.put(make.task("x", "p1", "Practitioner/nurse"))
        return found

    server.read = overtaken  # type: ignore[method-assign]
    with pytest.raises(VersionConflict):
        complete_task(server, GP, "x", "1", reason="done", at=AS_OF)
    assert server.rows["Task"]["x"]["owner"]["reference"] == "Practitioner/nurse"


@pytest.mark.parametrize("task_id", ["nothing", "../Patient/p1", "", "x/_history/1"])
def test_an_id_that_is_no_task_is_not_found(server: FakeFhirServer, task_id: str) -> None:
    with pytest.raises(NotFound):
        complete_task(server, GP, task_id, "1", reason="done", at=AS_OF)


def test_nobody_writes_without_a_clinical_identity(server: FakeFhirServer) -> None:
    with pytest.raises(NotPermitted):
        complete_task(server, User(None, "Manager"), "x", "1", reason="done", at=AS_OF)
    assert server.rows["Task"]["x"]["status"] == "requested"


def test_a_reason_has_an_end(server: FakeFhirServer) -> None:
    with pytest.raises(UserFacingError):
        complete_task(server, GP, "x", "1", reason="x" * (LONGEST_REASON + 1), at=AS_OF)


def test_a_moment_without_zone_is_a_defect(server: FakeFhirServer) -> None:
    with pytest.raises(ValueError, match="time zone"):
        complete_task(server, GP, "x", "1", reason="done", at=datetime(2026, 11, 20))


def test_only_people_and_teams_can_own_a_task(server: FakeFhirServer) -> None:
    with pytest.raises(UserFacingError):
        reassign_task(server, GP, "x", "1", Reference("Device", "d"), "Pump", reason="broken", at=AS_OF)


def test_the_worklist_shows_the_change_at_once(server: FakeFhirServer) -> None:
    server.base_url = "http://actions.test/fhir"
    scope = make.scope("gp", server.base_url)

    def open_tasks() -> int:
        rows = get_worklist(server, make.user(), scope, load_terminology(), AS_OF).rows
        return int(rows[rows["patient_id"] == "p1"]["open_tasks"].iloc[0])

    try:
        before = open_tasks()
        complete_task(server, GP, "x", "1", reason="done", at=AS_OF)
        server.asked.clear()
        assert open_tasks() == before - 1
        assert server.asked == []
    finally:
        TEAM_CACHE.forget(scope)


@pytest.mark.parametrize(
    ("owner", "mine"),
    [("Practitioner/gp", True), ("Organization/team-1", True), ("Organization/team-2", False), (None, False)],
)
def test_a_task_about_no_patient_is_its_owners_and_the_owners_teams(
    server: FakeFhirServer, owner: str | None, mine: bool
) -> None:
    row = {"resourceType": "Task", "id": "z", "status": "requested", "intent": "order", "description": "Order gloves"}
    server.put(row | ({"owner": {"reference": owner}} if owner else {}))
    if mine:
        assert not complete_task(server, GP, "z", "1", reason="done", at=AS_OF).value.open
    else:
        with pytest.raises(NotFound):
            complete_task(server, GP, "z", "1", reason="done", at=AS_OF)
