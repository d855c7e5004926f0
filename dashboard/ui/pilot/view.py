"""What of the page Enrolment is shown, read from and written to its address.

`/enrolment?region=r1&list=consented&site=s1&page=2`; `view=care` has the patients in care. Whatever is not understood
is ignored.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dashboard.domain.pilot.counts import Level
from dashboard.domain.pilot.funnel import WHOLE, Area, Step
from dashboard.ui.shared.pager import read_page, write_page

CARE: Final = "care"
_LONGEST: Final = 64
"""Letters of an id."""


@dataclass(frozen=True, slots=True)
class EnrolmentView:
    """A view: `study` of several, the `region` that is shown ("" for all), the list that is open (None: none) with its
    site ("": of all sites that are shown), its page; `care`: the patients in care instead.
    """

    study: str = ""
    region: str = ""
    step: Step | None = None
    site: str = ""
    page: int = 1
    care: bool = False

    @property
    def area(self) -> Area:
        """The whole, or the region that is shown."""
        return Area(Level.REGION, self.region) if self.region else WHOLE


def read_enrolment_view(params: Mapping[str, str]) -> EnrolmentView:
    """The view an address asks for."""
    step = next((each for each in Step if each.value == params.get("list")), None)
    site = params.get("site", "")[:_LONGEST]
    return EnrolmentView(
        study=params.get("study", "")[:_LONGEST],
        region=params.get("region", "")[:_LONGEST],
        step=step,
        site=site if step is not None else "",
        page=read_page(params.get("page", "")),
        care=params.get("view") == CARE,
    )


def write_enrolment_view(view: EnrolmentView) -> dict[str, str]:
    """The address of a view: only what differs from the plain one. `read(write(v)) == v`."""
    params = {
        "study": view.study,
        "region": view.region,
        "list": str(view.step or ""),
        "site": view.site,
        "view": CARE if view.care else "",
    }
    return {name: value for name, value in params.items() if value} | write_page(view.page)
