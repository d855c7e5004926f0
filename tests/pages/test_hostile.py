"""Whatever stands in a record is shown harmlessly: markup, scripts, reordering characters, a thousand letters."""

from dataclasses import fields, is_dataclass, replace
from datetime import UTC
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.record.comment import Comment
from dashboard.domain.record.people import HumanName, Identifier, Person
from dashboard.domain.record.provenance import Provenance
from dashboard.domain.record.views import PatientMatch
from dashboard.domain.risk.score import SOURCES as RISK_SOURCES
from dashboard.domain.timeline.arrange.arrange import arrange
from dashboard.domain.timeline.events import EventDetail
from dashboard.domain.values.datatypes import PartialDate
from dashboard.errors import Failure
from dashboard.ui.find_patient.widget import matches_html
from dashboard.ui.navigation.widget_topbar import ribbon_html
from dashboard.ui.patient.banner_html import banner_html
from dashboard.ui.patient.html import summary_html
from dashboard.ui.record.people import distinct_labels
from dashboard.ui.session import session
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.errors import error_html
from dashboard.ui.shared.html import MAX_TEXT, MOST_TEXT, Html, clean
from dashboard.ui.shared.messages import _plain
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.tasks.html import tasks_html
from dashboard.ui.timeline.alt import figure_alt
from dashboard.ui.timeline.detail_html import detail_html
from dashboard.ui.timeline.html import footer_html, switches_html, warnings_html
from dashboard.ui.timeline.table_html import timeline_table_html
from dashboard.ui.timeline.view import TimelineView, scene_request
from dashboard.ui.worklist.html import heading_html, table_html, totals_html
from dashboard.ui.worklist.rows import filter_rows, worklist_rows
from dashboard.ui.worklist.view import WorklistView
from tests.guidelines import RULES
from tests.pages import samples
from tests.pages import timeline_samples as told

AT = ViewTime(samples.AS_OF, UTC)
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</div></section><style>*{display:none}</style>",
    "[link](javascript:alert(1)) **bold** :material/home:",
    "‮txet desrever\u2066",
    "N" * 1000,
    "a\x00b\x1b[31mc",
    "&lt;b&gt;",
    "{n} %s {0}",
]
ALLOWED = frozenset(
    [
        "a",
        "abbr",
        "b",
        "bdi",
        "button",
        "caption",
        "circle",
        "col",
        "colgroup",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "line",
        "text",
        "h1",
        "h2",
        "h3",
        "header",
        "i",
        "input",
        "label",
        "li",
        "nav",
        "p",
        "path",
        "rect",
        "section",
        "small",
        "span",
        "strong",
        "summary",
        "svg",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
        "use",
        "symbol",
    ]
)


PAGES = ("audit", "enrolment", "screening", "my_record", "conference", "conference_history", "rule_use")
# The last one is where the tests' records lie.
OWN_PLACES = (
    "patient?id=", "timeline?id=", "care_plan?id=", "recommendations?id=", "conference?id=",
    "conference_minutes?id=", "conference_live?id=", "conference_history?id=", "enrolment?",
    "?", "./", "#", "http://fhir.test/",
)  # fmt: skip
# Where guideline rules and scores of risk say that they come from.
SOURCES = frozenset(each.link for rule in RULES for advice in rule.advice for each in advice.citations) | {
    f"https://doi.org/{doi}" for source in RISK_SOURCES.values() for doi in source.dois
}


