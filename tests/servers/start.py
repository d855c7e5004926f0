"""Starts a FHIR server for tests as a separate process, on a free loopback port.

    with start_hapi() as server:
        requests.get(server.base_url + "/metadata")

Each prints its base URL when it is ready, and ends when its standard input closes, so that none outlives its tests. The
files that HAPI, Medplum and Keycloak need are downloaded once (Maven, npm) into the folder of the server. Keycloak is
an identity provider and no FHIR server; it is started in the same way. `cohorts.py` starts them with the demo cohort.
"""

import contextlib
import re
import sys
import tempfile
from pathlib import Path

from tests.servers.postgresql import start_postgresql
from tests.servers.process import CannotFetch, CannotStart, Server, built, cache_folder, ended_with_stdin, start

__all__ = [
    "CannotFetch", "CannotStart", "Server", "healthchain_python", "start_cds_hooks", "start_embedded", "start_hapi",
    "start_keycloak", "start_medplum",
]  # fmt: skip

HERE = Path(__file__).resolve().parent
HAPI, MEDPLUM, KEYCLOAK = HERE / "hapi", HERE / "medplum", HERE / "keycloak"
CDS_HOOKS, HEALTHCHAIN = HERE / "cds_hooks", HERE / "healthchain"
KEYCLOAK_READY = re.compile(rb"Listening on: (http://127\.0\.0\.1:\d+)")
QUIET = ("-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error")
# An empty server runs for minutes, where a quick start matters more than full speed; one with a cohort shall be as
# quick as the real one.
JAVA_EMPTY = (*QUIET, "-XX:TieredStopAtLevel=1", "-Xmx1500m")
JAVA_FULL = (*QUIET, "-Xmx3g", "-Duser.timezone=UTC")  # it stores times without their zone
# A heap that grows by itself is collected in full again and again meanwhile: a seventh of the time that a load takes.
# What is on disk does not depend on it.
JAVA_ROOM = ("-Xms3g", "-Xmn1g")
# Its cache holds what it has on disk, so that it is as quick as in memory. KiB.
H2_CACHE = 1_000_000

# The options with which Keycloak's own start script runs an existing build.
KEYCLOAK_JAVA = (
    "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m",
    *(f"--add-opens=java.base/java.{name}=ALL-UNNAMED" for name in ("util", "util.concurrent", "security", "lang")),
    "-Djava.util.concurrent.ForkJoinPool.common.threadFactory="
    "io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory",
    "-Djava.util.logging.manager=org.jboss.logmanager.LogManager", "-Dpicocli.disable.closures=true",
    "-Dkc.home.dir=.", "-Djboss.server.config.dir=conf",
    "-cp", "lib/quarkus-run.jar", "io.quarkus.bootstrap.runner.QuarkusEntryPoint",
)  # fmt: skip
KEYCLOAK_OPTIONS = (
    "start", "--optimized", "--import-realm", "--http-enabled=true", "--hostname-strict=false", "--http-host=127.0.0.1",
)  # fmt: skip


def start_embedded(database: Path) -> Server:
    """Starts the embedded server on this database file."""
    arguments = ["dashboard.server", "--port", "0", "--database", str(database)]
    return start("embedded", [sys.executable, "-m", "dashboard.launcher.child", *arguments])


def start_hapi(database: str = "h2", folder: Path | None = None) -> Server:
    """Starts HAPI FHIR R4 on H2 ("h2") or on a PostgreSQL of its own ("postgresql"), which stops with it.

    Without a folder it is empty: H2 is in memory, PostgreSQL in a temporary folder. With one its database is in there,
    empty at first, and it runs at full speed. Raises CannotFetch (Maven) or CannotStart.
    """
    classpath = hapi_classpath()
    with contextlib.ExitStack() as after:
        schema = "none" if folder and folder.exists() and any(folder.iterdir()) else "create"
        if database == "postgresql":
            url = after.enter_context(start_postgresql(folder or _temporary(after))).base_url
        else:
            url = f"jdbc:h2:file:{folder / 'h2'};CACHE_SIZE={H2_CACHE}" if folder else "jdbc:h2:mem:hapi"
            url += ";DB_CLOSE_DELAY=-1"
        options = [*((*JAVA_FULL, *JAVA_ROOM) if folder else JAVA_EMPTY), f"-Ddatabase={url}", f"-Dschema={schema}"]
        server = start("hapi", ["java", *options, "-cp", classpath, "HapiForTests"])
        return Server(server.name, server.base_url, server.process, after.pop_all())


def hapi_classpath() -> str:
    """Returns HAPI's class path, after Maven has fetched and built what is missing. Raises CannotFetch."""
    return _classpath(HAPI)


def start_cds_hooks() -> Server:
    """Starts HAPI's CDS Hooks with a service of `cds_hooks`; `base_url` is what /cds-services follows. Raises
    CannotFetch (Maven) or CannotStart.
    """
    server = start("cds hooks", ["java", *JAVA_EMPTY, "-cp", _classpath(CDS_HOOKS), "CdsHooksForTests"])
    return Server(server.name, server.base_url.removesuffix("/fhir"), server.process)


def healthchain_python() -> Path:
    """Returns the Python of an environment with HealthChain, which is made once in the cache. Raises CannotFetch."""
    folder = cache_folder() / "healthchain"
    folder.mkdir(parents=True, exist_ok=True)
    return built(HEALTHCHAIN, folder, "venv/bin/python", ("sh", "build.sh", str(folder)))


def _classpath(folder: Path) -> str:
    command = ("mvn", "--quiet", "--batch-mode", "compile", "dependency:build-classpath")
    options = ("-Dmdep.includeScope=runtime", "-Dmdep.outputFile=target/classpath.txt")
    libraries = built(folder, folder / "target", "classpath.txt", (*command, *options)).read_text()
    return f"{folder / 'target' / 'classes'}:{libraries}"


def start_medplum() -> Server:
    """Starts Medplum's memory server without data. Raises CannotFetch (npm) or CannotStart."""
    return start("medplum", ["node", str(medplum_folder() / "server.mjs")])


def medplum_folder() -> Path:
    """Returns the folder of Medplum, after npm has fetched what is missing. Raises CannotFetch."""
    command = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    built(MEDPLUM, MEDPLUM / "node_modules", ".package-lock.json", command)
    return MEDPLUM


def start_keycloak(port: int) -> Server:
    """Starts Keycloak with `keycloak/realm.json`, in memory; `base_url` is the realm's. Raises as `start_hapi` does."""
    home = built(KEYCLOAK, KEYCLOAK / "target", "keycloak", ("sh", "build.sh"))
    command = ["java", *KEYCLOAK_JAVA, *KEYCLOAK_OPTIONS, f"--http-port={port}"]
    server = start("keycloak", ended_with_stdin(home, command), KEYCLOAK_READY)
    return Server(server.name, f"{server.base_url}/realms/c3", server.process)


def _temporary(after: contextlib.ExitStack) -> Path:
    """Returns a folder that is removed after the server, inside one that other users may pass."""
    outer = Path(after.enter_context(tempfile.TemporaryDirectory(prefix="c3-test-")))
    outer.chmod(0o711)
    return outer / "data"
