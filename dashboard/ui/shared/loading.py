"""The skeleton of a page while its first answer comes; later the page stays as it is while it is read again."""

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

T = TypeVar("T")

HEIGHT = 420


def read_with_skeleton(read: Callable[[], T], name: str = "") -> T:
    """The result of `read`; a skeleton shows while this session reads it for the first time.

    Not later: taking a skeleton in and out costs the browser as much as a press on a filter.
    """
    key = f"seen_{name or read.__name__}"
    if st.session_state.get(key):
        return read()
    with st.skeleton(height=HEIGHT):
        answer = read()
    st.session_state[key] = True
    return answer
