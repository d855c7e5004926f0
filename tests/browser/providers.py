"""Real OpenID Connect providers of different make, on free ports: oidc-provider-mock, nanoidp and Keycloak."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.patience import PATIENCE
from tests.running import free_port
from tests.servers.start import CannotFetch, start_keycloak

METADATA = "/.well-known/openid-configuration"
PASSWORD = "correct horse battery staple"

GP, NOBODY, MANAGER = "sarah", "visitor", "manager"
# What each may be in the dashboard, as the providers say it. The visitor's role is known to nobody here.
PEOPLE = {
    GP: {"name": "Sarah Provided", "roles": ["c3-gp"], "fhirUser": "Practitioner/prac-sw-gp-1"},
    NOBODY: {"name": "Vera Visitor", "roles": ["canteen"]},
    MANAGER: {"name": "Mona Manager", "roles": ["c3-pilot"]},
}
ROLES = """
[roles]
fhir_users = "any"
[roles.values]
"c3-gp" = "clinician"
"c3-pilot" = "pilot-manager"
"""


@dataclass(frozen=True)
class Provider:
    """A running provider; `section` is its table in the settings."""

    url: str
    section: str


@contextmanager
def oidc_provider_mock(*, token_seconds: int = 3600) -> Iterator[Provider]:
    """One button a person, and no password."""
    port = free_port()
    people = [json.dumps({"sub": who, **claims}) for who, claims in PEOPLE.items()]
    command = [
        "-p",
        str(port),
        "-e",
        str(token_seconds),
        *(word for each in people for word in ("--user-claims", each)),
    ]
    url = f"http://localhost:{port}"
    section = f'client_id = "c3"\nclient_secret = "hush"\nserver_metadata_url = "{url}{METADATA}"\nlabel = "Warwick"\n'
    with _running([sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", *command], url):
        yield Provider(url, f"[auth.warwick]\n{section}")


@contextmanager
def nanoidp(folder: Path) -> Iterator[Provider]:
    """A login page with user name and password; claims only for who asks for them."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    folder.mkdir(parents=True, exist_ok=True)
    client = {"client_id": "c3", "client_secret": "hush-hush", "description": "dashboard"}
    settings = {
        "config_version": 1,
        "server": {"host": "127.0.0.1", "port": port},
        "oauth": {"issuer": url, "audience": "c3", "token_expiry_minutes": 60, "clients": [client]},
    }
    users = {
        who: {
            "password": PASSWORD,
            "email": f"{who}@example.org",
            "roles": claims["roles"],
            "attributes": {key: value for key, value in claims.items() if key != "roles"},
        }
        for who, claims in PEOPLE.items()
    }
    (folder / "settings.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    (folder / "users.yaml").write_text(yaml.safe_dump({"config_version": 1, "users": users}), encoding="utf-8")
    claims = json.dumps({"id_token": dict.fromkeys(["roles", "fhirUser", "name"])})
    section = (
        f'client_id = "c3"\nclient_secret = "hush-hush"\nserver_metadata_url = "{url}{METADATA}"\n'
        f"label = \"Basque Country\"\nauthorize_params = {{ claims = '{claims}' }}\n"
    )
    # It makes keys in the folder it runs in.
    with _running([sys.executable, "-W", "ignore", "-m", "nanoidp", "--config", str(folder)], url, folder):
        yield Provider(url, f"[auth.basque]\n{section}")


@contextmanager
def keycloak() -> Iterator[Provider]:
    """The one that most hospitals run: roles by a mapper, `fhirUser` from an attribute, PKCE demanded of the client."""
    try:
        server = start_keycloak(free_port())
    except CannotFetch as reason:
        pytest.skip(f"needs java: {reason}")
    with server:
        where = f'server_metadata_url = "{server.base_url}{METADATA}"\nlabel = "Jämtland"\n'
        yield Provider(server.base_url, f'[auth.jamtland]\nclient_id = "c3"\nclient_secret = "hush"\n{where}')


def sign_in_settings(dashboard_url: str, *providers: Provider) -> str:
    """The tables [auth] and [roles], as DASHBOARD_SIGN_IN takes them."""
    sections = "\n".join(each.section for each in providers)
    return f'[auth]\nredirect_uri = "{dashboard_url}/oauth2callback"\n{sections}\n{ROLES}'


@contextmanager
def _running(command: list[str], url: str, folder: Path | None = None) -> Iterator[None]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NANOIDP")}
    process = subprocess.Popen(
        command,
        env=environment,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        end = time.monotonic() + PATIENCE
        while not _answers(f"{url}{METADATA}"):
            assert process.poll() is None, f"{command[4]} ended by itself with {process.returncode}"
            assert time.monotonic() < end, f"{command[4]} did not start"
            time.sleep(0.2)
        yield
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
