"""What a running conference shows: one presenter at a time, everybody follows, who leaves takes nothing along."""

import threading
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.cache.meetings import (
    BACK_AFTER,
    GONE_AFTER,
    MOST_MEETINGS,
    MOST_WINDOWS,
    VIEWS,
    Attending,
    Meetings,
    MeetingState,
)
from dashboard.domain.access.user import User
from dashboard.domain.values.datatypes import Reference
from tests.laws import examples

GP = User(Reference("Practitioner", "gp"), "Dr Jane Okafor")
NURSE = User(Reference("Practitioner", "nurse"), "Anna Lind")
ONE, TWO = Reference("Patient", "p1"), Reference("Patient", "p2")
AT = ("http://fake.test/fhir", "c1")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def meetings(clock: Clock) -> Meetings:
    return Meetings(clock)


def test_everybody_goes_where_the_presenter_is(meetings: Meetings, clock: Clock) -> None:
    meetings.join(*AT, "w1", GP)
    before = meetings.join(*AT, "w2", NURSE)
    assert before.patient is None and before.presenter == ""
    assert meetings.present(*AT, "w1") and meetings.show(*AT, "w1", ONE, "plan")
    clock.now += 3
    now = meetings.join(*AT, "w2", NURSE)
    assert (now.presenter, now.patient, now.view, now.seconds, now.running) == ("Dr Jane Okafor", ONE, "plan", 3, 3)
    assert now.number > before.number
    assert now.attending == (Attending(GP.practitioner, GP.name, True), Attending(NURSE.practitioner, NURSE.name))
    meetings.show(*AT, "w1", ONE, "timeline")  # another view of the same patient: her time goes on
    assert meetings.state(*AT).seconds == 3
    meetings.show(*AT, "w1", TWO, "timeline")
    assert meetings.state(*AT).seconds == 0


def test_without_a_change_the_number_stays(meetings: Meetings) -> None:
    first = meetings.join(*AT, "w1", GP).number
    meetings.present(*AT, "w1")
    number = meetings.join(*AT, "w1", GP).number
    meetings.present(*AT, "w1")
    meetings.mask(*AT, False)
    assert number == first + 1 and meetings.state(*AT).number == number


def test_only_the_presenter_leads_and_presenting_is_handed_over(meetings: Meetings) -> None:
    meetings.join(*AT, "w1", GP)
    meetings.join(*AT, "w2", NURSE)
    meetings.present(*AT, "w1")
    meetings.show(*AT, "w1", ONE, "plan")
    assert not meetings.show(*AT, "w2", TWO, "plan") and meetings.state(*AT).patient == ONE
    assert meetings.present(*AT, "w2") and not meetings.presents(*AT, "w1") and meetings.presents(*AT, "w2")
    assert not meetings.show(*AT, "w1", TWO, "plan")
    assert meetings.show(*AT, "w2", TWO, "plan") and meetings.state(*AT).presenter == "Anna Lind"
    assert not meetings.present(*AT, "elsewhere") and not meetings.show(*AT, "w2", TWO, "accounts")


def test_when_the_presenter_closes_the_lid_what_is_shown_stays_and_another_goes_on(
    meetings: Meetings, clock: Clock
) -> None:
    meetings.join(*AT, "w1", GP)
    meetings.join(*AT, "w2", NURSE)
    meetings.present(*AT, "w1")
    meetings.show(*AT, "w1", ONE, "plan")
    clock.now += GONE_AFTER - 1
    meetings.join(*AT, "w2", NURSE)
    clock.now += 1
    now = meetings.state(*AT)
    assert now.presenter == "" and now.patient == ONE and [each.name for each in now.attending] == ["Anna Lind"]
    assert not meetings.presents(*AT, "w1") and not meetings.show(*AT, "w1", TWO, "plan")
    assert meetings.present(*AT, "w2")
    assert meetings.join(*AT, "w1", GP).presenter == "Anna Lind"  # who comes back does not present again by itself


def test_who_leaves_is_gone_at_once_and_another_user_of_a_window_is_another(meetings: Meetings) -> None:
    meetings.join(*AT, "w1", GP)
    meetings.present(*AT, "w1")
    meetings.join(*AT, "w1", NURSE)
    assert not meetings.presents(*AT, "w1") and [each.name for each in meetings.state(*AT).attending] == ["Anna Lind"]
    meetings.leave(*AT, "w1")
    meetings.leave(*AT, "w1")
    assert meetings.state(*AT).attending == ()


def test_a_person_with_two_windows_is_there_once(meetings: Meetings) -> None:
    meetings.join(*AT, "w1", GP)
    meetings.join(*AT, "w2", GP)
    meetings.present(*AT, "w2")
    assert meetings.state(*AT).attending == (Attending(GP.practitioner, GP.name, True),)


