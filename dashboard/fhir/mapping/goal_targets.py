"""Goal.target: what is aimed at, read in canonical units, and written without touching the targets that stay."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from dashboard.domain.record.goal import OtherTarget
from dashboard.domain.record.observation import Measure, Target
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.code_systems import LOINC, UCUM
from dashboard.domain.values.datatypes import UNITY, Coding, PartialDate, Quantity
from dashboard.domain.values.terminology import Terminology
from dashboard.domain.values.units import CANONICAL_UNIT, DECIMALS, SCORE, UnknownUnit, to_canonical
from dashboard.domain.values.words import without_control_characters
from dashboard.fhir.mapping.concepts import codings, concept_text
from dashboard.fhir.mapping.dates import partial_date
from dashboard.fhir.mapping.elements import CannotRead, Json, many, one, text
from dashboard.fhir.mapping.quantities import amount, plain_number, quantity
from dashboard.fhir.mapping.reading import origin
from dashboard.fhir.mapping.writing import NotWritable, put, write_entries, written_codings

AnyTarget = Target | OtherTarget

CODE: Final[Mapping[Measure, Coding]] = {
    measure: Coding(LOINC, code, display)
    for measure, code, display in (
        (Measure.HBA1C, "59261-8", "Hemoglobin A1c/Hemoglobin.total in Blood by IFCC protocol"),
        (Measure.EGFR, "69405-9", "Glomerular filtration rate/1.73 sq M.predicted"),
        (Measure.UACR, "32294-1", "Albumin/Creatinine [Ratio] in Urine"),
        (Measure.POTASSIUM, "2823-3", "Potassium [Moles/volume] in Serum or Plasma"),
        (Measure.SODIUM, "2951-2", "Sodium [Moles/volume] in Serum or Plasma"),
        (Measure.CREATININE, "14682-9", "Creatinine [Moles/volume] in Serum or Plasma"),
        (Measure.SYSTOLIC, "8480-6", "Systolic blood pressure"),
        (Measure.DIASTOLIC, "8462-4", "Diastolic blood pressure"),
        (Measure.WEIGHT, "29463-7", "Body weight"),
        (Measure.HEIGHT, "8302-2", "Body height"),
        (Measure.BMI, "39156-5", "Body mass index (BMI) [Ratio]"),
        (Measure.LVEF, "10230-1", "Left ventricular Ejection fraction"),
        (Measure.NTPROBNP, "33762-6", "Natriuretic peptide.B prohormone N-Terminal [Mass/volume] in Serum or Plasma"),
        (Measure.PHQ9, "44261-6", "Patient Health Questionnaire 9 item (PHQ-9) total score [Reported]"),
        (Measure.LDL, "22748-8", "Cholesterol in LDL [Moles/volume] in Serum or Plasma"),
        (Measure.CHOLESTEROL, "14647-2", "Cholesterol [Moles/volume] in Serum or Plasma"),
        (Measure.HDL, "14646-4", "Cholesterol in HDL [Moles/volume] in Serum or Plasma"),
        (Measure.HAEMOGLOBIN, "718-7", "Hemoglobin [Mass/volume] in Blood"),
    )
}
"""The LOINC code that a new target names its measure by: the one for its canonical unit, and for no one method."""
_UCUM_UNITS: Final = frozenset({*CANONICAL_UNIT.values(), *DECIMALS})
"""Units that are surely UCUM's: others are written as words."""


def read_targets(
    resource: Json, terminology: Terminology
) -> tuple[tuple[AnyTarget, ...], list[PartialDate], tuple[Unreadable, ...]]:
    """The targets and due dates that can be read, and why others cannot, each reason once."""
    targets: list[AnyTarget] = []
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


def _target(part: Json, terminology: Terminology) -> AnyTarget | None:
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


