"""Reads and writes the cookies of a request, and the Set-Cookie headers of an answer."""

from collections.abc import Iterable, Mapping

# Streamlit's own cookies, written by st.login: `_streamlit_user`, `_streamlit_user_tokens`, and both in numbered
# pieces.
SIGN_IN_COOKIES = "_streamlit_user"
# The prefix binds the cookie to this host, this path and https (RFC 6265bis, 4.1.3.2).
PLAIN_NAME = "c3-session"
SECURE_NAME = "__Host-c3-session"


def session_cookie_name(secure: bool) -> str:
    return SECURE_NAME if secure else PLAIN_NAME


def read_cookies(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    """Returns every cookie of a request in its order, as it was sent; nothing is decoded."""
    pairs = []
    for name, value in headers:
        if name == b"cookie":
            for part in value.decode("latin-1").split(";"):
                key, equals, text = part.strip().partition("=")
                if equals:
                    pairs.append((key, text))
    return pairs


def write_cookies(
    headers: Iterable[tuple[bytes, bytes]], cookies: Iterable[tuple[str, str]]
) -> list[tuple[bytes, bytes]]:
    """Returns the headers with these cookies in place of their own."""
    others = [(name, value) for name, value in headers if name != b"cookie"]
    text = "; ".join(f"{name}={value}" for name, value in cookies)
    return [*others, (b"cookie", text.encode("latin-1"))] if text else others


def exchange(headers: Iterable[tuple[bytes, bytes]], signed_in: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Returns the headers for Streamlit: the sign-in cookies come from the server, never from the browser."""
    headers = list(headers)
    own = [(name, value) for name, value in read_cookies(headers) if not name.startswith(SIGN_IN_COOKIES)]
    return write_cookies(headers, [*own, *signed_in.items()])


def set_cookie(name: str, value: str, *, secure: bool, seconds: int | None = None) -> bytes:
    """Returns a Set-Cookie for this host only, hidden from scripts. `seconds`: 0 deletes it, None: a session cookie."""
    age = "" if seconds is None else f"; Max-Age={seconds}"
    return f"{name}={value}; Path=/; HttpOnly; SameSite=Lax{age}{'; Secure' if secure else ''}".encode("latin-1")


def split_set_cookie(header: bytes) -> tuple[str, str]:
    """Returns name and value of a Set-Cookie; quotes are part of the value, as in browsers."""
    name, _, value = header.decode("latin-1").split(";", 1)[0].partition("=")
    return name.strip(), value.strip()


def hardened(header: bytes, *, secure: bool) -> bytes:
    """Returns another's Set-Cookie with Secure added where the dashboard is served by https."""
    attributes = {part.strip().lower() for part in header.split(b";")[1:]}
    return header + b"; Secure" if secure and b"secure" not in attributes else header
