"""Every setting, read once from the environment and `.streamlit/secrets.toml`; nothing else reads either.

The environment wins over the secrets file, an empty value counts as not set. A value that cannot be used raises
OperatorError with a sentence that names the setting, never its value (it may be a secret).
"""

import os
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, tzinfo
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dashboard.cds_settings import CdsSettings, read_cds
from dashboard.domain.pilot.pseudonyms import LEAST_KEY
from dashboard.errors import OperatorError
from dashboard.sign_in_settings import SignIn, read_sign_in
from dashboard.web.addresses import is_loopback, is_loopback_address

ROOT = Path(__file__).resolve().parent.parent
SECRETS_FILE = ROOT / ".streamlit" / "secrets.toml"

# name in the environment or the secrets file: (default, what it does); the README's table is tested against this one.
SETTINGS: dict[str, tuple[str, str]] = {
    "FHIR_BASE_URL": ("", "Base URL of a FHIR R4 server. Empty: an embedded one is started, with demo data."),
    "FHIR_TOKEN": ("", "Bearer token sent to that server. A secret: environment or `.streamlit/secrets.toml` only."),
    "FHIR_AUTHORISATION": ("", "Whose token goes there: `user`, `client` or `token`; empty: what the rest allows."),
    "FHIR_CLIENT_ID": ("", "Our name as a SMART backend services client, for `client`."),
    "FHIR_CLIENT_KEY_FILE": ("", "File with that client's private key, PEM or JWK (RS384 or ES384)."),
    "FHIR_CLIENT_KEY_ID": ("", "Its `kid`, where the server holds several keys of ours."),
    "FHIR_TOKEN_URL": ("", "Token endpoint; empty: what the server's `.well-known/smart-configuration` says."),
    "FHIR_SCOPES": ("system/*.read system/*.write", "What that client asks for."),
    "FHIR_CONNECT_SECONDS": ("3", "How long connecting to the server may take."),
    "FHIR_READ_SECONDS": ("30", "How long the server may take to answer one request."),
    "FHIR_WORKERS": ("6", "How many requests of one page run at the same time."),
    "DASHBOARD_DATA_DIR": (".data", "Folder of the embedded server's database, of logs and of saved views."),
    "DASHBOARD_DEMO_USER": ("", "Id of the Practitioner who is the first user; empty: the first general practitioner."),
    "DASHBOARD_SIGN_IN": ("", "The tables [auth] and [roles] as TOML text, instead of those of the secrets file."),
    "DASHBOARD_IDLE_MINUTES": ("15", "Signed out after so long without a key or a press; warned before."),
    "DASHBOARD_SESSION_HOURS": ("12", "Signed out after so long in any case, or when the provider's token ends."),
    "DASHBOARD_EMERGENCY_ACCESS_MINUTES": ("60", "How long an emergency access lasts; at most 1440."),
    "DASHBOARD_PSEUDONYM_KEY": ("", "Secret of 32 characters or more that makes pseudonyms; empty: new at each start."),
    "DASHBOARD_LANGUAGE": (
        "",
        "Language of the words on screen: a folder of `data/locales`. Empty: the browser's, else English.",
    ),
    "DASHBOARD_TIME_ZONE": (
        "",
        "Zone of the sites (`Europe/Madrid`), whose days are today and overdue. Empty: that of the language's region.",
    ),
    "DASHBOARD_SHARED_SCREEN": (
        "no",
        "`yes`: titles of windows say initials, until somebody switches that off for a session.",
    ),
    "DASHBOARD_GUIDELINES_DIR": ("", "Folder of a site's guideline rules, which add to, replace or switch off ours."),
    "DASHBOARD_CDS": ("", "The table [cds] (CDS Hooks) as TOML text, instead of that of the secrets file."),
    "DASHBOARD_AS_OF": ("", "Date of view (2026-11-23, or with time and zone) instead of now; for tests and pictures."),
}


REGION_ZONES = {"es": "Europe/Madrid", "eu": "Europe/Madrid", "sv": "Europe/Stockholm", "en": "Europe/London"}
"""The time zone of the pilot's region that speaks a language; English is also the language where none is set."""

AUTHORISATIONS = ("user", "client", "token")


