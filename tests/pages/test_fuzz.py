"""Whatever a browser sends, no page shows an exception, nor anything of a patient who is not the user's.

Two layers over the one register (`tests/pages/inputs.py`): the functions that read addresses, many inputs each; and
whole pages on the embedded FHIR server, the real queries and actions under them. Every input is counted as it is sent,
and each test holds that it sent what `SENT` says; the sum is over 10,000.
"""

import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button, DownloadButton, Widget

from dashboard.errors import DashboardError
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.queries.find_patients import birth_date, plain
from dashboard.ui.audit.view import AuditView, choose_audit, patient_id, read_audit_view, write_audit_view
from dashboard.ui.care_plan.view import read_plan_view, write_plan_view
from dashboard.ui.timeline.view import (
    TimelineView,
    pick,
    read_timeline_view,
    toggle_kind,
    write_timeline_view,
    zoom,
)
from dashboard.ui.worklist.saved_views import delete_view, load_views, save_view
from dashboard.ui.worklist.view import WorklistView, choose, order_by, read_worklist_view, toggle, write_worklist_view
from dashboard.web.addresses import is_loopback_address, place_of
from tests.pages import real
from tests.pages.inputs import (
    ADDRESSES,
    ADMINISTRATOR,
    FIELDS,
    FIND,
    MANAGER,
    PANELS,
    PATIENT_USER,
    WORKLIST,
    Address,
    Field,
    Panel,
    Place,
)
from tests.patience import PATIENCE
from tests.unit import people_and_teams as make

# Which lines run is measured by the other tests of the pages; here it would take half as long again.
pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

SENT = {"readers": 1300, "views": 200, "addresses": 30, "fields": 6, "presses": 10}
"""Random inputs: a reader of addresses, saved views, a page's address, a field, a panel."""
LEAST = 10_000  # with those that are sent first
# No input is sent again to make a failure smaller, so that the counts are what was sent; what fails is printed.
QUICKLY = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None}

# What tells people apart, what is known to break readers, and the ids and names that would be worth having.
KNOWN = (
    "", " ", "p1", "p2", "p4", "Patient/p4", "c4", "o4", "t3", "t4", "ct-p4-team-2", "team-1", "team-2", "Team 2",
    real.FOREIGN, real.FOREIGN[:4], "Practitioner/nurse", "nurse", "gp", "demo-administrator", "999 012 3404",
    "9990123404", "1948-02-03", "03-Feb-1948", "0000-00-00", "9999-12-31", "10000-01-01", "2026-11-20", "1", "0", "-1",
    "40", "99999", "1e9", "٣", "²", "T2DM,CKD", "check-overdue", "yes", "reverse", "name", "tasks", "-", "read",
    "success", "../../etc/passwd", "%00", "\x00", "\ud800", "\u202etxet", "<script>alert(1)</script>", "{n} %s {0}",
    "'; DROP TABLE patient; --", "[x](javascript:alert(1))", "a" * 70, "N" * 5_000, "None", "null", "true", "[]",
    "p1&id=p4", "p4#", "p4/", "p1,p4", "*", "Patient?_id=p4",
)  # fmt: skip
TEXT = st.sampled_from(KNOWN) | st.text(max_size=40) | st.text("0123456789-/.pPatient", max_size=12)
# A surrogate alone is no UTF-8: a browser cannot send it, and Streamlit refuses it before us.
SENDABLE = TEXT.filter(lambda text: not any("\ud800" <= letter <= "\udfff" for letter in text))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | SENDABLE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SENDABLE, inner, max_size=3),
    max_leaves=5,
)
# What every parameter and field is sent first, as `worst_presses` are of presses. Of five planted faults of such kinds
# 150, 25 and 40 random inputs found none in one run, one in the next; with these and a quarter as many, three in each.
WORST = ("", "²", "-1", "9" * 5_000, "9999-12-31", "p4", "%00\x00", "<script>alert(1)</script>")
PRESS_NAMES = ("id", "version", "name", "value", "by", "n", "item", "field")
sent: Counter[str] = Counter()


def law(what: str) -> Callable[[Any], Any]:
    return settings(max_examples=SENT[what], phases=(Phase.explicit, Phase.generate), **QUICKLY)  # type: ignore[arg-type]


