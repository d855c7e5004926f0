"""Minutes in words: who was there and how, from when to when, what was decided and how it stands."""

from datetime import date
from typing import Final

from dashboard.domain.conference.conference import Conference
from dashboard.domain.conference.decision_state import DecisionState, state_of_decision
from dashboard.domain.conference.discussion import Discussion
from dashboard.domain.conference.minutes import How, Minutes, Present
from dashboard.domain.conference.minutes_view import MinutesView, PatientMinutes
from dashboard.domain.record.order import Order
from dashboard.domain.record.task import Task
from dashboard.ui.conference.words import when_words
from dashboard.ui.shared.dates import show_date, show_time
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import mark, t, tn

DECISION_STATES: Final = {
    DecisionState.DONE: mark("done"),
    DecisionState.OPEN: mark("open"),
    DecisionState.OVERDUE: mark("overdue"),
    DecisionState.DROPPED: mark("dropped"),
}
HOWS: Final = {How.ROOM: mark("in the room"), How.REMOTE: mark("remote")}


def state_words(view: MinutesView, at: ViewTime) -> str:
    """`Signed by Dr Okafor, 24-Nov-2026`, or that nobody has signed."""
    minutes = view.minutes
    if minutes is None:
        return t("Nothing was written at this conference.")
    if minutes.signature is None:
        return t("Signed") if minutes.signed else t("Draft: nobody has signed yet")
    when = show_date(minutes.signature.at) if minutes.signature.at is not None else ""
    by = ", ".join(filter(None, (clean(minutes.signature.by.name, 120) or t("Name not known"), when)))
    return t("Signed by {who}", who=by)


def present_words(minutes: Minutes | None) -> list[str]:
    """Everybody who was there, each with how."""
    return [_present(each) for each in (minutes.present if minutes is not None else ())]


def _present(each: Present) -> str:
    return t("{who} ({how})", who=clean(each.who.name, 120) or t("Name not known"), how=t(HOWS[each.how]))


def discussed_words(discussion: Discussion | None, at: ViewTime) -> str:
    """`13:05 to 13:12, 7 min`; "" of a patient who was not discussed."""
    if discussion is None or discussion.start is None or discussion.status == "planned":
        return ""
    if discussion.start.precision != "time":
        return show_date(discussion.start)
    begin = show_time(discussion.start.moment, at.zone)
    if discussion.end is None:
        return t("from {time}", time=begin)
    minutes = max(1, round(discussion.seconds / 60))
    end = show_time(discussion.end.moment, at.zone)
    return t("{begin} to {end}, {n} min", begin=begin, end=end, n=minutes)


def postponed_words(line: PatientMinutes, at: ViewTime) -> str:
    """To which conference a patient was postponed."""
    if line.next is None:
        return t("Postponed: on no later agenda yet")
    return t("Postponed to {when}", when=when_words(line.next, at))


def decided_words(decided: Task | Order, today: date | None) -> tuple[str, DecisionState | None]:
    """`Dr Okafor, until 26-Nov-2026`, and how it stands on this day; a sheet that is filed says none."""
    due = t("until {date}", date=show_date(decided.due)) if decided.due is not None else t("no day")
    return f"{_who(decided)}, {due}", state_of_decision(decided, today) if today is not None else None


def _who(decided: Task | Order) -> str:
    """Who does a task, and whom a message is for."""
    if isinstance(decided, Task):
        return clean(decided.owner_name, 120) or t("nobody yet")
    names = ", ".join(clean(each.name, 120) for each in decided.recipients if each.name)
    return t("message to {who}", who=names or t("nobody yet"))


def filed_words(line: PatientMinutes) -> str:
    """Whether the patient's sheet is in the record; "" while there is nothing to file."""
    if line.to_file:
        again = line.document is not None and line.document.filed is not None
        return t("Corrected since it was filed in the record") if again else t("Not yet filed in the record")
    if line.document is not None and line.document.filed is not None:
        return t("Filed in the record, {date}", date=show_date(line.document.filed))
    return ""


def others_words(view: MinutesView) -> str:
    """How many were on the agenda whom the reader may not see; "" for none."""
    if not view.others:
        return ""
    return tn(
        "{n} more patient was on the agenda, who is not in the care of your teams.",
        "{n} more patients were on the agenda, who are not in the care of your teams.",
        view.others,
    )


def where_words(conference: Conference, at: ViewTime) -> str:
    """`Tue 24-Nov 13:00 to 14:00, room 2`."""
    return ", ".join(filter(None, (when_words(conference, at), clean(conference.place, 200))))
