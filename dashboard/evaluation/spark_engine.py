"""Reads NDJSON files into facts with Apache Spark: the same views and rules, a part of the files on each processor.

Spark is for a cohort that outgrows one process; on a machine with two processors it gains little, and its start takes
seconds. `pip install -r data/evaluation/requirements-spark.txt` installs it; it needs Java 17 or newer.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import tzinfo
from pathlib import Path
from typing import Any, Final

import orjson

from dashboard.domain.record.observation import Measure
from dashboard.domain.values.site_time import set_site_zone, site_zone
from dashboard.errors import OperatorError
from dashboard.evaluation.evaluate import Progress
from dashboard.evaluation.ndjson_files import NdjsonFolder
from dashboard.evaluation.read_facts import Days, FactOf, FactReader, Skipped
from dashboard.evaluation.views import load_views
from dashboard.fhir.terminology_files import load_terminology

_ROOT: Final = Path(__file__).resolve().parents[2]
Patients = Mapping[str, Mapping[Measure, Days]]


def spark_version() -> str:
    """The version that is installed. Raises OperatorError where none is."""
    return str(_pyspark().__version__)


def read_all_with_spark(
    reader: FactReader, types: Iterable[str], folder: NdjsonFolder, progress: Progress
) -> Iterator[FactOf | Skipped]:
    """The facts of all resources of these types, as `evaluate.read_all` gives them. Raises OperatorError."""
    _pyspark()
    from pyspark.sql import SparkSession

    # Another place of Spark than this machine is said in Spark's own settings (SPARK_CONF_DIR).
    builder = SparkSession.builder.appName("evaluation").config("spark.ui.enabled", "false")
    builder = builder.config("spark.executorEnv.PYTHONPATH", str(_ROOT)).config("spark.log.level", "OFF")
    builder = builder.config("spark.ui.showConsoleProgress", "false")
    spark = builder.getOrCreate()
    spark.sparkContext.pythonExec = sys.executable  # this project's Python, not the machine's first one
    try:
        patients = spark.sparkContext.broadcast({ident: dict(days) for ident, days in reader.patients.items()})
        zone = site_zone()
        for resource_type in types:
            paths = folder.files.get(resource_type)
            if not paths:
                continue
            progress(resource_type)
            lines = spark.sparkContext.textFile(",".join(path.resolve().as_uri() for path in paths))
            facts = lines.mapPartitions(
                lambda part, name=resource_type: facts_of_lines(part, name, patients.value, zone)
            )
            yield from _collected(facts, resource_type)
    finally:
        spark.stop()


def facts_of_lines(
    lines: Iterable[str], resource_type: str, patients: Patients, zone: tzinfo
) -> Iterator[FactOf | Skipped]:
    """The facts of lines of NDJSON, on whichever machine they are: everything it needs is read there."""
    set_site_zone(zone)
    reader = FactReader(patients, load_terminology(), load_views())
    return reader.facts(resource_type, (orjson.loads(line) for line in lines if line and not line.isspace()))


def _collected(facts: Any, resource_type: str) -> list[FactOf | Skipped]:
    from py4j.protocol import Py4JJavaError

    failed = False
    try:
        found: list[FactOf | Skipped] = facts.collect()
    except Py4JJavaError:
        failed = True  # its text has lines of the files in it
    if failed:
        raise OperatorError(
            f"Spark could not read the {resource_type} files; run it with --engine local, which says the file and line."
        )
    return found


def _pyspark() -> Any:
    try:
        import pyspark
    except ImportError:
        raise OperatorError("Spark is not installed: pip install -r data/evaluation/requirements-spark.txt") from None
    return pyspark
