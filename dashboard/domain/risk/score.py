"""What a score says of one patient: a value with what it is made of, what is missing, or why it is not valid here.

All are drafts: no clinician has signed how a record answers them.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from dashboard.domain.values.datatypes import PartialDate, Quantity, Reference


class RiskKey(StrEnum):
    """The scores, in the order in which they are shown."""

    EGFR = "egfr"  # mL/min/{1.73_m2}, computed from creatinine
    KIDNEY_FAILURE_2 = "kidney-failure-2"  # %, within two years
    KIDNEY_FAILURE_5 = "kidney-failure-5"  # %, within five years
    CARDIOVASCULAR_10 = "cardiovascular-10"  # %, within ten years
    CHARLSON = "charlson"  # {score}
    PHQ9 = "phq9"  # {score}
    MEDICINES = "medicines"  # 1: their number
    ANTICHOLINERGIC = "anticholinergic"  # {score}


class InputKey(StrEnum):
    """What scores are made of, and what may be missing."""

    AGE = "age"
    SEX = "sex"
    COUNTRY = "country"
    PROBLEMS = "problems"
    MEDICINES = "medicines"
    COMORBIDITY = "comorbidity"
    TYPE_2_DIABETES = "type-2-diabetes"
    DIABETES_ONSET = "diabetes-onset"
    CARDIOVASCULAR_DISEASE = "cardiovascular-disease"
    KIDNEY_REPLACEMENT = "kidney-replacement"
    SMOKING = "smoking"
    CREATININE = "creatinine"
    EGFR = "egfr"
    UACR = "uacr"
    SYSTOLIC = "systolic"
    CHOLESTEROL = "cholesterol"
    HDL = "hdl"
    HBA1C = "hba1c"
    PHQ9 = "phq9"


class NotValid(StrEnum):
    """Why a score is not valid for a person: each is certain, whatever else is not known."""

    UNDER_18 = "under-18"
    UNDER_40 = "under-40"
    OVER_69 = "over-69"
    NO_TYPE_2_DIABETES = "no-type-2-diabetes"
    CARDIOVASCULAR_DISEASE = "cardiovascular-disease"
    ORGAN_DAMAGE = "organ-damage"  # severe damage of target organs, by the kidneys
    KIDNEY_REPLACEMENT = "kidney-replacement"  # dialysis or a transplant
    EGFR_60_OR_MORE = "egfr-60-or-more"
    OTHER_REGION = "other-region"  # a country of no risk region


class Outcome(StrEnum):
    KNOWN = "known"
    MISSING = "missing"
    NOT_VALID = "not-valid"


class Band(StrEnum):
    """The named range in which a value lies; "" where the score has none."""

    NONE = ""
    G1 = "G1"
    G2 = "G2"
    G3A = "G3a"
    G3B = "G3b"
    G4 = "G4"
    G5 = "G5"
    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"
    VERY_HIGH = "very-high"
    MINIMAL = "minimal"
    MILD = "mild"
    MODERATELY_SEVERE = "moderately-severe"
    SEVERE = "severe"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a score is published: its edition in words, and the DOIs, the first of the score itself."""

    edition: str
    dois: tuple[str, ...]


SOURCES: Final[dict[RiskKey, Source]] = {
    RiskKey.EGFR: Source("CKD-EPI creatinine equation, 2021, draft", ("10.1056/NEJMoa2102953",)),
    RiskKey.KIDNEY_FAILURE_2: Source(
        "Kidney failure risk equation, 4 variables, recalibrated 2016, 2 years, draft",
        ("10.1001/jama.2015.18202", "10.1001/jama.2011.451"),
    ),
    RiskKey.KIDNEY_FAILURE_5: Source(
        "Kidney failure risk equation, 4 variables, recalibrated 2016, 5 years, draft",
        ("10.1001/jama.2015.18202", "10.1001/jama.2011.451"),
    ),
    RiskKey.CARDIOVASCULAR_10: Source(
        "SCORE2-Diabetes, 2023; who is left out: ESC guideline 2023; regions: SCORE2, 2021; draft",
        ("10.1093/eurheartj/ehad260", "10.1093/eurheartj/ehad192", "10.1093/eurheartj/ehab309"),
    ),
    RiskKey.CHARLSON: Source(
        "Charlson comorbidity index, weights of 1987, coded as Quan 2005, draft",
        ("10.1016/0021-9681(87)90171-8", "10.1097/01.mlr.0000182534.19832.83"),
    ),
    RiskKey.PHQ9: Source("PHQ-9, 2001, draft", ("10.1046/j.1525-1497.2001.016009606.x",)),
    RiskKey.MEDICINES: Source("number of active medicines, own choice, draft", ()),
    RiskKey.ANTICHOLINERGIC: Source(
        "Anticholinergic Cognitive Burden scale, update of 2012, list from memory, draft",
        ("10.2217/1745509X.4.3.311",),
    ),
}


@dataclass(frozen=True, slots=True)
class InputUsed:
    """A value of the record that was looked at, with its unit and date; `origin` is its record, None where it is an
    argument. `too_old`: it was not counted; `doubtful`: nobody has confirmed it, or it says only "more" or "less than".
    """

    key: InputKey
    value: Quantity | PartialDate | str
    when: PartialDate | None = None
    origin: Reference | None = None
    too_old: bool = False
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class RiskScore:
    """One score. `value` is there where it is known; with the comparator ">=" it is only what it is at least. `missing`
    are the inputs that could still make it known, `not_valid` why it is not valid for this person; never both.
    """

    key: RiskKey
    value: Quantity | None = None
    band: Band = Band.NONE
    inputs: tuple[InputUsed, ...] = ()
    missing: tuple[InputKey, ...] = ()
    not_valid: tuple[NotValid, ...] = ()

    @property
    def outcome(self) -> Outcome:
        if self.not_valid:
            return Outcome.NOT_VALID
        return Outcome.KNOWN if self.value is not None else Outcome.MISSING

    @property
    def source(self) -> Source:
        return SOURCES[self.key]
