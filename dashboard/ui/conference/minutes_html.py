"""The minutes of a conference as HTML: on the page, and without its buttons on paper."""

from datetime import date

from dashboard.domain.conference.agenda import POSTPONED
from dashboard.domain.conference.decision_state import DecisionState
from dashboard.domain.conference.minutes import Remark
from dashboard.domain.conference.minutes_view import MinutesView, PatientMinutes
from dashboard.domain.conference.note import EntryKind, NoteEntry
from dashboard.domain.record.order import Order
from dashboard.domain.record.task import Task
from dashboard.ui.conference.minutes_words import (
    DECISION_STATES,
    decided_words,
    discussed_words,
    filed_words,
    others_words,
    postponed_words,
    present_words,
    state_words,
    where_words,
)
from dashboard.ui.conference.words import ENTRIES, status_words
from dashboard.ui.patient.link_html import patient_link
from dashboard.ui.record.people import main_identifier, show_born, show_identifier, show_name
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.html import Html, clean, for_screen_readers, fragment
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.press import press
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t, tn

LONGEST_SHOWN = 4000
"""Characters of an entry: all that one may have."""


def minutes_heading_html(view: MinutesView, at: ViewTime) -> Html:
    """Which conference, when and where, and whether the minutes are signed."""
    conference = view.conference
    signed = view.signed
    return h.div(class_="c3-conference")[
        h.p(class_="c3-sub c3-actions")[
            h.a(
                href=f"conference?id={conference.origin.id}", data_act=press("agenda"), data_key="agenda"
            )[icon("back"), " ", t("Agenda")]
        ],
        h.h1[t("Minutes: {title}", title=clean(conference.title, 120) or t("Case conference"))],
        h.p(class_="c3-lead")[h.b[where_words(conference, at)], ", ", status_words(conference)],
        h.p(class_="c3-signed" if signed else "c3-lateword")[
            icon("check" if signed else "late"), " ", state_words(view, at)
        ],
    ]  # fmt: skip


def minutes_actions_html(view: MinutesView) -> Html | None:
    """What can be done with the whole: send it back, sign it, file it; None where there is nothing to do."""
    minutes = view.minutes
    if minutes is None:
        return None
    buttons = []
    if not minutes.signed:
        buttons.append(
            h.button(type="button", class_="c3-button", data_act=press("send-back"), data_key="send-back")[
                t("Send back for correction")
            ]
        )
        if view.conference.over:
            seen = " ".join(f"{to.id}@{version}" for to, version in view.notes_seen.items())
            sign = press("sign", version=minutes.version, seen=seen)
            buttons.append(
                h.button(type="button", class_="c3-button c3-primary", data_act=sign, data_key="sign")[t("Sign")]
            )
    elif view.to_file:
        words = tn("File {n} sheet in the record", "File {n} sheets in the records", len(view.to_file))
        buttons.append(
            h.button(type="button", class_="c3-button c3-primary", data_act=press("file"), data_key="file")[words]
        )
    wait = (
        h.span(class_="c3-quiet")[t("They can be signed when the conference is over.")]
        if not minutes.signed and not view.conference.over
        else None
    )
    return h.div(class_="c3-taskactions c3-minutesactions")[buttons, wait] if buttons or wait else None


def minutes_html(view: MinutesView, at: ViewTime, *, changing: bool = True) -> Html:
    """Who was there, what was sent back, and each patient whom the reader may see. On paper nothing is `changing`."""
    others = others_words(view)
    return fragment[
        _present(view),
        _remarks(view.minutes.remarks) if view.minutes is not None and view.minutes.remarks else None,
        (patient_minutes_html(line, at, changing=changing) for line in view.lines),
        h.p(class_="c3-quiet")[t("No patient was on the agenda.")] if not view.lines and not others else None,
        h.p(class_="c3-quiet")[others] if others else None,
    ]


def _present(view: MinutesView) -> Html:
    people = present_words(view.minutes)
    return h.section(class_="c3-present")[
        h.h2[t("Present")],
        h.p[", ".join(people)] if people else h.p(class_="c3-quiet")[t("Nobody was put down as present.")],
    ]


