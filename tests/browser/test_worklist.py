"""The worklist as a clinician uses it: filter, sort, page, open, come back, export, keep a view."""

import csv
import io
import re
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from tests.browser.screens import Patient, Worklist

TOTALS = ("Overdue", "New results", "Tasks due", "Plan review")


def test_a_total_filters_when_pressed_and_the_address_says_so(worklist: Worklist) -> None:
    everybody = worklist.count
    label = next(each for each in TOTALS if 0 < worklist.tile_count(each) < everybody)
    expected = worklist.tile_count(label)
    worklist.tile(label).click()
    worklist.expect_count(expected)
    expect(worklist.page).to_have_url(re.compile(r"\?.*reason="))
    expect(worklist.tile(label)).to_have_attribute("aria-pressed", "true")
    names = worklist.names
    worklist.reload()
    worklist.expect_count(expected)
    worklist.until(lambda: worklist.names == names, "a reload shows another list")
    worklist.tile(label).click()
    worklist.expect_count(everybody)
    expect(worklist.page).not_to_have_url(re.compile("reason="))


def test_conditions_add_up_and_clear_takes_all_filters_away(worklist: Worklist) -> None:
    everybody = worklist.count
    worklist.pill("T2DM").click()
    expect(worklist.page).to_have_url(re.compile("condition=T2DM"))
    worklist.until(lambda: worklist.count < everybody, "nobody left the list")
    one = worklist.count
    worklist.pill("CKD").click()
    expect(worklist.page).to_have_url(re.compile("condition=T2DM%2CCKD|condition=T2DM,CKD"))
    worklist.until(lambda: worklist.count < one, "nobody else left the list")
    worklist.press("clear")
    worklist.expect_count(everybody)


def test_a_sent_link_opens_the_same_view(worklist: Worklist) -> None:
    worklist.open("reason=check-overdue&condition=T2DM&sort=name")
    worklist.ready()
    worklist.until(lambda: worklist.names == sorted(worklist.names), "the link's order is not kept")
    expect(worklist.pill("T2DM")).to_have_attribute("aria-pressed", "true")
    expect(worklist.tile("Overdue")).to_have_attribute("aria-pressed", "true")


def test_searching_the_list_narrows_it_while_typing(worklist: Worklist) -> None:
    family = worklist.names[0].split(",")[0]
    worklist.search(family)
    expect(worklist.page).to_have_url(re.compile("q="))
    worklist.until(
        lambda: bool(names := worklist.names) and all(family in name for name in names), "others stay in the list"
    )
    worklist.search("nobody has this name")
    expect(worklist.page.get_by_text("No patient matches these filters")).to_be_visible()


def test_headings_sort_and_turn_the_order_round(worklist: Worklist) -> None:
    worklist.sort_by("name")
    expect(worklist.page).to_have_url(re.compile("sort=name"))
    worklist.until(lambda: worklist.names == sorted(worklist.names), "not in order of name")
    worklist.sort_by("name")
    expect(worklist.page).to_have_url(re.compile("order=reverse"))
    expect(worklist.page.locator("th[aria-sort=descending]")).to_be_visible()
    worklist.until(lambda: worklist.names == sorted(worklist.names, reverse=True), "not the other way round")


def test_long_lists_are_paged(worklist: Worklist) -> None:
    assert worklist.count > 25, "the demo's team is too small to show a second page"
    first = worklist.ids
    worklist.press("next")
    expect(worklist.page).to_have_url(re.compile("page=2"))
    expect(worklist.page.locator(".c3-pager")).to_contain_text("26 to")
    assert not set(first) & set(worklist.ids)
    worklist.press("previous")
    expect(worklist.page.locator(".c3-pager")).to_contain_text("1 to 25")
    worklist.until(lambda: worklist.ids == first, "the first page came back in another order")


