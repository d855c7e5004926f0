"""Who is chosen on the screening page, which change of them is being filled in, what was done last: of this session."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import streamlit as st

from dashboard.actions.change_enrolment import Seen
from dashboard.domain.pilot.enrolment import EnrolmentAction
from dashboard.errors import DashboardError
from dashboard.ui.shared.asked import ask as ask_next
from dashboard.ui.shared.asked import take_asked
from dashboard.ui.shared.panel import Picks

_PICKS: Final = "screening_picks"
_ASKED: Final = "screening_asked"
_TYPED: Final = "screening_typed"
_DONE: Final = "screening_done"
_ANSWERING: Final = "screening_answering"
_RECORDED: Final = "screening_recorded"
NOBODY: Final = Picks(0, ())


@dataclass(frozen=True, slots=True)
class Asked:
    """A change that is being filled in, and of whom."""

    action: EnrolmentAction
    patients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """What was done: of whom, as they were stored; who was not saved, and why; whether the change can be taken back."""

    action: EnrolmentAction
    saved: tuple[Seen, ...]
    patients: tuple[str, ...]
    failed: Mapping[str, DashboardError] = field(default_factory=dict)

    @property
    def undo(self) -> bool:
        """Who was put on the list stays on it: there is nothing before that."""
        return bool(self.saved) and self.action not in (EnrolmentAction.LIST, EnrolmentAction.TAKE_BACK)


@dataclass(frozen=True, slots=True)
class Recorded:
    """Answers that were recorded of a patient: the ids of their Observations."""

    patient: str
    ids: tuple[str, ...]


def picks() -> Picks:
    """Who is chosen."""
    held = st.session_state.get(_PICKS)
    return held if isinstance(held, Picks) else NOBODY


def choose(patients: Iterable[str]) -> None:
    """Chooses these and nobody else; the browser is told."""
    st.session_state[_PICKS] = Picks(picks().round + 1, tuple(dict.fromkeys(patients)))


def take_picks(number: int, ids: object) -> None:
    """What the browser says is ticked, unless others were chosen since it was drawn."""
    held = picks()
    if number == held.round and isinstance(ids, list):
        known = [each for each in ids[:_MOST] if isinstance(each, str)]
        st.session_state[_PICKS] = Picks(held.round, tuple(dict.fromkeys(known)))


_MOST: Final = 5000  # nobody's teams have more


def asked() -> Asked | None:
    """The change that is being filled in."""
    held = st.session_state.get(_ASKED)
    return held if isinstance(held, Asked) else None


def ask(action: EnrolmentAction, patients: Iterable[str]) -> None:
    """Has the run that follows begin to fill in a change of these people."""
    ask_next("screening", Asked(action, tuple(patients)))


def begin_asked() -> None:
    """Opens the form that a press asked for: it stays open until it is closed, also while another page is looked at."""
    for wanted in take_asked("screening"):
        if isinstance(wanted, Asked):
            st.session_state[_ASKED] = wanted
        else:
            st.session_state[_ANSWERING] = wanted
            st.session_state.pop(_RECORDED, None)
        st.session_state.pop(_DONE, None)


def stop_asking() -> None:
    """Back to the list; who is chosen stays chosen, and what was typed is offered again."""
    st.session_state.pop(_ASKED, None)
    choose(picks().ids)


def typed(name: str, otherwise: Any) -> Any:
    """What was typed into a field of this change."""
    return _typed().get(name, otherwise)


def keep_typed(name: str, value: Any) -> None:
    """Keeps it, also while the field is not on the page: the list cannot be read, or another change is looked at."""
    _typed()[name] = value


def forget_typed() -> None:
    """After the change was saved."""
    if (now := asked()) is not None:
        st.session_state.get(_TYPED, {}).pop(now.action, None)


def _typed() -> dict[str, Any]:
    now = asked()
    of: dict[str, Any] = st.session_state.setdefault(_TYPED, {}).setdefault(now.action if now else "", {})
    return of


def answering() -> str:
    """The id of the patient whose answers are being filled in; "" for nobody."""
    return str(st.session_state.get(_ANSWERING, ""))


def answer(patient: str) -> None:
    """Has the run that follows begin to fill in the answers of somebody."""
    ask_next("screening", patient)


def stop_answering() -> None:
    """Back to the list; who is chosen stays chosen."""
    st.session_state.pop(_ANSWERING, None)
    choose(picks().ids)


def recorded() -> Recorded | None:
    """The answers that were recorded last."""
    held = st.session_state.get(_RECORDED)
    return held if isinstance(held, Recorded) else None


def say_recorded(what: Recorded | None) -> None:
    """Has the list say it; None for nothing any more."""
    st.session_state[_RECORDED] = what


def done() -> Done | None:
    """What was done last."""
    held = st.session_state.get(_DONE)
    return held if isinstance(held, Done) else None


def say_done(what: Done | None) -> None:
    """Has the list say it; None for nothing any more."""
    st.session_state[_DONE] = what
