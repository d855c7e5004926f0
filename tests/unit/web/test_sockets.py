"""Websockets: a stranger's are few and end soon, a message is bounded, and only what our pages say is passed on."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from dashboard.web import sockets as web_sockets
from dashboard.web.guard import Guard
from dashboard.web.page_messages import may_say
from dashboard.web.sessions import Ended, SignInSessions
from dashboard.web.sockets import (
    MOST_BYTES_OF_A_MESSAGE,
    MOST_MESSAGES_OF_A_STRANGER,
    MOST_OF_ONE_SIGN_IN,
    MOST_OF_THE_DEMO,
    MOST_STRANGERS,
    NOT_ALLOWED,
    STRANGER_SECONDS,
    TOO_BIG,
    TRY_LATER,
    WRONG_KIND,
    Sockets,
)

HTTPS = "https://c3.example.org"
RERUN = BackMsg(stop_script=True).SerializeToString()


class Browser:
    """One websocket of a browser, and the application behind the guard that takes what it says."""

    def __init__(self, guard: Guard, key: str = "", origin: str = HTTPS) -> None:
        self.said: asyncio.Queue[Any] = asyncio.Queue()
        self.closed: list[int] = []
        self.said.put_nowait({"type": "websocket.connect"})
        host = (origin or "http://localhost:8501").split("//")[1]
        scope = {
            "type": "websocket",
            "path": "/_stcore/stream",
            "query_string": b"",
            "headers": [(b"host", host.encode()), (b"cookie", f"__Host-c3-session={key}".encode())],
        }
        self.task = asyncio.ensure_future(guard(scope, self.said.get, self._got))

    async def _got(self, message: Any) -> None:
        assert not self.closed, "nothing follows a close"
        if message["type"] == "websocket.close":
            self.closed.append(message["code"])

    def say(self, data: Any) -> None:
        self.said.put_nowait({"type": "websocket.receive", **data})


class Behind:
    """Stands for Streamlit: takes messages until the socket ends, and then still sends what it had begun."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.open = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        self.open += 1
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            self.taken.append(message["bytes"])
        await send({"type": "websocket.send", "bytes": b"late"})
        self.open -= 1


class World:
    def __init__(self, origin: str = HTTPS) -> None:
        self.now = 0.0
        self.behind, self.sessions = Behind(), SignInSessions()
        self.origin = origin
        self.guard = Guard(self.behind, sessions=self.sessions, origin=origin)
        self.guard._sockets.clock = lambda: self.now

    def open(self, key: str = "") -> Browser:
        return Browser(self.guard, key, self.origin)

    async def until(self, true: Callable[[], bool]) -> None:
        for _ in range(2000):
            if true():
                return
            await asyncio.sleep(0.005)
        raise AssertionError("it did not come")


def run(test: Callable[[World], Any], origin: str = HTTPS) -> None:
    async def within() -> None:
        world = World(origin)
        await test(world)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, within()).result()


@pytest.fixture(autouse=True)
def beat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_sockets, "BEAT_SECONDS", 0.005)


@pytest.mark.parametrize("kind", [field.name for field in BackMsg.DESCRIPTOR.oneofs_by_name["type"].fields])
def test_of_all_that_streamlit_takes_only_what_our_pages_say_passes(kind: str) -> None:
    message = BackMsg()
    field = BackMsg.DESCRIPTOR.fields_by_name[kind]
    if field.message_type:
        getattr(message, kind).SetInParent()
    else:
        setattr(message, kind, True)
    assert message.WhichOneof("type") == kind
    said = kind in {"rerun_script", "stop_script", "app_heartbeat"}
    assert may_say(message.SerializeToString()) is said


OPERATION = BackMsg.DESCRIPTOR.fields_by_name["backend_operation_request"].message_type


@pytest.mark.parametrize("kind", [field.name for field in OPERATION.oneofs_by_name["payload"].fields])
def test_of_the_operations_only_the_making_of_a_file_passes(kind: str) -> None:
    """Streamlit has others that write files on the server's disk, for whoever asks."""
    message = BackMsg()
    getattr(message.backend_operation_request, kind).SetInParent()
    assert may_say(message.SerializeToString()) is (kind == "deferred_file")


def test_what_is_no_message_does_not_pass() -> None:
    assert not may_say(b"") and not may_say(b"\xff\xff\xff garbage")


