"""The end of a conference: whom it did not come to moves to the next one, which is planned where there is none.

Every step can be made once more: where it is cut off in between, the same press finishes it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from dashboard.actions.conclude_patient import conclude_patient
from dashboard.actions.end_conference import end_conference
from dashboard.actions.leave_discussion import leave_discussion
from dashboard.actions.plan_conference import plan_conference
from dashboard.actions.postpone_patients import postpone_patients
from dashboard.domain.conference.agenda import DISCUSSED
from dashboard.domain.conference.conference import Conference
from dashboard.domain.conference.note import IN_THE_MEETING
from dashboard.domain.conference.views import AgendaLine, ConferenceView
from dashboard.domain.record.views import Notice
from dashboard.domain.values.datatypes import Reference
from dashboard.errors import UserFacingError
from dashboard.queries.get_conference import get_conference
from dashboard.queries.list_conferences import list_conferences
from dashboard.ui.session import session

LATER: Final = timedelta(weeks=1)
"""When the next conference is, where none is planned. Own choice: C3-Cloud's teams met once a week."""
_LENGTH: Final = 60
_ENDED: Final = "The conference ended"


def next_conference(view: ConferenceView, known: Sequence[Conference]) -> Conference | None:
    """The next of these that the same team holds, of the same series before others; None where none is planned."""
    this = view.conference
    begun = this.start.moment if this.start is not None else session.as_of()
    coming = [
        (each.start.moment, each)
        for each in known
        if each.to_come and each.team.to == this.team.to and each.start is not None and each.start.moment > begun
    ]
    same = [(start, each) for start, each in coming if this.series and each.series == this.series]
    return min(same or coming, key=lambda found: found[0], default=(begun, None))[1]


def planned_start(conference: Conference) -> datetime:
    """When the next one would be: at the same time of the day, a week later, or so many that it is to come."""
    begun = conference.start.moment if conference.start is not None else session.as_of()
    start = begun.astimezone(session.zone()) + LATER
    while start <= session.as_of():
        start += LATER
    return start


def end(
    view: ConferenceView, moved: Sequence[Reference] = (), to: Conference | None = None, *, plan: bool = False
) -> tuple[Notice, ...]:
    """Ends the conference; returns what the user must know about how it was saved. Who was being discussed is
    concluded; of whom nothing was said although she was on the screen, that was no discussion. `moved` go to the next
    conference: to this one, or with `plan` to one that is planned now, if none was meanwhile. Raises DashboardError.
    """
    fhir, who, at, ident = session.fhir(), session.user(), session.as_of(), view.conference.origin.id
    notices: list[Notice] = []
    discussed = being_discussed(view)
    for line in view.lines:
        if line.patient in discussed:
            notices += conclude_patient(fhir, who, ident, line.patient.id, reason=_ENDED, at=at).notices
        elif line.discussion is not None and line.discussion.status == "in-progress":
            notices += leave_discussion(fhir, who, ident, line.patient.id, reason=_ENDED, at=at).notices
    if moved and plan:
        to = next_conference(view, list_conferences(fhir, who, session.scope(), at).conferences) or _planned(view)
    if moved and to is not None:
        asked = (ident, to.origin.id, moved)
        notices += postpone_patients(fhir, who, *asked, reason="The conference did not come to them", at=at).notices
    try:
        notices += end_conference(fhir, who, ident, reason="Conference ended", at=at).notices
    except UserFacingError:
        if not get_conference(fhir, who, session.scope(), session.terminology(), ident, at).conference.over:
            raise  # else an earlier press, or somebody else, has ended it
    return tuple(dict.fromkeys(notices))


def being_discussed(view: ConferenceView) -> tuple[Reference, ...]:
    """The patients about whom something was said or decided and whose discussion was not concluded."""
    return tuple(
        line.patient
        for line in view.lines
        if line.discussion is not None and line.discussion.status == "in-progress" and _was_spoken_of(line)
    )


def _was_spoken_of(line: AgendaLine) -> bool:
    said = line.note is not None and line.note.of_kind(*IN_THE_MEETING)
    return line.item.outcome == DISCUSSED or bool(said or line.tasks or line.messages)


def _planned(view: ConferenceView) -> Conference:
    """The next conference, with the same people, place and length."""
    this = view.conference
    saved = plan_conference(
        session.fhir(),
        session.user(),
        this.team,
        this.title,
        planned_start(this),
        this.minutes or _LENGTH,
        this.place,
        [each.who for each in this.attendees],
        reason="For the patients to whom a conference did not come",
        at=session.as_of(),
    )
    return next(each for each in saved.values if isinstance(each, Conference))
