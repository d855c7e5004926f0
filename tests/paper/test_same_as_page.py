"""Everything that a page says of a patient is on paper too, in the same words."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.domain.pilot.patient_enrolment import PatientEnrolment
from dashboard.domain.pilot.subject import Subject
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.views import Section
from dashboard.domain.timeline.arrange.arrange import arrange
from dashboard.domain.timeline.reading.condition import of_condition
from dashboard.domain.timeline.scene import KindGroup
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import Failure
from dashboard.paper.pdf import pdf_file
from dashboard.ui.paper import worklist_document
from dashboard.ui.paper.patient_document import patient_document
from dashboard.ui.paper.timeline_document import timeline_document
from dashboard.ui.patient.banner_html import banner_html
from dashboard.ui.patient.html import summary_html
from dashboard.ui.shared.dates import days_as_dates
from dashboard.ui.timeline.table_html import shown_events, timeline_table_html
from dashboard.ui.timeline.view import TimelineView, scene_request
from dashboard.ui.worklist.row_html import row_html
from dashboard.ui.worklist.rows import worklist_rows
from dashboard.ui.worklist.view import WorklistView
from tests.laws import examples
from tests.pages import samples, timeline_samples
from tests.paper.documents import AT, DOCUMENTS, WHO, of_patient, of_timeline, of_worklist
from tests.paper.reading import missing, sheets, squeezed

# Which lines run is measured by other tests, without so many records.
pytestmark = pytest.mark.no_cover

SIGNS = ("!", "o", "g", "p", "a")
"""Signs of marks, whose words are printed."""


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_sheet_says_who_it_is_about_by_whom_it_was_printed_and_when(name: str) -> None:
    document = DOCUMENTS[name]()
    found = sheets(pdf_file(document))
    for number, sheet in enumerate(found, 1):
        assert f"Page{number}of{len(found)}" in squeezed(sheet)
        assert squeezed(f"Printed by {WHO.name}, {WHO.role_label}, on 23-Nov-2026 14:02 (GMT)") in squeezed(sheet)
        assert all(squeezed(fact) in squeezed(sheet) for fact in document.sheet.facts)


def test_the_sheets_about_a_patient_carry_name_birth_and_number() -> None:
    for sheet in sheets(pdf_file(of_timeline())):
        for part in ("ALDOUS, Mary (Mrs)", "Born 03-Feb-1948 (78)", "NHS No. 999 012 3456"):
            assert squeezed(part) in squeezed(sheet)


def test_the_sheets_of_the_worklist_carry_team_and_number_of_patients() -> None:
    for sheet in sheets(pdf_file(of_worklist(WorklistView(team="team-sw-2")))):
        assert "Leamington" in sheet
        assert squeezed("1 patient of 8") in squeezed(sheet)


# The worklist


def test_every_row_of_the_worklist_is_printed_with_all_that_it_opens_to() -> None:
    printed = pdf_file(of_worklist())
    with days_as_dates():
        rows = worklist_rows(samples.worklist().rows, AT.as_of, AT.zone)
        for row in rows:
            assert missing(str(row_html(row)), printed) == [], row.name


def test_only_what_was_filtered_is_printed_and_a_sentence_names_the_filters() -> None:
    [text] = [" ".join(sheets(pdf_file(of_worklist(WorklistView(q="Bramhall")))))]
    assert "BRAMHALL, Kenneth" in text
    assert "ALDOUS" not in text
    assert squeezed("Only patients with: “Bramhall”.") in squeezed(text)


def test_the_worklist_is_printed_in_the_order_of_the_screen_and_says_which() -> None:
    text = squeezed(" ".join(sheets(pdf_file(of_worklist(WorklistView(sort="name", reverse=True))))))
    assert text.index("WHITLOCK") < text.index("ALDOUS")
    assert squeezed("In the order of: Who, the other way round.") in text


def test_more_patients_than_are_printed_are_counted_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worklist_document, "MOST_PATIENTS", 5)
    text = squeezed(" ".join(sheets(pdf_file(of_worklist()))))
    assert squeezed("Only the first 5 of 8 patients are printed") in text


def test_what_the_worklist_could_not_read_is_said() -> None:
    text = squeezed(" ".join(sheets(pdf_file(of_worklist(stale="server-silent")))))
    assert squeezed("The server has not answered since") in text


# The timeline


@pytest.mark.parametrize("span", ["3m", "1y", "5y", "all"])
@pytest.mark.parametrize("off", [frozenset(), frozenset({KindGroup.CONTACTS, KindGroup.MEDICINES})])
def test_every_entry_of_the_timeline_is_printed(span: str, off: frozenset[KindGroup]) -> None:
    view = TimelineView(id="x", span=span, off=off)
    timeline = timeline_samples.timeline()
    with days_as_dates():
        scene = arrange(timeline, scene_request(view, timeline, AT.as_of, AT.zone), AT.as_of)
        html = str(timeline_table_html(shown_events(scene, timeline.events), view, AT, frozenset()))
    assert [text for text in missing(html, pdf_file(of_timeline(view))) if not text.startswith("▲")] == []


def test_of_a_picked_condition_its_entries_are_printed_and_a_sentence_names_it() -> None:
    view = TimelineView(id="x", span="5y", condition=ConditionKey.DEPRESSION)
    timeline = timeline_samples.timeline()
    text = squeezed(" ".join(sheets(pdf_file(of_timeline(view)))))
    assert squeezed("Only what belongs to: Depression.") in text
    with days_as_dates():
        whole = arrange(timeline, scene_request(view, timeline, AT.as_of, AT.zone), AT.as_of)
        scene = of_condition(whole, ConditionKey.DEPRESSION)
        html = str(timeline_table_html(shown_events(scene, timeline.events), view, AT, frozenset()))
    assert [each for each in missing(html, pdf_file(of_timeline(view))) if not each.startswith("▲")] == []
    assert "Sertraline" in text
    assert "Furosemide" not in text


# The patient


def test_everything_on_the_page_of_a_patient_is_printed() -> None:
    printed = pdf_file(of_patient())
    with days_as_dates():
        shown = str(summary_html(samples.summary(), AT, timeline=timeline_samples.timeline()))
    assert [text for text in missing(shown, printed) if text not in SIGNS] == []
    assert missing("<p>Nobody wrote this</p>", printed) == ["Nobody wrote this"]


@settings(max_examples=examples(20), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_part_of_a_record_there_is_is_printed(data: st.DataObject) -> None:
    """Any of the sections, with any part of what is in it, or with the reason why it could not be read."""
    whole = samples.summary()
    drawn: dict[str, object] = {}
    for name in ("problems", "medicines", "tasks", "goals", "contacts", "team", "carers"):
        rows = st.lists(st.sampled_from(getattr(whole, name).value), unique_by=id)
        failed = st.just(Section(None, Failure("server-silent")))
        drawn[name] = data.draw(rows.map(lambda found: Section(tuple(found))) | failed)
    summary = replace(whole, **drawn)  # type: ignore[arg-type]
    story = timeline_samples.timeline()
    with days_as_dates():
        shown = str(summary_html(summary, AT, timeline=story))
    printed = pdf_file(patient_document(summary, story, WHO, AT))
    assert [text for text in missing(shown, printed) if text not in SIGNS] == []


# The banner


def test_the_whole_banner_is_printed_with_its_allergies_and_flags() -> None:
    timeline = timeline_samples.timeline()
    patient, study = Reference("Patient", "p1"), Reference("ResearchStudy", "st1")
    subject = Subject(Reference("ResearchSubject", "s1"), "1", patient, study, "on-study", layer=4)
    timeline = replace(timeline, enrolment=Section(PatientEnrolment(subject)))
    html = str(banner_html(timeline, AT, similar=True))
    assert "Enrolled, layer 4" in html
    assert missing(html, pdf_file(timeline_document(timeline, TimelineView(id="x"), WHO, AT, similar=True))) == []
    flagged = replace(
        timeline,
        flags=Section(None, Failure("server-silent")),
        enrolment=Section(None, Failure("server-silent")),
        person=replace(timeline.person, active=False),
    )
    html = str(banner_html(flagged, AT))
    assert "Flags unavailable" in html and "Not known" in html
    assert missing(html, pdf_file(timeline_document(flagged, TimelineView(id="x"), WHO, AT))) == []
