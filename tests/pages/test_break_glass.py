"""Looking beyond one's teams, run whole: offered where nobody fits, refused in words, and never without a banner."""

import re
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.domain.access.emergency_access import EmergencyAccess, EmergencyReason
from dashboard.domain.access.permissions import Role
from dashboard.domain.record.people import Person
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import NotFound
from dashboard.queries.list_emergency_accesses import OpenedInEmergency
from dashboard.ui.emergency_access.html import running_html
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.session import reads, session
from dashboard.ui.shared.view_time import ViewTime
from tests.pages import samples
from tests.pages.conftest import Answers, shown
from tests.pages.real import send_press
from tests.patience import PATIENCE

UNTIL = samples.AS_OF + timedelta(minutes=60)
GRANT = EmergencyAccess(
    Reference("Task", "g1"),
    Reference("Patient", "p123456"),
    Reference("Practitioner", "prac-sw-gp-1"),
    "emergency",
    "Chest pain <b>now</b>",
    samples.AS_OF,
    UNTIL,
)


DIALOG = "from dashboard.ui.find_patient.widget import find_dialog\nfind_dialog()"


def looked_for(answers: Answers, text: str = "999 012 3456") -> AppTest:
    """The dialog by itself: AppTest runs whole scripts, and in the app a dialog lives in a run of its own."""
    answers.found = lambda typed: () if any(letter.isdigit() for letter in typed) else samples.matches()
    app = AppTest.from_string(DIALOG, default_timeout=PATIENCE).run()
    app.text_input(key="find_text").set_value(text).run()
    return app


def test_nobody_in_my_teams_offers_the_way_beyond_them(answers: Answers) -> None:
    app = looked_for(answers)
    assert app.text_input(key="glass_identifier").value == "999 012 3456"
    assert app.button(key="glass_break").label == "Break the glass for 60 minutes"
    assert "is told at once" in " ".join(each.value for each in app.caption)


def test_a_match_in_my_teams_offers_nothing_more(answers: Answers) -> None:
    app = looked_for(answers, "ald")
    assert not [each for each in app.text_input if each.key == "glass_identifier"]


