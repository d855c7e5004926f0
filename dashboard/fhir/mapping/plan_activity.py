"""CarePlan.activity: what is to be done, or not to be done, as the plan itself says it."""

from collections.abc import Iterable
from dataclasses import replace

from dashboard.domain.record.care_plan import PlanActivity
from dashboard.domain.record.dosage import Dosage, dose_words
from dashboard.domain.values.datatypes import PartialDate
from dashboard.fhir.mapping.concepts import concept, concept_text, concepts
from dashboard.fhir.mapping.dates import partial_date
from dashboard.fhir.mapping.dosage import dosages
from dashboard.fhir.mapping.elements import (
    CannotRead,
    Json,
    display,
    many,
    named_references,
    one,
    reference,
    references,
    text,
)
from dashboard.fhir.mapping.quantities import amount
from dashboard.fhir.mapping.writing import NotWritable, put, reference_to


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
        in_plan="detail" in part,
        kind=text(detail.get("kind")),
        code=concept(detail.get("code")),
        performers=named_references(detail.get("performer")),
        goals=references(detail.get("goal")),
        reasons=concepts(detail.get("reasonCode")),
        reason_references=named_references(detail.get("reasonReference")),
        start=_day(detail, "start"),
        end=_day(detail, "end"),
        record=reference(part.get("reference")),
    )


def convert(resource: Json, wanted: Iterable[PlanActivity]) -> None:
    """Puts a reference to a record of its own in the place of each activity that is `converted_to` one. What came of it
    stays with it. Raises NotWritable for any other change: what the plan itself says is only read.
    """
    activities = many(resource.get("activity"))
    said = [(part, read) for part in activities if (read := plan_activity(part)) is not None]
    for activity in wanted:
        same = next((each for each in said if each[1] == replace(activity, converted_to=None)), None)
        if same is None:
            raise NotWritable("an activity that the plan itself says is converted, and not changed")
        said.remove(same)
        if activity.converted_to is not None:
            new = reference_to(activity.converted_to)
            activities = [part for part in activities if part != {"reference": new}]  # it was added to the plan as well
            same[0].pop("detail", None)
            same[0]["reference"] = new
    if said:
        raise NotWritable("an activity that the plan itself says is converted, and not taken out")
    put(resource, "activity", activities or None)


def _day(detail: Json, end: str) -> PartialDate | None:
    """An end of the period in which it is scheduled; None for what is no date: `when` has it as it is written."""
    try:
        return partial_date(one(detail.get("scheduledPeriod")).get(end))
    except CannotRead:
        return None


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
