"""What changes seldom and is needed at every run: once known, nothing waits for it; a failure is remembered."""

from collections.abc import Callable
from typing import Any

import pytest

from dashboard.cache.lookup import RETRY_SECONDS, Lookup
from dashboard.errors import NotPermitted, ServerUnavailable

SILENCE = ServerUnavailable("server-timeout", reference="r1")


class Asked:
    """A lookup whose clock and background work a test controls, and the server that it asks."""

    def __init__(self, **more: Any) -> None:
        self.seconds, self.count = 1000.0, 0
        self.error: Exception | None = None
        self.background: list[Callable[[], None]] = []
        self.lookup: Lookup[str, int] = Lookup(
            2, seconds=300, clock=lambda: self.seconds, start=self.background.append, **more
        )

    def ask(self) -> int:
        self.count += 1
        if self.error is not None:
            raise self.error
        return self.count

    def get(self, key: str = "a") -> int:
        return self.lookup.get(key, self.ask)

    def run_background(self) -> None:
        while self.background:
            self.background.pop()()


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.mark.parametrize("seconds", [301, 100_000])
def test_a_known_value_is_never_waited_for(asked: Asked, seconds: float) -> None:
    asked.get()
    asked.seconds += seconds
    assert (asked.get(), asked.count) == (1, 1), "the server was not asked by who needs it"
    asked.run_background()
    assert asked.get() == 2


@pytest.mark.parametrize("hours", [0, 1, 24])
def test_a_known_value_stays_however_long_the_server_is_away(asked: Asked, hours: float) -> None:
    asked.get()
    asked.error = SILENCE
    for _ in range(3):
        asked.seconds += 301 + 3600 * hours
        assert asked.get() == 1
        asked.run_background()
    asked.error = None
    asked.seconds += 301
    asked.get()
    asked.run_background()
    assert asked.get() == asked.count


def test_a_failure_without_a_value_is_remembered_for_a_while(asked: Asked) -> None:
    asked.error = SILENCE
    for _ in range(5):
        with pytest.raises(ServerUnavailable):
            asked.get()
    assert asked.count == 1
    asked.seconds += RETRY_SECONDS
    with pytest.raises(ServerUnavailable):
        asked.get()
    assert asked.count == 2
    asked.error = None
    asked.seconds += RETRY_SECONDS
    assert asked.get() == 3


def test_a_failure_is_that_of_one_key(asked: Asked) -> None:
    asked.error = SILENCE
    with pytest.raises(ServerUnavailable):
        asked.get("a")
    asked.error = None
    assert asked.get("b") == 2
    asked.lookup.forget()
    assert asked.get("a") == 3


def test_a_refusal_is_no_failure_to_remember(asked: Asked) -> None:
    asked.error = NotPermitted("server-forbids")
    for number in (1, 2):
        with pytest.raises(NotPermitted):
            asked.get()
        assert asked.count == number


def test_few_failures_are_remembered() -> None:
    asked = Asked()
    asked.error = SILENCE
    for number in range(20):
        with pytest.raises(ServerUnavailable):
            asked.get(str(number))
    assert len(asked.lookup._failed) <= 3