def _remarks(remarks: tuple[Remark, ...]) -> Html:
    return h.section(class_="c3-remarks")[
        h.h2[t("Sent back for correction")],
        h.ul[
            (
                h.li[
                    h.span[clean(each.text, 2000)],
                    h.div(class_="c3-sub")[_by(each.author.name, show_date(each.when) if each.when else "")],
                ]
                for each in remarks
            )
        ],
    ]


def patient_minutes_html(
    line: PatientMinutes, at: ViewTime, *, changing: bool = True, states: bool = True, named: bool = True
) -> Html:
    """What the minutes say about one patient. `states`: with how each task stands today; `named`: with who it is,
    which a sheet about this patient alone says on its edge.
    """
    person = line.person
    label, number = show_identifier(main_identifier(person))
    times = discussed_words(line.discussion, at)
    name = h.bdi[show_name(person.name, title=False)]
    who = fragment[
        h.h2[patient_link(person.id, name) if changing else name],
        h.p(class_="c3-sub")[show_born(person, at.today), ", ", h.bdi[f"{label} {number}"]],
    ]
    filed = filed_words(line)
    return h.section(class_="c3-patientminutes", data_key=f"minutes-{person.id}")[
        h.div[
            who if named else None,
            h.p[t("Discussed {times}", times=times)] if times else None,
            h.p(class_="c3-sub")[filed] if filed and named else None,
            h.p(class_="c3-sub")[
                h.a(href=f"conference_history?id={person.id}", data_act=press("history", id=person.id))[
                    t("All conferences about this patient")
                ]
            ]
            if changing
            else None,
            _actions(line) if changing else None,
        ],
        h.div[_said(line, at, states=states)],
    ]


def _said(line: PatientMinutes, at: ViewTime, *, states: bool) -> Html:
    if line.item.outcome == POSTPONED:
        said: Html | None = h.p[icon("clock"), " ", postponed_words(line, at)]
    elif not line.entries:
        said = h.p(class_="c3-quiet")[t("Nothing was written about this patient.")]
    else:
        said = None
    return fragment[
        said,
        h.ul(class_="c3-entries")[(_entry(line, entry, at, states=states) for entry in line.entries)]
        if line.entries
        else None,
    ]


def _entry(line: PatientMinutes, entry: NoteEntry, at: ViewTime, *, states: bool) -> Html:
    decided = line.decided_by(entry)
    return h.li[
        h.b[t(ENTRIES[entry.kind])], ": ", h.span[clean(entry.text, LONGEST_SHOWN)],
        decided_html(decided, at.today if states else None) if decided is not None else None,
        h.div(class_="c3-sub")[_by(entry.author.name, show_date(entry.when) if entry.when else "")],
    ]  # fmt: skip


def decided_html(decided: Task | Order, today: date | None) -> Html:
    """Who does it until when, and how it stands on this day."""
    until, state = decided_words(decided, today)
    return h.div[until, fragment[", ", _state(state)] if state is not None else None]


def _state(stands: DecisionState) -> Html:
    words = t(DECISION_STATES[stands])
    if stands is DecisionState.OVERDUE:
        return h.span(class_="c3-lateword")[icon("late"), " ", words]
    return h.span[icon("check"), " ", words] if stands is DecisionState.DONE else h.span[words]


def _by(name: str, when: str) -> str:
    return ", ".join(filter(None, (clean(name, 120), when)))


def _actions(line: PatientMinutes) -> Html | None:
    name = show_name(line.person.name, title=False)

    def button(words: str, kind: EntryKind) -> Html:
        return h.button(
            type="button",
            class_="c3-button",
            data_act=press("write", id=line.patient.id, kind=kind.value),
            data_key=f"{kind.value}-{line.patient.id}",
        )[words, for_screen_readers(f": {clean(name, 80)}")]

    signed = line.note is not None and line.note.signed
    return h.div(class_="c3-taskactions")[
        None if signed else button(t("Add to it"), EntryKind.DISCUSSION),
        button(t("Correct"), EntryKind.CORRECTION) if line.entries else None,
    ]
