"""The worklist on paper: every patient of the view, in its order, with all that a row of the screen opens to."""

from collections.abc import Mapping, Sequence

from dashboard.domain.access.user import User
from dashboard.domain.record.views import Worklist
from dashboard.paper.document import Block, Cell, Column, Document, Line, Paragraph, Row, Table, Words
from dashboard.ui.paper.sheet import document, late, marks, plain, said, soft, strong, urgent, warned
from dashboard.ui.record.people import similar_words
from dashboard.ui.record.reasons import ReasonWords
from dashboard.ui.record.reasons_html import urgency_words
from dashboard.ui.record.results import ResultWords
from dashboard.ui.shared.dates import days_as_dates
from dashboard.ui.shared.notices import as_of_words, awaited_words, notice_words, stale_words, unreadable_words
from dashboard.ui.shared.view_time import ViewTime
from dashboard.ui.shared.wording import t, tn
from dashboard.ui.worklist.html import COLUMNS, filter_words
from dashboard.ui.worklist.row import WorklistRow
from dashboard.ui.worklist.rows import newest_update
from dashboard.ui.worklist.scores import direction_words, score_name, shown_words
from dashboard.ui.worklist.view import WorklistView

# Who, conditions, what needs attention, results, what comes next, the plan.
SHARES = (2.1, 1.0, 3.2, 3.2, 1.7, 1.5)
MOST_PATIENTS = 500


def worklist_document(
    worklist: Worklist, shown: Sequence[WorklistRow], view: WorklistView, who: User, at: ViewTime
) -> Document:
    """These rows of the worklist, in this order; at most `MOST_PATIENTS`, and then it says how many are not."""
    with days_as_dates():
        matching = [row.for_file() for row in shown]
        teams = {team.id: team.name for team in worklist.teams}
        rows = tuple(Row(_cells(row, view.score)) for row in matching[:MOST_PATIENTS])
        blocks: list[Block] = [
            *_said(worklist, matching, view, teams, at),
            Table(tuple(Column(t(label), share) for (_, label), share in zip(COLUMNS, SHARES, strict=True)), rows),
        ]
        return document(t("Worklist"), who, at, on_every_sheet(worklist, matching, view), blocks, wide=True)


def on_every_sheet(
    worklist: Worklist, matching: Sequence[WorklistRow], view: WorklistView
) -> tuple[str, tuple[str, ...]]:
    """The team, or all of them, and how many patients."""
    teams = {team.id: team.name for team in worklist.teams}
    names = [teams.get(view.team, view.team)] if view.team else list(teams.values())
    count = tn("{n} patient", "{n} patients", len(matching))
    of = t("of {n}", n=len(worklist.patients)) if len(matching) != len(worklist.patients) else ""
    return ", ".join(dict.fromkeys(names)) or t("No team"), (" ".join(filter(None, (count, of))),)


def _said(
    worklist: Worklist, matching: Sequence[WorklistRow], view: WorklistView, teams: Mapping[str, str], at: ViewTime
) -> list[Block]:
    """How old it is, what was filtered and how it is ordered, and what is missing."""
    blocks = warned(
        [
            stale_words(worklist.fetched, at.as_of, at.zone, worklist.stale),
            awaited_words(worklist.awaited) if worklist.awaited else "",
            *unreadable_words(worklist.unreadable),
            *(notice_words(notice) for notice in worklist.notices),
        ]
    )
    filters = ", ".join(filter_words(view, dict(teams)))
    order = _order_words(view)
    shown = t("Only patients with: {filters}.", filters=filters) if filters else t("All patients of the user's teams.")
    age = as_of_words(worklist.fetched, newest_update(worklist.rows), at.as_of, at.zone)
    blocks.append(Paragraph((plain(f"{age}."), plain(shown), plain(order))))
    if not matching:
        blocks.append(
            said(t("No patient matches these filters") if worklist.patients else t("No patients in your teams yet"))
        )
    if len(matching) > MOST_PATIENTS:
        blocks += warned(
            [
                t(
                    "Only the first {n} of {total} patients are printed; filter the list to print the others.",
                    n=MOST_PATIENTS,
                    total=len(matching),
                )
            ]
        )
    return blocks


