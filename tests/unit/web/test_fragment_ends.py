"""What waits for the browser when a fragment begins: a fragment that ended before it has ended there too."""

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from dashboard.web.fragment_ends import clear_before_run, keep_fragment_ends

ENDED, EARLY = ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY, ForwardMsg.FINISHED_EARLY_FOR_RERUN


def element(fragment: str, place: int, body: str) -> ForwardMsg:
    message = ForwardMsg()
    message.metadata.delta_path[:] = [0, place]
    message.delta.fragment_id = fragment
    message.delta.new_element.markdown.body = body
    return message


def end(status: "ForwardMsg.ScriptFinishedStatus.ValueType" = ENDED) -> ForwardMsg:
    message = ForwardMsg()
    message.script_finished = status
    return message


@pytest.fixture
def queue() -> ForwardMsgQueue:
    """A fragment that has ended, and that the browser has not taken yet."""
    waiting = ForwardMsgQueue()
    for message in (element("form", 0, "decide"), element("beat", 1, "inside it"), end()):
        waiting.enqueue(message)
    return waiting


def told(queue: ForwardMsgQueue) -> list[object]:
    """The texts and the ends in the order in which the browser takes them."""
    return [
        each.script_finished if each.HasField("script_finished") else each.delta.new_element.markdown.body
        for each in queue.flush()
    ]


@pytest.mark.parametrize("next_fragment", ["live", "beat", "form"])
def test_a_fragment_that_ended_is_told_to_have_ended(queue: ForwardMsgQueue, next_fragment: str) -> None:
    clear_before_run(queue, retain_lifecycle_msgs=True, fragment_ids_this_run=[next_fragment])
    queue.enqueue(element(next_fragment, 0, "anew"))
    queue.enqueue(end())
    assert told(queue) == ["decide", "inside it", ENDED, "anew", ENDED]


def test_the_whole_page_takes_the_place_of_what_waits(queue: ForwardMsgQueue) -> None:
    clear_before_run(queue, retain_lifecycle_msgs=True)
    assert told(queue) == [EARLY]
    clear_before_run(queue)
    assert queue.is_empty()


def test_it_holds_for_every_queue_and_streamlit_still_needs_it(
    queue: ForwardMsgQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = ForwardMsgQueue.clear
    monkeypatch.setattr(ForwardMsgQueue, "clear", own)  # puts it back
    own(queue, retain_lifecycle_msgs=True, fragment_ids_this_run=["live"])
    assert told(queue) == ["decide", "inside it", EARLY], "Streamlit tells it rightly by now: ours can go"
    keep_fragment_ends()
    queue.enqueue(end())
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["live"])
    assert told(queue) == [ENDED]
