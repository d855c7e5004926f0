"""Which layout of the timeline is shown, run whole: by the browser's width, for a room, and back again."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.domain.attention.trend import key_results, with_targets
from dashboard.domain.record.observation import Measure
from dashboard.domain.timeline.events import EventKind, Timeline
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import Failure, ServerUnavailable
from dashboard.ui.timeline import widget_layouts, widget_narrow
from dashboard.ui.timeline.widget_layouts import NARROW_BELOW
from tests.pages import samples
from tests.pages import timeline_samples as told
from tests.pages.conftest import Answers
from tests.pages.test_timeline_page import opened

STYLE = Path(__file__).resolve().parents[2] / "dashboard" / "ui" / "assets" / "timeline-layouts.css"


def story(who: Any, **changes: Any) -> Timeline:
    """The samples' story with key results and medicines, as the query gives them."""
    made = told.timeline(who)
    results = key_results([result for course in made.series.values() for result in course], told.AS_OF)
    medicines = samples.summary(who).medicines.value or ()
    more = {"results": with_targets(results, ()), "urgent": frozenset({Measure.POTASSIUM}), "medicines": medicines}
    return replace(made, **{**more, **changes})


@pytest.fixture(autouse=True)
def _story(answers: Answers) -> None:
    answers.timeline = story


def show(app: AppTest, patient_id: str = "p123456", **params: str) -> str:
    """The page at exactly this address."""
    for name in list(app.query_params):
        del app.query_params[name]
    return opened(app, patient_id, **params)


def figures(app: AppTest) -> int:
    return len(app.get("plotly_chart"))


def test_a_room_sees_what_changed_the_curves_and_the_medicines(app: AppTest) -> None:
    page = re.sub("<[^>]*>", " ", opened(app, large="yes"))
    for said in ("Since the conference,", "Potassium 5.9 mmol/L", "urgent", "Medicines that changed", "Spironolactone"):
        assert said in page, said
    assert "ALDOUS, Mary (Mrs)" in page and "Known allergies" in page


def test_large_from_the_beginning_builds_no_figure_and_later_keeps_the_one_that_is_there(app: AppTest) -> None:
    show(app, large="yes")
    assert figures(app) == 0
    show(app)
    assert figures(app) == 1
    page = show(app, large="yes")
    # Out of sight, so that it is there at once when large type is turned off.
    assert figures(app) == 1 and 'class="c3-room' in page
    assert 'class="c3-room' not in show(app) and figures(app) == 1
    # Of another patient nothing is kept.
    show(app, "p223311", large="yes")
    assert figures(app) == 0


def test_what_is_out_of_sight_stays_as_it_was_while_large_type_is_on(app: AppTest) -> None:
    view = {"span": "5y", "off": "contacts", "at": "Observation/potassium-5", "since": "conference"}
    before = show(app, **view)
    assert "c3-detail" in before
    # What is out of sight is what it was, to the letter; what is above it is the room.
    mark = before.index("<span data-print=")  # what a print of the page is called comes last on every page
    assert before[:mark] in show(app, large="yes", **view)
    assert show(app, **view) == before


def test_what_could_not_be_read_is_said_in_a_room_too(app: AppTest, answers: Answers) -> None:
    failed = {"MedicationRequest": Failure("server-timeout", (("reference", "r1"),))}
    answers.timeline = lambda who: story(who, not_read=failed, medicines=())
    page = opened(app, large="yes")
    assert "Prescriptions could not be read" in page and "Medicines could not be read." in page
    assert "None since" not in page


def test_a_story_without_anything_is_the_same_empty_page_in_large_type(app: AppTest, answers: Answers) -> None:
    answers.timeline = lambda who: told.timeline(who, events=(), series={}, conference=None)
    page = opened(app, large="yes")
    assert "Nothing is on record yet" in page
    # With a way out of large type, and paper, as on every page.
    assert "Back to small type" in page and "Back to small type" not in opened(app, large="")
    assert [each.proto.label for each in app.get("download_button")] == ["Print (PDF)"]


