"""What is typed and not saved: kept for its writer and nobody else, as long as it may be, and never cut or mixed."""

import logging
import random
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from dashboard.cache.drafts import MOST_CHARACTERS, MOST_DRAFTS, MOST_WRITERS, Draft, Drafts, Writer
from dashboard.domain.values.datatypes import Reference
from tests.patience import PATIENCE
from tests.unit.people_and_teams import AS_OF

SERVER = "http://server/fhir"
MINE, HERS = Writer(SERVER, "https://issuer|me"), Writer(SERVER, "https://issuer|her")
GOAL, TASK = Reference("Goal", "g1"), Reference("Task", "t1")
HOUR = 3600.0


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def keep(drafts: Drafts, writer: Writer = MINE, item: Reference = GOAL, version: str = "3", **fields: str) -> bool:
    return drafts.keep(writer, "p1", item, version, fields, typed=AS_OF, seconds=HOUR)


def test_what_was_typed_last_is_found_again_with_all_that_belongs_to_it() -> None:
    drafts = Drafts()
    base = object()
    assert drafts.keep(MINE, "p1", GOAL, "3", {"title": "Walk"}, typed=AS_OF, seconds=HOUR)
    later = AS_OF + timedelta(seconds=1)
    fields = {"title": "Walk to the shop", "addresses": frozenset({"c1"}), "due": None}
    assert drafts.keep(MINE, "p1", GOAL, "3", fields, typed=later, seconds=HOUR, base=base)
    [found] = drafts.of_patient(MINE, "p1")
    assert found == Draft("p1", GOAL, "3", fields, later)
    assert found.base is base
    assert drafts.find(MINE, "p1", GOAL) is found


def test_the_fields_are_those_of_the_moment() -> None:
    drafts, fields = Drafts(), {"title": "Walk"}
    drafts.keep(MINE, "p1", GOAL, "3", fields, typed=AS_OF, seconds=HOUR)
    fields["title"] = "Run"
    assert drafts.of_patient(MINE, "p1")[0].fields == {"title": "Walk"}


@pytest.mark.parametrize(
    "other",
    [
        HERS,
        replace(MINE, server="http://other/fhir"),
        replace(MINE, identity="https://issuer|me "),
        replace(MINE, identity="https://issuer|ME"),
        replace(MINE, identity="https://another|me"),
    ],
)
def test_nobody_else_finds_or_deletes_it(other: Writer) -> None:
    drafts = Drafts()
    keep(drafts, title="Walk")
    assert drafts.of_patient(other, "p1") == ()
    assert drafts.find(other, "p1", GOAL) is None
    drafts.discard(other, "p1", GOAL)
    keep(drafts, other, title="Theirs")
    drafts.discard(other, "p1", GOAL)
    assert [each.fields["title"] for each in drafts.of_patient(MINE, "p1")] == ["Walk"]


def test_a_draft_belongs_to_somebody() -> None:
    with pytest.raises(ValueError, match="belongs to somebody"):
        Writer(SERVER, "")


def test_items_versions_and_patients_are_kept_apart_and_the_last_typed_comes_first() -> None:
    drafts = Drafts()
    keep(drafts, title="of version 3")
    keep(drafts, item=TASK, version="1", title="task")
    keep(drafts, version="4", title="of version 4")
    drafts.keep(MINE, "p2", GOAL, "3", {"title": "of another"}, typed=AS_OF, seconds=HOUR)
    assert [each.fields["title"] for each in drafts.of_patient(MINE, "p1")] == ["of version 4", "task", "of version 3"]
    keep(drafts, title="again of version 3")
    assert drafts.find(MINE, "p1", GOAL) == drafts.find(MINE, "p1", GOAL, "3")
    assert drafts.find(MINE, "p1", GOAL, "4") is not None
    drafts.discard(MINE, "p1", GOAL, "4")
    assert drafts.find(MINE, "p1", GOAL, "4") is None
    assert drafts.find(MINE, "p1", GOAL) is not None
    keep(drafts, version="4", title="of version 4")
    drafts.discard(MINE, "p1", GOAL)
    assert [each.item for each in drafts.of_patient(MINE, "p1")] == [TASK]
    assert len(drafts.of_patient(MINE, "p2")) == 1


def test_it_is_gone_when_its_time_has_come_and_not_before() -> None:
    clock = Clock()
    drafts = Drafts(clock)
    keep(drafts, title="Walk")
    clock.now = HOUR - 1
    assert drafts.of_patient(MINE, "p1")
    keep(drafts, title="Walk on")  # typing on makes it last
    clock.now = 2 * HOUR - 1.5
    assert drafts.of_patient(MINE, "p1")
    clock.now = 2 * HOUR - 1
    assert drafts.of_patient(MINE, "p1") == ()
    assert drafts._drafts == {}


