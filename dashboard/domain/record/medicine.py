"""MedicationRequest and MedicationStatement: a medicine."""

from dataclasses import dataclass

from dashboard.domain.record.condition import ConditionKey
from dashboard.domain.values.datatypes import Coding, PartialDate, Reference


@dataclass(frozen=True, slots=True)
class Medicine:
    """A MedicationRequest or MedicationStatement. `atc` is "" where no class could be told, `dose` as written."""

    origin: Reference
    text: str
    code: tuple[Coding, ...]
    atc: str
    dose: str
    status: str
    started: PartialDate | None
    ended: PartialDate | None
    serves: tuple[ConditionKey, ...] = ()