# --- what reads an address -------------------------------------------------------------------------------------------

NAMES = sorted({name for each in ADDRESSES for name in each.params})
PARAMS = st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), TEXT, max_size=8)


def _view(params: dict[str, str]) -> None:
    view = read_worklist_view(params)
    assert read_worklist_view(write_worklist_view(view)) == view


def _audit(params: dict[str, str]) -> None:
    view = read_audit_view(params)
    assert read_audit_view(write_audit_view(view)) == view


def _timeline(params: dict[str, str]) -> None:
    view = read_timeline_view(params)
    assert read_timeline_view(write_timeline_view(view)) == view


def _plan(params: dict[str, str]) -> None:
    view = read_plan_view(params)
    assert read_plan_view(write_plan_view(view)) == view


def _pressed(params: dict[str, str]) -> None:
    for name, value in params.items():
        for made in (
            toggle(WorklistView(), name, value),
            choose(WorklistView(), name, value),
            order_by(WorklistView(), value),
        ):
            assert read_worklist_view(write_worklist_view(made)) == made
        assert choose_audit(AuditView(), name, value).page >= 1
        for story in (zoom(TimelineView(), value), toggle_kind(TimelineView(), value), pick(TimelineView(), value)):
            assert read_timeline_view(write_timeline_view(story)) == story


def _texts(params: dict[str, str]) -> None:
    for value in params.values():
        assert "/" not in patient_id(value)
        plain(value)
        birth_date(value)


def _places(params: dict[str, str]) -> None:
    for value in params.values():
        is_loopback_address(value)
        for url in (value, f"https://c3.example/{value}", f"https://c3.example{value}"):
            place = place_of(url, "https://c3.example")
            assert place.startswith("/") and not place.startswith(("//", "/\\", "/auth/"))


PURE = {
    "worklist": _view,
    "audit": _audit,
    "timeline": _timeline,
    "care plan": _plan,
    "presses": _pressed,
    "texts": _texts,
    "places": _places,
}


@pytest.mark.parametrize("reader", PURE)
def test_every_reader_of_an_address_makes_something_of_anything(reader: str) -> None:
    @law("readers")
    @given(PARAMS)
    def read(params: dict[str, str]) -> None:
        sent[reader] += 1
        PURE[reader](params)

    read()
    assert sent[reader] == SENT["readers"]


def test_saved_views_come_back_under_any_name(tmp_path: Path) -> None:
    scope = make.scope("gp")

    @law("views")
    @given(TEXT, PARAMS)
    def save(name: str, params: dict[str, str]) -> None:
        sent["views"] += 1
        try:
            save_view(tmp_path, scope, name, read_worklist_view(params))
        except DashboardError:
            return
        (kept,) = load_views(tmp_path, scope)
        delete_view(tmp_path, scope, kept)

    save()
    assert sent["views"] == SENT["views"]


# --- whole pages -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[real.Gone]:
    """The app reads an embedded server with the cohort; where presses have led."""
    folder = tmp_path_factory.mktemp("fuzz")
    with real.loaded_server(folder) as server, real.pages_on(server.base_url, folder) as gone:
        yield gone
        fhir = HttpFhirServer(server.base_url)
        for row in real.foreign():
            assert fhir.read(row["resourceType"], row["id"])["meta"]["versionId"] == "1", "changed by a stranger"


NURSE = "nurse"  # whom the fuzz may choose to be; p4, a stranger to all others, is a patient of hers
# Whose names are nobody's business, beside those of strangers.
NOT_FOR = {
    ADMINISTRATOR: ("Aldous", "ALDOUS", "Svensson", "SVENSSON"),
    MANAGER: ("Aldous", "ALDOUS", "Svensson", "SVENSSON"),
    PATIENT_USER: ("Svensson", "SVENSSON"),
    NURSE: ("Aldous", "ALDOUS"),
}


