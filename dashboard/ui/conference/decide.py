"""The pane of a running conference in which is decided about the patient: what was, and the form for more.

What is typed is a draft at every pause; what is saved while the server is away waits and is sent again
(`dashboard.ui.session.deciding`). So nothing is lost, and what is shown as saved is on the server.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

import streamlit as st

from dashboard.actions.save import new_reference
from dashboard.domain.conference.decision import MESSAGE
from dashboard.domain.conference.note import LONGEST_ENTRY
from dashboard.domain.conference.views import ConferenceView, DiscussedPatient
from dashboard.domain.record.task_changes import LONGEST_TASK
from dashboard.domain.values.datatypes import NOBODY, NamedReference, Reference
from dashboard.errors import DashboardError
from dashboard.ui.conference.decide_html import decided_html
from dashboard.ui.conference.decide_words import decided_lines, other_team_words, unsaved_words
from dashboard.ui.conference.live_words import key_of
from dashboard.ui.conference.waiting import Waiting, WaitingKind
from dashboard.ui.navigation.widget_topbar import user_words
from dashboard.ui.record.people import distinct_labels, show_name_as_spoken
from dashboard.ui.session import conferences, deciding, session
from dashboard.ui.session.drafts import discard_draft, draft_of, keep_draft
from dashboard.ui.shared.banners_html import warning_html
from dashboard.ui.shared.draft_text import draft_text, too_long
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.html import clean, fragment
from dashboard.ui.shared.messages import queue_message
from dashboard.ui.shared.notices import notice_words
from dashboard.ui.shared.panel import panel
from dashboard.ui.shared.press import Press, press_text
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t
from dashboard.ui.tasks.widget_dialogs import DUE_IN

DECIDE, SAID = "decide", "discussion"
TASK: Final = "Task"
_OPEN, _JUST, _REFUSED, _CHANGED, _ROUND = (
    "decide_open",
    "decide_just",
    "decide_refused",
    "decide_changed",
    "decide_round",
)
_Place = tuple[str, str]
"""Conference and patient, by their ids."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """Whom and which conference the form is about."""

    conference: Reference
    title: str
    patient: Reference

    @property
    def place(self) -> _Place:
        return (self.conference.id, self.patient.id)

    def key(self, name: str) -> str:
        """The key of a field: another patient, and the same form after a save, have other fields."""
        count = st.session_state.get(_ROUND, {}).get((*self.place, name), 0)
        again = f"-{count}" if count else ""
        return f"decide_{name}-{self.conference.id}-{self.patient.id}{again}"

    def begin_anew(self, *names: str) -> None:
        """The fields are empty, or begin with what the draft holds."""
        rounds = st.session_state.setdefault(_ROUND, {})
        for name in names:
            rounds[(*self.place, name)] = rounds.get((*self.place, name), 0) + 1


@dataclass(frozen=True, slots=True)
class _Filled:
    text: str
    owner: NamedReference
    due: date | None
    becomes: str


def decide_part(view: ConferenceView, found: DiscussedPatient, *, may_hold: bool, saved: Callable[[], None]) -> None:
    """What this conference decided about the patient; for who may hold it the form. `saved` is called after a save, so
    that what is shown is read anew.
    """
    asked = _asked(view, found.patient)
    st.session_state[_OPEN] = asked.place
    if st.session_state.pop(_CHANGED, False):
        saved()
    at = ViewTime(session.as_of(), session.zone())
    waiting = deciding.waiting_of(asked.conference, asked.patient) if may_hold else ()
    with st.container(key="decided"):
        html = decided_html(
            decided_lines(found, waiting, session.user().practitioner, at),
            _just(asked.place),
            may_hold,
            unsaved(view, asked.patient) if may_hold else 0,
            other_team_words(found, view.conference, at),
        )
        panel("decided-list", html, on_decide_press)
    if may_hold:
        with st.container(key="decide"):
            _form(asked, found, saved)


def no_change(view: ConferenceView, patient: Reference) -> bool:
    """Writes that nothing is to change, and concludes the patient. False where it was refused, with the reason in the
    pane; where the server is away it waits.
    """
    asked = _asked(view, patient)
    waiting = _new(asked, WaitingKind.NO_CHANGE, t("No change"))
    return _send(asked, waiting)


def conclude(view: ConferenceView, patient: Reference) -> bool:
    """Concludes the patient with what was decided. False where it could not be saved, with the reason in the pane."""
    asked = _asked(view, patient)
    try:
        notices = deciding.conclude(asked.conference, patient.id, t("Discussed"))
    except DashboardError as problem:
        st.session_state[_REFUSED] = (asked.place, error_words(problem))
        return False
    for notice in notices:
        queue_message(notice_words(notice), caution=True)
    conferences.forget()
    return True


def send_waiting(view: ConferenceView) -> bool:
    """Sends what the user has written at this conference and the server has not taken yet; call it about once a second.
    It never waits. True where something of it was saved or refused: then the page is to be read anew.
    """
    moved = deciding.send_waiting(view.conference.origin, view.agenda.patients)
    if moved:
        conferences.forget()
    return moved


def unsaved(view: ConferenceView, but: Reference | None = None) -> int:
    """How much of what the user has written at this conference is not saved yet, without that about one patient."""
    patients = [each for each in view.agenda.patients if each != but]
    return sum(len(deciding.waiting_of(view.conference.origin, each)) for each in patients)


def waiting_part(view: ConferenceView) -> None:
    """On a page that is not that of the running conference: says how much of the user's own is not saved yet, and sends
    it again.
    """
    if unsaved(view):
        _sending(view)


@st.fragment(run_every=deciding.AGAIN_AFTER)
def _sending(view: ConferenceView) -> None:
    # A fragment runs again by itself, outside the boundary of the page.
    with error_boundary("decide-waiting"):
        if send_waiting(view):
            st.rerun()
        panel("decide-waiting", warning_html(unsaved_words(unsaved(view))) or fragment[""])


def on_decide_press(pressed: Press) -> None:
    """A press on a line: take it back, throw away what is not saved, or put that into the form once more."""
    do, (conference, patient) = pressed.get("do"), st.session_state.get(_OPEN, ("", ""))
    try:
        item, asked = Reference.parse(press_text(pressed, "item")), Reference("Appointment", conference)
        about = Reference("Patient", patient)
    except ValueError:
        return
    st.session_state.pop(_REFUSED, None)
    waiting = next((each for each in deciding.waiting_of(asked, about) if each.number == item), None)
    if do == "take-back":
        _take_back(asked, about, item)
    elif do == "throw" and waiting is not None:
        deciding.throw_away(waiting)
    elif do == "again" and waiting is not None:
        _into_form(waiting)


def _take_back(conference: Reference, patient: Reference, item: Reference) -> None:
    try:
        notices = deciding.take_back(conference, patient.id, item, t("Taken back"), t("Decided in error"))
    except DashboardError as problem:
        st.session_state[_REFUSED] = ((conference.id, patient.id), error_words(problem))
        return
    for notice in notices:
        queue_message(notice_words(notice), caution=True)
    st.session_state.pop(_JUST, None)
    conferences.forget()
    st.session_state[_CHANGED] = True


def _into_form(waiting: Waiting) -> None:
    """What was refused is written once more; what is in the form gives way only where it is empty."""
    asked = _Asked(waiting.conference, "", waiting.patient)
    do = SAID if waiting.kind is WaitingKind.DISCUSSION else DECIDE
    if draft_of(waiting.patient.id, waiting.conference, do) is not None:
        st.session_state[_REFUSED] = (asked.place, t("Save first what is in the form, or empty it."))
        return
    fields = {"text": waiting.text, "owner": str(waiting.owner.to or ""), "becomes": waiting.number.type}
    due = waiting.due.isoformat() if waiting.due is not None else ""
    if keep_draft(waiting.patient.id, waiting.conference, do, "", {**fields, "due": due}):
        deciding.throw_away(waiting)
        asked.begin_anew("text", "owner", "due", "becomes", SAID)


# --- the form --------------------------------------------------------------------------------------------------------


@st.fragment
def _form(asked: _Asked, found: DiscussedPatient, saved: Callable[[], None]) -> None:
    # A fragment runs again by itself, outside the boundary of the page.
    with error_boundary("decide"):
        filled = _fields(asked, found)
        _keep(asked, filled)
        with st.container(horizontal=True):
            if st.button(t("Decide"), type="primary", key="decide_save", shortcut="Ctrl+Enter"):
                _decide(asked, found, filled)
            if st.button(t("No change"), key="decide_no_change", shortcut=key_of("no-change")):
                _send(asked, _new(asked, WaitingKind.NO_CHANGE, t("No change")))
        said = st.container()
        with st.expander(t("Write down what was said"), key=asked.key("more")):
            _discussion(asked)
        if st.session_state.pop(_CHANGED, False):
            saved()
            st.rerun()
        if refused := _of(_REFUSED, asked.place):
            said.error(str(refused))


def _begun(asked: _Asked, field: str, do: str) -> dict[str, str]:
    """What the fields begin with: a draft, as it was when they were drawn first. Streamlit forgets what is in fields
    that one run does not draw, as when another patient is shown: then they begin with the draft as it is now.
    """
    key = f"decide_begun-{do}"
    of, fields = st.session_state.get(key, ("", {}))
    if of != asked.key(field) or asked.key(field) not in st.session_state:
        draft = draft_of(asked.patient.id, asked.conference, do)
        fields = {name: str(value) for name, value in draft.fields.items()} if draft is not None else {}
        st.session_state[key] = (asked.key(field), fields)
    return fields  # type: ignore[no-any-return]


def _fields(asked: _Asked, found: DiscussedPatient) -> _Filled:
    """What is decided, who does it, until when, and what it becomes."""
    before = _begun(asked, "text", DECIDE)
    text = draft_text(
        t("What is decided"), before.get("text", ""), asked.key("text"), most=LONGEST_TASK, rows=2, saved=""
    )
    kinds = {TASK: t("Task"), MESSAGE: t("Message")}
    first = before.get("becomes", TASK)
    becomes = st.radio(
        t("It becomes"),
        list(kinds),
        index=list(kinds).index(first) if first in kinds else 0,
        format_func=lambda kind: kinds.get(kind, str(kind)),
        horizontal=True,
        key=asked.key("becomes"),
    )
    owner = _owner(asked, found, before.get("owner", ""))
    due = _due(asked, before.get("due", ""))
    return _Filled(text, owner, due, becomes if becomes in kinds else TASK)


def _owner(asked: _Asked, found: DiscussedPatient, before: str) -> NamedReference:
    """Somebody of the patient's care team, or the patient; nobody at first."""
    people = _people(found)
    words = distinct_labels({str(to): label for to, (_, label) in people.items()})
    chosen = st.selectbox(
        t("Who does it"),
        list(words),
        index=list(words).index(before) if before in words else None,
        format_func=lambda key: words.get(key, str(key)),
        placeholder=t("Choose a person"),
        key=asked.key("owner"),
    )
    # What a browser says it chose need not be among what was offered.
    if chosen not in words:
        return NOBODY
    to = Reference.parse(str(chosen))
    return NamedReference(to, people[to][0])


