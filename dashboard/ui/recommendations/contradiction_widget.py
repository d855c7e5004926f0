"""What is asked before a team's decision about a contradiction is kept, and before it is taken back."""

import streamlit as st

from dashboard.domain.guidelines.contradiction import Contradiction
from dashboard.domain.guidelines.reconciliation import LONGEST_WORDS, Reconciliation, Way, in_force
from dashboard.domain.record.goal import PURSUED, Goal
from dashboard.domain.values.datatypes import Reference
from dashboard.ui.recommendations.contradiction_words import side_words, subject, way_words
from dashboard.ui.recommendations.page import RecommendationsPage
from dashboard.ui.record.people import show_name
from dashboard.ui.session import recommendations as reads
from dashboard.ui.shared.errors import error_boundary
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.wording import mark, t
from dashboard.ui.tasks.widget_dialogs import try_change

_WAYS = (Way.MORE, Way.LESS, Way.THIRD_WAY)


def ask_about(page: RecommendationsPage, do: str, target: str) -> bool:
    """The dialog that a press asked for; whether the press was about a contradiction. One that is gone opens none."""
    if do not in ("reconcile", "unreconcile"):
        return False
    found = next((each for each in page.contradictions if each.target == target), None)
    if found is not None and page.may_decide:
        record = in_force(found, page.found.reconciled.value or ())
        if do == "reconcile":
            decide_dialog(page, found)
        elif record is not None:
            back_dialog(page, found, record)
    return True


@st.dialog(mark("Decide between the guidelines"), width="large")
def decide_dialog(page: RecommendationsPage, found: Contradiction) -> None:
    # A dialog runs again by itself, outside the boundary of the page that opened it.
    with error_boundary("reconcile"):
        _decide(page, found)


def _decide(page: RecommendationsPage, found: Contradiction) -> None:
    st.text(f"{show_name(page.found.person.name)}: {subject(found)}")
    words = {str(way): way_words(found, way, page) for way in _WAYS}
    chosen = st.radio(
        t("What the team decides"), list(words), index=None, format_func=lambda key: words[key], key="clash_way"
    )
    way = Way(chosen) if chosen in words else None
    own = ""
    if way is Way.THIRD_WAY:
        own = st.text_area(t("What is done instead"), max_chars=LONGEST_WORDS, key="clash_words")
    pair = _goals(page.found.goals.value or ())
    reason = st.text_input(t("Why (the team sees it)"), max_chars=LONGEST_WORDS, key="clash_reason")
    if st.button(t("Save the decision"), type="primary", key="clash_save"):
        if way is None:
            st.error(t("Choose one of the sides, or a third way."))
        elif way is Way.THIRD_WAY and not own.strip():
            st.error(t("Say in a few words what the third way is."))
        elif not reason.strip():
            st.error(t("Say in a few words why; the team reads it."))
        elif try_change(
            lambda: reads.reconcile(page.found, found, way, own or side_words(found, way, page), pair, reason.strip()),
            t("Decided."),
        ):
            st.rerun()


def _goals(goals: tuple[Goal, ...]) -> tuple[Reference, ...]:
    """Two goals that are in each other's way, if the team says so; they are marked as in the care plan."""
    pursued = {each.origin.id: clean(each.text, 120) for each in goals if each.lifecycle_status in PURSUED}
    if len(pursued) < len(("one", "other")):
        return ()
    labels = (t("A goal that is in the way"), t("of this goal"))
    help_ = t(
        "Both are marked as in conflict, and the care plan shows it. Leave both empty where no goals are concerned."
    )
    chosen = [
        st.selectbox(
            label,
            list(pursued),
            index=None,
            format_func=lambda key: pursued[key],
            placeholder=t("No goal"),
            help=help_,
            key=f"clash_goal_{place}",
        )
        for place, label in enumerate(labels)
    ]
    return tuple(Reference("Goal", each) for each in chosen if each in pursued)


@st.dialog(mark("Take the decision back"))
def back_dialog(page: RecommendationsPage, found: Contradiction, record: Reconciliation) -> None:
    with error_boundary("unreconcile"):
        _back(page, found, record)


def _back(page: RecommendationsPage, found: Contradiction, record: Reconciliation) -> None:
    st.text(f"{show_name(page.found.person.name)}: {subject(found)}")
    st.text(t("The contradiction is open again, and the decision stays on record."))
    reason = st.text_input(t("Why it is taken back (the team sees it)"), max_chars=LONGEST_WORDS, key="clash_back")
    if st.button(t("Take back"), type="primary", key="clash_back_save"):
        if not reason.strip():
            st.error(t("Say in a few words why; the team reads it."))
        elif try_change(lambda: reads.unreconcile(page.found, record, reason.strip()), t("Taken back.")):
            st.rerun()
