"""The agenda of a conference as HTML: each patient with why, what was written, and what can be done about the line."""

from collections.abc import Mapping, Sequence
from typing import Final

from dashboard.domain.conference.agenda_reasons import Proposal
from dashboard.domain.conference.conference import Conference
from dashboard.domain.conference.note import NoteEntry
from dashboard.domain.conference.views import AgendaLine, ConferenceView
from dashboard.domain.guidelines.new_since import NewSince
from dashboard.domain.record.people import Person
from dashboard.domain.record.task import Task
from dashboard.domain.values.datatypes import Reference
from dashboard.ui.conference.words import (
    ANSWERS,
    ENTRIES,
    OUTCOMES,
    agenda_words,
    begins_words,
    over_time,
    reason_lines,
    since_words,
    status_words,
    when_words,
)
from dashboard.ui.patient.link_html import patient_link
from dashboard.ui.recommendations.new_words import NewLine, new_lines
from dashboard.ui.record.people import main_identifier, show_born, show_identifier, show_name
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.html import Html, clean, for_screen_readers, fragment, unbroken_dates
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.press import press
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import mark, t, tn

COLUMNS = (mark("When"), mark("Who"), mark("Why"), mark("Prepared and decided"), mark("Change"))
PROPOSED_AT_ONCE = 8
CARDS_AT_ONCE = 3
"""New recommendations and contradictions of a patient that stand on the agenda; the page of the patient has all."""
NO_CARDS: Final[Mapping[str, NewSince]] = {}
NOTHING_NEW: Final = NewSince()


def conference_heading_html(view: ConferenceView, at: ViewTime, me: Reference | None) -> Html:
    """What, when and where, how full the agenda is, who comes, and the reader's own answer."""
    conference = view.conference
    too_long = over_time(view.agenda, conference.minutes)
    return h.div(class_="c3-conference")[
        h.p(class_="c3-sub")[
            h.a(href="conference", data_act=press("conferences"), data_key="conferences")[
                icon("back"), " ", t("All conferences")
            ]
        ],
        h.h1[clean(conference.title, 120) or t("Case conference")],
        h.p(class_="c3-lead")[
            h.b[when_words(conference, at)], ", ", clean(conference.place, 200) or t("no place yet"), ", ",
            status_words(conference),
        ],
        _to_minutes(conference),
        h.p(class_="c3-sub")[t("Called off: {why}", why=clean(conference.cancelled_because, 300))]
        if conference.cancelled_because
        else None,
        h.p[
            agenda_words(view.agenda, conference.minutes),
            h.span(class_="c3-lateword")[
                " ", icon("late"), " ", t("{n} min more than there are", n=too_long)
            ]
            if too_long
            else None,
        ],
        _attendees(view, me),
    ]  # fmt: skip


def _to_minutes(conference: Conference) -> Html | None:
    """The way to the minutes of a conference that has begun."""
    if not (conference.running or conference.over):
        return None
    address = f"conference_minutes?id={conference.origin.id}"
    return h.p[h.a(href=address, data_act=press("minutes"), data_key="minutes")[icon("plan"), " ", t("Minutes")]]


def _attendees(view: ConferenceView, me: Reference | None) -> Html:
    conference = view.conference
    open_ = conference.to_come or conference.running
    mine = next((each for each in conference.attendees if each.who.to == me), None)
    answers = [
        h.button(
            type="button",
            class_="c3-button c3-switch",
            aria_pressed="true" if mine is not None and mine.answer == answer else "false",
            data_act=press("answer", answer=answer),
            data_key=f"answer-{answer}",
        )[words]
        for answer, words in (("accepted", t("I come")), ("declined", t("I do not come")), ("tentative", t("Perhaps")))
    ]
    return fragment[
        h.details(data_key="attendees")[
            h.summary[tn("{n} person is asked to come", "{n} people are asked to come", len(conference.attendees))],
            h.ul[
                (
                    h.li[h.bdi[clean(each.who.name, 120) or t("Not known")], ": ", _answer(each.answer)]
                    for each in conference.attendees
                )
            ],
        ],
        h.div(class_="c3-taskactions", role="group", aria_label=t("My answer"))[answers] if mine and open_ else None,
    ]


def _answer(answer: str) -> str:
    words = ANSWERS.get(answer)
    return t(words) if words else clean(answer, 40)


