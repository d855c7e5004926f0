"""Keeps what a fragment (a part of a page that runs by itself) has sent whole, where another fragment runs at once.

Streamlit 1.67 holds what a run sends in a queue, until the browser takes it. A run of a fragment that begins before
that has the queue told that the fragments before it stopped early, though they ended; and the browser removes what is
gone from the page only of fragments that ended. So on a busy machine large type stayed on screen that was turned off,
and a button stood there twice.
"""

from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

_clear = ForwardMsgQueue.clear


def clear_before_run(
    queue: ForwardMsgQueue, retain_lifecycle_msgs: bool = False, fragment_ids_this_run: list[str] | None = None
) -> None:
    """Streamlit's `ForwardMsgQueue.clear`, which drops what the next run draws anew: the whole page does, a fragment
    does not. Before a fragment everything stays as it is, as if the browser had taken it a moment earlier.
    """
    if not retain_lifecycle_msgs or fragment_ids_this_run is None:
        _clear(queue, retain_lifecycle_msgs, fragment_ids_this_run)
        return
    # What the fragment sends comes after what is there, never in its place.
    queue._delta_index_map = {}


def keep_fragment_ends() -> None:
    """From now on, for every session of this process."""
    ForwardMsgQueue.clear = clear_before_run  # type: ignore[assignment, method-assign]
