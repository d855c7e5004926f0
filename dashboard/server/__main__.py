"""`python -m dashboard.server --port P --database FILE`: the embedded FHIR server alone.

Exit code 0 after Ctrl-C or SIGTERM; 2 with one sentence when it cannot start: the port is taken, the folder cannot be
written, the database is broken, of another version, or in use by another server.
"""

import argparse
import asyncio
import contextlib
import fcntl
import gc
import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

CANNOT_START = 2
SECONDS_TO_FINISH = 5  # for requests under way at the signal to stop


class CannotStart(Exception):
    """Why, as a sentence."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until a signal stops it; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m dashboard.server", description="The embedded FHIR R4 server.")
    parser.add_argument("--port", type=int, default=8090, help="port on 127.0.0.1; 0 takes a free one (default: 8090)")
    parser.add_argument("--database", type=Path, default=Path(".data/fhir.sqlite"), help="default: .data/fhir.sqlite")
    options = parser.parse_args(arguments)
    try:
        with _listen(options.port) as listener, _own(options.database):
            _serve(listener, options.database)
    except CannotStart as reason:
        print(reason, file=sys.stderr)  # noqa: T201  # the command line's answer
        return CANNOT_START
    return 0


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen()
    except (OSError, OverflowError) as error:
        listener.close()
        raise CannotStart(f"Port {port} is taken or not allowed; choose another with --port.") from error
    return listener


@contextlib.contextmanager
def _own(database: Path) -> Iterator[IO[str]]:
    """Holds the lock of the database: a second server on the file would number versions twice."""
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        lock = database.with_name(database.name + ".lock").open("w")
        if database.is_dir() or (database.exists() and not os.access(database, os.R_OK | os.W_OK)):
            raise PermissionError
    except OSError as error:
        raise CannotStart(f"The database {database} cannot be written; choose another file or folder.") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CannotStart(f"The database {database} is in use by another server.") from error
        yield lock


def _serve(listener: socket.socket, database: Path) -> None:
    import uvicorn  # here: a refusal above comes at once, these take a second to load

    from dashboard.server.app import build_app
    from dashboard.server.schema import WrongDatabase

    port = listener.getsockname()[1]
    try:
        app = build_app(database, port)
    except WrongDatabase as reason:
        raise CannotStart(str(reason)) from reason
    config = uvicorn.Config(
        app, access_log=False, log_level="warning", lifespan="off", timeout_graceful_shutdown=SECONDS_TO_FINISH
    )
    server = uvicorn.Server(config)
    # uvicorn would end with the signal's own exit code; to stop at a signal is no failure
    server.capture_signals = contextlib.nullcontext  # type: ignore[assignment,method-assign]
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, server.handle_exit)
    gc.freeze()  # what is loaded by now stays: sparing it each collection makes a bulk load a tenth quicker
    gc.set_threshold(50_000, 20, 50)
    print(f"FHIR server ready at http://127.0.0.1:{port}/fhir", flush=True)  # noqa: T201
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(server.serve(sockets=[listener]))
    app.state.store.close()


if __name__ == "__main__":
    sys.exit(main())