def test_who_presents_and_reloads_the_page_presents_on(meetings: Meetings, clock: Clock) -> None:
    meetings.join(*AT, "w1", GP)
    meetings.join(*AT, "w2", NURSE)
    meetings.present(*AT, "w1")
    clock.now += BACK_AFTER - 0.1
    assert meetings.join(*AT, "w3", GP).presenter == GP.name and meetings.presents(*AT, "w1")  # a second window
    meetings.join(*AT, "w1", GP)
    clock.now += BACK_AFTER
    number = meetings.join(*AT, "w2", NURSE).number
    assert not meetings.presents(*AT, "w2")
    assert meetings.join(*AT, "w3", GP).number == number + 1 and meetings.presents(*AT, "w3")


def test_after_a_restart_the_meeting_is_where_the_discussion_was(meetings: Meetings) -> None:
    meetings.join(*AT, "w1", GP)
    meetings.resume(*AT, ONE, 240)
    meetings.resume(*AT, TWO, 5)
    state = meetings.state(*AT)
    assert (state.patient, state.seconds, state.presenter) == (ONE, 240, "")


def test_who_comes_and_goes_changes_nothing_of_what_is_shown(meetings: Meetings) -> None:
    meetings.join(*AT, "w1", GP)
    meetings.present(*AT, "w1")
    before = meetings.state(*AT)
    meetings.join(*AT, "w2", NURSE)
    meetings.leave(*AT, "w2")
    after = meetings.state(*AT)
    assert after.number == before.number and after.people == before.people + 2


def test_the_mask_is_on_every_screen_until_it_is_taken_off(meetings: Meetings) -> None:
    meetings.join(*AT, "w1", GP)
    meetings.mask(*AT, True)
    assert meetings.join(*AT, "w2", NURSE).masked
    meetings.mask(*AT, False)
    assert not meetings.state(*AT).masked


def test_conferences_and_servers_are_kept_apart_and_an_end_forgets(meetings: Meetings) -> None:
    meetings.join(*AT, "w1", GP)
    meetings.mask(*AT, True)
    assert meetings.state(AT[0], "c2") == MeetingState() == meetings.state("http://other.test", "c1")
    meetings.leave(AT[0], "c2", "w1")
    meetings.end(*AT)
    assert meetings.state(*AT) == MeetingState() and not meetings.presents(*AT, "w1")


def test_the_memory_is_bounded(meetings: Meetings, clock: Clock) -> None:
    for number in range(MOST_WINDOWS + 5):
        clock.now += 0.01
        meetings.join(*AT, f"w{number}", replace(GP, name=f"P{number}", practitioner=None))
    assert len(meetings.state(*AT).attending) == MOST_WINDOWS
    for number in range(MOST_MEETINGS + 5):
        clock.now += 0.01
        meetings.join(AT[0], f"m{number}", "w", GP)
    assert len(meetings._meetings) == MOST_MEETINGS and meetings.state(*AT) == MeetingState()


WINDOWS = st.sampled_from(["w1", "w2", "w3"])
STEPS = st.one_of(
    st.tuples(st.just("join"), WINDOWS),
    st.tuples(st.just("leave"), WINDOWS),
    st.tuples(st.just("present"), WINDOWS),
    st.tuples(st.just("show"), WINDOWS, st.sampled_from([ONE, TWO]), st.sampled_from(VIEWS)),
    st.tuples(st.just("wait"), st.sampled_from([1.0, GONE_AFTER])),
)


@given(st.lists(STEPS, max_size=30))
@settings(max_examples=examples(200))
def test_whatever_happens_what_is_shown_is_what_the_last_presenter_showed(steps: list[tuple[object, ...]]) -> None:
    clock = Clock()
    meetings = Meetings(clock)
    shown: tuple[object, object] = (None, VIEWS[0])
    number = 0
    for step in steps:
        match step:
            case ("join", window):
                meetings.join(*AT, str(window), GP if window == "w1" else NURSE)
            case ("leave", window):
                meetings.leave(*AT, str(window))
            case ("present", window):
                meetings.present(*AT, str(window))
            case ("show", window, patient, view):
                led = meetings.presents(*AT, str(window))
                assert isinstance(patient, Reference)
                assert meetings.show(*AT, str(window), patient, str(view)) is led
                shown = (patient, view) if led else shown
            case ("wait", seconds):
                clock.now += float(str(seconds))
        state = meetings.state(*AT)
        assert (state.patient, state.view) == shown
        assert state.number >= number
        number = state.number
        presenting = [window for window in ("w1", "w2", "w3") if meetings.presents(*AT, window)]
        assert len(presenting) <= 1
        assert sum(each.presents for each in state.attending) == len(presenting) == bool(state.presenter)


def test_thirty_windows_at_once(meetings: Meetings) -> None:
    def follow(number: int) -> None:
        for _ in range(50):
            meetings.join(*AT, f"w{number}", replace(GP, name=f"P{number}", practitioner=None))
            if number == 0:
                meetings.present(*AT, "w0")
                meetings.show(*AT, "w0", ONE, "plan")

    threads = [threading.Thread(target=follow, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(meetings.state(*AT).attending) == 30 and meetings.state(*AT).patient == ONE
