"""What stays on this machine, and where a browser may be sent back to: never to somebody else."""

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.web.addresses import is_loopback, is_loopback_address, origin_of, place_of

OURS = "https://c3.example.org"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.1.2.3", "::1", "[::1]"])
def test_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [None, "", "0.0.0.0", "::", "10.0.0.1", "localhost.example.org", "127.0.0.1.nip.io", "example.org", "2130706433"],
)
def test_not_this_machine(host: str | None) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("url", "inside"),
    [
        ("http://localhost:8090/fhir", True),
        ("http://[::1]:8090/fhir", True),
        ("http://localhost@example.org/fhir", False),
        ("http://example.org/localhost", False),
        ("http://[broken", False),
    ],
)
def test_addresses_of_this_machine(url: str, inside: bool) -> None:
    assert is_loopback_address(url) is inside


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://C3.example.org:443/x", "https://c3.example.org"),
        ("http://localhost:8501/oauth2callback", "http://localhost:8501"),
        ("http://[::1]:8501/", "http://[::1]:8501"),
        ("ftp://c3.example.org/", ""),
        ("javascript:alert(1)", ""),
        ("https://c3.example.org:port/", ""),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(url: str, origin: str) -> None:
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    ("url", "place"),
    [
        (f"{OURS}/patient?id=p7", "/patient?id=p7"),
        (
            f"{OURS}/?reason=check-overdue&condition=T2DM,CKD&q=a%20b",
            "/?reason=check-overdue&condition=T2DM,CKD&q=a%20b",
        ),
        (OURS, "/"),
        (f"{OURS}/patient?id=p7#x", "/patient?id=p7"),
        ("", "/"),
        ("https://evil.example.org/patient?id=p7", "/"),
        (f"{OURS}.evil.example.org/patient", "/"),
        (f"{OURS}@evil.example.org/patient", "/"),
        (f"{OURS}//evil.example.org/", "/"),
        (f"{OURS}/\\evil.example.org/", "/"),
        (f"{OURS}/x\r\nSet-Cookie: a=b", "/"),
        (f"{OURS}/auth/logout", "/"),
        (f"{OURS}/oauth2callback?state=x", "/"),
        (f"{OURS}/_stcore/health", "/"),
        (f"{OURS}/?q={'x' * 3000}", "/"),
    ],
)
def test_the_way_back_leads_to_our_pages_only(url: str, place: str) -> None:
    assert place_of(url, OURS) == place


pieces = st.sampled_from(
    ["/", "\\", "//", "@", ":", "?", "#", "evil.example", "%2f", "..", "\t", "\n", "javascript:", "."]
)


@given(st.lists(pieces | st.text(max_size=4), max_size=12))
def test_no_address_whatever_leads_away(parts: list[str]) -> None:
    place = place_of(OURS + "/" + "".join(parts), OURS)
    arrived = urljoin(OURS, place)
    assert urlsplit(arrived).netloc == urlsplit(OURS).netloc
    assert place.isascii()
    assert place.isprintable()
