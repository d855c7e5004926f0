"""CarePlan.activity: what is to be done, or not to be done, as the plan itself says it."""

from dashboard.domain.record.care_plan import PlanActivity
from dashboard.domain.record.dosage import Dosage, dose_words
from dashboard.fhir.mapping.concepts import concept_text
from dashboard.fhir.mapping.dosage import dosages
from dashboard.fhir.mapping.elements import Json, display, many, one, text
from dashboard.fhir.mapping.quantities import amount


def plan_activity(part: Json) -> PlanActivity | None:
    """Returns the activity with its detail and progress; None for one that only refers to a record elsewhere."""
    detail = one(part.get("detail"))
    name = concept_text(detail.get("code")) or text(detail.get("description")) or display(part.get("reference"))
    outcomes = [concept_text(each) for each in many(part.get("outcomeCodeableConcept"))]
    notes = [_dated(note) for note in many(part.get("progress"))]
    progress = tuple(filter(None, (*outcomes, *notes)))
    if (not name and not progress) or detail.get("status") == "entered-in-error":
        return None
    about = (
        text(detail.get("description")),
        concept_text(detail.get("productCodeableConcept")) or display(detail.get("productReference")),
        amount(detail.get("dailyAmount")),
        amount(detail.get("quantity")),
        ", ".join(filter(None, (display(each) for each in many(detail.get("performer"))))),
        display(detail.get("location")),
        *(concept_text(each) for each in many(detail.get("reasonCode"))),
        concept_text(detail.get("statusReason")),
    )
    return PlanActivity(
        text=name,
        status=text(detail.get("status")),
        when=_when(detail),
        not_to_do=detail.get("doNotPerform") is True,
        details=tuple(dict.fromkeys(words for words in about if words and words != name)),
        progress=progress,
    )


def _when(detail: Json) -> str:
    """The times as written: words, the days of a period, or a timing as that of a dose."""
    if words := text(detail.get("scheduledString")):
        return words
    days = one(detail.get("scheduledPeriod"))
    start, end = (text(days.get(name))[:10] for name in ("start", "end"))
    if start or end:
        return f"{start} - {end}" if start and end else start or f"until {end}"
    lines: tuple[Dosage, ...] = dosages({"dosage": [{"timing": one(detail.get("scheduledTiming"))}]})
    return dose_words(lines)


def _dated(note: Json) -> str:
    """`2026-10-02: Walks 30 minutes a day`."""
    return ": ".join(filter(None, (text(note.get("time"))[:10], text(note.get("text")))))