def test_a_refused_message_is_dropped_and_the_next_passes() -> None:
    async def test(world: World) -> None:
        browser = world.open()
        browser.say({"bytes": BackMsg(clear_cache=True).SerializeToString()})
        browser.say({"bytes": RERUN})
        await world.until(lambda: bool(world.behind.taken))
        assert world.behind.taken == [RERUN] and not browser.closed

    run(test)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"bytes": b"x" * (MOST_BYTES_OF_A_MESSAGE + 1)}, TOO_BIG),
        ({"text": "hello"}, WRONG_KIND),
        ({"bytes": None, "text": "hello"}, WRONG_KIND),
    ],
    ids=["too big", "text", "text with no bytes"],
)
def test_a_message_that_is_too_big_or_text_ends_the_socket(message: dict[str, Any], code: int) -> None:
    async def test(world: World) -> None:
        browser = world.open()
        browser.say(message)
        await world.until(lambda: bool(browser.closed))
        await browser.task
        assert browser.closed == [code] and not world.behind.taken and not world.behind.open

    run(test)


def test_strangers_are_few_and_the_newest_gets_in() -> None:
    async def test(world: World) -> None:
        browsers = [world.open() for _ in range(254)]
        await world.until(lambda: len([each for each in browsers if each.closed]) == 254 - MOST_STRANGERS)
        assert world.behind.open == MOST_STRANGERS
        assert {code for each in browsers for code in each.closed} == {TRY_LATER}
        last = world.open()
        last.say({"bytes": RERUN})
        await world.until(lambda: bool(world.behind.taken))
        # Somebody with a sign-in is not concerned.
        signed_in = world.open(world.sessions.begin({}))
        signed_in.say({"bytes": RERUN})
        await world.until(lambda: len(world.behind.taken) == 2)
        assert not signed_in.closed

    run(test)


def test_a_strangers_socket_ends_soon_and_one_with_a_sign_in_stays() -> None:
    async def test(world: World) -> None:
        stranger, signed_in = world.open(), world.open(world.sessions.begin({}))
        await world.until(lambda: world.behind.open == 2)
        world.now += STRANGER_SECONDS + 1
        await world.until(lambda: stranger.closed == [NOT_ALLOWED])
        await asyncio.sleep(0.03)
        assert not signed_in.closed and world.behind.open == 1

    run(test)


def test_the_socket_of_a_sign_in_that_ended_is_a_strangers_from_then() -> None:
    async def test(world: World) -> None:
        key = world.sessions.begin({})
        browser = world.open(key)
        await world.until(lambda: world.behind.open == 1)
        world.now += STRANGER_SECONDS + 1
        world.sessions.end(key, Ended.SIGNED_OUT)
        await world.until(lambda: len(world.guard._sockets._strangers) == 1)
        assert not browser.closed, "its page says why it has ended"
        world.now += STRANGER_SECONDS + 1
        await world.until(lambda: browser.closed == [NOT_ALLOWED])

    run(test)


def test_a_stranger_may_not_say_much() -> None:
    async def test(world: World) -> None:
        browser = world.open()
        for _ in range(MOST_MESSAGES_OF_A_STRANGER + 5):
            browser.say({"bytes": RERUN})
        await world.until(lambda: browser.closed == [NOT_ALLOWED])
        assert len(world.behind.taken) <= MOST_MESSAGES_OF_A_STRANGER + 1

    run(test)


@pytest.mark.parametrize(("origin", "most"), [(HTTPS, MOST_OF_ONE_SIGN_IN), ("", MOST_OF_THE_DEMO)])
def test_one_sign_in_has_an_end_of_tabs_and_a_closed_one_makes_room(origin: str, most: int) -> None:
    async def test(world: World) -> None:
        key = world.sessions.begin({})
        browsers = [world.open(key) for _ in range(most)]
        await world.until(lambda: world.behind.open == most)
        assert not any(each.closed for each in browsers)
        more = world.open(key)
        await world.until(lambda: more.closed == [TRY_LATER])
        browsers[0].said.put_nowait({"type": "websocket.disconnect", "code": 1001})
        await browsers[0].task
        again = world.open(key)
        await world.until(lambda: world.behind.open == most)
        assert not again.closed

    run(test, origin)


def test_a_stranger_that_signs_in_is_none_any_more() -> None:
    alive: set[str] = set()
    sockets = Sockets(is_alive=alive.__contains__, may_say=lambda data: True)
    socket = sockets.enter("key")
    assert socket is not None and socket.stranger_since is not None
    alive.add("key")
    assert sockets.reason_to_end(socket) == 0 and not sockets._strangers
    sockets.leave(socket)
    assert not sockets._of_key
