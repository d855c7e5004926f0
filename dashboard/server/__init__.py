"""The embedded FHIR server: a separate process for demonstrations and tests, on 127.0.0.1 only.

    process = subprocess.Popen(command(8090, Path(".data/fhir.sqlite")))
    wait_until_ready("http://127.0.0.1:8090/fhir", process)

This module is light, so that the launcher can import it without loading the server.
"""

import http.client
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from dashboard.errors import OperatorError

POLL_SECONDS = 0.1


def command(port: int, database: Path | str) -> list[str]:
    """The command line that starts the server on a port with a database file."""
    return [sys.executable, "-m", "dashboard.server", "--port", str(port), "--database", str(database)]


def wait_until_ready(url: str, process: "subprocess.Popen[bytes] | subprocess.Popen[str]", timeout: float = 60) -> None:
    """Returns when the server at the base `url` answers; raises OperatorError when it ends or is too slow."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise OperatorError(f"The embedded FHIR server ended at its start (exit code {process.returncode}).")
        if _answers(url):
            return
        time.sleep(POLL_SECONDS)
    raise OperatorError(f"The embedded FHIR server did not answer within {timeout:.0f} seconds.")


def _answers(url: str) -> bool:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    try:
        connection.request("GET", parts.path.rstrip("/") + "/metadata")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()