def test_the_browser_says_its_width_and_the_page_follows(app: AppTest) -> None:
    assert f'data-below="{NARROW_BELOW}" data-narrow=""' in opened(app)
    app.session_state["timeline_narrow"] = True
    assert f'data-below="{NARROW_BELOW}" data-narrow="yes"' in opened(app)


@pytest.mark.parametrize(
    ("pressed", "narrow"),
    [({"do": "width", "narrow": "yes"}, True), ({"do": "width", "narrow": ""}, False), ({"do": "large"}, None)],
)
def test_only_a_width_is_taken_for_a_width(
    monkeypatch: pytest.MonkeyPatch, pressed: dict[str, str], narrow: bool | None
) -> None:
    state: dict[str, Any] = {}
    monkeypatch.setattr(widget_layouts.st, "session_state", state)
    widget_layouts.on_width(pressed)
    assert state.get("timeline_narrow") is narrow


@pytest.mark.parametrize(
    ("browser", "narrow"),
    [
        ("Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36", True),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1", True),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36", False),
        ("", False),
    ],
)
def test_a_telephone_is_known_before_it_says_anything(
    monkeypatch: pytest.MonkeyPatch, browser: str, narrow: bool
) -> None:
    class Context:
        headers = {"User-Agent": browser} if browser else {}

    state: dict[str, Any] = {}
    monkeypatch.setattr(widget_layouts.st, "session_state", state)
    monkeypatch.setattr(widget_layouts.st, "context", Context())
    assert widget_layouts.is_narrow() is narrow
    # What it said counts more than what it is called.
    state["timeline_narrow"] = not narrow
    assert widget_layouts.is_narrow() is not narrow


def test_the_style_sheet_has_the_same_width() -> None:
    widths = re.findall(r"\((?:min|max)-width: ([0-9.]+)px\)", STYLE.read_text(encoding="utf-8"))
    assert set(widths) == {str(NARROW_BELOW), f"{NARROW_BELOW - 0.02}"}


# Narrow ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def narrow(app: AppTest, answers: Answers) -> AppTest:
    """The app in a browser that has said that it is narrow; the story's task is one of the user's own."""
    answers.tasks = lambda: replace(
        samples.task_list(), tasks=(replace(samples.TASKS[0], origin=Reference("Task", "ta1")),)
    )
    app.session_state["timeline_narrow"] = True
    return app


def test_a_narrow_browser_gets_a_list_and_no_figure(narrow: AppTest) -> None:
    page = show(narrow)
    assert figures(narrow) == 0 and 'class="c3-narrow"' in page
    words = re.sub("<[^>]*>", " ", page)
    for said in ("Type 2 diabetes", "Kidney disease", "G3b", "Nov-2026", "also for HF, CKD", "Potassium 5.9 mmol/L"):
        assert said in words, said
    # The course of a measurement is said in words too, and the newest entry of all comes first.
    assert 'aria-label="Potassium, 6 values from 4.6' in page
    kidney = page[page.index("narrow-CKD") :]
    assert kidney.index("<h3>Nov-2026") < kidney.index("<h3>Oct-2026")


def test_details_open_in_their_place_and_only_there(narrow: AppTest) -> None:
    page = show(narrow, at="Observation/potassium-5")
    assert page.count('class="c3-detail"') == 1 == page.count('aria-expanded="true"')
    opened_at = page.index('aria-expanded="true"')
    assert opened_at < page.index('class="c3-detail"') < page.index('aria-expanded="false"', opened_at)
    assert "Warwick Hospital laboratory" in page
    # A press on it closes it.
    assert "{&#34;do&#34;: &#34;pick&#34;, &#34;origin&#34;: &#34;&#34;, &#34;lane&#34;: &#34;CKD&#34;}" in page


