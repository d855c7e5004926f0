"""My record, run whole: the patient's own, that of whom a carer cares for, and who looked; nobody else's."""

from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from dashboard.domain.audit.record import AuditKind, record_of
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import ServerRefused, ServerUnavailable
from dashboard.fhir.mapping.audit_event import audit_event
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.shared.error_words import ERRORS
from tests.fakes import FakeFhirServer
from tests.pages import samples
from tests.pages.conftest import shown
from tests.pages.real import send_press
from tests.pages.whole import Open, held, whole
from tests.unit import people_and_teams as make
from tests.unit.people_of_the_pilot import MARK, pilot_records, texts
from tests.unit.queries.test_own_record import agreed, carer, carer_user, patient_user
from tests.unit.queries.test_private_items import RESTRICTED

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
        make.task("t2", OWN, f"Patient/{OWN}", description="Walk every day <b>x</b>", due="2026-12-23"),
        make.goal("private", OWN) | {"description": {"text": "Not to be a burden"}, "meta": RESTRICTED},
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


def test_what_fails_alone_later_stays_with_its_age(opened: tuple[FakeFhirServer, Open]) -> None:
    server, open_as = opened
    at = open_as(MINE).run()
    assert "500 mg twice a day" in shown(at)
    server.failing["MedicationRequest"] = ServerUnavailable("server-timeout", reference="r1")
    page = shown(at.run())
    assert "500 mg twice a day" in page and "This could not be read." not in page
    assert "Medicines could not be read again since" in page and "Last known, could not be read again." in page


def test_a_patient_begins_at_the_own_record(opened: tuple[FakeFhirServer, Open]) -> None:
    app = opened[1](MINE).run()
    page = shown(app)
    assert f"FAMILY{MARK}1".upper() in page.upper() and 'data-key="nav-my_record"' in page
    for words in ("Today", "My results and my goals", "Who to call", "When you feel ill", "Medicines to take now"):
        assert words in page, words
    assert page.index("Today") < page.index("My results") < page.index("What the clinicians wrote")
    assert "500 mg twice a day &lt;b&gt;x" in page and "urgency" not in page
    assert "Walk every day &lt;b&gt;x" in page and "Do this by 23 December 2026." in page
    assert "Check the dose" not in page, "a clinician's task is not the patient's"
    assert "There is no phone number of your care team on record." in page
    assert "No clinician has checked them yet" in page
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
@pytest.mark.parametrize("page", [navigation.WORKLIST, navigation.PATIENT, navigation.AUDIT, navigation.ENROLMENT])
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
    # The top bar asks for the emergency accesses of a clinician, and nobody for a patient.
    assert {each.params[0] for each in server.asked} <= {("requester", "Practitioner/gp")}
    assert 'data-key="nav-my_record"' not in page


def pressed(app: AppTest, do: str, task_id: str, version: str) -> str:
    """What the page says after a press on a tick."""
    return shown(send_press(app, f"own-record-{OWN}", {"do": do, "id": task_id, "version": version}))


def test_what_is_private_is_marked_for_the_patient_and_not_on_the_carers_page(
    opened: tuple[FakeFhirServer, Open],
) -> None:
    page = shown(opened[1](MINE).run())
    assert "Not to be a burden" in page and "Private: your carer does not see this." in page
    page = shown(opened[1](CARER).run())
    assert "burden" not in page and "Private:" not in page
    assert "What the patient keeps private is not shown here." in page


def test_an_unreadable_label_hides_a_task_from_the_carer_too(opened: tuple[FakeFhirServer, Open]) -> None:
    server, open_as = opened
    assert "Walk every day" in shown(open_as(CARER).run())
    server.put(server.rows["Task"]["t2"] | {"meta": {"security": [{"display": "private"}]}})
    assert "Walk every day" not in shown(open_as(CARER).run())


@pytest.mark.parametrize("who", [MINE, CARER], ids=["patient", "carer"])
def test_a_task_is_ticked_and_the_tick_is_taken_back(opened: tuple[FakeFhirServer, Open], who: User) -> None:
    server, open_as = opened
    app = open_as(who).run()
    page = pressed(app, "tick", "t2", "1")
    assert server.rows["Task"]["t2"]["status"] == "completed"
    assert 'data-key="untick-t2"' in page and 'data-key="tick-t2"' not in page
    assert "Your care team sees it" in " ".join(each.value for each in app.toast)
    page = pressed(app, "untick", "t2", "2")
    assert server.rows["Task"]["t2"]["status"] == "in-progress"
    assert 'data-key="tick-t2"' in page


def test_a_tick_on_a_task_of_somebody_else_is_refused_in_words(opened: tuple[FakeFhirServer, Open]) -> None:
    server, open_as = opened
    app = open_as(MINE).run()
    pressed(app, "tick", "t1", "1")
    assert server.rows["Task"]["t1"]["status"] == "requested"
    assert "not yours to see" in " ".join(each.value for each in app.toast)
    pressed(app, "tick", "t2", "99")
    assert server.rows["Task"]["t2"]["status"] == "requested"


def test_a_number_is_shown_where_the_record_has_one_and_never_one_of_the_home(
    opened: tuple[FakeFhirServer, Open],
) -> None:
    server, open_as = opened
    team = next(row for row in server.rows["CareTeam"].values() if row["subject"]["reference"] == f"Patient/{OWN}")
    who = team["participant"][0]["member"]["reference"]
    role = {"resourceType": "PractitionerRole", "id": "r1", "practitioner": {"reference": who}}
    telecom = [
        {"system": "phone", "use": "home", "value": "01632 960111"},
        {"system": "phone", "use": "work", "value": "01632 960222"},
    ]
    server.put(role | {"telecom": telecom})
    page = shown(open_as(MINE).run())
    assert 'href="tel:01632960222"' in page and "960111" not in page
    assert "There is no phone number" not in page


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
    assert "This could not be read." in page and "Walk every day" in page


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
