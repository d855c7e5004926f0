"""Writes the files of an evaluation: rows by pseudonym for the site, the summary for everybody, and what they mean.

`patients.csv` has a row for each patient, measure and period. It is for whoever holds the site's key alone: a
pseudonym hides a name, not a course. `summary.csv` has no count of people under 5, and none from which one could be
worked out. Decimals are points, lists of files and columns are in `data-dictionary.csv`.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from dashboard.domain.evaluation.intervals import LEVEL
from dashboard.domain.evaluation.measure import EvaluationMeasure, Statistic
from dashboard.domain.evaluation.strata import StratumKind, arm_of, condition_stratum
from dashboard.domain.evaluation.summary import EvaluationSummary, SummaryRow, rounded
from dashboard.domain.pilot.disclosure import FEWEST, Count
from dashboard.domain.pilot.pseudonyms import pseudonym
from dashboard.errors import OperatorError
from dashboard.evaluation.evaluate import Evaluation

PATIENTS, SUMMARY, MEASURES = "patients.csv", "summary.csv", "measures.csv"
DICTIONARY, MANIFEST = "data-dictionary.csv", "manifest.json"

Cell = str | int | float | None
Line = tuple[Cell, ...]

COLUMNS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    PATIENTS: (
        ("pseudonym", "stands for one patient; the same as long as the site's key is the same"),
        ("arm", "intervention or comparison"),
        ("layer", "layer of the evaluation: 3 the small test group, 4 the main group"),
        ("site", "site of enrolment"),
        ("conditions", "the two programme conditions, 3+ for three or four, 0-1 for fewer than two"),
        ("measure", "key of the measure, see measures.csv"),
        ("period", "before enrolment, or the period after it"),
        ("value", "in the unit; empty where it is missing"),
        ("unit", "UCUM"),
        ("missing", "why there is no value: no-record, too-few (values for a slope), not-yet, died, left"),
        ("records", "how many records the value rests on; of a rate the events"),
        ("years", "of a rate: person-years in which events could happen"),
    ),
    SUMMARY: (
        ("arm", "intervention or comparison"),
        ("stratum_kind", "all: the whole arm; site: by site of enrolment; conditions: by pair of conditions"),
        ("stratum", "the site, or the pair; 3+ for three or four conditions, 0-1 for fewer than two"),
        ("measure", "key of the measure, see measures.csv"),
        ("period", "the period after enrolment that is compared with the one before it"),
        ("people", "people of the stratum"),
        ("n_before", "people with a value before enrolment"),
        ("n_after", "people with a value in the period"),
        ("n", "people with both, of whom the means and the change are"),
        ("missing", "people without both"),
        ("mean_before", "mean before enrolment; of a rate events by person-years"),
        ("mean_after", "mean in the period"),
        ("change_kind", "difference (after less before) or ratio (after by before)"),
        ("change", "mean difference, or rate ratio"),
        ("low", "lower end of the 95 % interval of the change"),
        ("high", "upper end of the 95 % interval of the change"),
        ("unit", "UCUM; a ratio has none"),
        ("note", "held back: a count under 5, or one from which such a count could be worked out"),
    ),
    MEASURES: (
        ("measure", "key"),
        ("title", "name"),
        ("statistic", "how a patient's records of a period become one number"),
        ("numerator", "what is counted"),
        ("denominator", "of whom"),
        ("unit", "UCUM"),
        ("before", "days of the period before enrolment, which is day 0"),
        ("after", "days of the periods after it"),
        ("source", "where the definition comes from"),
        ("link", "its address"),
        ("edition", "edition of the measure's file"),
        ("draft", "yes: not reviewed by a clinician or a statistician"),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """How an evaluation was made: the engine and its version, what was read, when, of which study."""

    engine: str
    source: str
    at: datetime
    study: str
    key_is_kept: bool


def write_files(folder: Path, found: Evaluation, key: str, run: Run) -> list[Path]:
    """Writes all files into the folder, which is made where there is none. Raises OperatorError where it cannot."""
    made = {
        PATIENTS: _csv(PATIENTS, patient_lines(found, key)),
        SUMMARY: summary_csv(found.summary),
        MEASURES: _csv(MEASURES, map(_measure_line, found.summary.measures)),
        DICTIONARY: dictionary_csv(),
    }
    made[MANIFEST] = _manifest(found, run, made)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in made.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise OperatorError(f"The files cannot be written to {folder}: {error.strerror}.") from None
    return [folder / name for name in made]


def patient_lines(found: Evaluation, key: str) -> list[Line]:
    """The lines of `patients.csv`, by pseudonym, so that their order says nothing."""
    units = {each.key: each.unit for each in found.summary.measures}
    lines: list[Line] = []
    for person in found.people:
        who = person.who
        begin = (
            pseudonym(key, who.ids[0]), str(arm_of(who.arm)), who.layer, found.summary.sites.get(who.site, ""),
            condition_stratum(person.conditions),
        )  # fmt: skip
        for each in person.measures:
            value = None if each.value is None else round(each.value, 4)
            years = round(each.years, 4) if each.years else None
            lines.append(
                (*begin, each.measure, each.period, value, units[each.measure], str(each.missing), each.events, years)
            )
    return sorted(lines, key=lambda line: str(line[0]))


def summary_csv(summary: EvaluationSummary) -> bytes:
    """The bytes of `summary.csv`."""
    by_key = {each.key: each for each in summary.measures}
    return _csv(SUMMARY, [_summary_line(each, by_key[each.measure], summary) for each in summary.rows])


def dictionary_csv() -> bytes:
    """The bytes of `data-dictionary.csv`: each column of each file in words."""
    lines = [(name, column, words) for name, columns in COLUMNS.items() for column, words in columns]
    return _written([("file", "column", "meaning"), *lines])


def _summary_line(row: SummaryRow, measure: EvaluationMeasure, summary: EvaluationSummary) -> Line:
    counts = (row.people, row.before, row.after, row.both, row.missing)
    name = row.stratum if row.kind is not StratumKind.SITE else summary.sites.get(row.stratum, "")
    ratio = measure.statistic is Statistic.RATE
    shown = rounded(row, measure)
    change = shown.change
    hidden = row.held_back or any(each.value is None for each in counts)
    return (
        str(row.arm), str(row.kind), name, row.measure, row.period, *map(count_cell, counts), shown.mean_before,
        shown.mean_after, "ratio" if ratio else "difference", change.value if change else None,
        change.low if change else None, change.high if change else None, measure.unit, "held back" if hidden else "",
    )  # fmt: skip


def count_cell(count: Count) -> Cell:
    """The number, `<5`, or empty where it is not shown."""
    return count.value if count.value is not None else f"<{FEWEST}" if count.few else ""


def _measure_line(measure: EvaluationMeasure) -> Line:
    periods = [f"{each.first} to {each.last}" for each in measure.windows]
    return (
        measure.key, measure.title, str(measure.statistic), measure.numerator, measure.denominator, measure.unit,
        periods[0], "; ".join(periods[1:]), measure.source, measure.link, measure.edition,
        "yes" if measure.draft else "no",
    )  # fmt: skip


def _manifest(found: Evaluation, run: Run, made: dict[str, bytes]) -> bytes:
    summary = found.summary
    content = {
        "made": run.at.isoformat(),
        "last_day": summary.today.isoformat(),
        "study": run.study,
        "engine": run.engine,
        "source": run.source,
        "draft": "Measures, methods and disclosure control are drafts, not reviewed.",
        "level_of_intervals": LEVEL,
        "held_back": f"{SUMMARY} has no count of people under {FEWEST}, and none from which it could be worked out.",
        "pseudonyms": "by the site's key" if run.key_is_kept else "by a key of this run, which is not kept",
        "for_the_site_alone": f"{PATIENTS} has a row a patient. It is for whoever holds the site's key.",
        "withdrawn": count_cell(summary.withdrawn),
        "measures": {each.key: each.edition for each in summary.measures},
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in made.items()},
    }
    return json.dumps(content, indent=2, ensure_ascii=False).encode() + b"\n"


def _csv(name: str, lines: Iterable[Line]) -> bytes:
    return _written([tuple(column for column, _ in COLUMNS[name]), *lines])


def _written(lines: Sequence[Line]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerows(tuple(map(_safe, line)) for line in lines)
    return buffer.getvalue().encode()


def _safe(cell: Cell) -> Cell:
    """A text that a spreadsheet would take for a formula gets an apostrophe before it."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t")) else cell
