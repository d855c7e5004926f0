"""The form of a running conference in which is decided about a patient: what is typed is a draft at every pause."""

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
from dashboard.ui.conference.live_words import key_of
from dashboard.ui.conference.waiting import Waiting, WaitingKind
from dashboard.ui.navigation.widget_topbar import user_words
from dashboard.ui.record.people import distinct_labels, show_name_as_spoken
from dashboard.ui.session import conferences, deciding, session
from dashboard.ui.session.drafts import discard_draft, draft_of, keep_draft
from dashboard.ui.shared.draft_text import draft_text, too_long
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.messages import queue_message
from dashboard.ui.shared.notices import notice_words
from dashboard.ui.shared.uninterrupted import uninterrupted
from dashboard.ui.shared.wording import t
from dashboard.ui.tasks.widget_dialogs import DUE_IN

DECIDE, SAID = "decide", "discussion"
TASK: Final = "Task"
JUST, REFUSED, CHANGED = "decide_just", "decide_refused", "decide_changed"
"""Under which the session remembers what was decided last, why something could not be saved, and that it was."""
_ROUND: Final = "decide_round"
Place = tuple[str, str]
"""Conference and patient, by their ids."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom and which conference the form is about."""

    conference: Reference
    title: str
    patient: Reference

    @property
    def place(self) -> Place:
        return (self.conference.id, self.patient.id)

    def key(self, name: str) -> str:
        """The key of a field: another patient, and the same form after a save, have other fields."""
        count = st.session_state.get(_ROUND, {}).get((*self.place, name), 0)
        again = f"-{count}" if count else ""
        return f"decide_{name}-{self.conference.id}-{self.patient.id}{again}"

    def begin_anew(self, *names: str) -> None:
        """The fields are empty, or begin with what the draft holds."""
        rounds = st.session_state.get(_ROUND, {})
        more = {(*self.place, name): rounds.get((*self.place, name), 0) + 1 for name in names}
        st.session_state[_ROUND] = {**rounds, **more}


@dataclass(frozen=True, slots=True)
class _Filled:
    text: str
    owner: NamedReference
    due: date | None
    becomes: str


@st.fragment
def decide_form(asked: Asked, found: DiscussedPatient, saved: Callable[[], None]) -> None:
    # A fragment runs again by itself, outside the boundary of the page.
    with error_boundary("decide"):
        filled = _fields(asked, found)
        _keep(asked, filled)
        with st.container(horizontal=True):
            if st.button(t("Decide"), type="primary", key="decide_save", shortcut="Ctrl+Enter"):
                _decide(asked, found, filled)
            if st.button(t("No change"), key="decide_no_change", shortcut=key_of("no-change")):
                send(asked, written(asked, WaitingKind.NO_CHANGE, t("No change")))
        said = st.container()
        with st.expander(t("Write down what was said"), key=asked.key("more")):
            _discussion(asked)
        if st.session_state.pop(CHANGED, False):
            saved()
            st.rerun()
        if refused := remembered(REFUSED, asked.place):
            said.error(str(refused))


def _begun(asked: Asked, field: str, do: str) -> dict[str, str]:
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


def _fields(asked: Asked, found: DiscussedPatient) -> _Filled:
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
        label_visibility="collapsed",
        key=asked.key("becomes"),
    )
    owner = _owner(asked, found, before.get("owner", ""))
    due = _due(asked, before.get("due", ""))
    return _Filled(text, owner, due, becomes if becomes in kinds else TASK)


def _owner(asked: Asked, found: DiscussedPatient, before: str) -> NamedReference:
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


def _due(asked: Asked, before: str) -> date | None:
    today = session.as_of().astimezone(session.zone()).date()
    try:
        first = max(today, date.fromisoformat(before))
    except ValueError:
        first = today + DUE_IN
    day = st.date_input(t("By when"), first, min_value=today, format="DD/MM/YYYY", key=asked.key("due"))
    return day if isinstance(day, date) else None


def _keep(asked: Asked, filled: _Filled) -> None:
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


def _decide(asked: Asked, found: DiscussedPatient, filled: _Filled) -> None:
    """Sends the decision; what is wrong is said, and what is filled in stays."""
    st.session_state.pop(REFUSED, None)
    if wrong := too_long(t("What is decided"), filled.text, LONGEST_TASK):
        st.session_state[REFUSED] = (asked.place, wrong)
        return
    plan = found.plans.ours
    waiting = written(
        asked,
        WaitingKind.DECISION,
        filled.text,
        filled.becomes,
        owner=filled.owner,
        due=filled.due,
        based_on=(plan.plan.origin,) if plan is not None else (),
    )
    if send(asked, waiting):
        discard_draft(asked.patient.id, asked.conference, DECIDE)
        asked.begin_anew("text", "owner", "due", "becomes")


def _discussion(asked: Asked) -> None:
    """What was said, beside what was decided."""
    label = t("What was said (the team sees it)")
    before = _begun(asked, SAID, SAID).get("text", "")
    text = draft_text(label, before, asked.key(SAID), most=LONGEST_ENTRY, rows=3, saved="")
    if not text:
        discard_draft(asked.patient.id, asked.conference, SAID)
    elif not keep_draft(asked.patient.id, asked.conference, SAID, "", {"text": text}):
        st.warning(t("There is no room for more drafts: this one is kept in this window only. Save it, or others."))
    if st.button(t("Write it down"), key="decide_write"):
        st.session_state.pop(REFUSED, None)
        if wrong := too_long(label, text, LONGEST_ENTRY):
            st.session_state[REFUSED] = (asked.place, wrong)
        elif send(asked, written(asked, WaitingKind.DISCUSSION, text)):
            discard_draft(asked.patient.id, asked.conference, SAID)
            asked.begin_anew(SAID)


# --- saving ----------------------------------------------------------------------------------------------------------


def asked_of(view: ConferenceView, patient: Reference) -> Asked:
    return Asked(view.conference.origin, view.conference.title, patient)


def written(
    asked: Asked,
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


@uninterrupted()
def send(asked: Asked, waiting: Waiting) -> bool:
    """Sends it. False where it was refused; where the server is away it waits."""
    st.session_state.pop(REFUSED, None)
    sent = deciding.send(waiting)
    if sent.refused:
        st.session_state[REFUSED] = (asked.place, sent.refused)
        return False
    for notice in sent.notices:
        queue_message(notice_words(notice), caution=True)
    if sent.saved:
        st.session_state[JUST] = (asked.place, sent.made)
        conferences.forget()
    st.session_state[CHANGED] = True
    return True


def remembered(key: str, place: Place) -> object:
    """What this session remembers of the place, None for nothing."""
    where, value = st.session_state.get(key, (None, None))
    return value if where == place else None
