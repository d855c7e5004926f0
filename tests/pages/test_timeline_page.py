"""The timeline page, run whole on made-up answers: its states, its switches, what was picked, what is left out."""

import json
import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.domain.access.emergency_access import EmergencyAccess
from dashboard.domain.record.allergy import AllergyState
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import Failure, ServerUnavailable
from dashboard.ui.navigation import pages as navigation
from dashboard.ui.timeline.axis_html import SIGNS
from tests.pages import samples
from tests.pages import timeline_samples as told
from tests.pages.conftest import Answers, shown

AWAY = Failure("server-timeout", (("reference", "r1"),))


def opened(app: AppTest, patient_id: str = "p123456", **params: str) -> str:
    app.run()
    app.switch_page(str(navigation.TIMELINE))
    app.query_params["id"] = patient_id
    for name, value in params.items():
        app.query_params[name] = value
    return shown(app.run())


def figure(app: AppTest) -> dict[str, Any]:
    charts = app.get("plotly_chart")
    assert len(charts) == 1
    found: dict[str, Any] = json.loads(charts[0].proto.spec)
    return found


def words_in(found: dict[str, Any]) -> str:
    said = [str(each) for trace in found["data"] for each in trace.get("text") or ()]
    return "\n".join([*said, *(note["text"] for note in found["layout"]["annotations"])])


def address(app: AppTest) -> dict[str, str]:
    return {name: value[0] if isinstance(value, list) else value for name, value in app.query_params.items()}


def test_who_it_is_and_the_way_to_the_summary(app: AppTest) -> None:
    page = opened(app)
    assert page.count('class="c3-patientbanner') == 1 and "ALDOUS, Mary (Mrs)" in page
    assert "Known allergies" in page and "Penicillin (rash, high risk)" in page
    assert 'href="patient?id=p123456"' in page and 'aria-current="page">Timeline<' in page


def test_the_patient_page_leads_here(app: AppTest) -> None:
    app.run()
    app.switch_page(str(navigation.PATIENT))
    app.query_params["id"] = "p123456"
    assert 'href="timeline?id=p123456"' in shown(app.run())


def test_the_story_is_drawn_by_condition(app: AppTest) -> None:
    opened(app)
    said = words_in(figure(app))
    for lane in ("Type 2 diabetes", "Heart failure", "Kidney disease", "Depression", "Everything else"):
        assert lane in said, lane
    for part in ("NYHA II", "G3b", "Spironolactone", "25 mg", "Metformin", "1 g ×2", "eGFR", "148/82"):
        assert part in said, part


def test_the_axis_has_its_dates_today_and_the_last_conference_and_the_key_every_sign(app: AppTest) -> None:
    page = opened(app)
    for part in ("conference 28-Oct-2026", "today", "Jul-2026", *SIGNS.values()):
        assert f">{part}<" in page, part
    assert len(SIGNS) <= 6


def test_a_condition_is_picked_and_its_medicines_and_measurements_are_all_there_is(app: AppTest) -> None:
    page = opened(app, condition="T2DM")
    said = words_in(figure(app))
    assert "Metformin" in said and "HbA1c" in said and "Bisoprolol" not in said and "eGFR" not in said
    assert 'aria-pressed="true" aria-label="Type 2 diabetes"' in page
    assert "of other conditions (All shows them)" in page
    # An address may ask for what the patient does not have, or for nonsense.
    for nonsense in ("x", "<b>"):
        opened(app, condition=nonsense)
        assert "Bisoprolol" in words_in(figure(app))


def test_the_table_follows_the_condition_and_what_is_new(app: AppTest) -> None:
    every = opened(app, view="table", span="all").count('data-key="row-')
    kidney = opened(app, view="table", span="all", condition="CKD")
    assert "Potassium 5.9" in kidney and "Metformin" not in kidney and kidney.count('data-key="row-') < every
    new = opened(app, view="table", span="all", since="conference")
    rows = new.count('data-key="row-')
    assert 0 < rows < every and rows == new.count("c3-newflag")


def test_contacts_and_goals_are_in_the_row_that_opens(app: AppTest) -> None:
    page = opened(app)
    fold = page[page.index('class="c3-fold"') :]
    assert re.search(r"<summary>contacts \d+, conferences? \d+, goals? \d+", fold)
    assert "Dietitian" in fold and "not done" in fold and 'data-key="fold-' in fold


