"""The skeleton of a page while its first answer comes; later, what is on screen stays while it is asked again."""

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

T = TypeVar("T")

HEIGHT = 420


def read_with_skeleton(read: Callable[[], T], name: str = "") -> T:
    """What `read` gives; a skeleton shows while this session asks for it the first time.

    Not later: taking a skeleton in and out costs the browser as much as a press on a filter.
    """
    key = f"seen_{name or read.__name__}"
    if st.session_state.get(key):
        return read()
    with st.skeleton(height=HEIGHT):
        found = read()
    st.session_state[key] = True
    return found
