"""The worklist's rows and totals in words, from the frame of `get_worklist`: filtered, ordered, paged, counted."""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from functools import cached_property
from typing import Any

import pandas as pd

from dashboard.domain.attention.reason import ReasonKind
from dashboard.domain.attention.trend import is_news
from dashboard.domain.record.care_plan import CarePlanSummary
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.people import Person
from dashboard.domain.values.datatypes import PartialDate
from dashboard.ui.record.names import PLAN_STATUSES, condition_name, condition_short, word
from dashboard.ui.record.people import (
    main_identifier,
    show_age,
    show_born,
    show_gender_letter,
    show_identifier,
    show_name,
    sort_key,
)
from dashboard.ui.record.reasons import ReasonWords, is_urgent, reasons_words, urgent_measures
from dashboard.ui.record.results import ResultWords, row_results
from dashboard.ui.shared.dates import show_age_of, show_conference, show_date, show_day
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.wording import t, tn
from dashboard.ui.worklist.view import NO_OWNER, PAGE_ROWS, View

_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class Row:
    """One patient of the worklist in words, with what filters and order need.

    Each is worked out when it is first asked for, and then kept: of two hundred patients a page shows the words of
    twenty-five, while filters, order and totals look at all.
    """

    def __init__(self, values: dict[str, Any], as_of: datetime, zone: tzinfo) -> None:
        self._values, self._as_of, self._zone = values, as_of, zone
        self._today = as_of.astimezone(zone).date()
        self.patient_id: str = values["patient_id"]
        self.person: Person = values["person"]
        self.team_ids: tuple[str, ...] = tuple(values["team_ids"])
        self.conditions: tuple[ConditionKey, ...] = values["conditions"]
        self.urgency = int(values["urgency"])
        self.open_tasks = int(values["open_tasks"])
        self.overdue_tasks = int(values["overdue_tasks"])
        self._contact = values["last_contact"] if isinstance(values["last_contact"], PartialDate) else None
        self._planned: CarePlanSummary | None = values["plan"] if isinstance(values["plan"], CarePlanSummary) else None

    # what filters, order and totals ask of every row

    @cached_property
    def team(self) -> str:
        return clean(self._values["team"] or "", 120)

    @cached_property
    def site(self) -> str:
        return clean(self._values["site"] or "", 120)

    @cached_property
    def region(self) -> str:
        return clean(self._values["region"] or "", 120)

    @cached_property
    def owners(self) -> tuple[str, ...]:
        return tuple(clean(owner, 120) for owner in self._values["owners"])

    @cached_property
    def kinds(self) -> frozenset[ReasonKind]:
        """The kinds a row is counted and filtered by. A result since the last contact counts as new also where it is
        normal, or where a stronger reason has told it already.
        """
        kinds = {reason.kind for reason in self._values["reasons"]}
        if any(is_news(key, self._contact) for key in self._values["results"].values()):
            kinds.add(ReasonKind.NEW_RESULT)
        return frozenset(kinds)

    @cached_property
    def urgent(self) -> bool:
        return any(is_urgent(reason) for reason in self._values["reasons"])

    @cached_property
    def search(self) -> str:
        """What a text is looked for in, folded."""
        number = show_identifier(main_identifier(self.person))[1]
        name = self.person.name
        searched = (self.name, name.text, name.prefix, number, number.replace(" ", ""))
        identifiers = (str(each.value) for each in self.person.identifiers)
        told = (words.text for words in self.reasons)
        return fold(" ".join((*searched, show_born(self.person, self._today), *identifiers, *told)))

    @cached_property
    def named(self) -> Any:
        """Where its name stands in an order."""
        return sort_key(self.person.name)

    def order(self, sort: str) -> Any:
        """Where the row stands by one of `SORTS`; equals follow by urgency and name."""
        if sort == "urgency":
            return -self.urgency, self.named
        return _ORDERS[sort](self), -self.urgency, self.named

    # what is shown of it

    @cached_property
    def name(self) -> str:
        return show_name(self.person.name, title=False)

    @cached_property
    def age_sex(self) -> str:
        return _age_sex(self.person, self._today)

    @cached_property
    def born(self) -> str:
        return show_date(self.person.birth) if self.person.birth else t("Not known")

    @cached_property
    def identifier(self) -> str:
        return " ".join(show_identifier(main_identifier(self.person)))

    @cached_property
    def condition_words(self) -> tuple[tuple[str, str], ...]:
        stages: dict[ConditionKey, str] = self._values["stages"]
        return tuple(
            (f"{condition_short(c)} {clean(stages.get(c, ''), 40)}".strip(), condition_name(c)) for c in self.conditions
        )

    @cached_property
    def reasons(self) -> tuple[ReasonWords, ...]:
        return reasons_words(self._values["reasons"], self._values["overdue"], self._today)

    @cached_property
    def results(self) -> tuple[ResultWords, ...]:
        urgent = urgent_measures(self._values["reasons"])
        return tuple(row_results(self._values["results"], self.conditions, self._today, urgent))

    @cached_property
    def meeting(self) -> datetime | None:
        return _moment(self._values["next_conference"])

    @cached_property
    def conference(self) -> str:
        return show_conference(self.meeting, self._as_of, self._zone) if self.meeting else ""

    @cached_property
    def tasks(self) -> str:
        return _task_words(self.open_tasks, int(self._values["my_tasks"]), self.overdue_tasks)

    @cached_property
    def contact(self) -> str:
        return show_date(self._contact) if self._contact else ""

    @cached_property
    def plan(self) -> str:
        return word(PLAN_STATUSES, self._planned.status) if self._planned else ""

    @cached_property
    def plan_detail(self) -> str:
        """Who edited the plan last, and when."""
        plan = self._planned
        if plan is None:
            return ""
        edited = show_day(plan.edited.astimezone(self._zone).date()) if plan.edited else ""
        return ", ".join(part for part in (clean(plan.editor, 120), edited) if part)

    @cached_property
    def age_of_data(self) -> str:
        updated = _moment(self._values["updated"])
        return show_age_of(updated, self._as_of) if updated else ""


