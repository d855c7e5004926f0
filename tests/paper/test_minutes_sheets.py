"""The sheets of minutes: all that the page says, and of one patient nothing about any other."""

from dashboard.paper.pdf import pdf_file
from dashboard.ui.conference.minutes_html import minutes_html
from dashboard.ui.shared.dates import days_as_dates
from tests.pages import conference_samples
from tests.paper.documents import AT, of_minutes, of_patient_minutes
from tests.paper.reading import missing, sheets, squeezed


def test_everything_that_the_page_says_is_printed_with_when_and_by_whom_it_was_signed() -> None:
    printed = pdf_file(of_minutes())
    with days_as_dates():
        page = minutes_html(conference_samples.minutes_view(), AT, changing=False)
    assert missing(str(page), printed) == []
    text = squeezed(" ".join(sheets(printed)))
    for words in (
        "Signed by Dr Jane Okafor, 10-Nov-2026",
        "Dr Jane Okafor (in the room)",
        "Discussed 13:00 to 13:07, 7 min",
        "until 20-Nov-2026, overdue",
        "Postponed to Tue 01-Dec-2026 13:00",
        "1 more patient was on the agenda",
    ):
        assert squeezed(words) in text, words


def test_minutes_that_nobody_has_signed_say_so_on_paper() -> None:
    assert squeezed("Nothing was written at this conference.") in squeezed(
        " ".join(sheets(pdf_file(of_minutes(minutes=None))))
    )


def test_a_patient_s_sheet_has_nothing_of_any_other_patient() -> None:
    printed = sheets(pdf_file(of_patient_minutes()))
    text = squeezed(" ".join(printed))
    assert all(squeezed("ALDOUS, Mary (Mrs)") in squeezed(sheet) for sheet in printed)
    for words in ("Repeat potassium of Mrs Aldous", "Case conference, Warwick North", "Dr Jane Okafor (in the room)"):
        assert squeezed(words) in text, words
    for words in ("BRAMHALL", "Bramhall", "OKONKWO", "Postponed", "more patient", "Sent back"):
        assert squeezed(words) not in text, words


def test_a_sheet_that_is_filed_says_nothing_of_how_tasks_stand_today() -> None:
    today, filed = (squeezed(" ".join(sheets(pdf_file(of_patient_minutes(filed=each))))) for each in (False, True))
    assert "overdue" in today and "overdue" not in filed and squeezed("until 20-Nov-2026") in filed
