"""How a structured dose is worded. A clinician can read the columns; each line is a Dosage as FHIR R4 writes it.

`dose` is doseQuantity or doseRange, `timing` is Timing.repeat as "frequency/period unit", then days, clock, meals and
bounds; `needed` is asNeeded, `most` is maxDosePerPeriod. FHIR: https://hl7.org/fhir/R4/dosage.html.
"""

# The tables are wider than code may be.
# ruff: noqa: E501

import re
from decimal import Decimal
from typing import Any, Final

import pytest

from dashboard.domain.record.dosage import dose_words, has_unworded
from dashboard.fhir.mapping.dosage import bounds_end, dosages
from tests.spec.words import Line, lines

SPEC = {
    "A dose with a frequency is read as one would say it": """
        text | dose             | timing        | needed | most       | words
             | 15 mg            | 1/1 wk mon    |        | 15 mg/1 wk | 15 mg once a week on Monday, at most 15 mg per week
             | 500 mg           | 2/1 d         |        |            | 500 mg twice a day
             | 1 tablet         | 3/1 d         |        | 4 g/1 d    | 1 tablet 3 times a day, at most 4 g per day
             | 1 tablet         | 1-2/1 d       |        |            | 1 tablet 1 to 2 times a day
             | 10 mg            | 1/4 h         | yes    |            | 10 mg every 4 hours, as needed
             | 10 mg            | 1/4-6 h       | pain   |            | 10 mg every 4 to 6 hours, as needed for pain
             | 25 ug            | 1/72 h        |        |            | 25 ug every 72 hours
             | 1000 mg          | 1/3 mo        |        |            | 1000 mg every 3 months
             | 2.5 mg           | 3/2 wk        |        |            | 2.5 mg 3 times every 2 weeks
             | 3-5 mg           | 1/1 d CV      |        |            | 3 to 5 mg once a day with the evening meal
             | 10 mL            | AC            |        |            | 10 mL before meals
             | 4 units          | 08:00 20:00   |        |            | 4 units at 08:00 and 20:00
             | 62.5 ug          | mon wed fri   |        |            | 62.5 ug on Monday, Wednesday and Friday
             | 500 mg           | 3/1 d for 7 d |        |            | 500 mg 3 times a day for 7 days
             | 20 mg            | BID           |        |            | 20 mg twice a day
             | 20 mg            |               |        |            | 20 mg
             |                  | 1/1 d         |        |            | once a day
             |                  |               | yes    |            | as needed
             |                  |               |        |            |
        """,
    "What the author wrote stays, and the parts that it does not hold come after it": """
        text                          | dose     | timing        | needed | most      | words
        500 mg twice a day            | 500 mg   | 2/1 d         |        |           | 500 mg twice a day
        500 mg bd                     | 500 mg   | 2/1 d         |        |           | 500 mg bd
        one three times daily         |          | 3/1 d         |        |           | one three times daily
        1 tablet                      |          | every 4 hours | yes    |           | 1 tablet, every 4 hours, as needed
        1 tablet when needed          |          | 1/4 h         | yes    |           | 1 tablet when needed, every 4 hours
        2 tablets                     | 1 tablet | 1/1 d         |        |           | 2 tablets, 1 tablet once a day
        as directed                   | 15 mg    | 1/1 wk        |        |           | as directed, 15 mg once a week
        15 mg weekly                  | 15 mg    | 1/1 wk        |        | 15 mg/1 wk | 15 mg weekly, at most 15 mg per week
        15 mg                         | 15 mg    | 1/1 wk        |        |           | 15 mg, once a week
        0,5 mg cada noche             | 0.5 mg   |               |        |           | 0,5 mg cada noche
        """,
}
CASES = [(title, line) for title, table in SPEC.items() for line in lines(table)]
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
UNIT: Final = {"wk": "wk", "d": "d", "h": "h", "mo": "mo"}


@pytest.mark.parametrize(("title", "line"), CASES, ids=[f"{title[:30]}-{line.words}" for title, line in CASES])
def test_doses(title: str, line: Line) -> None:
    read = dosages({"dosageInstruction": [dosage(line)]})
    assert dose_words(read) == line.words, title
    assert not has_unworded(read)


def dosage(line: Line) -> dict[str, Any]:
    """The Dosage of a line."""
    made: dict[str, Any] = {"text": line.text} if line.text else {}
    if line.dose:
        made["doseAndRate"] = [dose(line.dose)]
    timing = timing_of(line.timing)
    if timing:
        made["timing"] = timing
    if line.needed == "yes":
        made["asNeededBoolean"] = True
    elif line.needed:
        made["asNeededCodeableConcept"] = {"text": line.needed}
    if line.most:
        top, below = line.most.split("/")
        made["maxDosePerPeriod"] = {"numerator": quantity(*top.split()), "denominator": quantity(*below.split())}
    return made


