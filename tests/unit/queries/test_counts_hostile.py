"""Records of any shape are counted or ignored, and no content of them shows a pilot manager the name of a patient."""

from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.errors import DashboardError
from dashboard.fhir.terminology_files import load_terminology
from dashboard.queries.get_counts import get_counts
from dashboard.ui.pilot.care_html import areas_html, pilot_heading_html, pseudonyms_html
from dashboard.ui.pilot.care_words import areas_cells, rows_cells
from dashboard.ui.shared.spreadsheet import csv_file
from tests.fakes import FakeFhirServer
from tests.laws import examples
from tests.unit.people_and_teams import AS_OF
from tests.unit.people_of_the_pilot import KEY, MANAGER, MARK, named, pilot_records

T = load_terminology()
# The elements by which the server finds a row do not change; all others may be anything.
ELEMENTS: Final = {
    "Patient": ("name", "birthDate", "gender", "identifier", "deceasedBoolean"),
    "CareTeam": ("period", "participant", "name", "managingOrganization", "category"),
    "Condition": ("code", "clinicalStatus", "verificationStatus", "onsetDateTime", "stage", "abatementDateTime"),
    "Consent": ("status", "scope", "provision", "category", "dateTime"),
    "Organization": ("name", "type", "alias"),
}
TEXTS = st.sampled_from(
    ["", " ", "x" * 100_000, "<script>alert(1)</script>", "=1+1", "\x00\u202e", f"Family{MARK}1", "1948-07-13", "２"]
)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["coding", "code", "text", "type", "actor", "reference", "period", "end", "provision"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@settings(max_examples=examples(60))
@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 10), JUNK), min_size=1, max_size=12), st.booleans())
def test_no_record_breaks_the_count_or_names_a_patient(damage: list[tuple[int, int, Any]], knows: bool) -> None:
    rows = pilot_records(("s1", 12), ("n1", 11))
    touched = [row for row in rows if row["resourceType"] in ELEMENTS]
    for number, element, junk in damage:
        row = touched[number % len(touched)]
        elements = ELEMENTS[row["resourceType"]]
        # The names of sites and regions are shown, so that these elements do not change either.
        place = row["resourceType"] == "Organization"
        row[elements[element % len(elements)]] = "x" * 50_000 if place and named(junk) else junk
    server = FakeFhirServer(rows)
    server.knows_elements = knows
    try:
        found = get_counts(server, MANAGER, T, KEY, AS_OF)
    except DashboardError:
        return
    assert len(found.rows) <= 23
    files = [csv_file(areas_cells(found)), csv_file(rows_cells(found))]
    parts = (pilot_heading_html(found, "", "", []), areas_html(found), pseudonyms_html(found, 1))
    page = [str(part) for part in parts]
    assert named([found, files, page]) == []
    assert "<script" not in "".join(page) and max(map(len, page)) < 100_000
