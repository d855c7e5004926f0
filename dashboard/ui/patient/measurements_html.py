"""The measurements of a patient as one table: each measure once, under the condition that it tells most of."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from dashboard.domain.attention.severity import urgent_measures
from dashboard.domain.attention.trend import ABNORMAL
from dashboard.domain.record.condition import PROGRAMME, Condition, ConditionKey
from dashboard.domain.record.observation import KEY_MEASURES, KeyResult, Measure, conditions_of, home_conditions
from dashboard.domain.record.views import PatientSummary
from dashboard.ui.patient.parts import failure, folded, last_known, part_id
from dashboard.ui.patient.sections_html import doubt_words
from dashboard.ui.record.current import current_medicines, current_problems
from dashboard.ui.record.mark_html import mark_html
from dashboard.ui.record.names import condition_name, condition_short, measure_name
from dashboard.ui.record.results import (
    ResultWords,
    pressure_words,
    result_class,
    result_words,
    show_date_range,
    show_value,
    signed_marks,
)
from dashboard.ui.record.sparkline import sparkline
from dashboard.ui.record.targets import goal_words, usual_range
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_date
from dashboard.ui.shared.html import Html, clean, fragment, unbroken_dates
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import mark, t

COLUMNS = (
    mark("Measurement"),
    mark("Latest"),
    mark("Date"),
    mark("Usual range"),
    mark("Goal"),
    mark("Trend"),
    mark("Course"),
    mark("Also for"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a measure, or the pair of a blood pressure."""

    keys: tuple[KeyResult, ...]
    words: ResultWords

    @property
    def measure(self) -> Measure:
        return self.keys[0].measure


def measurements_html(summary: PatientSummary, at: ViewTime) -> Html:
    """The table, with a heading row for each condition; what could not be read is said above it."""
    problems = current_problems(summary.problems.value or ())
    lines = measure_lines(summary, at)
    had = programme_conditions(summary)
    homes = home_conditions((line.measure for line in lines), had)
    groups = [
        h.tbody(id=part_id(str(key)))[
            _condition_row(key, problems, summary),
            [_row(line, key, had) for line in lines if homes.get(line.measure) is key]
            or (_no_results() if summary.results.ok else None),
        ]
        for key in had
    ]
    others = [line for line in lines if line.measure not in homes]
    if others:
        groups.append(
            h.tbody(id=part_id("other-results"))[_other_row(), [_row(line, ConditionKey.OTHER, had) for line in others]]
        )
    failed = [
        last_known(found.old, label) if found.ok else failure(label, found.failed)
        for label, found in ((t("Problems"), summary.problems), (t("Results"), summary.results))
    ]
    return h.section(class_="c3-block")[
        h.h2(class_="c3-sectionhead")[t("Measurements")],
        failed,
        _table(groups) if groups else _nothing(summary),
        _sources(lines),
    ]


def programme_conditions(summary: PatientSummary) -> list[ConditionKey]:
    """The conditions of the programme that the patient has, which head the table's groups."""
    problems = current_problems(summary.problems.value or ())
    return [key for key in PROGRAMME if any(key in problem.keys for problem in problems)]


def has_other_results(summary: PatientSummary, at: ViewTime) -> bool:
    """Whether a measurement stands under "Other results"."""
    measures = [line.measure for line in measure_lines(summary, at)]
    return len(home_conditions(measures, programme_conditions(summary))) < len(measures)


def measure_lines(summary: PatientSummary, at: ViewTime) -> list[Line]:
    """Every measure of the summary once, in the order of the enum; the two pressures of one reading are one line."""
    known = {each.measure: each for group in (summary.results.value or {}).values() for each in group}
    urgent = urgent_measures(summary.attention)
    lines: list[Line] = []
    for measure in (each for group in _in_order() for each in group if each in known):
        if not any(measure in (key.measure for key in line.keys) for line in lines):
            lines.append(_line(measure, known, at, urgent))
    return lines


def _in_order() -> list[Sequence[Measure]]:
    """The measures as each condition lists them, then those that tell of none."""
    return [*KEY_MEASURES.values(), tuple(Measure)]


def _line(measure: Measure, known: dict[Measure, KeyResult], at: ViewTime, urgent: Collection[Measure]) -> Line:
    key = known[measure]
    other = known.get(Measure.DIASTOLIC) if measure is Measure.SYSTOLIC else None
    # The diastolic pressure of another day is a line by itself.
    if other is not None and other.latest.when == key.latest.when:
        return Line((key, other), pressure_words(key, other, at.today, urgent))
    return Line((key,), result_words(key, at.today, urgent))


def _table(groups: Sequence[Html]) -> Html:
    return h.table(class_="c3-table c3-measurements")[
        h.caption(class_="c3-sr")[t("Measurements, each once, by condition")],
        h.colgroup[(h.col(class_=f"c3-col-{number}") for number in range(len(COLUMNS)))],
        h.thead[h.tr[(h.th(scope="col")[t(label)] for label in COLUMNS)]],
        groups,
    ]


