"""What the parts of the patient page are built from: the moment of view, framed sections, failures, folded lists."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import TypeVar

from dashboard.domain.record.condition import Condition, ConditionKey
from dashboard.domain.record.views import Section
from dashboard.errors import Failure
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.html import Html, clean, h, hidden
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.wording import t

T = TypeVar("T")

# A problem that is there now; "" where the source gave no status.
ACTIVE = frozenset({"active", "recurrence", "relapse", ""})
NOT_TRUE = frozenset({"refuted", "entered-in-error"})
CURRENT_MEDICINE = frozenset({"active", "on-hold", "intended", "unknown", "draft"})
ENDED_TASK = frozenset({"completed", "cancelled", "failed", "rejected", "entered-in-error"})
PROGRAMME = (ConditionKey.T2DM, ConditionKey.HF, ConditionKey.CKD, ConditionKey.DEPRESSION)


@dataclass(frozen=True, slots=True)
class Moment:
    """Since when and where the page is seen from."""

    as_of: datetime
    zone: tzinfo

    @property
    def today(self) -> date:
        return self.as_of.astimezone(self.zone).date()


def section(
    label: str,
    found: Section[T],
    body: Callable[[T], tuple[Html, int]],
    *,
    optional: bool = False,
    framed: bool = True,
) -> Html:
    """The section's heading, count and lines, or why it could not be read; `optional` ones may hold None."""
    if not found.ok or (found.value is None and not optional):
        return card(label, failure("", found.failed), None, framed=framed)
    content, count = body(found.value)  # type: ignore[arg-type]
    return card(label, content, count if framed else None, framed=framed)


def card(label: str, content: Html, count: int | None, *, framed: bool = True) -> Html:
    number = h("span", str(count), hidden(t("in the list")), class_="c3-pillcount") if count else None
    return h(
        "section", h("h2", label, " ", number, class_="c3-sectionhead"), content, class_="c3-card" if framed else None
    )


def failure(label: str, why: Failure | None) -> Html:
    named = f"{label}: " if label else ""
    reason = clean(error_words(why), 300) if why else t("The FHIR server did not give it.")
    return h(
        "p", icon("warn"), h("span", named, t("This could not be read."), " ", reason), class_="c3-failed", role="alert"
    )


def folded(label: str, lines: list[Html], key: str) -> Html | None:
    if not lines:
        return None
    return h("details", h("summary", label), h("ul", lines, class_="c3-lines"), data_key=key)


def nothing() -> Html:
    return h("p", t("None recorded"), class_="c3-quiet")


def current_problems(problems: Sequence[Condition]) -> list[Condition]:
    return [p for p in problems if p.clinical_status in ACTIVE and p.verification_status not in NOT_TRUE]