def quantity(number: str, unit: str) -> dict[str, Any]:
    return {"value": Decimal(number), "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}


def dose(words: str) -> dict[str, Any]:
    number, unit = words.split()
    if "-" in number:
        low, high = number.split("-")
        return {"doseRange": {"low": quantity(low, unit), "high": quantity(high, unit)}}
    return {"doseQuantity": quantity(number, unit)}


def timing_of(words: str) -> dict[str, Any]:
    if words in ("BID", "every 4 hours"):
        coded = words == "BID"
        return {"code": {"coding": [{"code": words}]} if coded else {"text": words}}
    repeat: dict[str, Any] = {}
    if found := re.match(r"(\d)(?:-(\d))?/(\d+)(?:-(\d+))? (\w+)", words):
        often, most, period, longest, unit = found.groups()
        repeat = {"frequency": int(often), "period": Decimal(period), "periodUnit": unit}
        repeat |= {"frequencyMax": int(most)} if most else {}
        repeat |= {"periodMax": Decimal(longest)} if longest else {}
    if found := re.search(r"for (\d+) (\w+)", words):
        repeat["boundsDuration"] = quantity(*found.groups())
    rest = words.split()
    repeat |= {"dayOfWeek": days} if (days := [each for each in rest if each in DAYS]) else {}
    repeat |= {"timeOfDay": clock} if (clock := [f"{each}:00" for each in rest if ":" in each]) else {}
    repeat |= {"when": meals} if (meals := [each for each in rest if each in ("AC", "CV")]) else {}
    return {"repeat": repeat} if repeat else {}


def test_steps_follow_one_another_and_what_is_taken_at_once_is_parted() -> None:
    """A taper and a pair: `sequence` says which."""
    step = [{"sequence": n, "text": text} for n, text in ((2, "2 tablets daily"), (1, "1 tablet daily for a week"))]
    assert dose_words(dosages({"dosageInstruction": step})) == "1 tablet daily for a week, then 2 tablets daily"
    together = [{"sequence": 1, "text": "20 mg in the morning"}, {"sequence": 1, "text": "10 mg at noon"}]
    assert dose_words(dosages({"dosage": together})) == "20 mg in the morning; 10 mg at noon"


def test_everything_else_of_a_dosage_follows_the_dose() -> None:
    row = {
        "doseAndRate": [{"doseQuantity": quantity("1", "g"), "rateRatio": {
            "numerator": quantity("100", "mL"), "denominator": quantity("1", "h")}}],
        "timing": {"repeat": {"duration": 30, "durationUnit": "min", "count": 3, "when": ["ACM"], "offset": 30}},
        "route": {"text": "into a vein"}, "site": {"text": "left arm"}, "method": {"text": "slowly"},
        "maxDosePerAdministration": quantity("1", "g"), "maxDosePerLifetime": quantity("9", "g"),
        "additionalInstruction": [{"text": "after a test dose"}], "patientInstruction": "Drink plenty",
    }  # fmt: skip
    assert dose_words(dosages({"dosageInstruction": [row]})) == (
        "1 g 30 minutes before breakfast over 30 minutes 3 times in all, at 100 mL per hour, into a vein, "
        "at most 1 g at a time, at most 9 g in a lifetime, slowly, left arm, after a test dose, Drink plenty"
    )


def test_a_dose_as_stu3_wrote_it_is_read_too() -> None:
    row = {"doseQuantity": quantity("5", "mg"), "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}}
    assert dose_words(dosages({"dosageInstruction": [row]})) == "5 mg once a day"


@pytest.mark.parametrize(
    "more",
    [
        {"modifierExtension": [{"url": "http://local", "valueBoolean": True}]},
        {"timing": {"event": ["2026-05-01"]}},
        {"timing": {"repeat": {"when": ["WITH-TEA"]}}},
        {"timing": {"repeat": {"modifierExtension": [{"url": "http://local"}]}}},
        {"doseAndRate": [{"doseQuantity": {"extension": [{"url": "http://local"}]}}]},
    ],
)
def test_what_has_no_words_is_said_to_be_in_the_record(more: dict[str, Any]) -> None:
    assert has_unworded(dosages({"dosageInstruction": [{"text": "5 mg"} | more]}))


def test_a_course_ends_where_its_last_line_does_and_nowhere_while_one_has_no_end() -> None:
    until = [{"timing": {"repeat": {"boundsPeriod": {"end": end}}}} for end in ("2026-05-09", "2026-06-01")]
    assert str(bounds_end({"dosageInstruction": until})) == "2026-06-01"
    assert bounds_end({"dosageInstruction": [*until, {"text": "go on"}]}) is None
    assert bounds_end({}) is None
