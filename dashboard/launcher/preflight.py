"""Checks for what would stop a start, before anything is started; each is one sentence with a way out."""

import fcntl
import logging
import socket
import tempfile
from pathlib import Path
from typing import IO

from dashboard.errors import DashboardError, OperatorError
from dashboard.settings import Settings
from dashboard.ui.shared.error_words import error_words

LOOPBACK = "127.0.0.1"


def require_free_port(port: int, option: str) -> None:
    """Raises OperatorError where something listens already, or where the system does not give the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        # As the servers themselves do: a port whose last connection closed a moment ago counts as free.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((LOOPBACK, port))
        except PermissionError as problem:
            raise OperatorError(
                f"The system does not give port {port} to this user; choose one above 1023 with {option}."
            ) from problem
        except OSError as problem:
            raise OperatorError(
                f"Port {port} is taken by another program; stop that one or choose another port with {option}."
            ) from problem


def hold_data_folder(folder: Path) -> IO[str]:
    """Makes the folder, proves that it can be written, and keeps other starts out while the returned file is open."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "logs").mkdir(exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        lock = (folder / "lock").open("w", encoding="utf-8")
    except OSError as problem:
        raise OperatorError(
            f"The folder {folder} cannot be written ({problem.strerror}); name another with --data-dir."
        ) from problem
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        lock.close()
        raise OperatorError(
            f"Another dashboard that is running uses the folder {folder}; stop it or name another with --data-dir."
        ) from problem
    return lock


def require_fhir_r4(url: str, settings: Settings) -> None:
    """Raises OperatorError where the server cannot be reached or is not FHIR R4."""
    # Imported here: it takes most of a second, and a start with the embedded server does not need it.
    from dashboard.fhir.client.http_server import HttpFhirServer

    # The sentence below says it all; the client's own warnings about its tries would stand before it.
    logging.getLogger("dashboard").addHandler(logging.NullHandler())
    # A server's statement of what it can do is for everybody (FHIR R4, 3.1.0.9); the token is sent where there is one.
    token = (lambda: settings.fhir_token) if settings.fhir_token else None
    try:
        _ = HttpFhirServer(url, token=token, timeout=settings.fhir_timeout).capabilities
    except DashboardError as problem:
        why = error_words(problem)
        sentence = f"{url} cannot be used as a FHIR R4 server: {why} It comes from --fhir-url or FHIR_BASE_URL."
        raise OperatorError(sentence) from problem
