"""Says which addresses are on this machine, and which of our own pages a browser may be sent back to."""

import ipaddress
import re
from urllib.parse import urlsplit

# Longer than any address of the worklist with all its filters.
LONGEST_PLACE = 2000

# Browsers percent-encode everything else (spaces, quotes, backslashes, control characters).
_PLACE = re.compile(r"/(?![/\\])[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*")
# Sent back to one of these, a browser would sign in or out again, or see no page at all.
_NO_PAGES = ("/auth/", "/oauth2callback", "/_", "/media/", "/static/", "/component/", "/fonts/", "/cds-services")


def is_loopback(host: str | None) -> bool:
    """Whether a host, without its port, is this machine: `localhost`, 127.0.0.0/8 or ::1. Names are not looked up."""
    name = (host or "").strip("[]").lower()
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def is_loopback_address(url: str) -> bool:
    """Whether an http(s) address is on this machine; an address that cannot be parsed is not."""
    try:
        return is_loopback(urlsplit(url).hostname)
    except ValueError:
        return False


def origin_of(url: str) -> str:
    """`https://host:port` as a browser writes an Origin (no default port), "" for anything that is no http(s)
    address.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != default else "")


def place_of(url: str, origin: str) -> str:
    """The page, with its query, that an address of our own origin names; "/" for any other address.

    place_of("https://c3.example/patient?id=p7", "https://c3.example") is "/patient?id=p7". The result begins with
    one slash and names a page, so that a browser sent there stays on this site.
    """
    if not origin or origin_of(url) != origin:
        return "/"
    parts = urlsplit(url)
    place = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if len(place) > LONGEST_PLACE or not _PLACE.fullmatch(place) or place.startswith(_NO_PAGES):
        return "/"
    return place
