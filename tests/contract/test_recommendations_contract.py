"""What was seen of a recommendation and what was answered is kept alike on every server, also on a poor one."""

from dataclasses import replace
from datetime import timedelta

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