def agenda_html(view: ConferenceView, at: ViewTime, new: Mapping[str, NewSince] = NO_CARDS) -> Html:
    """The patients in their order; those whom the reader may not see are counted. `new` is what guidelines say anew
    since the team last met about a patient, by the patient's id.
    """
    changing = view.conference.to_come or view.conference.running
    hidden = (
        h.p(class_="c3-quiet")[
            tn(
                "{n} more patient is on the agenda, who is not in the care of your teams.",
                "{n} more patients are on the agenda, who are not in the care of your teams.",
                view.others,
            )
        ]
        if view.others
        else None
    )
    if not view.lines:
        return fragment[_nobody(view, changing), hidden]
    return fragment[
        h.table(class_="c3-table c3-agenda")[
            h.caption(class_="c3-sr")[t("Agenda")],
            h.colgroup[(h.col(class_=f"c3-col-{number}") for number in range(len(COLUMNS)))],
            h.thead[h.tr[(h.th(scope="col")[t(label)] for label in COLUMNS)]],
            h.tbody[(_line(view, place, at, changing, new) for place in range(len(view.lines)))],
        ],
        hidden,
    ]


def _nobody(view: ConferenceView, changing: bool) -> Html:
    words = t("Nobody is on the agenda yet.") if changing else t("Nobody was on the agenda.")
    fill = (
        h.button(type="button", class_="c3-button", data_act=press("fill"), data_key="fill")[
            t("Fill it with whoever is most pressing")
        ]
        if changing and view.proposals
        else None
    )
    return h.div(class_="c3-empty")[icon("calendar"), h.h2[words], fill]


def _line(view: ConferenceView, place: int, at: ViewTime, changing: bool, new: Mapping[str, NewSince]) -> Html:
    line = view.lines[place]
    outcome = OUTCOMES.get(line.item.outcome)
    return h.tr(data_key=f"line-{line.patient.id}", class_="c3-done" if outcome else None)[
        h.td(class_="c3-nw")[
            begins_words(view.conference, line.begins, at),
            h.div(class_="c3-sub")[t("{n} min", n=line.item.minutes)],
            h.div(class_="c3-sub")[icon("check"), " ", t(outcome)] if outcome else None,
        ],
        h.th(scope="row")[_who(line.person, at), h.div(class_="c3-sub")[since_words(line.proposal, at)]],
        h.td[_why(line.proposal, at, line, new.get(line.patient.id, NOTHING_NEW))],
        h.td[_written(line)],
        h.td[_actions(view.lines, place) if changing else None],
    ]


def _who(person: Person, at: ViewTime) -> Html:
    label, number = show_identifier(main_identifier(person))
    return fragment[
        patient_link(person.id, h.bdi[show_name(person.name, title=False)], class_="c3-who"),
        h.div(class_="c3-sub")[show_born(person, at.today)],
        h.div(class_="c3-sub")[h.bdi[f"{label} {number}"]],
    ]


def _why(proposal: Proposal, at: ViewTime, line: AgendaLine | None = None, new: NewSince = NOTHING_NEW) -> Html:
    cards, lines = new_lines(new), reason_lines(proposal, at.today)
    said = [entry for entry in (line.note.entries if line and line.note else ()) if entry.kind == "why"]
    if not lines and not said and not cards:
        return h.span(class_="c3-quiet")[t("Nothing new since then")]
    return h.ul(class_="c3-reasons")[
        (_entry(entry) for entry in said),
        (
            h.li(class_=f"c3-reason c3-{words.tone}")[icon(words.tone), h.span[unbroken_dates(words.text)]]
            for words in lines
        ),
        (_card(each) for each in cards[:CARDS_AT_ONCE]),
        h.li(class_="c3-sub")[tn("{n} more recommendation", "{n} more recommendations", len(cards) - CARDS_AT_ONCE)]
        if len(cards) > CARDS_AT_ONCE
        else None,
    ]


def _card(line: NewLine) -> Html:
    """A recommendation, or a contradiction between guidelines, that the team has not spoken of yet."""
    words = t("New recommendation: {what}", what=line.what)
    if line.contradiction:
        words = t("Guidelines contradict each other: {what}", what=line.what)
    draft = h.span(class_="c3-sub")[" ", t("(draft)")] if line.draft else None
    return h.li(class_=f"c3-reason c3-{line.sign}")[icon(line.sign), h.span[words], draft]


