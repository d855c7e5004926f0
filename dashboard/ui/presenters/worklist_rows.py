"""The worklist's rows and totals in words, from the frame of `get_worklist`: filtered, ordered, paged, counted."""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from typing import Any

import pandas as pd

from dashboard.domain.attention import Reason, ReasonKind
from dashboard.domain.clinical import ConditionKey, KeyResult, Measure, PlanLine
from dashboard.domain.people import Person
from dashboard.domain.results import is_news
from dashboard.domain.values import PartialDate
from dashboard.ui.html import clean
from dashboard.ui.presenters.clinical_words import PLAN_STATUSES, condition_name, condition_short, word
from dashboard.ui.presenters.dates import show_age_of, show_conference, show_date, show_day
from dashboard.ui.presenters.people import (
    main_identifier,
    show_age,
    show_born,
    show_gender_letter,
    show_identifier,
    show_name,
    sort_key,
)
from dashboard.ui.presenters.reasons import ReasonWords, is_urgent, reasons_words, urgent_measures
from dashboard.ui.presenters.results import ResultWords, row_results
from dashboard.ui.presenters.worklist_view import NO_OWNER, PAGE_ROWS, View
from dashboard.ui.wording import t, tn

_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Row:
    """One patient of the worklist in words, with what filters and order need."""

    patient_id: str
    person: Person
    name: str
    age_sex: str
    born: str
    identifier: str
    team_ids: tuple[str, ...]
    team: str
    site: str
    region: str
    conditions: tuple[ConditionKey, ...]
    condition_words: tuple[tuple[str, str], ...]
    kinds: frozenset[ReasonKind]
    reasons: tuple[ReasonWords, ...]
    urgency: int
    urgent: bool
    results: tuple[ResultWords, ...]
    conference: str
    tasks: str
    open_tasks: int
    overdue_tasks: int
    owners: tuple[str, ...]
    contact: str
    plan: str
    plan_detail: str
    age_of_data: str
    search: str
    orders: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a view shows: the page's rows, how many match, how many there are, and the counts beside the filters.

    A count answers "how many would I see with this pressed": it heeds every other filter, not its own.
    """

    rows: tuple[Row, ...]
    matching: tuple[Row, ...]
    total: int
    page: int
    pages: int
    reasons: dict[ReasonKind, int]
    conditions: dict[ConditionKey, int]
    urgent: int


def worklist_rows(frame: pd.DataFrame, as_of: datetime, zone: tzinfo) -> tuple[Row, ...]:
    """Every row in words, in the frame's order. About 0.2 ms a row: pages keep the answer as long as the frame."""
    columns = list(frame.columns)
    return tuple(_row(dict(zip(columns, values, strict=True)), as_of, zone) for values in frame.itertuples(index=False))