def _people(found: DiscussedPatient) -> dict[Reference, tuple[str, str]]:
    """Name and label of those to whom it can be given: they were read with the patient. The patient's own name is not
    on the list, which others see.
    """
    today, known = session.as_of().astimezone(session.zone()).date(), session.users()
    offered: dict[Reference, tuple[str, str]] = {}
    for member in found.summary.team.value or ():
        if member.member is not None and (member.until is None or member.until.end >= today):
            who = known.get(member.member.id)
            name = clean(who.name if who is not None else member.name or member.member.id, 120)
            offered.setdefault(member.member, (name, user_words(who) if who is not None else name))
    patient = show_name_as_spoken(found.summary.person.name)
    return {**offered, found.patient: (patient, t("The patient"))}


def _due(asked: _Asked, before: str) -> date | None:
    today = session.as_of().astimezone(session.zone()).date()
    try:
        first = max(today, date.fromisoformat(before))
    except ValueError:
        first = today + DUE_IN
    day = st.date_input(t("By when"), first, min_value=today, format="DD/MM/YYYY", key=asked.key("due"))
    return day if isinstance(day, date) else None


def _keep(asked: _Asked, filled: _Filled) -> None:
    """Keeps what is typed by now, so that it is offered again after a reload or a new sign-in."""
    if not filled.text and filled.owner == NOBODY:
        discard_draft(asked.patient.id, asked.conference, DECIDE)
        return
    fields = {
        "text": filled.text,
        "owner": str(filled.owner.to or ""),
        "due": filled.due.isoformat() if filled.due is not None else "",
        "becomes": filled.becomes,
    }
    if not keep_draft(asked.patient.id, asked.conference, DECIDE, "", fields):
        st.warning(t("There is no room for more drafts: this one is kept in this window only. Save it, or others."))


