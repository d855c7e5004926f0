"""Who is on a plan: everybody but oneself, once, with what each is editing; and nobody who has gone."""

import random
import threading
from dataclasses import replace

from dashboard.cache.presence import GONE_AFTER, MOST_PLANS, MOST_WINDOWS, Presence, Present
from dashboard.domain.access.user import User
from dashboard.domain.values.datatypes import Reference
from tests.patience import PATIENCE

SERVER = "http://server/fhir"
GOAL, TASK = Reference("Goal", "g1"), Reference("Task", "t1")


def person(name: str, **changes: str) -> User:
    return replace(
        User(Reference("Practitioner", name), name, role_label="nurse", subject=f"https://issuer|{name}"), **changes
    )


JON, ANNA, MEI = person("Jon"), person("Anna"), person("Mei")


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def others(presence: Presence, window: str = "w1", user: User = JON) -> list[tuple[str, tuple[Reference, ...]]]:
    return [(each.name, each.items) for each in presence.others(SERVER, "p1", window, user)]


def test_each_sees_the_others_with_what_they_edit_and_not_themselves() -> None:
    presence = Presence()
    presence.here(SERVER, "p1", "w1", JON)
    presence.here(SERVER, "p1", "w2", ANNA, GOAL)
    assert presence.others(SERVER, "p1", "w1", JON) == (Present("Anna", "nurse", (GOAL,)),)
    assert others(presence, "w2", ANNA) == [("Jon", ())]
    presence.here(SERVER, "p1", "w2", ANNA, TASK)
    assert others(presence) == [("Anna", (TASK,))]
    presence.here(SERVER, "p1", "w2", ANNA)
    assert others(presence) == [("Anna", ())]


def test_plans_of_other_patients_and_servers_are_others() -> None:
    presence = Presence()
    presence.here(SERVER, "p1", "w1", JON)
    presence.here(SERVER, "p2", "w2", ANNA)
    presence.here("http://other/fhir", "p1", "w3", MEI)
    assert others(presence) == []


def test_who_is_not_heard_of_is_gone_and_who_comes_back_is_there() -> None:
    clock = Clock()
    presence = Presence(clock)
    presence.here(SERVER, "p1", "w2", ANNA, GOAL)
    clock.now = GONE_AFTER - 0.5
    assert others(presence) == [("Anna", (GOAL,))]
    presence.here(SERVER, "p1", "w3", MEI)
    clock.now = GONE_AFTER
    assert others(presence) == [("Mei", ())]
    presence.here(SERVER, "p1", "w2", ANNA)
    assert others(presence) == [("Mei", ()), ("Anna", ())]
    clock.now = 100
    assert others(presence) == []
    assert presence._plans == {}


def test_who_opens_another_page_is_gone_at_once() -> None:
    presence = Presence()
    presence.here(SERVER, "p1", "w2", ANNA)
    presence.gone(SERVER, "p1", "w2")
    presence.gone(SERVER, "p1", "w2")
    presence.gone(SERVER, "p7", "w7")
    assert others(presence) == []
    assert presence._plans == {}


def test_a_person_with_two_windows_is_one_with_both_items_and_the_own_other_window_is_said() -> None:
    presence = Presence()
    presence.here(SERVER, "p1", "w2", ANNA, TASK)
    presence.here(SERVER, "p1", "w3", ANNA, GOAL)
    presence.here(SERVER, "p1", "w4", ANNA, TASK)
    assert others(presence) == [("Anna", (TASK, GOAL))]
    [own] = presence.others(SERVER, "p1", "w2", ANNA)
    assert own.own
    assert own.items == (GOAL, TASK)


def test_the_window_from_before_a_reload_is_no_other_window_of_ones_own() -> None:
    clock = Clock()
    presence = Presence(clock)
    presence.here(SERVER, "p1", "before", ANNA, GOAL)
    clock.now = 1
    presence.here(SERVER, "p1", "after", ANNA)
    assert presence.others(SERVER, "p1", "after", ANNA) == ()
    assert others(presence) == [("Anna", (GOAL,))], "for a few seconds others see what she had open"
    clock.now = 2
    presence.here(SERVER, "p1", "before", ANNA, GOAL)  # it is there after all
    assert [each.own for each in presence.others(SERVER, "p1", "after", ANNA)] == [True]


def test_two_people_of_one_name_are_two() -> None:
    presence = Presence()
    presence.here(SERVER, "p1", "w2", ANNA)
    presence.here(SERVER, "p1", "w3", replace(ANNA, subject="https://issuer|another"))
    assert others(presence) == [("Anna", ()), ("Anna", ())]


def test_a_window_whose_user_changes_is_that_of_the_new_user() -> None:
    clock = Clock()
    presence = Presence(clock)
    presence.here(SERVER, "p1", "w2", ANNA, GOAL)
    clock.now = 1
    presence.here(SERVER, "p1", "w3", MEI)
    clock.now = 2
    presence.here(SERVER, "p1", "w2", person("Ibon"))
    assert others(presence) == [("Mei", ()), ("Ibon", ())]


def test_who_has_no_sign_in_is_told_apart_by_who_it_is() -> None:
    presence = Presence()
    demo = [replace(each, subject="") for each in (JON, ANNA)]
    presence.here(SERVER, "p1", "w1", demo[0])
    presence.here(SERVER, "p1", "w2", demo[1])
    assert [(each.name, each.own) for each in presence.others(SERVER, "p1", "w1", demo[0])] == [("Anna", False)]


def test_it_takes_no_more_memory_than_said() -> None:
    clock = Clock()
    presence = Presence(clock)
    for number in range(MOST_WINDOWS + 7):
        clock.now += 0.001
        presence.here(SERVER, "p1", f"w{number}", person(str(number)))
    assert len(presence._plans[SERVER, "p1"]) == MOST_WINDOWS
    assert str(MOST_WINDOWS + 6) in [name for name, _ in others(presence, "none")]
    for number in range(MOST_PLANS + 7):
        clock.now += 0.001
        presence.here(SERVER, f"q{number}", "w1", JON)
    assert len(presence._plans) == MOST_PLANS
    assert (SERVER, "p1") not in presence._plans
    assert (SERVER, f"q{MOST_PLANS + 6}") in presence._plans


def test_a_storm_of_threads_shows_nobody_who_is_not_there() -> None:
    presence = Presence()
    begin, wrong = threading.Barrier(20), []

    def come_and_go(number: int) -> None:
        chance = random.Random(number)
        user, patient, window = person(str(number)), f"p{number % 3}", f"w{number}"
        begin.wait(PATIENCE)
        for _ in range(300):
            presence.here(SERVER, patient, window, user, GOAL if chance.random() < 0.5 else None)
            seen = presence.others(SERVER, patient, window, user)
            if any(each.own or int(each.name) % 3 != number % 3 or int(each.name) == number for each in seen):
                wrong.append((number, seen))
            if chance.random() < 0.2:
                presence.gone(SERVER, patient, window)
        presence.gone(SERVER, patient, window)

    threads = [threading.Thread(target=come_and_go, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads)
    assert not wrong
    assert presence._plans == {}