def check(at: AppTest, who: str, typed: str = "") -> None:
    """No exception, no defect, nothing foreign. An administrator sees ids; no name of a patient at all."""
    assert not at.exception, at.exception
    shown = real.everything(at)
    assert shown and real.DEFECT.encode() not in shown
    # What somebody typed comes back in its field, in the name of a view, in the way back: then it tells nothing.
    sent["the foreign name"] += real.FOREIGN in typed
    strangers = () if who == NURSE else (real.HIDDEN,) if sent["the foreign name"] else (real.HIDDEN, real.FOREIGN)
    for name in (*strangers, *NOT_FOR.get(who, ())):
        assert name.encode() not in shown, name


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda each: each.page)
def test_any_address_shows_a_page(address: Address, pages: real.Gone) -> None:
    at = real.app("" if address.page == "worklist" else address.page, address.who)

    def ask(params: dict[str, str]) -> None:
        sent[f"page {address.page}"] += 1
        at.query_params.clear()
        at.query_params.update(params)
        check(at.run(), address.who, "".join(params.values()))

    for worst, name in itertools.product(WORST, address.params):
        ask({name: worst})
    law("addresses")(given(st.dictionaries(st.sampled_from(address.params), SENDABLE))(ask))()
    assert sent[f"page {address.page}"] == addresses_of(address)


def addresses_of(address: Address) -> int:
    return SENT["addresses"] + len(WORST) * len(address.params)


def at_place(place: Place) -> AppTest:
    """A page or a dialog as a user of it has it before a field is filled."""
    if place.script:
        at = AppTest.from_string(place.script, default_timeout=PATIENCE)
        at.session_state["user_id"] = place.who
    else:
        at = real.app("" if place.page == "worklist" else place.page, place.who, **dict(place.params))
    for name, value in place.state:
        at.session_state[name] = value
    return at.run()


def test_every_field_on_the_pages_is_in_the_register(pages: real.Gone) -> None:
    """And is there, so that what is sent to it reaches it."""
    found: set[str] = set()
    for place in {str(field.place): field.place for field in FIELDS}.values():  # what is on its mind may be a dict
        at = at_place(place)
        fields = [each for each in at if isinstance(each, Widget) and not isinstance(each, Button | DownloadButton)]
        fields += at.get("plotly_chart")
        found |= {each.key or each.label for each in fields}
    assert found == {field.key for field in FIELDS}


@pytest.mark.parametrize("field", FIELDS, ids=lambda each: each.key)
def test_a_field_takes_anything_a_browser_says_it_holds(field: Field, pages: real.Gone) -> None:
    at = at_place(field.place)

    def fill(held: Any) -> None:
        sent[field.key] += 1
        for other, filled in field.first:
            real.send(at, other, filled)
        real.send(at, field.key, held, field.press)
        # One field makes the user another one.
        check(at, at.session_state["user_id"], str(held))
        if field.press:
            again(at, field.place)  # what was saved changes the page in a run after it
        else:
            back(at, field.place, field.key)

    for worst in WORST:
        fill(figure([{"customdata": worst}]) if is_figure(field) else [worst] if holds_several(field) else worst)
    law("fields")(given(value(field))(fill))()
    assert sent[field.key] == SENT["fields"] + len(WORST)


def test_a_user_who_was_chosen_sees_her_own_patients_and_no_others(pages: real.Gone) -> None:
    """As the fuzz may choose her, and seldom does."""
    at = real.send(at_place(WORKLIST), "user_choice", NURSE)
    assert at.session_state["user_id"] == NURSE and real.HIDDEN.encode() in real.everything(at)
    check(at, NURSE)


def again(at: AppTest, place: Place) -> AppTest:
    """The place as it was before: where something else was chosen, or the user, it is another page by now."""
    for name, value in (("user_id", place.who), *place.state):
        at.session_state[name] = value
    if not place.script:
        at.query_params.clear()
        at.query_params.update(dict(place.params))
    return real.rerun(at)


def back(at: AppTest, place: Place, key: str) -> None:
    """The place as it was before, where it is another page by now or has no field or panel with this key any more.

    Elsewhere the next input comes on top of the last, as it does when a person goes on: a run in between would show
    what is there already, and most of what is sent leaves the place as it was.
    """
    asked = {name: "".join(value) for name, value in at.query_params.items()}
    mind = (("user_id", place.who), *place.state)
    same = all(name in at.session_state and at.session_state[name] == value for name, value in mind)
    there = any(key in (getattr(each, "key", None), getattr(each, "label", None)) for each in at)
    if not (same and there and asked == dict(place.params)):
        again(at, place)


