"""Rows of figures, the table of them, and the files results.json and results.md in which they are stored."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULTS_JSON = HERE / "results.json"
RESULTS_MD = HERE / "results.md"

NOTE = """Rows without an aim are for comparison. Cold page / floor, warm page / bare page and building / floor had one
until Part 4: they made us optimise what no user waits for. How a server of the pilot's size does is measured in Part 5.
"""
COLUMNS = ("part", "case", "figure", "value", "unit", "aim", "holds")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `aim` is the limit as text ("<= 8"); without one `aim` is "" and `holds` is None."""

    part: int
    case: str
    figure: str
    value: float
    unit: str = ""
    aim: str = ""
    holds: bool | None = None


def at_most(part: int, case: str, figure: str, value: float, limit: float, unit: str = "") -> Row:
    """Returns a row with an aim, which holds when the value is at most the limit."""
    return Row(part, case, figure, rounded(value), unit, f"<= {limit:g}", value <= limit)


def without_aim(part: int, case: str, figure: str, value: float, unit: str = "") -> Row:
    """Returns a row without an aim."""
    return Row(part, case, figure, rounded(value), unit)


def rounded(value: float) -> float:
    """Rounds to three digits: more do not repeat on a shared machine."""
    return float(f"{value:.3g}") if abs(value) < 1000 else float(round(value))


def store(rows: Sequence[Row], machine: str) -> None:
    """Writes the rows into both files; rows of parts and cases that were not measured this time stay as they were."""
    measured = {(row.part, row.case) for row in rows}
    earlier = [row for row in _stored() if (row.part, row.case) not in measured]
    ordered = sorted([*earlier, *rows], key=lambda row: (row.part, [int(n) for n in re.findall(r"\d+", row.case)]))
    RESULTS_JSON.write_text(json.dumps([asdict(row) for row in ordered], indent=1) + "\n", encoding="utf-8")
    text = f"# Figures\n\n`make bench` wrote this. {machine}\n\n{NOTE}\n{table(ordered)}\n"
    RESULTS_MD.write_text(text, encoding="utf-8")


def table(rows: Iterable[Row]) -> str:
    """Returns the rows as a Markdown table with columns padded, so that its source is readable too."""
    lines = [COLUMNS, *(_cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(COLUMNS))]
    padded = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
    drawn = ["| " + " | ".join(line) + " |" for line in padded]
    return "\n".join([drawn[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *drawn[1:]])


def _cells(row: Row) -> tuple[str, ...]:
    holds = {True: "yes", False: "NO", None: ""}[row.holds]
    return (str(row.part), row.case, row.figure, f"{row.value:g}", row.unit, row.aim, holds)


def _stored() -> list[Row]:
    if not RESULTS_JSON.exists():
        return []
    return [Row(**row) for row in json.loads(RESULTS_JSON.read_text(encoding="utf-8"))]
