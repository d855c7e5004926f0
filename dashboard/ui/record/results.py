"""Results in words: "HbA1c 71 mmol/mol (today), up from 62 on 12-Sep-2026". Value, unit, date and trend stay together.

The marks (urgent, outside the usual range, misses the goal) and the trend are worked out in `domain.attention`, once
for all pages; here they become words.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import Direction, KeyResult, Measure, Result
from dashboard.domain.values.datatypes import PartialDate
from dashboard.ui.record.names import measure_name, show_unit
from dashboard.ui.record.numbers import show_number, show_quantity
from dashboard.ui.record.targets import show_targets
from dashboard.ui.shared.dates import show_date, show_near, years_between
from dashboard.ui.shared.wording import t, tn

ARROWS = {Direction.UP: "↑", Direction.DOWN: "↓", Direction.STEADY: "→", Direction.UNKNOWN: ""}

# What a glance at each condition needs, most telling first; the worklist shows the first of each that exist.
KEY_MEASURES = {
    ConditionKey.T2DM: (Measure.HBA1C, Measure.BMI, Measure.LDL),
    ConditionKey.HF: (Measure.NTPROBNP, Measure.LVEF, Measure.WEIGHT),
    ConditionKey.CKD: (Measure.EGFR, Measure.POTASSIUM, Measure.UACR),
    ConditionKey.DEPRESSION: (Measure.PHQ9,),
}


# A row of the worklist shows so many, one for each condition if these are more, and blood pressure: longer rows leave
# few patients in sight.
ROW_MEASURES = 3


@dataclass(frozen=True, slots=True)
class ResultWords:
    """One measure, ready to show. `text` is the sentence with value, date and trend, the other fields are its parts.

    `measure` is the systolic one of a blood pressure. `course` is the trend without its arrow, `age` how old a result
    of more than a year is, `marks` what is to be said of it: urgent, outside the usual range, misses the goal,
    preliminary.
    """

    measure: Measure
    name: str
    value: str
    unit: str
    when: str
    arrow: str
    course: str
    target: str
    marks: tuple[str, ...]
    note: str
    text: str
    abnormal: bool = False
    misses_goal: bool = False
    urgent: bool = False
    old: bool = False
    age: str = ""
    preliminary: bool = False

    @property
    def name_and_date(self) -> str:
        """`Potassium 22-Nov-2026`: which result this is, for what is said beside it."""
        return f"{self.name} {self.when}"

    @property
    def full(self) -> str:
        """The sentence with its marks and its note."""
        return "; ".join(filter(None, (self.text, *self.marks, self.note)))


def show_result(result: Result) -> str:
    """`HbA1c 71 mmol/mol`."""
    return f"{measure_name(result.measure)} {show_quantity(result.value, result.measure, converted=result.converted)}"


def show_value(result: Result) -> str:
    """`<5`: the number alone."""
    return result.value.comparator + show_number(result.value.value, result.measure, converted=result.converted)


def show_target(key: KeyResult) -> str:
    """`target below 53`, "" without one. The unit is the value's, which is shown with it."""
    return show_targets({key.measure: key.target}) if key.target else ""


def course_words(before: str, when: PartialDate | None, direction: Direction) -> str:
    """The trend: `up from 62 on 12-Sep-2026`, `steady, 60 on 12-Sep-2026`; where the direction is not known ("<15")
    only what was before. "" without an earlier value.
    """
    if when is None:
        return ""
    return change_words(t("{value} on {date}", value=before, date=show_date(when)), direction)


def change_words(before: str, direction: Direction) -> str:
    """`up from 62`, `steady, 60`; where the direction is not known ("<15") only what was before."""
    if direction is Direction.UP:
        return t("up from {value}", value=before)
    if direction is Direction.DOWN:
        return t("down from {value}", value=before)
    return t("steady, {value}", value=before) if direction is Direction.STEADY else t("before {value}", value=before)


def trend_words(baseline: Result | None, direction: Direction) -> str:
    """The trend of one measure."""
    return course_words(show_value(baseline), baseline.when, direction) if baseline else ""


def age_words(when: PartialDate, as_of: date) -> str:
    """`3 years ago`, for results of more than a year."""
    years = max(1, years_between(when.end, as_of))
    return tn("{n} year ago", "{n} years ago", years)


def show_when(result: Result, as_of: date, *, old: bool) -> str:
    """`yesterday`, `12-Sep-2026`, `12-Sep-2023, 3 years ago`."""
    near = show_near(result.when, as_of)
    return f"{near}, {age_words(result.when, as_of)}" if old else near


def result_words(key: KeyResult, as_of: date, urgent: Collection[Measure] = ()) -> ResultWords:
    """The words of a key result. The note says when the latest value was converted, and from what."""
    latest = key.latest
    course = trend_words(key.baseline, key.direction)
    recorded = show_quantity(latest.recorded, key.measure)
    sentence = f"{show_result(latest)} ({show_when(latest, as_of, old=key.old)})"
    return ResultWords(
        measure=key.measure,
        name=measure_name(key.measure),
        value=show_value(latest),
        unit=show_unit(latest.value.unit),
        when=show_date(latest.when),
        arrow=ARROWS[key.direction],
        course=course,
        target=show_target(key),
        marks=marks_words(key.measure in urgent, key.abnormal, key.misses_goal, latest.preliminary),
        note=t("converted from {value}", value=recorded) if latest.converted else "",
        text=f"{sentence}, {course}" if course else sentence,
        abnormal=key.abnormal,
        misses_goal=key.misses_goal,
        urgent=key.measure in urgent,
        old=key.old,
        age=age_words(latest.when, as_of) if key.old else "",
        preliminary=latest.preliminary,
    )