def test_an_entry_of_several_conditions_opens_where_it_was_pressed(narrow: AppTest) -> None:
    origin = "Encounter/co1"  # a visit about diabetes and kidney disease
    for lane, heading in (("CKD", "narrow-CKD"), ("T2DM", "narrow-T2DM"), ("no such lane", "narrow-T2DM")):
        narrow.session_state["narrow_lane"] = lane
        page = show(narrow, at=origin)
        before = page[: page.index('class="c3-detail"')]
        assert before.rindex("c3-narrowcondition") < before.rindex(heading), lane


def test_a_task_is_completed_and_opened_again_from_its_card(narrow: AppTest, answers: Answers) -> None:
    page = show(narrow)
    card = page[page.index("c3-narrowtask") :]
    for does in ("complete", "reassign", "comment"):
        assert f'data-key="{does}-ta1"' in card
    answers.tasks = lambda: replace(
        samples.task_list(), tasks=(replace(samples.TASKS[0], origin=Reference("Task", "ta1"), status="completed"),)
    )
    page = show(narrow)
    assert 'data-key="reopen-ta1"' in page and 'data-key="complete-ta1"' not in page


def test_presses_on_tasks_go_to_the_tasks_and_others_to_the_timeline(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(widget_narrow.st, "session_state", {})
    monkeypatch.setattr(widget_narrow.tasks_widget, "on_press", lambda pressed: seen.append(f"task {pressed['do']}"))
    monkeypatch.setattr(widget_narrow, "on_press", lambda pressed: seen.append(f"timeline {pressed['do']}"))
    for do in ("complete", "reopen", "reassign", "comment", "pick", "span"):
        widget_narrow.on_narrow({"do": do, "lane": "CKD"})
    assert seen == ["task complete", "task reopen", "task reassign", "task comment", "timeline pick", "timeline span"]
    assert widget_narrow.st.session_state == {"narrow_lane": "CKD"}


def test_tasks_that_cannot_be_read_are_listed_without_buttons(narrow: AppTest, answers: Answers) -> None:
    def broken() -> Any:
        raise ServerUnavailable("server-timeout", reference="r1")

    answers.tasks = broken
    page = show(narrow)
    assert "Repeat potassium within 24 hours" in page and "c3-narrowbuttons" not in page


def test_a_long_list_has_pages_and_a_sent_link_opens_the_right_one(narrow: AppTest, answers: Answers) -> None:
    many = tuple(
        told.event(EventKind.CONTACT, n, f"visit {n}", f"2026-{1 + n // 28:02d}-{1 + n % 28:02d}") for n in range(250)
    )
    answers.timeline = lambda who: story(who, events=many)
    page = show(narrow)
    assert "250 entries" in re.sub("<[^>]*>", "", page) and "1 to 100 of 250" in page
    assert page.count('class="c3-narrowentry"') == 100
    assert "201 to 250 of 250" in show(narrow, at="Encounter/co3")
    assert "101 to 200 of 250" in show(narrow, page="2")


def test_an_empty_story_and_a_failed_part_are_said_in_the_list(narrow: AppTest, answers: Answers) -> None:
    answers.timeline = lambda who: told.timeline(who, events=(), series={}, conference=None)
    assert "Nothing is on record yet" in show(narrow)
    assert [each.proto.label for each in narrow.get("download_button")] == ["Print (PDF)"]
    failed = {"Encounter": Failure("server-timeout", (("reference", "r1"),))}
    answers.timeline = lambda who: story(who, not_read=failed)
    assert "Contacts could not be read" in show(narrow)


def test_large_type_is_the_same_in_a_narrow_browser(narrow: AppTest) -> None:
    page = show(narrow, large="yes")
    assert 'class="c3-room' in page and 'class="c3-narrow"' not in page


def test_the_narrow_list_counts_as_many_new_entries_as_the_desk(app: AppTest) -> None:
    desk = re.search(r"(\d+) new since", opened(app))
    app.session_state["timeline_narrow"] = True
    page = opened(app)
    counted = re.search(r": (\d+) new</summary>", page)
    assert desk and counted and desk[1] == counted[1]
