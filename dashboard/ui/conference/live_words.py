"""A running conference in words: which patient of how many, who presents, who is there."""

from dashboard.cache.meetings import MeetingState
from dashboard.domain.conference.agenda import Agenda
from dashboard.domain.conference.minutes import How, Minutes
from dashboard.domain.values.datatypes import Reference
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.wording import t, tn

KEYS = (
    ("Alt+N", "next"),
    ("Alt+P", "previous"),
    ("Alt+L", "timeline"),
    ("Alt+G", "plan"),
    ("Alt+W", "decide"),
    ("Alt+O", "no-change"),
    ("Alt+M", "mask"),
    ("Alt+K", "keys"),
)
"""Key -> what it does. Letters that no browser has for itself with Alt: not D, E, F; C and R are Streamlit's."""


def key_of(action: str) -> str:
    """The key of an action: `Alt+N`."""
    return next(key for key, name in KEYS if name == action)


def key_words() -> list[tuple[str, str]]:
    """Each key with what it does."""
    words = {
        "next": t("next patient"),
        "previous": t("patient before"),
        "timeline": t("timeline"),
        "plan": t("care plan and goals"),
        "decide": t("write down a decision"),
        "no-change": t("record that there is no change"),
        "mask": t("hide who the patient is, on every screen, or show it again"),
        "keys": t("these keys"),
    }
    return [(key, words[name]) for key, name in KEYS]


def place_words(agenda: Agenda, patient: Reference | None) -> str:
    """`Patient 3 of 8`."""
    if patient is None or patient not in agenda.patients:
        return tn("{n} patient", "{n} patients", len(agenda.items))
    return t("Patient {n} of {all}", n=agenda.patients.index(patient) + 1, all=len(agenda.items))


def present_words(minutes: Minutes | None) -> str:
    """`Present 9 (4 remote)`: whom the minutes name."""
    people = minutes.present if minutes is not None else ()
    remote = sum(1 for each in people if each.how is How.REMOTE)
    if remote:
        return t("Present {n} ({remote} remote)", n=len(people), remote=remote)
    return t("Present {n}", n=len(people))


def presenter_words(state: MeetingState, *, presents: bool, own: bool) -> str:
    """Who leads, and whether this window follows."""
    who = clean(state.presenter, 80)
    if presents:
        return t("You present")
    if own:
        return t("You look for yourself; {name} presents", name=who) if who else t("You look for yourself")
    return t("{name} presents", name=who) if who else t("Nobody presents")
