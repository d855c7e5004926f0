"""My tasks: complete and take it back, comment, hand on; each change is there after a reload."""

import re

from playwright.sync_api import expect

from tests.browser.screens import Worklist, choose


def open_tasks(worklist: Worklist) -> list[str]:
    worklist.open_tasks()
    return worklist.page.locator("table.c3-tasks tbody tr[data-key^='task-']").evaluate_all(
        "rows => rows.filter(row => row.querySelector('[data-key^=complete-]')).map(row => row.dataset.key)"
    )


def test_a_task_is_completed_and_the_way_back_is_open(worklist: Worklist) -> None:
    key = open_tasks(worklist)[0]
    page = worklist.page
    task_id = key.removeprefix("task-")
    count = worklist.count
    page.locator(f'[data-key="complete-{task_id}"]').click()
    expect(worklist.toast()).to_contain_text("Completed")
    worklist.expect_tasks(count - 1)
    worklist.reload()
    worklist.expect_tasks(count - 1)
    page.locator('details[data-key="ended-tasks"] summary').click()
    page.locator(f'[data-key="reopen-{task_id}"]').click()
    worklist.expect_tasks(count)
    expect(page.locator(f'[data-key="complete-{task_id}"]')).to_be_visible()


def test_a_comment_stays_with_its_task(worklist: Worklist) -> None:
    key = open_tasks(worklist)[1]
    page = worklist.page
    page.locator(f'[data-key="comment-{key.removeprefix("task-")}"]').click()
    page.get_by_role("dialog").get_by_role("textbox").fill("Rang twice, <b>nobody</b> there")
    page.get_by_role("button", name="Add comment").click()
    expect(worklist.toast()).to_contain_text("Comment added")
    expect(page.locator(f'[data-key="{key}"]')).to_contain_text("Rang twice, <b>nobody</b> there")
    worklist.reload()
    expect(page.locator(f'[data-key="{key}"]')).to_contain_text("Rang twice, <b>nobody</b> there")


def test_a_task_is_handed_on(worklist: Worklist) -> None:
    key = open_tasks(worklist)[2]
    page = worklist.page
    page.locator(f'[data-key="reassign-{key.removeprefix("task-")}"]').click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox").click()
    name = page.get_by_role("option").nth(1).inner_text().split(",")[0]
    choose(dialog.get_by_role("combobox"), name)
    dialog.get_by_label(re.compile("Why")).fill("On leave until Monday")
    dialog.get_by_label(re.compile("Why")).press("Tab")
    dialog.get_by_role("button", name="Hand on").click()
    expect(worklist.toast()).to_contain_text("Handed on")
    worklist.reload()
    page.locator(".c3-count").first.wait_for()
    line = page.locator(f'[data-key="{key}"]')
    # Handed to somebody outside my teams it leaves my list.
    if line.count():
        expect(line).to_contain_text(name)
