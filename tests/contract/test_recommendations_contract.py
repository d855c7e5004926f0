"""What was seen of a recommendation and what was answered is kept alike on every server, also on a poor one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dashboard.actions.change_plan import PlanSaved
from dashboard.actions.decline_recommendation import decline_recommendation
from dashboard.actions.note_recommendations_seen import note_recommendations_seen
from dashboard.actions.save import new_reference
from dashboard.actions.save_plan import save_plan
from dashboard.actions.withdraw_reply import withdraw_reply
from dashboard.domain.access.user import User
from dashboard.domain.care_plan.shared_plan import items_of, new_activity, with_item
from dashboard.domain.guidelines.evaluate import Finding
from dashboard.domain.guidelines.guidance import Guidance, ReplyKind, in_force, new_guidance
from dashboard.domain.values.datatypes import NamedReference, PartialDate, Reference
from dashboard.errors import VersionConflict
from dashboard.fhir.mapping.guidance_response import listed
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest
from tests.contract.test_plan_contract import Team, team
from tests.records import search
from tests.unit.domain.guidelines.test_guidance import metformin
from tests.unit.people_and_teams import AS_OF

TODAY = AS_OF.date()
_ = team  # the fixture


def of_server(fhir: FhirServer, patient: str) -> list[Guidance]:
    """Every record of the person, as a page reads it."""
    rows = search(fhir, SearchRequest("GuidanceResponse", (), (patient,), fresh=True)).rows
    return [read for row in rows if isinstance(read := listed(row), Guidance)]


def test_what_was_shown_is_noted_in_one_request_where_the_server_can(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    fhir, patient = team.fhir, Reference("Patient", team.patient)
    can = fhir.capabilities.transactions and fhir.capabilities.conditional_create("GuidanceResponse")
    calls: list[str] = []
    for verb in ("transaction", "create_once", "put_new"):
        monkeypatch.setattr(fhir, verb, _counted(getattr(fhir, verb), verb, calls))

    def shown(by: User, *findings: Finding) -> list[Guidance]:
        who = NamedReference(by.practitioner, by.name)
        new = [new_reference("GuidanceResponse") for _ in findings]
        return [
            new_guidance(each, patient, who, AS_OF, lambda _: "7", to) for each, to in zip(findings, new, strict=True)
        ]

    first, second = team.user(0), team.user(1)
    three = [metformin("20"), metformin("21"), metformin("22")]
    made = note_recommendations_seen(fhir, first, team.patient, shown(first, *three[:2]), at=AS_OF)
    assert len(made) == 2 and (calls == ["transaction"]) is can
    calls.clear()
    # Two of them are there already; what a colleague saw of them stays as it was.
    more = note_recommendations_seen(fhir, second, team.patient, shown(second, *three, three[2]), at=AS_OF)
    assert len(more) == 1 and (calls == ["transaction"]) is can
    records = [each for each in of_server(fhir, team.patient) if each.origin in (*made, *more)]
    assert len(records) == 3 and {each.origin: each.by.name for each in records} == {
        **dict.fromkeys(made, first.name), more[0]: second.name,
    }  # fmt: skip


def _counted(do: Callable[..., Any], verb: str, calls: list[str]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        calls.append(verb)
        return do(*arguments)

    return call


def test_recommendations(team: Team) -> None:
    fhir, patient = team.fhir, Reference("Patient", team.patient)

    def shown(finding: Finding, by: User) -> Guidance:
        who = NamedReference(by.practitioner, by.name)
        new = new_reference("GuidanceResponse")
        return new_guidance(finding, patient, who, AS_OF, lambda _: "7", new)

    first, second = team.user(0), team.user(1)
    other = metformin("40", card="review-dose")
    seen = [shown(metformin(), first), shown(other, first)]
    assert len(note_recommendations_seen(fhir, first, team.patient, seen, at=AS_OF)) == 2
    assert note_recommendations_seen(fhir, second, team.patient, [shown(metformin(), second)], at=AS_OF) == ()
    known = {each.card.key: each for each in of_server(fhir, team.patient)}
    assert {key: replace(each, origin=seen[0].origin, version="") for key, each in known.items()} == {
        each.card.key: replace(each, origin=seen[0].origin, source=None) for each in seen
    }

    until = TODAY + timedelta(days=30)
    asked = (fhir, first, team.patient, known["stop"], until, "")
    declined = decline_recommendation(*asked, reason="After the holidays", at=AS_OF).value
    assert declined.origin == known["stop"].origin
    with pytest.raises(VersionConflict):
        decline_recommendation(*asked, reason="again", at=AS_OF)
    stance = in_force(metformin(), of_server(fhir, team.patient), TODAY)
    assert stance is not None and (stance.reply.until, stance.reply.words) == (until, "After the holidays")
    later = AS_OF + timedelta(hours=1)
    withdraw_reply(fhir, second, team.patient, stance.guidance, reason="Decided otherwise", at=later)
    now = of_server(fhir, team.patient)
    assert in_force(metformin(), now, TODAY) is None

    base = team.plan()
    item = new_activity(new_reference("Task"), "Review the dose", NamedReference(first.practitioner, first.name))
    mine = with_item(items_of(base), item.with_fields({"due": PartialDate("2027-01-15")}))
    accepts = next(each for each in now if each.card.key == "review-dose")
    saved = save_plan(fhir, first, team.patient, base, mine, reason="Recommended", at=later, accepts=accepts)
    assert isinstance(saved, PlanSaved)
    stance = in_force(other, of_server(fhir, team.patient), TODAY)
    assert stance is not None and stance.reply.kind is ReplyKind.ACCEPTED
    assert stance.reply.made == (saved.shared.plan.activities[-1],)
    assert stance.guidance.plan == saved.shared.plan.origin
    [change] = [each for each in team.history(stance.reply.made[0]).versions[stance.reply.made[0]] if each.change]
    assert change.change is not None and change.change.policies == (accepts.card.canonical,)
