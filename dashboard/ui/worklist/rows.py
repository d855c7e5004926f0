"""The worklist's rows as a view shows them: filtered, ordered, by page, with the counts of the filters."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

import pandas as pd

from dashboard.domain.attention.reason import ReasonKind
from dashboard.domain.guidelines.recommendations import TeamCounts
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.names import Fit, fit_of, similar_people
from dashboard.ui.shared.pager import ListPage, list_page
from dashboard.ui.worklist.row import WorklistRow, fold, moment
from dashboard.ui.worklist.scores import in_order, is_at
from dashboard.ui.worklist.view import NO_OWNER, PAGE_ROWS, WorklistView


@dataclass(frozen=True, slots=True)
class FilteredWorklist:
    """What a view shows: a page of rows, the rows that match, how many there are at all, and the filters' counts.

    A count answers "how many would I see with this filter on": every other filter applies to it, not its own.
    `scored` are the rows that match but for the level of a score.
    """

    page: ListPage[WorklistRow]
    matching: tuple[WorklistRow, ...]
    total: int
    reasons: dict[ReasonKind, int]
    conditions: dict[ConditionKey, int]
    urgent: int
    scored: tuple[WorklistRow, ...] = ()


def worklist_rows(frame: pd.DataFrame, as_of: datetime, zone: tzinfo) -> tuple[WorklistRow, ...]:
    """Every row in words, in the frame's order. Pages cache the answer as long as the frame."""
    columns = list(frame.columns)
    rows = [dict(zip(columns, values, strict=True)) for values in frame.itertuples(index=False)]
    alike = similar_people(row["person"] for row in rows)
    return tuple(WorklistRow(row, as_of, zone, similar=row["patient_id"] in alike) for row in rows)


def newest_update(frame: pd.DataFrame) -> datetime | None:
    """When the newest record in the frame was saved; None where no server says so."""
    return max(filter(None, map(moment, frame["updated"])), default=None)


def filter_rows(
    rows: tuple[WorklistRow, ...], view: WorklistView, counts: TeamCounts | None = None, *, shared: bool = False
) -> FilteredWorklist:
    """The rows of a view. Where a search finds nobody as it is spelled, one letter may differ. `counts` are the
    recommendations of each patient; who is not among them is in no view that asks for some. `shared`: others see this
    screen.
    """
    if view.advice:
        rows_with = [row for row in rows if has_advice(row.patient_id, view.advice, counts, shared=shared)]
        found = filter_rows(tuple(rows_with), replace(view, advice=""))
        return replace(found, total=len(rows))
    matching = [row for row in rows if _matches(row, view)]
    if view.q and not matching:
        matching = [row for row in rows if _matches(row, replace(view, q="")) and fit_of(row.person, view.q)]
    if view.sort == "score":
        matching = in_order(matching, view.score, view.reverse)
    else:
        matching.sort(key=lambda row: row.order(view.sort), reverse=view.reverse)
    any_reason, anyhow = replace(view, reason=frozenset()), replace(view, urgent=False)
    for_reasons = [row for row in rows if _matches(row, any_reason)] if view.reason else matching
    for_urgent = [row for row in rows if _matches(row, anyhow)] if view.urgent else matching
    return FilteredWorklist(
        page=list_page(matching, view.page, PAGE_ROWS),
        matching=tuple(matching),
        total=len(rows),
        reasons=Counter(kind for row in for_reasons for kind in row.reason_kinds),
        conditions=Counter(condition for row in matching for condition in row.conditions),
        urgent=sum(row.urgent for row in for_urgent),
        scored=tuple(row for row in rows if _matches(row, replace(view, level=""))) if view.level else tuple(matching),
    )


def has_advice(patient_id: str, advice: str, counts: TeamCounts | None, *, shared: bool) -> bool:
    """Whether a recommendation is known to apply to the patient that nobody has answered; with "grave" one that is
    critical or a warning.
    """
    known = counts.counts.get(patient_id) if counts is not None else None
    if known is None:
        return False
    count = known.on(shared=shared)
    return count.grave if advice == "grave" else count.applies > 0


def filter_choices(rows: Iterable[WorklistRow], name: str) -> list[str]:
    """The values a filter offers: sites, regions or owners that occur, in order; NO_OWNER last where tasks lack one."""
    if name == "owner":
        owners = {owner for row in rows for owner in row.owners}
        return [*sorted(owners - {""}, key=str.casefold), *([NO_OWNER] if "" in owners else [])]
    return sorted({getattr(row, name) for row in rows} - {""}, key=str.casefold)


def _matches(row: WorklistRow, view: WorklistView) -> bool:
    return (
        (not view.team or view.team in row.team_ids)
        and (not view.region or view.region == row.region)
        and (not view.site or view.site == row.site)
        and (not view.owner or (view.owner if view.owner != NO_OWNER else "") in row.owners)
        and view.condition <= set(row.conditions)
        and (not view.urgent or row.urgent)
        and (not view.level or is_at(row, view.score, view.level))
        and (not view.reason or bool(view.reason & row.reason_kinds))
        and (not view.q or _found(row, view.q))
    )


def _found(row: WorklistRow, text: str) -> bool:
    return all(term in row.searched_text for term in _terms(text)) or fit_of(row.person, text) is Fit.EXACT


def _terms(text: str) -> list[str]:
    """The words that must all occur; digits in groups are one number, as `999 012 3456`."""
    digits = text.replace(" ", "")
    return [digits] if digits.isdigit() else fold(text).split()
