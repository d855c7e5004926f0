"""The command line of `python -m dashboard`, joined with the settings: an option wins over its setting."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dashboard.settings import Settings

DEFAULT_PATIENTS = 60
DEFAULT_SEED = 7
# The largest cohort that is tried; more would work, and take hours.
MOST_PATIENTS = 20_000


@dataclass(frozen=True, slots=True)
class Options:
    """What to start. `fhir_url` is "" for the embedded server; `patients` and `seed` are None where not asked for."""

    fhir_url: str
    port: int
    fhir_port: int
    patients: int | None
    seed: int | None
    data_dir: Path
    demo_user: str
    open_browser: bool


def parse_options(arguments: Sequence[str], settings: Settings) -> Options:
    """The options of this start. Ends the process with code 2 and a usage line for what cannot be understood."""
    given = _parser().parse_args(arguments)
    return Options(
        fhir_url=(given.fhir_url if given.fhir_url is not None else settings.fhir_base_url).strip().rstrip("/"),
        port=given.port,
        fhir_port=given.fhir_port,
        patients=given.patients,
        seed=given.seed,
        data_dir=Path(given.data_dir).expanduser().absolute() if given.data_dir else settings.data_dir,
        demo_user=(given.demo_user or settings.demo_user).removeprefix("Practitioner/"),
        open_browser=given.open,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m dashboard",
        description="Starts the dashboard; without --fhir-url also a FHIR server with synthetic demo patients.",
    )
    parser.add_argument("--fhir-url", metavar="URL", help="a FHIR R4 server of your own: nothing else is started")
    parser.add_argument("--port", type=_port, default=8501, help="of the dashboard (default %(default)s)")
    parser.add_argument("--fhir-port", type=_port, default=8090, help="of the embedded server (default %(default)s)")
    parser.add_argument("--patients", type=_patients, metavar="N", help=f"demo patients (default {DEFAULT_PATIENTS})")
    parser.add_argument("--seed", type=int, metavar="N", help=f"of the demo's chance (default {DEFAULT_SEED})")
    parser.add_argument("--data-dir", metavar="DIR", help="folder of the embedded server's data (default .data)")
    parser.add_argument("--demo-user", default="", metavar="ID", help="the Practitioner who is looking")
    parser.add_argument("--open", action="store_true", help="open the dashboard in the browser when it is ready")
    return parser


def _port(text: str) -> int:
    return _whole_number(text, 1, 65535)


def _patients(text: str) -> int:
    return _whole_number(text, 0, MOST_PATIENTS)


def _whole_number(text: str, lowest: int, highest: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = lowest - 1
    if not lowest <= number <= highest:
        raise argparse.ArgumentTypeError(f"a whole number from {lowest} to {highest} is needed")
    return number
