"""The conferences of the user's teams as HTML: what runs now, what comes, what was."""

from collections.abc import Sequence

from dashboard.domain.conference.conference import Conference
from dashboard.domain.conference.views import ConferenceList
from dashboard.ui.conference.words import attendance_words, status_words, when_words
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Html, clean, fragment
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.press import press
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import mark, t, tn

COLUMNS = (mark("When"), mark("Conference"), mark("Where"), mark("Patients"), mark("Who comes"), mark("Status"))
PAST_AT_ONCE = 10


def conferences_html(found: ConferenceList, at: ViewTime, may_plan: bool) -> Html:
    """Three parts, each where there is anything; one sentence where there is nothing at all."""
    if not found.conferences:
        return _nothing(may_plan)
    past = found.past
    return fragment[
        h.p(class_="c3-sub")[
            h.a(href="conference_history", data_act=press("history"), data_key="history")[
                t("History: who was discussed, what was decided and done, by week")
            ]
        ]
        if past
        else None,
        _part(t("Now"), found.running, at) if found.running else None,
        _part(t("Coming"), found.coming, at)
        if found.coming
        else h.p(class_="c3-quiet")[t("No conference is planned.")],
        _part(t("Past"), past[:PAST_AT_ONCE], at) if past else None,
        _older(past[PAST_AT_ONCE:], at),
    ]


def _part(title: str, conferences: Sequence[Conference], at: ViewTime) -> Html:
    return h.section[h.h2[title], _table(title, conferences, at)]


def _older(conferences: Sequence[Conference], at: ViewTime) -> Html | None:
    if not conferences:
        return None
    words = tn("{n} earlier conference", "{n} earlier conferences", len(conferences))
    return h.details(data_key="conferences-older")[h.summary[words], _table(words, conferences, at)]


def _table(title: str, conferences: Sequence[Conference], at: ViewTime) -> Html:
    return h.table(class_="c3-table c3-conferences")[
        h.caption(class_="c3-sr")[title],
        h.thead[h.tr[(h.th(scope="col")[t(label)] for label in COLUMNS)]],
        h.tbody[(_row(each, at) for each in conferences)],
    ]


def _row(conference: Conference, at: ViewTime) -> Html:
    ident = conference.origin.id
    return h.tr(data_key=f"conference-{ident}")[
        h.th(scope="row", class_="c3-nw")[
            h.a(href=f"conference?id={ident}", data_act=press("open-conference", id=ident))[when_words(conference, at)]
        ],
        h.td[
            h.b[clean(conference.title, 120) or t("Case conference")],
            h.div(class_="c3-sub")[clean(conference.team.name, 120)]
            if conference.team.name and conference.team.name not in conference.title
            else None,
        ],
        h.td[clean(conference.place, 120)],
        h.td(data_label=t("Patients"))[str(len(conference.patients))],
        h.td[attendance_words(conference)],
        h.td[
            status_words(conference),
            h.div(class_="c3-sub")[clean(conference.cancelled_because, 200)] if conference.cancelled_because else None,
        ],
    ]


def _nothing(may_plan: bool) -> Html:
    say = t("Plan the first one.") if may_plan else t("A coordinator of your team plans them.")
    return h.div(class_="c3-empty")[icon("calendar"), h.h2[t("No case conferences yet")], h.p[say]]
