"""A plan of which a part cannot be read is shown with the rest of it and the part is named: never taken for none."""

from typing import Any

import pytest

from dashboard.actions.save_plan import save_plan
from dashboard.actions.start_plan import start_plan
from dashboard.domain.access.user import User
from dashboard.domain.values.datatypes import PartialDate, Reference
from dashboard.errors import ServerUnavailable, UserFacingError
from tests.contract.every_page import EveryPage
from tests.fakes import FakeFhirServer
from tests.unit import people_and_teams as make
from tests.unit.actions import plans
from tests.unit.people_and_teams import AS_OF, Json

MODIFIER = {"modifierExtension": [{"url": "http://example.org/not", "valueBoolean": True}]}
GP = User(Reference("Practitioner", "gp"), "Dr Jane Okafor")


def pages(*records: Json) -> EveryPage:
    return EveryPage(FakeFhirServer([])).put(*records)


@pytest.mark.parametrize(
    ("period", "said", "why"),
    [
        ({"start": "last spring", "end": "2027-03-02"}, "review due 02-Mar-2027", "date not understood"),
        ({"start": "2026-01-02", "end": "soon"}, "a date was not understood", "date not understood"),
        ({"start": 2026, "end": ["2027"]}, "a date was not understood", "date not understood"),
        ("2026", "a date was not understood", "not in the form FHIR asks for"),
        (["2026"], "a date was not understood", "not in the form FHIR asks for"),
    ],
)
def test_a_plan_with_an_odd_period_is_shown_and_the_part_is_named(period: Any, said: str, why: str) -> None:
    found = pages(make.goal("g1", "p1"), make.plan("cp1", "p1", ("g1",), title="Walking", period=period))
    page = found.plan_page()
    assert "No shared plan yet" not in page
    for words in ("Walking", "HbA1c under 53", said, f"1 record could not be read ({why})"):
        assert words in page, page
    assert found.plan().unread_plans == () == found.plan().missing
    assert "review" in said or "No care plan" not in found.patient_page()
    assert "Walking" in found.own_record() and "Active" in found.patient_page()
    assert found.row().plan.startswith("Active")
    assert [each.why for each in found.worklist().unreadable] == [each.why for each in found.summary().unreadable] != []
    assert any("Walking" in line for line in found.timeline_lines())


def test_a_goal_with_an_odd_start_stays_in_its_plan() -> None:
    found = pages(make.goal("g1", "p1") | {"startDate": "last spring"}, make.plan("cp1", "p1", ("g1",)))
    page = found.plan_page()
    assert "HbA1c under 53" in page and "1 record could not be read (date not understood)" in page
    assert found.plan().missing == ()


def test_a_part_that_cannot_be_read_is_not_said_to_be_absent() -> None:
    goal = make.goal("g1", "p1") | {"description": {}}
    plan = make.plan("cp1", "p1", ("g1",)) | {"activity": [{"reference": {"reference": "Task/nowhere"}}]}
    page = pages(goal, plan).plan_page()
    assert "1 part of the plan could not be read: Goal/" in page
    assert "1 part of the plan is not among the patient’s records, or was entered in error: Task/nowhere" in page


def test_parts_that_could_not_be_asked_for_are_not_said_to_be_absent() -> None:
    found = pages(make.goal("g1", "p1"), make.plan("cp1", "p1", ("g1",)))
    found.fhir.failing["Goal"] = ServerUnavailable("server-timeout")  # type: ignore[attr-defined]
    page = found.plan_page()
    assert "not among the patient’s records" not in page and "Goals: This could not be read." in page
    assert "No goal is agreed yet" not in page


def test_activities_that_could_not_be_asked_for_are_not_none() -> None:
    found = pages(make.goal("g1", "p1"), make.plan("cp1", "p1", ("g1",)))
    assert "Nobody does anything for it yet" in found.plan_page()
    found.fhir.failing["Task"] = ServerUnavailable("server-timeout")  # type: ignore[attr-defined]
    page = found.plan_page()
    assert "Not known: activities could not be read" in page and "Nobody does anything" not in page


def test_a_plan_that_cannot_be_read_at_all_is_named_and_no_other_one_is_started() -> None:
    server = plans.fake()
    server.put(make.plan("cp1", "p1", ("g1",)) | MODIFIER)
    with pytest.raises(UserFacingError, match="plan-there-unread"):
        start_plan(server, GP, "p1", "Another", None, reason="first meeting", at=AS_OF)
    page = pages(make.plan("cp1", "p1") | MODIFIER).plan_page()
    assert "1 care plan could not be read" in page and "No shared plan yet" not in page
    assert "a modifier that is not understood" in page


def test_a_plan_that_cannot_be_read_is_none_on_no_page() -> None:
    found = pages(make.plan("cp1", "p1") | MODIFIER)
    assert "A care plan is there that could not be read" in found.patient_page()
    assert "There is a care plan that could not be read here" in found.own_record()
    assert found.row().not_read("CarePlan") == "could not be read"
    kinds = {reason.kind.name for reason in (*found.summary().attention, *found.worklist().rows.iloc[0]["reasons"])}
    assert "NO_PLAN" not in kinds


@pytest.mark.parametrize("status", ["completed", "revoked", "entered-in-error"])
def test_an_ended_plan_that_cannot_be_read_keeps_nobody_from_starting_one(status: str) -> None:
    page = pages(make.plan("cp1", "p1", status=status) | MODIFIER).plan_page()
    assert "No shared plan yet" in page and "a modifier that is not understood" in page


def test_an_odd_period_stays_as_it_is_until_somebody_gives_the_plan_another() -> None:
    server = plans.fake()
    server.put({**server.rows["CarePlan"]["cp1"], "period": {"start": "last spring", "end": "soon"}})
    base = plans.plan_on(server)
    save_plan(server, GP, "p1", base, plans.edited(base, plans.PLAN, title="Other words"), reason="r", at=AS_OF)
    assert server.rows["CarePlan"]["cp1"]["period"] == {"start": "last spring", "end": "soon"}
    base, day = plans.plan_on(server), PartialDate("2027-05-20")
    save_plan(server, GP, "p1", base, plans.edited(base, plans.PLAN, due=day), reason="r", at=AS_OF)
    assert server.rows["CarePlan"]["cp1"]["period"] == {"start": "last spring", "end": "2027-05-20"}
