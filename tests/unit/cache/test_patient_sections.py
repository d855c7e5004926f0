"""The sections of a patient's summary, each from the answer to its own search: what is in it, and in which order."""

from datetime import date
from typing import Any

import pytest

from dashboard.cache import patient_sections as sections
from dashboard.cache.patient_sections import CONTACTS, Answers
from dashboard.domain.attention.trend import key_results, with_targets
from dashboard.domain.record.care_team import CareTeam, TeamMember
from dashboard.domain.record.condition import Condition, ConditionKey
from dashboard.domain.record.goal import Goal
from dashboard.domain.record.observation import KeyResult, Measure
from dashboard.domain.record.views import Notice, Section
from dashboard.domain.values.datatypes import PartialDate, Reference
from dashboard.errors import DashboardError, ServerUnavailable, Unsupported
from dashboard.fhir.mapping import condition, observation
from dashboard.fhir.search.notices import NoticeKind
from dashboard.fhir.search.request import SearchRequest, SearchResult
from dashboard.fhir.terminology_files import load_terminology
from tests.unit import people_and_teams as make
from tests.unit.people_and_teams import AS_OF, Json

T = load_terminology()
ON = AS_OF.date()
AWAY = ServerUnavailable("server-timeout", reference="r1")
NOT_SERVED = Unsupported("type-not-served", what="Task")
ENDED_GOALS = ("completed", "cancelled", "rejected")


def answers(*included: Json, **found: list[Json] | DashboardError) -> Answers:
    """Returns the answers to searches of these names; `included` came along with each that has rows."""
    found |= {name: [] for name in ("goals", "plans", "ongoing") if name not in found}  # read beside the own search
    requests = {name: SearchRequest(f"Type-of-{name}") for name in found}
    beside = {f"{row['resourceType']}/{row['id']}": row for row in included}
    results: dict[str, SearchResult | DashboardError] = {
        name: rows if isinstance(rows, DashboardError) else SearchResult(requests[name], rows, beside)
        for name, rows in found.items()
    }
    return Answers(requests, results)


def ids(values: Any) -> list[str]:
    return [value.origin.id for value in values]


# Answers


def test_the_first_search_that_failed_says_why_the_section_failed() -> None:
    given = answers(good=[], away=AWAY, refused=NOT_SERVED)
    assert given.failed("good") is None
    assert given.failed("good", "refused", "away") == NOT_SERVED.failure
    assert given.section(lambda: 1, "good") == Section(1)
    assert given.section(lambda: 1, "good", "away") == Section(None, AWAY.failure)


def test_only_what_the_server_cannot_do_is_unsupported() -> None:
    given = answers(good=[], away=AWAY, refused=NOT_SERVED)
    assert [given.unsupported(name) for name in ("good", "away", "refused")] == [False, False, True]


def test_a_search_that_failed_has_no_rows_and_nothing_included() -> None:
    task, patient = make.task("t1", "p1", "Practitioner/gp"), make.patient("p1", "Aldous")
    given = answers(patient, good=[task], away=AWAY)
    assert (given.rows("good"), given.included("good")) == ([task], {"Patient/p1": patient})
    assert (given.rows("away"), given.included("away")) == ([], {})


def test_a_record_that_cannot_be_read_is_collected_and_the_others_are_returned() -> None:
    given = answers(problems=[make.condition("bad", "p1") | {"code": {}}, make.condition("c1", "p1")])
    assert ids(sections.problems(given, T)) == ["c1"]
    assert [(str(record.origin), record.why) for record in given.unreadable] == [("Condition/bad", "no-code")]


def test_records_of_every_section_that_cannot_be_read_are_collected() -> None:
    bad_task = make.task("t1", "p1", "Practitioner/gp", authoredOn="never")
    bad_goal = make.goal("g1", "p1") | {"statusDate": "never"}
    given = answers(problems=[make.condition("c1", "p1") | {"code": {}}], tasks=[bad_task], goals=[bad_goal])
    sections.problems(given, T)
    sections.tasks(given)
    sections.goals(given, T, {})
    assert [record.origin.type for record in given.unreadable] == ["Condition", "Task", "Goal"]


def with_notices(**kinds: tuple[Notice, ...]) -> Answers:
    requests = {name: SearchRequest("Encounter") for name in kinds}
    return Answers(requests, {name: SearchResult(requests[name], [], notices=kinds[name]) for name in kinds})


