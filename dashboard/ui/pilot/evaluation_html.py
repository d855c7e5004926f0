"""The evaluation as HTML: the whole of each arm first, then each measure by site and by pair of conditions."""

from collections.abc import Iterator, Mapping, Sequence

from dashboard.domain.evaluation.measure import EvaluationMeasure
from dashboard.domain.evaluation.strata import StratumKind
from dashboard.domain.evaluation.summary import EvaluationSummary, SummaryRow, rounded
from dashboard.domain.pilot.disclosure import FEWEST
from dashboard.ui.pilot.evaluation_words import (
    arm_words,
    change_words,
    mean_words,
    measure_title,
    number_words,
    period_words,
    stratum_words,
    unit_words,
)
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.dates import show_day
from dashboard.ui.shared.html import Html, fragment
from dashboard.ui.shared.wording import t, tn


def evaluation_html(summary: EvaluationSummary) -> Html:
    """A table of the whole arms, what is not shown and why, then a table a measure, closed."""
    if not summary.rows:
        return h.p(class_="c3-sub")[
            t("Nobody who was enrolled by {day}, the end of the last whole quarter, can be evaluated.",
              day=show_day(summary.today))
        ]  # fmt: skip
    whole = [row for row in summary.rows if row.kind is StratumKind.ALL]
    by_key = {each.key: each for each in summary.measures}
    shown = [row for row in whole if _says_anything(row)]
    return fragment[
        h.p(class_="c3-sub")[
            t("Each person is compared with the same person before enrolment. The change is the mean difference, of "
              "admissions the ratio of the rates; in brackets the 95 % interval. Each number is rounded by itself."),
        ],
        h.p(class_="c3-sub")[
            t("By the records until {day}, the end of the last whole quarter, so that evaluations of two days cannot "
              "be compared to tell of one person. Who has withdrawn is not counted.", day=show_day(summary.today)),
        ],
        h.p(class_="c3-sub")[
            t("The measures and the methods are drafts, not reviewed by clinicians, a statistician or a data "
              "protection officer."),
        ],
        _unreadable(summary),
        h.table(class_="c3-table c3-areas c3-evaluation")[
            h.caption(class_="c3-sr")[t("Change of each measure, of everybody")],
            h.thead[h.tr[(h.th(scope="col")[each] for each in (t("Measure"), t("Group"), *_headings()))]],
            h.tbody[(_whole_line(row, by_key[row.measure]) for row in shown)],
        ]
        if shown
        else None,
        _not_shown([row for row in whole if not _says_anything(row)], by_key),
        _rule(),
        (_of_measure(summary, each) for each in summary.measures),
    ]  # fmt: skip


def _says_anything(row: SummaryRow) -> bool:
    """Whether more may be shown of it than how many people there are, or the reason is another than privacy."""
    return not row.held_back or row.both.value is not None or row.mean_before is not None


def _not_shown(rows: Sequence[SummaryRow], by_key: Mapping[str, EvaluationMeasure]) -> Html | None:
    if not rows:
        return None
    return h.details(data_key="evaluation-not-shown", class_="c3-rule")[
        h.summary[tn("{n} line of which nothing may be shown", "{n} lines of which nothing may be shown", len(rows))],
        h.ul[
            (
                h.li[
                    t(
                        "{measure} after {period}: {group}",
                        measure=measure_title(by_key[row.measure]),
                        period=period_words(row.period),
                        group=arm_words(row.arm),
                    )
                ]
                for row in rows
            )
        ],
    ]


def _headings() -> tuple[str, ...]:
    return (
        t("After"),
        t("People"),
        t("With both values"),
        t("Missing"),
        t("Mean before"),
        t("Mean after"),
        t("Change"),
    )


def _unreadable(summary: EvaluationSummary) -> Html | None:
    if not summary.unreadable:
        return None
    return h.p(class_="c3-sub")[
        tn("{n} record could not be read.", "{n} records could not be read.", summary.unreadable)
    ]


def _whole_line(row: SummaryRow, measure: EvaluationMeasure) -> Html:
    return h.tr[
        h.th(scope="row")[measure_title(measure), " ", h.span(class_="c3-sub")[unit_words(measure)]],
        h.td(data_label=t("Group"))[arm_words(row.arm)],
        _cells(row, measure),
    ]


def _cells(row: SummaryRow, measure: EvaluationMeasure) -> Iterator[Html]:
    shown = rounded(row, measure)
    texts = (
        period_words(row.period), number_words(row.people), number_words(row.both), number_words(row.missing),
        mean_words(shown.mean_before, measure), mean_words(shown.mean_after, measure), change_words(row, measure),
    )  # fmt: skip
    for words, label in zip(texts, _headings(), strict=True):
        yield h.td(data_label=label, class_=None if words[:1].isdigit() or words[:1] == "−" else "c3-quiet")[
            words or t("not shown")
        ]


def _of_measure(summary: EvaluationSummary, measure: EvaluationMeasure) -> Html:
    rows = [row for row in summary.rows if row.measure == measure.key and row.kind is not StratumKind.ALL]
    shown = [row for row in rows if not row.held_back and row.change is not None]
    rest = len(rows) - len(shown)
    return h.details(data_key=f"evaluation-{measure.key}", class_="c3-rule")[
        h.summary[t("{measure} by site and conditions", measure=measure_title(measure))],
        h.p(class_="c3-sub")[measure.numerator],
        h.p(class_="c3-sub")[measure.denominator],
        _strata(summary, measure, shown) if shown else None,
        h.p(class_="c3-quiet")[
            tn("{n} line of which nothing may be shown", "{n} lines of which nothing may be shown", rest)
        ]
        if rest
        else None,
        h.p(class_="c3-sub")[
            t("Source: {source}", source=measure.source), " ", t("Draft, not reviewed.") if measure.draft else None
        ],
    ]


def _strata(summary: EvaluationSummary, measure: EvaluationMeasure, rows: Sequence[SummaryRow]) -> Html:
    return h.table(class_="c3-table c3-areas c3-evaluation")[
        h.caption(class_="c3-sr")[t("{measure} by site and conditions", measure=measure_title(measure))],
        h.thead[h.tr[(h.th(scope="col")[each] for each in (t("Site or conditions"), t("Group"), *_headings()))]],
        h.tbody[
            (
                h.tr[
                    h.th(scope="row")[h.bdi[stratum_words(row, summary)]],
                    h.td(data_label=t("Group"))[arm_words(row.arm)],
                    _cells(row, measure),
                ]
                for row in rows
            )
        ],
    ]


def _rule() -> Html:
    return h.details(data_key="evaluation-rule", class_="c3-rule")[
        h.summary[t("Why some numbers are not shown")],
        h.p[
            t(
                "Means of fewer than {n} people are not shown, nor how many have a value where fewer than {n} have one "
                "or have none, nor a number from which such a one could be worked out. Where the mean says to how many "
                "people something happened, the same holds for these.",
                n=FEWEST,
            )
        ],
        h.p(class_="c3-sub")[t("Draft, not reviewed.")],
    ]
