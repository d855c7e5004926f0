"""A read that goes on by itself: the first who asks waits a little, and nobody after."""

import threading
from contextvars import ContextVar

import pytest

from dashboard.cache.pending import Pending
from dashboard.errors import NotFound, ServerUnavailable
from tests.patience import PATIENCE

PLACE: ContextVar[str] = ContextVar("place", default="")


def test_the_result_is_given_once_the_read_has_ended() -> None:
    assert Pending(lambda: 7, patience=60).result() == 7


def test_a_read_that_goes_on_is_waited_for_once_and_given_later() -> None:
    gate = threading.Event()

    def read() -> int:
        assert gate.wait(PATIENCE)
        return 7

    pending = Pending(read, patience=0.01)
    for _ in range(3):
        with pytest.raises(ServerUnavailable, match=r"^server-silent$"):
            pending.result()
    assert (pending.ended, pending._patience) == (False, 0.0)
    gate.set()
    assert pending._ended.wait(PATIENCE)
    assert (pending.ended, pending.result()) == (True, 7)


def test_an_error_is_raised_to_who_asks() -> None:
    def read() -> int:
        raise NotFound("patient-not-found")

    with pytest.raises(NotFound):
        Pending(read, patience=60).result()


def test_it_runs_in_the_context_of_whoever_made_it() -> None:
    token = PLACE.set("here")
    pending = Pending(PLACE.get, patience=60)
    PLACE.reset(token)
    assert pending.result() == "here"
