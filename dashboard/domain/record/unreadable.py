"""A record that exists on the server and cannot be read."""

from dataclasses import dataclass

from dashboard.domain.values.datatypes import Reference


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that exists and could not be used: shown, never dropped. `why` is a short code for the wording."""

    origin: Reference
    why: str
