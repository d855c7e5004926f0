"""How grave a result is, what a target says, and how a result has gone: the marks and words that every page shows.

Three marks, each for itself: *outside usual range* (limits for everybody), *misses goal* (this person's target),
*urgent* (what the reasons about the result add up to; red on every page). The day of view is 23 November 2026. All limits
are drafts; their sources are in `dashboard/domain/attention/trend.py` and `points.py`.
"""

# The tables are wider than code may be.
# ruff: noqa: E501

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from dashboard.domain.attention.assess import assess
from dashboard.domain.attention.severity import any_urgent, facts_of, is_urgent, urgency, urgent_measures
from dashboard.domain.record.observation import Direction, KeyResult, Measure, Target
from dashboard.fhir.mapping import goal as goal_mapping
from dashboard.fhir.mapping import observation as observation_mapping
from dashboard.fhir.terminology_files import load_terminology
from dashboard.ui.record.results import result_words, trend_words
from dashboard.ui.record.targets import aims, show_aim
from dashboard.ui.worklist.row import WorklistRow
from tests.spec.words import AS_OF, RESULTS, Line, facts, lines, results

MARKS = """
    result                              | target       | marks                                   | because
    eGFR 38 mL/min/{1.73_m2} 2026-11-01 | > 30         | outside usual range                 | under 60, and yet where this person is to be
    eGFR 28 mL/min/{1.73_m2} 2026-11-01 | > 30         | outside usual range; misses goal | both
    HbA1c 56 mmol/mol 2026-09-12        | < 53         | misses goal                         | under 58, which is the limit for everybody
    HbA1c 52 mmol/mol 2026-09-12        | < 53         |                                         | neither
    HbA1c 53 mmol/mol 2026-09-12        | < 53         | misses goal                         | below 53 is less than 53
    HbA1c 53 mmol/mol 2026-09-12        | <= 53        |                                         | 53 or less holds 53
    HbA1c <53 mmol/mol 2026-09-12       | < 53         |                                         | certainly less
    HbA1c <60 mmol/mol 2026-09-12       | < 53         |                                         | it may be less than 53
    HbA1c >53 mmol/mol 2026-09-12       | <= 53        | misses goal                         | certainly more
    HbA1c 7.3 % 2026-09-12              | < 53         | misses goal                         | 56 mmol/mol
    weight 78 kg 2026-11-01             | 70 .. 75     | misses goal                         | weight has no limits for everybody
    weight 75 kg 2026-11-01             | 70 .. 75     |                                         | a range holds its ends
    weight 69 kg 2026-11-01             | 70 .. 75     | misses goal                         | below the range
    HbA1c 60 mmol/mol 2026-09-12        | 53           | outside usual range                 | a bare number does not say which side is wrong
    potassium 5.9 mmol/L 2026-11-22     |              | outside usual range                 | no goal
    creatinine 180 umol/L 2026-11-01    |              |                                         | it has no limits that fit everybody, and its source says nothing
"""

URGENT = """
    conditions | medicines                    | results                                                                            | urgent    | because
    HF         | spironolactone               | potassium 5.9 mmol/L 2026-11-22                                                    | POTASSIUM | over 5.5 on an MRA: 40 points
    CKD        | bisoprolol                   | potassium 5.9 mmol/L 2026-11-22                                                    |           | without a medicine that raises it: 12 points
    CKD        | bisoprolol                   | potassium 6.2 mmol/L 2026-11-22                                                    | POTASSIUM | 6.0 or more is dangerous whoever has it
    T2DM; CKD  | metformin                    | eGFR 43 mL/min/{1.73_m2} 2025-12-14; eGFR 28 mL/min/{1.73_m2} 2026-11-14           | EGFR      | under 30 on metformin, and fallen a category in a year: 40 points about one result
    T2DM; CKD  | metformin                    | eGFR 28 mL/min/{1.73_m2} 2026-11-14                                                |           | under 30 on metformin alone: 20 points
    T2DM       | metformin; insulin glargine  | eGFR 28 mL/min/{1.73_m2} 2024-02-14                                                |           | an old result is never urgent
    T2DM; HF   | naproxen; pioglitazone       | HbA1c 80 mmol/mol 2026-09-01                                                       |           | lesser reasons about different things do not add up to something urgent
    T2DM       |                              | systolic 150 mm[Hg] 2026-11-20; diastolic 120 mm[Hg] 2026-11-20                    | DIASTOLIC | 180/120 or more
"""

