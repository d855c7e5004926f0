"""Who calls our CDS Hooks service: the signed token of every call, checked against the clients of the settings.

CDS Hooks 2.0, "Trusting CDS Clients". Keys come from the settings only: where a token says that its keys are (`jku`)
is never asked.
"""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from dashboard.cds_settings import CdsCaller
from dashboard.errors import OperatorError

ALGORITHMS: Final = ("ES384", "RS384", "ES256", "RS256", "PS256", "PS384")
"""Asymmetric ones only; CDS Hooks recommends the first two."""
LEEWAY: Final = 30.0
"""Seconds by which two clocks may differ."""
LONGEST_LIFE: Final = 3600.0
"""Seconds from now within which a token ends: so long is remembered that it was used."""
LONGEST_TOKEN: Final = 8192
MOST_REMEMBERED: Final = 200_000
"""Tokens that were used and have not ended; each takes some 200 bytes."""
LEAST_RSA_BITS: Final = 2048


class Refused(Exception):
    """The call is not answered; the message is a sentence for whoever runs the client."""


class Callers:
    """Checks tokens; safe from several threads.

    One process remembers which tokens were used: with several of them behind one address, a token can be used once at
    each within its life.
    """

    def __init__(self, callers: Iterable[CdsCaller], clock: Callable[[], float] = time.time) -> None:
        """Raises OperatorError for a key that cannot be used."""
        self._keys = {each.issuer: (each.name, _read_keys(each)) for each in callers}
        self._clock = clock
        self._lock = threading.Lock()
        self._used: dict[bytes, float] = {}
        self._sweep_at = 0.0

    def check(self, authorization: str, endpoint: str) -> str:
        """Returns the name of the client whose token this is, an Authorization header for one endpoint.

        Raises Refused.
        """
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Refused("Send a signed token: Authorization: Bearer <JWT>.")
        token = token.strip()
        if len(token) > LONGEST_TOKEN:
            raise Refused("The token is too long.")
        issuer, kid = _unverified(token)
        name, keys = self._keys.get(issuer, ("", {}))
        key = keys.get(kid)
        if key is None:
            raise Refused("No client is known by this iss and kid.")
        try:
            claims = jwt.decode(token, key, algorithms=list(ALGORITHMS)).claims
        except (JoseError, ValueError, TypeError) as problem:
            raise Refused("The token's signature does not hold, or its alg is not one of ours.") from problem
        self._check_claims(claims, endpoint)
        self._use_once(issuer, claims)
        return name

    def _check_claims(self, claims: dict[str, Any], endpoint: str) -> None:
        now = self._clock()
        audience = claims.get("aud")
        if endpoint not in (audience if isinstance(audience, list) else [audience]):
            raise Refused("The token's aud is not the address that was called.")
        ends, issued = _moment(claims, "exp"), _moment(claims, "iat")
        if ends + LEEWAY < now:
            raise Refused("The token's exp is past.")
        if ends - LEEWAY > now + LONGEST_LIFE:
            raise Refused(f"The token's exp is more than {LONGEST_LIFE / 60:.0f} minutes away.")
        if issued - LEEWAY > now:
            raise Refused("The token's iat is in the future.")
        if "nbf" in claims and _moment(claims, "nbf") - LEEWAY > now:
            raise Refused("The token's nbf is in the future.")

    def _use_once(self, issuer: str, claims: dict[str, Any]) -> None:
        ident = claims.get("jti")
        if not isinstance(ident, str) or not ident:
            raise Refused("The token has no jti.")
        mark, now = hashlib.sha256(f"{issuer}\n{ident}".encode(errors="replace")).digest(), self._clock()
        with self._lock:
            if now >= self._sweep_at or len(self._used) >= MOST_REMEMBERED:
                self._used = {each: ends for each, ends in self._used.items() if ends > now}
                self._sweep_at = now + LEEWAY
            if mark in self._used:
                raise Refused("The token was used before; each call needs one of its own.")
            if len(self._used) >= MOST_REMEMBERED:
                raise Refused("Too many calls at this time.")
            self._used[mark] = _moment(claims, "exp") + LEEWAY


def _read_keys(caller: CdsCaller) -> dict[str, RSAKey | ECKey]:
    keys: dict[str, RSAKey | ECKey] = {}
    for content in caller.jwks["keys"]:
        try:
            key = (RSAKey if content.get("kty") == "RSA" else ECKey).import_key(content)
            if isinstance(key, RSAKey) and key.public_key.key_size < LEAST_RSA_BITS:
                raise ValueError("too short")
        except (JoseError, ValueError, TypeError, KeyError) as problem:
            raise OperatorError(
                f"[cds.clients.{caller.name}] jwks_file has a key that cannot be used: RSA of {LEAST_RSA_BITS} bits "
                "or more, or an elliptic curve."
            ) from problem
        keys[content["kid"]] = key
    return keys


def _unverified(token: str) -> tuple[str, str]:
    """Issuer and key id as the token says them, to find the key with: nothing else of it is believed before that."""
    try:
        header, payload = (_decoded(part) for part in token.split(".")[:2])
        issuer, kid = payload.get("iss"), header.get("kid")
        if token.count(".") != 2 or header.get("typ", "JWT").upper() != "JWT":  # fmt: skip
            raise ValueError("no JWT")
    except (ValueError, TypeError, AttributeError, RecursionError) as problem:
        raise Refused("This is no JSON Web Token.") from problem
    if not isinstance(issuer, str) or not isinstance(kid, str):
        raise Refused("The token needs iss and kid.")
    return issuer, kid


def _decoded(part: str) -> dict[str, Any]:
    value = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    if not isinstance(value, dict):
        raise ValueError("no object")
    return value


def _moment(claims: dict[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e12:
        raise Refused(f"The token's {name} is missing, or is no number of seconds.")
    return float(value)
