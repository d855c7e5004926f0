"""`python -m dashboard.evaluation`: evaluates the pilot before and after enrolment, and writes the files.

    python -m dashboard.evaluation --ndjson export/ --output evaluation/
    python -m dashboard.evaluation --fhir-url https://fhir.example.org/r4 --output evaluation/

Exit code 0, or 2 with one sentence where it cannot be done. The key of the pseudonyms, the time zone of the sites, the
moment of view and the token are settings (see the README).
"""

import argparse
import gc
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from dashboard.domain.evaluation.reference_day import reference_day
from dashboard.domain.values.site_time import set_site_zone, site_day
from dashboard.errors import DashboardError, OperatorError
from dashboard.evaluation.cohort import COHORT_TYPES, Cohort, choose_study, read_cohort
from dashboard.evaluation.evaluate import Evaluation, evaluate, read_all, reader_for
from dashboard.evaluation.ndjson_files import NdjsonFolder
from dashboard.evaluation.read_facts import TYPES
from dashboard.evaluation.server_records import evaluate_server
from dashboard.evaluation.spark_engine import read_all_with_spark, spark_version
from dashboard.evaluation.write_files import Run, write_files
from dashboard.fhir.client.http_server import HttpFhirServer
from dashboard.fhir.measure_files import load_measures
from dashboard.fhir.terminology_files import load_terminology
from dashboard.settings import Settings, load_settings
from dashboard.ui.shared.error_words import error_words

CANNOT: Final = 2
LOCAL, SPARK = "local", "spark"
READ_SECONDS: Final = 180.0
"""A search for a hundred people may take a slow server its time."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code."""
    try:
        settings = load_settings()
        set_site_zone(settings.time_zone)
        options = _parse(arguments)
        gc.disable()  # a million parsed records come and go, none of them in a circle: looking for circles is a fifth
        _run(options, settings)
    except DashboardError as problem:
        _say(error_words(problem), error=True)
        return CANNOT
    except KeyboardInterrupt:
        _say("Stopped. Nothing was written.", error=True)
        return CANNOT
    finally:
        gc.enable()
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m dashboard.evaluation",
        description="Evaluates the pilot before and after enrolment: rows by pseudonym for the site, and a summary.",
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--ndjson", type=Path, metavar="FOLDER", help="NDJSON files as a Bulk Data export leaves them")
    source.add_argument("--fhir-url", metavar="URL", help="base address of a FHIR R4 server")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="where the files are written")
    parser.add_argument("--study", default="", metavar="ID", help="id of the ResearchStudy, where there are several")
    parser.add_argument(
        "--engine",
        choices=(LOCAL, SPARK),
        default=LOCAL,
        help="spark reads NDJSON files on several machines (pip install -r data/evaluation/requirements-spark.txt)",
    )
    return parser.parse_args(arguments)


def _run(options: argparse.Namespace, settings: Settings) -> None:
    at = settings.as_of or datetime.now(UTC)
    study, found = _from_files(options, at) if options.ndjson else _from_server(options, settings, at)
    source = "NDJSON files" if options.ndjson else "FHIR server"
    engine = f"spark {spark_version()}" if options.engine == SPARK else LOCAL
    run = Run(f"{engine}, sqlonfhir {version('sqlonfhir')}", source, at, study, settings.pseudonym_key_is_kept)
    _say(f"{len(found.people):,} people are enrolled and have not withdrawn.")
    for path in write_files(options.output, found, settings.pseudonym_key, run):
        _say(str(path))
    if not settings.pseudonym_key_is_kept:
        _say("The pseudonyms are of this run alone: set DASHBOARD_PSEUDONYM_KEY to have the same ones each time.")
    if found.summary.unreadable:
        _say(f"{found.summary.unreadable:,} records could not be read, and count nowhere.")
    if found.undated:
        _say(f"{found.undated:,} people were enrolled on a day that is not on record, and count nowhere.")


def _from_files(options: argparse.Namespace, at: datetime) -> tuple[str, Evaluation]:
    folder = NdjsonFolder(options.ndjson)
    return _evaluated(folder.resources, lambda name, cohort: folder.resources(name, cohort.whose), options, at, folder)


def _evaluated(
    resources: Callable[[str], Iterable[Any]],
    about: Callable[[str, Cohort], Iterable[Any]],
    options: argparse.Namespace,
    at: datetime,
    folder: NdjsonFolder | None = None,
) -> tuple[str, Evaluation]:
    """The study and its evaluation, from all resources of a type, and from those about a cohort at least."""
    today, measures, terminology = reference_day(site_day(at)), load_measures(), load_terminology()
    studies, subjects, patients, organisations = map(resources, COHORT_TYPES)
    study = choose_study(studies, options.study)
    cohort = read_cohort(study, subjects, patients, organisations, today)
    reader = reader_for(cohort, measures, terminology)
    if options.engine == SPARK and folder is not None:
        facts = read_all_with_spark(reader, TYPES, folder, _read_next)
    else:
        facts = read_all(reader, TYPES, lambda name: about(name, cohort), _read_next)
    return study, evaluate(cohort, facts, measures, today)


def _from_server(options: argparse.Namespace, settings: Settings, at: datetime) -> tuple[str, Evaluation]:
    if options.engine == SPARK:
        raise OperatorError("Spark reads files: export them from the server first, then say --ndjson FOLDER.")
    token = settings.fhir_token
    timeout = (settings.fhir_timeout[0], READ_SECONDS)
    fhir = HttpFhirServer(options.fhir_url, token=(lambda: token) if token else None, timeout=timeout)
    try:
        if fhir.capabilities.exports:
            return _from_export(fhir, options, at)
        return evaluate_server(
            fhir, options.study, load_measures(), load_terminology(), reference_day(site_day(at)), _read_next
        )
    finally:
        fhir.close()


def _from_export(fhir: HttpFhirServer, options: argparse.Namespace, at: datetime) -> tuple[str, Evaluation]:
    _say("The server exports files; waiting until it has written them ...")
    export = fhir.export((*COHORT_TYPES, *TYPES))
    try:
        return _evaluated(export.resources, lambda name, cohort: export.resources(name), options, at)
    finally:
        export.close()


def _read_next(what: str) -> None:
    _say(f"Reading {what} ...")


def _say(sentence: str, *, error: bool = False) -> None:
    print(sentence, file=sys.stderr if error else sys.stdout)


if __name__ == "__main__":
    sys.exit(main())
