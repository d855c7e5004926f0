"""The worklist page, run whole on made-up answers: full, empty, one row, broken, stale, filtered, and my tasks."""

import logging
import re
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.actions.save import Saved
from dashboard.domain.access.user import OwnRole
from dashboard.domain.conference.coming import ComingConference
from dashboard.domain.conference.conference import Conference
from dashboard.domain.record.people import Person
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.record.views import Notice, RowsRead, Worklist
from dashboard.domain.values.datatypes import PartialDate, Reference
from dashboard.errors import NotFound, NotPermitted, ServerUnavailable, VersionConflict
from dashboard.ui.conference import widget_coming
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.record.people import main_identifier, show_identifier
from dashboard.ui.session import conferences, reads, session
from dashboard.ui.shared.error_words import ERRORS
from dashboard.ui.tasks import widget as my_tasks
from dashboard.ui.tasks.html import tasks_html
from dashboard.ui.worklist import widget as worklist
from dashboard.ui.worklist.view import WorklistView, read_worklist_view
from tests.pages import samples
from tests.pages.conftest import Answers, shown
from tests.patience import PATIENCE


def test_every_patient_has_a_row_with_a_heading_and_a_link(app: AppTest) -> None:
    page = shown(app.run())
    assert page.count('<th scope="row">') == 8
    assert 'href="patient?id=p123456"' in page
    assert "ALDOUS, Mary" in page and "Potassium 5.9 mmol/L (yesterday), up from 5.1 on 12-Sep-2026" in page.replace(
        "</span>", ""
    )
    assert "2 checks overdue: uACR, PHQ-9" in page
    assert "DEMO" in page and "Dr Sarah Whitfield" in page


def test_the_patient_banner_is_on_no_list(app: AppTest) -> None:
    assert "c3-patientbanner" not in shown(app.run())


def test_nobody_yet(app: AppTest, answers: Answers) -> None:
    answers.worklist = lambda: samples.worklist([])
    page = shown(app.run())
    assert "No patients in your teams yet" in page and "<table" not in page


def test_one_patient(app: AppTest, answers: Answers) -> None:
    answers.worklist = lambda: samples.worklist(samples.rows()[:1])
    assert shown(app.run()).count('<th scope="row">') == 1


def test_two_hundred_patients_are_paged(app: AppTest, answers: Answers) -> None:
    answers.worklist = lambda: samples.worklist(samples.many(200))
    page = shown(app.run())
    assert page.count('<th scope="row">') == 25 and "1 to 25 of 200" in page
    app.query_params["page"] = "8"
    assert "176 to 200 of 200" in shown(app.run())


def awaiting(rows: list[dict[str, object]], **awaited: RowsRead) -> Worklist:
    """Returns a worklist of which these types are still being read."""
    marked = [row | {"awaited": frozenset(awaited)} for row in rows]
    return replace(samples.worklist(marked), awaited=awaited)


NOTHING: dict[str, object] = {
    "conditions": (), "results": {}, "next_conference": None, "open_tasks": 0, "my_tasks": 0, "overdue_tasks": 0,
    "last_contact": None, "plan": None, "urgency": 0, "reasons": (),
}  # fmt: skip
ALL_TYPES = ("Condition", "Observation", "CarePlan", "Task", "Appointment", "Encounter")
NONE = (
    "Nothing needs attention",
    "No key results",
    "No care plan",
    "no open tasks",
    "none booked",
    "no contact on rec",
)


def tile_counts(page: str) -> set[str]:
    """Returns the counts of the totals and of the conditions."""
    return set(re.findall(r'c3-tilecount">([^<]+)<', page)) | set(
        re.findall(r'data-key="pill-.*?c3-pillcount">([^<]+)<', page)
    )


