"""A press on a button or link of ours: what the element says in its `data-act`, and what a page reads of it."""

import json
from collections.abc import Mapping
from typing import Any

Press = Mapping[str, Any]
"""`{"do": "toggle", "name": "reason", "value": "new-result"}`: what to do, and with what."""


def press(do: str, **values: str | int) -> str:
    """The `data-act` of an element: what a press on it tells the page."""
    return json.dumps({"do": do, **values})


def press_text(data: Press, name: str) -> str:
    """A text of the press, "" when it is missing or not a text: what a browser sends is never trusted."""
    value = data.get(name)
    return value if isinstance(value, str) else ""


def press_number(data: Press, name: str) -> int:
    """A whole number of the press, 0 when it is none."""
    value = data.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