def test_each_notice_is_given_once_and_that_the_contacts_are_cut_off_is_none() -> None:
    capped, sorted_here = (Notice(kind, "Encounter") for kind in (NoticeKind.CAPPED, NoticeKind.SORTED_HERE))
    assert with_notices(contacts=(capped, sorted_here)).notices() == (sorted_here,)
    assert with_notices(tasks=(capped, sorted_here), goals=(capped,)).notices() == (capped, sorted_here)


def test_every_search_that_failed_has_a_notice_but_statements_that_a_server_does_not_serve() -> None:
    given = answers(statements=NOT_SERVED, tasks=NOT_SERVED, goals=AWAY)
    assert given.notices() == (Notice("section-failed", "Type-of-tasks"), Notice("section-failed", "Type-of-goals"))
    assert answers(statements=AWAY).notices() == (Notice("section-failed", "Type-of-statements"),)


# Problems and medicines


def test_active_problems_come_first_and_the_latest_onset_before_earlier_and_unknown_ones() -> None:
    ended = make.concept("", "resolved")
    rows = [
        make.condition("ended-early", "p1", onsetDateTime="2001", clinicalStatus=ended),
        make.condition("unknown", "p1"),
        make.condition("early", "p1", onsetDateTime="2015"),
        make.condition("ended-late", "p1", onsetDateTime="2025", clinicalStatus=ended),
        make.condition("late", "p1", onsetDateTime="2020-02"),
    ]
    del rows[1]["onsetDateTime"]
    found = sections.problems(answers(problems=rows), T)
    assert ids(found) == ["late", "early", "unknown", "ended-late", "ended-early"]


def test_current_medicines_come_first_by_name_in_any_case_and_statements_among_them() -> None:
    def named(ident: str, name: str, **more: Any) -> Json:
        return make.medicine(ident, "p1", **more) | {"medicationCodeableConcept": {"text": name}}

    requests = [named("m1", "Zinc"), named("m2", "aspirin", status="stopped"), named("m3", "ramipril")]
    statements = [named("s1", "Bisoprolol"), named("s2", "never", status="not-taken")]
    for row in statements:
        row["resourceType"] = "MedicationStatement"
    found = sections.medicines(answers(medicines=requests, statements=statements), T, {})
    assert ids(found) == ["s1", "m3", "m1", "m2", "s2"]


def test_a_medicine_serves_the_condition_that_it_names_and_has_the_code_of_its_medication() -> None:
    row = make.medicine("m1", "p1", reasonReference=[{"reference": "Condition/c1"}])
    row |= {"medicationReference": {"reference": "Medication/x"}}
    del row["medicationCodeableConcept"]
    substance = {"resourceType": "Medication", "id": "x", "code": make.concept(make.ATC, "C07AB07")}
    problem = condition.from_fhir(make.condition("c1", "p1", "35489007"), T)
    assert isinstance(problem, Condition)
    known = {problem.origin: problem}
    (found,) = sections.medicines(answers(substance, medicines=[row], statements=[]), T, known)
    assert found.atc == "C07AB07"
    assert found.conditions == (ConditionKey.DEPRESSION,)


# The team


def member(who: str, name: str = "", until: str = "") -> TeamMember:
    reference = Reference(*who.split("/")) if who else None
    return TeamMember(reference, name, None, "", None, PartialDate(until) if until else None)


def team(*members: TeamMember, status: str = "active") -> CareTeam:
    return CareTeam(
        Reference("CareTeam", "ct"), Reference("Patient", "p1"), status, None, "", None, None, tuple(members)
    )


@pytest.mark.parametrize("kind", ["Patient", "RelatedPerson", "Organization", "CareTeam"])
def test_carers_the_patient_and_organisations_are_no_members(kind: str) -> None:
    assert sections.members([team(member(f"{kind}/x"), member("Practitioner/gp"))], ON) == (member("Practitioner/gp"),)


def test_each_member_of_the_active_teams_is_there_once_also_one_with_only_a_name() -> None:
    named, other = member("", "Anna Lind"), member("", "Jon Ibarra")
    first, again = member("Practitioner/gp", "Dr Okafor"), member("Practitioner/gp", "Jane Okafor")
    ended = team(member("Practitioner/nurse"), status="inactive")
    assert sections.members([ended, team(first, named), team(again, named, other)], ON) == (first, named, other)