# Their fields hold several texts: chosen ones, days.
MANY = (".ask_day", ".ask_several", "._written", "._several", "._due")


def value(field: Field) -> st.SearchStrategy[Any]:
    if is_figure(field):
        points = st.lists(st.fixed_dictionaries({"customdata": SENDABLE | JSON}) | JSON, max_size=2)
        return st.builds(figure, points | JSON)
    return st.lists(SENDABLE, max_size=3) if holds_several(field) else SENDABLE


def is_figure(field: Field) -> bool:
    return field.key.startswith("tl-figure")


def figure(points: Any) -> str:
    return json.dumps({"selection": {"points": points}})


def holds_several(field: Field) -> bool:
    return field.key in (
        "w_reason", "a_since", "a_until", "tl_from", "tl_to", "tl_measures", "rec_if_measures-p1", "task_due",
        "rec_until-03-metformin-kidney/stop", "start_due-p123456", "conference_day", "screening_day",
        "screening_answer_day", "conference_people", "attendance_asked",
    ) or field.site.endswith(MANY)  # fmt: skip


@pytest.mark.parametrize("panel", PANELS, ids=lambda each: each.key)
def test_a_press_may_be_anything(panel: Panel, pages: real.Gone) -> None:
    optional = dict.fromkeys(PRESS_NAMES, SENDABLE | JSON)
    like_ours = st.fixed_dictionaries({"do": st.sampled_from(panel.does)}, optional=optional)
    at = at_place(panel.place)
    name = f"{panel.key} of {panel.place}"  # one key stands on several pages

    def press(act: Any) -> None:
        sent[name] += 1
        pages.clear()
        typed = json.dumps(act, ensure_ascii=False)
        check(real.send_press(at, panel.key, act), panel.place.who, typed)
        for page, params in pages[:1]:
            check(real.go(at, page, params).run(), panel.place.who, typed)
            if not panel.place.script:
                real.go(at, panel.place.page, {})
            again(at, panel.place)
        back(at, panel.place, panel.key)

    for act in worst_presses(panel):
        press(act)
    law("presses")(given(like_ours | JSON)(press))()
    assert sent[name] == SENT["presses"] + len(worst_presses(panel))


def worst_presses(panel: Panel) -> list[dict[str, Any]]:
    """Whatever it understands, without values, with texts that are nothing of ours and with what is no text; where one
    handler takes the presses of several panels, in the first of them.
    """
    alike = [each for each in PANELS if (each.handler, each.does) == (panel.handler, panel.does)]
    with_each: list[dict[str, Any]] = [{}, dict.fromkeys(PRESS_NAMES, "²"), {name: [None] for name in PRESS_NAMES}]
    return [{"do": do, **values} for do in panel.does for values in with_each] if panel is alike[0] else []


def test_the_sum_is_over_ten_thousand() -> None:
    """Each of these numbers is held by the test that sends it."""
    pure, addresses = SENT["readers"] * len(PURE) + SENT["views"], sum(map(addresses_of, ADDRESSES))
    presses = SENT["presses"] * len(PANELS) + sum(len(worst_presses(panel)) for panel in PANELS)
    assert pure + addresses + (SENT["fields"] + len(WORST)) * len(FIELDS) + presses >= LEAST


def test_what_is_sent_does_arrive(pages: real.Gone) -> None:
    """Else all of the above would hold for pages that nobody reaches."""
    assert b"ALDOUS" in real.everything(real.send(at_place(FIND), "find_text", "ald"))
    worklist = at_place(WORKLIST)
    tasks = real.send_press(worklist, "worklist-heading", {"do": "tab", "name": "tasks"})
    assert b"Check the dose" in real.everything(tasks)
    real.send_press(at_place(WORKLIST), "worklist-table", {"do": "open", "id": "p1"})
    assert pages[-1] == ("patient", {"id": "p1"})
    assert real.send(at_place(WORKLIST), "w_q", "sven").query_params["q"] == "sven"
