"""A browser's window with a page of the dashboard, without the browser: one Streamlit session over its websocket.

    async with Window(8501, "conference_live", "id=c1", "prac-sw-gp-1") as window:
        await window.press("live_next")
        await window.until(lambda: "Repeat potassium" in window.panels["decided-list"])

As a browser does, it runs the parts that run by themselves, and says with every run what is in the fields.
"""

import asyncio
import json
import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Final, Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from dashboard.ui.session.session import USER_COOKIE
from tests.benchmarks.streamlit_session import LARGEST_MESSAGE

LONGEST: Final = 60.0
"""Seconds for which anything is waited for."""


class Window:
    """The window of a demo user. `panels` is the HTML of our panels by their keys, `options` what a list offers, both
    as they were sent last.
    """

    def __init__(self, port: int, page: str, query: str, user: str) -> None:
        self.port, self.page, self.query, self.user = port, page, query, user
        self.panels: dict[str, str] = {}
        self.options: dict[str, list[str]] = {}
        self._page_hash = ""
        self._ids: dict[str, str] = {}
        self._fields: dict[str, WidgetState] = {}
        self._beats: dict[str, asyncio.Task[None]] = {}
        self._news = asyncio.Condition()
        self._runs = 0
        self._awaited: tuple[bytes, asyncio.Future[float]] | None = None
        self._drawn = False

    async def __aenter__(self) -> Self:
        self._socket: ClientConnection = await connect(
            f"ws://127.0.0.1:{self.port}/_stcore/stream",
            subprotocols=["streamlit"],  # type: ignore[list-item]
            additional_headers={"Cookie": f"{USER_COOKIE}={self.user}"},
            max_size=LARGEST_MESSAGE,
            ping_interval=None,
        )
        self._reader = asyncio.create_task(self._read())
        await self._run()
        await self.until(lambda: self._runs > 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_beats(tuple(self._beats))
        self._reader.cancel()
        await self._socket.close()

    async def press(self, key: str) -> None:
        """Presses the button with this key, as soon as there is one."""
        await self.until(lambda: key in self._ids)
        await self._run(pressed=self._ids[key])

    async def fill(self, key: str, text: str = "") -> None:
        """Puts the text into the field with this key, or chooses the first of what that list offers."""
        await self.until(lambda: key in self._ids)
        ident = self._ids[key]
        self._fields[ident] = WidgetState(id=ident, string_value=text or self.options[key][0])
        await self._run()

    async def until(self, so: Callable[[], bool]) -> None:
        """Waits until what the server has sent makes it so. Raises TimeoutError, and what broke the reading."""

        async def wait() -> None:
            async with self._news:
                await self._news.wait_for(lambda: so() or self._reader.done())
            if self._reader.done():
                self._reader.result()

        await asyncio.wait_for(wait(), LONGEST)

    def shows(self, key: str) -> "asyncio.Future[float]":
        """The moment at which a run has ended that shows the panel with this key."""
        self._drawn = False
        self._awaited = (key.encode(), asyncio.get_running_loop().create_future())
        return self._awaited[1]

    async def _run(self, fragment: str = "", pressed: str = "") -> None:
        request = BackMsg()
        run = request.rerun_script
        run.query_string, run.page_script_hash = self.query, self._page_hash
        if not self._page_hash:
            run.page_name = self.page
        run.fragment_id, run.is_auto_rerun = fragment, bool(fragment)
        run.widget_states.widgets.extend(self._fields.values())
        if pressed:
            run.widget_states.widgets.add(id=pressed, trigger_value=True)
        run.context_info.timezone, run.context_info.locale = "UTC", "en-GB"
        run.context_info.url = f"http://localhost:{self.port}/{self.page}"
        await self._socket.send(request.SerializeToString())

    async def _read(self) -> None:
        try:
            async for raw in self._socket:
                assert isinstance(raw, bytes)
                self._drawn = self._drawn or (self._awaited is not None and self._awaited[0] in raw)
                self._take(ForwardMsg.FromString(raw))
                async with self._news:
                    self._news.notify_all()
        except ConnectionClosed:
            pass  # the process has ended
        finally:
            async with self._news:
                self._news.notify_all()

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "navigation":
            self._page_hash = message.navigation.page_script_hash
        elif kind == "new_session" and not message.metadata.run.fragment_ids:
            self._end_beats(tuple(self._beats))  # a run of the whole page ends what ran by itself
        elif kind == "stop_auto_rerun":
            self._end_beats(message.stop_auto_rerun.fragment_ids)
        elif kind == "auto_rerun":
            self._beat(message.auto_rerun.fragment_id, message.auto_rerun.interval)
        elif kind == "delta":
            self._show(message)
        elif kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            self._runs += 1
            if self._awaited is not None and self._drawn and not self._awaited[1].done():
                self._awaited[1].set_result(time.perf_counter())

    def _show(self, message: ForwardMsg) -> None:
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        shown = getattr(element, kind) if kind else None
        parts = getattr(shown, "id", "").split("-", 2)  # $$ID, a number, and the key
        if shown is None or len(parts) < 3:
            return
        key = parts[2]
        if kind == "bidi_component":
            self.panels[key] = str(json.loads(shown.json or "{}").get("html", ""))
            return
        self._ids.pop(key, None)
        self._ids[key] = shown.id
        if kind == "selectbox":
            self.options[key] = list(shown.options)

    def _beat(self, fragment: str, interval: float) -> None:
        async def beat() -> None:
            while True:
                await asyncio.sleep(interval)
                await self._run(fragment)

        self._end_beats([fragment])
        self._beats[fragment] = asyncio.create_task(beat())

    def _end_beats(self, fragments: Iterable[str]) -> None:
        for fragment in fragments:
            if (task := self._beats.pop(fragment, None)) is not None:
                task.cancel()
