"""On every server: who is in hospital or with somebody now is seen today on each page, also where nobody wrote down
since when: no search by date finds such an Encounter.
"""

from typing import Any

import pytest

from dashboard.domain.attention.reason import ReasonKind
from dashboard.domain.values.datatypes import PartialDate
from dashboard.errors import DashboardError, ServerUnavailable
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import NO_WATCH, SearchRequest, SearchResult
from dashboard.queries.get_worklist import get_worklist
from tests.contract.every_page import EveryPage
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF
from tests.unit.queries.test_pages_agree import T

Json = dict[str, Any]
TODAY = PartialDate(AS_OF.date().isoformat())
ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"


def encounter(ident: str, status: str, kind: str = "IMP", **more: Any) -> Json:
    row = make.encounter(ident, "p1", "2026-01-01") | {"status": status, "class": {"system": ACT, "code": kind}}
    del row["period"]
    return row | more


def last_contacts(pages: EveryPage) -> tuple[PartialDate | None, bool, bool]:
    """The worklist's last contact, and whether "no contact" stands on Worklist and Patient."""
    frame = pages.worklist().rows
    row = frame[frame["patient_id"] == pages.patient_id].iloc[0]
    reasons = (row["reasons"], pages.summary().attention)
    on_worklist, on_patient = (any(each.kind is ReasonKind.NO_CONTACT for each in found) for found in reasons)
    last: PartialDate | None = row["last_contact"]
    return last, on_worklist, on_patient


@pytest.mark.parametrize(
    ("row", "last"),
    [
        (encounter("e1", "in-progress"), TODAY),
        (encounter("e1", "onleave"), TODAY),
        (encounter("e1", "arrived", "AMB"), TODAY),
        (encounter("e1", "triaged", "EMER"), TODAY),
        (encounter("e1", "in-progress", period={"start": "2023-02-01"}), TODAY),
        (encounter("e1", "in-progress", period={"start": "2023-02-01", "end": "2023-02-03"}), TODAY),
        (encounter("e1", "in-progress", "AMB", period={"start": "2026-11-02"}), PartialDate("2026-11-02")),
        (encounter("e1", "planned"), None),
        (encounter("e1", "cancelled"), None),
        (encounter("e1", "entered-in-error"), None),
    ],
    ids=lambda value: (
        f"{value['status']} {value['class']['code']} {value.get('period', '')}" if isinstance(value, dict) else ""
    ),
)
def test_whoever_is_there_now_was_seen(named_fhir: tuple[str, FhirServer], row: Json, last: PartialDate | None) -> None:
    pages = EveryPage(named_fhir[1]).put(row)
    assert last_contacts(pages) == (last, last is None, last is None)


def test_a_stay_that_begins_after_the_first_load_is_heard_of(named_fhir: tuple[str, FhirServer]) -> None:
    pages = EveryPage(named_fhir[1]).put()
    assert last_contacts(pages) == (None, True, True)
    pages.put_more(encounter("e9", "in-progress"))
    get_worklist(pages.fhir, pages._gp, pages._scope, T, AS_OF, True, pages.teams)
    assert last_contacts(pages) == (TODAY, False, False)


class HalfAway(FakeFhirServer):
    """Fails the searches for Encounters that go on, or all others of Encounters."""

    fails = "status"

    def try_all(self, requests: Any, watch: Any = NO_WATCH) -> list[SearchResult | DashboardError]:
        def failing(request: SearchRequest) -> bool:
            return request.type == "Encounter" and self.fails in dict(request.params)

        answers: list[SearchResult | DashboardError] = []
        for number, request in enumerate(requests):
            answer = ServerUnavailable("server-timeout") if failing(request) else super().try_all([request])[0]
            answers.append(answer)
            watch.ended(number, answer)
        return answers


@pytest.mark.parametrize("fails", ["status", "date"])
def test_if_either_search_fails_nobody_says_that_there_was_no_contact(fails: str) -> None:
    fhir = HalfAway([])
    fhir.fails = fails
    pages = EveryPage(fhir).put(make.encounter("e1", "p1", "2022-01-01"))
    worklist = pages.worklist()
    assert [(each.kind, each.detail) for each in worklist.notices] == [("section-failed", "Encounter")]
    assert not any(each.kind is ReasonKind.NO_CONTACT for each in worklist.rows.iloc[0]["reasons"])


def test_the_two_searches_bring_each_encounter_once() -> None:
    pages = EveryPage(FakeFhirServer([])).put(encounter("e1", "in-progress", period={"start": "2026-11-02"}))
    pages.worklist()
    data = pages.teams.last_data(pages._scope)
    assert data is not None
    assert list(data.patients[pages.patient_id].resources["Encounter"]) == [pages.ids["Encounter/e1"]]
