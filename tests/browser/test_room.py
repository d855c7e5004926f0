"""The timeline in a room: read four metres away, nothing below the fold, and everything back at once when it is off."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import violations
from tests.browser.pictures import STORY
from tests.browser.screens import Timeline, Worklist
from tests.running import Launched

STORIES = {
    "pat-mary-aldous": "",
    "pat-derek-thorne": "",
    "pat-surinder-sandhu": "",
    "pat-ronald-pickering": "Emma Bancroft",
    "pat-begona-etxeberria": "Xabier Sánchez",
    "pat-jose-antonio-ibarra": "Asier Garate",
    "pat-gunilla-aberg": "Johanna Sandberg",
    "pat-sture-jonsson": "Linnea Berg",
}
"""Each story patient and who sees the story; "" is the first user."""

TEXTS = """
() => {
  const found = [];
  const walker = document.createTreeWalker(document.querySelector('.c3-room'), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, element = node.parentElement;
    if (!node.data.trim() || element.closest('.c3-sr, svg')) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      found.push({ text: node.data, size: parseFloat(getComputedStyle(element).fontSize),
        left: box.left, top: box.top, right: box.right, bottom: box.bottom });
    }
  }
  return found;
}
"""


def overlaps(texts: list[dict[str, float]]) -> list[tuple[object, object]]:
    """Pairs of texts of which one lies on the other; a line may touch the next."""
    found = []
    for place, one in enumerate(texts):
        for other in texts[place + 1 :]:
            across = min(one["right"], other["right"]) - max(one["left"], other["left"])
            down = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
            if across > 2 and down > 0.45 * min(one["bottom"] - one["top"], other["bottom"] - other["top"]):
                found.append((one["text"], other["text"]))
    return found


@pytest.fixture
def timeline(page: Page, dashboard: Launched) -> Timeline:
    page.set_viewport_size({"width": 1920, "height": 1080})
    return Timeline(page, dashboard.url)


@pytest.fixture(params=STORIES)
def story(request: pytest.FixtureRequest, timeline: Timeline) -> Iterator[Timeline]:
    """A story patient in large type, as somebody who may see the patient."""
    who = STORIES[request.param]
    if who:
        Worklist(timeline.page, timeline.url).open().as_user(who)
    yield timeline.open_id(request.param, large="yes")


def test_every_story_fits_the_screen_and_can_be_read_from_the_back_row(story: Timeline) -> None:
    page = story.page
    page.evaluate("document.fonts.ready")
    texts = page.evaluate(TEXTS)
    assert texts and overlaps(texts) == []
    # Nothing below the fold, and nothing beside the screen.
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight") <= 1080
    assert max(each["bottom"] for each in texts) <= 1080 and max(each["right"] for each in texts) <= 1920
    assert min(each["size"] for each in texts) >= 24
    figures = page.locator(".c3-roomfigure b").evaluate_all(
        "all => all.map(e => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert figures and min(figures) >= 48
    # A unit and a date beside each figure; PHQ-9 is a score without a unit.
    assert page.locator(".c3-roomcurve .c3-roomwhen").count() == len(figures)


def test_any_screen_of_this_shape_is_filled(timeline: Timeline) -> None:
    for width, height in ((1280, 720), (2560, 1440)):
        timeline.page.set_viewport_size({"width": width, "height": height})
        timeline.open_id(STORY, large="yes")
        texts = timeline.page.evaluate(TEXTS)
        assert max(each["bottom"] for each in texts) <= height and overlaps(texts) == []
        assert min(each["size"] for each in texts) >= width / 80 - 1


def test_in_a_room_nobody_sees_a_mark_or_a_picked_entry(timeline: Timeline) -> None:
    timeline.open_id(STORY, large="yes", at=f"Observation/{STORY}-obs-story-2-potassium")
    room = timeline.page.locator(".c3-room")
    expect(room).to_be_visible()
    expect(timeline.detail).to_have_count(0)
    expect(timeline.figure).to_have_count(0)
    lines = room.locator(".c3-roomsvg").first
    assert lines.locator("path.conference").count() == lines.locator("path.today").count() == 1
    assert not violations(timeline.page)


def test_turning_it_off_brings_everything_back_at_once(timeline: Timeline) -> None:
    page = timeline.page
    page.set_viewport_size({"width": 1280, "height": 720})
    timeline.open_id(STORY, span="5y", off="contacts", at=f"Observation/{STORY}-obs-story-2-potassium")
    details = timeline.detail.locator("details").first
    details.locator("summary").click()
    main = page.get_by_test_id("stMain")
    main.evaluate("main => { main.scrollTop = 260; document.querySelector('.st-key-timeline-figure').c3same = true; }")
    before = timeline.address
    words = timeline.words
    page.locator('[data-key="form-large"]').dispatch_event("click", {"button": 0})
    expect(page.locator(".c3-room")).to_be_visible()
    timeline.until(lambda: main.evaluate("main => main.scrollTop") == 0, "the room begins below its head")
    expect(timeline.figure).not_to_be_visible()
    page.locator('[data-key="room-off"]').click()
    expect(page.locator(".c3-room")).to_have_count(0)
    # The very same part of the page, where it was, with the details open that were.
    timeline.until(lambda: main.evaluate("main => main.scrollTop") == 260, "it is scrolled elsewhere")
    assert page.evaluate("document.querySelector('.st-key-timeline-figure').c3same")
    timeline.until(lambda: timeline.address == before and timeline.words == words, "something else came back")
    assert details.evaluate("details => details.open")


def test_another_window_of_time_in_large_type_stays_after_it(timeline: Timeline) -> None:
    timeline.open_id(STORY, large="yes").press("room-span-5y")
    timeline.expect_address(span="5y", large="yes")
    timeline.press("room-off")
    timeline.until(lambda: "large" not in timeline.address, "it is still large")
    timeline.ready()
    assert timeline.address["span"] == "5y"