def _decide(asked: _Asked, found: DiscussedPatient, filled: _Filled) -> None:
    """Sends the decision; what is wrong is said, and what is filled in stays."""
    st.session_state.pop(_REFUSED, None)
    if wrong := too_long(t("What is decided"), filled.text, LONGEST_TASK):
        st.session_state[_REFUSED] = (asked.place, wrong)
        return
    plan = found.plans.ours
    waiting = _new(
        asked,
        WaitingKind.DECISION,
        filled.text,
        filled.becomes,
        owner=filled.owner,
        due=filled.due,
        based_on=(plan.plan.origin,) if plan is not None else (),
    )
    if _send(asked, waiting):
        discard_draft(asked.patient.id, asked.conference, DECIDE)
        asked.begin_anew("text", "owner", "due", "becomes")


def _discussion(asked: _Asked) -> None:
    """What was said, beside what was decided."""
    label = t("What was said (the team sees it)")
    before = _begun(asked, SAID, SAID).get("text", "")
    text = draft_text(label, before, asked.key(SAID), most=LONGEST_ENTRY, rows=3, saved="")
    if not text:
        discard_draft(asked.patient.id, asked.conference, SAID)
    elif not keep_draft(asked.patient.id, asked.conference, SAID, "", {"text": text}):
        st.warning(t("There is no room for more drafts: this one is kept in this window only. Save it, or others."))
    if st.button(t("Write it down"), key="decide_write"):
        st.session_state.pop(_REFUSED, None)
        if wrong := too_long(label, text, LONGEST_ENTRY):
            st.session_state[_REFUSED] = (asked.place, wrong)
        elif _send(asked, _new(asked, WaitingKind.DISCUSSION, text)):
            discard_draft(asked.patient.id, asked.conference, SAID)
            asked.begin_anew(SAID)


