"""What of the page Enrolment is shown, read from and written to its address.

`/enrolment?region=r1&list=consented&site=s1&page=2`; `list=enrolled&since=2026-09-30&until=2026-10-31`,
`list=active&team=t1`, `after=approached`, `after=approached&lost=declined&reason=no-time`, `datum=hba1c&site=s1` and
`work=plans_agreed` open the lists of such numbers; `view=care` has the patients in care. Whatever is not understood is
ignored.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from dashboard.domain.pilot.counts import Level
from dashboard.domain.pilot.enrolment import EnrolmentState
from dashboard.domain.pilot.enrolment_counts import Datum
from dashboard.domain.pilot.funnel import LOST, WHOLE, Area, Step
from dashboard.domain.pilot.loss_disclosure import LAST
from dashboard.domain.pilot.number_list import WORK, Number, after_of
from dashboard.ui.shared.pager import read_page, write_page

CARE: Final = "care"
_LONGEST: Final = 64
"""Letters of an id."""
LISTS: Final = ("list", "region", "site", "team", "since", "until", "after", "lost", "reason", "datum", "work")
"""The parameters of the address that say whose list is open."""
_NO_REASON: Final = "none"
"""In an address: no reason is recorded."""
_AFTER: Final = frozenset(after_of(step) for step in LAST)


@dataclass(frozen=True, slots=True)
class EnrolmentView:
    """A view: `study` of several, the `region` that is shown ("" for all), the list that is open (None: none) with its
    site ("": of all sites that are shown), its page; `care`: the patients in care instead. The list may be of a team,
    of a part of the curve (`since`, `until`), or of those who are lost `after` a step: all, or `lost` in a way with a
    reason ("": none is recorded); of whom of the enrolled a `datum` is on record, or one of the numbers of `WORK`.
    """

    study: str = ""
    region: str = ""
    step: Step | None = None
    site: str = ""
    page: int = 1
    care: bool = False
    team: str = ""
    since: date | None = None
    until: date | None = None
    after: str = ""
    lost: EnrolmentState | None = None
    reason: str = ""
    datum: Datum | None = None
    work: str = ""

    @property
    def area(self) -> Area:
        """The whole, or the region that is shown."""
        return Area(Level.REGION, self.region) if self.region else WHOLE

    @property
    def lists(self) -> bool:
        """Whether a list is open."""
        return self.step is not None or bool(self.after or self.work) or self.datum is not None

    @property
    def listed(self) -> Area:
        """The area of the list that is open."""
        if self.team:
            return Area(Level.TEAM, self.region, team=self.team)
        return Area(Level.SITE, self.region, self.site) if self.site else self.area

    @property
    def number(self) -> Number | None:
        """The number whose list is open, where it has one of its own."""
        if self.datum is not None:
            return Number(self.listed, datum=self.datum)
        if self.work:
            return Number(self.area, work=self.work)
        if self.after:
            return Number(self.area, after=self.after, lost=self.lost, reason=self.reason)
        if self.step is Step.WITHDRAWN or (self.step is not None and (self.team or self.until is not None)):
            return Number(self.listed, self.step, self.since, self.until)
        return None


def read_enrolment_view(params: Mapping[str, str]) -> EnrolmentView:
    """The view an address asks for."""
    step = next((each for each in Step if each.value == params.get("list")), None)
    lost = next((each for each in EnrolmentState if each.value == params.get("lost") and each in LOST), None)
    site, team, reason = (_text(params, name) for name in ("site", "team", "reason"))
    since, until = _day(params.get("since", "")), _day(params.get("until", ""))
    after = params.get("after", "")
    datum = next((each for each in Datum if each.value == params.get("datum")), None)
    work = params.get("work", "")
    if step is not None or datum is not None:
        after = work = ""
    if step is not None:
        datum = None
    if after not in _AFTER or work in WORK:
        after = ""
    if not after:
        lost = None
    if step is None:
        site, team = site if datum is not None else "", ""
    if step is not Step.ENROLLED or team:
        until = None
    return EnrolmentView(
        study=_text(params, "study"),
        region=_text(params, "region"),
        step=step,
        site=site if not team and until is None else "",
        page=read_page(params.get("page", "")),
        care=params.get("view") == CARE,
        team=team,
        since=since if until is not None else None,
        until=until,
        after=after,
        lost=lost,
        reason="" if lost is None or reason == _NO_REASON else reason,
        datum=datum,
        work=work if work in WORK else "",
    )


def _text(params: Mapping[str, str], name: str) -> str:
    return params.get(name, "")[:_LONGEST]


def _day(words: str) -> date | None:
    try:
        return date.fromisoformat(words)
    except ValueError:
        return None


def write_enrolment_view(view: EnrolmentView) -> dict[str, str]:
    """The address of a view: only what differs from the plain one. `read(write(v)) == v`."""
    params = {
        "study": view.study,
        "region": view.region,
        "list": str(view.step or ""),
        "site": view.site,
        "team": view.team,
        "since": str(view.since or ""),
        "until": str(view.until or ""),
        "after": view.after,
        "lost": str(view.lost or ""),
        "reason": view.reason or (_NO_REASON if view.lost is not None else ""),
        "datum": str(view.datum or ""),
        "work": view.work,
        "view": CARE if view.care else "",
    }
    return {name: value for name, value in params.items() if value} | write_page(view.page)