TARGETS = """
    written                     | shown                                    | because
    HbA1c < 53 mmol/mol         | HbA1c below 53 mmol/mol                  | less than
    LDL <= 4 mmol/L             | LDL cholesterol 4 mmol/L or less         | up to and with
    eGFR > 30 mL/min/{1.73_m2}  | eGFR above 30 mL/min/1.73 m²             | more than
    BMI >= 18.5 kg/m2           | BMI 18.5 kg/m² or more                   | from and with
    weight 70 .. 75 kg          | Weight 70 to 75 kg                       | a range with its ends
    weight 70 .. kg             | Weight 70 kg or more                     | an open range
    weight 72 kg                | Weight 72 kg                             | a bare number
    systolic < 140 mm[Hg]; diastolic < 90 mm[Hg]   | BP below 140/90 mmHg             | a pair
    systolic <= 130 mm[Hg]; diastolic <= 80 mm[Hg] | BP 130/80 mmHg or less           | a pair up to and with
    systolic < 140 mm[Hg]; diastolic <= 90 mm[Hg]  | BP systolic below 140, diastolic 90 mmHg or less | ends that are not alike
    systolic 120 .. 140 mm[Hg]; diastolic < 90 mm[Hg] | BP systolic 120 to 140, diastolic below 90 mmHg | a range beside an end
    systolic < 140 mm[Hg]       | Systolic BP below 140 mmHg               | one of the two
    HbA1c < 7 %                 | HbA1c below 53 mmol/mol                  | in the unit in which it is compared
"""

TREND = """
    results                                                                                                                 | trend                          | because
    HbA1c 60 mmol/mol 2026-02-01; HbA1c 66 mmol/mol 2026-06-01; HbA1c 67 mmol/mol 2026-10-01                                | up from 60 on 01-Feb-2026      | of HbA1c the oldest of twelve months
    HbA1c 60 mmol/mol 2025-02-01; HbA1c 66 mmol/mol 2026-06-01; HbA1c 67 mmol/mol 2026-10-01                                | steady, 66 on 01-Jun-2026      | 60 was longer ago than twelve months
    HbA1c 60 mmol/mol 2025-02-01; HbA1c 67 mmol/mol 2026-10-01                                                              | up from 60 on 01-Feb-2025      | no other value: the last one
    HbA1c 60 mmol/mol 2024-02-01; HbA1c 67 mmol/mol 2026-10-01                                                              |                                | more than two years ago
    eGFR 43 mL/min/{1.73_m2} 2025-12-14; eGFR 29 mL/min/{1.73_m2} 2026-08-01; eGFR 28 mL/min/{1.73_m2} 2026-11-14           | down from 43 on 14-Dec-2025    | of eGFR too
    potassium 4.4 mmol/L 2026-01-01; potassium 5.4 mmol/L 2026-11-01; potassium 5.6 mmol/L 2026-11-20                       | steady, 5.4 on 01-Nov-2026     | of potassium the last of an earlier day
    PHQ-9 16 {score} 2026-08-03; PHQ-9 17 {score} 2026-11-02                                                                | steady, 16 on 03-Aug-2026      | one point is no change
    PHQ-9 10 {score} 2026-08-03; PHQ-9 16 {score} 2026-11-02                                                                | up from 10 on 03-Aug-2026      | five points are
    weight 80.0 kg 2026-10-01; weight 80.4 kg 2026-11-18; weight 79.8 kg 2026-11-19; weight 82.1 kg 2026-11-20              | up from 79.8 on 19-Nov-2026    | of weight the lowest of three days
    weight 80.0 kg 2026-10-01; weight 82.1 kg 2026-11-20                                                                    | up from 80.0 on 01-Oct-2026    | else the last one
    potassium 5.9 mmol/L 2026-11-20T08:00:00Z; potassium 5.1 mmol/L 2026-11-20T16:00:00Z                                    |                                | two samples of one day are no course
    eGFR <15 mL/min/{1.73_m2} 2026-05-01; eGFR 12 mL/min/{1.73_m2} 2026-11-01                                               | before <15 on 01-May-2026      | nobody can say whether it rose
"""