def _condition_row(key: ConditionKey, problems: Sequence[Condition], summary: PatientSummary) -> Html:
    """`Kidney disease  G3b  since 14-Mar-2021`, and that no medicine is recorded for it."""
    own = [problem for problem in problems if key in problem.keys]
    stages = ", ".join(dict.fromkeys(clean(problem.stage, 40) for problem in own if problem.stage))
    doubts = ", ".join(dict.fromkeys(doubt_words(each) for each in own)) if all(each.suspected for each in own) else ""
    onset = min((problem.onset for problem in own if problem.onset), default=None)
    medicines = current_medicines(summary.medicines.value or ())
    unserved = summary.medicines.ok and not any(key in medicine.conditions for medicine in medicines)
    return h.tr(class_="c3-grouprow")[
        h.th(scope="rowgroup", colspan=len(COLUMNS))[
            h.b[condition_name(key)],
            h.span(class_="c3-stage")[" ", stages] if stages else None,
            h.span(class_="c3-lateword")[" ", doubts] if doubts else None,
            h.span(class_="c3-sub")[" ", unbroken_dates(t("since {date}", date=show_date(onset)))] if onset else None,
            h.span(class_="c3-sub")[" ", icon("pill"), " ", t("No medicine recorded for it")] if unserved else None,
        ]
    ]


def _other_row() -> Html:
    return h.tr(class_="c3-grouprow")[h.th(scope="rowgroup", colspan=len(COLUMNS))[h.b[t("Other results")]]]


def _no_results() -> Html:
    return h.tr(class_="c3-norow")[h.td(colspan=len(COLUMNS))[h.span(class_="c3-quiet")[t("No results")]]]


def _nothing(summary: PatientSummary) -> Html | None:
    return h.p(class_="c3-quiet")[t("No results")] if summary.results.ok else None


def _row(line: Line, home: ConditionKey, had: Sequence[ConditionKey]) -> Html:
    words = line.words
    also = [key for key in had if key is not home and any(key in conditions_of(each.measure) for each in line.keys)]
    usual = [usual_range(each.measure) for each in line.keys]
    aimed = goal_words({each.measure: each.target for each in line.keys if each.target})
    return h.tr(class_=result_class(words), data_key=f"measure-{line.measure}")[
        h.th(scope="row")[words.name],
        h.td(class_="c3-latest")[
            h.span(class_="c3-big")[h.b[words.value], " ", h.small[words.unit]],
            [fragment[" ", mark_html(sign, said)] for sign, said in signed_marks(words)],
            h.div(class_="c3-sub")[words.note] if words.note else None,
        ],
        h.td(class_="c3-date")[
            h.span(class_="c3-nw")[words.when], h.div(class_="c3-sub c3-age")[words.age] if words.age else None
        ],
        _cell(COLUMNS[3], " / ".join(usual) if all(usual) else next((each for each in usual if each), "")),
        _cell(COLUMNS[4], aimed),
        _cell(COLUMNS[5], _course(words) or _before(line)),
        h.td(class_="c3-sparkcell")[sparkline(line.keys[0], show_date_range(line.keys[0], words))],
        _cell(COLUMNS[7], [h.span(class_="c3-tag")[condition_short(key)] for key in also] or ""),
    ]


def _cell(label: str, content: Html | str | Sequence[Html]) -> Html:
    """A cell, with its heading for where the columns have none (a telephone)."""
    if not content:
        return h.td(class_="c3-none")[None]
    return h.td[h.span(class_="c3-cardlabel")[t(label), " "], content]


def _course(words: ResultWords) -> Html | str:
    """`↑ up from 62 on 12-Sep-2026`."""
    if not words.course:
        return ""
    return h.span(class_="c3-course")[
        h.span(aria_hidden="true")[words.arrow], " " if words.arrow else "", unbroken_dates(words.course)
    ]


def _before(line: Line) -> Html | str:
    """`before: 27 on 16-Feb-2023`, where the value before is too old to speak of a trend."""
    earlier = [key.series[-2] for key in line.keys if len(key.series) > 1]
    if len(earlier) != len(line.keys) or len({each.when for each in earlier}) != 1:
        return ""
    value, day = "/".join(map(show_value, earlier)), show_date(earlier[0].when)
    return h.span(class_="c3-quiet")[unbroken_dates(t("before: {value} on {date}", value=value, date=day))]


def _sources(lines: Sequence[Line]) -> Html | None:
    """Where the usual ranges come from: each is a draft with its source."""
    measures = dict.fromkeys(key.measure for line in lines for key in line.keys)
    told = [(measure, ABNORMAL[measure].source) for measure in measures if usual_range(measure)]
    return folded(
        t("Where the usual ranges come from (drafts, not reviewed by clinicians)"),
        [
            h.li[
                h.div(class_="c3-main")[
                    measure_name(measure), ": ", usual_range(measure), h.span(class_="c3-sub")[" ", source]
                ]
            ]
            for measure, source in told
        ],
        "ranges",
    )