def test_while_records_are_read_the_page_says_how_much_has_come_and_claims_nothing(
    app: AppTest, answers: Answers
) -> None:
    rows = [samples.rows()[0] | NOTHING]
    awaited = {name: RowsRead() for name in ALL_TYPES} | {"Observation": RowsRead(3200, 6100)}
    answers.worklist = lambda: awaiting(rows, **awaited)
    page = shown(app.run())
    assert "results (3,200 of 6,100)" in page and "the list is by name" in page
    assert page.count("being read ...") == len(ALL_TYPES), "one for each part of a row"
    assert not any(words in page for words in NONE)
    assert tile_counts(page) == {"…"}, "no total says that there is none"
    answers.worklist = lambda: samples.worklist(rows)
    page = shown(app.run())
    assert "being read" not in page and "Still being read" not in page
    assert all(words in page for words in NONE)
    assert tile_counts(page) == {"0"}


def test_who_may_no_longer_see_the_rows_while_they_are_read_gets_a_sentence(app: AppTest, answers: Answers) -> None:
    """The part that follows a load runs on by itself, also just after the user has changed."""
    left = [awaiting(samples.rows(), Encounter=RowsRead())]

    def worklist() -> Worklist:
        if left:
            return left.pop()
        raise NotPermitted("not-in-a-care-team")

    answers.worklist = worklist
    app.run()
    assert not app.exception
    assert "Not permitted" in shown(app)


def test_while_records_are_read_the_rows_are_by_name(app: AppTest, answers: Answers) -> None:
    app.query_params["sort"] = "urgency"
    rows = samples.rows()
    answers.worklist = lambda: awaiting(rows, Encounter=RowsRead())
    page = shown(app.run())
    names = [person.name.family.upper() for person in (row["person"] for row in rows)]  # type: ignore[attr-defined]
    places = sorted(page.index(f"<bdi>{name}") for name in names)
    assert [page[at + 5 :].partition(",")[0] for at in places] == sorted(names)
    assert 'aria-sort="ascending"' in page


def test_a_part_that_could_not_be_read_is_never_shown_as_an_empty_one(app: AppTest, answers: Answers) -> None:
    row = samples.rows()[0] | NOTHING | {"unread": frozenset(ALL_TYPES)}
    worklist = samples.worklist([row])
    answers.worklist = lambda: replace(worklist, notices=(Notice("section-missing", "Observation"),))
    page = shown(app.run())
    assert not any(words in page for words in NONE)
    assert "Results of some patients could not be read; their rows say so" in page
    assert page.count("could not be read") == len(ALL_TYPES) + 1, "and the notice"


def test_the_address_filters(app: AppTest) -> None:
    app.query_params["reason"] = "no-plan"
    page = shown(app.run())
    assert page.count('<th scope="row">') == 1 and "1 patient" in page and "No care plan" in page


def test_no_match_is_another_sentence_than_nobody(app: AppTest) -> None:
    app.query_params["q"] = "zzzz"
    page = shown(app.run())
    assert "No patient matches these filters" in page and "Clear all filters" in page


@pytest.mark.slow
@pytest.mark.parametrize("value", ["<script>alert(1)</script>", "\x00", "a" * 5000, "../../etc", "%s{}", "🦊"])
@pytest.mark.parametrize(
    "name", ["q", "team", "site", "owner", "reason", "condition", "sort", "page", "tab", "nonsense"]
)
def test_a_hostile_address_shows_a_page(app: AppTest, name: str, value: str) -> None:
    app.query_params[name] = value
    page = shown(app.run())
    assert "<script" not in page and "Something went wrong" not in page


def test_an_unreachable_server_leaves_the_last_data_with_their_age(app: AppTest, answers: Answers) -> None:
    answers.worklist = lambda: samples.worklist(
        stale="server-unreachable", fetched=samples.AS_OF - timedelta(minutes=7)
    )
    page = shown(app.run())
    assert "The server could not be reached since" in page and "What you see is 7 minutes old." in page
    assert page.count('<th scope="row">') == 8


def test_a_server_that_never_answered_is_a_sentence_with_a_way_out(app: AppTest, answers: Answers) -> None:
    def broken() -> Any:
        raise ServerUnavailable("server-timeout", reference="r1")

    answers.worklist = broken
    page = shown(app.run())
    assert "The FHIR server cannot be reached" in page and "did not answer in time" in page
    assert [button.label for button in app.button if button.label == "Try again"]