def test_a_row_opens_its_patient_and_back_returns_to_the_view(worklist: Worklist, patient: Patient) -> None:
    worklist.open("sort=name")
    worklist.ready()
    names = worklist.names
    # Anywhere in the row, not only on the name.
    worklist.rows.nth(2).locator("td").nth(1).click(position={"x": 4, "y": 4})
    patient.ready()
    assert names[2].split(",")[0] in patient.name
    expect(patient.page).to_have_url(re.compile(r"/patient\?id="))
    worklist.page.go_back()
    worklist.ready()
    expect(worklist.page).to_have_url(re.compile("sort=name"))
    worklist.until(lambda: worklist.names == names, "another view came back")


def test_the_keyboard_alone_opens_a_patient(worklist: Worklist, patient: Patient) -> None:
    page = worklist.page
    second = worklist.names[1]
    page.locator("tr[data-row] a.c3-who").first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("tr[data-row] a.c3-who").nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    patient.ready()
    assert second.split(",")[0] in patient.name


def test_home_and_end_go_to_the_first_and_the_last_row(worklist: Worklist) -> None:
    page, links = worklist.page, worklist.page.locator("tr[data-row] a.c3-who")
    page.keyboard.press("Tab")
    page.get_by_role("link", name="Skip to the content").press("Enter")
    expect(links.first).to_be_focused()
    page.keyboard.press("End")
    expect(links.last).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(links.last).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(links.nth(links.count() - 2)).to_be_focused()
    page.keyboard.press("Home")
    expect(links.first).to_be_focused()
    # The keys are written down where one looks for them.
    page.get_by_role("button", name="Screen").click()
    expect(page.locator(".c3-keys")).to_contain_text("Home End")


def test_six_patients_are_seen_and_nothing_of_them_is_lost(worklist: Worklist) -> None:
    page = worklist.page
    page.set_viewport_size({"width": 1280, "height": 800})
    whole = worklist.rows.evaluate_all("rows => rows.filter(row => row.getBoundingClientRect().bottom <= innerHeight)")
    assert len(whole) >= 6
    lines = page.locator("tr[data-row] td > .c3-reasons .c3-oneline")
    high = lines.evaluate_all(
        "all => all.map(each => each.offsetHeight / parseFloat(getComputedStyle(each).lineHeight))"
    )
    assert high
    assert max(high) < 1.1
    row = worklist.rows.first
    short = row.locator("td > .c3-reasons > li").evaluate_all("all => all.map(each => each.title)")
    row.locator("summary").click()
    expect(row.locator("td > .c3-reasons")).to_be_hidden()
    full = row.locator("details .c3-reason > span:nth-of-type(1)").all_inner_texts()
    assert full[: len(short)] == short
    expect(row.locator("details")).to_contain_text("the sum of the points")


# Of each result on screen: the column in which it begins, its measure, and whether its two lines are whole.
GRID = """() => [...document.querySelectorAll('tr[data-row] .c3-results li')].map(each => {
  const [named, value, when] = ['.c3-named', '.c3-value', '.c3-when'].map(name => each.querySelector(name));
  const lines = part => part.getBoundingClientRect().height / parseFloat(getComputedStyle(part).lineHeight);
  return {name: each.querySelector('.c3-label').innerText, left: Math.round(each.getBoundingClientRect().left),
    dated: /(^|-)\\d{4}$/.test(when.firstChild.data.trim()), lines: Math.max(lines(named), lines(value)),
    over: named.getBoundingClientRect().bottom <= value.getBoundingClientRect().top + 1};
})"""
IN_ITS_COLUMN = ("HbA1c", "eGFR", "BP", "NT-proBNP", "Potassium", "PHQ-9")


def test_results_are_a_grid_with_each_measure_in_one_column_of_the_list(worklist: Worklist) -> None:
    page = worklist.page
    page.set_viewport_size({"width": 1280, "height": 800})
    page.evaluate("document.fonts.ready")
    found = page.evaluate(GRID)
    assert len(found) > 50
    assert [each for each in found if not (each["over"] and each["dated"])] == []
    for name in IN_ITS_COLUMN:
        own = [each for each in found if each["name"] == name]
        assert len({each["left"] for each in own}) == 1, f"{name} stands in several columns, or nowhere"
        assert max(each["lines"] for each in own) < 1.6, f"{name} has no room"
    assert len({each["left"] for each in found}) == 3


