"""Lists the elements that a page sent to the browser, for the bare page to show from memory."""

import json
from collections.abc import Iterable

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg


def record_elements(messages: Iterable[ForwardMsg]) -> list[dict[str, str]]:
    """Returns one entry for each element: kind, label and value; the style sheet and layout blocks are left out.

    An element that was sent and then sent again in its place (a skeleton, then the content) counts once.
    """
    places: dict[tuple[int, ...], dict[str, str]] = {}
    for message in messages:
        if message.WhichOneof("type") != "delta" or message.delta.WhichOneof("type") != "new_element":
            continue
        element = _element(message.delta.new_element)
        if element:
            places[tuple(message.metadata.delta_path)] = element
    return list(places.values())


def _element(element: object) -> dict[str, str] | None:
    kind = element.WhichOneof("type")  # type: ignore[attr-defined]
    part = getattr(element, kind)
    if kind == "bidi_component":
        data = json.loads(part.json) if part.json else {}
        return {"kind": "panel", "label": "", "value": str(data.get("html", ""))}
    if kind in ("button", "text_input"):
        return {"kind": kind, "label": part.label, "value": ""}
    if kind in ("selectbox", "multiselect"):
        return {"kind": kind, "label": part.label, "value": json.dumps(list(part.options))}
    if kind == "markdown":
        return {"kind": kind, "label": "", "value": part.body}
    return None
