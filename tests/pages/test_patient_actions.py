"""What is done on the patient's page: each line's buttons, what they ask, what they change, and the way back."""

import re
from dataclasses import replace
from datetime import UTC, date
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.actions.save import Saved
from dashboard.domain.access.permissions import Role
from dashboard.domain.record.task import Task
from dashboard.domain.record.views import PatientSummary, Section
from dashboard.domain.values.datatypes import PartialDate, Reference
from dashboard.errors import ServerUnavailable, UserFacingError
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.patient import widget
from dashboard.ui.patient.html import summary_html
from dashboard.ui.patient.urgent_html import fact_key, fact_words
from dashboard.ui.session import session
from dashboard.ui.shared.view_time import ViewTime
from tests.pages import real, samples, timeline_samples
from tests.pages.conftest import Answers, shown

AT = ViewTime(samples.AS_OF, UTC)
ME = Reference("Practitioner", "prac-sw-gp-1")


def opened(app: AppTest, patient_id: str = "p123456") -> AppTest:
    app.run()
    app.switch_page(str(navigation.PATIENT))
    app.query_params["id"] = patient_id
    return app.run()


def task(**other: Any) -> Task:
    made = Task(
        Reference("Task", "t9"), "1", "Repeat potassium", Reference("Patient", "p123456"), "requested", "routine", ME,
        "Dr Sarah Whitfield", "Dr Sarah Whitfield", None, PartialDate("2026-12-01"), requester=ME,
    )  # fmt: skip
    return replace(made, **other)


def with_tasks(*tasks: Task) -> PatientSummary:
    return replace(samples.summary(), tasks=Section(tasks))


def page_of(summary: PatientSummary, **more: Any) -> str:
    return str(summary_html(summary, AT, may_change=True, **more))


def test_every_line_that_needs_attention_has_its_buttons_in_the_order_it_is_read() -> None:
    summary = samples.summary()
    page = page_of(summary)
    part = page[page.index("c3-urgentpart") : page.index("c3-sincepart")]
    lines = part.split('data-fact="')[1:]
    assert len(lines) == len(fact_words(summary, AT)) and all("<button" in line for line in lines)
    assert page.index("c3-urgentpart") < page.index("c3-sincepart") < page.index("c3-measurements")
    assert page.index("c3-measurements") < page.index("c3-medicines") < page.index("c3-tasklines")


def test_what_is_urgent_cannot_be_set_aside() -> None:
    summary = samples.summary()
    urgent = next(same for same, words in fact_words(summary, AT) if words.tone == "danger")
    keys = [fact_key(same) for same, _ in fact_words(summary, AT)]
    from dashboard.ui.patient.html import attention_html

    part = str(attention_html(summary, AT, may_change=True, aside=keys))
    shown_part, folded = part.split("<details", 1)
    assert f'data-fact="{fact_key(urgent)}"' in shown_part and shown_part.count("data-fact=") == 1
    assert folded.count("data-fact=") == len(keys) - 1, "nothing is lost, what is set aside is folded"


def test_whoever_may_change_nothing_sees_no_button_that_changes() -> None:
    page = str(summary_html(samples.summary(), AT))
    assert not re.search(r'data-key="(add|complete|reassign|comment|withdraw|reopen)-', page)


@pytest.mark.parametrize(
    ("roles", "may"), [((Role.CLINICIAN,), True), ((Role.COORDINATOR,), True), ((Role.PILOT_MANAGER,), False)]
)
def test_who_sees_buttons(monkeypatch: pytest.MonkeyPatch, roles: tuple[Role, ...], may: bool) -> None:
    monkeypatch.setattr(session, "user", lambda: replace(samples.USERS[0], roles=roles))
    assert widget.may_change(samples.summary()) is may
    grant: Any = object()
    assert not widget.may_change(replace(samples.summary(), emergency_access=grant)), "emergency access is for reading"


