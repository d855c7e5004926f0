"""Every score of one patient."""

from collections.abc import Set
from datetime import date

from dashboard.domain.record.patient_record import PatientRecord
from dashboard.domain.risk.comorbidity import charlson, phq9
from dashboard.domain.risk.facts import risk_facts
from dashboard.domain.risk.heart_and_vessels import cardiovascular
from dashboard.domain.risk.kidneys import egfr, kidney_failures
from dashboard.domain.risk.medicines import anticholinergic, count
from dashboard.domain.risk.score import RiskScore
from dashboard.domain.values.terminology import Terminology


def risks(
    record: PatientRecord, on: date, terminology: Terminology, country: str = "", unread: Set[str] = frozenset()
) -> tuple[RiskScore, ...]:
    """The scores of a patient on a day, in the order of `RiskKey`.

    `country` is where the patient lives, ISO 3166-1 in two letters. `unread` are the resource types of which a search
    failed, or that are still being read: no score is made from what they leave open.
    """
    facts = risk_facts(record, on, terminology, country, unread)
    return (
        egfr(facts),
        *kidney_failures(facts),
        cardiovascular(facts),
        charlson(facts),
        phq9(facts),
        count(facts),
        anticholinergic(facts),
    )
