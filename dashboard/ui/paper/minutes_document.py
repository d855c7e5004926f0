"""The minutes on paper: of the meeting, for those who were there, and of one patient, for the patient's record."""

from dashboard.domain.access.user import User
from dashboard.domain.conference.minutes_view import MinutesView, PatientMinutes
from dashboard.paper.document import Block, Document, Paragraph
from dashboard.ui.conference.minutes_html import minutes_html, patient_minutes_html
from dashboard.ui.conference.minutes_words import present_words, state_words, where_words
from dashboard.ui.paper.page_blocks import page_blocks
from dashboard.ui.paper.sheet import document, heading, identity, late, plain, said, warned
from dashboard.ui.shared.dates import days_as_dates
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.notices import unreadable_words
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t


def minutes_document(view: MinutesView, who: User, at: ViewTime, stale: str = "") -> Document:
    """The whole meeting, as far as the reader may see it."""
    with days_as_dates():
        blocks: list[Block] = [
            *warned([stale, *unreadable_words(view.unreadable)]),
            _state(view, at),
            *page_blocks(minutes_html(view, at, changing=False)),
        ]
        sheet = (_title(view), (where_words(view.conference, at),))
        return document(t("Minutes of a case conference"), who, at, sheet, blocks)


def patient_minutes_document(
    view: MinutesView, line: PatientMinutes, who: User, at: ViewTime, *, filed: bool = False
) -> Document:
    """What was said and decided about one patient, and nothing about any other. A sheet that is `filed` does not say
    how the tasks stand today: they go on after it.
    """
    with days_as_dates():
        people = present_words(view.minutes)
        blocks: list[Block] = [
            heading(_title(view)),
            said(where_words(view.conference, at)),
            _state(view, at),
            *([said(t("Present: {people}", people=", ".join(people)))] if people else []),
            *page_blocks(patient_minutes_html(line, at, changing=False, states=not filed, named=False)),
        ]
        return document(t("Case conference"), who, at, identity(line.person, at), blocks)


def _title(view: MinutesView) -> str:
    return clean(view.conference.title, 120) or t("Case conference")


def _state(view: MinutesView, at: ViewTime) -> Paragraph:
    words = state_words(view, at)
    return Paragraph((plain(words),)) if view.signed else Paragraph((late(words),), framed=True)