def write_targets(
    resource: Json,
    read: Json,
    targets: tuple[AnyTarget, ...],
    due: PartialDate | None,
    terminology: Terminology,
) -> None:
    """Writes the targets and the due date into the resource, over those of `read`, the resource as it was read.

    A target that stays keeps its element, and so does one that cannot be read. A changed one keeps its due date and all
    but what is aimed at. A new due date takes the place of the one that is shown, wherever a target has that one.
    Raises NotWritable for what FHIR cannot say.
    """

    def value_of(part: Json) -> AnyTarget | None:
        try:
            return _target(part, terminology)
        except CannotRead:
            return None

    put(resource, "target", [dict(part) for part in many(read.get("target"))] or None)
    before = next(iter(read_targets(read, terminology)[1]), None)
    write_entries(
        resource,
        "target",
        targets,
        read=value_of,
        make=lambda target: {
            "measure": _measured(target),
            **_aim(target),
            **({"dueDate": due.text} if due is not None else {}),
        },
        change=_change,
        likeness=_likeness,
    )
    parts = many(resource.get("target"))
    if due != before:
        for part in parts:
            takes = _due(part) == before if before is not None else not {"dueDate", "dueDuration"} & part.keys()
            if takes:
                put(part, "dueDate", due.text if due is not None else None)
    parts = [part for part in parts if part]
    if due is not None and next(filter(None, map(_due, parts)), None) != due:
        parts.insert(0, {"dueDate": due.text})  # the goal's date stays, whatever became of the target that had it
    put(resource, "target", parts or None)


def _due(part: Json) -> PartialDate | None:
    try:
        return partial_date(part.get("dueDate"))
    except CannotRead:
        return None


def _likeness(one: AnyTarget, other: AnyTarget) -> int:
    """Whether two targets are about the same thing, so that one is the other after a change."""
    if one.measure is not None or other.measure is not None:
        return int(one.measure is other.measure)
    return int(isinstance(one, OtherTarget) and isinstance(other, OtherTarget) and one.measured == other.measured)


def _change(part: Json, target: AnyTarget) -> None:
    """Gives the target another aim. A code that stands for another unit goes: 4548-4 is HbA1c in %, and the new number
    is in mmol/mol.
    """
    if isinstance(target, Target) and not _in_canonical_unit(part, target.measure):
        words = {name: value for name, value in one(part.get("measure")).items() if name != "coding"}
        part["measure"] = {**words, "coding": written_codings([CODE[target.measure]])}
    for name in [each for each in part if each.lstrip("_").startswith("detail")]:
        del part[name]
    part.update(_aim(target))


def _in_canonical_unit(part: Json, measure: Measure) -> bool:
    """Whether every number of the target is in the canonical unit of its measure, by whatever name."""
    ends = one(part.get("detailRange"))
    numbers = [part.get("detailQuantity"), ends.get("low"), ends.get("high")]
    units = {quantity(number, SCORE).unit for number in numbers if number is not None}
    thousand = Decimal(1000)
    return all(to_canonical(measure, Quantity(thousand, unit)).value == thousand for unit in units)


def _measured(target: AnyTarget) -> Json:
    """What is measured. Raises NotWritable for nothing: FHIR's rule gol-1 asks for it."""
    words = without_control_characters(target.measured) if isinstance(target, OtherTarget) else ""
    if target.measure is None and not words:
        raise NotWritable("a target says what is measured")
    coding = [CODE[target.measure]] if target.measure is not None else []
    return {**({"coding": written_codings(coding)} if coding else {}), **({"text": words} if words else {})}


def _aim(target: AnyTarget) -> Json:
    """The number, the range or the words: one of detail[x].

    Raises NotWritable for a range without one of its ends, which FHIR cannot say, and for nothing.
    """
    low, high = target.low, target.high
    if low is not None and high is not None:
        if low == high and not low.comparator:
            return {"detailQuantity": _quantity(low, "")}
        if low.comparator not in ("", ">=") or high.comparator not in ("", "<="):
            raise NotWritable("a range includes both of its ends")
        return {"detailRange": {"low": _quantity(low, ""), "high": _quantity(high, "")}}
    if high is not None:
        return {"detailQuantity": _quantity(high, high.comparator or "<=")}
    if low is not None:
        return {"detailQuantity": _quantity(low, low.comparator or ">=")}
    words = without_control_characters(target.text) if isinstance(target, OtherTarget) else ""
    if not words:
        raise NotWritable("a target aims at something")
    return {"detailString": words}


def _quantity(value: Quantity, comparator: str) -> Json:
    written = {
        "value": value.value,
        "comparator": comparator,
        "unit": "" if value.unit == UNITY else value.unit,
        "system": UCUM if value.unit in _UCUM_UNITS else "",
        "code": value.unit if value.unit in _UCUM_UNITS else "",
    }
    return {name: part for name, part in written.items() if part != ""}
