"""The pages say the same of the demo's patients: the worklist, the summary and the recommendations."""

from datetime import UTC, date, datetime

import pytest

from dashboard.cache.patient_cache import PatientCache
from dashboard.cache.team_cache import TeamCache
from dashboard.demo.cohort import foundation, generate
from dashboard.domain.access.user import AccessScope
from dashboard.domain.risk.score import Outcome, RiskKey
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_recommendations import get_recommendations
from dashboard.queries.get_worklist import get_worklist
from dashboard.queries.list_users import list_users
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
    outcomes: set[tuple[RiskKey, Outcome]] = set()
    rows = get_worklist(*asked, AS_OF, team_cache=cache).rows
    assert len(rows) > 10
    for row in rows.to_dict("records"):
        page = get_recommendations(
            *asked, library(), row["patient_id"], AS_OF, team_cache=cache, patient_cache=PatientCache()
        )
        assert row["risks"] == (() if page.person.deceased else page.risks), row["patient_id"]
        outcomes |= {(each.key, each.outcome) for each in row["risks"]}
    # That all are the same would say little if they all said nothing.
    known = {key for key, outcome in outcomes if outcome is Outcome.KNOWN}
    assert known == set(RiskKey) - {RiskKey.CARDIOVASCULAR_10}  # the demo measures no HDL cholesterol
    assert {Outcome.MISSING, Outcome.NOT_VALID} <= {outcome for _, outcome in outcomes}
