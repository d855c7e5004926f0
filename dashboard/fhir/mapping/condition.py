"""Condition: a problem, the programme conditions it belongs to, and its stage."""

from typing import Any

from dashboard.domain.record.condition import Condition
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.values.datatypes import CodeableConcept, Coding
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.mapping.concepts import code_of, codings, concept, concept_text
from dashboard.fhir.mapping.dates import date_or_unreadable, timed
from dashboard.fhir.mapping.elements import CannotRead, Json, first_named, many
from dashboard.fhir.mapping.reading import origin


def from_fhir(resource: Json, terminology: Terminology) -> Condition | Exclusion:
    """Returns the condition, a refuted one too (it is not `active`). Raises CannotRead.

    Its name is the terminology's for a code that is known, else the source's own words.
    """
    verification = code_of(resource.get("verificationStatus"))
    if verification == "entered-in-error":
        return Exclusion.ENTERED_IN_ERROR
    code = concept(resource.get("code"))
    if not code.codings and not code.text:
        raise CannotRead("no-code")
    onset, _, onset_text = timed(resource, "onset")
    abated, until, _ = timed(resource, "abatement")
    recorded, unreadable = date_or_unreadable(resource, "recordedDate")
    severity = concept(resource.get("severity"))
    return Condition(
        origin=origin(resource),
        code=code.codings,
        text=terminology.display(code.codings, code.text) or code.text,
        keys=terminology.conditions(code.codings),
        onset=onset,
        abatement=until or abated,
        clinical_status=code_of(resource.get("clinicalStatus")),
        verification_status=verification,
        stage=_stage(resource.get("stage"), code.codings, severity, terminology),
        severity=severity,
        unmapped=bool(code.codings) and not terminology.is_mapped(code.codings),
        onset_text=onset_text,
        recorded=recorded,
        asserter=first_named(resource.get("asserter"), resource.get("recorder")),
        unreadable=unreadable,
    )


def _stage(stages: Any, codes: tuple[Coding, ...], severity: CodeableConcept, terminology: Terminology) -> str:
    """What the codes of the stages, of the problem and of its severity together say; else the words of a stage."""
    summaries: list[Any] = [stage.get("summary") for stage in many(stages)]
    staged = tuple(coding for summary in summaries for coding in codings(summary))
    words = next(filter(None, map(concept_text, summaries)), "")
    return terminology.stage((*staged, *codes, *severity.codings)) or words
