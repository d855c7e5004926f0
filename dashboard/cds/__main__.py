"""`python -m dashboard.cds --port 8600`: our CDS Hooks service alone, on this machine; a proxy before it speaks https.

It needs no FHIR server. Exit code 0 after Ctrl-C or SIGTERM; 2 with one sentence when it cannot start.
"""

import argparse
import gc
import logging
import socket
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from dashboard.errors import OperatorError
from dashboard.settings import load_settings

CANNOT_START = 2
HOST = "127.0.0.1"


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until a signal stops it; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m dashboard.cds", description="The CDS Hooks service alone.")
    parser.add_argument("--port", type=int, default=8600, help="port on 127.0.0.1; 0 takes a free one (default: 8600)")
    options = parser.parse_args(arguments)
    try:
        _serve(options.port)
    except OperatorError as problem:
        sys.stderr.write(f"{problem}\n")
        return CANNOT_START
    return 0


def _serve(port: int) -> None:
    import uvicorn  # here: a refusal above comes at once, these take a second to load

    from dashboard.cds.app import build_app

    settings = load_settings()
    app = build_app(settings, lambda: settings.as_of or datetime.now(UTC))
    gc.freeze()  # the rules stay: sparing them each collection halves what a call takes
    gc.set_threshold(50_000, 20, 50)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.getLogger("dashboard").setLevel(logging.INFO)
    with _listen(port) as listener:
        sys.stdout.write(f"CDS Hooks service ready at http://{HOST}:{listener.getsockname()[1]}/cds-services\n")
        sys.stdout.flush()
        # Who calls is seen by the proxy's own address alone: what a header says of it is not believed.
        config = uvicorn.Config(
            app, access_log=False, log_level="warning", lifespan="off", proxy_headers=False, server_header=False
        )
        uvicorn.Server(config).run(sockets=[listener])


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen()
    except (OSError, OverflowError) as error:
        listener.close()
        raise OperatorError(f"Port {port} is taken or not allowed; choose another with --port.") from error
    return listener


if __name__ == "__main__":
    sys.exit(main())
