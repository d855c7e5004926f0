"""A row of the worklist in words, from a line of the frame of `get_worklist`."""

import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from functools import cached_property
from typing import Any

import pandas as pd

from dashboard.domain.attention.patient_facts import GIVE_NO_REASON
from dashboard.domain.attention.plan_review import review_due
from dashboard.domain.attention.reason import ReasonKind
from dashboard.domain.attention.severity import any_urgent, urgent_measures
from dashboard.domain.attention.trend import is_news
from dashboard.domain.record.care_plan import CarePlanSummary
from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.record.observation import KeyResult, Measure, Result
from dashboard.domain.record.people import Person
from dashboard.domain.risk.score import RiskScore
from dashboard.domain.values.datatypes import PartialDate
from dashboard.ui.record.names import PLAN_STATUSES, condition_name, condition_short, word
from dashboard.ui.record.people import (
    main_identifier,
    show_age,
    show_born,
    show_gender_letter,
    show_identifier,
    show_name,
    show_record_state,
    sort_key,
)
from dashboard.ui.record.reasons import ReasonWords, reasons_words
from dashboard.ui.record.results import ResultWords, row_results
from dashboard.ui.shared.dates import (
    days_as_dates,
    for_a_file,
    show_age_of,
    show_conference,
    show_date,
    show_day,
    show_moment,
)
from dashboard.ui.shared.html import clean
from dashboard.ui.shared.wording import t, tn

_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class WorklistRow:
    """One patient of the worklist in words, with what filters and order need.

    Each property is worked out when it is first read, and then cached: of two hundred patients a page shows the words
    of twenty-five, while filters, order and totals read a few properties of all.
    """

    def __init__(self, values: dict[str, Any], as_of: datetime, zone: tzinfo, *, similar: bool = False) -> None:
        self._values, self._as_of, self._zone = values, as_of, zone
        self._today = as_of.astimezone(zone).date()
        self.patient_id: str = values["patient_id"]
        self.similar = similar
        self.person: Person = values["person"]
        self.team_ids: tuple[str, ...] = tuple(values["team_ids"])
        self.conditions: tuple[ConditionKey, ...] = values["conditions"]
        self.urgency = int(values["urgency"])
        self.open_tasks = int(values["open_tasks"])
        self.overdue_tasks = int(values["overdue_tasks"])
        self._contact = values["last_contact"] if isinstance(values["last_contact"], PartialDate) else None
        self._care_plan: CarePlanSummary | None = (
            values["plan"] if isinstance(values["plan"], CarePlanSummary) else None
        )

    def for_file(self) -> "WorklistRow":
        """The row with none of its words made yet, so that they are made as they are for a file (`days_as_dates`)."""
        return WorklistRow(self._values, self._as_of, self._zone, similar=self.similar)

    # Filters, order and totals read these of every row.

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
    def reason_kinds(self) -> frozenset[ReasonKind]:
        """The kinds by which a row is counted and filtered. A result since the last contact counts as new also where
        it is normal, or where a stronger reason shows it already.
        """
        kinds = {reason.kind for reason in self._values["reasons"]}
        if any(is_news(key, self._contact) for key in self._values["results"].values()):
            kinds.add(ReasonKind.NEW_RESULT)
        return frozenset(kinds)

    @cached_property
    def urgent(self) -> bool:
        return any_urgent(self._values["reasons"])

    @cached_property
    def searched_text(self) -> str:
        """The text that a search goes through, folded."""
        number = show_identifier(main_identifier(self.person))[1]
        name = self.person.name
        searched = (self.name, name.text, name.prefix, number, number.replace(" ", ""))
        identifiers = (str(each.value) for each in self.person.identifiers)
        reasons = (words.text for words in self.reasons)
        return fold(" ".join((*searched, show_born(self.person, self._today), *identifiers, *reasons)))

    @cached_property
    def name_order(self) -> Any:
        """The key by which names are ordered."""
        return sort_key(self.person.name)

    def order(self, sort: str) -> Any:
        """The key of the row in one of `SORTS`; rows that are equal in it follow by urgency and name."""
        if sort == "urgency":
            return not self.urgent, -self.urgency, self.name_order
        return _ORDERS[sort](self), not self.urgent, -self.urgency, self.name_order

    @property
    def risks(self) -> tuple[RiskScore, ...]:
        """The scores of risk, as in `WORKLIST_COLUMNS`."""
        known: tuple[RiskScore, ...] = self._values["risks"]
        return known

    @property
    def awaited(self) -> frozenset[str]:
        """The resource types that are still being read."""
        types: frozenset[str] = self._values["awaited"]
        return types

    def not_read(self, resource_type: str) -> str:
        """Why there is nothing of a type to show, where that is not because there is none; "" where all was read."""
        if resource_type in self.awaited:
            return t("being read ...")
        return t("could not be read") if resource_type in self._values["unread"] else ""

    @cached_property
    def complete(self) -> bool:
        """Whether everything that gives reasons was read."""
        return not (self.awaited | self._values["unread"]) - GIVE_NO_REASON

    # These are shown.

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
        """Short and full names of the conditions, each with its stage and, where nobody has confirmed it, that word."""
        return tuple(self._condition(key) for key in self.conditions)

    def _condition(self, key: ConditionKey) -> tuple[str, str]:
        stages: dict[ConditionKey, str] = self._values["stages"]
        doubt = t("suspected") if key in self._values["suspected"] else ""
        short = (condition_short(key), clean(stages.get(key, ""), 40), doubt)
        return " ".join(filter(None, short)), ", ".join(filter(None, (condition_name(key), doubt)))

    def reasons_in_file(self) -> str:
        """The reasons with their days as dates."""
        with days_as_dates():
            words = reasons_words(self._values["reasons"], self._values["overdue"], self._today)
        return "; ".join(clean(each.text) for each in words)

    @cached_property
    def reasons(self) -> tuple[ReasonWords, ...]:
        return reasons_words(self._values["reasons"], self._values["overdue"], self._today)

    @cached_property
    def results(self) -> tuple[ResultWords, ...]:
        urgent = urgent_measures(self._values["reasons"])
        return tuple(row_results(self._values["results"], self.conditions, self._today, urgent))

    def latest(self, measure: Measure) -> Result | None:
        """The latest result of a measure."""
        found: KeyResult | None = self._values["results"].get(measure)
        return found.latest if found else None

    @property
    def last_contact(self) -> PartialDate | None:
        return self._contact

    @property
    def care_plan(self) -> CarePlanSummary | None:
        return self._care_plan

    @cached_property
    def conference_at(self) -> datetime | None:
        return moment(self._values["next_conference"])

    @cached_property
    def conference(self) -> str:
        return show_conference(self.conference_at, self._as_of, self._zone) if self.conference_at else ""

    @cached_property
    def tasks(self) -> str:
        return _task_words(self.open_tasks, int(self._values["my_tasks"]), self.overdue_tasks)

    @cached_property
    def contact(self) -> str:
        return show_date(self._contact) if self._contact else ""

    @cached_property
    def plan(self) -> str:
        return word(PLAN_STATUSES, self._care_plan.status) if self._care_plan else ""

    @cached_property
    def plan_detail(self) -> str:
        """Who edited the plan last, and when."""
        plan = self._care_plan
        if plan is None:
            return ""
        edited = show_day(plan.edited.astimezone(self._zone).date()) if plan.edited else ""
        return ", ".join(part for part in (clean(plan.editor, 120), edited) if part)

    @cached_property
    def age_of_data(self) -> str:
        updated = moment(self._values["updated"])
        if updated is None:
            return ""
        return show_moment(updated, self._zone) if for_a_file() else show_age_of(updated, self._as_of)


