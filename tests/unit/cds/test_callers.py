"""The token of a call: whose it is, for what, until when, and that it is used once."""

import base64
import json
import time
from collections.abc import Callable

import pytest
from joserfc.jwk import OctKey, RSAKey

from dashboard.cds import callers as module
from dashboard.cds.callers import Callers, Refused
from dashboard.cds_settings import CdsCaller
from dashboard.errors import OperatorError
from tests.cds import BASE, CALLER, ISSUER, KEY, RSA_KEY, STRANGER, token

PLACE = f"{BASE}/cds-services/c3-patient-view"


def now() -> int:
    """When a test runs, which may be long after it was collected."""
    return int(time.time())


def unsigned() -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    claims = {"iss": ISSUER, "aud": PLACE, "iat": now(), "exp": now() + 60, "jti": "x"}
    return f"{part({'alg': 'none', 'typ': 'JWT', 'kid': 'k1'})}.{part(claims)}."


def by_the_public_key() -> str:
    """The old trick: the public key, which everybody has, as the secret of an HMAC."""
    secret = OctKey.import_key(json.dumps(KEY.as_dict(private=False)).encode(), {"kid": "k1"})
    return token(PLACE, secret, "HS256")


def test_a_good_token_is_that_of_its_client_and_is_used_once() -> None:
    callers = Callers([CALLER])
    assert callers.check(f"Bearer {token(PLACE)}", PLACE) == "ehr"
    assert callers.check(f"bearer {token(PLACE, RSA_KEY, 'RS384')}", PLACE) == "ehr"
    assert callers.check(f"Bearer {token(PLACE, aud=['https://other.example', PLACE])}", PLACE) == "ehr"
    once = token(PLACE, jti="once")
    assert callers.check(f"Bearer {once}", PLACE) == "ehr"
    for again in (once, token(PLACE, jti="once")):
        with pytest.raises(Refused, match="used before"):
            callers.check(f"Bearer {again}", PLACE)


@pytest.mark.parametrize(
    ("says", "made"),
    [
        ("no JSON Web Token", lambda: "x"),
        ("no JSON Web Token", lambda: "x.y.z"),
        ("no JSON Web Token", lambda: "W10.W10.x"),
        ("no JSON Web Token", lambda: token(PLACE, header={"typ": "jose"})),
        ("too long", lambda: token(PLACE, tenant="x" * 9000)),
        ("signature", unsigned),
        ("signature", by_the_public_key),
        ("signature", lambda: token(PLACE, STRANGER)),
        ("signature", lambda: token(PLACE)[:-8] + "AAAAAAAA"),
        ("iss and kid", lambda: token(PLACE, iss="https://other.example")),
        ("iss and kid", lambda: token(PLACE, iss=7)),
        ("iss and kid", lambda: token(PLACE, header={"kid": "k9"})),
        ("aud", lambda: token(f"{BASE}/cds-services")),
        ("aud", lambda: token(PLACE, aud=None)),
        ("exp is past", lambda: token(PLACE, exp=now() - 120)),
        ("minutes away", lambda: token(PLACE, exp=now() + 86_400)),
        ("exp is missing", lambda: token(PLACE, exp=None)),
        ("iat is missing", lambda: token(PLACE, iat=None)),
        ("iat is in the future", lambda: token(PLACE, iat=now() + 600)),
        ("nbf is in the future", lambda: token(PLACE, nbf=now() + 600)),
        ("no jti", lambda: token(PLACE, jti=None)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_another_token_is_refused_with_a_sentence(says: str, made: Callable[[], str]) -> None:
    with pytest.raises(Refused, match=says):
        Callers([CALLER]).check(f"Bearer {made()}", PLACE)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic eDp5", token(PLACE)])
def test_a_call_without_a_token_is_refused(header: str) -> None:
    with pytest.raises(Refused, match="Bearer"):
        Callers([CALLER]).check(header, PLACE)


def test_used_tokens_are_forgotten_when_they_have_ended_and_never_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_REMEMBERED", 3)
    start = now()
    clock = [float(start)]
    callers = Callers([CALLER], clock=lambda: clock[0])

    def check(**claims: int) -> None:
        callers.check(f"Bearer {token(PLACE, iat=start, **claims)}", PLACE)

    for _ in range(3):
        check(exp=start + 60)
    with pytest.raises(Refused, match="Too many"):
        check(exp=start + 60)
    clock[0] += 200
    check(exp=start + 260)


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_a_key_that_is_too_weak_or_none_stops_the_start() -> None:
    short = RSAKey.generate_key(1024, {"kid": "k1"}, private=True).as_dict(private=False)
    for key in (short, {"kty": "EC", "kid": "k1"}, {"kty": "OKP", "kid": "k1"}):
        with pytest.raises(OperatorError, match="ehr"):
            Callers([CdsCaller("ehr", ISSUER, {"keys": [key]})])