def target_of(text: str) -> Target:
    """`HbA1c < 53 mmol/mol`, `weight 70 .. 75 kg`, as a server would send it."""
    name, *rest, unit = text.split()
    quantity: dict[str, Any] = {"code": unit, "system": "http://unitsofmeasure.org"}
    part: dict[str, Any] = {"measure": {"coding": [{"system": "http://loinc.org", "code": RESULTS[name]}]}}
    numbers = [Decimal(word) for word in rest if word[0].isdigit()]
    if ".." in rest:
        part["detailRange"] = {
            end: quantity | {"value": number} for end, number in zip(("low", "high"), numbers, strict=False)
        }
    else:
        comparator = {"comparator": rest[0]} if len(rest) > 1 else {}
        part["detailQuantity"] = quantity | comparator | {"value": numbers[0]}
    row = {
        "resourceType": "Goal",
        "id": "g",
        "lifecycleStatus": "active",
        "description": {"text": "x"},
        "target": [part],
    }
    return goal_mapping.from_fhir(row, load_terminology()).targets[0]


def key_of(line: Line, column: str) -> KeyResult:
    [key] = results(Line({"results": line.cells[column]})).values()
    return key


@pytest.mark.parametrize("line", lines(MARKS), ids=lambda line: f"{line.result} {line.target}: {line.because}")
def test_marks(line: Line) -> None:
    key = key_of(line, "result")
    name, unit = line.result.split()[0], line.result.split()[2]
    unit = "mmol/mol" if unit == "%" else unit
    target = target_of(f"{name} {line.target} {unit}") if line.target else None
    assert list(result_words(replace(key, target=target), AS_OF).marks) == line.parts("marks")


@pytest.mark.parametrize("line", lines(URGENT), ids=lambda line: f"{line.results}: {line.because}")
def test_urgent(line: Line) -> None:
    reasons = assess(facts(line), AS_OF).reasons
    assert sorted(urgent_measures(reasons)) == line.parts("urgent")
    assert any_urgent(reasons) == bool(line.urgent)
    # The words beside a red value are red too, and the sum stands above any sum of lesser reasons.
    assert [is_urgent(same) for same in facts_of(reasons)].count(True) == len(line.parts("urgent"))
    assert (urgency(reasons) >= 100) == bool(line.urgent)


def test_somebody_urgent_comes_before_anybody_who_is_not() -> None:
    """Whatever lesser reasons add up to: in the worklist's order as in the number of points."""
    red = Line({"conditions": "HF", "medicines": "spironolactone", "results": "potassium 5.9 mmol/L 2026-11-22"})
    other = {"other": "age 81; plan none; contact 2025-01-01; tasks 2026-01-01! 2026-02-01! 2026-03-01! 2026-04-01!"}
    many = Line(
        {
            "conditions": "T2DM; HF; CKD; depression",
            "medicines": "metformin; pioglitazone; naproxen; sertraline",
            "results": "eGFR 44 mL/min/{1.73_m2} 2026-11-14; HbA1c 80 mmol/mol 2026-09-01; PHQ-9 16 {score} 2026-11-01",
            **other,
        }
    )
    urgent, lesser = (assess(facts(line), AS_OF) for line in (red, many))
    assert sum(reason.points for reason in lesser.reasons) > sum(reason.points for reason in urgent.reasons)
    assert any_urgent(urgent.reasons) and not any_urgent(lesser.reasons)
    assert urgent.urgency > lesser.urgency
    rows = [_row(found.reasons, found.urgency) for found in (lesser, urgent)]
    assert sorted(rows, key=lambda row: row.order("urgency"))[0].urgent


