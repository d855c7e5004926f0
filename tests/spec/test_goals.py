"""Which goal's target counts for a measure, and in which order goals and problems are listed.

A goal is `id status start target`, parted by ";". Of the goals that are being worked towards (active or accepted) the one
with the latest start counts; of several with one start, and of those without a start, which come last, the one whose id
is first. The order in which a server sent them never matters: every line is tried in every order.

Own choice, draft: no clinician has signed it.
"""

# The tables are wider than code may be.
# ruff: noqa: E501

from itertools import permutations

import pytest

from dashboard.domain.attention.worklist_row import stages
from dashboard.domain.record.care_plan import CarePlan, rank
from dashboard.domain.record.condition import Condition, ConditionKey, latest_first
from dashboard.domain.record.goal import Goal, counting_targets, in_order
from dashboard.domain.record.observation import Measure
from dashboard.domain.values.datatypes import PartialDate, Reference
from dashboard.fhir.mapping import goal as goal_mapping
from dashboard.fhir.terminology_files import load_terminology
from tests.spec.words import Line, lines

COUNTS = """
    goals                                                                          | counts | order      | because
    g1 active 2025-01-10 53                                                        | 53     | g1         | there is one
    g1 active 2025-01-10 53; g2 active 2026-03-01 58                               | 58     | g2 g1      | the latest agreed counts
    g1 active 2025-01-10 53; g2 cancelled 2026-03-01 48                            | 53     | g1 g2      | a cancelled goal is aimed at no more
    g1 active 2025-01-10 53; g2 completed 2026-03-01 48; g3 rejected 2026-04-01 40 | 53     | g1 g3 g2   | nor is a completed or a rejected one
    g1 active 2025-01-10 53; g2 proposed 2026-03-01 48                             | 53     | g1 g2      | nobody has agreed to a proposal
    g1 active 2025-01-10 53; g2 planned 2026-03-01 48; g3 on-hold 2026-04-01 50    | 53     | g1 g2 g3   | neither has begun, or goes on
    g2 accepted 2026-03-01 58; g1 active 2025-01-10 53                             | 58     | g2 g1      | accepted is agreed too
    g2 active - 58; g1 active 2019 53                                              | 53     | g1 g2      | a goal without a start comes after those with one
    g2 active - 58; g1 active - 53                                                 | 53     | g1 g2      | the id decides
    g2 active 2026-03-01 58; g1 active 2026-03-01 53                               | 53     | g1 g2      | the id decides
    g1 active 2026 53; g2 active 2026-03-01 58                                     | 58     | g2 g1      | a year alone begins on its first day
    g1 active 1965-01-10 53; g2 active - 58                                        | 53     | g1 g2      | a start before 1970 is a start
    g1 on-hold 2026-03-01 53                                                       | none   | g1         | a goal on hold is no measure of how somebody does
    g1 unheard-of 2026-03-01 53; g2 completed - 40                                 | none   | g1 g2      | a status that FHIR does not know says nothing
"""

PROBLEMS = """
    problems                                                   | order    | because
    p1 active 1962-05-01; p2 active -                          | p1 p2    | an onset before 1970 comes before none
    p1 active -; p2 active 1962; p3 active 2019-03-04          | p3 p2 p1 | the latest onset first
    p1 resolved 2024-01-01; p2 active 1950                     | p2 p1    | present problems before past ones
    p2 active 2020; p1 active 2020                             | p1 p2    | the id decides
"""


def read_goal(text: str) -> Goal:
    ident, status, start, target = text.split()
    row = {
        "resourceType": "Goal",
        "id": ident,
        "lifecycleStatus": status,
        "description": {"text": f"HbA1c under {target}"},
        "target": [
            {
                "measure": {"coding": [{"system": "http://loinc.org", "code": "59261-8"}]},
                "detailQuantity": {
                    "value": int(target),
                    "comparator": "<",
                    "code": "mmol/mol",
                    "system": "http://unitsofmeasure.org",
                },
            }
        ],
    }
    found = goal_mapping.listed(row | ({} if start == "-" else {"startDate": start}), load_terminology())
    assert isinstance(found, Goal)
    return found


def problem(text: str) -> Condition:
    ident, status, onset = text.split()
    when = None if onset == "-" else PartialDate(onset)
    return Condition(Reference("Condition", ident), (), ident, (ConditionKey.CKD,), when, None, status, "", stage=ident)


@pytest.mark.parametrize("line", lines(COUNTS), ids=lambda line: f"{line.counts}: {line.because}")
def test_the_target_that_counts(line: Line) -> None:
    for goals in permutations(map(read_goal, line.parts("goals"))):
        assert [goal.origin.id for goal in in_order(goals)] == line.order.split()
        found = counting_targets(goals)
        counting = found[Measure.HBA1C][0].high if found else None
        assert (str(counting.value) if counting else "none") == line.counts


@pytest.mark.parametrize("line", lines(PROBLEMS), ids=lambda line: line.because)
def test_the_order_of_problems(line: Line) -> None:
    for problems in permutations(map(problem, line.parts("problems"))):
        assert [found.origin.id for found in latest_first(problems)] == line.order.split()
        assert stages(found for found in problems if found.active) == {
            ConditionKey.CKD: next(ident for ident in line.order.split())
        }


def test_of_two_plans_alike_the_same_counts_whichever_comes_first() -> None:
    begun = [("c1", "2026-01-01"), ("c2", "2026-01-01T00:00:00Z"), ("c3", "2025"), ("c4", "")]
    plans = [
        CarePlan(
            Reference("CarePlan", ident), "1", ident, "active", "plan", start=PartialDate(start) if start else None
        )
        for ident, start in begun
    ]
    for some in permutations(plans):
        assert max(some, key=rank).origin.id == "c2"