@pytest.mark.parametrize(("width", "columns"), [(390, 2), (1024, 2), (1440, 3)])
def test_the_grid_of_results_has_as_many_columns_as_have_room(worklist: Worklist, width: int, columns: int) -> None:
    worklist.page.set_viewport_size({"width": width, "height": 900})
    assert len({each["left"] for each in worklist.page.evaluate(GRID)}) == columns


def test_every_action_of_the_list_is_reached_by_tab(worklist: Worklist) -> None:
    page = worklist.page
    page.locator("body").focus()
    reached: set[str] = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "() => document.activeElement.dataset?.key || document.activeElement.getAttribute('aria-label')"
                " || document.activeElement.innerText || document.activeElement.className"
            )
            or ""
        )
    said = "\n".join(reached)
    ours = ("tile-Overdue", "pill-T2DM", "tab-tasks", "sort-name")
    for wanted in (*ours, "Find a patient", "Export", "Views", "Search"):
        assert wanted in said, f"{wanted} is not among {sorted(reached)}"


def test_the_export_holds_what_is_shown(worklist: Worklist, tmp_path: Path) -> None:
    worklist.open("sort=name")
    worklist.ready()
    count, names = worklist.count, worklist.names
    download = worklist.export("CSV")
    download.save_as(tmp_path / "list.csv")
    text = (tmp_path / "list.csv").read_text(encoding="utf-8-sig")
    heading, *rows = csv.reader(io.StringIO(text))
    assert heading[0] == "Name"
    assert len(rows) == count
    assert [row[0] for row in rows][: len(names)] == names
    download = worklist.export("Excel")
    download.save_as(tmp_path / "list.xlsx")
    book = load_workbook(tmp_path / "list.xlsx")
    cells = [["" if cell.value is None else cell.value for cell in row] for row in book.active.iter_rows()]
    assert [str(each) for each in cells[0]] == heading
    assert [[said(cell) for cell in row] for row in cells[1:]] == [[said(cell) for cell in row] for row in rows]
    born = heading.index("Born")
    assert any(isinstance(row[born], datetime) for row in cells[1:]), "days are days"
    book.close()


def said(cell: object) -> str:
    """A cell of either file: numbers without zeros at their end, days as days."""
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d}" if (cell.hour, cell.minute) == (0, 0) else f"{cell:%Y-%m-%d %H:%M}"
    try:
        return f"{Decimal(str(cell)).normalize():f}"
    except InvalidOperation:
        return str(cell)


def test_a_view_is_saved_under_its_name(worklist: Worklist) -> None:
    worklist.pill("HF").click()
    expect(worklist.page).to_have_url(re.compile("condition=HF"))
    worklist.sort_by("name")
    expect(worklist.page).to_have_url(re.compile("sort=name"))
    worklist.until(lambda: worklist.names == sorted(worklist.names), "not in order of name")
    names = worklist.names
    worklist.save_view("My hearts")
    worklist.open()
    worklist.apply_view("My hearts")
    expect(worklist.page).to_have_url(re.compile("condition=HF"))
    expect(worklist.page).to_have_url(re.compile("sort=name"))
    worklist.until(lambda: worklist.names == names, "another view came back")


def test_enter_opens_the_only_match_and_none_of_several(worklist: Worklist) -> None:
    matches = worklist.find("a")
    field = worklist.page.get_by_role("dialog").get_by_label("Name, identifier or birth date")
    field.fill("mary aldous")
    expect(matches).to_have_count(1)
    field.press("Enter")
    expect(worklist.page.locator(".c3-patientbanner h1")).to_contain_text("ALDOUS")
    worklist.open()
    # Enter before the answer, and with a letter wrong.
    worklist.find("")
    field.fill("marry aldos")
    field.press("Enter")
    expect(worklist.page.locator(".c3-patientbanner h1")).to_contain_text("ALDOUS")
