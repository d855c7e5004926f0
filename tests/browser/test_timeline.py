"""The timeline as a person uses it: zoom, switches, picking by mouse and keyboard, the table, a link that is sent."""

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pictures import STORY
from tests.browser.screens import POINTS, Patient, Timeline
from tests.running import Launched

POTASSIUM = f"Observation/{STORY}-obs-story-2-potassium"


@pytest.fixture
def timeline(page: Page, dashboard: Launched) -> Timeline:
    """The timeline page, not opened yet."""
    return Timeline(page, dashboard.url)


def test_from_the_summary_to_the_timeline_and_back(page: Page, dashboard: Launched) -> None:
    patient = Patient(page, dashboard.url).open_id(STORY)
    page.locator('[data-key="about-timeline"]').click()
    timeline = Timeline(page, dashboard.url)
    timeline.until(lambda: "/timeline" in page.url, "the timeline was not opened")
    timeline.ready()
    assert "ALDOUS" in page.locator(".c3-patientbanner h1").inner_text() and timeline.address["id"] == STORY
    page.locator('[data-key="about-summary"]').click()
    timeline.until(lambda: "/patient" in page.url, "the summary was not opened")
    patient.ready()


def test_the_page_shows_the_story_as_it_is_written(timeline: Timeline) -> None:
    """data/demo/story-1-mary-aldous.yaml: four conditions, an MRA since five weeks, potassium 5.9 yesterday."""
    words = timeline.open_id(STORY).words
    for lane in (
        "Type 2 diabetes",
        "Heart failure",
        "NYHA II",
        "Kidney disease",
        "G3b",
        "Depression",
        "Everything else",
    ):
        assert lane in words, lane
    for part in ("since 2009", "Spironolactone", "25 mg", "Ramipril", "5.9", "38", "148/82", "conference"):
        assert part in words, part
    # What is urgent stands first.
    below = timeline.figure.locator(".annotation-text").all_text_contents()
    order = [next(n for n, said in enumerate(below) if said.startswith(name)) for name in ("Potassium", "HbA1c")]
    assert order == sorted(order)


def test_the_urgent_measurement_and_the_medicines_of_its_condition_are_above_the_fold(timeline: Timeline) -> None:
    timeline.open_id(STORY)
    for words in ("Kidney disease", "Spironolactone", "Potassium", "5.9"):
        box = timeline.figure.locator(".annotation-text", has_text=words).first.bounding_box()
        assert box and box["y"] + box["height"] <= 720, f"{words} is at {box}"


@pytest.mark.parametrize(("key", "span", "ticks"), [("3m", "3m", "Nov"), ("5y", "5y", "2024"), ("all", "all", "2010")])
def test_presets_zoom_and_are_in_the_address(timeline: Timeline, key: str, span: str, ticks: str) -> None:
    timeline.open_id(STORY).press(f"span-{key}")
    timeline.expect_address(span=span)
    timeline.until(lambda: ticks in timeline.words, f"no tick says {ticks}")


def test_kinds_are_switched_off_and_counted(timeline: Timeline) -> None:
    timeline.open_id(STORY)
    assert "Spironolactone" in timeline.words
    timeline.switch_kind("medicines")
    timeline.until(lambda: "Spironolactone" not in timeline.words, "the medicines are still there")
    expect(timeline.page.locator(".c3-footer")).to_contain_text("medicines, switched off")


def test_what_is_new_since_the_conference_has_one_sign(timeline: Timeline) -> None:
    timeline.open_id(STORY)
    assert not timeline.page.evaluate(POINTS, "new")
    timeline.press("since")
    timeline.expect_address(since="conference")
    ringed, potassium = timeline.places("new"), timeline.places("POTASSIUM")[-1]
    assert any(abs(x - potassium[0]) < 2 and abs(y - potassium[1]) < 4 for x, y in ringed)
    expect(timeline.page.locator(".c3-fold summary")).to_contain_text("new")


def test_a_press_on_a_point_opens_its_details(timeline: Timeline) -> None:
    timeline.open_id(STORY)
    at = timeline.places("POTASSIUM")[-1]
    timeline.page.mouse.click(*at)
    expect(timeline.detail).to_be_visible()
    assert timeline.picked == "Potassium 5.9 mmol/L"
    for part in ("22-Nov-2026", "2823-3 (LOINC)", "because this is measured in it"):
        expect(timeline.detail).to_contain_text(part)
    timeline.expect_address(at=POTASSIUM)
    timeline.detail.locator("summary", has_text="The record as JSON").click()
    expect(timeline.detail.locator(".c3-raw")).to_contain_text('"resourceType": "Observation"')
    timeline.press("detail-close")
    expect(timeline.detail).to_have_count(0)


