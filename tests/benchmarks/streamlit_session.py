"""A user of the dashboard without a browser: one Streamlit session over its websocket, rerun by rerun.

    async with Session(8501, "/") as person:
        milliseconds = await person.rerun("reason=check-overdue")

The time is that from the request to the server's "script finished": the server's work and the wire, not the painting.
"""

import time
from types import TracebackType
from typing import Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

# A message may hold a whole page; Streamlit's own limit is 200 MB.
LARGEST_MESSAGE = 200_000_000


class Session:
    """One session. `page` is its name in the address ("" for the first page), `messages` those of the last run."""

    def __init__(self, port: int, page: str = "") -> None:
        self.port = port
        self.page = page
        self.messages: list[ForwardMsg] = []
        self.bytes = 0
        self._socket: ClientConnection | None = None
        self._page_hash = ""

    async def __aenter__(self) -> Self:
        self._socket = await connect(
            f"ws://127.0.0.1:{self.port}/_stcore/stream",
            subprotocols=["streamlit"],  # type: ignore[list-item]
            max_size=LARGEST_MESSAGE,
            ping_interval=None,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._socket
        await self._socket.close()

    async def rerun(self, query: str = "") -> float:
        """Runs the page with this query string, as a press that changes the address does; returns the milliseconds."""
        assert self._socket
        request = BackMsg()
        request.rerun_script.query_string = query
        request.rerun_script.page_script_hash = self._page_hash
        if not self._page_hash:
            request.rerun_script.page_name = self.page
        request.rerun_script.context_info.timezone = "UTC"
        request.rerun_script.context_info.locale = "en-GB"
        request.rerun_script.context_info.url = f"http://localhost:{self.port}/{self.page}"
        self.messages, self.bytes = [], 0
        started = time.perf_counter()
        await self._socket.send(request.SerializeToString())
        while True:
            raw = await self._socket.recv()
            assert isinstance(raw, bytes)
            self.bytes += len(raw)
            message = ForwardMsg.FromString(raw)
            self.messages.append(message)
            kind = message.WhichOneof("type")
            if kind == "navigation":  # the page that is shown; the run begins with the hash of the entry script
                self._page_hash = message.navigation.page_script_hash
            elif kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return (time.perf_counter() - started) * 1000

    def shown(self) -> str:
        """Returns the HTML of the panels that the last run sent."""
        elements = [message.delta.new_element for message in self.messages if message.WhichOneof("type") == "delta"]
        return "\n".join(element.bidi_component.json for element in elements)
