"""MedicationRequest and MedicationStatement: a medicine."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from dashboard.domain.record.condition import Condition, ConditionKey
from dashboard.domain.record.unreadable import Unreadable
from dashboard.domain.values.datatypes import (
    NOBODY,
    CodeableConcept,
    Coding,
    NamedReference,
    PartialDate,
    Reference,
)
from dashboard.domain.values.terminology import Terminology

_NOT_GIVEN: Final = frozenset({"entered-in-error", "cancelled", "draft", "not-taken"})
"""Statuses of what the patient was never given."""
CURRENT_MEDICINE: Final = frozenset({"active", "on-hold", "intended", "unknown", "draft"})
"""Statuses of what is in force: https://hl7.org/fhir/R4/valueset-medicationrequest-status.html and
valueset-medication-statement-status.html.
"""


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a medicine is for as its record says: in the record's words, "" without any, and the programme conditions
    that they name.
    """

    words: str
    keys: tuple[ConditionKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Medicine:
    """A MedicationRequest or MedicationStatement. `atc` is "" where no class is known; `ingredients_atc` are the codes
    of all its ingredients, where the medicine itself has none. `dose` is in words, `dose_unworded` says that a part of
    it is not.

    `ended` is the end of the period in which it is taken, `valid_until` until when it may be dispensed. `serves` are
    the conditions that its class usually treats; what its record says it is for are `purposes`
    (`with_reasons`). `do_not_perform`: the patient is not to have it. `prescriber` is who requested it, else who
    reported it. `unreadable` names parts that could not be read although it is shown.
    """

    origin: Reference
    text: str
    code: tuple[Coding, ...]
    atc: str
    dose: str
    status: str
    started: PartialDate | None
    ended: PartialDate | None
    serves: tuple[ConditionKey, ...] = ()
    intent: str = ""
    do_not_perform: bool = False
    reason_codes: tuple[CodeableConcept, ...] = ()
    reason_references: tuple[NamedReference, ...] = ()
    status_reason: str = ""
    prescriber: NamedReference = NOBODY
    recorded: PartialDate | None = None
    valid_until: PartialDate | None = None
    ingredients_atc: tuple[str, ...] = ()
    dose_unworded: bool = False
    purposes: tuple[Purpose, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def given(self) -> bool:
        """Whether the patient has, or had, or is to have it."""
        return self.status not in _NOT_GIVEN and not self.do_not_perform

    @property
    def current(self) -> bool:
        """Whether the patient has it, or is to have it, now."""
        return self.status in CURRENT_MEDICINE and not self.do_not_perform

    @property
    def classes_atc(self) -> tuple[str, ...]:
        """The ATC codes that say its classes."""
        return self.ingredients_atc or ((self.atc,) if self.atc else ())

    @property
    def reasons(self) -> tuple[str, ...]:
        """The words of what its record says it is for, each once."""
        return tuple(dict.fromkeys(each.words for each in self.purposes if each.words))

    @property
    def reason_keys(self) -> tuple[ConditionKey, ...]:
        """The programme conditions that its record says it is for, in the order of the enum."""
        named = {key for each in self.purposes for key in each.keys}
        return tuple(key for key in ConditionKey if key in named)

    @property
    def conditions(self) -> tuple[ConditionKey, ...]:
        """The programme conditions under which it is listed: those it is for as its record says; where the record gives
        no reason, those that its class usually treats.
        """
        return self.reason_keys if self.reasons else self.serves

    def is_over(self, on: date) -> bool:
        """Whether its own period, or the time in which it may be dispensed, ended before the day. Its status may still
        say that it goes on: nobody can tell which is right.
        """
        last = self.ended or self.valid_until
        return last is not None and last.end < on


def with_reasons(medicine: Medicine, problems: Mapping[Reference, Condition], terminology: Terminology) -> Medicine:
    """Returns the medicine with what its record says it is for: reasons in codes or words, and the problems it names.

    A reference that cannot be followed and has no words says nothing.
    """
    named = [(reason, problems.get(reason.to)) for reason in medicine.reason_references if reason.to is not None]
    purposes = [
        *(Purpose(code.text, terminology.conditions(code.codings)) for code in medicine.reason_codes),
        *(Purpose(problem.text, problem.keys) if problem else Purpose(reason.name) for reason, problem in named),
        *(Purpose(reason.name) for reason in medicine.reason_references if reason.to is None),
    ]
    return replace(medicine, purposes=tuple(each for each in purposes if each.words or each.keys))
