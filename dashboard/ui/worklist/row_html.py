"""A row of the worklist as HTML: who, conditions, what needs attention, results, what comes next, the plan."""

from collections.abc import Sequence

from dashboard.domain.record.observation import Measure
from dashboard.ui.patient.link_html import patient_link, survivor_link
from dashboard.ui.record.people import similar_words
from dashboard.ui.record.reasons_html import brief_reason_html, reason_html, urgency_words
from dashboard.ui.record.results import ResultWords, result_class
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.html import Html, for_screen_readers, fragment, unbroken_dates
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.wording import t
from dashboard.ui.worklist.row import WorklistRow
from dashboard.ui.worklist.scores import score_short, shown_words

# A line each; more would push the next patients below the fold. All of them open in place, in full.
REASONS_AT_ONCE = 3
# The column of the grid of results in which a measure stands, row by row in this order, so that the eye finds it in one
# place down the list; others fill what is free.
COLUMNS = {
    Measure.HBA1C: 1,
    Measure.EGFR: 2,
    Measure.SYSTOLIC: 3,
    Measure.NTPROBNP: 1,
    Measure.POTASSIUM: 2,
    Measure.PHQ9: 3,
}


def row_html(row: WorklistRow, score: str = "") -> Html:
    """One patient; the row is a link to the patient's page, with the middle button in another tab. `score` is the score
    of risk that is shown, "" for none.
    """
    return h.tr(
        data_row=row.patient_id,
        data_key=f"row-{row.patient_id}",
        class_="c3-row c3-dead" if row.person.deceased or not row.person.in_use else "c3-row",
    )[
        h.th(scope="row")[
            patient_link(row.patient_id, h.bdi[row.name], class_="c3-who"),
            (h.div(class_="c3-sub")[survivor_link(each)] for each in row.person.survivors),
            h.div(class_="c3-sub")[
                h.span(class_="c3-agesex")[row.age_sex], ", ", h.span(class_="c3-nw")[t("born {date}", date=row.born)]
            ],
            h.div(class_="c3-sub")[h.bdi[row.identifier]],
            h.div(class_="c3-sub c3-alike")[icon("warn"), " ", similar_words()] if row.similar else None,
            h.div(class_="c3-sub c3-clip", title=f"{row.team} · {row.site}")[row.site],
        ],
        h.td[
            (h.abbr(title=name, class_="c3-cond")[short] for short, name in row.condition_words),
            h.span(class_="c3-quiet")[row.not_read("Condition")] if row.not_read("Condition") else None,
        ],
        h.td[_reasons(row)],
        h.td[_score(row, score) if score else None, _results(row.results) if row.results else _none(row)],
        h.td[_next(row)],
        h.td[_plan(row)],
    ]


def _reasons(row: WorklistRow) -> Html:
    if not row.reasons:
        return h.span(class_="c3-quiet")[t("Nothing needs attention") if row.complete else t("Not known yet")]
    shown = {words.name_and_date for words in row.results}
    rest = len(row.reasons) - REASONS_AT_ONCE
    return fragment[
        h.ul(class_="c3-reasons")[(brief_reason_html(words, shown) for words in row.reasons[:REASONS_AT_ONCE])],
        h.details(data_key=f"more-{row.patient_id}", class_="c3-full")[
            h.summary[t("and {n} more", n=rest) if rest > 0 else t("in full")],
            h.ul(class_="c3-reasons")[(reason_html(words) for words in row.reasons)],
            h.p(class_="c3-sub")[urgency_words(row.urgency, row.urgent)],
        ],
    ]


def _score(row: WorklistRow, score: str) -> Html:
    """Name and value, or why there is none; opened, what it is made of."""
    value, known, made_of = shown_words(row, score)
    said = (h.span(class_="c3-label")[score_short(score), ":"], " ", (h.b if known else h.span)[unbroken_dates(value)])
    css = "c3-score" if known else "c3-score c3-quiet"
    if not made_of:
        return h.p(class_=css)[said]
    return h.details(data_key=f"score-{row.patient_id}", class_=css)[
        h.summary(title=made_of)[said], h.p(class_="c3-sub")[unbroken_dates(made_of)]
    ]


def _results(results: Sequence[ResultWords]) -> Html:
    """A small grid, name and date over value and unit; what most patients have is in the same column of each row."""
    places = list(COLUMNS)
    ordered = sorted(results, key=lambda words: places.index(words.measure) if words.measure in places else len(places))
    return h.div(class_="c3-resultbox")[h.ul(class_="c3-results")[(_result(words) for words in ordered)]]


def _result(words: ResultWords) -> Html:
    column = f"c3-place-{COLUMNS[words.measure]}" if words.measure in COLUMNS else ""
    return h.li(title=words.full, class_=" ".join(filter(None, (result_class(words), column))) or None)[
        h.span(class_="c3-named")[
            h.span(class_="c3-label")[words.name],
            " ",
            h.span(class_="c3-when")[words.when, h.b[" ", t("preliminary")] if words.preliminary else None],
        ],
        " ",
        h.span(class_="c3-value c3-abnormal" if words.abnormal else "c3-value")[
            h.b[
                words.value,
                h.span(aria_hidden="true")["!"] if words.abnormal or words.urgent else None,
                icon("goal") if words.misses_goal else None,
            ],
            h.small[words.unit],
            for_screen_readers(", ".join(words.marks)) if words.marks else None,
            h.span(class_="c3-arrow")[h.span(aria_hidden="true")[words.arrow], for_screen_readers(words.course)],
        ],
    ]


def _next(row: WorklistRow) -> Html:
    return h.dl(class_="c3-pairs")[
        _pair(
            "calendar",
            t("Conference"),
            row.conference or _why(row, "Appointment", t("none booked")),
            quiet=not row.conference,
        ),
        _pair(
            "task",
            t("Tasks"),
            row.tasks or _why(row, "Task", t("no open tasks")),
            quiet=not row.tasks,
            late=row.overdue_tasks > 0,
        ),
        _pair("person", t("Last contact"), _contact(row), quiet=not row.contact),
    ]


def _contact(row: WorklistRow) -> str:
    return t("seen {date}", date=row.contact) if row.contact else _why(row, "Encounter", t("no contact on record"))


def _why(row: WorklistRow, resource_type: str, none: str) -> str:
    """That there is none, or that it is not known whether there is: a failed read is never shown as an empty one."""
    return row.not_read(resource_type) or none


def _plan(row: WorklistRow) -> Html:
    status = row.plan or _why(row, "CarePlan", t("No care plan"))
    return fragment[
        h.div(class_="c3-planword" if row.plan else "c3-quiet")[status],
        h.div(class_="c3-sub")[unbroken_dates(row.plan_detail)] if row.plan_detail else None,
        h.div(class_="c3-sub")[t("updated {age}", age=row.age_of_data)] if row.age_of_data else None,
    ]


def _pair(mark_name: str, term: str, value: str, *, quiet: bool = False, late: bool = False) -> Html:
    css = "c3-quiet" if quiet else "c3-lateword" if late else None
    return h.div[h.dt[icon(mark_name), for_screen_readers(term)], h.dd(class_=css)[unbroken_dates(value)]]


def _none(row: WorklistRow) -> Html:
    return h.span(class_="c3-quiet")[_why(row, "Observation", t("No key results"))]