def test_a_coordinator_is_offered_nothing(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    asking = {session.user_id(each): replace(each, roles=(Role.COORDINATOR,)) for each in samples.USERS}
    monkeypatch.setattr(session, "_users", lambda server: asking)
    app = looked_for(answers)
    assert not [each for each in app.text_input if each.key == "glass_identifier"]


def test_with_a_reason_the_record_opens(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(navigation, "open_patient", opened.append)
    answers.action = lambda *args, **named: GRANT
    app = looked_for(answers)
    app.selectbox(key="glass_reason").set_value(EmergencyReason.EMERGENCY)
    app.text_input(key="glass_words").set_value("Chest pain")
    app.button(key="glass_break").click().run()
    assert answers.done == [
        (
            "start_emergency_access",
            {
                "identifier": "999 012 3456",
                "code": EmergencyReason.EMERGENCY,
                "reason": "Chest pain",
                "at": samples.AS_OF,
                "minutes": 60,
            },
        )
    ]
    assert opened == ["p123456"]


def test_the_record_is_under_a_banner(app: AppTest, answers: Answers) -> None:
    answers.patient = lambda person: replace(samples.summary(person), emergency_access=GRANT)
    app.run()
    app.switch_page(str(navigation.PATIENT))
    app.query_params["id"] = "p123456"
    page = shown(app.run())
    banner = page[page.index("c3-glass") : page.index("c3-patientbanner")]
    assert "You look beyond your teams, until" in banner
    assert "The coordinator has been told" in banner
    assert "Chest pain &lt;b&gt;now&lt;/b&gt;" in banner


@pytest.mark.parametrize(
    ("reason", "problem", "said"),
    [
        (None, None, "Choose a reason first."),
        (EmergencyReason.OTHER, NotFound("identifier-not-found"), "exactly this identifier"),
    ],
)
def test_a_refusal_is_a_sentence_in_the_dialog(
    answers: Answers, reason: Any, problem: Exception | None, said: str
) -> None:
    def refuse(*args: Any, **named: Any) -> Any:
        assert problem is not None
        raise problem

    answers.action = refuse
    app = looked_for(answers)
    app.selectbox(key="glass_reason").set_value(reason)
    app.button(key="glass_break").click().run()
    assert said in " ".join(each.value for each in app.error)
    assert not app.exception


def test_the_banner_is_only_there_while_the_glass_is_broken(app: AppTest, answers: Answers) -> None:
    app.run()
    app.switch_page(str(navigation.PATIENT))
    app.query_params["id"] = "p123456"
    assert "c3-glass" not in shown(app.run())


def test_the_session_cache_ends_with_the_grant(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even while the server is away, when the last data would stay on screen."""
    person: Person = samples.PEOPLE[0]
    summary = replace(samples.summary(person), emergency_access=GRANT)
    last = reads.PageValue(None, "", person.id, samples.AS_OF, summary)  # type: ignore[arg-type]
    monkeypatch.setattr(reads.st, "session_state", {"page_patient": last})
    monkeypatch.setattr(reads, "viewing_session_id", lambda: "")
    for name in ("fhir", "user", "scope", "terminology"):
        monkeypatch.setattr(session, name, lambda: None)

    def asked(*args: Any) -> Any:
        raise NotFound("record-not-found")

    monkeypatch.setattr(reads, "get_patient", asked)
    monkeypatch.setattr(session, "as_of", lambda: samples.AS_OF + timedelta(seconds=1))
    assert reads.read_patient(person.id) == (summary, "")
    monkeypatch.setattr(session, "as_of", lambda: UNTIL)
    with pytest.raises(NotFound):
        reads.read_patient(person.id)


def refused(app: AppTest, page: Any, ident: str) -> AppTest:
    app.run()
    app.switch_page(str(page))
    app.query_params["id"] = ident
    return app.run()


@pytest.mark.parametrize("page", [navigation.PATIENT, navigation.TIMELINE])
def test_a_refused_link_has_the_form_in_place_and_keeps_what_was_typed(
    app: AppTest, answers: Answers, page: Any
) -> None:
    def refuse(*args: Any, **named: Any) -> Any:
        raise NotFound("identifier-not-found")

    answers.action = refuse
    refused(app, page, "stranger")
    assert "Not found" in shown(app)
    app.text_input(key="glass_identifier").set_value("999 888 7777").run()
    app.selectbox(key="glass_reason").set_value(EmergencyReason.ON_CALL).run()
    app.text_input(key="glass_words").set_value("Chest pain").run()
    app.button(key="glass_break").click().run()
    assert "exactly this identifier" in " ".join(each.value for each in app.error)
    assert app.text_input(key="glass_identifier").value == "999 888 7777"
    assert app.text_input(key="glass_words").value == "Chest pain"
    # For another patient nothing of it is offered.
    app.query_params["id"] = "another"
    app.run()
    assert app.text_input(key="glass_words").value == ""
    assert app.text_input(key="glass_identifier").value == ""


def test_the_worklist_says_whom_i_have_opened_with_the_time_left_and_ends_it(app: AppTest, answers: Answers) -> None:
    answers.emergencies = (OpenedInEmergency(GRANT, samples.PEOPLE[0]),)
    page = shown(app.run())
    assert "Your emergency access" in page and "60 minutes left" in page
    assert "c3-glasslist" in page and samples.PEOPLE[0].name.family.upper() in page
    send_press(app, "emergency-list", {"do": "end-emergency", "id": "g1"})
    assert ("end_emergency_access", "g1") in [(name, asked.get("task_id")) for name, asked in answers.done]
    assert "Your emergency access has ended" in " ".join(each.value for each in app.toast)


@pytest.mark.parametrize("page", [navigation.WORKLIST, navigation.PATIENT, navigation.TIMELINE])
def test_the_top_bar_of_every_page_has_the_time_left_and_the_end_and_names_nobody(
    app: AppTest, answers: Answers, page: Any
) -> None:
    answers.emergencies = (OpenedInEmergency(GRANT, samples.PEOPLE[1]),)
    refused(app, page, "p123456")
    [bar] = re.findall('<div class="c3-running".*?</div>', shown(app))
    assert 'data-left="3600"' in bar and "60:00 left" in bar and 'data-key="end-g1"' in bar
    assert samples.PEOPLE[1].name.family.upper() not in bar.upper()
    send_press(app, "emergency-bar", {"do": "end-emergency", "id": "g1"})
    assert ("end_emergency_access", "g1") in [(name, asked.get("task_id")) for name, asked in answers.done]


def test_of_several_the_top_bar_has_the_first_to_end_and_leads_to_their_list() -> None:
    other = replace(GRANT, origin=Reference("Task", "g2"), until=samples.AS_OF + timedelta(seconds=61))
    opened = tuple(map(OpenedInEmergency, (GRANT, other), samples.PEOPLE))
    bar = str(running_html(opened, ViewTime(samples.AS_OF, UTC)))
    assert "2 emergency accesses" in bar and "01:01 left" in bar
    assert "&#34;do&#34;: &#34;list&#34;" in bar and "end-emergency" not in bar


def test_without_an_emergency_access_the_top_bar_has_nothing_of_it(app: AppTest) -> None:
    assert "c3-running" not in shown(app.run())


def test_at_its_end_the_server_is_asked_again(app: AppTest, answers: Answers) -> None:
    answers.emergencies = (OpenedInEmergency(GRANT, samples.PEOPLE[0]),)
    assert "c3-running" in shown(app.run())
    answers.emergencies = ()
    send_press(app, "emergency-bar", {"do": "over"})
    assert "c3-running" not in shown(app)


def test_the_banner_has_the_button_that_ends_it(app: AppTest, answers: Answers) -> None:
    answers.patient = lambda person: replace(samples.summary(person), emergency_access=GRANT)
    page = shown(refused(app, navigation.PATIENT, "p123456"))
    assert 'data-key="end-g1"' in page
    send_press(app, "banner-p123456", {"do": "end-emergency", "id": "g1"})
    assert answers.done[-1][0] == "end_emergency_access"
