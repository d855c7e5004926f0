"""Which of Streamlit's messages the pages of a browser send: every other kind is refused."""

from typing import Final

from google.protobuf.message import DecodeError
from streamlit.proto.BackMsg_pb2 import BackMsg

PAGES_SAY: Final = frozenset({"rerun_script", "stop_script", "app_heartbeat"})
"""Run again (with what was pressed and typed), stop, I am still there. Streamlit takes more, for example to empty the
caches of everybody.
"""
OPERATIONS: Final = frozenset({"deferred_file"})
"""Of the operations that a page may ask for: make the file that was pressed. Others write on the server's disk."""


def may_say(data: bytes) -> bool:
    """Whether a message is one of those that our pages send. One that cannot be read is none."""
    try:
        message = BackMsg.FromString(data)
    except DecodeError:
        return False
    kind = message.WhichOneof("type")
    if kind == "backend_operation_request":
        return message.backend_operation_request.WhichOneof("payload") in OPERATIONS
    return kind in PAGES_SAY