@dataclass(frozen=True, slots=True)
class FhirClientSettings:
    """Our own identity at the FHIR server (SMART backend services). `token_url` "": the server says where."""

    client_id: str
    key: str = field(repr=False)
    key_id: str
    token_url: str
    scopes: str


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings as values. `as_of` is aware; a date alone means noon UTC of that day. None: the present moment."""

    fhir_base_url: str
    fhir_token: str = field(repr=False)
    fhir_timeout: tuple[float, float]
    fhir_workers: int
    data_dir: Path
    demo_user: str
    language: str
    as_of: datetime | None
    time_zone: tzinfo
    shared_screen: bool = False
    sign_in: SignIn | None = None
    idle_seconds: float = 900.0
    emergency_access_minutes: int = 60
    pseudonym_key: str = field(default="", repr=False)
    pseudonym_key_is_kept: bool = False
    session_seconds: float = 43_200.0
    fhir_authorisation: str = ""
    fhir_client: FhirClientSettings | None = None
    guidelines_dir: Path | None = None
    cds: CdsSettings = field(default_factory=CdsSettings)


def load_settings(environ: Mapping[str, str] | None = None, secrets_file: Path = SECRETS_FILE) -> Settings:
    """The settings of this process. Raises OperatorError for a value that cannot be used."""
    stored = _secrets(secrets_file)
    given = _given(os.environ if environ is None else environ, stored)
    sign_in = read_sign_in(_tables("DASHBOARD_SIGN_IN", given, "[auth] and [roles]") or stored)
    return Settings(
        fhir_base_url=_url("FHIR_BASE_URL", given["FHIR_BASE_URL"]),
        fhir_token=given["FHIR_TOKEN"],
        fhir_timeout=(
            _number("FHIR_CONNECT_SECONDS", given["FHIR_CONNECT_SECONDS"]),
            _number("FHIR_READ_SECONDS", given["FHIR_READ_SECONDS"]),
        ),
        fhir_workers=max(1, int(_number("FHIR_WORKERS", given["FHIR_WORKERS"]))),
        # From the project, not from where the command was typed, so that every start finds the same data.
        data_dir=ROOT / Path(given["DASHBOARD_DATA_DIR"]).expanduser(),
        demo_user=given["DASHBOARD_DEMO_USER"].removeprefix("Practitioner/"),
        language=given["DASHBOARD_LANGUAGE"],
        as_of=_moment("DASHBOARD_AS_OF", given["DASHBOARD_AS_OF"]),
        time_zone=_zone(given["DASHBOARD_TIME_ZONE"], given["DASHBOARD_LANGUAGE"]),
        shared_screen=_yes_or_no("DASHBOARD_SHARED_SCREEN", given["DASHBOARD_SHARED_SCREEN"]),
        sign_in=sign_in,
        pseudonym_key=_pseudonym_key(given["DASHBOARD_PSEUDONYM_KEY"]),
        pseudonym_key_is_kept=bool(given["DASHBOARD_PSEUDONYM_KEY"]),
        emergency_access_minutes=_minutes(
            "DASHBOARD_EMERGENCY_ACCESS_MINUTES", given["DASHBOARD_EMERGENCY_ACCESS_MINUTES"]
        ),
        idle_seconds=60 * _number("DASHBOARD_IDLE_MINUTES", given["DASHBOARD_IDLE_MINUTES"]),
        session_seconds=3600 * _number("DASHBOARD_SESSION_HOURS", given["DASHBOARD_SESSION_HOURS"]),
        fhir_authorisation=_authorisation(given, sign_in),
        fhir_client=_fhir_client(given),
        guidelines_dir=_folder("DASHBOARD_GUIDELINES_DIR", given["DASHBOARD_GUIDELINES_DIR"]),
        cds=read_cds(_tables("DASHBOARD_CDS", given, "[cds]") or stored, ROOT, signing_in=sign_in is not None),
    )


def require_way_in(settings: Settings, listens_at: str | None, fhir_base_url: str = "") -> None:
    """Raises OperatorError where people would get in without signing in although not everything is on this machine.

    listens_at: the dashboard's own address; None: every network of the machine.
    """
    if settings.sign_in:
        return
    asked = fhir_base_url or settings.fhir_base_url
    if asked and not is_loopback_address(asked):
        raise OperatorError(
            "The FHIR server is not on this machine, so the demonstration without sign-in is not for it. "
            "Name an identity provider under [auth] in .streamlit/secrets.toml; its example shows how."
        )
    if not is_loopback(listens_at):
        raise OperatorError(
            "The dashboard would be reached from other machines without sign-in. Start it with "
            "--server.address 127.0.0.1, or name an identity provider under [auth] in .streamlit/secrets.toml."
        )


def _folder(name: str, text: str) -> Path | None:
    if not text:
        return None
    folder = ROOT / Path(text).expanduser()
    if not folder.is_dir():
        raise OperatorError(f"{name} names no folder. Create it, or leave the setting empty.")
    return folder


def _yes_or_no(name: str, value: str) -> bool:
    if value not in ("yes", "no"):
        raise OperatorError(f"{name} must be yes or no.")
    return value == "yes"


def _tables(name: str, given: Mapping[str, str], tables: str) -> dict[str, object]:
    try:
        return tomllib.loads(given[name])
    except ValueError as problem:
        raise OperatorError(f"{name} cannot be read as TOML with {tables}.") from problem


def _authorisation(given: Mapping[str, str], sign_in: SignIn | None) -> str:
    """One of AUTHORISATIONS, or "" where the server gets no token. Raises OperatorError for what lacks its rest."""
    by_rest = "client" if given["FHIR_CLIENT_ID"] else "token" if given["FHIR_TOKEN"] else ""
    chosen = given["FHIR_AUTHORISATION"] or by_rest
    lacks = {
        "user": "" if sign_in else "identity providers under [auth]",
        "client": "" if given["FHIR_CLIENT_ID"] and given["FHIR_CLIENT_KEY_FILE"] else "FHIR_CLIENT_ID and _KEY_FILE",
        "token": "" if given["FHIR_TOKEN"] else "FHIR_TOKEN",
        "": "",
    }
    if chosen not in lacks:
        raise OperatorError(f"FHIR_AUTHORISATION must be one of {', '.join(AUTHORISATIONS)}, or empty.")
    if lacks[chosen]:
        raise OperatorError(f"FHIR_AUTHORISATION is {chosen}, which needs {lacks[chosen]}.")
    return chosen


def _fhir_client(given: Mapping[str, str]) -> FhirClientSettings | None:
    if not given["FHIR_CLIENT_ID"] or not given["FHIR_CLIENT_KEY_FILE"]:
        return None
    try:
        key = (ROOT / Path(given["FHIR_CLIENT_KEY_FILE"]).expanduser()).read_text(encoding="utf-8")
    except (OSError, ValueError) as problem:
        raise OperatorError("The file that FHIR_CLIENT_KEY_FILE names cannot be read.") from problem
    token_url = _url("FHIR_TOKEN_URL", given["FHIR_TOKEN_URL"])
    ident, key_id = given["FHIR_CLIENT_ID"], given["FHIR_CLIENT_KEY_ID"]
    return FhirClientSettings(ident, key, key_id, token_url, given["FHIR_SCOPES"])


def _given(environ: Mapping[str, str], stored: Mapping[str, object]) -> dict[str, str]:
    return {
        name: environ.get(name, "").strip() or str(stored.get(name, "")).strip() or default
        for name, (default, _) in SETTINGS.items()
    }


def _secrets(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as problem:
        # The parser's message quotes the file, so it is left out.
        raise OperatorError(f"The secrets file {path} cannot be read as TOML. Mend it or take it away.") from problem


def _url(name: str, text: str) -> str:
    try:
        parts = urlsplit(text)
        usable = not text or (parts.scheme in ("http", "https") and parts.hostname and parts.port != 0)
    except ValueError:
        usable = False
    if not usable:
        raise OperatorError(f"{name} is not an address such as https://fhir.example.org/r4.")
    if text and (parts.username or parts.password):
        raise OperatorError(f"{name} carries a user or password; give a token in FHIR_TOKEN instead.")
    return text.rstrip("/")


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 3600:
        raise OperatorError(f"{name} must be a number above 0 and below 3600.")
    return value


def _minutes(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 1440:
        raise OperatorError(f"{name} must be a whole number of minutes from 1 to 1440, which is a day.")
    return int(text)


def _pseudonym_key(text: str) -> str:
    """The key as given; one of this process alone where there is none. Another study needs another key."""
    if text and len(text) < LEAST_KEY:
        raise OperatorError(f"DASHBOARD_PSEUDONYM_KEY needs {LEAST_KEY} characters or more, or leave it out.")
    return text or secrets.token_hex(LEAST_KEY)


def _zone(text: str, language: str) -> tzinfo:
    try:
        return ZoneInfo(text or REGION_ZONES.get(language, REGION_ZONES["en"]))
    except (ZoneInfoNotFoundError, ValueError, OSError) as problem:
        raise OperatorError(
            "DASHBOARD_TIME_ZONE is not a zone of the IANA database such as Europe/Madrid or Europe/Stockholm."
        ) from problem


def _moment(name: str, text: str) -> datetime | None:
    if not text:
        return None
    try:
        if len(text) == len("2026-11-23"):
            return datetime.combine(date.fromisoformat(text), time(12), UTC)
        moment = datetime.fromisoformat(text)
    except ValueError as problem:
        raise OperatorError(f"{name} must be a date such as 2026-11-23, or a time with its zone.") from problem
    if moment.tzinfo is None:
        raise OperatorError(f"{name} has a time without a zone; write 2026-11-23T14:00:00+00:00.")
    return moment
