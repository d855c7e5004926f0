"""What opens over a page: on a telephone and at a desk, light and dark, it stays on the screen, and nothing of it is
serious against the accessibility rules.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import FloatRect, Locator, Page, expect

from tests.browser.accessibility import serious
from tests.browser.pictures import STORY
from tests.browser.screens import Patient, Timeline, Worklist
from tests.running import Launched

SIZES = ((1280, 720), (390, 844))
LOOKS = 4
OPEN = '[role="dialog"], [data-testid="stPopoverBody"]'


def worklist(page: Page, url: str) -> None:
    Worklist(page, url).open()


def patient(page: Page, url: str) -> None:
    Patient(page, url).open_id(STORY)
    expect(page.locator(".c3-sincepart h2")).to_contain_text("Since")


def timeline(page: Page, url: str) -> None:
    Timeline(page, url).open_id(STORY)


def tasks_of_others(page: Page, url: str) -> None:
    """What a coordinator sees under the own tasks."""
    Worklist(page, url).open().as_user("Joanna Crowther")
    sidebar = page.get_by_test_id("stSidebar")
    if sidebar.get_attribute("data-collapsed") == "false":
        # On a telephone it lies over the page: its own button closes it.
        sidebar.hover()
        page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
        expect(sidebar).to_have_attribute("data-collapsed", "true")
    page.locator(key("tab-tasks")).click()
    page.locator(f"{key('owner-')} summary").first.click()


def added_task(page: Page, url: str) -> None:
    """Right after a task was added; the message that says so has a name for screen readers."""
    patient(page, url)
    page.locator(f".c3-urgentpart {key('add-')}").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Add task").click()
    expect(page.get_by_role("alertdialog", name="Task added.").first).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def key(name: str) -> str:
    return f"[data-key^='{name}']"


def by_key(name: str) -> str:
    """The button of one of Streamlit's popovers."""
    return f".st-key-{name} button"


# What is opened: on which page, and by what.
OPENED: dict[str, tuple[Callable[[Page, str], None], str]] = {
    "find a patient": (worklist, by_key("find")),
    "screen and keys": (worklist, by_key("screen")),
    "more filters": (worklist, by_key("w_more")),
    "views": (worklist, by_key("w_views")),
    "export": (worklist, by_key("w_export")),
    "add a task": (patient, f".c3-urgentpart {key('add-')}"),
    "hand a task on": (patient, f".c3-tasklines {key('reassign-')}"),
    "comment on a task": (patient, f".c3-tasklines {key('comment-')}"),
    "take a task back": (added_task, "[data-key=undo]"),
    "chase a task": (tasks_of_others, key("chase-")),
    "more of the timeline": (timeline, by_key("tl_more")),
}


def looked_at(page: Page, press: str, opened: Locator) -> tuple[list[str], FloatRect | None]:
    """What is serious, and where what opened lies, while it was open from the first look to the last. A page that is
    drawn anew meanwhile closes it, and a person presses again.
    """
    for _ in range(LOOKS):
        if not opened.is_visible():
            page.locator(press).first.click()
            expect(opened).to_be_visible()
        box, found = opened.bounding_box(), serious(page)
        if box and opened.is_visible():
            return found, box
    raise AssertionError("it never stays open")


@pytest.mark.parametrize("what", OPENED)
def test_what_is_opened_is_on_the_screen_and_open_to_everybody(page: Page, dashboard: Launched, what: str) -> None:
    go, press = OPENED[what]
    complaints = []
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        go(page, dashboard.url)
        page.locator(press).first.click()
        opened = page.locator(OPEN).first
        expect(opened).to_be_visible()
        if what == "find a patient":
            # With matches, and then with the form for an emergency unfolded.
            opened.get_by_label("Name, identifier or birth date").fill("999 888 7777")
            opened.get_by_text("Emergency: I need a patient who is not in my teams").click()
            expect(opened.get_by_label("In your words")).to_be_visible()
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.wait_for_timeout(400)
            found, box = looked_at(page, press, opened)
            complaints += [f"{width} {scheme}: {each}" for each in found]
            if not box or box["x"] < -1 or box["x"] + box["width"] > width + 1:
                complaints.append(f"{width} {scheme}: off the screen: {box}")
        page.emulate_media(color_scheme="light")
    assert complaints == []
