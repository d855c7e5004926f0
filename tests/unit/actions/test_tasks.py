"""The four actions on a Task: what they write, with which Provenance, for whom, and over which version."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from dashboard.actions.comment_on_task import comment_on_task
from dashboard.actions.complete_task import complete_task
from dashboard.actions.reassign_task import reassign_task
from dashboard.actions.reopen_task import reopen_task
from dashboard.cache.team_cache import TEAM_CACHE, TeamCache
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from dashboard.domain.record.provenance import LONGEST_REASON
from dashboard.domain.record.task_changes import LONGEST_COMMENT
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import NotFound, NotPermitted, UserFacingError, VersionConflict
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_my_tasks import get_my_tasks
from dashboard.queries.get_worklist import get_worklist
from dashboard.queries.list_task_owners import list_task_owners
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF

GP = User(Reference("Practitioner", "gp"), "Dr Jane Okafor")


@pytest.fixture
def server() -> FakeFhirServer:
    return FakeFhirServer(
        [
            *make.cohort(),
            make.care_team("p1", ["gp", "nurse"]),
            make.task("x", "p1", "Practitioner/gp", extension=[{"url": "u", "valueString": "kept"}]),
        ]
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
    owner = Reference("Organization", "team-1")
    line = reassign_task(server, GP, "x", "2", owner, "Team 1", reason="on leave", at=AS_OF).value
    assert (line.owner_name, line.owner, line.status) == ("Team 1", owner, "requested")


def test_the_reason_of_a_hand_over_stands_with_the_task_for_its_new_owner(server: FakeFhirServer) -> None:
    owner = Reference("Practitioner", "nurse")
    reassign_task(server, GP, "x", "1", owner, "Nurse", reason=" on leave until Monday ", at=AS_OF)
    note = server.rows["Task"]["x"]["note"][-1]
    assert note["text"] == "on leave until Monday" and note["time"] == "2026-11-20T14:00:00+00:00"
    assert note["authorReference"] == {"reference": "Practitioner/gp", "display": "Dr Jane Okafor"}
    nurse = make.user("nurse")
    listed = get_my_tasks(server, nurse, make.scope("nurse", server.base_url), AS_OF, team_cache=TeamCache())
    (task,) = [each for each in listed.tasks if each.origin.id == "x"]
    assert [comment.text for comment in task.comments] == ["on leave until Monday"]


def test_a_hand_over_without_a_reason_adds_no_comment(server: FakeFhirServer) -> None:
    reassign_task(server, GP, "x", "1", Reference("Practitioner", "nurse"), "Nurse", reason="  ", at=AS_OF)
    assert "note" not in server.rows["Task"]["x"]


def give(server: FakeFhirServer, owner: str) -> None:
    reassign_task(server, GP, "x", "1", Reference.parse(owner), "Somebody", reason="on leave", at=AS_OF)


@pytest.mark.parametrize(
    "owner",
    [
        "Practitioner/stranger",
        "Organization/team-2",
        "CareTeam/ct-p2-team-1",
        "PractitionerRole/role-nurse",
        "Patient/p2",
        "RelatedPerson/daughter",
    ],
)
def test_nobody_gets_a_task_who_could_not_open_the_patient(server: FakeFhirServer, owner: str) -> None:
    with pytest.raises(UserFacingError, match="task-owner-cannot-open"):
        give(server, owner)
    assert server.rows["Task"]["x"]["owner"]["reference"] == "Practitioner/gp"


@pytest.mark.parametrize("owner", ["Practitioner/nurse", "Organization/team-1", "CareTeam/ct-p1-team-1", "Patient/p1"])
def test_the_care_team_its_members_and_the_patient_get_it(server: FakeFhirServer, owner: str) -> None:
    give(server, owner)
    assert server.rows["Task"]["x"]["owner"]["reference"] == owner


def test_a_member_who_has_left_or_whom_the_patient_keeps_out_gets_no_task(server: FakeFhirServer) -> None:
    scope = make.scope("gp", server.base_url)

    def offered() -> list[str]:
        found = list_task_owners(server, make.user(), scope, "p1", AS_OF)
        return [each.member.id for each in found if each.member]

    team = make.care_team("p1", ["gp", "nurse", "other"])
    server.put(team)
    assert offered() == ["gp", "nurse", "other"]
    team["participant"][1]["period"] = {"end": "2026-11-19"}
    server.put(team)
    assert offered() == ["gp", "other"]
    role = {"resourceType": "PractitionerRole", "id": "role-other", "practitioner": {"reference": "Practitioner/other"}}
    server.put({**role, "organization": {"reference": "Organization/org-9"}})
    server.put(make.consent("p1", make.naming("deny", "Organization/org-9")))
    assert offered() == ["gp"]
    for left_out in ("nurse", "other"):
        with pytest.raises(UserFacingError, match="task-owner-cannot-open"):
            give(server, f"Practitioner/{left_out}")


def test_whom_one_cannot_open_one_cannot_give_away(server: FakeFhirServer) -> None:
    scope = make.scope("gp", server.base_url)
    for patient_id in ("p4", "nobody"):
        with pytest.raises(NotFound):
            list_task_owners(server, make.user(), scope, patient_id, AS_OF)


def test_a_coordinator_has_everybodys_open_tasks_of_her_teams(server: FakeFhirServer) -> None:
    server.put(make.care_team("p1", ["gp", "nurse", "coordinator"]))
    server.put(make.task("done", "p1", "Practitioner/gp", status="completed"))
    server.put(make.task("late", "p1", "Practitioner/nurse", due="2026-10-01"))
    server.put(make.task("strange", "p4", "Practitioner/gp"))
    anna = replace(make.user("coordinator"), roles=(Role.COORDINATOR,))
    listed = get_my_tasks(server, anna, make.scope("coordinator", server.base_url), AS_OF, team_cache=TeamCache())
    ids = [task.origin.id for task in listed.others]
    assert "x" in ids and ids[0] == "late" and not {"done", "strange"} & set(ids)
    assert all(task.patient and task.patient.id in listed.people for task in listed.others)
    gp = get_my_tasks(server, make.user(), make.scope("gp", server.base_url), AS_OF, team_cache=TeamCache())
    assert gp.others == ()


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
