"""Which of Streamlit's messages the pages of a browser send: every other kind is refused."""

from typing import Final

from google.protobuf.message import DecodeError
from streamlit.proto.BackMsg_pb2 import BackMsg

PAGES_SAY: Final = frozenset({"rerun_script", "stop_script", "app_heartbeat", "backend_operation_request"})
"""Run again (with what was pressed and typed), stop, I am still there, make the file that was pressed. Streamlit takes
more, for example to empty the caches of everybody.
"""


def may_say(data: bytes) -> bool:
    """Whether a message is one of those that our pages send. One that cannot be read is none."""
    try:
        return BackMsg.FromString(data).WhichOneof("type") in PAGES_SAY
    except DecodeError:
        return False