class Reader(HTMLParser):
    """Fails on an element we never make, on an attribute that runs something, and on markup that does not close."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, tag
        for name, value in attrs:
            assert not name.startswith("on"), name
            if name == "href":
                assert value in PAGES or value in SOURCES or str(value).startswith(OWN_PLACES), value
        # Nothing is typed into a field of ours but a tick.
        assert tag != "input" or ("type", "checkbox") in attrs
        # Those elements of ours that have no end.
        if tag not in ("col", "input"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_comment(self, data: str) -> None:
        raise AssertionError("a comment")


def check(shown: Html) -> None:
    html = str(shown)
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert not reader.open
    assert not [letter for letter in "\x00\x1b\u202e\u2066" if letter in html]


def poison(value: Any, text: str) -> Any:
    """The same record with every free text replaced; codes, dates, numbers and ids stay."""
    if isinstance(value, tuple):
        return tuple(poison(each, text) for each in value)
    if isinstance(value, dict):
        return {key: poison(each, text) for key, each in value.items()}
    if not is_dataclass(value) or isinstance(value, type):
        return value
    free = {
        "text",
        "name",
        "given",
        "family",
        "prefix",
        "dose",
        "reaction",
        "role_text",
        "relationship",
        "phone",
        "owner_name",
        "requester_name",
        "editor",
        "title",
        "with_whom",
        "place",
        "kind",
        "label",
        "stage",
        "team",
        "site",
        "source",
        "version",
        "gender",
        "status",
        "achievement_status",
        "lifecycle_status",
        "priority",
        "criticality",
    }
    changed = {}
    for each in fields(value):
        old = getattr(value, each.name)
        keeps = type(value).__name__ in ("PartialDate", "Quantity", "Reference", "Coding", "Reason")
        if isinstance(old, str) and each.name in free and type(old) is str and not keeps:
            changed[each.name] = text
        elif not isinstance(old, str) and not keeps:
            changed[each.name] = poison(old, text)
    return replace(value, **changed)


@pytest.mark.parametrize("text", HOSTILE)
def test_the_patient_page_shows_any_text_harmlessly(text: str) -> None:
    summary = poison(samples.summary(), text)
    check(banner_html(summary, AT))
    check(summary_html(summary, AT, "stale"))


@pytest.mark.parametrize("text", HOSTILE)
def test_the_worklist_shows_any_text_harmlessly(text: str) -> None:
    made = [{name: poison(value, text) for name, value in row.items()} for row in samples.rows()]
    for row in made:
        row.update(team=text, site=text, region=text, owners=(text,), stages=dict.fromkeys(row["stages"], text))
    rows = worklist_rows(samples.worklist(made).rows, samples.AS_OF, UTC)
    view = WorklistView(q=clean(text, 200), team="t", site=clean(text), region=clean(text))
    for each in (WorklistView(), view):
        shown = filter_rows(rows, each)
        check(totals_html(shown, each))
        check(table_html(shown, each, {"t": text}))
    check(heading_html(view, "now", text, (1, 2), [text, text]))


@pytest.mark.parametrize("text", HOSTILE)
def test_tasks_matches_and_the_rest_show_any_text_harmlessly(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks = poison(samples.task_list(), text)
    tasks = replace(tasks, tasks=tuple(replace(t, comments=(Comment(text, text, text),)) for t in samples.TASKS))
    check(tasks_html(tasks, 0, samples.TODAY, 30))
    monkeypatch.setattr(session, "as_of", lambda: samples.AS_OF)
    monkeypatch.setattr(session, "zone", lambda: UTC)
    check(matches_html((PatientMatch(poison(samples.ALDOUS, text), text),)))
    check(ribbon_html(replace(samples.USERS[0], name=text, role_label=text)))
    check(error_html(text, text))


@pytest.mark.parametrize("text", HOSTILE)
def test_the_timeline_shows_any_text_harmlessly(text: str) -> None:
    coding = replace(told.events()[0].codes[0], display=text, code=text)
    events = tuple(
        replace(each, text=text, detail=text, who=text, why=text, stage=text, status=text, codes=(coding,))
        for each in told.events()
    )
    story = told.timeline(
        poison(samples.ALDOUS, text), events=events, unmapped={coding: 2}, not_read={text: Failure(text)}
    )
    view = TimelineView("p1", at=str(events[0].origin), since=True)
    scene = arrange(story, scene_request(view, story, AT.as_of, UTC), AT.as_of)
    found = EventDetail(
        events[0],
        text,
        None,
        text,
        text,
        (Provenance(events[0].origin, (), PartialDate(AT.as_of.isoformat()), text, activity=text, reason=text),),
    )
    for address in (text, "http://fhir.test/fhir/Observation/o1"):
        detail = replace(found, raw=f"{text}\n{text}", address=address)
        check(detail_html(events[0], detail, text, events, AT))
    check(timeline_table_html(events, view, AT, frozenset()))
    check(footer_html(story, scene, AT))
    check(switches_html(story, view, 3, AT))
    check(warnings_html(story, AT, text) or h.p)
    assert "NNNNNNNNNN" * 90 not in figure_alt(scene, UTC, AT.as_of)


@given(st.text())
def test_any_text_is_only_text(text: str) -> None:
    check(h.p(title=text)[text])


@given(st.text(max_size=2000))
def test_cleaned_text_is_short_and_has_nothing_hidden(text: str) -> None:
    assert len(clean(text)) <= MAX_TEXT
    assert clean(clean(text)) == clean(text)


def test_a_name_of_a_thousand_letters_is_cut() -> None:
    person = Person("p", HumanName("N" * 1000), identifiers=(Identifier("", "9" * 1000),))
    banner = str(banner_html(samples.summary(person), AT))
    assert "N" * 201 not in banner and "…" in banner


def test_a_toast_shows_markdown_as_text() -> None:
    assert _plain("[x](http://y) **b**") == "\\[x\\]\\(http\\://y\\) \\*\\*b\\*\\*"


def test_two_colleagues_of_one_name_have_distinct_labels() -> None:
    words = distinct_labels({"p1": "Dr Lind, GP, Castle", "p2": "Dr Lind, GP, Castle", "p3": "Dr Okafor, GP, Castle"})
    assert list(words.values()) == ["Dr Lind, GP, Castle (p1)", "Dr Lind, GP, Castle (p2)", "Dr Okafor, GP, Castle"]


def test_a_text_without_end_is_shown_in_part_and_says_how_much_is_not() -> None:
    shown = str(h.p["N" * 2**20])
    assert shown == f"<p>{'N' * MOST_TEXT}… ({2**20 - MOST_TEXT} more characters)</p>"
