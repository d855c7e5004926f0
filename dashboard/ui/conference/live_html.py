"""The screen of a running conference as HTML: who it is, what changed, the curves or the plan, and the line below."""

from dashboard.cache.meetings import MeetingState
from dashboard.domain.conference.views import DiscussedPatient, Meeting
from dashboard.domain.timeline.changes import changes_since_conference
from dashboard.domain.values.datatypes import Reference
from dashboard.ui.care_plan.blocks import blocks_html, plan_blocks
from dashboard.ui.care_plan.other_html import none_html, warnings_html
from dashboard.ui.care_plan.page import plan_page
from dashboard.ui.care_plan.plan_html import heading_html
from dashboard.ui.conference.live_words import key_words, place_words, present_words, presenter_words
from dashboard.ui.conference.new_html import LiveNew, live_new_html
from dashboard.ui.patient.banner_html import allergy_words, banner_html
from dashboard.ui.record.people import show_initials
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Html, clean, fragment
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t, tn
from dashboard.ui.timeline.html import warnings_html as timeline_warnings_html
from dashboard.ui.timeline.room_curves import room_curves
from dashboard.ui.timeline.room_html import changed_html, curves_html
from dashboard.ui.timeline.room_words import CHANGES, medicine_item
from dashboard.ui.timeline.view import TimelineView

LINE_HEIGHT = 4.5
"""Hundredths of the screen's width that the line at the foot takes from the columns."""


def live_banner_html(found: DiscussedPatient, at: ViewTime, *, masked: bool, similar: bool) -> Html:
    """Who is discussed; masked: initials, and the allergies, which a decision needs."""
    if not masked:
        return banner_html(found.timeline, at, may_follow=False, similar=similar)
    state, label, detail = allergy_words(found.timeline, at)
    return h.section(class_="c3-patientbanner c3-patient-any", aria_label=t("Patient"))[
        h.div(class_="c3-idline")[
            h.h1[show_initials(found.summary.person.name)],
            h.p[icon("info"), " ", t("Hidden: who the patient is")],
        ],
        h.div(class_=f"c3-allergyline c3-{state}")[h.b[label], h.span[h.bdi[detail]] if detail else None],
    ]


def live_changed_html(found: DiscussedPatient, at: ViewTime, new: LiveNew) -> Html:
    """What changed since the last conference, measurements first, then medicines, then the rest; what guidelines say
    anew; and why the patient is on the agenda, where somebody said so.
    """
    changes = changes_since_conference(found.timeline, at.as_of)
    medicines = [medicine_item(each) for each in changes.medicines]
    note = found.note
    said = [entry for entry in (note.entries if note is not None else ()) if entry.kind in ("why", "preparation")]
    guidelines = live_new_html(new)
    taken = LINE_HEIGHT + 4.0 * len(said) + (new.height if guidelines is not None else 0)
    return h.div(class_="c3-room c3-large c3-live")[
        h.ul(class_="c3-livewhy")[
            (h.li[clean(entry.text, 200), h.span(class_="c3-roommore")[clean(entry.author.name, 80)]] for entry in said)
        ]
        if said
        else None,
        changed_html(changes, found.timeline, at, CHANGES.without(taken), medicines),
        guidelines,
        _withheld(found),
    ]


def _withheld(found: DiscussedPatient) -> Html | None:
    if not found.withheld:
        return None
    words = tn("{n} entry is not for a shared screen.", "{n} entries are not for a shared screen.", found.withheld)
    return h.p(class_="c3-roommore")[words]


def live_timeline_html(found: DiscussedPatient, at: ViewTime, stale: str) -> Html:
    """The curves that matter now."""
    drawn = room_curves(TimelineView(id=found.patient.id, large=True), found.timeline, at)
    return h.div(class_="c3-room c3-large c3-live")[
        timeline_warnings_html(found.timeline, at, stale),
        curves_html(found.timeline, drawn.curves, drawn.panels, drawn.axis, at),
    ]


def live_plan_html(found: DiscussedPatient, at: ViewTime, stale: str) -> Html:
    """The shared plan, to be read from four metres; it scrolls by itself."""
    plans = found.plans
    shown: Html | None
    if plans.ours is None:
        shown = none_html(plans)
    else:
        page = plan_page(plans, plans.ours, found.summary, at, large=True)
        shown = blocks_html(plan_blocks(page, heading_html(page)), large=True)
    return h.div(class_="c3-room c3-large c3-live c3-liveplan", tabindex="0", role="region", aria_label=t("Care plan"))[
        warnings_html(plans, at, stale), shown
    ]


def not_shown_html(words: str) -> Html:
    """In place of a patient whom this reader may not see, or before the first one."""
    return h.div(class_="c3-room c3-large c3-live")[h.p(class_="c3-livenobody")[words]]


def line_html(
    meeting: Meeting, state: MeetingState, patient: Reference | None, *, presents: bool, own: bool, warning: str = ""
) -> Html:
    """Patient 3 of 8, how long already, who is there and who presents. The browser counts the seconds (panel.js)."""
    item = meeting.agenda.item(patient) if patient is not None else None
    followed = patient is not None and patient == state.patient
    planned = meeting.conference.minutes
    return h.div(class_="c3-liveline", role="status", aria_live="off")[
        h.b[place_words(meeting.agenda, patient)],
        h.span[
            _clock(state.seconds, (item.minutes if item is not None else 0) * 60),
            t(" of {n} min", n=item.minutes) if item is not None else None,
        ]
        if followed
        else None,
        h.span[
            t("Meeting"), " ", _clock(state.running, planned * 60), t(" of {n} min", n=planned) if planned else None
        ],
        h.span[present_words(meeting.minutes)],
        h.span[presenter_words(state, presents=presents, own=own)],
        h.span(class_="c3-lateword")[icon("warn"), " ", warning] if warning else None,
    ]


def _clock(seconds: float, most: int) -> Html:
    """`4:12`; marked once it is more than `most` seconds."""
    whole = int(seconds)
    words = f"{whole // 60}:{whole % 60:02d}"
    return h.b(class_="c3-liveclock", data_since=whole, data_most=most or None)[words]


def keys_html() -> Html:
    """The keys, each with what it does."""
    return h.dl(class_="c3-keys")[(h.div[h.dt[key.replace("+", " + ")], h.dd[words]] for key, words in key_words())]


def full_screen_html() -> Html:
    """The button that fills the screen; the browser does it (panel.js)."""
    return fragment[
        h.button(type="button", class_="c3-button", data_fullscreen="", data_key="full-screen")[t("Full screen")]
    ]
