"""The frames of a patient's page: sections with their headings and counts, why one could not be read, folded lists."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from dashboard.domain.record.views import Old, PatientSummary, Section
from dashboard.domain.values.absence import Absence, Subject
from dashboard.errors import Failure
from dashboard.ui.shared import elements as h
from dashboard.ui.shared.error_words import error_words
from dashboard.ui.shared.html import Html, clean, for_screen_readers, fragment
from dashboard.ui.shared.icons import icon
from dashboard.ui.shared.wording import mark, t

T = TypeVar("T")
ABSENCES = {
    (Subject.ALLERGIES, True): mark("No known allergies"),
    (Subject.ALLERGIES, False): mark("Allergies not recorded"),
    (Subject.MEDICINES, True): mark("No known medicines"),
    (Subject.MEDICINES, False): mark("Medicines not recorded"),
    (Subject.PROBLEMS, True): mark("No known problems"),
    (Subject.PROBLEMS, False): mark("Problems not recorded"),
}


def part_id(name: str) -> str:
    """The id under which a part of the page is reached: a condition's key, "medicines", "goals" ..."""
    return f"c3-part-{name}"


def section(
    label: str,
    found: Section[T],
    body: Callable[[T], tuple[Html, int]],
    *,
    optional: bool = False,
    framed: bool = True,
    counted: bool = False,
) -> Html:
    """The section's heading, count and lines, or why it could not be read; `optional` ones may hold None. What is old
    says so: since when is said over the page.

    Without a frame it has a count only where it is `counted`.
    """
    if not found.ok or (found.value is None and not optional):
        return card(label, failure("", found.failed), None, framed=framed)
    content, count = body(found.value)  # type: ignore[arg-type]
    return card(label, fragment[last_known(found.old), content], count if framed or counted else None, framed=framed)


def card(label: str, content: Html, count: int | None, *, framed: bool = True) -> Html:
    number = h.span(class_="c3-pillcount")[str(count), for_screen_readers(t("in the list"))] if count else None
    return h.section(class_="c3-card" if framed else None)[h.h2(class_="c3-sectionhead")[label, " ", number], content]


def failure(label: str, why: Failure | None) -> Html:
    named = f"{label}: " if label else ""
    reason = clean(error_words(why), 300) if why else t("The FHIR server did not give it.")
    return h.p(class_="c3-failed", role="alert")[icon("warn"), h.span[named, t("This could not be read."), " ", reason]]


def last_known(old: Old | None, label: str = "") -> Html | None:
    """That a section is what was last known; None for one that was read just now."""
    if old is None:
        return None
    named = f"{label}: " if label else ""
    return h.p(class_="c3-failed")[icon("warn"), h.span[named, t("Last known, could not be read again.")]]


def folded(label: str, lines: Sequence[Html], key: str) -> Html | None:
    if not lines:
        return None
    return h.details(data_key=key)[h.summary[label], h.ul(class_="c3-lines", id=part_id(f"folded-{key}"))[lines]]


def nothing(said: str = "") -> Html:
    return h.p(class_="c3-quiet")[said or t("None recorded")]


def absence_words(summary: PatientSummary, subject: Subject) -> str:
    """`No known medicines` where the record says so, `Medicines not recorded` where it says nothing of them or that."""
    return t(ABSENCES[subject, summary.absences.get(subject, Absence.NOT_RECORDED) is Absence.NONE_KNOWN])
