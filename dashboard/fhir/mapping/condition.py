"""Condition: a problem, the programme conditions it belongs to, and its stage."""

from typing import Any

from dashboard.domain.record.condition import Condition
from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.values.absence import Absence, Subject
from dashboard.domain.values.datatypes import CodeableConcept, Coding
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.mapping.concepts import codings, concept, concept_text, with_absent_reason
from dashboard.fhir.mapping.dates import date_or_unreadable, timed
from dashboard.fhir.mapping.elements import CannotRead, Json, first_named, many
from dashboard.fhir.mapping.reading import origin
from dashboard.fhir.mapping.statuses import CLINICAL, VERIFICATION, status_in


def from_fhir(resource: Json, terminology: Terminology) -> Condition | Exclusion:
    """Returns the condition, a refuted one too (it is not `active`). Raises CannotRead.

    Its name is the terminology's for a code that is known, else the source's own words.
    """
    verification = status_in(resource.get("verificationStatus"), VERIFICATION)
    if verification == "entered-in-error":
        return Exclusion.ENTERED_IN_ERROR
    said = absence(resource, terminology)
    if said not in (None, Absence.UNKNOWN):
        return Exclusion.NO_NEWS
    code = concept(resource.get("code"))
    if said is not None or (not code.codings and not code.text):
        raise CannotRead("no-code")
    onset, _, onset_text = timed(resource, "onset")
    abated, until, abatement_text = timed(resource, "abatement")
    recorded, unreadable = date_or_unreadable(resource, "recordedDate")
    severity = concept(resource.get("severity"))
    return Condition(
        origin=origin(resource),
        code=code.codings,
        text=terminology.display(code.codings, code.text) or code.text,
        keys=terminology.conditions(code.codings),
        onset=onset,
        abatement=until or abated,
        clinical_status=status_in(resource.get("clinicalStatus"), CLINICAL),
        verification_status=verification,
        stage=_stage(resource.get("stage"), code.codings, severity, terminology),
        severity=severity,
        unmapped=bool(code.codings) and not terminology.is_mapped(code.codings),
        onset_text=onset_text,
        abatement_text=abatement_text,
        abated=bool(abated or until or abatement_text) or resource.get("abatementBoolean") is True,
        recorded=recorded,
        asserter=first_named(resource.get("asserter"), resource.get("recorder")),
        unreadable=unreadable,
    )


def absence(resource: Json, terminology: Terminology) -> Absence | None:
    """What the record says by naming no problem: that none is known, or that problems are not recorded."""
    if status_in(resource.get("verificationStatus"), VERIFICATION) in ("entered-in-error", "refuted"):
        return None
    code = resource.get("code")
    return terminology.absence(Subject.PROBLEMS, with_absent_reason(code, concept(code)))


def _stage(stages: Any, codes: tuple[Coding, ...], severity: CodeableConcept, terminology: Terminology) -> str:
    """What the codes of the stages, of the problem and of its severity together say; else the words of a stage."""
    summaries: list[Any] = [stage.get("summary") for stage in many(stages)]
    staged = tuple(coding for summary in summaries for coding in codings(summary))
    words = next(filter(None, map(concept_text, summaries)), "")
    return terminology.stage((*staged, *codes, *severity.codings)) or words
