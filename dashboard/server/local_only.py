"""Refuses what a web page elsewhere makes a browser send here: the server asks nobody to sign in.

A foreign Host header is DNS rebinding; an Origin or Sec-Fetch-Site header of another site is a forged request.
"""

from typing import Final

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOCAL_NAMES: Final = {"127.0.0.1", "localhost", "[::1]", "testserver"}


class LocalOnly:
    """Middleware that answers programs on this machine, and repeats the X-Request-Id of a request in its answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves, or answers 403."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if _is_foreign(headers):
            await Response(b"Only for programs on this machine.", 403)(scope, receive, send)
            return
        request_id = headers.get("x-request-id", "-")[:64]

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode("latin-1"))]
            await send(message)

        await self.app(scope, receive, send_with_id)


def _is_foreign(headers: dict[str, str]) -> bool:
    if _name_of(headers.get("host", "")) not in LOCAL_NAMES:
        return True
    origin = headers.get("origin")
    if origin is not None and _name_of(origin.partition("://")[2]) not in LOCAL_NAMES:
        return True
    return headers.get("sec-fetch-site", "none") not in ("none", "same-origin", "same-site")


def _name_of(authority: str) -> str:
    name, colon, port = authority.rpartition(":")
    return name if colon and port.isdigit() else authority