_ORDERS: dict[str, Callable[[WorklistRow], Any]] = {
    "name": lambda row: row.name_order,
    "age": lambda row: row.person.birth.start if row.person.birth else date.max,
    "results": lambda row: -sum(1 for key in row._values["results"].values() if key.abnormal or key.misses_goal),
    "conference": lambda row: row.conference_at or _NEVER,
    "contact": lambda row: row._contact.moment if row._contact else datetime(1, 1, 1, tzinfo=UTC),
    "tasks": lambda row: (-int(row._values["my_tasks"]), -row.open_tasks),
    "plan": lambda row: (review_due(row._care_plan) or date.max) if row._care_plan else date.min,
}


def fold(text: str) -> str:
    """Lower case without accents: `Aranburu` finds `Arámburu`, `ostersund` finds `Östersund`."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def moment(value: object) -> datetime | None:
    """A cell as an aware datetime (a Timestamp is one); None for None and NaT."""
    if value is None or value is pd.NaT:
        return None
    return value if isinstance(value, datetime) else None


def _age_sex(person: Person, today: date) -> str:
    age = show_age(person, today) or t("age not known")
    shown = f"{age} {show_gender_letter(person.gender)}"
    states = [t("deceased") if person.deceased else "", show_record_state(person)]
    return ", ".join([shown, *filter(None, states)])


def _task_words(open_tasks: int, own: int, overdue: int) -> str:
    if not open_tasks:
        return ""
    parts = [tn("{n} task", "{n} tasks", open_tasks)]
    if own:
        parts.append(t("{n} mine", n=own))
    if overdue:
        parts.append(t("{n} overdue", n=overdue))
    return ", ".join(parts)
