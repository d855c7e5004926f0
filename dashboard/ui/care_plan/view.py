"""What of a care plan is shown, read from and written to the page's address, so that a sent link opens the same view.

`/care_plan?id=p7&item=Goal/g2&view=history&first=3&second=5&plan=CarePlan/c9&large=yes`. What is not understood is
ignored.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.domain.values.datatypes import Reference


@dataclass(frozen=True, slots=True)
class PlanView:
    """A view of a patient's plan. `plan` is which of several, None for the team's own. `history`: how it came to be, of
    `item` alone where one is named, with the two versions that are compared (numbers of the list, "" for none).
    """

    id: str = ""
    plan: Reference | None = None
    item: Reference | None = None
    history: bool = False
    first: str = ""
    second: str = ""
    large: bool = False


def read_plan_view(params: Mapping[str, str]) -> PlanView:
    """The view an address asks for."""
    return PlanView(
        id=params.get("id", "")[:200],
        plan=read_reference(params.get("plan", "")),
        item=read_reference(params.get("item", "")),
        history=params.get("view") == "history",
        first=_number(params.get("first", "")),
        second=_number(params.get("second", "")),
        large=params.get("large") == "yes",
    )


def write_plan_view(view: PlanView) -> dict[str, str]:
    """The address of a view: only what differs from the plain one. `read(write(v)) == v`."""
    params = {"id": view.id}
    params |= {"plan": str(view.plan)} if view.plan else {}
    params |= {"item": str(view.item)} if view.item else {}
    params |= {"view": "history"} if view.history else {}
    params |= {"first": view.first} if view.first else {}
    params |= {"second": view.second} if view.second else {}
    return params | ({"large": "yes"} if view.large else {})


def read_reference(text: str) -> Reference | None:
    """What a browser names as `Goal/g2`; None for what is no reference."""
    try:
        return Reference.parse(text[:200])
    except ValueError:
        return None


def _number(text: str) -> str:
    return text if text.isascii() and text.isdigit() and len(text) < 6 else ""
