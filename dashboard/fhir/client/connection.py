"""One connection to a FHIR server: how its session is opened, how a body is read, and what a failure means.

https://requests.readthedocs.io; the rules of repeating are in `dashboard.fhir.client.transport`.
"""

import time
from http.cookiejar import DefaultCookiePolicy

import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter

MAX_BODY = 256 * 2**20  # bytes of one answer; 1,000 large resources are a few MiB
BODY_TIMES = 3  # a body may take this many read time-outs in all, however steadily it drips


class NoAnswer(Exception):
    """No answer came. `unsent`: the server cannot have seen the request."""

    def __init__(self, trouble: str, unsent: bool = False) -> None:
        super().__init__(trouble)
        self.trouble = trouble
        self.unsent = unsent


class TooLarge(Exception):
    """The body has more than MAX_BODY bytes."""


def open_session(base_url: str, pool: int) -> requests.Session:
    """A session without cookies, .netrc or redirects; proxies and certificates from the environment are looked
    up once.
    """
    session = requests.Session()
    environment = session.merge_environment_settings(base_url, {}, None, None, None)
    session.trust_env = False
    session.proxies, session.verify, session.cert = (
        dict(environment["proxies"]),
        environment["verify"],
        environment["cert"],
    )
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = HTTPAdapter(pool_connections=2, pool_maxsize=pool, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def read_body(response: requests.Response, seconds: float) -> bytes:
    """The decoded body, read as it arrives, so that neither its size nor a steady drip can hold a thread for ever."""
    parts, size, end = [], 0, time.monotonic() + seconds
    try:
        while part := response.raw.read1(2**20, decode_content=True):
            parts.append(part)
            size += len(part)
            if size > MAX_BODY:
                raise TooLarge
            if time.monotonic() > end:
                raise requests.ReadTimeout
        response.raw.release_conn()
    except BaseException:
        response.close()
        raise
    return b"".join(parts)


def failure_of(error: Exception) -> NoAnswer:
    if isinstance(error, requests.exceptions.SSLError):
        return NoAnswer("certificate")
    if isinstance(error, requests.ConnectTimeout):
        return NoAnswer("connect time-out", unsent=True)
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError | TimeoutError):
        return NoAnswer("time-out")
    if isinstance(error, requests.exceptions.ProxyError):
        return NoAnswer("proxy", unsent=True)
    if isinstance(error, requests.ConnectionError):
        reason = getattr(error.args[0], "reason", None) if error.args else None
        refused = isinstance(reason, urllib3.exceptions.NewConnectionError)
        return NoAnswer("refused" if refused else "broken off", unsent=refused)
    return NoAnswer("broken off")