def test_the_picture_is_told_in_sentences(app: AppTest) -> None:
    opened(app)
    alt = app.get("plotly_chart")[0].proto.alt
    assert (
        "Potassium 5.9 mmol/L (22-Nov-2026, outside usual range)" in alt
        and "Kidney disease, G3b" in alt
        and "table" in alt
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("press", "params"),
    [
        ({"do": "span", "to": "5y"}, {"span": "5y"}),
        ({"do": "span", "to": "nonsense"}, {}),
        ({"do": "kind", "name": "contacts"}, {"off": "contacts"}),
        ({"do": "condition", "name": "CKD"}, {"condition": "CKD"}),
        ({"do": "condition", "name": "<script>"}, {}),
        ({"do": "since"}, {"since": "conference"}),
        ({"do": "large"}, {"large": "yes"}),
        ({"do": "table", "on": "yes"}, {"view": "table"}),
        ({"do": "pick", "origin": "Observation/egfr-5"}, {"at": "Observation/egfr-5"}),
        ({"do": "pick", "origin": "<script>"}, {}),
    ],
)
def test_a_press_is_in_the_address(
    app: AppTest, monkeypatch: pytest.MonkeyPatch, press: dict[str, str], params: dict[str, str]
) -> None:
    opened(app)
    wrote: list[dict[str, str]] = []
    from dashboard.ui.timeline import widget_controls as timeline_controls
    from dashboard.ui.timeline.view import read_timeline_view, write_timeline_view

    monkeypatch.setattr(navigation, "timeline_view", lambda: read_timeline_view({"id": "p123456"}))
    monkeypatch.setattr(navigation, "show_timeline", lambda view: wrote.append(write_timeline_view(view)))
    timeline_controls.on_press(press)
    assert wrote == [{"id": "p123456", **params}]


def test_a_picked_event_shows_its_source(app: AppTest) -> None:
    page = opened(app, at="Observation/potassium-5")
    for part in (
        "Potassium 5.9 mmol/L",
        "Warwick Hospital laboratory",
        "22-Nov-2026 16:40",
        "Tom Hadley",
        "2823-3 (LOINC)",
        "Kidney disease: because this is measured in it",
        "http://fhir.test/fhir/Observation/potassium-5",
        "The record as JSON",
        "resourceType",
    ):
        assert part in page, part


def test_in_a_room_neither_the_record_nor_its_details_are_shown(app: AppTest) -> None:
    page = opened(app, at="Observation/potassium-5", large="yes")
    assert 'class="c3-room' in page and "resourceType" not in page and "c3-detail" not in page


def test_days_in_the_wrong_order_give_a_message_and_change_nothing(app: AppTest) -> None:
    opened(app, span="own", **{"from": "2026-01-01", "to": "2026-11-01"})
    before = address(app)
    app.date_input(key="tl_to").set_value(date(2025, 6, 1)).run()
    assert "The first day must lie before the last" in app.toast[0].value
    assert address(app) == before
    assert app.date_input(key="tl_to").value == date(2026, 11, 1)


def test_a_wider_translation_is_shown_with_the_code(app: AppTest) -> None:
    page = opened(app, at="Condition/co4")
    assert "Kidney disease: by its code, matched by a wider concept: U99 (ICPC-2)" in page


def test_details_that_cannot_be_read_say_so_and_keep_what_is_known(app: AppTest, answers: Answers) -> None:
    def away(origin: str) -> Any:
        raise ServerUnavailable("server-timeout", reference="r1")

    answers.event = away
    page = opened(app, at="Observation/potassium-5")
    assert "The FHIR server did not answer in time." in page and "Potassium 5.9 mmol/L" in page


def test_an_event_of_nobody_opens_nothing(app: AppTest) -> None:
    assert "c3-detail" not in opened(app, at="Observation/somebody-elses")


def test_steps_begin_at_the_latest_event_and_go_both_ways(app: AppTest) -> None:
    opened(app)
    app.button(key="tl-step--1").click().run()
    first = address(app)["at"]
    assert first in ("Observation/potassium-5", "Observation/egfr-5", "Task/ta1")
    app.button(key="tl-step--1").click().run()
    second = address(app)["at"]
    assert second != first and "c3-detail" in shown(app)
    app.button(key="tl-step-1").click().run()
    assert address(app)["at"] == first


def test_the_table_has_what_the_figure_has_and_what_has_no_date(app: AppTest) -> None:
    page = opened(app, view="table", span="all")
    assert not app.get("plotly_chart")
    for event in told.events():
        assert f"row-{event.origin}" in page, event.origin
    assert "date not recorded" in page and "code not in our lists" in page and "▲ " in page
    assert f"{len(told.events())} entries" in page


@pytest.mark.slow
def test_a_long_table_is_paged_and_counted(app: AppTest, answers: Answers) -> None:
    many = tuple(
        told.event(told.EventKind.CONTACT, n, "Contact", f"2026-{n % 10 + 1:02d}-{n % 27 + 1:02d}") for n in range(450)
    )
    ordered = tuple(sorted(many, key=lambda each: str(each.start)))
    answers.timeline = lambda who: told.timeline(who, events=ordered, series={})
    page = opened(app, view="table", page="2")
    assert page.count('data-key="row-') == 200 and "450 entries" in page and "201 to 400" in page


def test_what_is_not_drawn_is_counted(app: AppTest) -> None:
    page = opened(app, off="contacts")
    for part in (
        "contacts, switched off",
        "before this window",
        "results, entered in error: 2",
        "appointments, cancelled before they began: 1",
        "1 record could not be read (unknown unit)",
        "1 entry has a code that is in none of our lists",
        "Trastorno desconocido",
        "There are more results than are read at once",
    ):
        assert part in page, part


