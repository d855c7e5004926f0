"""A read that a silent server has not answered yet: the page Enrolment says so, and is drawn anew once it has."""

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from dashboard.cache.cache import silent
from dashboard.errors import DashboardError
from dashboard.ui.session import enrolment as reads
from dashboard.ui.shared.wording import t

T = TypeVar("T")
FOLLOW_SECONDS = 1.0
"""How often the page asks whether the server has answered."""


def followed(read: Callable[[], T]) -> T:
    """What `read` gives. Raises what it raises; of a server that is silent the answer is shown once it comes."""
    try:
        return read()
    except DashboardError as problem:
        if problem.code == silent().code:
            _follow()
        raise


@st.fragment(run_every=FOLLOW_SECONDS)
def _follow() -> None:
    if reads.has_come():
        st.rerun()


def counted_words() -> str:
    """What a silent server is asked for, and what can be done meanwhile."""
    return t(
        "It counts everybody in the pilot, which takes a large or busy server up to a minute. The figures appear here "
        "once they have come; other pages can be used meanwhile."
    )
