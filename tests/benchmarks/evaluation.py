"""Part 10: the evaluation of the demo's pilot from NDJSON files, by number of patients.

The floor is reading the same files: every line through orjson, nothing kept. Both are measured by turns, in the seconds
that this process itself takes.
"""

import gc
import tempfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from time import process_time
from typing import BinaryIO

import orjson

from dashboard.demo.cohort import SEED, foundation, generate
from dashboard.evaluation.cohort import COHORT_TYPES, choose_study, read_cohort
from dashboard.evaluation.evaluate import Evaluation, evaluate, read_all, reader_for
from dashboard.evaluation.ndjson_files import NdjsonFolder
from dashboard.evaluation.read_facts import TYPES
from dashboard.fhir.measure_files import load_measures
from dashboard.fhir.terminology_files import load_terminology
from tests.benchmarks.pairs import paired_ratio
from tests.benchmarks.rows import Row, at_most, without_aim

PART = 10
TODAY = date(2026, 11, 23)
ROUNDS = 5
AIM = 3.0


def measure(sizes: Sequence[int], say: Callable[[str], None]) -> list[Row]:
    """Returns the figures of each size; 60 is too few for the aim to mean anything."""
    rows: list[Row] = []
    for size in [each for each in sizes if each > 60]:
        say(f"part 10: the evaluation of {size} patients; their files are made first")
        with tempfile.TemporaryDirectory() as folder:
            write_files(Path(folder), size)
            rows += _of_size(Path(folder), size)
    return rows


def write_files(folder: Path, size: int) -> None:
    """The demo cohort as NDJSON, a file a type."""
    files: dict[str, BinaryIO] = {}
    try:
        for resources in (foundation(size, TODAY), *generate(size, SEED, TODAY)):
            for each in resources:
                name = each["resourceType"]
                if name not in files:
                    files[name] = (folder / f"{name}.ndjson").open("wb")
                files[name].write(orjson.dumps(each) + b"\n")
    finally:
        for file in files.values():
            file.close()


def _of_size(folder: Path, size: int) -> list[Row]:
    dearer, cheaper, found = [], [], evaluated(folder)
    for _ in range(ROUNDS):
        dearer.append(_seconds(lambda: evaluated(folder)))
        cheaper.append(_seconds(lambda: bare(folder)))
    ratio = paired_ratio(dearer, cheaper)
    case = f"evaluation of {size} patients"
    return [
        without_aim(PART, case, "people who are enrolled", len(found.people)),
        without_aim(PART, case, "evaluation", min(dearer), "s"),
        without_aim(PART, case, "reading the files", min(cheaper), "s"),
        at_most(PART, case, "evaluation / reading the files", ratio.value, AIM),
    ]


def _seconds(run: Callable[[], object]) -> float:
    gc.collect()
    gc.disable()  # as the program does
    try:
        started = process_time()
        run()
        return process_time() - started
    finally:
        gc.enable()


def evaluated(folder: Path) -> Evaluation:
    """What `python -m dashboard.evaluation --ndjson` does before it writes."""
    files, measures = NdjsonFolder(folder), load_measures()
    studies, subjects, patients, organisations = map(files.resources, COHORT_TYPES)
    cohort = read_cohort(choose_study(studies), subjects, patients, organisations, TODAY)
    reader = reader_for(cohort, measures, load_terminology())
    facts = read_all(reader, TYPES, lambda name: files.resources(name, cohort.whose), lambda name: None)
    return evaluate(cohort, facts, measures, TODAY)


def bare(folder: Path) -> None:
    """Reads every line of the files that the evaluation reads."""
    for paths in (NdjsonFolder(folder).files.get(name, ()) for name in (*COHORT_TYPES, *TYPES)):
        for path in paths:
            with path.open("rb") as lines:
                for line in lines:
                    orjson.loads(line)
