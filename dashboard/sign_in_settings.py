"""The identity providers, and what their claims mean, from the tables [auth] and [roles] of the secrets file.

What cannot work stops the start with a sentence that names the key, never its value (it may be a secret).
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from dashboard.domain.access.claims import NEEDS_FHIR_USER, ClaimNames
from dashboard.domain.access.permissions import Role
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import OperatorError
from dashboard.web.addresses import is_loopback_address, origin_of

CALLBACK = "/oauth2callback"
# HMAC-SHA256 gains nothing from more, and loses from less.
LEAST_SECRET = 32
# Streamlit keeps provider and state in one name with underscores between, so that a name may have none.
_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
_NEEDED = ("client_id", "client_secret", "server_metadata_url")
_PROVIDER_KEYS = {*_NEEDED, "client_kwargs", "authorize_params", "label"}
_OWN_KEYS = {"redirect_uri", "cookie_secret"}
ANYBODY = "any"
_CLAIM_KEYS = ("roles", "organisation", "fhir_user", "name")


@dataclass(frozen=True, slots=True)
class Provider:
    """One identity provider: its name in the settings, the words on its button, how its claims are read."""

    name: str
    label: str
    claims: ClaimNames
    section: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignIn:
    """Everything about signing in. `streamlit` is its [auth] table as st.login wants it, with PKCE."""

    redirect_uri: str
    providers: tuple[Provider, ...]
    cookie_secret: str = field(repr=False)

    @property
    def origin(self) -> str:
        """Where browsers find the dashboard."""
        return origin_of(self.redirect_uri)

    def provider(self, name: str) -> Provider | None:
        return next((each for each in self.providers if each.name == name), None)

    def streamlit(self, *, expose_access_token: bool) -> dict[str, Any]:
        return {
            "redirect_uri": self.redirect_uri,
            "cookie_secret": self.cookie_secret,
            "expose_tokens": ["access"] if expose_access_token else [],
            **{each.name: dict(each.section) for each in self.providers},
        }


def read_sign_in(tables: Mapping[str, Any]) -> SignIn | None:
    """The sign-in of a secrets file's tables; None without [auth]. Raises OperatorError for what cannot work."""
    auth = tables.get("auth")
    if auth is None:
        return None
    if not isinstance(auth, Mapping):
        raise OperatorError("[auth] must be a table with redirect_uri and one table for each provider.")
    sections = {name: value for name, value in auth.items() if isinstance(value, Mapping)}
    for name in auth:
        if name not in sections and name not in _OWN_KEYS:
            raise OperatorError(
                f"[auth] has {_shown(name)}, which is no key of it. A provider's keys belong into [auth.its-name]."
            )
    if not sections:
        raise OperatorError("[auth] names no provider. Add a table such as [auth.warwick] for each.")
    roles = tables.get("roles", {})
    if not isinstance(roles, Mapping):
        raise OperatorError("[roles] must be a table; see .streamlit/secrets.toml.example.")
    providers = tuple(_provider(name, section, roles) for name, section in sections.items())
    if len(providers) > 1:
        for each in providers:
            _require_bound(each.name, roles)
    return SignIn(
        redirect_uri=_redirect_uri(auth.get("redirect_uri")),
        providers=providers,
        cookie_secret=_cookie_secret(auth.get("cookie_secret")),
    )


def _redirect_uri(value: object) -> str:
    text = value if isinstance(value, str) else ""
    if not origin_of(text) or urlsplit(text).path != CALLBACK or urlsplit(text).query:
        raise OperatorError(
            f"[auth] redirect_uri must be the dashboard's address with {CALLBACK} behind it, "
            f"such as https://c3.example.org{CALLBACK}."
        )
    _require_https("[auth] redirect_uri", text)
    return text


def _cookie_secret(value: object) -> str:
    if value in (None, ""):
        # Sign-ins do not outlive the process (dashboard/web/sessions.py), so their secret need not either.
        return secrets.token_hex(LEAST_SECRET)
    if not isinstance(value, str) or len(value) < LEAST_SECRET:
        raise OperatorError(f"[auth] cookie_secret needs {LEAST_SECRET} characters or more, or leave it out.")
    return value