def test_a_failed_search_is_not_shown_as_no_match(app: AppTest, answers: Answers) -> None:
    answers.timeline = lambda who: told.timeline(who, not_read={"MedicationRequest": AWAY})
    page = opened(app)
    assert "Prescriptions could not be read, so they are missing here." in page
    assert "The FHIR server did not answer in time. Try again in a minute (reference r1)." in page


def test_an_empty_record_says_so_and_one_that_could_not_be_read_says_that(app: AppTest, answers: Answers) -> None:
    answers.timeline = lambda who: told.timeline(who, events=(), series={}, unmapped={}, targets=())
    assert "Nothing is on record yet" in opened(app)
    answers.timeline = lambda who: told.timeline(who, events=(), series={}, not_read={"Observation": AWAY})
    assert "Nothing could be read" in opened(app)


def test_one_event_is_a_timeline(app: AppTest, answers: Answers) -> None:
    only = told.problems()[:1]
    answers.timeline = lambda who: told.timeline(who, events=tuple(only), series={}, targets=(), conference=None)
    page = opened(app)
    assert "1 entry in the record" in page and "No conference yet" in page
    assert "Type 2 diabetes" in words_in(figure(app))


@pytest.mark.slow
@pytest.mark.parametrize("span", ["3m", "1y", "5y", "all"])
@pytest.mark.parametrize("form", [{}, {"large": "yes"}, {"view": "table"}, {"since": "conference"}])
def test_every_view_is_drawn(app: AppTest, span: str, form: dict[str, str]) -> None:
    assert "Something went wrong" not in opened(app, span=span, **form)


def test_what_is_new_is_counted_always_and_marked_when_asked(app: AppTest) -> None:
    page = opened(app)
    rings = [trace for trace in figure(app)["data"] if trace.get("name") == "new"]
    assert "new since 28-Oct" in page and not rings and "c3-newflag" not in page
    page = opened(app, since="conference")
    rings = [trace for trace in figure(app)["data"] if trace.get("name") == "new"]
    assert rings and {trace["marker"]["symbol"] for trace in rings} == {"circle-open"}


def test_an_unreachable_server_leaves_the_same_story_with_its_age(app: AppTest, answers: Answers) -> None:
    opened(app)

    def broken(who: object) -> Any:
        raise ServerUnavailable("server-timeout", reference="r1")

    answers.timeline = broken
    page = opened(app)
    assert "ALDOUS" in page and "The server has not answered in time since" in page and figure(app)["data"]
    other = opened(app, "p223311")
    assert "The FHIR server cannot be reached" in other and "ALDOUS" not in other and not app.get("plotly_chart")


def test_another_patient_leaves_nothing_of_the_one_before(app: AppTest) -> None:
    assert "ALDOUS" in opened(app)
    page = opened(app, "p223311")
    assert "BRAMHALL" in page and "ALDOUS" not in page


@pytest.mark.parametrize("patient_id", ["", "<script>", "../x", "a" * 5000, "\x00"])
def test_a_hostile_id_is_a_sentence(app: AppTest, patient_id: str) -> None:
    page = opened(app, patient_id)
    assert "<script" not in page and ("Not found" in page or "No patient is chosen" in page)


def test_hostile_words_stay_words(app: AppTest, answers: Answers) -> None:
    bad = "<a href='javascript:alert(1)'>x</a>$\\alpha$<b>%{x}"
    hostile = tuple(replace(each, text=bad, detail=bad, who=bad, why=bad, stage=bad) for each in told.events())
    answers.timeline = lambda who: told.timeline(who, events=hostile)
    page = opened(app, at="Condition/co4")
    text = json.dumps(figure(app), ensure_ascii=False)
    assert "<a href" not in text and "<a href='j" not in page and "$" not in words_in(figure(app))


def test_a_broken_glass_stays_in_sight(app: AppTest, answers: Answers) -> None:
    emergency_access = EmergencyAccess(
        Reference("Task", "g1"),
        Reference("Patient", "p123456"),
        Reference("Practitioner", "x"),
        "emergency",
        "Fell",
        told.long_ago(0),
        told.long_ago(-1),
    )
    answers.timeline = lambda who: told.timeline(who, emergency_access=emergency_access)
    assert "You look beyond your teams" in opened(app)


def test_allergies_that_could_not_be_read_are_unavailable(app: AppTest, answers: Answers) -> None:
    answers.timeline = lambda who: told.timeline(who, allergy_state=AllergyState.UNAVAILABLE)
    assert "<b>Allergies unavailable</b>" in opened(app)


@pytest.mark.slow
def test_the_file_has_what_is_on_screen_and_is_on_record(app: AppTest, answers: Answers) -> None:
    from datetime import UTC

    from dashboard.ui.timeline.export import timeline_csv, timeline_excel

    rows = timeline_csv(told.events(), UTC).decode("utf-8-sig").splitlines()
    assert len(rows) == len(told.events()) + 1 and rows[0].startswith("Begins,Ends,When,What,Value,Unit")
    assert any("Potassium" in row and "5.9" in row and "mmol/L" in row for row in rows)
    assert timeline_excel(told.events(), samples.AS_OF, UTC)[:2] == b"PK"
    opened(app)
    assert app.get_by_key("tl_csv") is not None
