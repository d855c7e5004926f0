"""A record that exists on the server and cannot be read, or is not shown since it is not the patient's."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from dashboard.domain.values.datatypes import Reference

SOMEBODY_ELSE: Final = "somebody-else"
OTHER_TYPE: Final = "other-type"
NOT_THEIRS: Final = frozenset({"other-server", "contained-patient", "no-patient"})
"""Reasons of records that came for a patient and are not known to be the patient's: they are named, nobody else's."""
LEFT_OUT: Final = NOT_THEIRS | {SOMEBODY_ELSE, OTHER_TYPE}


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that exists and could not be used: named, never dropped. `why` is a short code for the wording."""

    origin: Reference
    why: str


def some_unread(records: Iterable[Unreadable], resource_type: str) -> bool:
    """Whether a record of this type is the patient's and could not be read: then "there is none" may be wrong."""
    return any(each.origin.type == resource_type and each.why not in LEFT_OUT for each in records)