def test_only_what_its_status_allows_is_offered_and_only_to_whom() -> None:
    def offered(one: Task, me: Reference | None) -> set[str]:
        from dashboard.ui.patient.html import record_html

        page = str(record_html(with_tasks(one), AT, may_change=True, me=me))
        return set(re.findall(r'data-key="(\w+)-t9"', page)) - {"task"}

    assert offered(task(), ME) == {"complete", "reassign", "comment", "withdraw"}
    assert offered(task(), None) == {"complete", "reassign", "comment"}
    assert offered(task(status="in-progress"), ME) == {"complete", "reassign", "comment"}
    ended = task(status="completed", ended=PartialDate("2026-11-20"))
    assert offered(ended, ME) == {"reopen", "comment"}
    assert offered(replace(ended, ended=PartialDate("2026-10-01")), ME) == set(), "long ago"


def test_a_task_says_who_why_until_when_and_why_it_was_taken_back() -> None:
    page = page_of(
        with_tasks(task(status="cancelled", ended=PartialDate("2026-11-20"), status_reason="entered in error: x"))
    )
    for part in ("Repeat potassium", "Dr Sarah Whitfield", "ended", "20-Nov-2026", "Cancelled", "entered in error: x"):
        assert part in page, part


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, answers: Answers) -> dict[str, Any]:
    state: dict[str, Any] = {}
    for module in ("dashboard.ui.patient.widget", "dashboard.ui.session.reads", "dashboard.ui.shared.messages"):
        monkeypatch.setattr(f"{module}.st.session_state", state)
    monkeypatch.setattr(session, "user", lambda: samples.USERS[0])
    monkeypatch.setattr(navigation, "asked_patient", lambda: "p123456")
    return state


def test_completing_changes_the_task_reads_the_page_anew_and_offers_undo(
    answers: Answers, bare: dict[str, Any]
) -> None:
    bare |= {"page_patient": "old", "page_timeline": "old", "page_tasks": "old"}
    widget.on_press({"do": "complete", "id": "t9", "version": "1"})
    [(name, asked)] = answers.done
    assert (name, asked["task_id"], asked["version"]) == ("complete_task", "t9", "1")
    assert not {"page_patient", "page_timeline", "page_tasks"} & set(bare)
    done = task(status="completed", ended=PartialDate("2026-11-23"), version="2")
    undo = str(widget._undo_html(with_tasks(done), AT, ME))
    assert "Completed: Repeat potassium" in undo and "&#34;version&#34;: &#34;2&#34;" in undo and "reopen" in undo
    assert widget._undo_html(with_tasks(task()), AT, ME) is None, "somebody has reopened it already"
    widget.on_press({"do": "reopen", "id": "t9", "version": "2"})
    assert answers.done[-1][0] == "reopen_task"


def test_a_change_that_failed_offers_no_undo(answers: Answers, bare: dict[str, Any]) -> None:
    def refuse(**asked: Any) -> Any:
        raise UserFacingError("task-cannot-be-completed")

    answers.action = refuse
    widget.on_press({"do": "complete", "id": "t9", "version": "1"})
    assert bare["messages"][0][1] == "wrong" and "patient_undo" not in bare


def test_setting_aside_and_bringing_back_belong_to_one_patient(bare: dict[str, Any]) -> None:
    widget.on_press({"do": "aside", "fact": "a"})
    widget.on_press({"do": "aside", "fact": "b"})
    widget.on_press({"do": "back", "fact": "a"})
    assert widget._aside("p123456") == {"b"} and widget._aside("p2") == frozenset()


@pytest.mark.parametrize(
    ("pressed", "went"),
    [
        ({"do": "event", "at": "Observation/o1"}, ("timeline.py", {"id": "p123456", "at": "Observation/o1"})),
        ({"do": "since"}, ("timeline.py", {"id": "p123456", "since": "conference"})),
    ],
)
def test_a_line_leads_to_its_entry_on_the_timeline(
    monkeypatch: pytest.MonkeyPatch, bare: dict[str, Any], pressed: Any, went: Any
) -> None:
    gone: list[Any] = []
    monkeypatch.setattr(
        "dashboard.ui.navigation.pages.st.switch_page",
        lambda page, query_params: gone.append((page.name, query_params)),
    )
    widget.on_press(pressed)
    assert gone == [went]


def asked_for(app: AppTest, do: str, what: str) -> AppTest:
    opened(app)
    return real.send_press(app, "record-p123456", {"do": do, "fact": what, "id": what, "version": "1"})