def _row(reasons: Any, points: int) -> WorklistRow:
    from tests.pages import samples

    values = dict.fromkeys(("team", "site", "region", "results", "plan", "last_contact"))
    row = {"patient_id": "p", "person": samples.ALDOUS, "team_ids": (), "conditions": (), "urgency": points}
    return WorklistRow(
        {**values, **row, "open_tasks": 0, "overdue_tasks": 0, "reasons": reasons}, samples.AS_OF, samples.AS_OF.tzinfo
    )  # type: ignore[arg-type]


@pytest.mark.parametrize("line", lines(TARGETS), ids=lambda line: f"{line.written}: {line.because}")
def test_a_target_in_words(line: Line) -> None:
    [aim] = aims(map(target_of, line.parts("written")))
    assert show_aim(aim) == line.shown


@pytest.mark.parametrize("line", lines(TREND), ids=lambda line: f"{line.trend}: {line.because}")
def test_the_trend(line: Line) -> None:
    key = key_of(line, "results")
    assert trend_words(key.baseline, key.direction) == line.trend
    sentence = result_words(key, AS_OF).text
    assert sentence.endswith(f", {line.trend}" if line.trend else ")")


def test_a_reason_says_the_trend_of_the_tile() -> None:
    """A worsening is reported with the value and day from which the tile counts it, and never beside "steady"."""
    for line in lines(TREND):
        patient = replace(facts(Line({"conditions": "T2DM; HF; CKD; depression", "results": line.results})))
        for reason in assess(patient, AS_OF).reasons:
            if reason.measure in patient.results and reason.result is not None:
                key = patient.results[reason.measure]
                assert (reason.result, reason.baseline, reason.direction) == (key.latest, key.baseline, key.direction)
                if reason.kind == "worsening":
                    assert reason.direction is not Direction.STEADY


def test_what_its_source_calls_abnormal_is_marked_where_no_limits_fit_everybody() -> None:
    for name, code, value, flagged in (
        ("creatinine", "H", 180, True),
        ("creatinine", "N", 180, False),
        ("sodium", "H", 140, False),
    ):
        row = {
            "resourceType": "Observation",
            "id": "o",
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": RESULTS[name]}]},
            "effectiveDateTime": "2026-11-01",
            "valueQuantity": {
                "value": value,
                "code": "umol/L" if name == "creatinine" else "mmol/L",
                "system": "http://unitsofmeasure.org",
            },
            "interpretation": [
                {
                    "coding": [
                        {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "code": code}
                    ]
                }
            ],
        }
        observation: Any = observation_mapping.from_fhir(row, load_terminology())
        from dashboard.domain.attention.trend import key_results

        [key] = key_results(observation.results, AS_OF).values()
        assert key.abnormal is flagged, (name, code)


@pytest.mark.parametrize(
    ("when", "old", "age"),
    [
        ("2025-11-22", False, ""),
        ("2025-11-21", True, "1 year ago"),
        ("2023-03-12", True, "3 years ago"),
        ("2024", True, "1 year ago"),
    ],
)
def test_an_old_result_says_how_old_it_is(when: str, old: bool, age: str) -> None:
    key = key_of(Line({"results": f"potassium 6.4 mmol/L {when}"}), "results")
    words = result_words(key, AS_OF)
    assert (key.old, words.age) == (old, age)
    assert (age in words.text) or not old
    assert key.measure is Measure.POTASSIUM
