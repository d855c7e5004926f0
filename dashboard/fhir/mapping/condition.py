"""Condition: a problem, the programme conditions it belongs to, and its stage."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, Literal

from msgspec import UNSET, Raw, Struct, UnsetType

from dashboard.domain.record.condition import Condition, ConditionKey
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.datatypes import Coding, PartialDate, Reference
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.mapping.meaning import remembered
from dashboard.fhir.mapping.parts import Span, day_of, of_part, read_shaped, span_of
from dashboard.fhir.mapping.reading import (
    CannotRead,
    Json,
    code_of,
    codings,
    concept_text,
    many,
    origin,
    partial_date,
    period,
)
from dashboard.fhir.search.shaped import Meta, Subject

ACTIVE_QUERY: Final = "active,recurrence,relapse"
"""What `clinical-status` is asked for where only present problems are wanted."""


def condition(resource: Json, terminology: Terminology) -> Condition | None:
    """The problem; None when it was entered in error. One that was refuted is given, and is not `active`.

    Its name is the terminology's for a code it knows, else the source's own words.
    """
    verification = code_of(resource.get("verificationStatus"))
    if verification == "entered-in-error":
        return None
    codes, name, keys, stage, unmapped = _meaning(resource.get("code"), terminology)
    if not codes and not name:
        raise CannotRead("no-code")
    staging = _staging(resource.get("stage"))
    severities = codings(resource.get("severity"))
    return Condition(
        origin=origin(resource),
        code=codes,
        text=name,
        keys=keys,
        onset=_when(resource, "onset"),
        abatement=_when(resource, "abatement"),
        clinical_status=code_of(resource.get("clinicalStatus")),
        verification_status=verification,
        stage=_stage(staging, codes, severities, stage, terminology),
        severity=severities[0] if severities else None,
        unmapped=unmapped,
    )


@remembered
def _meaning(
    concept: Any, terminology: Terminology
) -> tuple[tuple[Coding, ...], str, tuple[ConditionKey, ...], str, bool]:
    """Codes, name, programme conditions, stage, and whether no coding is understood."""
    codes, words = codings(concept), concept_text(concept)
    unmapped = bool(codes) and not terminology.is_mapped(codes)
    name = terminology.display(codes, words) or words
    return codes, name, terminology.conditions(codes), terminology.stage(codes), unmapped


def _when(resource: Json, name: str) -> PartialDate | None:
    """onset[x] or abatement[x] where it is a date or a period; an age or words are no date and stay out."""
    exact = partial_date(resource.get(f"{name}DateTime"))
    return exact or period(resource.get(f"{name}Period"))[0]


_Staging = tuple[tuple[Coding, ...], str]


def _staging(value: Any) -> _Staging:
    """The codes of the stages, and the words of the first that has any."""
    summaries: list[Any] = [stage.get("summary") for stage in many(value)]
    words = next(filter(None, map(concept_text, summaries)), "")
    return tuple(code for summary in summaries for code in codings(summary)), words


def _stage(
    staging: _Staging, codes: tuple[Coding, ...], severities: tuple[Coding, ...], by_code: str, terminology: Terminology
) -> str:
    """What the codes together say, `by_code` is what the problem's own do; else the words of its stage."""
    said = terminology.stage((*staging[0], *codes, *severities)) if staging[0] or severities else by_code
    return said or staging[1]


class ConditionRow(Struct, omit_defaults=True, kw_only=True, gc=False):
    """The elements that are read, as a shape for `SearchRequest.shape`."""

    resourceType: Literal["Condition"]
    id: str
    subject: Subject
    meta: Meta = Meta()
    code: Raw | UnsetType = UNSET
    clinicalStatus: Raw | UnsetType = UNSET
    verificationStatus: Raw | UnsetType = UNSET
    stage: Raw | UnsetType = UNSET
    severity: Raw | UnsetType = UNSET
    onsetDateTime: str | UnsetType = UNSET
    onsetPeriod: Span | UnsetType = UNSET
    abatementDateTime: str | UnsetType = UNSET
    abatementPeriod: Span | UnsetType = UNSET


_status, _stages, _severities = of_part(code_of), of_part(_staging), of_part(codings)


@lru_cache(maxsize=4)
def condition_row(terminology: Terminology) -> Callable[[ConditionRow], Condition | Unreadable | None]:
    """What `condition` makes of the same row."""
    meaning = of_part(lambda concept: _meaning(concept, terminology))

    def read(row: ConditionRow) -> Condition | Unreadable | None:
        try:
            verification = _status(row.verificationStatus)
            if verification == "entered-in-error":
                return None
            codes, name, keys, stage, unmapped = meaning(row.code)
            if codes or name:
                severities = _severities(row.severity)
                return Condition(
                    origin=Reference("Condition", row.id),
                    code=codes,
                    text=name,
                    keys=keys,
                    onset=day_of(row.onsetDateTime) or span_of(row.onsetPeriod)[0],
                    abatement=day_of(row.abatementDateTime) or span_of(row.abatementPeriod)[0],
                    clinical_status=_status(row.clinicalStatus),
                    verification_status=verification,
                    stage=_stage(_stages(row.stage), codes, severities, stage, terminology),
                    severity=severities[0] if severities else None,
                    unmapped=unmapped,
                )
        except (ValueError, TypeError, AttributeError):  # not so usual
            pass
        return read_shaped(row, lambda resource: condition(resource, terminology))

    return read
