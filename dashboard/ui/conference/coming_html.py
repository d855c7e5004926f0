"""What is asked of the reader, as HTML for the top of the worklist: a line a conference, with the way to it."""

from collections.abc import Sequence
from typing import Final

from dashboard.domain.conference.coming import ComingConference
from dashboard.ui.conference.words import near_words
from dashboard.ui.patient.link_html import patient_link
from dashboard.ui.record.people import show_name
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Html, clean, for_screen_readers, fragment
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.press import press
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t, tn

AT_ONCE: Final = 3
"""Lines; more would push the worklist down."""


def coming_html(coming: Sequence[ComingConference], at: ViewTime) -> Html | None:
    """What runs now first; None where nothing is asked."""
    if not coming:
        return None
    more = len(coming) - AT_ONCE
    # One line has room beside the heading of a wide page, so that no row of the worklist is pushed off it.
    short = len(coming) == 1 and not coming[0].to_prepare
    return h.section(class_="c3-coming c3-comingline" if short else "c3-coming", aria_label=t("Your case conferences"))[
        h.ul[(_line(each, at) for each in coming[:AT_ONCE])],
        h.p(class_="c3-sub")[
            tn("and {n} more in the next 7 days", "and {n} more in the next 7 days", more)
        ]
        if more > 0
        else None,
    ]  # fmt: skip


def unknown_html() -> Html:
    """The sentence for when nobody could be asked: no line would say that there is none."""
    return h.p(class_="c3-coming c3-quiet")[t("Whether you have a case conference could not be read.")]


def _line(each: ComingConference, at: ViewTime) -> Html:
    conference = each.conference
    ident, title = conference.origin.id, clean(conference.title, 120) or t("Case conference")
    facts = [
        t("runs now") if conference.running else near_words(conference, at),
        clean(conference.place, 80),
        tn("{n} patient", "{n} patients", len(conference.patients)),
    ]
    do, page, words = (
        ("join", "conference_live", t("Join")) if conference.running else ("open-conference", "conference", t("Open"))
    )
    return h.li(data_key=f"coming-{ident}", class_="c3-runs" if conference.running else None)[
        icon("calendar"),
        h.div[h.b[title], " ", h.span[", ".join(filter(None, facts))], _to_prepare(each)],
        h.a(href=f"{page}?id={ident}", class_="c3-button", data_act=press(do, id=ident))[
            words, for_screen_readers(f": {title}")
        ],
    ]


def _to_prepare(each: ComingConference) -> Html | None:
    people = each.to_prepare
    if not people:
        return None
    names = [patient_link(one.id, h.bdi[show_name(one.name, title=False)]) for one in people]
    return h.div(class_="c3-sub")[
        tn("{n} to prepare by you:", "{n} to prepare by you:", len(people)), " ",
        (fragment["; " if place else "", name] for place, name in enumerate(names)),
    ]  # fmt: skip