@pytest.mark.parametrize(("until", "is_member"), [("2026-11-19", False), ("2026-11-20", True), ("2026-11", True)])
def test_a_member_is_one_up_to_the_last_day(until: str, is_member: bool) -> None:
    assert bool(sections.members([team(member("Practitioner/gp", until=until))], ON)) is is_member


def test_a_member_without_a_name_gets_that_of_the_practitioner() -> None:
    names = {"Practitioner/gp": "Dr Jane Okafor", "Practitioner/nurse": "Anna Lind"}
    found = [member("Practitioner/gp"), member("Practitioner/nurse", "Ms Lind"), member("Practitioner/x"), member("")]
    assert [each.name for each in sections.named_members(found, names)] == ["Dr Jane Okafor", "Ms Lind", "", ""]


def test_the_carers_of_the_day_are_shown() -> None:
    def carer(ident: str, end: str) -> Json:
        return {
            "resourceType": "RelatedPerson", "id": ident, "patient": {"reference": "Patient/p1"},
            "name": [{"family": "Aldous", "given": ["Tom"]}], "period": {"end": end},
        }  # fmt: skip

    assert ids(sections.carers(answers(carers=[carer("past", "2026-11-19"), carer("now", "2026-11-20")]), ON)) == [
        "now"
    ]


# Goals and the plan


def goal(ident: str, status: str = "active", **more: Any) -> Json:
    return make.goal(ident, "p1", **more) | {"lifecycleStatus": status}


def goals(*rows: Json, known: Any = None) -> list[Goal]:
    return sections.goals(answers(goals=list(rows)), T, known or {})


@pytest.mark.parametrize("ended", ENDED_GOALS)
def test_goals_are_in_the_order_of_the_rule_and_not_in_that_of_the_server(ended: str) -> None:
    found = goals(goal("g1", ended), goal("g2", "on-hold"), goal("g3", ended), goal("g4"), goal("g5", "proposed"))
    assert ids(found) == ["g4", "g2", "g5", "g1", "g3"]


def test_a_goal_has_the_conditions_that_it_addresses() -> None:
    row = goal("g1") | {"addresses": [{"reference": "Condition/c1"}]}
    (found,) = goals(row, known={Reference("Condition", "c1"): (ConditionKey.T2DM,)})
    assert found.conditions == (ConditionKey.T2DM,)


def test_a_target_that_cannot_be_read_is_collected_and_its_goal_is_shown() -> None:
    given = answers(goals=[goal("g1") | {"statusDate": "never"}, goal("g2")])
    assert ids(sections.goals(given, T, {})) == ["g1", "g2"]
    assert [str(record.origin) for record in given.unreadable] == ["Goal/g1"]


def test_the_plan_that_counts_has_its_goals_and_its_last_editor() -> None:
    edits = [
        make.provenance("pv1", "CarePlan/cp1", "Dr Jane Okafor", "2026-10-28T10:00:00+00:00"),
        make.provenance("pv2", "CarePlan/cp1", "Anna Lind", "2026-11-01T10:00:00+00:00"),
        make.provenance("pv3", "CarePlan/cp2", "Jon Ibarra", "2026-11-10T10:00:00+00:00"),
    ]
    plans = [make.plan("cp2", "p1", status="revoked"), make.plan("cp1", "p1", ("g1", "unknown"))]
    given = answers(*edits, make.goal("g1", "p1"), plans=plans)
    found = sections.plan(given, goals(goal("g1"), goal("g2")), ())
    assert found is not None
    assert (found.origin.id, ids(found.goals), found.editor) == ("cp1", ["g1"], "Anna Lind")
    assert given.unreadable == []


def test_without_a_plan_there_is_none_and_the_goals_keep_their_order() -> None:
    assert sections.plan(answers(plans=[]), goals(goal("g1")), ()) is None
    assert ids(sections.plan_first(goals(goal("g1"), goal("g2")), None)) == ["g1", "g2"]


def test_the_goals_of_the_plan_come_before_all_others() -> None:
    found = goals(goal("g1"), goal("g2"), goal("g3"))
    chosen = sections.plan(answers(plans=[make.plan("cp1", "p1", ("g3",))]), found, ())
    assert ids(sections.plan_first(found, chosen)) == ["g3", "g1", "g2"]


# Tasks and contacts