# --- saving ----------------------------------------------------------------------------------------------------------


def _asked(view: ConferenceView, patient: Reference) -> _Asked:
    return _Asked(view.conference.origin, view.conference.title, patient)


def _new(
    asked: _Asked,
    kind: WaitingKind,
    text: str,
    becomes: str = "Provenance",
    owner: NamedReference = NOBODY,
    due: date | None = None,
    based_on: tuple[Reference, ...] = (),
) -> Waiting:
    """What is to be sent, with the number by which it is found if its answer is lost: that of the record that a
    decision becomes, else that of the change.
    """
    reason = t("Decided: {conference}", conference=clean(asked.title, 120) or t("Case conference"))
    return Waiting(
        kind,
        asked.conference,
        asked.patient,
        new_reference(becomes),
        text,
        session.as_of(),
        owner,
        due,
        based_on,
        reason,
    )


def _send(asked: _Asked, waiting: Waiting) -> bool:
    """Sends it. False where it was refused; where the server is away it waits."""
    st.session_state.pop(_REFUSED, None)
    sent = deciding.send(waiting)
    if sent.refused:
        st.session_state[_REFUSED] = (asked.place, sent.refused)
        return False
    for notice in sent.notices:
        queue_message(notice_words(notice), caution=True)
    if sent.saved:
        st.session_state[_JUST] = (asked.place, sent.made)
        conferences.forget()
    st.session_state[_CHANGED] = True
    return True


def _of(key: str, place: _Place) -> object:
    """What this session remembers of the place, None for nothing."""
    where, value = st.session_state.get(key, (None, None))
    return value if where == place else None


def _just(place: _Place) -> Reference | None:
    made = _of(_JUST, place)
    return made if isinstance(made, Reference) else None
