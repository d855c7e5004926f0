"""Lets a change be made to its end, though the user goes on to something else before it is.

Streamlit breaks off what a press has begun as soon as the next press arrives, wherever the page touches Streamlit:
before the server was asked, or after it answered and before the page knows. Then nobody is told, what was typed looks
unsaved, and what was read before the change stays on screen.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from streamlit.runtime.scriptrunner import get_script_run_ctx


@contextmanager
def uninterrupted() -> Iterator[None]:
    """What is inside runs to its end; the next press is followed after it. Also a decorator of functions."""
    context = get_script_run_ctx(suppress_warning=True)
    requests = context.script_requests if context is not None else None
    if requests is None or "on_scriptrunner_yield" in vars(requests):
        yield
        return
    # Asked by Streamlit wherever a run may be broken off; it belongs to this run alone.
    requests.on_scriptrunner_yield = lambda: None  # type: ignore[method-assign]
    try:
        yield
    finally:
        del requests.on_scriptrunner_yield  # type: ignore[misc]