def _written(line: AgendaLine) -> Html:
    entries = [entry for entry in (line.note.entries if line.note else ()) if entry.kind != "why"]
    asked = (
        h.div(class_="c3-sub")[t("{who} prepares", who=clean(line.item.preparer.name, 120))]
        if line.item.preparer.to is not None
        else None
    )
    if not entries and asked is None:
        return h.span(class_="c3-quiet")[t("Nothing yet")]
    tasks = {task.origin: task for task in line.tasks}
    return fragment[asked, h.ul(class_="c3-entries")[(_entry(entry, tasks.get(_about(entry))) for entry in entries)]]


def _about(entry: NoteEntry) -> Reference:
    return next(iter(entry.about), Reference("Task", "none"))


def _entry(entry: NoteEntry, task: Task | None = None) -> Html:
    by = ", ".join(filter(None, (clean(entry.author.name, 120), show_date(entry.when) if entry.when else "")))
    until = ""
    if task is not None:
        due = t("until {date}", date=show_date(task.due)) if task.due else ""
        until = ", ".join(filter(None, (clean(task.owner_name, 120), due)))
    return h.li[
        h.b[t(ENTRIES[entry.kind])], ": ", h.span[clean(entry.text, 1000)],
        h.div(class_="c3-sub")[until] if until else None,
        h.div(class_="c3-sub")[by],
    ]  # fmt: skip


def _actions(lines: Sequence[AgendaLine], place: int) -> Html:
    line = lines[place]
    patient, name = line.patient.id, show_name(line.person.name, title=False)

    def button(words: str, do: str, mark_name: str = "", **values: str | int) -> Html:
        said = f"{words}: {clean(name, 80)}"
        return h.button(
            type="button",
            class_="c3-button",
            title=words if mark_name else None,
            data_act=press(do, id=patient, **values),
            data_key=f"{do}-{patient}-{values.get('before', '')}",
        )[
            (icon(mark_name), for_screen_readers(said))
            if mark_name
            else (words, for_screen_readers(f": {clean(name, 80)}"))
        ]

    earlier = lines[place - 1].patient.id if place else ""
    later = lines[place + 2].patient.id if place + 2 < len(lines) else ""
    return h.div(class_="c3-taskactions")[
        button(t("Earlier"), "earlier", "up", before=earlier) if place else None,
        button(t("Later"), "later", "down", before=later) if place + 1 < len(lines) else None,
        button(t("Note"), "note"),
        button(t("Time"), "time"),
        button(t("Ask to prepare"), "ask"),
        button(t("Take off"), "remove") if not line.item.outcome else None,
    ]


def proposals_html(view: ConferenceView, at: ViewTime) -> Html | None:
    """Who else has something new, the most pressing first, each with a button that puts the patient on the agenda."""
    if not view.proposals or not (view.conference.to_come or view.conference.running):
        return None
    shown, rest = view.proposals[:PROPOSED_AT_ONCE], view.proposals[PROPOSED_AT_ONCE:]
    more = (
        h.details(data_key="proposals-more")[h.summary[t("and {n} more", n=len(rest))], _proposals(rest, at)]
        if rest
        else None
    )
    return h.section(class_="c3-proposals")[
        h.h2[t("Not on the agenda, and something is new")],
        h.p(class_="c3-sub")[t("Since each was last discussed. A draft that no clinician has reviewed.")],
        _proposals(shown, at),
        more,
    ]


def _proposals(proposals: Sequence[tuple[Person, Proposal]], at: ViewTime) -> Html:
    return h.ul(class_="c3-proposed")[
        (
            h.li(data_key=f"proposal-{person.id}")[
                h.div[_who(person, at)],
                _why(proposal, at),
                h.button(
                    type="button", class_="c3-button", data_act=press("add", id=person.id), data_key=f"add-{person.id}"
                )[t("Add"), for_screen_readers(f": {clean(show_name(person.name, title=False), 80)}")],
            ]
            for person, proposal in proposals
        )
    ]


def taken_off_html(conference: str, patient: str) -> Html:
    """The way back for whoever was just taken off the agenda."""
    return h.p(class_="c3-summary", role="status")[
        t("A patient was taken off the agenda."),
        " ",
        h.button(type="button", class_="c3-button", data_act=press("add", id=patient), data_key=f"back-{conference}")[
            t("Put back")
        ],
    ]
