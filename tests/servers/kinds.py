"""Checks for programs that some tests need besides Python, for `pytest` and for `.ci/run`."""

import functools
import os
import re
import shutil
import subprocess
from pathlib import Path

from tests.servers import helios, postgresql

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OLDEST_JAVA = 17  # HAPI FHIR 8
OLDEST_NODE = 18  # Medplum 4 asks for 20 and starts on 18, Debian 12's


@functools.cache
def why_missing(kind: str) -> str:
    """Returns why tests of this kind cannot run here; "" when they can."""
    kinds = {"browser": _browser, "java": _java, "node": _node, "postgresql": _postgresql, "helios": _helios}
    return kinds[kind]()


def browser_path() -> str | None:
    """Returns the Chromium for tests: the one that CHROMIUM names, else the system's. Playwright downloads none."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)


def _browser() -> str:
    return "" if browser_path() else "chromium is not installed (apt-get install chromium)"


def _java() -> str:
    if not shutil.which("java") or not shutil.which("mvn"):
        return "Java or Maven is not installed (apt-get install openjdk-17-jdk-headless maven)"
    if not shutil.which("javac"):
        return "java is installed without its compiler (apt-get install openjdk-17-jdk-headless)"
    return _too_old("java", "-version", r'version "(\d+)', OLDEST_JAVA)


def _node() -> str:
    if not shutil.which("node") or not shutil.which("npm"):
        return "Node or npm is not installed (apt-get install nodejs npm)"
    return _too_old("node", "--version", r"v(\d+)", OLDEST_NODE)


def _postgresql() -> str:
    if not postgresql.program_folder():
        return "PostgreSQL is not installed (apt-get install postgresql)"
    if os.getuid() == 0 and not postgresql.user_exists():
        return f"PostgreSQL does not run as root, and there is no user {postgresql.USER}"
    return ""


def _helios() -> str:
    return "" if helios.program().exists() else f"Helios is not built ({helios.BUILD})"


def _too_old(program: str, option: str, pattern: str, oldest: int) -> str:
    output = subprocess.run([program, option], capture_output=True, text=True, check=False, cwd=Path.cwd())
    found = re.search(pattern, output.stderr + output.stdout)
    if found and int(found[1]) >= oldest:
        return ""
    return f"{program} {oldest} or newer is needed, this is {found[1] if found else 'unknown'}"
