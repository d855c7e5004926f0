"""The beat of a plan's page: when the page is drawn anew, who is said to be there, and what it asks of the server."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboard.access.request_context import request_context
from dashboard.cache.change_feed import ChangeFeed, Following
from dashboard.cache.changes import written_changes
from dashboard.cache.presence import GONE_AFTER, Presence, Present
from dashboard.cache.team_cache import TeamCache
from dashboard.domain.access.permissions import Action, Role
from dashboard.domain.access.user import AccessScope, User
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import NotFound, NotPermitted, ServerUnavailable
from dashboard.fhir.port import FhirServer
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.follow_plan import FOLLOWED, follow_plan
from dashboard.ui.care_plan import live
from dashboard.ui.care_plan.live import AGAIN_AFTER, LiveState, follow, is_news
from dashboard.ui.care_plan.live_html import Arrival, arrival_rules, arrivals_html, editing_rules, present_html
from dashboard.ui.session import session
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF

T = load_terminology()
GOAL, TASK, NEW = Reference("Goal", "g1"), Reference("Task", "t1"), Reference("Goal", "g9")
ON_SCREEN = {GOAL: "1", TASK: "1", Reference("CarePlan", "cp1"): "1"}
TITLES = {GOAL: "Walk to the shop", TASK: "Order bloods"}
IDS = {GOAL: "c3-part-Goal-g1", TASK: "c3-part-Task-t.1"}


class Screens:
    """Several windows of several users on one server, in one process whose clock and polls a test controls."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.server = FakeFhirServer(make.cohort())
        self.seconds = 0.0
        self.started: list[Callable[[], None]] = []
        self.feed = ChangeFeed(lambda: self.seconds, self.started.append, lambda seconds: None)
        self.presence = Presence(lambda: self.seconds)
        self.states: dict[str, dict[str, Any]] = {}
        self.patch = monkeypatch
        monkeypatch.setattr(live, "PRESENCE", self.presence)
        self.teams = TeamCache(lambda: self.seconds, start=lambda work: None)
        monkeypatch.setattr(live, "follow_plan", self.follow_plan)
        monkeypatch.setattr(session, "fhir", lambda: self.server)
        monkeypatch.setattr(session, "as_of", lambda: AS_OF)
        monkeypatch.setattr(session, "zone", lambda: UTC)

    def at(self, window: str, who: str = "gp") -> None:
        """From now on everything happens in this window, of this user."""
        self.patch.setattr(live.st, "session_state", self.states.setdefault(window, {}))
        self.patch.setattr(live, "viewing_session_id", lambda: window)
        self.patch.setattr(session, "user", lambda: make.user(who))
        self.patch.setattr(session, "scope", lambda: make.scope(who))

    def follow_plan(self, fhir: FhirServer, who: User, scope: AccessScope, patient_id: str, at: datetime) -> Following:
        return follow_plan(fhir, who, scope, patient_id, at, feed=self.feed, team_cache=self.teams)

    def open(self, patient_id: str) -> None:
        """What a page does before it draws anything: the server is asked who may see the patient."""
        context = request_context(self.server, session.user(), session.scope(), T, AS_OF, Action.VIEW_PATIENT)
        with suppress(NotFound, ValueError):
            self.teams.access.relationship(context, session.user(), patient_id)

    def draw(self, patient_id: str = "p1", on_screen: dict[Reference, str] = ON_SCREEN) -> list[Any]:
        """A whole run of the page; returns the changes of others that it shows and the marks that it sets."""
        self.open(patient_id)
        shown: list[Any] = []
        self.patch.setattr(live, "panel", lambda key, html: shown.append(html))
        self.patch.setattr(live, "add_style", shown.append)
        self.patch.setattr(live.st, "container", lambda key: NoContainer())
        self.patch.setattr(live, "_beat", lambda *arguments: None)
        live.live_part(patient_id, on_screen, TITLES, IDS, lambda: None, lambda item: ("Jon", AS_OF), lambda: None)
        return shown

    def poll(self, seconds: float = 2.0) -> None:
        self.seconds += seconds
        self.server.now += timedelta(seconds=seconds)
        self.feed.poll()


class NoContainer:
    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: object) -> None:
        pass


@pytest.fixture
def screens(monkeypatch: pytest.MonkeyPatch) -> Screens:
    screens = Screens(monkeypatch)
    screens.at("w1")
    return screens


