"""Our own identity at a FHIR server: a SMART backend services client that signs for itself (private_key_jwt).

SMART App Launch 2.2, "Backend Services": a token for a signed assertion, asked for again shortly before it ends.
"""

import json
import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Final

import requests
from authlib.oauth2.rfc7523 import private_key_jwt_sign
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from dashboard.errors import OperatorError, ServerUnavailable

_log = logging.getLogger("dashboard.fhir")

# A token is renewed so long before its end that a page in the midst of its requests keeps a good one.
EARLY_SECONDS: Final = 60.0
OK: Final = 200
# SMART: the assertion ends at most five minutes from now; one minute bears two clocks that differ a little.
ASSERTION_SECONDS: Final = 60
# For a server that does not say how long its token holds (RFC 6749 lets it).
UNSAID_SECONDS: Final = 300.0
_ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_GRANT: Final = "client_credentials"


class BackendServices:
    """Call it for a token; safe from several threads, which wait for one request instead of sending their own.

    key: the private key as PEM or JWK text; RSA signs RS384, P-384 ES384, the two that SMART demands of servers.
    token_url: "" asks the FHIR server's `.well-known/smart-configuration` once.
    """

    def __init__(
        self,
        fhir_base_url: str,
        *,
        client_id: str,
        key: str,
        key_id: str = "",
        token_url: str = "",
        scopes: str = "system/*.read system/*.write",
        timeout: tuple[float, float] = (3.0, 30.0),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._base_url, self._token_url = fhir_base_url.rstrip("/"), token_url
        self._client_id, self._key_id, self._scopes = client_id, key_id, scopes
        self._timeout, self._clock = timeout, clock
        self._key, self._algorithm = read_private_key(key, "FHIR_CLIENT_KEY_FILE")
        self._lock = threading.Lock()
        self._token, self._good_until = "", 0.0

    def __call__(self) -> str:
        """A token that holds for a while yet. Raises ServerUnavailable where none is to be had."""
        with self._lock:
            if not self._token or self._clock() >= self._good_until:
                self._token, seconds = self._ask()
                # Half of a token that holds for less than two minutes, else nobody would ever have one.
                self._good_until = self._clock() + max(seconds - EARLY_SECONDS, seconds / 2)
            return self._token

    def _ask(self) -> tuple[str, float]:
        url = self._endpoint()
        header = {"typ": "JWT", **({"kid": self._key_id} if self._key_id else {})}
        assertion = private_key_jwt_sign(
            self._key, self._client_id, url, alg=self._algorithm, header=header, expires_in=ASSERTION_SECONDS
        )
        form = {
            "grant_type": _GRANT,
            "scope": self._scopes,
            "client_assertion_type": _ASSERTION_TYPE,
            "client_assertion": assertion,
        }
        content = self._json("POST", url, form)
        token, seconds = content.get("access_token"), content.get("expires_in")
        if not isinstance(token, str) or not token or str(content.get("token_type", "bearer")).lower() != "bearer":
            raise ServerUnavailable("server-token-missing")
        known = isinstance(seconds, int | float) and not isinstance(seconds, bool) and seconds > 0
        return token, float(seconds) if known else UNSAID_SECONDS  # type: ignore[arg-type]

    def _endpoint(self) -> str:
        if not self._token_url:
            content = self._json("GET", f"{self._base_url}/.well-known/smart-configuration")
            endpoint = content.get("token_endpoint")
            # A server spoken to by https must not send our assertion anywhere in the open.
            if not isinstance(endpoint, str) or not endpoint.startswith(self._base_url.split("://")[0] + "://"):
                raise ServerUnavailable("server-token-address-missing")
            self._token_url = endpoint
        return self._token_url

    def _json(self, method: str, url: str, form: dict[str, str] | None = None) -> dict[str, Any]:
        try:
            # Never followed: an assertion is for one address only.
            answer = requests.request(
                method,
                url,
                data=form,
                headers={"Accept": "application/json"},
                timeout=self._timeout,
                allow_redirects=False,
            )
            content = answer.json() if answer.status_code == OK else None
        except (requests.RequestException, ValueError) as problem:
            _log.warning("no token: %s", type(problem).__name__)
            raise ServerUnavailable("server-token-missing") from None
        if not isinstance(content, dict):
            _log.warning("no token: HTTP %d", answer.status_code)
            raise ServerUnavailable("server-token-missing")
        return content


def read_private_key(text: str, setting: str) -> tuple[RSAKey | ECKey, str]:
    """The key in the file that a setting names, and the algorithm that goes with it. Raises OperatorError, and never
    says what is in the file.
    """
    key: RSAKey | ECKey
    try:
        if text.lstrip().startswith("{"):
            content = json.loads(text)
            key = (RSAKey if content.get("kty") == "RSA" else ECKey).import_key(content)
        else:
            key = _import_pem(text)
        if not key.is_private:
            raise ValueError("public")
    except (ValueError, TypeError, JoseError):
        raise OperatorError(
            f"The file that {setting} names holds no private key (PEM or JWK) that can be read."
        ) from None
    if isinstance(key, RSAKey):
        return key, "RS384"
    if key.curve_name == "P-384":
        return key, "ES384"
    raise OperatorError(f"The key in {setting} must be RSA (RS384) or on the curve P-384 (ES384).")


def _import_pem(text: str) -> RSAKey | ECKey:
    try:
        return RSAKey.import_key(text)
    except (ValueError, TypeError, JoseError):
        return ECKey.import_key(text)