def _order_words(view: WorklistView) -> str:
    labels = {sort: t(label) for sort, label in COLUMNS if sort}
    if view.sort == "urgency" and not view.reverse:
        return t("Most urgent first.")
    if view.sort == "score":
        way = direction_words(view.score, view.reverse)
        return t("In the order of: {column}.", column=f"{score_name(view.score)}, {way}")
    by = labels.get(view.sort, view.sort)
    return (
        t("In the order of: {column}, the other way round.", column=by)
        if view.reverse
        else t("In the order of: {column}.", column=by)
    )


def _cells(row: WorklistRow, score: str) -> tuple[Cell, ...]:
    results = (*_score(row, score), *_results(row)) if score else _results(row)
    return (_who(row), _conditions(row), _reasons(row), results, _next(row), _plan(row))


def _score(row: WorklistRow, score: str) -> Cell:
    """Name, value or why there is none, and what it is made of."""
    value, known, made_of = shown_words(row, score)
    line: Line = (plain(score_name(score)), (strong if known else soft)(value), soft(made_of))
    return (line,)


def _who(row: WorklistRow) -> Cell:
    return tuple(
        each
        for each in (
            strong(row.name),
            plain(row.age_sex),
            plain(t("Born {date}", date=row.born)),
            plain(row.identifier),
            late(similar_words()) if row.similar else soft(""),
            soft(", ".join(filter(None, (row.team, row.site)))),
        )
        if each.text
    )


def _conditions(row: WorklistRow) -> Cell:
    words = [plain(short) for short, _ in row.condition_words]
    return (*words, *([late(row.not_read("Condition"))] if row.not_read("Condition") else []))


def _reasons(row: WorklistRow) -> Cell:
    if not row.reasons:
        return (soft(t("Nothing needs attention") if row.complete else t("Not known yet")),)
    return (*(reason(words) for words in row.reasons), soft(urgency_words(row.urgency, row.urgent)))


def reason(words: ReasonWords) -> Words:
    """A reason in a word and a sentence; red where it is urgent."""
    sentence = f"{words.text} (+{words.points})"
    return urgent(t("Urgent: {reason}", reason=sentence)) if words.tone == "danger" else plain(sentence)


def _results(row: WorklistRow) -> Cell:
    if not row.results:
        return (soft(row.not_read("Observation") or t("No key results")),)
    return tuple(_result(words) for words in row.results)


def _result(words: ResultWords) -> Line:
    """`Potassium 5.9 mmol/L`, then its date, its trend, its marks and its note."""
    more = "; ".join(filter(None, (", ".join(filter(None, (words.when, words.age, words.course))), words.note)))
    value = f"{words.value} {words.unit}".strip()
    return (plain(words.name), strong(value), soft(more), *marks(words))


def _next(row: WorklistRow) -> Cell:
    conference = row.conference or row.not_read("Appointment") or t("none booked")
    tasks = row.tasks or row.not_read("Task") or t("no open tasks")
    contact = t("seen {date}", date=row.contact) if row.contact else ""
    owners = ", ".join(dict.fromkeys(owner or t("nobody yet") for owner in row.owners))
    parts = (
        plain(f"{t('Conference')}: {conference}"),
        (late if row.overdue_tasks else plain)(f"{t('Tasks')}: {tasks}"),
        soft(f"{t('Owners of tasks')}: {owners}") if owners else soft(""),
        plain(contact or row.not_read("Encounter") or t("no contact on record")),
    )
    return tuple(each for each in parts if each.text)


def _plan(row: WorklistRow) -> Cell:
    status = row.plan or row.not_read("CarePlan") or t("No care plan")
    updated = t("updated {age}", age=row.age_of_data) if row.age_of_data else ""
    return tuple(each for each in (plain(status), soft(row.plan_detail), soft(updated)) if each.text)