def test_where_there_is_no_room_the_new_one_is_refused_and_none_gives_way() -> None:
    clock = Clock()
    drafts = Drafts(clock)
    items = [Reference("Goal", str(number)) for number in range(MOST_DRAFTS)]
    assert all(keep(drafts, item=item, title="Walk") for item in items)
    assert not keep(drafts, item=TASK, title="One more")
    assert keep(drafts, item=items[3], title="one that is there may change")
    assert len(drafts.of_patient(MINE, "p1")) == MOST_DRAFTS
    drafts.discard(MINE, "p1", items[0])
    assert keep(drafts, item=TASK, title="One more")
    assert keep(drafts, HERS, title="Her own room")
    clock.now = HOUR
    assert keep(drafts, item=GOAL, title="There is room again")


def test_too_many_characters_are_refused_and_the_former_text_stays() -> None:
    drafts = Drafts()
    assert keep(drafts, title="x" * (MOST_CHARACTERS - 5))
    assert not keep(drafts, title="x" * (MOST_CHARACTERS - 4))
    assert not keep(drafts, item=TASK, title="y")
    assert drafts.of_patient(MINE, "p1")[0].fields["title"] == "x" * (MOST_CHARACTERS - 5)
    assert not drafts.keep(HERS, "p1", GOAL, "3", {"notes": ("x" * MOST_CHARACTERS, "y")}, typed=AS_OF, seconds=HOUR)
    assert drafts.of_patient(HERS, "p1") == ()


def test_there_are_as_many_writers_as_fit_and_those_whose_drafts_have_ended_do_not_count() -> None:
    clock = Clock()
    drafts = Drafts(clock)
    assert all(keep(drafts, Writer(SERVER, str(number)), title="Walk") for number in range(MOST_WRITERS))
    assert not keep(drafts, MINE, title="No room")
    assert keep(drafts, Writer(SERVER, "3"), item=TASK, title="Another of the same writer")
    clock.now = HOUR
    assert keep(drafts, MINE, title="Room")
    assert len(drafts._drafts) == 1


def test_nothing_that_was_typed_is_in_a_repr(caplog: pytest.LogCaptureFixture) -> None:
    drafts = Drafts()
    with caplog.at_level(logging.DEBUG):
        keep(drafts, title="Walk to the shop")
        logging.getLogger("test").debug("%s %r", drafts.of_patient(MINE, "p1"), drafts.find(MINE, "p1", GOAL))
        logging.getLogger("test").debug("%r", drafts.__dict__)
    assert "Walk" not in caplog.text
    assert "Goal" in caplog.text


def test_text_of_any_kind_is_kept_as_it_was_typed() -> None:
    drafts = Drafts()
    odd = "<b>x</b>\x00\u202eabc\U0001f9e0\n" * 300
    assert keep(drafts, title=odd)
    assert drafts.of_patient(MINE, "p1")[0].fields["title"] == odd


def test_a_storm_of_threads_loses_mixes_and_halves_nothing() -> None:
    """Twenty threads for ten users: each thread has an item of its own, and reads what all of its user have."""
    drafts = Drafts()
    begin, wrong = threading.Barrier(20), []

    def write(number: int) -> None:
        chance = random.Random(number)
        writer, item = Writer(SERVER, f"user {number % 10}"), Reference("Goal", str(number))
        begin.wait(PATIENCE)
        last = ""
        for step in range(200):
            text = f"{number}-{step}"
            act = chance.randrange(4)
            if act < 2:
                # Both fields of one draft are of one step.
                assert drafts.keep(writer, "p1", item, "1", {"a": text, "b": text}, typed=AS_OF, seconds=HOUR)
                last = text
            elif act == 2:
                drafts.discard(writer, "p1", item)
                last = ""
            found = drafts.find(writer, "p1", item)
            if (found.fields["a"] if found else "") != last:
                wrong.append(f"{number}: {found and found.fields} instead of {last}")
            for each in drafts.of_patient(writer, "p1"):
                owner = int(str(each.fields["a"]).split("-")[0])
                if each.fields["a"] != each.fields["b"] or owner % 10 != number % 10:
                    wrong.append(f"{number} sees {each.fields}")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads)
    assert not wrong


def test_what_is_done_to_one_item_in_two_ways_are_two_drafts() -> None:
    drafts = Drafts()
    for do in ("edit", "note"):
        assert drafts.keep(MINE, "p1", GOAL, "3", {"title": do}, typed=AS_OF, seconds=HOUR, do=do)
    found = drafts.find(MINE, "p1", GOAL, do="edit")
    assert found is not None and found.fields == {"title": "edit"}
    drafts.discard(MINE, "p1", GOAL, do="note")
    assert [each.do for each in drafts.of_patient(MINE, "p1")] == ["edit"]