def task(ident: str, due: str = "", authored: str = "", **more: Any) -> Json:
    row = make.task(ident, "p1", "Practitioner/gp", due=due, **more)
    for name, given in (("restriction", due), ("authoredOn", authored)):
        if not given:
            del row[name]
    return row | ({"authoredOn": authored} if authored else {})


def test_open_tasks_come_first_the_earliest_due_first_and_one_without_a_day_last() -> None:
    rows = [
        task("done-long-ago", status="completed", authored="2026-01-01"),
        task("without-a-day"),
        task("b-same-day", due="2026-11-10"),
        task("a-late-one", due="2026-12-01"),
        task("a-same-day", due="2026-11-10"),
        task("done-at-an-unknown-time", status="completed"),
        task("done-lately", status="completed", authored="2026-11-01"),
    ]
    assert ids(sections.tasks(answers(tasks=rows))) == [
        "a-same-day", "b-same-day", "a-late-one", "without-a-day", "done-lately", "done-long-ago",
        "done-at-an-unknown-time",
    ]  # fmt: skip


def test_tasks_without_a_day_are_in_the_order_of_their_ids() -> None:
    assert ids(sections.tasks(answers(tasks=[task("t2"), task("t1")]))) == ["t1", "t2"]


def test_contacts_of_today_and_later_come_first_soonest_first_then_the_past_ones_newest_first() -> None:
    booked = [
        make.conference("next-week", ["p1"], "2026-11-27T09:00:00+00:00"),
        make.conference("this-morning", ["p1"], "2026-11-20T09:00:00+00:00"),
        make.conference("yesterday", ["p1"], "2026-11-19T09:00:00+00:00"),
        make.conference("tomorrow", ["p1"], "2026-11-21T09:00:00+00:00"),
        make.conference("without-a-day", ["p1"], ""),
    ]
    del booked[-1]["start"]
    seen = [
        make.encounter("old", "p1", "2026-01-01T09:00:00+00:00"),
        make.encounter("planned", "p1", "2026-12-01T09:00:00+00:00") | {"status": "planned"},
        make.encounter("new", "p1", "2026-11-01T09:00:00+00:00"),
    ]
    found = sections.contacts(answers(appointments=booked, contacts=seen), AS_OF)
    assert ids(found) == ["this-morning", "tomorrow", "next-week", "new", "old"]


def test_only_the_last_twenty_contacts_are_shown() -> None:
    assert CONTACTS == 20
    seen = [make.encounter(f"e{day:02d}", "p1", f"2026-10-{day:02d}T09:00:00+00:00") for day in range(1, 32)]
    found = ids(sections.contacts(answers(appointments=[], contacts=seen), AS_OF))
    assert (len(found), found[0], found[-1]) == (20, "e31", "e12")


# Targets


def hba1c_and_potassium() -> dict[Measure, KeyResult]:
    rows = [
        make.observation("o1", "p1", "59261-8", 62, "mmol/mol", "2026-05-02"),
        make.observation("o2", "p1", "2823-3", 4.1, "mmol/L", "2026-05-02"),
    ]
    values: list[Any] = [observation.from_fhir(row, T) for row in rows]
    return key_results([result for value in values for result in value.results], date(2026, 11, 20))


def high(result: KeyResult) -> int | None:
    return int(result.target.high.value) if result.target and result.target.high else None


def test_a_result_has_the_target_of_the_first_goal_of_its_measure_that_is_still_aimed_at() -> None:
    known = hba1c_and_potassium()
    found = with_targets(known, goals(goal("g0", "cancelled", value=40), goal("g1", value=53), goal("g2", value=58)))
    assert list(found) == list(known)
    assert (high(found[Measure.HBA1C]), high(found[Measure.POTASSIUM])) == (53, None)
    assert found[Measure.POTASSIUM] is known[Measure.POTASSIUM]


def test_a_result_has_the_lower_end_of_a_target_too() -> None:
    row = goal("g1")
    row["target"][0] |= {
        "detailRange": {
            "low": {"value": 42, "code": "mmol/mol", "system": make.UCUM},
            "high": {"value": 53, "code": "mmol/mol", "system": make.UCUM},
        }
    }
    del row["target"][0]["detailQuantity"]
    result = with_targets(hba1c_and_potassium(), goals(row))[Measure.HBA1C]
    assert result.target is not None and result.target.low is not None
    assert (int(result.target.low.value), high(result)) == (42, 53)
