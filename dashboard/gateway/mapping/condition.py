"""Condition: a problem, the programme conditions it belongs to, and its stage."""

from typing import Any, Final

from dashboard.domain.clinical import ConditionKey, Problem
from dashboard.domain.terminology import Terminology
from dashboard.domain.values import Coding, PartialDate
from dashboard.gateway.mapping.meaning import remembered
from dashboard.gateway.mapping.reading import (
    CannotRead,
    Json,
    code_of,
    codings,
    concept_text,
    many,
    origin,
    partial_date,
    period,
    text,
)

ACTIVE_QUERY: Final = "active,recurrence,relapse"
"""What `clinical-status` is asked for where only present problems are wanted."""


def condition(resource: Json, terminology: Terminology) -> Problem | None:
    """The problem; None when it was entered in error. One that was refuted is given, and is not `active`.

    Its name is the terminology's for a code it knows, else the source's own words.
    """
    verification = code_of(resource.get("verificationStatus"))
    if verification == "entered-in-error":
        return None
    codes, name, keys, stage, unmapped = _meaning(resource.get("code"), terminology)
    if not codes and not name:
        raise CannotRead("no-code")
    staging = tuple(c for stage in many(resource.get("stage")) for c in codings(stage.get("summary")))
    severities = codings(resource.get("severity"))
    return Problem(
        origin=origin(resource),
        code=codes,
        text=name,
        keys=keys,
        onset=_when(resource, "onset"),
        abatement=_when(resource, "abatement"),
        clinical_status=code_of(resource.get("clinicalStatus")),
        verification_status=verification,
        stage=(terminology.stage((*staging, *codes, *severities)) if staging or severities else stage)
        or _stage_words(resource),
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


def _stage_words(resource: Json) -> str:
    written: list[Any] = [stage.get("summary") for stage in many(resource.get("stage"))]
    return next((text(concept_text(part)) for part in written if concept_text(part)), "")
