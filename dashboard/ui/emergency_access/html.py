"""What somebody who looks beyond their teams is told: why, until when, that it is on record and who reads it."""

from dashboard.domain.access.relationship import Glass, GlassReason
from dashboard.ui.patient.parts import Moment
from dashboard.ui.shared.html import Html, clean, h
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.wording import mark, t

REASONS = {
    GlassReason.EMERGENCY: mark("Emergency: I treat this patient now"),
    GlassReason.ON_CALL: mark("I am on call for this patient's team"),
    GlassReason.TRANSFER: mark("The patient comes to me from another team"),
    GlassReason.PATIENT_ASKED: mark("The patient asked me to look"),
    GlassReason.OTHER: mark("Another reason"),
}


def glass_html(glass: Glass, at: Moment) -> Html:
    """The banner over a record that is open for a time."""
    known = [reason for reason in GlassReason if reason.value == glass.reason]
    why = t(REASONS[known[0]]) if known else ""
    until = glass.until.astimezone(at.zone).strftime("%H:%M")
    return h(
        "div",
        icon("warn"),
        h("b", t("You look beyond your teams, until {time}.", time=until)),
        h("span", t("The coordinator has been told, and every look is on record.")),
        h("span", h("bdi", ": ".join(part for part in (why, clean(glass.text, 200)) if part)), class_="c3-sub"),
        class_="c3-glass",
        role="note",
        aria_label=t("Broken glass"),
    )
