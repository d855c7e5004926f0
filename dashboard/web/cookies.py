"""Cookies on their way through: which the browser sends, which it gets, and with which attributes."""

from collections.abc import Iterable, Mapping

# Streamlit's own, written by st.login: `_streamlit_user`, `_streamlit_user_tokens`, and both in numbered pieces.
SIGN_IN_COOKIES = "_streamlit_user"
# On https the prefix binds it to this host, this path and https (RFC 6265bis, 4.1.3.2).
PLAIN_NAME = "c3-session"
SECURE_NAME = "__Host-c3-session"


def session_cookie_name(secure: bool) -> str:
    return SECURE_NAME if secure else PLAIN_NAME


def read_cookies(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    """Every cookie of a request, in order, as it was sent; nothing is decoded."""
    found = []
    for name, value in headers:
        if name == b"cookie":
            for part in value.decode("latin-1").split(";"):
                key, equals, text = part.strip().partition("=")
                if equals:
                    found.append((key, text))
    return found


def write_cookies(
    headers: Iterable[tuple[bytes, bytes]], cookies: Iterable[tuple[str, str]]
) -> list[tuple[bytes, bytes]]:
    """The headers with these cookies instead of their own."""
    kept = [(name, value) for name, value in headers if name != b"cookie"]
    text = "; ".join(f"{name}={value}" for name, value in cookies)
    return [*kept, (b"cookie", text.encode("latin-1"))] if text else kept


def exchange(headers: Iterable[tuple[bytes, bytes]], signed_in: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """The request as Streamlit is to see it: what the server keeps of the sign-in, never what a browser claims."""
    headers = list(headers)
    own = [(name, value) for name, value in read_cookies(headers) if not name.startswith(SIGN_IN_COOKIES)]
    return write_cookies(headers, [*own, *signed_in.items()])


def set_cookie(name: str, value: str, *, secure: bool, seconds: int | None = None) -> bytes:
    """A Set-Cookie for this host only, unseen by scripts. `seconds` 0 takes it away; None: until the browser closes."""
    age = "" if seconds is None else f"; Max-Age={seconds}"
    return f"{name}={value}; Path=/; HttpOnly; SameSite=Lax{age}{'; Secure' if secure else ''}".encode("latin-1")


def split_set_cookie(header: bytes) -> tuple[str, str]:
    """Name and value of a Set-Cookie; quotes are part of the value, as browsers have it."""
    name, _, value = header.decode("latin-1").split(";", 1)[0].partition("=")
    return name.strip(), value.strip()


def hardened(header: bytes, *, secure: bool) -> bytes:
    """Somebody else's Set-Cookie, with Secure where the browser comes by https."""
    attributes = {part.strip().lower() for part in header.split(b";")[1:]}
    return header + b"; Secure" if secure and b"secure" not in attributes else header
