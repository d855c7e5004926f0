"""Starts the whole with one command: `python -m dashboard` (see `--help`).

Without the address of a FHIR server: the embedded one, the demo cohort, the dashboard. Exit code 0 after Ctrl-C or
SIGTERM, 1 when a process ended by itself, 2 when the start cannot work, each with one sentence.
"""

import os
import signal
import sys
import time
import webbrowser
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from types import FrameType

from dashboard.errors import DashboardError
from dashboard.launcher.cohort import choose_cohort, read_cohort, write_cohort
from dashboard.launcher.options import Options, parse_options
from dashboard.launcher.preflight import LOOPBACK, hold_data_folder, require_fhir_r4, require_free_port
from dashboard.launcher.processes import Child, ProcessEnded, Processes
from dashboard.settings import Settings, load_settings, require_way_in
from dashboard.ui.shared.error_words import error_words

DATABASE = "fhir.sqlite"
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def main() -> int:
    """Runs until stopped. The exit code."""
    for number in SIGNALS:
        # One that was ignored from outside (nohup) stays so.
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _interrupt)
    try:
        settings = load_settings()
        _run(parse_options(sys.argv[1:], settings), settings)
    except KeyboardInterrupt:
        _say("Stopped.")
    except DashboardError as problem:
        _say(error_words(problem), error=True)
        return 2
    except ProcessEnded as problem:
        _say(str(problem), error=True)
        return 1
    return 0


def _run(options: Options, settings: Settings) -> None:
    began = time.monotonic()
    fhir_url = options.fhir_url or f"http://{LOOPBACK}:{options.fhir_port}/fhir"
    require_way_in(settings, LOOPBACK, fhir_url)
    with ExitStack() as stack:
        require_free_port(options.port, "--port")
        stack.enter_context(hold_data_folder(options.data_dir))
        if options.fhir_url:
            require_fhir_r4(fhir_url, settings)
        else:
            require_free_port(options.fhir_port, "--fhir-port")
        processes = stack.enter_context(Processes(_environment(options, fhir_url), options.data_dir / "logs"))
        # Called before the processes are stopped: a second Ctrl-C must not leave that half done.
        stack.callback(_hold_signals)
        if options.fhir_url:
            _say(f"Using the FHIR server {fhir_url}; no demo data are written.")
        else:
            today = (settings.as_of or datetime.now(UTC)).date().isoformat()
            _start_embedded_server(processes, options, fhir_url, today)
        dashboard = _start_dashboard(processes, options)
        processes.wait_for_port(dashboard, options.port)
        address = settings.sign_in.origin if settings.sign_in else f"http://localhost:{options.port}"
        _say(f"Ready after {time.monotonic() - began:.0f} s: {address}    (Ctrl-C stops it)")
        if options.open_browser:
            webbrowser.open(address)
        processes.watch()


def _start_embedded_server(processes: Processes, options: Options, fhir_url: str, today: str) -> None:
    database = options.data_dir / DATABASE
    stored = read_cohort(options.data_dir, database)
    _say(f"Starting the FHIR server at {fhir_url}, data in {options.data_dir}")
    server = processes.start(
        "The FHIR server", "dashboard.server", "--port", str(options.fhir_port), "--database", str(database)
    )
    cohort, sentence = choose_cohort(stored, options, today)
    processes.wait_for_port(server, options.fhir_port)
    if sentence:
        _say(sentence)
    if cohort:
        write_cohort(options.data_dir, cohort)
        which = ("--patients", str(cohort.patients), "--seed", str(cohort.seed), "--as-of", cohort.as_of)
        processes.run("Loading the demo cohort", "dashboard.demo", "--fhir-url", fhir_url, *which)
        write_cohort(options.data_dir, replace(cohort, complete=True))


def _start_dashboard(processes: Processes, options: Options) -> Child:
    _say("Starting the dashboard")
    return processes.start(
        "The dashboard",
        "streamlit",
        *("run", "dashboard/asgi.py"),
        *("--server.address", LOOPBACK, "--server.port", str(options.port), "--server.headless", "true"),
    )


def _environment(options: Options, fhir_url: str) -> dict[str, str]:
    """The environment of the processes: the settings that an option may have changed."""
    given = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
    # A proxy of the house must not be asked for the servers on this machine.
    around_proxy = f"{given + ',' if given else ''}{LOOPBACK},localhost"
    return {
        "FHIR_BASE_URL": fhir_url,
        "DASHBOARD_DATA_DIR": str(options.data_dir),
        "DASHBOARD_DEMO_USER": options.demo_user,
        "NO_PROXY": around_proxy,
        "no_proxy": around_proxy,
        "PYTHONUNBUFFERED": "1",
    }


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _hold_signals() -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _say(sentence: str, *, error: bool = False) -> None:
    print(sentence, file=sys.stderr if error else sys.stdout, flush=True)


if __name__ == "__main__":
    sys.exit(main())
