"""Websockets at the edge: how many there may be, how long those without a sign-in last, and what they may say.

A socket of the demo, where nobody signs in and only this machine is answered, counts as signed in under one key.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MOST_BYTES_OF_A_MESSAGE: Final = 1024 * 1024
"""As Streamlit's server.maxWidgetStateSize: what was pressed and typed on one page is far less."""
MOST_STRANGERS: Final = 32
"""Sockets without a sign-in at a time; they show the sign-in page. One more ends the oldest."""
STRANGER_SECONDS: Final = 120.0
"""After that the socket of a sign-in page ends; a browser that is still there opens another by itself."""
MOST_MESSAGES_OF_A_STRANGER: Final = 200
MOST_OF_ONE_SIGN_IN: Final = 24
"""Tabs of one person. A tab has one socket."""
MOST_OF_THE_DEMO: Final = 128
BEAT_SECONDS: Final = 1.0

TRY_LATER, NOT_ALLOWED, WRONG_KIND, TOO_BIG = 1013, 1008, 1003, 1009


@dataclass(eq=False, slots=True)
class Socket:
    """One open websocket: whose sign-in it came with (its id), since when it is a stranger's, what it has said."""

    key: str
    stranger_since: float | None = None
    messages: int = 0
    evicted: bool = False


@dataclass(slots=True)
class Sockets:
    """The open websockets of this process, used by its one event loop.

    is_alive: whether the sign-in of a key has not ended. may_say: whether the page of a browser says such a message;
    another is dropped, as if it had not been sent.
    """

    is_alive: Callable[[str], bool]
    may_say: Callable[[bytes], bool]
    most_of_a_key: int = MOST_OF_ONE_SIGN_IN
    clock: Callable[[], float] = time.monotonic
    _strangers: OrderedDict[Socket, None] = field(default_factory=OrderedDict)
    _of_key: dict[str, int] = field(default_factory=dict)

    def enter(self, key: str) -> Socket | None:
        """Counts a new socket; None where its sign-in has too many already."""
        socket = Socket(key)
        if not self.is_alive(key):
            self._become_stranger(socket)
        elif self._of_key.get(key, 0) >= self.most_of_a_key:
            return None
        self._of_key[key] = self._of_key.get(key, 0) + 1
        return socket

    def leave(self, socket: Socket) -> None:
        self._strangers.pop(socket, None)
        self._of_key[socket.key] -= 1
        if not self._of_key[socket.key]:
            del self._of_key[socket.key]

    def reason_to_end(self, socket: Socket) -> int:
        """The code with which the socket has to be closed now; 0 for none."""
        if socket.evicted:
            return TRY_LATER
        if self.is_alive(socket.key):
            self._strangers.pop(socket, None)
            socket.stranger_since = None
            return 0
        if socket.stranger_since is None:
            self._become_stranger(socket)  # its sign-in has ended meanwhile
        too_long = self.clock() - (socket.stranger_since or 0.0) > STRANGER_SECONDS
        return NOT_ALLOWED if too_long or socket.messages > MOST_MESSAGES_OF_A_STRANGER else 0

    def _become_stranger(self, socket: Socket) -> None:
        socket.stranger_since = self.clock()
        socket.messages = 0
        self._strangers[socket] = None
        while len(self._strangers) > MOST_STRANGERS:
            oldest, _ = self._strangers.popitem(last=False)
            oldest.evicted = True

    def answer_to(self, socket: Socket, message: Message) -> int | None:
        """What becomes of a message: None passes it on, 0 drops it, any other code ends the socket."""
        data = message.get("bytes")
        if data is None:
            return WRONG_KIND
        socket.messages += 1
        if len(data) > MOST_BYTES_OF_A_MESSAGE:
            return TOO_BIG
        return None if self.may_say(data) else 0


class GuardedSocket:
    """Stands between a browser's websocket and the application: `receive` and `send` are given to the latter."""

    def __init__(self, sockets: Sockets, socket: Socket, receive: Receive, send: Send) -> None:
        self._sockets, self._socket = sockets, socket
        self._receive, self._send = receive, send
        self._next: asyncio.Future[Message] | None = None
        self._over = False

    async def receive(self) -> Message:
        """The next message that the application may have; a disconnect where the socket had to be ended."""
        while True:
            code = self._sockets.reason_to_end(self._socket)
            if code:
                return await self._end(code)
            if self._next is None:
                self._next = asyncio.ensure_future(self._receive())
            done, _ = await asyncio.wait({self._next}, timeout=BEAT_SECONDS)
            if not done:
                continue
            message = self._next.result()
            self._next = None
            if message["type"] != "websocket.receive":
                return message
            answer = self._sockets.answer_to(self._socket, message)
            if answer is None:
                return message
            if answer:
                return await self._end(answer)

    async def send(self, message: Message) -> None:
        if not self._over:
            await self._send(message)

    def close(self) -> None:
        if self._next is not None:
            self._next.cancel()

    async def _end(self, code: int) -> Message:
        if not self._over:
            self._over = True
            await self._send({"type": "websocket.close", "code": code})
        return {"type": "websocket.disconnect", "code": code}
