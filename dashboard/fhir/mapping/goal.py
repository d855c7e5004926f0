"""Goal: what is aimed at, by whom, and its targets in canonical units."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.goal import Goal, OtherTarget
from dashboard.domain.record.observation import Measure, Target
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.datatypes import UNITY, PartialDate, Quantity
from dashboard.domain.values.terminology import Terminology
from dashboard.domain.values.units import CANONICAL_UNIT, SCORE, UnknownUnit, to_canonical
from dashboard.fhir.mapping.concepts import codings, concept, concept_text, concepts
from dashboard.fhir.mapping.dates import date_or_unreadable, partial_date
from dashboard.fhir.mapping.elements import CannotRead, Json, first_named, many, one, references, text
from dashboard.fhir.mapping.quantities import amount, plain_number, quantity
from dashboard.fhir.mapping.reading import origin
from dashboard.fhir.mapping.statuses import ACHIEVEMENT, status_in
from dashboard.fhir.mapping.writing import Writer, put, source_of, write_changes, write_references, written_date

_ACHIEVEMENT: Final = "http://terminology.hl7.org/CodeSystem/goal-achievement"


def listed(resource: Json, terminology: Terminology) -> Goal | Exclusion:
    """Returns the goal for a list or a cache: without its resource, and not where it was entered in error."""
    if text(resource.get("lifecycleStatus")) == "entered-in-error":
        return Exclusion.ENTERED_IN_ERROR
    return replace(from_fhir(resource, terminology), source=None)


def from_fhir(resource: Json, terminology: Terminology) -> Goal:
    """Returns the goal with the resource it was read from. Raises CannotRead for one without words.

    A target or date that cannot be read leaves the goal in its words, and is named in `unreadable`.
    """
    description = concept(resource.get("description"))
    if not description.text:
        raise CannotRead("no-code")
    targets, dues, problems = _targets(resource, terminology)
    numbers = tuple(each for each in targets if isinstance(each, Target))
    start = partial_date(resource.get("startDate"))
    status_date, without_date = date_or_unreadable(resource, "statusDate")
    expressed_by = first_named(resource.get("expressedBy"))
    return Goal(
        origin=origin(resource),
        text=description.text,
        lifecycle_status=text(resource.get("lifecycleStatus")),
        achievement_status=status_in(resource.get("achievementStatus"), ACHIEVEMENT),
        by_patient=expressed_by.to is not None and expressed_by.to.type in ("Patient", "RelatedPerson"),
        measure=numbers[0].measure if numbers else None,
        target_low=numbers[0].low if numbers else None,
        target_high=numbers[0].high if numbers else None,
        due=next(iter(dues), None),
        targets=numbers,
        other_targets=tuple(each for each in targets if isinstance(each, OtherTarget)),
        description=description,
        achievement_text=concept_text(resource.get("achievementStatus")),
        start=start,
        status_date=status_date,
        status_reason=text(resource.get("statusReason")),
        expressed_by=expressed_by,
        addresses=references(resource.get("addresses")),
        measured=tuple(measured for part in many(resource.get("target")) for measured in concepts(part.get("measure"))),
        unreadable=problems or without_date,
        source=resource,
    )


def to_fhir(value: Goal, terminology: Terminology) -> Json:
    """Returns the resource of the goal, with the elements of changed fields written over what was read.

    Raises NotWritable for a goal of a list, and for fields that are only read: targets are not written yet.
    """
    return write_changes(from_fhir(source_of(value), terminology), value, _WRITERS)


def _targets(
    resource: Json, terminology: Terminology
) -> tuple[tuple[Target | OtherTarget, ...], list[PartialDate], tuple[Unreadable, ...]]:
    """The targets and due dates that can be read, and why others cannot, each reason once."""
    targets: list[Target | OtherTarget] = []
    dues, reasons = [], []
    for part in many(resource.get("target")):
        try:
            target = _target(part, terminology)
            targets += [target] if target is not None else []
        except CannotRead as error:
            reasons.append(error.why)
        try:
            due = partial_date(part.get("dueDate"))
            dues += [due] if due is not None else []
        except CannotRead as error:
            reasons.append(error.why)
    return tuple(targets), dues, tuple(Unreadable(origin(resource), why) for why in dict.fromkeys(reasons))


def _target(part: Json, terminology: Terminology) -> Target | OtherTarget | None:
    """Low and high end: `<` and `<=` give a high end, `>` and `>=` a low one, a bare number both.

    None where nothing is aimed at but a day. Raises CannotRead.
    """
    measure = terminology.measure(codings(part.get("measure")))
    if measure is None or not ("detailRange" in part or "detailQuantity" in part):
        return _other_target(part, measure)
    without = SCORE if CANONICAL_UNIT[measure] == SCORE else ""
    try:
        low, high = _ends(part, lambda value: to_canonical(measure, quantity(value, without)))
    except UnknownUnit as error:
        raise CannotRead("unknown-unit") from error
    return Target(measure, low, high) if low or high else None


def _other_target(part: Json, measure: Measure | None) -> OtherTarget | None:
    """As it is written: numbers with their unit, and everything else in words."""
    measured = concept_text(part.get("measure"))
    low, high = _ends(part, lambda value: quantity(value, UNITY))
    ratio = one(part.get("detailRatio"))
    words = [
        text(part.get("detailString")),
        concept_text(part.get("detailCodeableConcept")),
        plain_number(part.get("detailInteger")),
        " : ".join(filter(None, (amount(ratio.get("numerator")), amount(ratio.get("denominator"))))),
    ]
    said = next(filter(None, words), "")
    return OtherTarget(measure, measured, low, high, said) if low or high or said else None


def _ends(part: Json, read: Callable[[Any], Quantity]) -> tuple[Quantity | None, Quantity | None]:
    """The low and the high end of a range, or of a quantity by its comparator. Raises what `read` raises."""
    if "detailRange" in part:
        ends = one(part["detailRange"])
        low, high = (
            replace(read(ends[end]), comparator=included) if end in ends else None
            for end, included in (("low", ">="), ("high", "<="))
        )
        return low, high
    if "detailQuantity" not in part:
        return None, None
    aim = read(part["detailQuantity"])
    return None if aim.comparator.startswith("<") else aim, None if aim.comparator.startswith(">") else aim


def _write_achievement(resource: Json, value: Any) -> None:
    """A new status replaces the whole element: other codings and words in it would be the old one's."""
    coding = {"system": _ACHIEVEMENT, "code": value.achievement_status}
    put(resource, "achievementStatus", {"coding": [coding]} if value.achievement_status else None)


_WRITERS: Final[dict[str, Writer]] = {
    "text": lambda resource, value: put(resource, "description.text", value.text),
    "lifecycle_status": lambda resource, value: put(resource, "lifecycleStatus", value.lifecycle_status),
    "achievement_status": _write_achievement,
    "start": lambda resource, value: put(resource, "startDate", written_date(value.start)),
    "status_date": lambda resource, value: put(resource, "statusDate", written_date(value.status_date)),
    "status_reason": lambda resource, value: put(resource, "statusReason", value.status_reason),
    "addresses": lambda resource, value: write_references(resource, "addresses", value.addresses),
}
"""How each field is written; the others are only read."""
