"""CDS Hooks both ways, from the table [cds] of the secrets file: who may call our service, and whom we ask.

What cannot work stops the start with a sentence that names the key, never its value.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from dashboard.domain.guidelines.foreign_card import ForeignService
from dashboard.errors import OperatorError
from dashboard.web.addresses import is_loopback_address, origin_of

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,30}")
_KEYS: Final = {"base_url", "demo", "issuer", "key_file", "key_id", "seconds", "clients", "services"}
_CLIENT_KEYS: Final = {"issuer", "jwks_file"}
_SERVICE_KEYS: Final = {"label", "url"}
_PRIVATE: Final = {"d", "p", "q", "dp", "dq", "qi", "k"}
"""Members of a JSON Web Key that only its owner may have (RFC 7518)."""
MOST_SERVICES: Final = 10
MOST_SECONDS: Final = 30


@dataclass(frozen=True, slots=True)
class CdsCaller:
    """A client that may call our service: the `iss` of its tokens, and its public keys (JWKS, RFC 7517)."""

    name: str
    issuer: str
    jwks: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class CdsSettings:
    """The table as values.

    base_url: where clients find us; the `aud` of a token is an address below it.
    demo: programs of this machine are answered without a token.
    issuer, key, key_id: who we are to the services that we ask; without a key they get no token.
    seconds: how long a service may take.
    """

    base_url: str = ""
    callers: tuple[CdsCaller, ...] = ()
    demo: bool = False
    services: tuple[ForeignService, ...] = ()
    issuer: str = ""
    key: str = field(default="", repr=False)
    key_id: str = ""
    seconds: float = 5.0


def read_cds(tables: Mapping[str, Any], root: Path, *, signing_in: bool = False) -> CdsSettings:
    """The settings of a secrets file's tables. Raises OperatorError for what cannot work.

    root: from where the names of files count. signing_in: people sign in here, so that nobody gets in without.
    """
    table = tables.get("cds", {})
    if not isinstance(table, Mapping):
        raise OperatorError("[cds] must be a table; see .streamlit/secrets.toml.example.")
    _require_known(table, _KEYS, "[cds]")
    callers = tuple(_caller(name, part, root) for name, part in _tables(table, "clients"))
    services = tuple(_service(name, part) for name, part in _tables(table, "services"))
    if len(services) > MOST_SERVICES:
        raise OperatorError(f"[cds.services] names more than {MOST_SERVICES} services.")
    if len({each.issuer for each in callers}) < len(callers):
        raise OperatorError("[cds.clients] has two clients of the same issuer.")
    base_url = _address(table, "base_url", "[cds]").rstrip("/") if callers or table.get("base_url") else ""
    return CdsSettings(
        base_url=base_url,
        callers=callers,
        demo=_demo(table.get("demo", False), signing_in),
        services=services,
        issuer=_text(table, "issuer", "[cds]") if "key_file" in table else "",
        key=_file(root, _text(table, "key_file", "[cds]"), "[cds] key_file") if "key_file" in table else "",
        key_id=_text(table, "key_id", "[cds]") if "key_file" in table else "",
        seconds=_seconds(table.get("seconds", 5)),
    )


def _caller(name: str, part: Mapping[str, Any], root: Path) -> CdsCaller:
    where = f"[cds.clients.{name}]"
    _require_known(part, _CLIENT_KEYS, where)
    text = _file(root, _text(part, "jwks_file", where), f"{where} jwks_file")
    try:
        jwks = json.loads(text)
        keys = jwks["keys"]
        usable = bool(keys) and all(isinstance(key, dict) and isinstance(key.get("kid"), str) for key in keys)
    except (ValueError, KeyError, TypeError, RecursionError):
        usable = False
    if not usable:
        raise OperatorError(f'{where} jwks_file holds no key set: {{"keys": [...]}}, each key with its "kid".')
    if any(_PRIVATE & set(key) for key in keys):
        raise OperatorError(f"{where} jwks_file holds a private key or a shared secret; public keys only.")
    return CdsCaller(name, _text(part, "issuer", where), jwks)


def _service(name: str, part: Mapping[str, Any]) -> ForeignService:
    where = f"[cds.services.{name}]"
    _require_known(part, _SERVICE_KEYS, where)
    return ForeignService(name, str(part.get("label") or name)[:80], _address(part, "url", where).rstrip("/"))


def _tables(table: Mapping[str, Any], key: str) -> list[tuple[str, Mapping[str, Any]]]:
    parts = table.get(key, {})
    if not isinstance(parts, Mapping) or not all(isinstance(each, Mapping) for each in parts.values()):
        raise OperatorError(f"[cds.{key}] must hold a table for each, such as [cds.{key}.warwick].")
    if wrong := [name for name in parts if not _NAME.fullmatch(name)]:
        shown = re.sub(r"[^A-Za-z0-9_.-]", "?", wrong[0])[:40]
        raise OperatorError(f"[cds.{key}.{shown}]: a name has small letters, digits and hyphens only.")
    return list(parts.items())


def _require_known(part: Mapping[str, Any], keys: set[str], where: str) -> None:
    if set(part) - keys:
        raise OperatorError(f"{where} has a key that is not known; there are {', '.join(sorted(keys))}.")


def _text(part: Mapping[str, Any], key: str, where: str) -> str:
    value = part.get(key)
    if not isinstance(value, str) or not value.strip():
        raise OperatorError(f"{where} {key} is missing.")
    return value.strip()


def _address(part: Mapping[str, Any], key: str, where: str) -> str:
    url = _text(part, key, where)
    try:
        parts = urlsplit(url)
        plain = not (parts.username or parts.password or parts.query or parts.fragment)
    except ValueError:
        plain = False
    if not plain or not origin_of(url):
        raise OperatorError(f"{where} {key} is not an address such as https://cds.example.org.")
    if not url.startswith("https:") and not is_loopback_address(url):
        raise OperatorError(f"{where} {key} must begin with https:// unless it is on this machine.")
    return url


def _demo(value: object, signing_in: bool) -> bool:
    if not isinstance(value, bool):
        raise OperatorError("[cds] demo must be true or false.")
    if value and signing_in:
        raise OperatorError("[cds] demo answers without a token, which goes with no sign-in: take it out, or [auth].")
    return value


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= MOST_SECONDS:
        raise OperatorError(f"[cds] seconds must be a number of seconds up to {MOST_SECONDS}.")
    return float(value)


def _file(root: Path, name: str, where: str) -> str:
    try:
        return (root / Path(name).expanduser()).read_text(encoding="utf-8")
    except (OSError, ValueError) as problem:
        raise OperatorError(f"The file that {where} names cannot be read.") from problem
