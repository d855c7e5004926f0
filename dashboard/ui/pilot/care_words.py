"""The patients in care in words and as files: counts as they may be shown, and patients by pseudonym."""

from datetime import tzinfo
from typing import Final

from dashboard.domain.pilot.counts import AreaCounts, Level, PilotCounts, PseudonymRow
from dashboard.domain.pilot.disclosure import FEWEST, Count
from dashboard.domain.record.condition import PROGRAMME
from dashboard.ui.record.names import CONDITIONS
from dashboard.ui.record.people import show_gender
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.spreadsheet import Cells, Sheet, excel_file
from dashboard.ui.shared.wording import mark, t

AREA_HEADINGS: Final = (mark("Region"), mark("Site"), mark("Patients in care"))
ROW_HEADINGS: Final = (
    mark("Pseudonym"), mark("Region"), mark("Site"), mark("Age"), mark("Sex"), mark("Conditions of the programme"),
)  # fmt: skip


def count_words(count: Count) -> str:
    """`28`, "fewer than 5", or "not shown"."""
    if count.value is not None:
        return str(count.value)
    return t("fewer than {n}", n=FEWEST) if count.few else t("not shown")


def area_name(area: AreaCounts) -> str:
    if area.level is Level.ALL:
        return t("All regions")
    return clean(area.name, 120) or t("Not recorded")


def age_words(band: str) -> str:
    """`65 to 74`, "under 55", "85 and over", "" where it is left out."""
    low, _, high = band.partition("-")
    if band.endswith("+"):
        return t("{age} and over", age=band[:-1])
    if low == "0":
        return t("under {age}", age=int(high) + 1)
    return t("{low} to {high}", low=low, high=high) if band else ""


def sex_words(row: PseudonymRow) -> str:
    return show_gender(row.sex) if row.sex else ""


def areas_cells(pilot_counts: PilotCounts) -> list[Cells]:
    """The headings, then one line an area."""
    headings = [*map(t, AREA_HEADINGS), *(t(CONDITIONS[key]) for key in PROGRAMME)]
    lines: list[Cells] = [tuple(headings)]
    for area in pilot_counts.areas:
        region = t("All regions") if area.level is Level.ALL else clean(area.region, 120) or t("Not recorded")
        site = area_name(area) if area.level is Level.SITE else t("All sites")
        counts = (area.patients, *(count for _, count in area.conditions))
        lines.append((region, site, *(count_words(each) if each.value is None else each.value for each in counts)))
    return lines


def rows_cells(pilot_counts: PilotCounts) -> list[Cells]:
    """The headings, then one line a patient."""
    lines: list[Cells] = [tuple(map(t, ROW_HEADINGS))]
    for row in pilot_counts.rows:
        number = "" if row.conditions is None else row.conditions
        place = (clean(row.region, 120), clean(row.site, 120))
        lines.append((row.pseudonym, *place, age_words(row.age_band), sex_words(row), number))
    return lines


def pilot_excel(pilot_counts: PilotCounts, zone: tzinfo) -> bytes:
    """Two sheets: counts and pseudonyms, with the moment of view in the footer."""
    return excel_file(
        [
            Sheet(name, lines, (28, 28, *([18] * (len(lines[0]) - 2))), filterable=False)
            for name, lines in ((t("Counts"), areas_cells(pilot_counts)), (t("Pseudonyms"), rows_cells(pilot_counts)))
        ],
        pilot_counts.fetched,
        zone,
    )
