"""The demo's plans have what a shared plan is made of: agreement, relations, who does what for which goal, outcomes,
reasons and notes; and they contradict neither time nor themselves."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from dashboard.demo.cohort import generate
from dashboard.demo.plan_details import CUSTODIAN

Json = dict[str, Any]
AS_OF = date(2026, 11, 23)
HL7 = "http://hl7.org/fhir/StructureDefinition/"


@pytest.fixture(scope="module")
def records() -> list[list[Json]]:
    return list(generate(60, 7, AS_OF))[:60]


def of_type(record: list[Json], *kinds: str) -> list[Json]:
    return [one for one in record if one["resourceType"] in kinds]


def record_of(records: list[list[Json]], patient: str) -> list[Json]:
    return next(record for record in records if record[0]["id"] == patient)


def extensions(one: Json, name: str) -> list[Json]:
    return [each for each in one.get("extension", []) if each["url"].endswith("/" + name)]


def part(extension: Json, name: str) -> Any:
    """The value of a part of an extension, None where it has none."""
    for each in extension["extension"]:
        if each["url"].rsplit("/", 1)[-1] == name:
            return next(value for key, value in each.items() if key != "url")
    return None


def labels(one: Json) -> set[str]:
    return {label["code"] for label in one["meta"]["security"]}


def goal(record: list[Json], text: str) -> Json:
    return next(one for one in of_type(record, "Goal") if one["description"]["text"] == text)


def custodian(plan: Json) -> str:
    (kept,) = [each for each in plan["extension"] if each["url"] == CUSTODIAN]
    return str(kept["valueReference"]["reference"])


def agreements(record: list[Json]) -> Iterator[tuple[str, str, str]]:
    """Goal, person and status of every acceptance."""
    for one in of_type(record, "Goal"):
        for each in extensions(one, "goal-acceptance"):
            yield one["description"]["text"], part(each, "individual")["reference"], part(each, "status")


def test_every_plan_has_a_keeper_a_team_and_a_category(records: list[list[Json]]) -> None:
    for record in records:
        (team,) = of_type(record, "CareTeam")
        for number, plan in enumerate(of_type(record, "CarePlan")):
            assert custodian(plan).startswith("Organization/")
            assert plan["category"][0]["coding"][0]["code"] == "734163000"
            if number == 0:
                assert custodian(plan) == team["managingOrganization"][0]["reference"]
                assert plan["careTeam"] == [{"reference": f"CareTeam/{team['id']}"}]


def test_a_plan_that_was_saved_again_after_it_was_agreed_is_tagged_as_reviewed(records: list[list[Json]]) -> None:
    found = Counter[bool]()
    for record in records:
        for plan in of_type(record, "CarePlan"):
            about = [
                one for one in of_type(record, "Provenance")
                if {"reference": f"CarePlan/{plan['id']}"} in one["target"]
            ]  # fmt: skip
            later = [one for one in about if one["recorded"][:10] > plan["period"]["start"]]
            reviewed = bool(later) and plan["status"] != "draft"
            assert ("tag" in plan["meta"]) is reviewed, plan["id"]
            found[reviewed] += 1
    assert found[True] and found[False]


def test_people_agree_wait_and_disagree_and_a_person_speaks_once_of_a_goal(records: list[list[Json]]) -> None:
    said = [each for record in records for each in agreements(record)]
    assert {status for _, _, status in said} == {"agree", "disagree", "pending"}
    assert {person.split("/")[0] for _, person, _ in said} == {"Patient", "Practitioner", "RelatedPerson"}
    assert sum(status == "agree" for _, _, status in said) > len(said) / 2
    for record in records:
        assert all(many == 1 for many in Counter((text, who) for text, who, _ in agreements(record)).values())


def test_nobody_has_agreed_to_a_draft(records: list[list[Json]]) -> None:
    drafts = [record for record in records if [one["status"] for one in of_type(record, "CarePlan")] == ["draft"]]
    assert drafts
    assert {status for record in drafts for _, _, status in agreements(record)} == {"pending"}


def test_a_relation_is_said_by_both_goals(records: list[list[Json]]) -> None:
    other_side = {"conflicts with": "conflicts with", "predecessor": "successor", "successor": "predecessor"}
    found = {
        (one["id"], part(each, "type")["text"], part(each, "target")["reference"].removeprefix("Goal/"))
        for record in records
        for one in of_type(record, "Goal")
        for each in extensions(one, "goal-relationship")
    }
    assert {kind for _, kind, _ in found} == set(other_side)
    assert {(there, other_side[kind], here) for here, kind, there in found} == found


def test_a_conflict_is_hl7s_other_with_our_own_code(records: list[list[Json]]) -> None:
    mary = record_of(records, "pat-mary-aldous")
    weight, kidneys = goal(mary, "Stay within 2 kg of dry weight"), goal(mary, "Keep kidney function: eGFR 30 or more")
    (relation,) = extensions(weight, "goal-relationship")
    assert part(relation, "target")["reference"] == f"Goal/{kidneys['id']}"
    codes = {(each["system"], each["code"]) for each in part(relation, "type")["coding"]}
    assert codes == {
        ("http://terminology.hl7.org/CodeSystem/goal-relationship-type", "other"),
        ("https://c3-cloud.example/fhir/CodeSystem/goal-relation", "conflicts-with"),
    }


def test_a_conflict_is_of_somebody_with_both_conditions(records: list[list[Json]]) -> None:
    for record in records:
        conflicts = [
            one
            for one in of_type(record, "Goal")
            for each in extensions(one, "goal-relationship")
            if part(each, "type")["text"] == "conflicts with"
        ]
        problems = {
            one["id"].removeprefix(f"{record[0]['id']}-con-").split("-")[0] for one in of_type(record, "Condition")
        }
        assert not conflicts or {"hf", "ckd"} <= problems


def test_work_serves_a_goal_of_its_plan_and_belongs_to_it(records: list[list[Json]]) -> None:
    served = 0
    for record in records:
        plans = {f"CarePlan/{one['id']}": one for one in of_type(record, "CarePlan")}
        for one in of_type(record, "Task", "ServiceRequest", "CommunicationRequest") if plans else ():
            plan = plans[one["basedOn"][0]["reference"]]
            assert f"{one['resourceType']}/{one['id']}" in {
                each["reference"]["reference"] for each in plan["activity"] if "reference" in each
            }
            goals = {each["reference"] for each in plan["goal"]}
            for each in extensions(one, "resource-pertainsToGoal"):
                served += 1
                assert each["valueReference"]["reference"] in goals
    assert served > 100


def test_who_does_an_order_is_named(records: list[list[Json]]) -> None:
    for record in records:
        for one in of_type(record, "ServiceRequest"):
            assert one["performer"][0]["reference"].startswith("Practitioner/")
        for one in of_type(record, "CommunicationRequest"):
            assert one["sender"]["reference"].startswith("Practitioner/")


def test_what_is_done_has_an_outcome_and_nothing_else(records: list[list[Json]]) -> None:
    done = 0
    for record in records:
        work = {f"{one['resourceType']}/{one['id']}": one for one in record}
        for plan in of_type(record, "CarePlan"):
            for activity in plan["activity"]:
                one = work[activity["reference"]["reference"]] if "reference" in activity else {"status": "active"}
                assert ("outcomeCodeableConcept" in activity) == (one["status"] == "completed")
                done += one["status"] == "completed"
    assert done > 50


def test_what_was_given_up_has_a_reason_and_a_day_before_the_last_contact(records: list[list[Json]]) -> None:
    found = [
        (one, record) for record in records for one in of_type(record, "Goal") if one["lifecycleStatus"] == "cancelled"
    ]
    assert {"pat-surinder-sandhu", "pat-jose-antonio-ibarra"} <= {record[0]["id"] for _, record in found}
    assert len(found) > 4
    for one, record in found:
        assert one["statusReason"]
        assert (
            one["startDate"]
            < one["statusDate"]
            <= max(each["period"]["start"] for each in of_type(record, "Encounter"))
        )


def test_notes_have_author_time_and_words_and_none_is_of_tomorrow(records: list[list[Json]]) -> None:
    notes = [
        (note, one) for record in records for one in of_type(record, "CarePlan", "Goal") for note in one.get("note", [])
    ]
    assert {one["resourceType"] for _, one in notes} == {"CarePlan", "Goal"}
    for note, one in notes:
        assert note["authorReference"]["display"] and note["text"]
        began = one["period"]["start"] if one["resourceType"] == "CarePlan" else one["startDate"]
        assert began <= note["time"][:10] < AS_OF.isoformat()


def test_nothing_leads_to_a_private_goal(records: list[list[Json]]) -> None:
    """Who may not see it must not learn of it from what stands beside it."""
    for record in records:
        private = {f"Goal/{one['id']}" for one in of_type(record, "Goal") if "R" in labels(one)}
        told = [
            each
            for one in of_type(record, "Goal", "Task", "ServiceRequest", "CommunicationRequest")
            for each in extensions(one, "goal-relationship") + extensions(one, "resource-pertainsToGoal")
        ]
        assert not any(goal in str(each) for goal in private for each in told)
    assert any("R" in labels(one) for record in records for one in of_type(record, "Goal"))


def test_a_second_plan_began_before_the_teams_and_says_whose_it_is(records: list[list[Json]]) -> None:
    keepers = {}
    for record in records:
        team, *others = of_type(record, "CarePlan") or [{}]
        for other in others:
            assert other["period"]["start"] < team["period"]["start"]
            assert other["status"] == team["status"] == "active"
            keepers[record[0]["id"]] = (custodian(other) == custodian(team), "detail" in other["activity"][0])
    assert keepers == {
        "pat-gunilla-aberg": (False, True),
        "pat-00010": (True, False),
        "pat-00060": (False, False),
    }


def test_the_readme_names_a_draft_and_somebody_without_a_plan(records: list[list[Json]]) -> None:
    assert [one["status"] for one in of_type(record_of(records, "pat-00017"), "CarePlan")] == ["draft"]
    assert of_type(record_of(records, "pat-00005"), "CarePlan") == []
