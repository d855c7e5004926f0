"""The cache of values with an age: when it loads, who waits, and what it returns while the server is unreachable."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.cache import cache as cache_module
from dashboard.cache.cache import AGE, Age, Cache, start_thread
from dashboard.cache.patient_cache import SUMMARY_CACHE, TIMELINE_CACHE, PatientCache, PatientKey
from dashboard.cache.team_cache import TEAM_CACHE, TeamCache
from dashboard.domain.record.views import PatientSummary
from dashboard.errors import (
    DashboardError,
    NotFound,
    NotPermitted,
    ServerRefused,
    ServerUnavailable,
    UnexpectedAnswer,
    Unsupported,
)
from tests.laws import examples
from tests.patience import PATIENCE
from tests.unit import people_and_teams as make


class Source:
    """A server that counts its loads, with a cache whose clock and background work a test controls."""

    def __init__(self, max_entries: int = 10, **more: Any) -> None:
        self.seconds = 1000.0
        self.background: list[Callable[[], None]] = []
        self.previous: list[int | None] = []
        self.error: Exception | None = None
        self.cache: Cache[str, int] = Cache(
            max_entries, clock=lambda: self.seconds, start=self.background.append, **more
        )

    def load(self, previous: int | None) -> int:
        self.previous.append(previous)
        if self.error is not None:
            raise self.error
        return len(self.previous)

    def get(self, key: str = "a", **more: Any) -> int:
        return self.cache.get(key, self.load, **more).value

    def error_of(self, key: str = "a", **more: Any) -> DashboardError | None:
        return self.cache.get(key, self.load, **more).error

    def run_background(self) -> None:
        while self.background:
            self.background.pop(0)()

    @property
    def loads(self) -> int:
        return len(self.previous)


@pytest.fixture
def source() -> Source:
    return Source()


# Age


def test_the_limits_are_20_seconds_2_minutes_and_half_an_hour() -> None:
    assert (AGE.refresh_after, AGE.wait_after, AGE.reload_after) == (20, 120, 1800)
    assert Source().cache.age == AGE


@pytest.mark.parametrize("limits", [(-1, 2, 3), (2, 1, 3), (1, 3, 2)])
def test_limits_in_another_order_are_refused(limits: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match=r"^a value is refreshed first, waited for later, and reloaded last$"):
        Age(*limits)


@pytest.mark.parametrize("limits", [(0, 0, 0), (0.5, 1, 2), (2, 2, 3), (1, 3, 3)])
def test_limits_may_be_zero_and_may_be_equal(limits: tuple[float, float, float]) -> None:
    age = Age(*limits)
    assert (age.refresh_after, age.wait_after, age.reload_after) == limits


@pytest.mark.parametrize(
    ("seconds", "value", "in_background"),
    [(0, 1, 0), (20, 1, 0), (20.1, 1, 1), (120, 1, 1), (120.1, 2, 0), (9999, 2, 0)],
)
def test_the_age_decides_whether_a_value_is_returned_refreshed_or_waited_for(
    source: Source, seconds: float, value: int, in_background: int
) -> None:
    source.get()
    source.seconds += seconds
    assert source.get() == value
    assert len(source.background) == in_background
    source.run_background()
    assert source.loads == value + in_background
    assert source.get() == source.loads
    assert source.background == []


def test_age_counts_from_the_last_refresh(source: Source) -> None:
    source.get()
    for refreshes in range(1, 5):
        source.seconds += 60
        source.get()
        source.run_background()
        assert source.loads == 1 + refreshes


@pytest.mark.parametrize(("seconds", "previous"), [(1800, 1), (1800.1, None)])
def test_after_half_an_hour_a_value_is_loaded_completely(source: Source, seconds: float, previous: int | None) -> None:
    source.get()
    source.seconds += seconds
    source.get()
    assert source.previous == [None, previous]


def test_half_an_hour_counts_from_the_last_complete_load(source: Source) -> None:
    source.get()
    for _ in range(31):
        source.seconds += 60
        source.get(refresh=True)
    assert [number for number, previous in enumerate(source.previous) if previous is None] == [0, 31]
    source.seconds += 1800
    source.get(refresh=True)
    assert source.previous[-1] is not None


def test_a_refresh_is_waited_for_at_any_age(source: Source) -> None:
    assert (source.get(), source.get(refresh=True), source.get()) == (1, 2, 2)


def test_a_value_that_is_not_current_is_waited_for_and_loaded_completely(source: Source) -> None:
    source.get()
    assert source.get(is_current=lambda value: value == 1) == 1
    assert source.get(is_current=lambda value: value == 2) == 2
    assert source.previous == [None, None]


def test_a_second_background_refresh_does_not_load_after_the_first(source: Source) -> None:
    source.get()
    source.seconds += 60
    source.get()
    source.get()
    assert len(source.background) == 2
    source.run_background()
    assert source.loads == 2


def test_a_background_refresh_does_not_load_a_value_that_is_exactly_as_old_as_the_limit(source: Source) -> None:
    source.get()
    source.seconds += 60
    source.get()
    source.get(refresh=True)
    source.seconds += AGE.refresh_after
    source.run_background()
    assert source.loads == 2


def test_a_cache_of_views_has_the_clock_and_the_background_work_that_it_was_given() -> None:
    seconds, background, loads = [1000.0], list[Callable[[], None]](), list[Any]()
    cache = PatientCache[PatientSummary](lambda: seconds[0], background.append)

    def load(previous: PatientSummary | None) -> Any:
        loads.append(previous)
        return f"view {len(loads)}"

    def view() -> object:
        return cache.get(PatientKey(make.scope("gp"), "p1", date(2026, 11, 20)), load).value

    assert view() == "view 1"
    seconds[0] += AGE.refresh_after + 1
    assert (view(), len(loads), len(background)) == ("view 1", 1, 1)
    background.pop()()
    assert (view(), len(loads), background) == ("view 2", 2, [])


def test_work_in_the_background_runs_in_a_daemon_thread_that_has_a_name() -> None:
    """A thread that is no daemon keeps the process from ending while a server does not answer."""
    done, ran = threading.Event(), list[tuple[bool, str]]()

    def work() -> None:
        ran.append((threading.current_thread().daemon, threading.current_thread().name))
        done.set()

    start_thread(work)
    assert done.wait(PATIENCE)
    assert ran == [(True, "refresh")]


# Keys and bounds


def test_the_size_of_each_cache_is_as_measured() -> None:
    assert (TEAM_CACHE.max_entries, SUMMARY_CACHE.max_entries, TIMELINE_CACHE.max_entries) == (40, 200, 40)
    assert (TeamCache().max_entries, PatientCache[PatientSummary]().max_entries) == (40, 200)


def test_a_key_never_returns_the_value_of_another(source: Source) -> None:
    assert (source.get("a"), source.get("b"), source.get("a"), source.get("b")) == (1, 2, 1, 2)


def test_the_value_requested_longest_ago_is_dropped_first() -> None:
    source = Source(max_entries=2)
    source.get("a")
    source.get("b")
    source.get("a")
    source.get("c")
    assert [source.cache.peek(key) for key in "abc"] == [1, None, 3]


def test_a_write_or_a_peek_does_not_count_as_a_request() -> None:
    source = Source(max_entries=2)
    source.get("a")
    source.get("b")
    source.cache.update(lambda key: key == "a", lambda value: value)
    source.cache.expire(lambda key: key == "a")
    source.cache.peek("a")
    source.get("c")
    assert [source.cache.peek(key) for key in "abc"] == [None, 2, 3]


def test_a_peek_loads_nothing(source: Source) -> None:
    assert source.cache.peek("a") is None
    source.get()
    source.seconds += 9999
    assert (source.cache.peek("a"), source.loads) == (1, 1)


def test_forgotten_values_are_loaded_again(source: Source) -> None:
    source.get("a")
    source.get("b")
    source.cache.forget("a")
    assert [source.cache.peek(key) for key in "ab"] == [None, 2]
    source.cache.forget("a")
    assert source.cache.peek("b") == 2
    source.cache.forget()
    assert source.cache.peek("b") is None


def test_a_memo_is_dropped_with_its_value() -> None:
    source = Source(max_entries=1)
    source.get("a")
    with source.cache.memo("a") as memo:
        memo["derived"] = 1
    with source.cache.memo("a") as memo:
        assert memo == {"derived": 1}
    source.get("b")
    with source.cache.memo("a") as memo:
        assert memo == {}


# Errors


def test_while_the_server_is_unreachable_the_last_value_is_returned_with_the_error(source: Source) -> None:
    source.get()
    source.error = ServerUnavailable("server-timeout", reference="r1")
    cached = source.cache.get("a", source.load, refresh=True)
    assert (cached.value, cached.error) == (1, source.error)
    source.error = None
    assert source.error_of(refresh=True) is None


def test_the_error_has_no_traceback_of_the_failed_load(source: Source) -> None:
    source.get()

    def load(previous: int | None) -> int:
        try:
            raise OSError
        except OSError as error:
            raise ServerUnavailable("server-timeout", reference="r1") from error

    error = source.cache.get("a", load, refresh=True).error
    assert error is not None
    assert (error.__traceback__, error.__cause__, error.__context__) == (None, None, None)


def test_no_request_waits_while_the_server_is_unreachable(source: Source) -> None:
    source.get()
    source.error = ServerUnavailable("server-timeout", reference="r1")
    source.get(refresh=True)
    source.seconds += 9999
    assert (source.get(), source.loads, len(source.background)) == (1, 2, 1)
    source.run_background()
    assert (source.error_of(), source.loads) == (source.error, 3)
    source.error = None
    source.seconds += 21
    source.get()
    source.run_background()
    assert (source.error_of(), source.get()) == (None, 4)


def test_while_the_server_is_unreachable_a_value_that_is_not_current_is_returned(source: Source) -> None:
    source.get()
    source.error = ServerUnavailable("server-timeout", reference="r1")
    assert source.get(is_current=lambda value: False) == 1
    assert source.loads == 2
    assert source.get(is_current=lambda value: False) == 1
    assert source.loads == 2


def test_without_a_value_the_error_is_raised_and_the_next_request_loads_again(source: Source) -> None:
    source.error = ServerUnavailable("server-timeout", reference="r1")
    for loads in (1, 2):
        with pytest.raises(ServerUnavailable):
            source.get()
        assert source.loads == loads


@pytest.mark.parametrize(
    "error", [NotFound("patient-not-found"), NotPermitted("server-forbids"), RuntimeError("a defect")]
)
def test_any_other_error_drops_the_value(source: Source, error: Exception) -> None:
    source.get()
    source.error = error
    with pytest.raises(type(error)):
        source.get(refresh=True)
    assert source.cache.peek("a") is None


def test_an_error_in_the_background_drops_the_value_and_is_raised_by_the_next_request(source: Source) -> None:
    source.get()
    source.error = NotFound("patient-not-found")
    source.seconds += 60
    assert source.get() == 1
    source.run_background()
    assert source.cache.peek("a") is None
    with pytest.raises(NotFound):
        source.get()


def test_what_was_derived_from_a_value_is_dropped_with_it_by_an_error_in_the_background(source: Source) -> None:
    source.get()
    with source.cache.memo("a") as memo:
        memo["derived"] = 1
    source.error = NotFound("patient-not-found")
    source.seconds += 60
    source.get()
    source.run_background()
    with source.cache.memo("a") as memo:
        assert memo == {}


@pytest.mark.parametrize("kind", [ServerRefused, UnexpectedAnswer, Unsupported])
def test_any_answer_that_cannot_be_used_leaves_the_value_and_everything_is_loaded_afterwards(
    source: Source, kind: type[DashboardError]
) -> None:
    source.get()
    source.error = kind("a-code")
    assert source.error_of(refresh=True) is source.error
    source.error = None
    source.get(refresh=True)
    source.get(refresh=True)
    assert source.previous == [None, 1, None, 3]


def test_after_an_unreachable_server_only_changes_are_loaded(source: Source) -> None:
    source.get()
    source.error = ServerUnavailable("server-timeout", reference="r1")
    source.get(refresh=True)
    source.error = None
    source.get(refresh=True)
    assert source.previous == [None, 1, 1]


# What another question found


def test_a_value_that_another_question_found_is_given_at_its_age(source: Source) -> None:
    source.cache.note("a", 7, source.seconds - 100)
    assert (source.get(), len(source.background)) == (7, 1)
    source.seconds += 21
    assert (source.get(), source.loads) == (1, 1)


def test_a_newer_value_is_not_replaced_by_an_older_one(source: Source) -> None:
    source.get()
    source.cache.note("a", 7, source.seconds - 1)
    assert source.get() == 1
    source.cache.note("a", 7, source.seconds + 1)
    assert source.get() == 7


def test_nothing_is_noted_while_the_value_is_being_loaded(source: Source) -> None:
    source.get()
    entry = source.cache._entry("a")
    with entry.lock:
        source.cache.note("a", 7, source.seconds + 1)
    assert source.get() == 1


# A server that hangs


class Hanging(Source):
    """A source with patience, in real threads, whose loads wait until the test lets them continue."""

    def __init__(self, patience: float = 0.05) -> None:
        super().__init__(patience=patience)
        self.go_on = threading.Event()
        self.go_on.set()
        self.threads: list[threading.Thread] = []
        self.cache._start = self._run

    def _run(self, work: Callable[[], None]) -> None:
        self.threads.append(threading.Thread(target=work, daemon=True))
        self.threads[-1].start()

    def load(self, previous: int | None) -> int:
        self.previous.append(previous)
        number = self.loads
        assert self.go_on.wait(PATIENCE)
        if self.error is not None:
            raise self.error
        return number

    def hang(self, seconds: float) -> None:
        """Loads the value, lets it become so old, and answers nothing from then on."""
        self.get()
        self.seconds += seconds
        self.go_on.clear()

    def answer(self) -> None:
        self.go_on.set()
        for thread in self.threads:
            thread.join(PATIENCE)


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    source = Hanging()
    yield source
    source.answer()


@pytest.mark.parametrize("older", ["by age", "by another day", "by a write"])
def test_whoever_has_a_value_is_given_it_while_the_load_hangs(hanging: Hanging, older: str) -> None:
    hanging.hang(121 if older == "by age" else 1)
    if older == "by a write":
        hanging.cache.expire(lambda key: True)
    more = {"is_current": lambda value: False} if older == "by another day" else {}
    cached = hanging.cache.get("a", hanging.load, **more)
    assert (cached.value, cached.error and cached.error.code) == (1, "server-silent")


def test_only_the_first_who_comes_while_a_load_hangs_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Hanging(patience=0.05)
    source.hang(121)
    source.get()
    monkeypatch.setattr(source.cache, "_patience", 3600.0)
    for _ in range(5):  # each of them would wait an hour
        assert (source.get(), source.error_of() and source.error_of().code) == (1, "server-silent")
    assert len(source.threads) == 1, "and no other load is begun beside it"
    source.answer()


def test_a_load_that_ends_in_time_is_waited_for_and_given(hanging: Hanging) -> None:
    hanging.cache._patience = 60
    hanging.get()
    hanging.seconds += 121
    assert (hanging.get(), hanging.error_of()) == (2, None)


def test_the_end_of_a_load_that_hung_is_given_to_the_next(hanging: Hanging) -> None:
    hanging.hang(121)
    assert hanging.error_of() is not None
    hanging.answer()
    assert (hanging.get(), hanging.error_of()) == (2, None)


def test_a_refusal_that_ends_a_load_that_hung_drops_the_value(hanging: Hanging) -> None:
    hanging.hang(121)
    hanging.error = NotPermitted("server-forbids")
    hanging.get()
    hanging.answer()
    assert hanging.cache.peek("a") is None


def test_a_refusal_in_time_is_raised(hanging: Hanging) -> None:
    hanging.cache._patience = 60
    hanging.get()
    hanging.seconds += 121
    hanging.error = NotPermitted("server-forbids")
    with pytest.raises(NotPermitted):
        hanging.get()
    assert hanging.cache.peek("a") is None


@pytest.mark.parametrize(("seconds", "said"), [(10.0, None), (10.1, "server-silent")])
def test_a_load_in_the_background_that_hangs_is_said_after_ten_seconds(
    hanging: Hanging, seconds: float, said: str | None
) -> None:
    hanging.hang(60)
    assert hanging.error_of() is None
    while hanging.loads < 2:  # the thread has begun its load
        time.sleep(0.001)
    hanging.seconds += seconds
    error = hanging.error_of()
    assert (error and error.code) == said
    hanging.answer()
    assert hanging.error_of() is None


def test_without_patience_the_load_is_waited_for(source: Source) -> None:
    source.get()
    source.seconds += 121
    assert (source.get(), source.background) == (2, [])


def test_the_caches_of_the_pages_have_patience() -> None:
    for cache in (TEAM_CACHE, SUMMARY_CACHE, TIMELINE_CACHE):
        assert cache._patience == cache_module.PATIENCE
    assert 2 * cache_module.PATIENCE < 2, "a page asks two of them, and is shown within two seconds"


# Writes


def test_an_update_changes_only_its_values_and_loads_nothing(source: Source) -> None:
    source.get("a")
    source.get("b")
    source.cache.update(lambda key: key == "a", lambda value: value + 100)
    assert (source.get("a"), source.get("b"), source.loads) == (101, 2, 2)


def test_an_update_does_not_change_error_and_age(source: Source) -> None:
    source.get()
    source.error = ServerUnavailable("server-timeout", reference="r1")
    source.get(refresh=True)
    source.seconds += 60
    source.cache.update(lambda key: True, lambda value: value + 100)
    cached = source.cache.get("a", source.load)
    assert (cached.value, cached.error, len(source.background)) == (101, source.error, 1)


def test_an_expired_value_is_waited_for_even_after_an_error(source: Source) -> None:
    source.get()
    source.cache.expire(lambda key: True)
    assert (source.get(), source.get()) == (2, 2)
    source.error = ServerUnavailable("server-timeout", reference="r1")
    source.get(refresh=True)
    source.error = None
    source.cache.expire(lambda key: True)
    assert source.get() == 4


def test_a_value_that_need_not_be_waited_for_is_returned_and_refreshed(source: Source) -> None:
    source.get("a")
    source.get("b")
    source.cache.expire(lambda key: key == "a", wait=False)
    assert (source.get("b"), len(source.background)) == (2, 0)
    assert (source.get("a"), len(source.background)) == (1, 1)
    source.run_background()
    assert (source.get("a"), len(source.background)) == (3, 0)


class Slow(Source):
    """A source whose loads wait until the test lets them continue."""

    def __init__(self) -> None:
        super().__init__()
        self.started, self.go_on = threading.Event(), threading.Event()

    def load(self, previous: int | None) -> int:
        value = super().load(previous)
        self.started.set()
        assert self.go_on.wait(PATIENCE)
        return value


@pytest.mark.parametrize("write", ["update", "expire", "expire later"])
def test_a_write_during_a_load_is_not_lost(monkeypatch: pytest.MonkeyPatch, write: str) -> None:
    monkeypatch.setattr("dashboard.cache.cache._UPDATE_SECONDS", 0.01)
    source = Slow()
    for round_number in (1, 2):
        source.go_on.clear()
        source.started.clear()
        reader = threading.Thread(target=source.get, kwargs={"refresh": True})
        reader.start()
        source.started.wait(PATIENCE)
        if write == "update":
            source.cache.update(lambda key: True, lambda value: value)
        else:
            source.cache.expire(lambda key: True, wait=write == "expire")
        source.go_on.set()
        reader.join(PATIENCE)
        source.get()
        source.run_background()
        assert source.loads == 2 * round_number


def test_a_write_does_not_stop_at_a_value_that_is_being_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.cache.cache._UPDATE_SECONDS", 0.01)
    source = Slow()
    reader = threading.Thread(target=source.get, args=("a",))
    reader.start()
    source.started.wait(PATIENCE)
    source.cache.get("b", lambda previous: 5)
    source.cache.update(lambda key: True, lambda value: value + 100)
    assert source.cache.peek("b") == 105
    source.go_on.set()
    reader.join(PATIENCE)


def test_a_writer_waits_half_a_second_for_all_busy_entries_together() -> None:
    source = Slow()
    readers = [threading.Thread(target=source.get, args=(str(key),)) for key in range(60)]
    for reader in readers:
        reader.start()
    while source.loads < len(readers):
        source.started.wait(PATIENCE)
    began = time.monotonic()
    source.cache.update(lambda key: True, lambda value: value)
    waited = time.monotonic() - began
    source.go_on.set()
    for reader in readers:
        reader.join(PATIENCE)
    assert 0.4 < waited < 25, "each for itself would take half a minute"


# Threads


def _at_once(count: int, work: Callable[[], object]) -> list[object]:
    results: list[object] = []

    def run() -> None:
        try:
            results.append(work())
        except DashboardError as error:
            results.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    return results


@pytest.mark.parametrize("refresh", [False, True])
def test_concurrent_requests_cause_one_load(refresh: bool) -> None:
    source = Slow()
    gate = threading.Timer(0.2, source.go_on.set)
    gate.start()
    assert set(_at_once(20, lambda: source.get(refresh=refresh))) <= {1, 2}
    # With `refresh`, a request during a load needs a load that begins after the request.
    assert source.loads <= (2 if refresh else 1)


def test_threads_that_wait_for_a_failing_load_get_its_error_and_do_not_load_again() -> None:
    source = Slow()
    ready = threading.Barrier(11)

    def failing(previous: int | None) -> int:
        source.previous.append(previous)
        assert source.go_on.wait(PATIENCE)
        raise ServerUnavailable("server-timeout", reference="r1")

    def request() -> int:
        ready.wait(PATIENCE)
        return source.cache.get("a", failing).value

    def release() -> None:
        ready.wait(PATIENCE)
        time.sleep(0.2)
        source.go_on.set()

    gate = threading.Thread(target=release)
    gate.start()
    results = _at_once(10, request)
    assert [type(result) for result in results] == [ServerUnavailable] * 10
    assert source.loads == 1


def test_a_thread_that_waits_while_the_value_is_dropped_does_not_get_it() -> None:
    """When a patient leaves the team, the threads that waited for this refresh must not get the old value."""
    source = Slow()
    source.go_on.set()
    source.get()
    source.go_on.clear()
    source.started.clear()

    def refused(previous: int | None) -> int:
        source.previous.append(previous)
        source.started.set()
        assert source.go_on.wait(PATIENCE)
        raise NotFound("patient-not-found")

    results: list[list[object]] = []
    source.seconds += 9999
    threads = threading.Thread(target=lambda: results.append(_at_once(5, lambda: source.cache.get("a", refused).value)))
    threads.start()
    source.started.wait(PATIENCE)
    time.sleep(0.1)
    source.go_on.set()
    threads.join(PATIENCE)
    assert [type(result) for result in results[0]] == [NotFound] * 5
    assert source.loads == 2


def test_a_thread_that_waits_for_a_load_with_a_defect_loads_itself() -> None:
    """A defect is raised where it happened: one error object is never raised in two threads."""
    source = Slow()
    first = threading.Event()

    def load(previous: int | None) -> int:
        source.previous.append(previous)
        if not first.is_set():
            first.set()
            assert source.go_on.wait(PATIENCE)
            raise RuntimeError("a defect")
        return 7

    def request() -> object:
        try:
            return source.cache.get("a", load).value
        except RuntimeError as error:
            return error

    results: list[list[object]] = []
    threads = threading.Thread(target=lambda: results.append(_at_once(2, request)))
    threads.start()
    assert first.wait(PATIENCE)
    time.sleep(0.2)
    source.go_on.set()
    threads.join(PATIENCE)
    assert sorted(type(result).__name__ for result in results[0]) == ["RuntimeError", "int"]


def test_a_thread_that_waited_minutes_for_an_unreachable_server_does_not_ask_it_again() -> None:
    source = Slow()
    source.go_on.set()
    source.get()
    source.go_on.clear()
    source.started.clear()

    def unanswered(previous: int | None) -> int:
        source.previous.append(previous)
        source.started.set()
        assert source.go_on.wait(PATIENCE)
        source.seconds += 300
        raise ServerUnavailable("server-timeout", reference="r1")

    results: list[list[object]] = []
    source.seconds += 9999
    threads = threading.Thread(
        target=lambda: results.append(_at_once(2, lambda: source.cache.get("a", unanswered).value))
    )
    threads.start()
    source.started.wait(PATIENCE)
    time.sleep(0.2)
    source.go_on.set()
    threads.join(PATIENCE)
    assert (results, source.loads) == ([[1, 1]], 2)


def test_a_background_refresh_does_not_start_during_a_load() -> None:
    source = Slow()
    source.go_on.set()
    source.get()
    source.seconds += 60
    source.get()
    source.go_on.clear()
    source.started.clear()
    reader = threading.Thread(target=lambda: source.get(refresh=True))
    reader.start()
    source.started.wait(PATIENCE)
    assert (source.get(), len(source.background)) == (1, 1)  # no thread starts for a value that is being loaded
    source.run_background()
    assert source.loads == 2
    source.go_on.set()
    reader.join(PATIENCE)


@settings(max_examples=examples(60), deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["get", "refresh", "write", "away", "back", "background"]), st.integers(0, 2000)),
        max_size=20,
    )
)
def test_no_value_is_older_than_the_limit(steps: list[tuple[str, int]]) -> None:
    """The value is the moment of its load. While the server answers, no returned value is more than 2 minutes old."""
    source = Source(max_entries=2)
    away = False

    def load(previous: float | None) -> float:
        if away:
            raise ServerUnavailable("server-timeout", reference="r1")
        return source.seconds

    cache: Any = source.cache
    for step, seconds in steps:
        source.seconds += seconds
        away = step == "away" or (away and step != "back")
        if step == "write":
            cache.expire(lambda key: True)
        if step == "background":
            source.run_background()
        try:
            cached = cache.get("a", load, refresh=step == "refresh")
        except ServerUnavailable:
            assert away
            continue
        age = source.seconds - cached.value
        assert cached.error is not None or age <= AGE.wait_after
        if step in ("refresh", "write"):
            assert age == 0 or cached.error is not None