def goal(screens: Screens, text: str = "Walk far") -> None:
    screens.server.put({**make.goal("g1", "p1"), "description": {"text": text}})


# What others save


def test_a_page_is_drawn_anew_once_for_what_somebody_else_has_saved(screens: Screens) -> None:
    screens.draw()
    assert not is_news(follow("p1"))
    screens.poll()
    assert not is_news(follow("p1"))
    goal(screens)
    screens.poll()
    state = follow("p1")
    assert state.changed == {GOAL}
    assert is_news(state)
    arrivals, marks = screens.draw(on_screen={**ON_SCREEN, GOAL: "2"})
    assert "Jon changed “Walk to the shop” at" in str(arrivals)
    assert marks.endswith("{animation:c3-arrived 3s ease-out}")
    assert not is_news(follow("p1"))
    # The next whole run still lists it, and marks nothing any more.
    arrivals, marks = screens.draw(on_screen={**ON_SCREEN, GOAL: "2"})
    assert "Jon changed" in str(arrivals)
    assert marks == ""


def test_a_second_change_right_after_the_first_is_not_waited_for(screens: Screens) -> None:
    screens.draw()
    follow("p1")
    screens.poll()
    for version, text in (("2", "far"), ("3", "farther")):
        goal(screens, text)
        screens.poll()
        assert is_news(follow("p1"))
        screens.draw(on_screen={**ON_SCREEN, GOAL: version})
    assert not is_news(follow("p1"))


def test_news_that_the_reading_did_not_bring_is_tried_again_after_some_beats_and_not_at_each(screens: Screens) -> None:
    screens.draw()
    follow("p1")
    screens.poll()
    goal(screens)
    screens.poll()
    drawn_anew = []
    for _ in range(2 * AGAIN_AFTER + 1):
        drawn_anew.append(is_news(follow("p1")))
        screens.draw()
    assert drawn_anew == [number % AGAIN_AFTER == 0 for number in range(2 * AGAIN_AFTER + 1)]


def test_what_this_window_has_saved_itself_is_no_change_of_others(screens: Screens) -> None:
    screens.draw()
    follow("p1")
    screens.poll()
    goal(screens)
    screens.feed.publish(written_changes(screens.server.base_url, [screens.server.rows["Goal"]["g1"]]))
    arrivals, marks = screens.draw(on_screen={**ON_SCREEN, GOAL: "2"})
    assert not is_news(follow("p1"))
    assert "changed" not in str(arrivals)
    assert marks == ""


def test_something_new_has_the_page_drawn_anew_once(screens: Screens) -> None:
    screens.draw()
    follow("p1")
    screens.poll()
    screens.server.put(make.goal("g9", "p1"))
    screens.poll()
    assert is_news(follow("p1"))
    screens.draw()  # it is not of this plan, and so not on screen
    assert not any(is_news(follow("p1")) for _ in range(2 * AGAIN_AFTER))


def test_following_asks_the_server_nothing_and_goes_by_what_it_said_of_the_user_just_now(screens: Screens) -> None:
    screens.draw()
    asked = len(screens.server.asked)
    assert follow("p1").error == ""
    assert len(screens.server.asked) == asked


def test_who_was_not_said_to_see_the_patient_follows_once_the_server_has_said_so(screens: Screens) -> None:
    screens.draw()
    screens.teams.access.forget()
    asked = len(screens.server.asked)
    for _ in range(AGAIN_AFTER - 1):
        assert follow("p1") == LiveState(error="patient-not-found")
    assert len(screens.server.asked) == asked
    screens.open("p1")
    assert follow("p1").error == ""


def test_a_server_that_does_not_answer_is_said(screens: Screens) -> None:
    screens.draw()
    follow("p1")
    screens.server.failing["Goal"] = ServerUnavailable("server-timeout", reference="r1")
    screens.poll()
    assert follow("p1").error == "server-timeout"
    del screens.server.failing["Goal"]
    screens.poll()
    assert follow("p1").error == ""


def test_the_server_is_asked_as_often_for_thirty_viewers_as_for_one(screens: Screens) -> None:
    def requests_of_a_minute() -> int:
        screens.server.asked.clear()
        for _ in range(30):
            screens.poll(2)
            for window in tuple(screens.states):
                screens.at(window, "gp")
                follow("p1")
        return len(screens.server.asked)

    screens.draw()
    follow("p1")
    screens.poll()
    alone = requests_of_a_minute()
    for number in range(29):
        screens.at(f"viewer {number}")
        screens.draw()
        follow("p1")
    assert len(screens.started) == 1
    assert requests_of_a_minute() == alone == 30 * len(FOLLOWED)


