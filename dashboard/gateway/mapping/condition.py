"""Condition: a problem, the programme conditions it belongs to, and its stage."""

from typing import Any, Final

from dashboard.domain.clinical import Problem
from dashboard.domain.terminology import Terminology
from dashboard.domain.values import PartialDate
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
    codes = codings(resource.get("code"))
    written = concept_text(resource.get("code"))
    if not codes and not written:
        raise CannotRead("no-code")
    staging = tuple(c for stage in many(resource.get("stage")) for c in codings(stage.get("summary")))
    severities = codings(resource.get("severity"))
    return Problem(
        origin=origin(resource),
        code=codes,
        text=terminology.display(codes, written) or written,
        keys=terminology.conditions(codes),
        onset=_when(resource, "onset"),
        abatement=_when(resource, "abatement"),
        clinical_status=code_of(resource.get("clinicalStatus")),
        verification_status=verification,
        stage=terminology.stage((*staging, *codes, *severities)) or _stage_words(resource),
        severity=severities[0] if severities else None,
        unmapped=bool(codes) and not terminology.is_mapped(codes),
    )


def _when(resource: Json, name: str) -> PartialDate | None:
    """onset[x] or abatement[x] where it is a date or a period; an age or words are no date and stay out."""
    exact = partial_date(resource.get(f"{name}DateTime"))
    return exact or period(resource.get(f"{name}Period"))[0]


def _stage_words(resource: Json) -> str:
    written: list[Any] = [stage.get("summary") for stage in many(resource.get("stage"))]
    return next((text(concept_text(part)) for part in written if concept_text(part)), "")