def test_hovering_shows_details_and_hostile_words_stay_words(timeline: Timeline) -> None:
    timeline.open_id(STORY)
    timeline.page.mouse.move(*timeline.places("POTASSIUM")[-1])
    told = timeline.figure.locator(".hoverlayer")
    expect(told).to_contain_text("Potassium 5.9 mmol/L")


def test_the_keyboard_steps_through_events_and_presses_everything(timeline: Timeline) -> None:
    timeline.open_id(STORY)
    timeline.page.keyboard.press("Alt+ArrowUp")
    expect(timeline.detail).to_be_visible()
    seen = [timeline.picked]
    for _ in range(3):
        last = timeline.address["at"]
        timeline.page.keyboard.press("Alt+ArrowUp")
        timeline.until(lambda last=last: timeline.address["at"] != last, "no step was made")  # type: ignore[misc]
        timeline.ready()
        seen.append(timeline.picked)
    before = timeline.address["at"]
    timeline.page.keyboard.press("Alt+ArrowDown")
    timeline.until(lambda: timeline.address["at"] != before, "no step back was made")
    # What was stepped to is read out.
    status = timeline.page.locator("p[role=status].c3-sr")
    timeline.until(lambda: timeline.picked in " ".join(status.all_text_contents()), "it is not read out")
    timeline.page.locator('[data-key="span-5y"]').focus()
    timeline.page.keyboard.press("Enter")
    timeline.expect_address(span="5y")


def test_the_table_has_the_same_entries_and_picks(timeline: Timeline) -> None:
    timeline.open_id(STORY).press("form-table")
    timeline.expect_address(view="table")
    table = timeline.page.locator("table.c3-events")
    expect(table).to_be_visible()
    row = table.locator("tr", has_text="Potassium 5.9 mmol/L")
    expect(row).to_contain_text("outside usual range")
    row.get_by_role("button").click()
    expect(timeline.detail).to_be_visible()
    assert timeline.picked == "Potassium 5.9 mmol/L" and table.is_visible()


def test_the_file_holds_what_is_shown(timeline: Timeline) -> None:
    timeline.open_id(STORY, view="table")
    rows = timeline.page.locator("table.c3-events tbody tr").count()
    timeline.page.get_by_role("button", name="More", exact=True).click()
    with timeline.page.expect_download() as download:
        timeline.page.get_by_role("button", name="CSV").click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    lines = list(csv.reader(io.StringIO(text)))
    assert len(lines) == rows + 1 and "Potassium 5.9 mmol/L" in text


def test_a_sent_link_opens_the_same_view(timeline: Timeline, page: Page, dashboard: Launched) -> None:
    page.set_viewport_size({"width": 1280, "height": 1400})
    timeline.open_id(STORY)
    timeline.press("span-5y")
    timeline.expect_address(span="5y")
    timeline.switch_kind("contacts")
    timeline.page.mouse.click(*timeline.places("POTASSIUM")[-1])
    expect(timeline.detail).to_be_visible()
    link, words, picked = page.url, timeline.words, timeline.picked
    with page.context.browser.new_context(timezone_id="Europe/London", viewport=page.viewport_size) as other:  # type: ignore[union-attr]
        there = Timeline(other.new_page(), dashboard.url)
        there.page.goto(link)
        there.ready()
        expect(there.detail).to_be_visible()
        there.until(lambda: there.words == words, "the other browser shows something else")
        assert there.picked == picked


def test_measures_and_days_are_chosen(timeline: Timeline) -> None:
    timeline.open_id(STORY, m="HBA1C")
    words = timeline.words
    assert "HbA1c" in words and "mmHg" not in words
    timeline.open_id(STORY, **{"from": "2024-01-01", "to": "2024-06-30"})
    timeline.until(
        lambda: "2024" in timeline.words and "today" not in timeline.words, "the days are not those asked for"
    )


def test_another_patient_shows_nothing_of_the_one_before(timeline: Timeline) -> None:
    timeline.open_id(STORY)
    timeline.find("Thorne").first.click()
    timeline.until(lambda: "THORNE" in timeline.page.locator(".c3-patientbanner").last.inner_text(), "not opened")
    Patient(timeline.page, timeline.url).ready()
    assert "ALDOUS" not in timeline.page.locator("[data-testid=stMain]").inner_text()
    expect(timeline.figure).to_have_count(0)