# Who else is there


def test_two_see_each_other_and_what_each_is_editing(screens: Screens) -> None:
    screens.draw("p3")
    assert follow("p3").present == ()
    screens.at("w2", "nurse")
    screens.draw("p3")
    [other] = follow("p3", GOAL).present
    assert (other.name, other.items) == (make.user("gp").name, ())
    screens.at("w1")
    [other] = follow("p3").present
    assert (other.name, other.items) == (make.user("nurse").name, (GOAL,))
    screens.seconds += GONE_AFTER
    assert follow("p3").present == ()


@pytest.mark.parametrize("patient_id", ["p4", "p99", ".."])
def test_who_may_not_see_the_patient_sees_nobody_and_is_seen_by_nobody(screens: Screens, patient_id: str) -> None:
    screens.at("w2", "nurse")
    screens.draw("p4")
    follow("p4", GOAL)
    screens.at("w1", "gp")
    screens.draw(patient_id)
    assert follow(patient_id) == LiveState(error="patient-not-found")
    screens.at("w2", "nurse")
    assert follow("p4").present == ()


def test_a_page_that_was_left_says_nothing_more(screens: Screens) -> None:
    screens.draw("p1")
    follow("p1")
    screens.draw("p3")
    assert follow("p1") == LiveState()
    assert not is_news(LiveState(frozenset({GOAL})))


def test_a_pilot_manager_follows_nobody(screens: Screens) -> None:
    manager = replace(make.user("gp"), roles=(Role.PILOT_MANAGER,))
    with pytest.raises(NotPermitted):
        screens.follow_plan(screens.server, manager, make.scope("gp"), "p1", AS_OF)
    with pytest.raises(NotFound):
        screens.follow_plan(screens.server, make.user("gp"), make.scope("gp"), "p4", AS_OF)
    assert screens.started == []


# Its words


def test_the_others_are_named_with_what_they_are_editing() -> None:
    present = (
        Present("Jon <b>Ibarra", "nurse", (GOAL, TASK)),
        Present("Anna Lind", ""),
        Present("Mei", "GP", (NEW,)),
        Present("Me", "GP", own=True),
    )
    said = str(present_html(present, TITLES))
    assert "Jon &lt;b&gt;Ibarra (nurse)" in said
    assert "editing “Walk to the shop”, “Order bloods”" in said
    assert "writing something new" in said
    assert "you, in another window" in said
    assert "Me (GP)" not in said
    assert "Also on this plan" not in str(present_html((), TITLES))
    assert 'role="alert"' in str(present_html((), TITLES, "The server is silent"))


def test_the_marks_are_css_whatever_a_name_says() -> None:
    present = (Present('Jon"}*{display:none}', "nurse", (TASK,)), Present("Anna", "", (TASK, NEW)))
    rules = editing_rules(present, IDS)
    assert rules.count("{") == rules.count("}") == 1
    assert rules.startswith('[id="c3\\00002dpart\\00002dTask\\00002dt\\00002e1"]::before{content:"')
    assert "Anna\\000020are\\000020editing\\000020this" in rules
    assert editing_rules((), IDS) == ""
    assert arrival_rules([NEW], IDS) == ""
    assert arrival_rules([GOAL, TASK], IDS).count("[id=") == 2


def test_the_newest_change_is_in_sight_and_the_others_are_folded() -> None:
    at = AS_OF.replace(hour=14, minute=2)
    arrivals = (
        Arrival(GOAL, "Walk", "Jon", at),
        Arrival(TASK, "Bloods", "", at),
        Arrival(NEW, "Sleep", "Jon", None),
    )
    said = str(arrivals_html(arrivals, UTC))
    assert "Jon changed “Walk” at 14:02." in said.partition("<details")[0]
    assert "2 earlier changes by others" in said
    assert "“Bloods” was changed elsewhere at 14:02." in said
    assert "“Sleep” was changed elsewhere." in said
    assert "<p" not in str(arrivals_html((), UTC))
    assert 'role="status"' in str(arrivals_html((), UTC))