def pressed_in_dialog(at: AppTest, do: str, what: str) -> None:
    """Press its button. AppTest runs the whole page, so the dialog must be asked for again in that run."""
    at.session_state["asked"] = ("patient", "p123456", do, what)
    at.button[-1].click().run()
    assert not at.exception


def test_add_task_asks_with_the_words_of_the_line_and_saves_what_was_filled_in(app: AppTest, answers: Answers) -> None:
    same, words = fact_words(samples.summary(), AT)[0]
    at = asked_for(app, "add", fact_key(same))
    assert not at.exception
    fields = {each.label: each.value for each in (*at.text_area, *at.text_input)}
    assert words.text in fields["What is to be done"] and fields["Why it is asked for (the team sees it)"] == words.text
    assert any("ALDOUS, Mary" in each.value for each in at.text), "it says about whom"
    answers.action = lambda **asked: Saved((task(),))
    pressed_in_dialog(at, "add", fact_key(same))
    name, asked = answers.done[-1]
    assert name == "add_task" and asked["patient_id"] == "p123456" and asked["reason"] == words.text
    assert asked["owner"] == ME and asked["due"] == date(2026, 11, 30)
    assert asked["about"] == (same[0].result.origin if same[0].result else same[0].origin)
    assert at.session_state["patient_undo"] == ("p123456", "withdraw", "t9")


def test_an_empty_task_and_one_for_the_checks(app: AppTest) -> None:
    at = asked_for(app, "add", "")
    assert [each.value for each in at.text_area] == [""]
    at = real.send_press(at, "record-p123456", {"do": "add", "fact": "checks"})
    assert at.text_area[0].value.startswith("Arrange: ")


@pytest.mark.parametrize("what", ["nothing/like/this", "x" * 5000, "<b>"])
def test_a_fact_that_is_no_more_asks_nothing(app: AppTest, what: str) -> None:
    at = asked_for(app, "add", what)
    assert not at.exception and not at.text_area


@pytest.mark.parametrize("do", ["reassign", "comment", "withdraw"])
def test_what_needs_words_is_asked(app: AppTest, answers: Answers, do: str) -> None:
    answers.patient = lambda who: with_tasks(task())
    at = asked_for(app, do, "t9")
    assert not at.exception
    texts = " ".join(each.value for each in at.text)
    assert "Repeat potassium" in texts and "ALDOUS, Mary" in texts


def test_taking_back_needs_a_reason(app: AppTest, answers: Answers) -> None:
    answers.patient = lambda who: with_tasks(task())
    at = asked_for(app, "withdraw", "t9")
    pressed_in_dialog(at, "withdraw", "t9")
    assert answers.done == [] and at.error
    at.text_input[-1].set_value("wrong patient")
    pressed_in_dialog(at, "withdraw", "t9")
    assert [(name, asked["reason"]) for name, asked in answers.done] == [("withdraw_task", "wrong patient")]


# ---- since the conference


def test_what_is_new_is_said_by_the_timelines_own_rule(app: AppTest) -> None:
    page = shown(opened(app))
    part = page[page.index("c3-sincepart") :]
    assert "Since the conference of 28-Oct-2026" in re.sub("<[^>]+>", "", part)
    from dashboard.domain.timeline.arrange.new_events import NewEvents

    timeline = timeline_samples.timeline(samples.ALDOUS)
    count = NewEvents(timeline, timeline.conference, samples.AS_OF).count
    assert count and re.search(rf"{count} new entr(y|ies) on the timeline", part)


def test_without_a_conference_it_says_so_and_since_when(app: AppTest, answers: Answers) -> None:
    answers.timeline = lambda who: replace(timeline_samples.timeline(who), conference=None)
    page = re.sub("<[^>]+>", "", shown(opened(app)))
    assert "No conference is on record: these are the last three months." in page
    assert "Since 23-Aug-2026" in page and "Since the conference" not in page


def test_a_story_that_cannot_be_read_leaves_the_rest_and_the_checks(app: AppTest, answers: Answers) -> None:
    def away(who: Any) -> Any:
        raise ServerUnavailable("server-timeout", reference="r1")

    answers.timeline = away
    page = shown(opened(app))
    part = page[page.index("c3-sincepart") :]
    assert "This could not be read." in part and "Not done" in part and "c3-measurements" in page
    assert "Nothing new" not in part
