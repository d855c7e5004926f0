"""My record, run whole: the patient's own, that of whom a carer cares for, and who looked; nobody else's."""

from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind, record_of
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import ServerRefused
from dashboard.fhir.mapping.audit_event import audit_event
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.shared.error_words import ERRORS
from tests.fakes import FakeFhirServer
from tests.pages import samples
from tests.pages.conftest import shown
from tests.pages.whole import Open, held, whole
from tests.unit import people_and_teams as make
from tests.unit.people_of_the_pilot import MARK, pilot_records, texts
from tests.unit.queries.test_own_record import agreed, carer, carer_user, patient_user

OWN, OTHER = f"{MARK}0001", f"{MARK}0002"
MINE = replace(patient_user(OWN), name="Mary")
CARER = carer_user()


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[FakeFhirServer, Open]:
    rows = [
        *pilot_records(("s1", 3)),
        carer("susan", OWN),
        agreed(OWN),
        make.medicine("m1", OWN, dosageInstruction=[{"text": "500 mg twice a day <b>x</b>"}]),
        make.medicine("m2", OWN, "A10BB12", status="stopped"),
        make.medicine("m3", OTHER, "C09AA05"),
        make.task("t1", OWN, "Practitioner/gp"),
        make.plan("plan-1", OWN),
    ]
    return whole(monkeypatch, tmp_path, rows)


def at_record(app: AppTest, ident: str = "") -> AppTest:
    app.switch_page(str(navigation.MY_RECORD))
    if ident:
        app.query_params["id"] = ident
    return app.run()


def other_than_own(at: AppTest) -> list[str]:
    return [each for each in texts(held(at)) if f"{MARK}0002" in each or f"{MARK}2" in each or f"{MARK}3" in each]


def test_a_patient_begins_at_the_own_record(opened: tuple[FakeFhirServer, Open]) -> None:
    app = opened[1](MINE).run()
    page = shown(app)
    assert f"FAMILY{MARK}1".upper() in page.upper() and 'data-key="nav-my_record"' in page
    for words in ("Care plan", "Goals", "Medicines to take now", "Tasks", "Care team", "Family and friends who help"):
        assert words in page, words
    assert "500 mg twice a day &lt;b&gt;x" in page and "Check the dose" in page and "urgency" not in page
    assert 'data-key="nav"' not in page and 'data-key="nav-audit"' not in page
    assert other_than_own(app) == []


def test_a_carer_sees_it_and_why(opened: tuple[FakeFhirServer, Open]) -> None:
    page = shown(opened[1](CARER).run())
    assert "You see this record as a carer, because the patient has agreed to it." in page
    assert f"FAMILY{MARK}1".upper() in page.upper()


@pytest.mark.slow
@pytest.mark.parametrize("who", [MINE, CARER], ids=["patient", "carer"])
@pytest.mark.parametrize("ident", [OTHER, "nobody", "../x", "<script>", "x" * 5000, "\x00", f"Patient/{OWN}"])
def test_a_guessed_id_is_not_found(opened: tuple[FakeFhirServer, Open], who: User, ident: str) -> None:
    app = at_record(opened[1](who), ident)
    page = shown(app)
    assert ERRORS["record-not-found"] in page and "Not found" in page and f"{MARK}" not in page.replace(ident, "")


@pytest.mark.slow
@pytest.mark.parametrize("who", [MINE, CARER], ids=["patient", "carer"])
@pytest.mark.parametrize("page", [navigation.WORKLIST, navigation.PATIENT, navigation.AUDIT, navigation.PILOT])
@pytest.mark.parametrize("ident", ["", OTHER, "nobody"])
def test_the_pages_of_professionals_show_them_nothing(
    opened: tuple[FakeFhirServer, Open], who: User, page: Path, ident: str
) -> None:
    server, open_as = opened
    app = open_as(who)
    app.switch_page(str(page))
    if ident:
        app.query_params["id"] = ident
    found = shown(app.run())
    if page != navigation.WORKLIST:  # from the page that opens first they are led to their own
        assert "Not permitted" in found or "No patient is chosen" in found
        assert server.asked == []
    assert f"{MARK}2" not in found and f"{MARK}0002" not in found.replace(ident, "")


@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.COORDINATOR, Role.PILOT_MANAGER, Role.ADMINISTRATOR])
def test_professionals_see_whose_page_it_is(opened: tuple[FakeFhirServer, Open], role: Role) -> None:
    server, open_as = opened
    app = open_as(replace(make.user("gp"), roles=(role,), subject="id|gp"))
    for ident in ("", OWN, "nobody"):
        page = shown(at_record(app, ident))
        assert "Only the patient, and a carer whom the patient has agreed to" in page and MARK not in page
    assert server.asked == [] and 'data-key="nav-my_record"' not in page


def test_a_carer_whose_consent_is_withdrawn_sees_nothing_at_the_next_read(opened: tuple[FakeFhirServer, Open]) -> None:
    server, open_as = opened
    app = open_as(CARER).run()
    assert MARK in shown(app)
    server.put(agreed(OWN, status="inactive"))
    page = shown(app.run())
    assert ERRORS["record-not-found"] in page and MARK not in page


def test_an_unreachable_server_is_a_sentence_and_later_leaves_the_last(opened: tuple[FakeFhirServer, Open]) -> None:
    server, open_as = opened
    server.down = True
    app = open_as(MINE)
    assert "did not answer" in shown(at_record(app))
    server.down = False
    assert "Medicines to take now" in shown(app.run())
    server.down = True
    page = shown(app.run())
    assert "has not answered in time since" in page and "Medicines to take now" in page


def test_a_part_that_fails_leaves_the_rest(opened: tuple[FakeFhirServer, Open]) -> None:
    server, open_as = opened
    server.failing = {"MedicationRequest": ServerRefused("search-refused", what="Patient", status=400, reference="r1")}
    page = shown(open_as(MINE).run())
    assert "This could not be read." in page and "Check the dose" in page


def test_the_patient_sees_who_read_the_record_when_the_list_is_opened(opened: tuple[FakeFhirServer, Open]) -> None:
    server, open_as = opened
    gp = replace(make.user("gp"), name="Dr Jane Okafor")
    read = record_of(gp, AuditKind.PATIENT_READ, "get_patient", samples.AS_OF, patients=[Reference("Patient", OWN)])
    server.put(audit_event(read, server.base_url, "host"))
    app = open_as(MINE).run()
    assert [each for each in app.expander if each.label == "Who looked at this record"]
    assert "AuditEvent" not in [request.type for request in server.asked]  # not before somebody wants to know
    app.session_state[f"looks-{OWN}"] = True
    assert "Dr Jane Okafor" in shown(app.run())


def test_a_carer_does_not_see_who_read_the_record(opened: tuple[FakeFhirServer, Open]) -> None:
    app = opened[1](CARER).run()
    assert [each for each in app.expander if each.label == "Who looked at this record"] == []
