"""What of the worklist is shown: filters, order and page, read from and written to the page's address.

The address is the one place this state lives, so that a view can be bookmarked and sent:
`/?reason=check-overdue&condition=T2DM,CKD&sort=name`. Whatever in it is not understood is ignored.
Reasons are alternatives (any of them), conditions add up (all of them: people here have several).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from dashboard.domain.attention.reason import ReasonKind
from dashboard.domain.record.condition import ConditionKey
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.pager import read_page, write_page
from dashboard.ui.worklist.scores import LEVELS, PRIVATE, levels

PAGE_ROWS = 25
SORTS = ("urgency", "name", "age", "results", "conference", "contact", "tasks", "plan", "score")
TABS = ("patients", "tasks")
NO_OWNER = "-"

_MAX_VALUE = 200
_SINGLE = ("q", "team", "region", "site", "owner", "advice", "score", "level")
ADVICE = ("any", "grave")
"""Patients to whom a guideline rule applies, and those of whom one that applies is critical or a warning."""


@dataclass(frozen=True, slots=True)
class WorklistView:
    """A view of the worklist: filters, order, page and tab; `large` for a room.

    Empty fields do not filter. `team` is an id; region, site and owner are names, `advice` is one of ADVICE. `score` is
    the score of risk (`RiskKey`) that the rows show and that the order "score" is by; `level` filters by it.
    """

    q: str = ""
    team: str = ""
    region: str = ""
    site: str = ""
    owner: str = ""
    advice: str = ""
    score: str = ""
    level: str = ""
    condition: frozenset[ConditionKey] = frozenset()
    reason: frozenset[ReasonKind] = frozenset()
    urgent: bool = False
    sort: str = "urgency"
    reverse: bool = False
    page: int = 1
    tab: str = "patients"
    large: bool = False

    @property
    def filtered(self) -> bool:
        return any(getattr(self, name) for name in (*_SINGLE, "condition", "reason", "urgent"))


def read_worklist_view(params: Mapping[str, str]) -> WorklistView:
    """The view an address asks for; unknown names, codes and numbers fall back to the plain view."""
    sort, tab = params.get("sort", ""), params.get("tab", "")
    view = WorklistView(
        **{name: _known(name, clean(params.get(name, ""), _MAX_VALUE)) for name in _SINGLE},
        condition=frozenset(c for c in ConditionKey if c.value in params.get("condition", "").split(",")),
        reason=frozenset(r for r in ReasonKind if r.value in params.get("reason", "").split(",")),
        urgent=params.get("urgent") == "yes",
        sort=sort if sort in SORTS else "urgency",
        reverse=params.get("order") == "reverse",
        page=read_page(params.get("page", "")),
        tab=tab if tab in TABS else "patients",
        large=params.get("large") == "yes",
    )
    return _settled(view)


def write_worklist_view(view: WorklistView) -> dict[str, str]:
    """The address of a view: only what differs from the plain one. `read(write(v)) == v`."""
    params = {name: getattr(view, name) for name in _SINGLE if getattr(view, name)}
    if view.condition:
        params["condition"] = ",".join(c.value for c in ConditionKey if c in view.condition)
    if view.reason:
        params["reason"] = ",".join(r.value for r in ReasonKind if r in view.reason)
    if view.urgent:
        params["urgent"] = "yes"
    if view.sort != "urgency":
        params["sort"] = view.sort
    if view.reverse:
        params["order"] = "reverse"
    if view.tab != "patients":
        params["tab"] = view.tab
    params |= {"large": "yes"} if view.large else {}
    return params | write_page(view.page)


def toggle(view: WorklistView, name: str, value: str) -> WorklistView:
    """The view after a total or a chip was pressed: sets what was not set, clears what was."""
    if name == "reason" and value in set(ReasonKind):
        return replace(view, reason=view.reason ^ {ReasonKind(value)}, page=1)
    if name == "condition" and value in set(ConditionKey):
        return replace(view, condition=view.condition ^ {ConditionKey(value)}, page=1)
    if name == "urgent":
        return replace(view, urgent=not view.urgent, page=1)
    if name in _SINGLE:
        cleared = getattr(view, name) == clean(value, _MAX_VALUE)
        return _with(view, name, "" if cleared else value)
    return view


def choose(view: WorklistView, name: str, value: str) -> WorklistView:
    """The view with one of the single filters set; a score is chosen to see who has the gravest value."""
    if name not in _SINGLE:
        return view
    chosen = _with(view, name, value)
    if name != "score" or chosen.score == view.score:
        return chosen
    # "5 or more" of another score is another question.
    return _settled(replace(chosen, level="", sort="score", reverse=False))


def order_by(view: WorklistView, sort: str) -> WorklistView:
    """The view after a column heading was pressed: sorted by it, or the other way round when it already was."""
    if sort not in SORTS:
        return view
    return _settled(replace(view, sort=sort, reverse=not view.reverse if sort == view.sort else False, page=1))


def clear(view: WorklistView) -> WorklistView:
    """Every filter taken away; order, tab and large type stay."""
    return _settled(WorklistView(sort=view.sort, reverse=view.reverse, tab=view.tab, large=view.large))


def without_text(view: WorklistView) -> WorklistView:
    """The view as it may be stored outside the FHIR server: without its text search, which may hold a patient's name,
    and without large type, which is of the screen and not of the list.
    """
    return replace(view, q="", page=1, large=False)


def as_shared(view: WorklistView) -> WorklistView:
    """The view as a screen may show it that others see: not by how depressed people are."""
    return _settled(replace(view, score="", level="")) if view.score in PRIVATE else view


def _known(name: str, value: str) -> str:
    known = {"advice": ADVICE, "score": tuple(LEVELS)}
    return "" if name in known and value not in known[name] else value


def _settled(view: WorklistView) -> WorklistView:
    """The view without a level that is none of its score, and without an order by a score that is not chosen."""
    level = view.level if view.level in levels(view.score) else ""
    if view.sort == "score" and not view.score:
        return replace(view, level=level, sort="urgency", reverse=False)
    return replace(view, level=level) if level != view.level else view


def _with(view: WorklistView, name: str, value: str) -> WorklistView:
    values = {each.name: getattr(view, each.name) for each in fields(view)}
    return _settled(WorklistView(**{**values, name: _known(name, clean(value, _MAX_VALUE)), "page": 1}))
