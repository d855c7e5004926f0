"""What of the screening list is shown: filters and page, read from and written to the page's address.

`/screening?waiting=yes`, `?state=declined&last=approached&reason=no-time`, `?step=consented&site=<organisation id>`:
every number about the pilot can open the list behind it. Whatever in an address is not understood is ignored.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from dashboard.domain.pilot.eligibility import Outcome
from dashboard.domain.pilot.enrolment import EnrolmentState
from dashboard.domain.pilot.enrolment_reasons import REASONS
from dashboard.domain.pilot.funnel import Step
from dashboard.domain.pilot.screening_facts import FactKey
from dashboard.domain.pilot.screening_filter import NO_FILTER, NONE, ScreeningFilter
from dashboard.domain.pilot.screening_list import Mark, Unlisted
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.pager import read_page, write_page

PAGE_ROWS = 25
_MAX_VALUE = 100
_STATES: Final = (*Unlisted, *EnrolmentState)
_REASONS: Final = frozenset({NONE, *(code for codes in REASONS.values() for code in codes)})


@dataclass(frozen=True, slots=True)
class ScreeningView:
    """A view of the list: what is wanted, a text to be found, and the page."""

    wanted: ScreeningFilter = NO_FILTER
    q: str = ""
    page: int = 1

    @property
    def filtered(self) -> bool:
        return self.wanted.filtered or bool(self.q)


def read_screening_view(params: Mapping[str, str]) -> ScreeningView:
    """The view an address asks for; unknown codes and numbers are left out."""

    def one(name: str, known: Iterable[str]) -> str:
        return params[name] if params.get(name) in set(map(str, known)) else ""

    return ScreeningView(
        ScreeningFilter(
            state=_several(params.get("state", ""), _STATES),
            step=one("step", Step),
            rule=_several(params.get("rule", ""), Outcome),
            mark=_several(params.get("mark", ""), Mark),
            missing=one("missing", FactKey),
            site=clean(params.get("site", ""), _MAX_VALUE),
            last=one("last", (*Step, NONE)),
            reason=one("reason", _REASONS),
            to_approach=params.get("waiting") == "yes",
        ),
        q=clean(params.get("q", ""), _MAX_VALUE),
        page=read_page(params.get("page", "")),
    )


def _several(text: str, known: Iterable[StrEnum]) -> frozenset[str]:
    asked = text.split(",")
    return frozenset(str(each) for each in known if each in asked)


def write_screening_view(view: ScreeningView) -> dict[str, str]:
    """The address of a view: only what differs from the plain one. `read(write(v)) == v`."""
    wanted = view.wanted
    several = {"state": (wanted.state, _STATES), "rule": (wanted.rule, Outcome), "mark": (wanted.mark, Mark)}
    params = {
        name: ",".join(str(each) for each in known if each in values)
        for name, (values, known) in several.items()
        if values
    }
    single = {name: getattr(wanted, name) for name in ("step", "missing", "site", "last", "reason")}
    params |= {name: str(value) for name, value in single.items() if value}
    params |= {"waiting": "yes"} if wanted.to_approach else {}
    return params | ({"q": view.q} if view.q else {}) | write_page(view.page)


def toggle(view: ScreeningView, name: str, value: str) -> ScreeningView:
    """The view after a number or a chip was pressed: sets what was not set, clears what was."""
    wanted = view.wanted
    if name == "waiting":
        return _wanting(view, to_approach=not wanted.to_approach)
    if name == "q":
        return replace(view, q="", page=1)
    known: dict[str, Iterable[str]] = {"state": _STATES, "rule": Outcome, "mark": Mark}
    if name in known:
        pressed = frozenset({value}) & frozenset(map(str, known[name]))
        return _wanting(view, **{name: getattr(wanted, name) ^ pressed})
    if name in ("step", "missing", "site", "last", "reason"):
        return choose(view, name, "" if getattr(wanted, name) == value else value)
    return view


def choose(view: ScreeningView, name: str, value: str) -> ScreeningView:
    """The view with one of the single filters set; `q` is the text to be found."""
    if name == "q":
        return replace(view, q=clean(value, _MAX_VALUE), page=1)
    changed = read_screening_view(write_screening_view(view) | {name: value})
    return replace(changed, page=1)


def _wanting(view: ScreeningView, **change: object) -> ScreeningView:
    return replace(view, wanted=replace(view.wanted, **change), page=1)  # type: ignore[arg-type]
