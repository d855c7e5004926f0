"""data/ELEMENTS.md has a section for each resource type that is read, and each line says where an element is shown."""

import re

from dashboard.cache.team_resources import KINDS
from dashboard.fhir.mapping import reading
from dashboard.queries.get_timeline import TYPES
from tests.unit.house.source import ROOT

TEXT = (ROOT / "data" / "ELEMENTS.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## ([A-Z][A-Za-z]+)(?: \(no entry\))?\n(.*?)(?=^## |\Z)", TEXT, re.M | re.S))


def test_every_type_that_is_read_has_its_table() -> None:
    read = {
        *TYPES,
        *(kind.type for kind in KINDS),
        *reading._CLINICAL,
        "Patient",
        "CareTeam",
        "RelatedPerson",
        "Consent",
    }
    assert not read - SECTIONS.keys()


def test_every_line_says_where_the_element_is_shown() -> None:
    lines = [line for section in SECTIONS.values() for line in section.splitlines() if line.startswith("| `")]
    assert len(lines) > 250
    for line in lines:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert len(cells) == 3 and cells[2], line


def test_a_type_without_an_entry_on_the_timeline_is_marked() -> None:
    marked = set(re.findall(r"^## ([A-Z][A-Za-z]+) \(no entry\)", TEXT, re.M))
    assert not marked & ({*TYPES} - {"Provenance"})
    assert {name for name in SECTIONS if name not in TYPES and name != "Types"} == marked
