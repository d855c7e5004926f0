"""On every server: a preliminary potassium of 6.8 is on each page, marked, until the final value replaces it."""

from dataclasses import dataclass
from typing import Any

import pytest

from dashboard.fhir.port import FhirServer
from dashboard.ui.timeline.export import timeline_csv
from dashboard.ui.worklist.export import worklist_csv
from tests.contract.every_page import ZONE, EveryPage
from tests.unit import people_and_teams as make

Json = dict[str, Any]
WHEN = "2026-11-19T08:00:00Z"


@dataclass
class Said:
    worklist: list[str]
    patient: str
    timeline: list[str]
    files: list[str]


def potassium(ident: str, value: float, status: str, when: str = WHEN) -> Json:
    return make.observation(ident, "p1", "2823-3", value, "mmol/L", when) | {"status": status}


def pressure(status: str) -> Json:
    """A panel without a value of its own: its status is that of its components."""
    parts = [("8480-6", 184), ("8462-4", 122)]
    components = [
        {
            "code": make.concept(make.LOINC, code),
            "valueQuantity": {"value": value, "unit": "mmHg", "code": "mm[Hg]", "system": make.UCUM},
        }
        for code, value in parts
    ]
    panel = make.observation("bp", "p1", "85354-9", 0, "mm[Hg]", WHEN) | {"status": status, "component": components}
    del panel["valueQuantity"]
    return panel


def said(pages: EveryPage, word: str) -> Said:
    """The sentences of each page that hold the word."""
    row = pages.row()
    csv = worklist_csv([row], ZONE).decode("utf-8-sig")
    events = timeline_csv(pages.timeline().events, ZONE).decode("utf-8-sig")
    return Said(
        [each.text for each in row.reasons if word in each.text]
        + [each.full for each in row.results if word in each.full],
        pages.patient_page(),
        [line for line in pages.timeline_lines() if word in line],
        [line for text in (csv, events) for line in text.splitlines() if word in line],
    )


@pytest.mark.parametrize("status", ["preliminary", "registered"])
def test_a_preliminary_result_counts_and_is_marked_on_every_page(
    named_fhir: tuple[str, FhirServer], status: str
) -> None:
    pages = EveryPage(named_fhir[1]).put(potassium("o1", 4.4, "final", "2026-11-01"), potassium("o2", 6.8, status))
    found = said(pages, "preliminary")
    assert pages.row().urgent and len(found.worklist) == 2 and all("6.8" in each for each in found.worklist)
    assert "Potassium 6.8 mmol/L" in found.patient and "p preliminary" in found.patient
    [line] = found.timeline
    assert line.startswith("Potassium 6.8 mmol/L") and line.endswith("| preliminary")
    assert len(found.files) == 2
    assert "Your potassium in your blood is 6.8." in pages.own_record()
    assert "This result is not final yet." in pages.own_record()


def test_a_preliminary_pressure_and_finding_say_so_too(named_fhir: tuple[str, FhirServer]) -> None:
    finding = make.observation("f", "p1", "2823-3", 0, "mmol/L", "2026-11-18") | {
        "code": {"text": "Culture of urine"}, "status": "preliminary", "valueString": "growth"
    }  # fmt: skip
    del finding["valueQuantity"]
    pages = EveryPage(named_fhir[1]).put(pressure("preliminary"), finding)
    found = said(pages, "preliminary")
    assert any("184/122" in each for each in found.worklist)
    assert "p preliminary" in found.patient
    assert [line.split(" | ")[0] for line in found.timeline] == [
        "Culture of urine growth",
        "Blood pressure 184/122 mmHg",
    ]


def test_the_final_result_replaces_the_preliminary_one(named_fhir: tuple[str, FhirServer]) -> None:
    pages = EveryPage(named_fhir[1]).put(potassium("o1", 6.8, "preliminary"), potassium("o2", 4.6, "final"))
    found = said(pages, "preliminary")
    assert not pages.row().urgent and found.worklist == []
    assert "preliminary" not in found.patient and "6.8" not in found.patient
    assert [line.split(" | ")[0] for line in found.timeline] == ["Potassium 6.8 mmol/L"], "nothing is lost"
    assert [float(each.value.value) for each in next(iter(pages.timeline().series.values()))] == [4.6]