def marks_words(urgent: bool, abnormal: bool, misses_goal: bool, preliminary: bool) -> tuple[str, ...]:
    """The marks of a result in words, the gravest first; the same on every page."""
    marks = (
        (urgent, t("urgent")),
        (abnormal, t("outside usual range")),
        (misses_goal, t("misses goal")),
        (preliminary, t("preliminary")),
    )
    return tuple(words for applies, words in marks if applies)


def signed_marks(words: ResultWords) -> tuple[tuple[str, str], ...]:
    """Each mark of a result with its sign: `!` urgent, `o` outside usual range, `g` misses goal, `p` preliminary."""
    signs = (("!", words.urgent), ("o", words.abnormal), ("g", words.misses_goal), ("p", words.preliminary))
    return tuple(zip((sign for sign, applies in signs if applies), words.marks, strict=True))


def pressure_words(
    systolic: KeyResult, diastolic: KeyResult | None, as_of: date, urgent: Collection[Measure] = ()
) -> ResultWords:
    """Blood pressure as the joined pair, `148/82 mmHg`, when both come from one reading (GTAB-039 to 043).

    It has a mark where either of the two has it; its trend is that of the systolic pressure.
    """
    words = result_words(systolic, as_of, urgent)
    if diastolic is None or diastolic.latest.when != systolic.latest.when:
        return words
    pair = f"{words.value}/{show_value(diastolic.latest)}"
    before, other = systolic.baseline, diastolic.baseline
    course = trend_words(before, systolic.direction)
    if before and other and before.when == other.when:
        course = course_words(f"{show_value(before)}/{show_value(other)}", before.when, systolic.direction)
    sentence = f"{t('BP')} {pair} {words.unit} ({show_when(systolic.latest, as_of, old=systolic.old)})"
    is_urgent = bool({Measure.SYSTOLIC, Measure.DIASTOLIC} & set(urgent))
    abnormal = systolic.abnormal or diastolic.abnormal
    misses_goal = systolic.misses_goal or diastolic.misses_goal
    preliminary = systolic.latest.preliminary or diastolic.latest.preliminary
    return ResultWords(
        measure=words.measure,
        name=t("BP"),
        value=pair,
        unit=words.unit,
        when=words.when,
        arrow=words.arrow,
        course=course,
        target=show_targets({key.measure: key.target for key in (systolic, diastolic) if key.target}),
        marks=marks_words(is_urgent, abnormal, misses_goal, preliminary),
        note=words.note,
        text=f"{sentence}, {course}" if course else sentence,
        abnormal=abnormal,
        misses_goal=misses_goal,
        urgent=is_urgent,
        old=words.old,
        age=words.age,
        preliminary=preliminary,
    )


def row_results(
    results: dict[Measure, KeyResult],
    conditions: tuple[ConditionKey, ...],
    as_of: date,
    urgent: Collection[Measure] = (),
) -> list[ResultWords]:
    """What the worklist shows of a patient: urgent measures, the first of each condition, those with a mark, and BP."""
    chosen = [next((m for m in KEY_MEASURES.get(c, ()) if m in results), None) for c in conditions]
    measures = [m for m in results if m in urgent and not _is_pressure(m)]
    measures += [m for m in dict.fromkeys(chosen) if m is not None and m not in measures]
    marked = [m for m, key in results.items() if (key.abnormal or key.misses_goal) and not _is_pressure(m)]
    measures += [m for m in marked if m not in measures]
    measures = measures[: max(ROW_MEASURES, len(conditions))]
    if not conditions:
        measures = [m for m in dict.fromkeys((*measures, *results)) if not _is_pressure(m)][:ROW_MEASURES]
    words = [result_words(results[m], as_of, urgent) for m in measures]
    if Measure.SYSTOLIC in results:
        words.append(pressure_words(results[Measure.SYSTOLIC], results.get(Measure.DIASTOLIC), as_of, urgent))
    return words


def result_class(words: ResultWords) -> str | None:
    """The CSS classes of a result: red where it is urgent, grey where it is old, on every page."""
    classes = (("c3-urgent", words.urgent), ("c3-old", words.old), ("c3-missed", words.misses_goal))
    return " ".join(name for name, applies in classes if applies) or None


def _is_pressure(measure: Measure) -> bool:
    return measure in (Measure.SYSTOLIC, Measure.DIASTOLIC)


def show_date_range(key: KeyResult, words: ResultWords) -> str:
    """What the small picture shows: `HbA1c, 6 values from 58 (03-Jan-2025) to 71 mmol/mol (12-Sep-2026)`."""
    first = key.series[0] if key.series else key.latest
    sentence = t(
        "{name}, {n} values from {first} ({start}) to {value} {unit} ({end})",
        name=measure_name(key.measure),
        n=len(key.series),
        first=show_value(first),
        start=show_date(first.when),
        value=show_value(key.latest),
        unit=words.unit,
        end=words.when,
    )
    return f"{sentence}, {words.target}" if words.target else sentence
