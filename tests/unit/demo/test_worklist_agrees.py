"""The pages say the same of the demo's patients: the worklist, the summary and the recommendations.

The summary's line is what the page of recommendations counts: both read `Recommendations.open`.
"""

from datetime import UTC, date, datetime

import pytest

from dashboard.actions.decline_recommendation import decline_recommendation
from dashboard.actions.note_recommendations_seen import note_recommendations_seen
from dashboard.actions.save import new_reference
from dashboard.cache.patient_cache import PatientCache
from dashboard.cache.team_cache import TeamCache
from dashboard.demo.cohort import foundation, generate
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.attention.reason import ReasonKind
from dashboard.domain.attention.severity import urgency
from dashboard.domain.guidelines.evaluate import Outcome
from dashboard.domain.guidelines.guidance import new_guidance
from dashboard.domain.guidelines.recommendations import Recommendations
from dashboard.domain.pilot.eligibility import Outcome as Eligibility
from dashboard.domain.risk.score import Outcome as ScoreOutcome
from dashboard.domain.risk.score import RiskKey
from dashboard.domain.values.datatypes import NamedReference, Reference
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_patient import get_patient
from dashboard.queries.get_recommendations import get_recommendations
from dashboard.queries.get_team_recommendations import get_team_recommendations
from dashboard.queries.get_worklist import get_worklist
from dashboard.queries.list_users import list_users
from dashboard.queries.screen_patients import screen_patients
from tests.fakes import FakeFhirServer
from tests.guidelines import library

# Which lines run is measured by other tests, without so many records.
pytestmark = [pytest.mark.no_cover, pytest.mark.slow]

AS_OF = datetime(2026, 11, 23, 12, tzinfo=UTC)
T = load_terminology()
GP = "Practitioner/prac-sw-gp-1"


def test_the_worklist_says_what_the_recommendations_say_of_everybody() -> None:
    records = generate(60, 7, date(2026, 11, 23))
    server = FakeFhirServer([*foundation(60, AS_OF.date()), *(row for record in records for row in record)])
    user = next(user for user in list_users(server) if str(user.practitioner) == GP)
    asked, cache = (server, user, AccessScope(server.base_url, GP), T), TeamCache()
    scores: set[tuple[RiskKey, ScoreOutcome]] = set()

    def page_of(patient_id: str) -> Recommendations:
        return get_recommendations(*asked, library(), patient_id, AS_OF, team_cache=cache, patient_cache=PatientCache())

    rows = get_worklist(*asked, AS_OF, team_cache=cache).rows
    assert len(rows) > 10
    answered = sum(_answer(server, user, page_of(ident)) for ident in list(rows["patient_id"])[::3])
    rows = get_worklist(*asked, AS_OF, refresh=True, team_cache=cache).rows
    counts = get_team_recommendations(*asked, library(), AS_OF, cache, lambda work: work())
    counts = get_team_recommendations(*asked, library(), AS_OF, cache) if counts.pending else counts
    weighed, told = 0, set()
    lines = screen_patients(*asked, AS_OF, team_cache=cache).lines
    screened = {line.person.id: line for line in lines}
    assert answered > 5 and not counts.pending
    for row in rows.to_dict("records"):
        page = page_of(row["patient_id"])
        summary = get_patient(*asked, row["patient_id"], AS_OF, team_cache=cache, patient_cache=PatientCache())
        assert row["urgency"] == urgency(summary.attention), row["patient_id"]
        weighed += sum(each.kind is ReasonKind.RISK_SCORE for each in summary.attention)
        for shared in (False, True):
            shown, count = page.open(shared=shared), counts.counts[row["patient_id"]].on(shared=shared)
            worst = shown[0].advice.indicator if shown else None
            assert (count.applies, count.worst) == (len(shown), worst), (row["patient_id"], shared)
            assert count.cannot_say == len(page.shown(Outcome.CANNOT_SAY, shared=shared)), (row["patient_id"], shared)
        # Who may take part in the pilot is told last, counted nowhere, and what Screening says of it.
        eligible = {each.outcome for each in page.of_programmes}
        line = screened[row["patient_id"]]
        on_list = line.subject is not None or not line.known
        assert eligible == (set() if page.person.deceased else {said_of(line.eligibility.outcome, on_list)})
        told |= eligible
        assert row["risks"] == (() if page.person.deceased else page.risks), row["patient_id"]
        scores |= {(each.key, each.outcome) for each in row["risks"]}
    assert weighed > 2 and told == set(Outcome)
    # That all are the same would say little if they all said nothing.
    known = {key for key, outcome in scores if outcome is ScoreOutcome.KNOWN}
    assert known == set(RiskKey) - {RiskKey.CARDIOVASCULAR_10}  # the demo measures no HDL cholesterol
    assert {ScoreOutcome.MISSING, ScoreOutcome.NOT_VALID} <= {outcome for _, outcome in scores}


def said_of(eligibility: Eligibility, listed: bool) -> Outcome:
    """What the rule says of somebody of whom Screening says this."""
    if listed or eligibility is Eligibility.NOT_ELIGIBLE:
        return Outcome.DOES_NOT_APPLY
    return Outcome.APPLIES if eligibility is Eligibility.ELIGIBLE else Outcome.CANNOT_SAY


def _answer(server: FakeFhirServer, user: User, page: Recommendations) -> int:
    """Declines every other card of a patient, the first for some days, and writes of the next that it was seen; returns
    how many were declined.
    """
    patient, me = Reference("Patient", page.person.id), NamedReference(user.practitioner, user.name)
    declined = page.open(shared=False)[::2]
    for number, finding in enumerate(declined):
        new = new_reference("GuidanceResponse")
        card = new_guidance(finding, patient, me, AS_OF, lambda _: "1", new)
        until, why = (date(2026, 12, 1), "") if number == 0 else (None, "person-declines")
        decline_recommendation(server, user, patient.id, card, until, why, reason="Asked", at=AS_OF)
    seen = page.open(shared=False)[1::2]
    shown = [new_guidance(each, patient, me, AS_OF, lambda _: "1", new_reference("GuidanceResponse")) for each in seen]
    note_recommendations_seen(server, user, patient.id, shown, at=AS_OF)
    return len(declined)
