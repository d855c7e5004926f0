"""The patients in care, a part of the page Enrolment, run whole; nothing a manager's session holds names anybody."""

from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.domain.access.permissions import Role
from dashboard.domain.access.user import User
from dashboard.domain.pilot.counts import PilotCounts
from dashboard.errors import ServerUnavailable
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.pilot import care_words as pilot
from dashboard.ui.session import reads, session
from dashboard.ui.shared.spreadsheet import csv_file
from tests.conftest import Trail
from tests.fakes import FakeFhirServer
from tests.pages import samples
from tests.pages.conftest import Answers, shown
from tests.pages.whole import Open, held, whole
from tests.unit.people_of_the_pilot import MANAGER, MARK, named, pilot_records, texts

SIZES = (("s1", 40), ("s2", 30), ("s3", 3), ("n1", 30))
PAGES = (navigation.WORKLIST, navigation.PATIENT, navigation.AUDIT, navigation.ENROLMENT, navigation.MY_RECORD)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[FakeFhirServer, Open]:
    return whole(monkeypatch, tmp_path, pilot_records(*SIZES))


def at_pilot(app: AppTest) -> AppTest:
    app.switch_page(str(navigation.ENROLMENT))
    app.query_params["view"] = "care"
    return app.run()


def test_totals_come_first_then_regions_and_sites_then_pseudonyms(opened: tuple[FakeFhirServer, Open]) -> None:
    page = shown(at_pilot(opened[1](MANAGER)))
    places = [page.index(words) for words in ("Patients in care</dt><dd>103", "By region and site", "Pseudonyms")]
    assert places == sorted(places)
    assert "Site s1" in page and "fewer than 5" in page and "not shown" in page
    assert page.count('class="c3-pseudonym"') == 25


def test_a_manager_begins_at_the_pilot_and_has_no_other_page(opened: tuple[FakeFhirServer, Open]) -> None:
    page = shown(opened[1](MANAGER).run())
    assert 'data-key="nav-enrolment"' in page and 'data-key="nav"' not in page and 'data-key="nav-audit"' not in page
    assert "No study is recorded" in page


def test_who_may_find_nobody_is_not_offered_to(opened: tuple[FakeFhirServer, Open]) -> None:
    assert "find" not in [each.key for each in opened[1](MANAGER).run().button]


def test_the_list_has_pages(opened: tuple[FakeFhirServer, Open]) -> None:
    app = opened[1](MANAGER)
    app.switch_page(str(navigation.ENROLMENT))
    app.query_params["view"] = "care"
    app.query_params["page"] = "5"
    assert "101 to 103 of 103" in shown(app.run())
    for odd in ("0", "-1", "999999", "٣", "x", "", "1e9", "9" * 5000, "99999"):
        app.query_params["page"] = odd
        assert " of 103" in shown(app.run())


def test_nothing_a_manager_is_sent_or_keeps_names_a_patient(
    opened: tuple[FakeFhirServer, Open], trail: Trail, tmp_path: Path
) -> None:
    """Page texts, addresses, session, files and what the process keeps; also where the server sends whole records."""
    server, open_as = opened
    server.knows_elements = False
    app = at_pilot(open_as(MANAGER))
    excel: Callable[[PilotCounts], bytes] = lambda found: pilot.pilot_excel(found, UTC)  # noqa: E731
    files = [reads.pilot_file(MANAGER, session.fhir(), "x", make) for make in (both_csv, excel)]
    assert named([held(app), files, trail.records]) == []
    for page in PAGES:
        app.switch_page(str(page)).run()
        assert named(held(app)) == [], page
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def both_csv(found: PilotCounts) -> bytes:
    return csv_file([*pilot.areas_cells(found), *pilot.rows_cells(found)])


def test_a_guessed_address_shows_a_manager_nothing(opened: tuple[FakeFhirServer, Open]) -> None:
    server, open_as = opened
    app = open_as(MANAGER)
    for page in (navigation.PATIENT, navigation.MY_RECORD, navigation.WORKLIST, navigation.AUDIT):
        said = []
        for ident in (f"{MARK}0001", "nobody"):
            app.switch_page(str(page))
            app.query_params["id"] = ident
            server.asked.clear()
            said.append(shown(app.run()))
            assert server.asked == [] or page is navigation.WORKLIST
        assert said[0].replace(f"{MARK}0001", "") == said[1].replace("nobody", "")
        assert not named(said)


@pytest.mark.slow
@pytest.mark.parametrize("role", [Role.PATIENT, Role.CARER, Role.ADMINISTRATOR, Role.CLINICIAN, Role.COORDINATOR])
def test_others_see_who_may_open_it(opened: tuple[FakeFhirServer, Open], role: Role) -> None:
    server, open_as = opened
    app = open_as(User(samples.USERS[0].practitioner, "Somebody", roles=(role,), subject="id|x"))
    page = shown(at_pilot(app))
    assert "Only pilot managers see the counts of the pilot." in page and "By region and site" not in page
    assert 'data-key="nav-enrolment"' not in page
    # The top bar asks for the emergency accesses of a clinician, and nobody for a patient.
    assert {each.params[0] for each in server.asked} <= {("requester", str(samples.USERS[0].practitioner))}


def test_few_patients_are_no_table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _, open_as = whole(monkeypatch, tmp_path, pilot_records(("s1", 2)))
    page = shown(at_pilot(open_as(MANAGER)))
    assert "Fewer than 5 patients are in care" in page and "<table" not in page


def test_an_unreachable_server_is_a_sentence_and_later_leaves_the_last(
    opened: tuple[FakeFhirServer, Open], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, open_as = opened
    server.down = True
    app = open_as(MANAGER)
    assert "did not answer" in shown(at_pilot(app))
    server.down = False
    assert "103" in shown(app.run())
    server.down = True
    page = shown(app.run())
    assert "has not answered in time since" in page and "103" in page


def test_whatever_is_named_in_the_server_is_text(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rows = pilot_records(*SIZES)
    for row in rows:
        if row["resourceType"] == "Organization":
            row["name"] = "<script>alert(1)</script>" + row["name"]
    _, open_as = whole(monkeypatch, tmp_path, rows)
    page = shown(at_pilot(open_as(MANAGER)))
    assert "<script" not in page and "&lt;script" in page


def test_another_user_of_the_demo_finds_nothing_of_the_one_before(
    app: AppTest, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One browser, a clinician first: address, search words and rows are gone when the manager looks."""
    monkeypatch.setattr(
        reads, "get_counts", lambda *args: (_ for _ in ()).throw(ServerUnavailable("server-timeout", reference="r1"))
    )
    app.query_params["q"] = "aldous"
    app.run()
    app.session_state["find_text"] = "ALDOUS Mary"
    app.switch_page(str(navigation.PATIENT))
    app.query_params["id"] = samples.PEOPLE[0].id
    assert "ALDOUS" in shown(app.run())
    app.selectbox(key="user_choice").select("demo-pilot-manager").run()
    # Streamlit remembers which parts a session has had; in the demo one session is several people.
    told = " ".join(each for each in texts(held(app)) if not each.endswith("__events")).lower()
    assert "aldous" not in told and samples.PEOPLE[0].id not in told and "nav-enrolment" in told
