"""A figure as a row, and the table that all figures make."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULTS_JSON = HERE / "results.json"
RESULTS_MD = HERE / "results.md"

COLUMNS = ("part", "case", "figure", "value", "unit", "aim", "holds")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `aim` is the limit in words ("<= 8"), "" where there is none; `holds` None then."""

    part: int
    case: str
    figure: str
    value: float
    unit: str = ""
    aim: str = ""
    holds: bool | None = None


def at_most(part: int, case: str, figure: str, value: float, limit: float, unit: str = "") -> Row:
    """A row that holds when the value is at most the limit."""
    return Row(part, case, figure, rounded(value), unit, f"<= {limit:g}", value <= limit)


def plain(part: int, case: str, figure: str, value: float, unit: str = "") -> Row:
    """A row without an aim."""
    return Row(part, case, figure, rounded(value), unit)


def rounded(value: float) -> float:
    """Three digits are more than a shared machine repeats."""
    return float(f"{value:.3g}") if abs(value) < 1000 else float(round(value))


def keep(rows: Sequence[Row], machine: str) -> None:
    """Writes the rows into both files; rows of parts and cases that were not measured now stay as they were."""
    measured = {(row.part, row.case) for row in rows}
    earlier = [row for row in _kept() if (row.part, row.case) not in measured]
    ordered = sorted([*earlier, *rows], key=lambda row: (row.part, [int(n) for n in re.findall(r"\d+", row.case)]))
    RESULTS_JSON.write_text(json.dumps([asdict(row) for row in ordered], indent=1) + "\n", encoding="utf-8")
    text = f"# Figures\n\n`make bench` wrote this. {machine}\n\n{table(ordered)}\n"
    RESULTS_MD.write_text(text, encoding="utf-8")


def table(rows: Iterable[Row]) -> str:
    """The rows as a Markdown table that is also readable as it stands."""
    lines = [COLUMNS, *(_cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(COLUMNS))]
    padded = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
    drawn = ["| " + " | ".join(line) + " |" for line in padded]
    return "\n".join([drawn[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *drawn[1:]])


def _cells(row: Row) -> tuple[str, ...]:
    holds = {True: "yes", False: "NO", None: ""}[row.holds]
    return (str(row.part), row.case, row.figure, f"{row.value:g}", row.unit, row.aim, holds)


def _kept() -> list[Row]:
    if not RESULTS_JSON.exists():
        return []
    return [Row(**row) for row in json.loads(RESULTS_JSON.read_text(encoding="utf-8"))]
