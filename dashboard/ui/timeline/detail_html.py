"""All that is known of a picked event: what, when, from where, by whom, why it is in its lane, and the record."""

from collections.abc import Sequence
from datetime import date

from dashboard.domain.timeline.events import Event, EventDetail
from dashboard.domain.values.datatypes import PartialDate
from dashboard.ui.record.numbers import show_quantity
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_date, show_moment
from dashboard.ui.shared.html import Child, Html, clean, unbroken_dates
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.press import press
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t, tn
from dashboard.ui.timeline.words import (
    DATE_WARNINGS,
    event_words,
    kind_word,
    lane_name,
    membership_words,
    precision_words,
    show_code,
    show_when,
    state_words,
)

# Neighbours of a merged mark that are listed; the table has them all.
MOST_NEIGHBOURS = 40
# A resource longer than this is cut on screen; the link leads to the whole.
MOST_RAW = 20_000


def detail_html(
    event: Event,
    detail: EventDetail | None,
    failed: str,
    neighbours: Sequence[Event],
    at: ViewTime,
) -> Html:
    """The panel beside the figure. `detail` None: the source could not be asked, `failed` says why; what the timeline
    itself knows is shown all the same.
    """
    return h.section(class_="c3-detail", aria_label=t("The picked entry"))[
        h.header[
            h.span(class_="c3-sub")[kind_word(event.kind)],
            h.button(
                type="button", class_="c3-plainbutton", data_act=press("pick", origin=""), data_key="detail-close"
            )[icon("close"), t("Close")],
        ],
        h.h2[h.bdi[clean(event_words(event), 300)]],
        h.p(class_="c3-detailwhen")[unbroken_dates(show_when(event, at.zone))],
        h.dl[_facts(event, detail, at)],
        _answers(detail),
        _neighbours(event, neighbours, at),
        h.p(class_="c3-failed", role="alert")[icon("warn"), h.span[clean(failed, 300)]] if failed else None,
        _history(detail, at),
        _record(event, detail),
    ]


def _facts(event: Event, detail: EventDetail | None, at: ViewTime) -> Sequence[Html]:
    source = detail.source if detail else ""
    recorder = detail.recorder if detail else ""
    recorded = (detail.recorded if detail else None) or event.recorded
    facts: list[tuple[str, Child]] = [
        (
            t("State"),
            _join(
                state_words(event), precision_words(event), *(t(DATE_WARNINGS[each]) for each in event.date_warnings)
            ),
        ),
        (t("Stage"), _join(event.stage, event.severity)),
        (t("Detail"), event.detail if event.results else ""),
        (t("As recorded"), _join(*(show_quantity(r.recorded, r.measure) for r in event.results if r.converted))),
        (t("Source"), source or t("Not recorded")),
        (t("Recorded"), _recorded(recorded, at)),
        (t("By"), recorder or event.who or t("Not recorded")),
        (t("Why"), event.why),
        (t("Code"), [h.div[_code(coding.display, show_code(coding))] for coding in event.codes]),
        (t("In its lane"), _lanes(event)),
        (t("Status"), clean(event.status, 40)),
        (t("Version"), clean(detail.version, 40) if detail else ""),
    ]
    return [h.div[h.dt[term], h.dd[h.bdi[value]]] for term, value in facts if value]


def _answers(detail: EventDetail | None) -> Html | None:
    """The answers of a questionnaire."""
    if detail is None or not detail.answers:
        return None
    lines = [
        h.li[
            h.div(class_="c3-main")[h.bdi["\u2003" * min(each.depth, 6), clean(each.question, 300)]],
            h.div(class_="c3-side")[h.bdi[clean(each.answer, 300)]],
        ]
        for each in detail.answers
    ]
    return h.div[h.h3[t("Answers")], h.ul(class_="c3-lines")[lines]]


def _join(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _code(display: str, code: str) -> str:
    return f"{clean(display, 160)}: {code}" if display else code


def _recorded(when: PartialDate | date | None, at: ViewTime) -> str:
    if isinstance(when, PartialDate) and when.precision == "time":
        return show_moment(when.moment, at.zone)
    return show_date(when)


def _lanes(event: Event) -> Sequence[Html]:
    lanes = [h.div[membership_words(each)] for each in event.memberships]
    if not lanes:
        why = (
            t("its code is in none of our lists") if event.unmapped else t("it belongs to none of the four conditions")
        )
        lanes = [h.div[f"{lane_name(event.lanes[0])}: {why}"]]
    return lanes


def _neighbours(event: Event, neighbours: Sequence[Event], at: ViewTime) -> Html | None:
    """The others in the same mark or span, each to be picked."""
    if len(neighbours) < 2:
        return None
    lines = [
        h.li[
            h.button(
                type="button",
                class_="c3-plainbutton",
                aria_current="true" if each.origin == event.origin else None,
                data_act=press("pick", origin=str(each.origin)),
                data_key=f"mate-{each.origin}",
            )[h.bdi[clean(event_words(each), 120)]],
            h.span(class_="c3-side")[unbroken_dates(show_when(each, at.zone))],
        ]
        for each in neighbours[:MOST_NEIGHBOURS]
    ]
    more = len(neighbours) - len(lines)
    if more > 0:
        lines.append(h.li[tn("and {n} more, in the table", "and {n} more, in the table", more)])
    head = h.h3[tn("{n} entry drawn in one place", "{n} entries drawn in one place", len(neighbours))]
    return h.div[head, h.ul(class_="c3-lines c3-mates")[lines]]


def _history(detail: EventDetail | None, at: ViewTime) -> Html | None:
    if detail is None or not detail.history:
        return None
    lines = [
        h.li[
            h.span[h.bdi[_join(clean(edit.who, 120) or t("somebody unnamed"), edit.activity, edit.reason)]],
            h.span(class_="c3-side")[unbroken_dates(show_moment(edit.when, at.zone))],
        ]
        for edit in detail.history
    ]
    return h.div[h.h3[t("Who changed it")], h.ul(class_="c3-lines")[lines]]


def _record(event: Event, detail: EventDetail | None) -> Html | None:
    if detail is None:
        return None
    address = detail.address if detail.address.startswith(("http://", "https://")) else ""
    link = (
        h.a(href=address, target="_blank", rel="noopener noreferrer")[str(event.origin)]
        if address
        else str(event.origin)
    )
    line = h.p(class_="c3-sub")[t("Record on the FHIR server:"), " ", link]
    raw = detail.raw[:MOST_RAW]
    lines = [h.div[line or " "] for line in raw.splitlines()]
    shown = h.details(data_key="raw")[h.summary[t("The record as JSON")], h.div(class_="c3-raw", tabindex=0)[lines]]
    return h.div[line, shown if raw else None]
