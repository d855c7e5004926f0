"""What a team answers to a recommendation: who may, what is written, and that nobody's answer is lost."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import fhirkit
import pytest

from dashboard.actions.change_plan import PlanConflict, PlanSaved
from dashboard.actions.decline_recommendation import decline_recommendation
from dashboard.actions.note_recommendations_seen import note_recommendations_seen
from dashboard.actions.save import new_reference
from dashboard.actions.save_plan import save_plan
from dashboard.actions.withdraw_reply import withdraw_reply
from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind, AuditOutcome
from dashboard.domain.care_plan.shared_plan import items_of, new_activity, with_item
from dashboard.domain.guidelines.evaluate import Finding
from dashboard.domain.guidelines.guidance import Guidance, ReplyKind, in_force, new_guidance
from dashboard.domain.values.code_systems import GUIDANCE_NUMBER
from dashboard.domain.values.datatypes import NOBODY, NamedReference, Reference
from dashboard.errors import NotFound, NotPermitted, ServerRefused, ServerUnavailable, UserFacingError, VersionConflict
from dashboard.fhir.client import json_text
from dashboard.fhir.mapping.guidance_response import listed
from tests.conftest import Trail
from tests.fakes import FakeFhirServer
from tests.unit.actions import plans as make
from tests.unit.actions.plans import PLAN, plan_on
from tests.unit.domain.guidelines.test_guidance import metformin
from tests.unit.people_and_teams import AS_OF, Json

GP = User(Reference("Practitioner", "gp"), "Dr Jane Okafor")
NURSE = User(Reference("Practitioner", "nurse"), "Ms Anna Lind")
TODAY = AS_OF.date()
RULE = "https://c3-cloud.example/fhir/PlanDefinition/03-metformin-kidney|0.1.0"


@pytest.fixture
def server() -> Any:
    """Whatever a test has written there is valid R4."""
    made = make.fake()
    yield made
    for kind in ("GuidanceResponse", "Provenance"):
        for row in made.rows.get(kind, {}).values():
            assert [str(issue) for issue in fhirkit.validate(json_text.written(row))] == []


def shown(finding: Finding | None = None, patient: str = "p1") -> Guidance:
    by = NamedReference(GP.practitioner, GP.name)
    return new_guidance(
        finding or metformin(),
        Reference("Patient", patient),
        by,
        AS_OF,
        lambda _: "7",
        new_reference("GuidanceResponse"),
    )


def decline(
    server: FakeFhirServer, guidance: Guidance, until: date | None = None, why: str = "person-declines", **more: Any
) -> Guidance:
    asked: dict[str, Any] = {"actor": GP, "patient_id": "p1", "reason": "Does not want it", "at": AS_OF} | more
    actor, patient = asked.pop("actor"), asked.pop("patient_id")
    return decline_recommendation(server, actor, patient, guidance, until, why, **asked).value


def known(server: FakeFhirServer) -> list[Guidance]:
    """As a page reads them."""
    rows = server.rows.get("GuidanceResponse", {}).values()
    return [read for row in rows if isinstance(read := listed(row), Guidance)]


def provenance(server: FakeFhirServer) -> Json:
    return list(server.rows["Provenance"].values())[-1]


def test_what_was_seen_is_written_once_for_the_same_facts(server: FakeFhirServer, trail: Trail) -> None:
    seen = note_recommendations_seen(server, GP, "p1", [shown()], at=AS_OF)
    assert len(seen) == 1 and len(known(server)) == 1
    assert note_recommendations_seen(server, NURSE, "p1", [shown()], at=AS_OF) == ()
    assert note_recommendations_seen(server, NURSE, "p1", [shown(metformin("28"))], at=AS_OF) != ()
    assert [each.by.name for each in known(server)] == ["Dr Jane Okafor", "Dr Jane Okafor"]
    assert not [row for row in server.rows["Provenance"].values() if "GuidanceResponse" in str(row)]
    assert [each.kind for each in trail.records] == [AuditKind.CREATE] * 3
    # What was read already, and what is of somebody else, is not written.
    others = [replace(shown(), source=None), shown(patient="p2")]
    assert note_recommendations_seen(server, GP, "p1", others, at=AS_OF) == ()


def test_who_may_not_see_the_patient_writes_nothing(server: FakeFhirServer) -> None:
    stranger = User(Reference("Practitioner", "nobody"), "Dr No")
    with pytest.raises(NotFound):
        note_recommendations_seen(server, stranger, "p1", [shown()], at=AS_OF)
    with pytest.raises(NotFound):
        decline(server, shown(), actor=stranger)
    manager = replace(GP, roles=(Role.PILOT_MANAGER,))
    for action in (
        lambda: note_recommendations_seen(server, manager, "p1", [shown()], at=AS_OF),
        lambda: decline(server, shown(), actor=manager),
        lambda: withdraw_reply(server, manager, "p1", shown(), reason="x", at=AS_OF),
    ):
        with pytest.raises(NotPermitted):
            action()
    assert "GuidanceResponse" not in server.rows


def test_not_for_this_person_is_kept_with_its_reason_and_its_provenance(server: FakeFhirServer, trail: Trail) -> None:
    stored = decline(server, shown())
    [reply] = stored.replies
    assert (reply.kind, reply.reason, reply.words) == (
        ReplyKind.NOT_FOR_THIS_PERSON, "person-declines", "Does not want it",
    )  # fmt: skip
    assert (reply.by.name, reply.at.moment, reply.until) == ("Dr Jane Okafor", AS_OF, None)
    row = provenance(server)
    assert row["policy"] == [RULE] and row["reason"] == [{"text": "Does not want it"}]
    assert row["target"][0]["reference"].startswith(str(stored.origin))
    [number] = [
        each["value"]
        for each in server.rows["GuidanceResponse"][stored.origin.id]["identifier"]
        if each["system"] == GUIDANCE_NUMBER
    ]
    assert number == stored.number
    assert in_force(metformin(), known(server), TODAY) is not None
    assert trail.records[-1].entities == (stored.origin,)


def test_not_now_is_kept_until_its_day(server: FakeFhirServer) -> None:
    stored = decline(server, shown(), until=TODAY + timedelta(days=30))
    assert (stored.replies[0].kind, stored.replies[0].reason) == (ReplyKind.NOT_NOW, "")
    assert in_force(metformin(), known(server), TODAY + timedelta(days=29)) is not None
    assert in_force(metformin(), known(server), TODAY + timedelta(days=30)) is None


def test_an_answer_that_cannot_be_writes_nothing(server: FakeFhirServer, trail: Trail) -> None:
    for more in ({"until": TODAY}, {"why": "nonsense"}, {"reason": " "}):
        with pytest.raises(UserFacingError):
            decline(server, shown(), **more)
    assert "GuidanceResponse" not in server.rows
    assert {each.outcome for each in trail.records} == {AuditOutcome.FAILED}


def test_an_answer_is_taken_back_and_stays_readable(server: FakeFhirServer) -> None:
    decline(server, shown())
    [record] = known(server)
    back = withdraw_reply(server, NURSE, "p1", record, reason="Has thought again", at=AS_OF + timedelta(days=1)).value
    assert [each.by.name for each in back.replies] == ["Dr Jane Okafor", "Ms Anna Lind"]
    assert back.reply is None and in_force(metformin(), known(server), TODAY) is None
    assert provenance(server)["policy"] == [RULE]
    [record] = known(server)
    with pytest.raises(UserFacingError):
        withdraw_reply(server, NURSE, "p1", record, reason="again", at=AS_OF)
    with pytest.raises(UserFacingError):
        withdraw_reply(server, NURSE, "p1", record, reason="", at=AS_OF)


def test_who_answers_what_a_colleague_has_answered_meanwhile_looks_again(server: FakeFhirServer) -> None:
    mine = shown()
    decline(server, shown(), actor=NURSE)
    with pytest.raises(VersionConflict) as refused:
        decline(server, mine)
    assert refused.value.code == "recommendation-answered"
    [record] = known(server)
    again = decline(server, record, until=TODAY + timedelta(days=7), reason="After the holidays")
    assert [each.kind for each in again.replies] == [ReplyKind.NOT_FOR_THIS_PERSON, ReplyKind.NOT_NOW]


def test_a_record_of_somebody_else_or_none_is_not_answered(server: FakeFhirServer) -> None:
    with pytest.raises(NotFound):
        decline(server, shown(patient="p2"))
    decline(server, shown())
    [record] = known(server)
    row = server.rows["GuidanceResponse"][record.origin.id]
    for wrong in ({"subject": {"reference": "Patient/p2"}}, {"status": "failure"}):
        server.rows["GuidanceResponse"][record.origin.id] = {**row, **wrong}
        with pytest.raises(NotFound):
            withdraw_reply(server, GP, "p1", record, reason="x", at=AS_OF)
    server.rows["GuidanceResponse"][record.origin.id] = row


def add(server: FakeFhirServer, accepts: Guidance, base: Any = None, **more: Any) -> PlanSaved | PlanConflict:
    base = base or plan_on(server)
    item = new_activity(new_reference("Task"), "Stop metformin", NamedReference(GP.practitioner, GP.name))
    mine = with_item(items_of(base), item)
    asked: dict[str, Any] = {"reason": "Recommended", "at": AS_OF, "accepts": accepts} | more
    return save_plan(server, GP, "p1", base, mine, **asked)


def test_what_is_added_to_the_plan_names_its_rule_and_accepts_the_recommendation(server: FakeFhirServer) -> None:
    saved = add(server, shown())
    assert isinstance(saved, PlanSaved)
    [made] = saved.made.values()
    [record] = known(server)
    assert record.plan == PLAN and record.reply is not None
    assert (record.reply.kind, record.reply.made) == (ReplyKind.ACCEPTED, (made,))
    assert record.reply.words == "Stop metformin", "a card may suggest more than what was added"
    assert saved.accepted == record
    back = withdraw_reply(server, GP, "p1", saved.accepted, reason="Taken back", at=AS_OF).value
    assert back.reply is None and back.plan == PLAN
    assert made in saved.shared.plan.activities and record.origin not in saved.shared.parts()
    row = list(server.rows["Provenance"].values())[-2]
    assert row["policy"] == [RULE] and row["reason"] == [{"text": "Recommended"}]
    targets = {each["reference"].split("/_history")[0] for each in row["target"]}
    assert {str(made), str(record.origin), str(PLAN)} <= targets
    assert in_force(metformin(), [record], TODAY) is not None and in_force(metformin(), known(server), TODAY) is None


def test_what_a_colleague_declined_meanwhile_is_not_added(server: FakeFhirServer) -> None:
    mine = shown()
    decline(server, shown(), actor=NURSE)
    with pytest.raises(VersionConflict) as refused:
        add(server, mine)
    assert refused.value.code == "recommendation-answered"
    assert "Stop metformin" not in [each.get("description") for each in server.rows["Task"].values()]


def test_a_plan_that_is_saved_without_a_change_accepts_nothing(server: FakeFhirServer) -> None:
    base = plan_on(server)
    save_plan(server, GP, "p1", base, items_of(base), reason="nothing", at=AS_OF, accepts=shown())
    assert all(not each.replies for each in known(server))


def test_a_server_that_is_away_writes_nothing_and_it_is_tried_again(server: FakeFhirServer) -> None:
    server.down = True
    with pytest.raises(ServerUnavailable):
        note_recommendations_seen(server, GP, "p1", [shown()], at=AS_OF)
    server.down = False
    assert note_recommendations_seen(server, GP, "p1", [shown()], at=AS_OF)
    assert NOBODY not in [each.by for each in known(server)]


def test_what_is_said_at_a_conference_names_it(server: FakeFhirServer) -> None:
    meeting = Reference("Appointment", "meet1")
    declined = decline(server, shown(), during=meeting)
    assert "Appointment/meet1" in str(provenance(server))
    withdraw_reply(server, GP, "p1", declined, reason="Thought again", at=AS_OF, during=meeting)
    assert len(server.rows["Provenance"]) == 3 and "Appointment/meet1" in str(provenance(server))


def test_several_are_made_once_in_one_request_or_one_by_one_where_one_is_refused(
    server: FakeFhirServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = shown(), shown(metformin("40", card="review-dose"))
    refused: list[str] = []

    def refuse(*_: object) -> None:
        refused.append("transaction")
        raise ServerRefused("server-refused")

    monkeypatch.setattr(server, "transaction", refuse)
    made = note_recommendations_seen(server, GP, "p1", [first, second], at=AS_OF)
    assert len(made) == 2 and refused == ["transaction"] and len(server.rows["GuidanceResponse"]) == 2
    monkeypatch.undo()

    tries: list[str] = []
    real = server.transaction

    def busy(entries: Any) -> Any:
        tries.append("transaction")
        if len(tries) < 3:
            raise VersionConflict("version-changed", what="GuidanceResponse")
        return real(entries)

    monkeypatch.setattr(server, "transaction", busy)
    third, fourth = shown(metformin("20")), shown(metformin("21"))
    made = note_recommendations_seen(server, GP, "p1", [shown(), third, fourth], at=AS_OF)
    assert len(made) == 2 and len(tries) == 3 and len(server.rows["GuidanceResponse"]) == 4
