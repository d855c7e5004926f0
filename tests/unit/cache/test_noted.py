"""What is written behind a page: once, and again where it failed."""

import logging

import pytest

from dashboard.cache.noted import Noted
from dashboard.errors import ServerUnavailable


def test_what_is_noted_is_known_before_it_is_done_and_a_failure_is_told_and_tried_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    noted, waiting = Noted(), []
    done: list[str] = []
    noted.note(["a", "b"], lambda: done.append("ab"), waiting.append)
    assert noted.keys == {"a", "b"} and not done
    waiting.pop()()
    assert done == ["ab"] and noted.failed is None

    def fail() -> None:
        raise ServerUnavailable("server-unreachable")

    noted.note(["c"], fail, lambda work: work())
    assert noted.keys == {"a", "b"} and noted.failed is not None and noted.failed.code == "server-unreachable"
    noted.note(["c"], lambda: None, lambda work: work())
    assert noted.keys == {"a", "b", "c"} and noted.failed is None

    def break_down() -> None:
        raise KeyError("Mary Aldous")

    with caplog.at_level(logging.ERROR):
        noted.note(["d"], break_down, lambda work: work())
    assert "KeyError" in caplog.text and "Aldous" not in caplog.text and "d" not in noted.keys
