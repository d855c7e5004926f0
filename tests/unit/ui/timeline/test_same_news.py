"""What is new since the conference is the same on the patient's page and in the room: of each of the demo's stories
every fact that one says is said by the other, with its value, day and marks.
"""

import re
from dataclasses import replace
from html import unescape

import pytest

from dashboard.domain.record.views import PatientSummary
from dashboard.domain.timeline.changes import Changes, changes_since_conference
from dashboard.domain.timeline.curves import curves_that_matter
from dashboard.domain.timeline.events import Timeline
from dashboard.ui.patient.since_html import EVENTS_NAMED, since_html
from dashboard.ui.shared.dates import show_day
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.timeline.room_curve import RoomAxis
from dashboard.ui.timeline.room_html import room_html
from dashboard.ui.timeline.room_words import change_items, curve_words, event_item, is_steady, medicine_item
from dashboard.ui.timeline.view import TimelineView
from dashboard.ui.timeline.words import kind_word
from tests.pages import samples
from tests.unit.domain.timeline.story_timelines import AS_OF, story_timeline

STORIES = (
    "mary-aldous", "derek-thorne", "surinder-sandhu", "ronald-pickering", "begona-etxeberria", "jose-antonio-ibarra",
    "gunilla-aberg", "sture-jonsson",
)  # fmt: skip
AT = ViewTime(AS_OF, AS_OF.tzinfo)  # type: ignore[arg-type]


def words_of(html: object) -> str:
    """What somebody reads, with spaces that break no line as plain ones."""
    text = unescape(re.sub(r"<[^>]+>", " ", str(html))).replace("\xa0", " ").replace("\u2011", "-")
    return " ".join(text.replace(" ,", ",").split())


def plain(text: str) -> str:
    return " ".join(text.replace("\xa0", " ").replace("\u2011", "-").split())


def on_patient_page(timeline: Timeline) -> str:
    summary: PatientSummary = replace(samples.summary(), checks=())
    return str(since_html(summary, timeline, AT))


def in_room(timeline: Timeline, changes: Changes) -> str:
    # Its curves are of now, whatever is new.
    curves = replace(curves_that_matter(timeline.results, timeline.urgent), shown=())
    axis = RoomAxis(changes.since, AS_OF, AS_OF, timeline.conference)
    return str(room_html(timeline, TimelineView(), changes, curves, [], axis, AT))


@pytest.mark.parametrize("story", STORIES)
def test_the_patients_page_says_what_the_room_says(story: str) -> None:
    timeline = story_timeline(f"pat-{story}")
    changes = changes_since_conference(timeline, AS_OF)
    html = on_patient_page(timeline)
    said, lines = words_of(html), re.findall('class="c3-sinceline', html)
    changed = [curve for curve in changes.curves if not is_steady(curve)]
    steady = [curve for curve in changes.curves if is_steady(curve)]
    facts: list[str] = []
    for curve in changed:
        words = curve_words(curve, timeline, AT)
        facts += [f"{words.name} {words.value} {words.unit}".strip(), words.when, words.course, *words.marks]
    facts += [curve_words(curve, timeline, AT).value for curve in steady]
    for change in changes.medicines:
        facts += [medicine_item(change).what, medicine_item(change).more]
    for event in changes.events[:EVENTS_NAMED]:
        item = event_item(event, changes.since)
        facts += [item.what, item.more.removeprefix(kind_word(event.kind)).lstrip(", ")]
    assert [fact for fact in facts if plain(fact) not in said] == []
    assert show_day(changes.since.date()) in said
    left = len(changes.events) - EVENTS_NAMED
    assert (f"{left} more on the timeline" in said) == (left > 0)
    # And it says nothing else.
    named = len(changed) + bool(steady) + len(changes.medicines) + min(len(changes.events), EVENTS_NAMED)
    assert len(lines) == named + (left > 0)
    # Each line has its button.
    parts = html.split('class="c3-sinceline')[1:]
    assert [plain(words_of(each)) for each in parts if "c3-button" not in each] == []


@pytest.mark.parametrize("story", STORIES)
def test_the_room_says_what_the_patients_page_says_first(story: str) -> None:
    """As many as fit in the room, in the same order, and then how many more there are."""
    timeline = story_timeline(f"pat-{story}")
    changes = changes_since_conference(timeline, AS_OF)
    room = words_of(in_room(timeline, changes))
    items = change_items(changes, timeline, AT)
    assert items or changes.medicines, "the story has no news: this shows nothing"
    found = [item for item in items if plain(item.what) in room]
    assert found == items[: len(found)]
    assert len(found) == len(items) or f"and {len(items) - len(found)} more" in room
    assert len(found) >= min(len(items), 4)
    medicines = [medicine_item(change) for change in changes.medicines]
    assert [item for item in medicines if plain(item.what) not in room or plain(item.more) not in room] == []
    assert show_day(changes.since.date()) in room
