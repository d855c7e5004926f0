"""Every setting, read once from the environment and `.streamlit/secrets.toml`; nothing else reads either.

The environment wins over the secrets file, an empty value counts as not set. A value that cannot be used raises
UserFacingError with a sentence that names the setting, never its value (it may be a secret).
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from urllib.parse import urlsplit

from dashboard.errors import UserFacingError

ROOT = Path(__file__).resolve().parent.parent
SECRETS_FILE = ROOT / ".streamlit" / "secrets.toml"

# name in the environment or the secrets file: (default, what it does); the README's table is tested against this one.
SETTINGS: dict[str, tuple[str, str]] = {
    "FHIR_BASE_URL": ("", "Base URL of a FHIR R4 server. Empty: an embedded one is started, with demo data."),
    "FHIR_TOKEN": ("", "Bearer token sent to that server. A secret: environment or `.streamlit/secrets.toml` only."),
    "FHIR_CONNECT_SECONDS": ("3", "How long connecting to the server may take."),
    "FHIR_READ_SECONDS": ("30", "How long the server may take to answer one request."),
    "FHIR_WORKERS": ("6", "How many requests of one page run at the same time."),
    "DASHBOARD_DATA_DIR": (".data", "Folder of the embedded server's database, of logs and of saved views."),
    "DASHBOARD_DEMO_USER": ("", "Id of the Practitioner who is looking; empty: the first general practitioner."),
    "DASHBOARD_LANGUAGE": ("en", "Language of the words on screen: a folder of `data/locales`."),
    "DASHBOARD_AS_OF": ("", "Date of view (2026-11-23, or with time and zone) instead of now; for tests and pictures."),
}


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


def load_settings(environ: Mapping[str, str] | None = None, secrets_file: Path = SECRETS_FILE) -> Settings:
    """The settings of this process. Raises UserFacingError for a value that cannot be used."""
    given = _given(os.environ if environ is None else environ, secrets_file)
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
    )


def _given(environ: Mapping[str, str], secrets_file: Path) -> dict[str, str]:
    secrets = _secrets(secrets_file)
    return {
        name: environ.get(name, "").strip() or str(secrets.get(name, "")).strip() or default
        for name, (default, _) in SETTINGS.items()
    }


def _secrets(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as problem:
        # The parser's message quotes the file, so it is left out.
        raise UserFacingError(f"The secrets file {path} cannot be read as TOML. Mend it or take it away.") from problem


def _url(name: str, text: str) -> str:
    try:
        parts = urlsplit(text)
        usable = not text or (parts.scheme in ("http", "https") and parts.hostname and parts.port != 0)
    except ValueError:
        usable = False
    if not usable:
        raise UserFacingError(f"{name} is not an address such as https://fhir.example.org/r4.")
    if text and (parts.username or parts.password):
        raise UserFacingError(f"{name} carries a user or password; give a token in FHIR_TOKEN instead.")
    return text.rstrip("/")


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 3600:
        raise UserFacingError(f"{name} must be a number above 0 and below 3600.")
    return value


def _moment(name: str, text: str) -> datetime | None:
    if not text:
        return None
    try:
        if len(text) == len("2026-11-23"):
            return datetime.combine(date.fromisoformat(text), time(12), UTC)
        moment = datetime.fromisoformat(text)
    except ValueError as problem:
        raise UserFacingError(f"{name} must be a date such as 2026-11-23, or a time with its zone.") from problem
    if moment.tzinfo is None:
        raise UserFacingError(f"{name} has a time without a zone; write 2026-11-23T14:00:00+00:00.")
    return moment
