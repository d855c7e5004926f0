"""The banner over a record that is open in an emergency: why, until when, that it is audited and who is notified."""

import math
from collections.abc import Sequence
from datetime import datetime

from dashboard.domain.access.emergency_access import EmergencyAccess, EmergencyReason
from dashboard.queries.list_emergency_accesses import OpenedInEmergency
from dashboard.ui.record.people import main_identifier, show_identifier, show_name
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_time
from dashboard.ui.shared.html import Html, clean
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.press import press
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import mark, t, tn

REASONS = {
    EmergencyReason.EMERGENCY: mark("Emergency: I treat this patient now"),
    EmergencyReason.ON_CALL: mark("I am on call for this patient's team"),
    EmergencyReason.TRANSFER: mark("The patient comes to me from another team"),
    EmergencyReason.PATIENT_ASKED: mark("The patient asked me to look"),
    EmergencyReason.OTHER: mark("Another reason"),
}


def emergency_access_html(emergency_access: EmergencyAccess, at: ViewTime) -> Html:
    """The banner over a record that is open for a time."""
    reasons = [reason for reason in EmergencyReason if reason.value == emergency_access.reason]
    why = t(REASONS[reasons[0]]) if reasons else ""
    until = emergency_access.until.astimezone(at.zone).strftime("%H:%M")
    return h.div(class_="c3-glass", role="note", aria_label=t("Broken glass"))[
        icon("warn"),
        h.b[t("You look beyond your teams, until {time}.", time=until)],
        h.span[t("The coordinator has been told, and every look is on record.")],
        h.span(class_="c3-sub")[h.bdi[": ".join(part for part in (why, clean(emergency_access.text, 200)) if part)]],
        _end_button(emergency_access),
    ]


def opened_html(opened: Sequence[OpenedInEmergency], at: ViewTime) -> Html | None:
    """Whom the user has opened in an emergency, for how long still, and the way to end it; None for nobody."""
    if not opened:
        return None
    return h.section(class_="c3-glass c3-glasslist", aria_label=t("Your emergency access"))[
        h.b[icon("warn"), " ", t("Your emergency access")],
        h.ul[(_opened(each, at) for each in opened)],
    ]


def running_html(opened: Sequence[OpenedInEmergency], at: ViewTime) -> Html | None:
    """The part of the top bar while an emergency access runs: the time left, which the browser counts down, and the way
    to end it. It names nobody: the page on screen may be about somebody else. Of several it is the first to end, and
    leads to the list of them.
    """
    if not opened:
        return None
    first = min(opened, key=lambda each: each.access.until)
    seconds = max(0, math.floor((first.access.until - at.as_of).total_seconds()))
    count = len(opened)
    one = h.a(href=f"patient?id={first.person.id}", data_act=press("open", id=first.person.id), data_key="running-open")
    all_of_them = h.a(href="./", data_act=press("list"), data_key="running-open")
    words = tn("{n} emergency access", "{n} emergency accesses", count) if count > 1 else t("Emergency access")
    return h.div(class_="c3-running", role="group", aria_label=t("Your emergency access"))[
        icon("warn"),
        (all_of_them if count > 1 else one)[h.span(class_="c3-runningwords")[words], " ", _left(seconds)],
        _end_button(first.access, short=True) if count == 1 else None,
    ]


def _left(seconds: int) -> Html:
    """`59:12 left`; the browser goes on counting (assets/panel.js)."""
    said = t("{left} left", left=f"{seconds // 60:02d}:{seconds % 60:02d}")
    words = t("{left} left")
    return h.span(class_="c3-left c3-nw", role="timer", data_left=seconds, data_words=words)[said]


def _opened(opened: OpenedInEmergency, at: ViewTime) -> Html:
    person, until = opened.person, opened.access.until
    label, number = show_identifier(main_identifier(person))
    return h.li[
        h.a(
            href=f"patient?id={person.id}",
            data_act=press("open", id=person.id),
            data_key=f"glass-{person.id}",
        )[h.bdi[show_name(person.name)]],
        h.span[f"{label} {number}"],
        h.span[left_words(until, at)],
        _end_button(opened.access),
    ]


def left_words(until: datetime, at: ViewTime) -> str:
    """`until 14:02, 54 minutes left`."""
    minutes = max(1, math.ceil((until - at.as_of).total_seconds() / 60))
    left = tn("{n} minute left", "{n} minutes left", minutes)
    return t("until {time}, {left}", time=show_time(until, at.zone), left=left)


def _end_button(access: EmergencyAccess, *, short: bool = False) -> Html:
    return h.button(
        type="button",
        class_="c3-button",
        aria_label=t("End this access now") if short else None,
        data_act=press("end-emergency", id=access.origin.id),
        data_key=f"end-{access.origin.id}",
    )[t("End") if short else t("End this access now")]
