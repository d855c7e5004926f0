"""What would change if a result or a medicine were other: only that, and nothing of it stays."""

from decimal import Decimal

import pytest

from dashboard.domain.guidelines.evaluate import Finding, Outcome
from dashboard.domain.guidelines.recommendations import ScreenCounts, by_missing_fact, counted, rests_on_single_answer
from dashboard.domain.guidelines.rule import Indicator
from dashboard.domain.guidelines.what_if import Supposed, difference, groups_asked, measures_asked, what_if
from dashboard.domain.record.observation import Measure
from dashboard.fhir.terminology_files import load_terminology
from tests.pages import samples
from tests.pages.recommendation_samples import recommendations
from tests.unit import people_and_teams as make

T = load_terminology()
FOUND = recommendations()


def names(findings: tuple[Finding, ...]) -> set[str]:
    return {f"{each.rule.id}/{each.advice.key}" for each in findings}


def test_a_better_result_takes_its_cards_away_and_a_worse_one_brings_some() -> None:
    better = difference(
        FOUND, what_if(FOUND, Supposed({Measure.EGFR: Decimal(62), Measure.POTASSIUM: Decimal("4.4")}), T)
    )
    assert {"03-metformin-kidney/stop", "15-raas-potassium/stop"} <= names(better.goes)
    fine = recommendations(
        samples.ALDOUS, make.observation("o9", "p1", "33914-3", 62, "mL/min/{1.73_m2}", "2026-11-22")
    )
    worse = difference(fine, what_if(fine, Supposed({Measure.EGFR: Decimal(29)}), T))
    assert "03-metformin-kidney/stop" in names(worse.comes)


def test_a_medicine_that_is_begun_or_stopped() -> None:
    begun = difference(FOUND, what_if(FOUND, Supposed(begun=("arb",)), T))
    assert "14-ace-and-arb" in {each.rule.id for each in begun.comes}
    stopped = difference(FOUND, what_if(FOUND, Supposed(stopped=("metformin",)), T))
    assert "03-metformin-kidney/stop" in names(stopped.goes)


def test_a_group_alone_leaves_open_what_asks_for_a_substance() -> None:
    after = what_if(FOUND, Supposed(begun=("ssri",)), T)
    assert after.facts["ssri"].value is True and after.facts["citalopram"].value is None


def test_a_result_of_today_is_the_latest_also_of_what_counts_days() -> None:
    after = what_if(FOUND, Supposed({Measure.LVEF: Decimal(30)}), T)
    assert after.facts["lvef"].value == 30 and after.facts["lvef"].when is not None
    waited = {each.value.fact.name for each in by_missing_fact(FOUND.of(Outcome.CANNOT_SAY))}
    assert "lvef" in waited
    changed = difference(FOUND, after)
    assert names(changed.settles) | names(changed.comes) and not names(changed.settles) & names(changed.comes)


@pytest.mark.parametrize("unit", ["mL/min/{1.73_m2}", "furlongs"])
def test_what_is_supposed_comes_after_every_result_of_the_same_day(unit: str) -> None:
    on = FOUND.on.isoformat()
    measured = make.observation("o9", "p1", "33914-3", 62, unit, f"{on}T17:45:00+00:00")
    found = recommendations(samples.ALDOUS, measured)
    assert found.facts["egfr"].value == (62 if unit != "furlongs" else None)
    assert what_if(found, Supposed({Measure.EGFR: Decimal(29)}), T).facts["egfr"].value == 29


def test_nothing_supposed_changes_nothing_and_the_record_stays_as_it_is() -> None:
    before = dict(FOUND.record.resources["Observation"])
    assert not Supposed() and Supposed(begun=("arb",))
    same = difference(FOUND, what_if(FOUND, Supposed(begun=("no_such_fact",)), T))
    assert (same.comes, same.goes, same.opens, same.settles) == ((), (), (), ())
    what_if(FOUND, Supposed({Measure.EGFR: Decimal(5)}), T)
    assert FOUND.record.resources["Observation"] == before


def test_what_could_not_be_read_stays_unknown_whatever_is_supposed() -> None:
    unread = recommendations(samples.ALDOUS, without=("Observation",))
    after = what_if(unread, Supposed({Measure.EGFR: Decimal(20)}), T)
    assert after.facts["egfr"].value is None


def test_what_can_be_supposed_is_what_the_rules_ask_for() -> None:
    assert {Measure.EGFR, Measure.POTASSIUM, Measure.HBA1C} <= set(measures_asked(FOUND.in_force))
    assert {"metformin", "arb"} <= {each.name for each in groups_asked(FOUND.in_force)}


@pytest.mark.parametrize("name", [each.name for each in groups_asked(FOUND.in_force)])
def test_every_group_can_be_begun(name: str) -> None:
    assert what_if(FOUND, Supposed(begun=(name,)), T).facts[name].value is True


def test_a_count_of_a_shared_screen_leaves_single_answers_out_and_knows_the_worst() -> None:
    alone, count = (counted(FOUND.findings, (), FOUND.on, shared=shared) for shared in (False, True))
    single = [each for each in FOUND.of(Outcome.APPLIES) if rests_on_single_answer(each)]
    assert single and count.applies == len(FOUND.of(Outcome.APPLIES)) - len(single) == alone.applies - len(single)
    assert count.worst is Indicator.CRITICAL and count.grave and not counted((), (), FOUND.on, shared=False).grave
    assert ScreenCounts(alone, count).on(shared=True) is count and ScreenCounts(alone, count).on(shared=False) is alone
