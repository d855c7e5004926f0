"""Reads a status that FHIR codes as a CodeableConcept: by its code, by SNOMED CT's, or by its words.

FHIR's codes: https://hl7.org/fhir/R4/valueset-condition-clinical.html, valueset-condition-ver-status.html,
valueset-allergyintolerance-clinical.html, valueset-allergyintolerance-verification.html. SNOMED CT's after the concern
status and the certainty value sets of C-CDA on FHIR (HL7, 1.2). STU3 wrote the same codes as plain text.
"""

from collections.abc import Mapping
from typing import Any, Final

from dashboard.fhir.mapping.elements import many, one, text

CLINICAL: Final[Mapping[str, str]] = {
    **{code: code for code in ("active", "recurrence", "relapse", "inactive", "remission", "resolved")},
    "recurrent": "recurrence",
    "in remission": "remission",
    "ongoing": "active",
    "current": "active",
    "past": "inactive",
    "not active": "inactive",
    "55561003": "active",
    "73425007": "inactive",
    "413322009": "resolved",
    "246455001": "recurrence",
    "263855007": "relapse",
    "277022003": "remission",
}
"""clinicalStatus by code or words, in lower case."""
VERIFICATION: Final[Mapping[str, str]] = {
    **{
        code: code
        for code in (
            "unconfirmed", "presumed", "provisional", "differential", "confirmed", "refuted", "entered-in-error",
        )
    },
    "entered in error": "entered-in-error",
    "differential diagnosis": "differential",
    "provisional diagnosis": "provisional",
    "working diagnosis": "provisional",
    "suspected": "unconfirmed",
    "possible": "unconfirmed",
    "probable": "unconfirmed",
    "not confirmed": "unconfirmed",
    "unknown": "unconfirmed",
    "ruled out": "refuted",
    "410605003": "confirmed",
    "415684004": "unconfirmed",
    "410590009": "unconfirmed",
    "410592001": "unconfirmed",
    "410516002": "refuted",
}  # fmt: skip
"""verificationStatus by code or words, in lower case."""

ACHIEVEMENT: Final[Mapping[str, str]] = {
    written: code
    for code in (
        "in-progress", "improving", "worsening", "no-change", "achieved", "sustaining", "not-achieved", "no-progress",
        "not-attainable",
    )
    for written in (code, code.replace("-", " "))
}  # fmt: skip
"""achievementStatus by code or words: https://hl7.org/fhir/R4/valueset-goal-achievement.html"""

PRIORITY: Final[Mapping[str, str]] = {
    written: f"{level}-priority"
    for level in ("high", "medium", "low")
    for written in (f"{level}-priority", f"{level} priority", level)
}
"""Goal.priority by code or words: https://hl7.org/fhir/R4/valueset-goal-priority.html"""


def status_in(value: Any, meanings: Mapping[str, str]) -> str:
    """FHIR's code for a status; a status that is not understood as its source wrote it, "" where there is none."""
    if isinstance(value, str):
        written = [text(value)]
    else:
        codings = many(one(value).get("coding"))
        written = [text(coding.get(name)) for name in ("code", "display") for coding in codings]
        written.append(text(one(value).get("text")))
    said = [words for words in written if words]
    return next((meanings[words.casefold()] for words in said if words.casefold() in meanings), next(iter(said), ""))