def show_rows(rows: tuple[Row, ...], view: View) -> Shown:
    """The rows of a view."""
    matching = [row for row in rows if _matches(row, view)]
    matching.sort(key=_order(view.sort), reverse=view.reverse)
    pages = max(1, -(-len(matching) // PAGE_ROWS))
    page = min(view.page, pages)
    any_reason = replace(view, reason=frozenset())
    for_reasons = [row for row in rows if _matches(row, any_reason)] if view.reason else matching
    return Shown(
        rows=tuple(matching[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]),
        matching=tuple(matching),
        total=len(rows),
        page=page,
        pages=pages,
        reasons=Counter(kind for row in for_reasons for kind in row.kinds),
        conditions=Counter(condition for row in matching for condition in row.conditions),
        urgent=sum(row.urgent for row in rows if _matches(row, replace(view, urgent=False))),
    )


def choices(rows: Iterable[Row], name: str) -> list[str]:
    """The values a filter offers: sites, regions or owners that occur, in order; NO_OWNER last where tasks lack one."""
    if name == "owner":
        found = {owner for row in rows for owner in row.owners}
        return [*sorted(found - {""}, key=str.casefold), *([NO_OWNER] if "" in found else [])]
    return sorted({getattr(row, name) for row in rows} - {""}, key=str.casefold)


def fold(text: str) -> str:
    """Lower case without accents: `Aranburu` finds `Arámburu`, `ostersund` finds `Östersund`."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _row(values: dict[str, Any], as_of: datetime, zone: tzinfo) -> Row:
    person: Person = values["person"]
    today = as_of.astimezone(zone).date()
    conditions: tuple[ConditionKey, ...] = values["conditions"]
    stages: dict[ConditionKey, str] = values["stages"]
    reasons: tuple[Reason, ...] = values["reasons"]
    plan: PlanLine | None = values["plan"] if isinstance(values["plan"], PlanLine) else None
    conference = _moment(values["next_conference"])
    contact = values["last_contact"] if isinstance(values["last_contact"], PartialDate) else None
    updated = _moment(values["updated"])
    words = reasons_words(reasons, values["overdue"], today)
    label, number = show_identifier(main_identifier(person))
    conditions_said = tuple(
        (f"{condition_short(c)} {clean(stages.get(c, ''), 40)}".strip(), condition_name(c)) for c in conditions
    )
    status, detail = _plan_words(plan, as_of, zone)
    name = show_name(person.name, title=False)
    searched = (name, person.name.text, person.name.prefix, number, number.replace(" ", ""), show_born(person, today))
    return Row(
        patient_id=values["patient_id"],
        person=person,
        name=name,
        age_sex=_age_sex(person, today),
        born=show_date(person.birth) if person.birth else t("Not known"),
        identifier=f"{label} {number}",
        team_ids=tuple(values["team_ids"]),
        team=clean(values["team"] or "", 120),
        site=clean(values["site"] or "", 120),
        region=clean(values["region"] or "", 120),
        conditions=conditions,
        condition_words=conditions_said,
        kinds=_kinds(reasons, values["results"], contact),
        reasons=words,
        urgency=int(values["urgency"]),
        urgent=any(is_urgent(reason) for reason in reasons),
        results=tuple(row_results(values["results"], conditions, today, urgent_measures(reasons))),
        conference=show_conference(conference, as_of, zone) if conference else "",
        tasks=_task_words(int(values["open_tasks"]), int(values["my_tasks"]), int(values["overdue_tasks"])),
        open_tasks=int(values["open_tasks"]),
        overdue_tasks=int(values["overdue_tasks"]),
        owners=tuple(clean(owner, 120) for owner in values["owners"]),
        contact=show_date(contact) if contact else "",
        plan=status,
        plan_detail=detail,
        age_of_data=show_age_of(updated, as_of) if updated else "",
        search=fold(" ".join((*searched, *(str(i.value) for i in person.identifiers), *(w.text for w in words)))),
        orders={
            "name": sort_key(person.name),
            "age": person.birth.start if person.birth else date.max,
            "results": -sum(1 for key in values["results"].values() if key.abnormal),
            "conference": conference or _NEVER,
            "contact": contact.moment if contact else datetime(1, 1, 1, tzinfo=UTC),
            "tasks": (-int(values["my_tasks"]), -int(values["open_tasks"])),
            "plan": (plan.review_due or date.max) if plan else date.min,
        },
    )


def _kinds(
    reasons: Iterable[Reason], results: dict[Measure, KeyResult], contact: PartialDate | None
) -> frozenset[ReasonKind]:
    """The kinds a row is counted and filtered by. A result since the last contact counts as new also where it is
    normal, or where a stronger reason has told it already.
    """
    kinds = {reason.kind for reason in reasons}
    if any(is_news(key, contact) for key in results.values()):
        kinds.add(ReasonKind.NEW_RESULT)
    return frozenset(kinds)


def _matches(row: Row, view: View) -> bool:
    return (
        (not view.team or view.team in row.team_ids)
        and (not view.region or view.region == row.region)
        and (not view.site or view.site == row.site)
        and (not view.owner or (view.owner if view.owner != NO_OWNER else "") in row.owners)
        and view.condition <= set(row.conditions)
        and (not view.urgent or row.urgent)
        and (not view.reason or bool(view.reason & row.kinds))
        and (not view.q or all(term in row.search for term in _terms(view.q)))
    )


def _terms(text: str) -> list[str]:
    """The words that must all occur; digits in groups are one number, as `999 012 3456`."""
    digits = text.replace(" ", "")
    return [digits] if digits.isdigit() else fold(text).split()


def _order(sort: str) -> Callable[[Row], Any]:
    if sort == "urgency":
        return lambda row: (-row.urgency, row.orders["name"])
    return lambda row: (row.orders[sort], -row.urgency, row.orders["name"])


def _age_sex(person: Person, today: date) -> str:
    age = show_age(person, today) or t("age not known")
    shown = f"{age} {show_gender_letter(person.gender)}"
    return f"{shown}, {t('deceased')}" if person.deceased else shown


def _task_words(open_tasks: int, mine: int, overdue: int) -> str:
    if not open_tasks:
        return ""
    parts = [tn("{n} task", "{n} tasks", open_tasks)]
    if mine:
        parts.append(t("{n} mine", n=mine))
    if overdue:
        parts.append(t("{n} overdue", n=overdue))
    return ", ".join(parts)


def _plan_words(plan: PlanLine | None, as_of: datetime, zone: tzinfo) -> tuple[str, str]:
    if plan is None:
        return "", ""
    edited = show_day(plan.edited.astimezone(zone).date()) if plan.edited else ""
    return word(PLAN_STATUSES, plan.status), ", ".join(part for part in (clean(plan.editor, 120), edited) if part)


def _moment(value: object) -> datetime | None:
    """A cell as an aware datetime (a Timestamp is one); None for None and NaT."""
    if value is None or value is pd.NaT:
        return None
    return value if isinstance(value, datetime) else None