def test_a_defect_shows_a_reference_and_nothing_else(
    app: AppTest, answers: Answers, caplog: pytest.LogCaptureFixture
) -> None:
    def defect() -> Any:
        raise RuntimeError("Mary Aldous 9990123456")

    answers.worklist = defect
    with caplog.at_level(logging.ERROR):
        page = shown(app.run())
    assert "Tell the support this reference" in page
    assert "Aldous" not in page and "Aldous" not in caplog.text
    assert "RuntimeError" in caplog.text


def test_what_the_server_could_not_do_is_shown(app: AppTest, answers: Answers) -> None:
    answers.worklist = lambda: samples.worklist(
        notices=(Notice("capped", "Observation"),),
        unreadable=(Unreadable(Reference("Observation", "o1"), "unknown-unit"),),
    )
    page = shown(app.run())
    assert "1 record could not be read (unknown unit)" in page
    assert "There are more results than are read at once" in page


def test_without_a_practitioner_there_is_no_user(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_users", lambda server: {})
    assert "No practitioners are on the FHIR server" in shown(app.run())


def test_another_demo_user_starts_with_an_empty_session(app: AppTest) -> None:
    app.run()
    assert "worklist_rows" in app.session_state
    app.selectbox(key="user_choice").select("prac-sw-nurse-1").run()
    page = shown(app)
    assert "Tom Hadley" in page


def test_a_demo_user_whose_role_has_ended_is_refused_and_goes_on_as_another(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once, without waiting until the list of people is asked for again; and nobody becomes another unasked."""
    before = app.run().session_state["user_id"]
    monkeypatch.setattr(session, "_own_role", lambda who: OwnRole(None, seen=who.id == before))
    page = shown(app.run())
    assert "Your role has ended" in page and "Aldous" not in page and not app.get("download_button")
    choice = app.selectbox(key="user_choice")
    assert choice.value is None
    assert len(choice.options) == len(session.demo_users()) - 1
    # Later the list of people has lost the user too.
    others = {session.user_id(each): each for each in samples.USERS if session.user_id(each) != before}
    monkeypatch.setattr(session, "_users", lambda server: others)
    assert "Your role has ended" in shown(app.run())
    app.selectbox(key="user_choice").select("prac-sw-nurse-1").run()
    page = shown(app)
    assert "Tom Hadley" in page and "Your role has ended" not in page
    assert app.selectbox(key="user_choice").value == "prac-sw-nurse-1"


def test_an_administrator_of_the_demo_stays_one_while_the_list_of_people_is_short(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.run()
    app.selectbox(key="user_choice").select("demo-patient").run()
    monkeypatch.setattr(session, "_at_home", lambda server: ())
    app.run()
    assert app.session_state["user_id"] == "demo-patient"
    assert "Your role has ended" not in shown(app)


def test_the_team_is_a_filter(app: AppTest) -> None:
    app.run()
    app.selectbox(key="w_team").select("team-sw-2").run()
    assert shown(app).count('<th scope="row">') == 1


def test_views_are_saved_and_used(app: AppTest) -> None:
    app.query_params["reason"] = "no-plan"
    app.run()
    app.text_input(key="w_view_name").set_value("No plans")
    app.button(key="w_save").click().run()
    assert [button.label for button in app.button if button.label == "No plans"]
    assert [toast.value for toast in app.toast] == ["View saved\\. Only you see it\\."] or app.toast


@pytest.fixture
def pressed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Where presses lead, written down instead of gone to."""
    went: list[Any] = []
    monkeypatch.setattr(navigation, "worklist_view", lambda: WorklistView(page=2))
    monkeypatch.setattr(navigation, "show_worklist", went.append)
    monkeypatch.setattr(navigation, "open_patient", lambda patient_id: went.append(patient_id))
    return went


@pytest.mark.parametrize(
    ("what", "where"),
    [
        ({"do": "toggle", "name": "reason", "value": "no-plan"}, read_worklist_view({"reason": "no-plan"})),
        ({"do": "toggle", "name": "reason", "value": ["no-plan"]}, WorklistView(page=2)),
        ({"do": "clear"}, WorklistView()),
        ({"do": "sort", "by": "name"}, WorklistView(sort="name")),
        ({"do": "sort", "by": 7}, WorklistView(page=2)),
        ({"do": "page", "n": 5}, WorklistView(page=5)),
        ({"do": "page", "n": "5"}, WorklistView(page=1)),
        ({"do": "page", "n": -3}, WorklistView(page=1)),
        ({"do": "tab", "name": "tasks"}, WorklistView(page=2, tab="tasks")),
        ({"do": "open", "id": "p1"}, "p1"),
        ({"do": "open", "id": {"x": 1}}, ""),
    ],
)
def test_presses_lead_where_they_say(pressed: list[Any], what: dict[str, Any], where: Any) -> None:
    worklist.on_press(what)
    assert pressed == [where]


def test_an_unknown_press_does_nothing(pressed: list[Any]) -> None:
    worklist.on_press({"do": "rm -rf"})
    assert pressed == []


# ---- my tasks ----


def test_tasks_have_what_to_do_overdue_first(app: AppTest) -> None:
    app.query_params["tab"] = "tasks"
    page = shown(app.run())
    assert page.index("Repeat potassium") < page.index("Check ramipril") < page.index("Talk about foot care")
    assert "3 open tasks" in page and "1 overdue" in page and "1 ended in the last 14 days" in page
    assert "Phoned, no answer; try the daughter." in page


def test_no_tasks(app: AppTest, answers: Answers) -> None:
    answers.tasks = lambda: samples.TaskList((), {}, samples.AS_OF)
    app.query_params["tab"] = "tasks"
    assert "No open tasks" in shown(app.run())


@pytest.fixture
def bare(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Presses outside a running page: session state is a dict."""
    state: dict[str, Any] = {}
    for module in (my_tasks, reads):
        monkeypatch.setattr(module.st, "session_state", state)
    monkeypatch.setattr(session, "user", lambda: samples.USERS[0])
    return state


@pytest.mark.parametrize("do", ["complete", "reopen"])
def test_completing_and_undoing(answers: Answers, bare: dict[str, Any], do: str) -> None:
    bare["page_tasks"] = "old"
    my_tasks.on_press({"do": do, "id": "t1", "version": "3"})
    [(name, asked)] = answers.done
    assert (name, asked["task_id"], asked["version"]) == (f"{do}_task", "t1", "3")
    assert asked["reason"] == {"complete": "Task completed", "reopen": "Task reopened"}[do]
    assert "page_tasks" not in bare and [kind for _, kind in bare["messages"]] == ["done"]


def test_a_save_that_the_server_did_not_protect_says_so(answers: Answers, bare: dict[str, Any]) -> None:
    answers.action = lambda **asked: Saved((), (Notice("unprotected-save", "Task"),))
    my_tasks.on_press({"do": "complete", "id": "t1", "version": "3"})
    assert bare["messages"][1:] == [
        ("The server does not protect saving of tasks: two people may overwrite each other.", "caution")
    ]


def test_a_conflict_gives_a_message(answers: Answers, bare: dict[str, Any]) -> None:
    def conflict(*args: Any, **named: Any) -> None:
        raise VersionConflict("task-changed")

    answers.action = conflict
    my_tasks.on_press({"do": "complete", "id": "t1", "version": "3"})
    assert bare["messages"] == [(ERRORS["task-changed"], "wrong")]


@pytest.mark.parametrize("do", ["reassign", "comment", "chase"])
def test_what_needs_words_is_asked(app: AppTest, do: str) -> None:
    app.query_params["tab"] = "tasks"
    app.session_state["asked"] = ("tasks", do, "t1")
    app.run()
    assert not app.exception
    labels = [each.label for each in (*app.text_input, *app.text_area, *app.selectbox)]
    assert ("To whom" in labels) == (do == "reassign")
    (task,) = [each for each in samples.TASKS if each.origin.id == "t1"]
    person = next(each for each in samples.PEOPLE if task.patient and each.id == task.patient.id)
    texts = " ".join(each.value for each in app.text)
    assert person.name.family.upper() in texts and "Born " in texts
    assert show_identifier(main_identifier(person))[1] in texts


def test_a_coordinator_sees_what_others_have_to_do_by_owner_and_can_chase_and_hand_on() -> None:
    others = tuple(
        replace(samples.TASKS[0], origin=Reference("Task", f"o{number}"), owner_name=name, due=PartialDate(due))
        for number, (name, due) in enumerate(
            [("Anna B", "2026-12-01"), ("Tom C", "2026-01-02"), ("Tom C", "2026-01-01"), ("", "2026-12-24")]
        )
    )
    html = str(tasks_html(samples.task_list(others=others), 0, samples.AS_OF.date(), 30))
    part = html[html.index("by owner") :]
    assert part.index("Tom C") < part.index("Anna B") < part.index("nobody yet"), "the most overdue first"
    assert part.index("task-o2") < part.index("task-o1"), "the earliest due first"
    assert part.count('data-key="chase-') == part.count('data-key="reassign-') == 4
    assert 'data-key="complete-' not in part
    assert "by owner" not in str(tasks_html(samples.task_list(), 0, samples.AS_OF.date(), 30))


def test_an_error_in_finding_is_a_sentence(app: AppTest, answers: Answers) -> None:
    def refuse(text: str) -> Any:
        raise NotFound("record-not-found")

    answers.found = refuse
    app.run()
    app.button(key="find").click().run()
    assert [each for each in app.text_input if each.key == "find_text"]


def meeting(ident: str, start: str, status: str = "booked", *to_prepare: Person) -> ComingConference:
    number = "".join(filter(str.isdigit, ident)) or "1"
    return ComingConference(
        Conference(
            Reference("Appointment", ident), "1", status, f"Case conference {number}", PartialDate(start), None,
            "room 2", patients=(Reference("Patient", "p1"), Reference("Patient", "p2")),
        ),
        to_prepare,
    )  # fmt: skip


def test_what_conferences_ask_of_the_reader_stands_at_the_top(
    app: AppTest, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers.coming = lambda: (
        meeting("m1", "2026-11-23T13:30:00+00:00", "arrived"),
        meeting("m2", "2026-11-24T13:00:00+00:00", "booked", samples.ALDOUS, samples.PEOPLE[1]),
        meeting("m3", "2026-11-26T13:00:00+00:00"),
        meeting("m4", "2026-11-27T13:00:00+00:00"),
    )
    page = shown(app.run())
    line = page[page.index("c3-coming") : page.index("c3-head")]
    assert "runs now, room 2, 2 patients" in line and "Join" in line
    assert "tomorrow 13:00" in line and "2 to prepare by you:" in line and "ALDOUS, Mary" in line
    assert "Thu 26-Nov 13:00" in line and "Case conference 4" not in line and "and 1 more" in line
    gone: list[str] = []
    monkeypatch.setattr(navigation, "open_conference", gone.append)
    monkeypatch.setattr(navigation, "open_conference_live", gone.append)
    monkeypatch.setattr(navigation, "open_patient", gone.append)
    for do, ident in (("open-conference", "m2"), ("join", "m1"), ("open", "p1")):
        widget_coming.on_coming_press({"do": do, "id": ident})
    assert gone == ["m2", "m1", "p1"]


def test_nothing_is_asked_or_nobody_can_say(app: AppTest, answers: Answers) -> None:
    assert "c3-coming" not in shown(app.run())

    def failing(problem: Exception) -> None:
        conferences.forget()

        def fail() -> Any:
            raise problem

        answers.coming = fail

    failing(ServerUnavailable("server-timeout", reference="r1"))
    page = shown(app.run())
    assert "Whether you have a case conference could not be read." in page and "ALDOUS, Mary" in page
    failing(NotPermitted("not-in-a-care-team"))
    assert "c3-coming" not in shown(app.run())


def test_a_server_that_is_slow_about_conferences_keeps_no_row_waiting(
    app: AppTest, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conferences, "FIRST_ROWS_SECONDS", 0.01)
    gate = threading.Event()

    def slow() -> Any:
        gate.wait(PATIENCE)
        return (meeting("m2", "2026-11-24T13:00:00+00:00"),)

    answers.coming = slow
    page = shown(app.run())
    assert "ALDOUS, Mary" in page and "c3-coming" not in page
    pending = app.session_state["pending_coming"][1]
    gate.set()
    assert pending._ended.wait(PATIENCE)
    assert "Case conference 2" in shown(app.run())
