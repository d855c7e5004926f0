"""Consents of the demo: patients share with their teams, one has withdrawn, one excludes the hospital, carers are
named.
"""

from datetime import UTC, date, datetime

import fhirkit
import pytest

from dashboard.cache.patient_cache import PatientCache
from dashboard.cache.team_cache import TeamCache
from dashboard.demo.cohort import foundation, generate
from dashboard.domain.access.consent import may_act_as_carer
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import NotFound
from dashboard.fhir.mapping.consent import consent
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_own_record import get_own_record
from dashboard.queries.get_patient import get_patient
from dashboard.queries.get_worklist import get_worklist
from dashboard.queries.list_existing import list_existing
from dashboard.queries.list_users import list_users
from dashboard.ui.session.session import demo_people
from tests.fakes import FakeFhirServer

# Which lines run is measured by other tests, without so many records.
pytestmark = pytest.mark.no_cover

AS_OF = datetime(2026, 11, 23, 12, tzinfo=UTC)
T = load_terminology()
WITHDRAWN, RESTRICTED = "pat-00055", "pat-00048"


@pytest.fixture(scope="module")
def server() -> FakeFhirServer:
    records = generate(60, 7, date(2026, 11, 23))
    return FakeFhirServer([*foundation(60, AS_OF.date()), *(row for record in records for row in record)])


def members_by_role(server: FakeFhirServer, patient_id: str) -> dict[str, User]:
    """Returns the members of the patient's team by their role."""
    users = {str(user.practitioner): user for user in list_users(server)}
    (team,) = [
        row for row in server.rows["CareTeam"].values() if row["subject"]["reference"] == f"Patient/{patient_id}"
    ]
    members = [
        users[part["member"]["reference"]] for part in team["participant"] if "Pract" in part["member"]["reference"]
    ]
    return {f"{user.role_label} of {user.organization} {user.name}": user for user in members}


def sees(server: FakeFhirServer, user: User, patient_id: str) -> bool:
    scope, store = AccessScope(server.base_url, str(user.practitioner)), TeamCache()
    listed = patient_id in set(get_worklist(server, user, scope, T, AS_OF, team_cache=store).rows["patient_id"])
    try:
        get_patient(server, user, scope, T, patient_id, AS_OF, team_cache=TeamCache(), patient_cache=PatientCache())
    except NotFound:
        assert not listed
        return False
    assert listed
    return True


@pytest.mark.slow
def test_no_member_sees_the_patient_who_has_withdrawn(server: FakeFhirServer) -> None:
    assert [who for who, user in members_by_role(server, WITHDRAWN).items() if sees(server, user, WITHDRAWN)] == []


@pytest.mark.slow
def test_the_hospital_does_not_see_the_patient_who_excludes_it(server: FakeFhirServer) -> None:
    team = members_by_role(server, RESTRICTED)
    (hospital,) = server.rows["Consent"][f"{RESTRICTED}-consent-0"]["provision"]["provision"][0]["actor"]
    name = hospital["reference"]["display"]
    assert {who: sees(server, user, RESTRICTED) for who, user in team.items()} == {
        who: user.organization != name for who, user in team.items()
    }
    assert {user.organization == name for user in team.values()} == {True, False}


@pytest.mark.slow
def test_a_worklist_where_all_consented_takes_thirteen_searches(server: FakeFhirServer) -> None:
    user = next(user for user in list_users(server) if str(user.practitioner) == "Practitioner/prac-sw-gp-1")
    # A server of its own: what the tests before have begun in the background may still ask theirs.
    alone = FakeFhirServer(row for rows in server.rows.values() for row in rows.values())
    get_worklist(alone, user, AccessScope(alone.base_url, str(user.practitioner)), T, AS_OF, team_cache=TeamCache())
    # On a busy machine a slow search is asked in another way too: those are not counted.
    assert len({(request.type, request.params) for request in alone.asked}) == 13


@pytest.mark.slow
def test_the_demo_patient_and_carer_see_the_record_of_the_first_story(server: FakeFhirServer) -> None:
    for ident in ("demo-patient", "demo-carer"):
        who = demo_people()[ident]
        assert who.fhir_user is not None
        assert list_existing(server, [who.fhir_user]) == {who.fhir_user}
        scope = AccessScope(server.base_url, str(who.fhir_user))
        assert get_own_record(server, who, scope, T, AS_OF).person.name.family == "Aldous"
    assert list_existing(FakeFhirServer(), [Reference("Patient", "pat-mary-aldous")]) == frozenset()


@pytest.mark.slow
def test_every_consent_is_valid_and_every_carer_is_named_in_a_consent(server: FakeFhirServer) -> None:
    rows = server.rows["Consent"].values()
    assert {issue for row in rows for issue in map(str, fhirkit.validate(row))} == set()
    for carer in server.rows["RelatedPerson"].values():
        given = [row for row in rows if row["patient"] == carer["patient"]]
        read = [found for row in given if (found := consent(row)) is not None]
        assert may_act_as_carer(read, Reference("RelatedPerson", carer["id"]), AS_OF.date())
