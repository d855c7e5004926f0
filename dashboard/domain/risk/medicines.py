"""How many medicines somebody takes, and how much they act against acetylcholine together."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from dashboard.domain.record.medicine import Medicine
from dashboard.domain.record.medicine_changes import substance
from dashboard.domain.risk.facts import RiskFacts
from dashboard.domain.risk.gather import Gathering
from dashboard.domain.risk.score import InputKey, InputUsed, RiskKey, RiskScore
from dashboard.domain.values.code_systems import ATC
from dashboard.domain.values.datatypes import UNITY, Coding, Quantity
from dashboard.domain.values.units import SCORE

BURDENS: Final = {"acb-1": 1, "acb-2": 2, "acb-3": 3}
"""Points of a medicine, by the value set that lists it."""
SUBSTANCE: Final = 7
"""The length of an ATC code that names a substance; a shorter one names a group."""
READ_FROM: Final = frozenset({"MedicationRequest", "MedicationStatement"})


def count(facts: RiskFacts) -> RiskScore:
    """The number of active medicines, each substance once, whether taken regularly or when needed."""
    asked = Gathering(facts)
    taken = _taken(asked)
    asked.inputs += map(_used, taken)
    return asked.score(RiskKey.MEDICINES, Quantity(Decimal(len(taken)), UNITY))


def anticholinergic(facts: RiskFacts) -> RiskScore:
    """The points of all active medicines, each substance once. It says "at least" where the substance of a medicine is
    not known.
    """
    asked = Gathering(facts)
    points: dict[str, int] = {}
    unknown = False
    for medicine in _taken(asked):
        codes = medicine.classes_atc
        unclear = not codes or any(len(code) < SUBSTANCE for code in codes)
        burdens = {code: sum(_points(facts, code)) for code in codes}
        if unclear or any(burdens.values()):
            asked.inputs.append(_used(medicine, doubtful=unclear))
        unknown = unknown or unclear
        points |= burdens
    return asked.score(RiskKey.ANTICHOLINERGIC, Quantity(Decimal(sum(points.values())), SCORE, ">=" if unknown else ""))


def _taken(asked: Gathering) -> list[Medicine]:
    """The active medicines, one of each substance: as they are counted in the rules of attention."""
    if READ_FROM & asked.facts.unread:
        asked.lacks(InputKey.MEDICINES)
    active = (each for each in asked.facts.medicines if each.given and each.status == "active")
    found: dict[str, Medicine] = {}
    for medicine in sorted(active, key=lambda each: each.origin):
        found.setdefault(substance(medicine), medicine)
    return list(found.values())


def _used(medicine: Medicine, doubtful: bool = False) -> InputUsed:
    return InputUsed(InputKey.MEDICINES, medicine.text, medicine.started, medicine.origin, doubtful=doubtful)


def _points(facts: RiskFacts, code: str) -> Iterator[int]:
    return (BURDENS[name] for name in facts.terminology.value_sets(Coding(ATC, code)) if name in BURDENS)