_ORDERS: dict[str, Callable[[Row], Any]] = {
    "name": lambda row: row.named,
    "age": lambda row: row.person.birth.start if row.person.birth else date.max,
    "results": lambda row: -sum(1 for key in row._values["results"].values() if key.abnormal),
    "conference": lambda row: row.meeting or _NEVER,
    "contact": lambda row: row._contact.moment if row._contact else datetime(1, 1, 1, tzinfo=UTC),
    "tasks": lambda row: (-int(row._values["my_tasks"]), -row.open_tasks),
    "plan": lambda row: (row._planned.review_due or date.max) if row._planned else date.min,
}


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
    """Every row in words, in the frame's order. Pages keep the answer as long as the frame."""
    columns = list(frame.columns)
    return tuple(Row(dict(zip(columns, values, strict=True)), as_of, zone) for values in frame.itertuples(index=False))


def newest_update(frame: pd.DataFrame) -> datetime | None:
    """When the newest of what the frame tells was saved; None where no server told."""
    return max(filter(None, map(_moment, frame["updated"])), default=None)


def show_rows(rows: tuple[Row, ...], view: View) -> Shown:
    """The rows of a view."""
    matching = [row for row in rows if _matches(row, view)]
    matching.sort(key=lambda row: row.order(view.sort), reverse=view.reverse)
    pages = max(1, -(-len(matching) // PAGE_ROWS))
    page = min(view.page, pages)
    any_reason, anyhow = replace(view, reason=frozenset()), replace(view, urgent=False)
    for_reasons = [row for row in rows if _matches(row, any_reason)] if view.reason else matching
    for_urgent = [row for row in rows if _matches(row, anyhow)] if view.urgent else matching
    return Shown(
        rows=tuple(matching[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]),
        matching=tuple(matching),
        total=len(rows),
        page=page,
        pages=pages,
        reasons=Counter(kind for row in for_reasons for kind in row.kinds),
        conditions=Counter(condition for row in matching for condition in row.conditions),
        urgent=sum(row.urgent for row in for_urgent),
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


def _moment(value: object) -> datetime | None:
    """A cell as an aware datetime (a Timestamp is one); None for None and NaT."""
    if value is None or value is pd.NaT:
        return None
    return value if isinstance(value, datetime) else None
