"""`python -m dashboard.demo --fhir-url URL`: writes the demo cohort, or anybody's R4 files, to a FHIR server.

Run twice it changes nothing. Exit code 0, 1 when something could not be loaded (it is named, the rest is there), 2 when
it cannot begin or the server stops answering.
"""

import argparse
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from dashboard.demo.cohort import PATIENTS, SEED, foundation, generate
from dashboard.demo.fhir import Json
from dashboard.demo.patients import care_team
from dashboard.demo.places import Team, teams_for
from dashboard.errors import DashboardError
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.search.registry import patient_paths
from dashboard.loading.batch import Batch
from dashboard.loading.file_records import NAMESPACE
from dashboard.loading.progress import Progress
from dashboard.loading.read_files import Files, choose_ids, find_files, read_files
from dashboard.loading.stored_records import ServerRecords
from dashboard.loading.write_batches import Report, load
from dashboard.settings import Settings, load_settings
from dashboard.ui.shared.error_words import error_words

CANNOT_BEGIN: Final = 2
# A transaction of 2,000 resources takes a slow server its time.
READ_SECONDS: Final = 180.0
# Problems shown in full; more are counted.
SHOWN: Final = 2000
LONGEST_ID: Final = 64
# The kinds of patients' records that pages read; of any other the report says that none does.
ON_PAGES: Final = frozenset(
    (
        "AllergyIntolerance", "Appointment", "AuditEvent", "CarePlan", "CareTeam", "CommunicationRequest", "Condition",
        "Consent", "DiagnosticReport", "DocumentReference", "Encounter", "Flag", "Goal", "ImagingStudy",
        "Immunization", "MedicationRequest", "MedicationStatement", "Observation", "Patient", "Procedure", "Provenance",
        "QuestionnaireResponse", "RelatedPerson", "ResearchSubject", "ServiceRequest", "Task",
    )
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code."""
    try:
        settings = load_settings()
        options = _parse(arguments)
        return _run(options, settings)
    except DashboardError as problem:
        _print(error_words(problem), error=True)
        return CANNOT_BEGIN
    except KeyboardInterrupt:
        _print("Stopped. Run it again to go on where it stopped.", error=True)
        return CANNOT_BEGIN


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m dashboard.demo",
        description="Writes the synthetic demo cohort, or R4 files, to a FHIR server. Run twice it changes nothing.",
    )
    parser.add_argument("--fhir-url", required=True, metavar="URL", help="base address of a FHIR R4 server")
    parser.add_argument(
        "--patients",
        type=_count,
        default=PATIENTS,
        metavar="N",
        help=f"demo patients (default {PATIENTS}); 0: only the organisations, people and teams, and the --bundles",
    )
    parser.add_argument("--seed", type=int, default=SEED, metavar="S", help=f"of the demo's chance (default {SEED})")
    parser.add_argument(
        "--bundles",
        nargs="+",
        type=Path,
        default=[],
        metavar="FILE_OR_FOLDER",
        help="R4 Bundles or resources to load as well: .json, .json.gz, .ndjson",
    )
    parser.add_argument(
        "--study",
        action="store_true",
        help="with --patients 0: also a record of the pilot with the demo's sites, without days and targets",
    )
    parser.add_argument("--team", default="", metavar="TEAM", help="id or name of the team that takes their patients")
    parser.add_argument("--as-of", type=date.fromisoformat, metavar="DATE", help="day of view (default today)")
    options = parser.parse_args(arguments)
    options.team = _team(parser, options.team, options.patients)
    return options


def _count(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 100_000:
        raise argparse.ArgumentTypeError("a number from 0 to 100000")
    return number


def _team(parser: argparse.ArgumentParser, asked: str, patients: int) -> Team:
    teams = teams_for(patients)
    if not asked:
        return teams[0]
    matching = [team for team in teams if asked.casefold() in (team.id.casefold(), team.name.casefold())]
    if not matching:
        parser.error(f"--team: no such team; there are {', '.join(team.id for team in teams)}")
    return matching[0]


def _run(options: argparse.Namespace, settings: Settings) -> int:
    began = time.monotonic()
    as_of = options.as_of or (settings.as_of or datetime.now(UTC)).date()
    token = settings.fhir_token
    fhir = HttpFhirServer(
        options.fhir_url, token=(lambda: token) if token else None, timeout=(settings.fhir_timeout[0], READ_SECONDS)
    )
    if not fhir.capabilities.transactions:
        _print("This server cannot save several records together: they are written one by one, which takes longer.")
    report = Report()
    files = find_files(options.bundles)
    base = foundation(options.patients, as_of if options.patients or options.study else None)
    try:
        _load(fhir, [_batch(base, together=False)], report, "Organisations and people", 0)
        if options.patients:
            cohort = _cohort(generate(options.patients, options.seed, as_of), options.patients)
            _load(fhir, cohort, report, "Patients", options.patients)
        if files.paths:
            stored = ServerRecords(fhir)
            own = frozenset(f"{one['resourceType']}/{one['id']}" for one in base)
            chosen = choose_ids(files, stored, own, options.fhir_url)
            report.remarks += chosen.remarks
            _load(fhir, read_files(files, chosen), report, "Files", len(files.paths))
            report.already += files.merged
            patients = dict.fromkeys(name for name in chosen.names.values() if name.startswith("Patient/"))
            there = stored.by_name(patients)
            report.problems += [
                f"{name} is not on the server: no page has the {number:,} records of the files about it."
                for name in patients
                if name not in there and (number := chosen.about[name])
            ]
            _load(fhir, _care_teams(options.team, list(there)), report, "Care teams", 0)
    finally:
        report.problems[:0] = files.problems
        _print_report(report, files, time.monotonic() - began)
        fhir.close()
    return 1 if report.problems else 0


def _load(fhir: HttpFhirServer, batches: Iterator[Batch] | list[Batch], report: Report, label: str, total: int) -> None:
    progress = Progress(label, total)
    try:
        load(fhir, batches, report, progress)
    finally:
        progress.end()


def _batch(resources: list[Json], *, together: bool) -> Batch:
    return Batch(resources, [f"demo {one['resourceType']} {one['id']}" for one in resources], together)


def _cohort(records: Iterator[list[Json]], patients: int) -> Iterator[Batch]:
    """A batch a patient. The conferences after them name patients, so the first one waits for all batches before it."""
    for number, made in enumerate(records):
        batch = _batch(made, together=True)
        batch.after = number == patients
        yield batch


def _care_teams(team: Team, patients: list[str]) -> Iterator[Batch]:
    """A CareTeam for each patient of the files, without dates: their records may lie far in the past."""
    for name in patients:
        id_ = name.split("/")[1]
        own = f"demo-team-{id_}"
        own = own if len(own) <= LONGEST_ID else f"demo-team-{uuid.uuid5(NAMESPACE, id_)}"
        yield _batch([care_team(own, id_, team, "", None)], together=False)


def _print_report(report: Report, files: Files, seconds: float) -> None:
    for problem in report.problems[:SHOWN]:
        _print(problem, error=True)
    if len(report.problems) > SHOWN:
        _print(f"... and {len(report.problems) - SHOWN:,} more.", error=True)
    for kind, count in sorted(report.written.items()):
        shown = kind in ON_PAGES or not patient_paths(kind)
        _print(f"{count:>9,}  {kind}{'' if shown else ' (no page shows these)'}")
    for remark in report.remarks[:SHOWN]:
        _print(remark)
    if len(report.remarks) > SHOWN:
        _print(f"... and {len(report.remarks) - SHOWN:,} more remarks.")
    if files.unresolved:
        _print(f"{files.unresolved:,} references lead to no record of the files; they stay identifiers.")
    summary = f"{report.written.total():,} records written"
    summary += f", {report.already:,} were there already" if report.already else ""
    summary += f", {len(report.problems):,} could not be loaded" if report.problems else ""
    _print(f"{summary}; {seconds:.1f} seconds.")


def _print(sentence: str, *, error: bool = False) -> None:
    (sys.stderr if error else sys.stdout).write(f"{sentence}\n")


if __name__ == "__main__":
    sys.exit(main())