def _provider(name: str, section: Mapping[str, Any], roles: Mapping[str, Any]) -> Provider:
    where = f"[auth.{_shown(name)}]"
    if not _NAME.fullmatch(name):
        raise OperatorError(f"{where}: a provider's name has small letters, digits and hyphens only.")
    for key in section:
        if key not in _PROVIDER_KEYS:
            raise OperatorError(f"{where} has {_shown(key)}, which is no key of a provider.")
    for key in _NEEDED:
        if not isinstance(section.get(key), str) or not section[key]:
            raise OperatorError(f"{where} {key} is missing.")
    if not origin_of(section["server_metadata_url"]):
        raise OperatorError(
            f"{where} server_metadata_url is not an address such as "
            "https://login.example.org/.well-known/openid-configuration."
        )
    _require_https(f"{where} server_metadata_url", section["server_metadata_url"])
    kwargs = section.get("client_kwargs", {})
    if not isinstance(kwargs, Mapping) or "openid" not in str(kwargs.get("scope", "openid")).split():
        raise OperatorError(f'{where} client_kwargs must be a table whose scope has the word "openid".')
    asks = section.get("authorize_params", {})
    if not isinstance(asks, Mapping) or not all(isinstance(each, str) for each in asks.values()):
        raise OperatorError(f"{where} authorize_params must be a table of texts.")
    own = {name: section[name] for name in _NEEDED} | ({"authorize_params": dict(asks)} if asks else {})
    # Asked for always: Streamlit alone asks for PKCE only where the provider's metadata offer it.
    own["client_kwargs"] = {"scope": "openid email profile", **kwargs, "code_challenge_method": "S256"}
    return Provider(name, str(section.get("label") or name)[:80], _claim_names(name, roles), own)


def _claim_names(provider: str, roles: Mapping[str, Any]) -> ClaimNames:
    """[roles], and over it [roles.<provider>]: one region's provider then cannot give another's roles."""
    own = roles.get(provider, {})
    where = f"[roles.{provider}]" if own else "[roles]"
    if not isinstance(own, Mapping):
        raise OperatorError(f"{where} must be a table.")
    names: dict[str, Any] = {}
    for key in _CLAIM_KEYS:
        value = own.get(key, roles.get(key))
        if value is not None and (not isinstance(value, str) or not value):
            raise OperatorError(f"{where} {key} must be the name of a claim.")
        if value is not None:
            names[key] = value
    people, organisations = _people(own.get("fhir_users", roles.get("fhir_users")), where)
    claims = replace(ClaimNames(), **names, people=people, organisations=organisations)
    values = own.get("values", roles.get("values"))
    return claims if values is None else replace(claims, values=_values(values, where))


def _require_bound(provider: str, roles: Mapping[str, Any]) -> None:
    """Of several providers each says whom it may name: otherwise one region's could name another's people."""
    own = roles.get(provider)
    if "fhir_users" not in roles and not (isinstance(own, Mapping) and "fhir_users" in own):
        raise OperatorError(
            f"[roles.{provider}] fhir_users is missing: with several providers each needs the organisations or people "
            f'that it may name, such as fhir_users = ["Organization/trust"]; "{ANYBODY}" for no bound.'
        )


def _people(value: object, where: str) -> tuple[frozenset[Reference] | None, frozenset[Reference]]:
    """The people and the organisations of `fhir_users`; None and none for no bound."""
    if value is None or value == ANYBODY:
        return None, frozenset()
    wrong = OperatorError(
        f'{where} fhir_users must be "{ANYBODY}" or a list of references '
        'such as "Organization/trust" or "Practitioner/p1".'
    )
    if not isinstance(value, list) or not value:
        raise wrong
    try:
        found = frozenset(Reference.parse(each) for each in value)
    except (ValueError, AttributeError, TypeError):
        raise wrong from None
    organisations = frozenset(each for each in found if each.type == "Organization")
    people = found - organisations
    if not {each.type for each in people} <= {kind for kinds in NEEDS_FHIR_USER.values() for kind in kinds}:
        raise wrong
    return people, organisations


def _values(value: object, where: str) -> dict[str, Role]:
    if not isinstance(value, Mapping) or not value:
        raise OperatorError(f'{where} values must be a table of role values, such as "c3-gp" = "clinician".')
    roles = {}
    for name, role in value.items():
        try:
            roles[name] = Role(role)
        except ValueError:
            known = ", ".join(each.value for each in Role)
            raise OperatorError(f"{where} values: {_shown(name)} must be one of {known}.") from None
    return roles


def _require_https(what: str, url: str) -> None:
    if not url.startswith("https:") and not is_loopback_address(url):
        raise OperatorError(f"{what} must begin with https:// unless it is on this machine.")


def _shown(name: object) -> str:
    """A key as an error may quote it."""
    return re.sub(r"[^A-Za-z0-9_.-]", "?", str(name))[:40]
