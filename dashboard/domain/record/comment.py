"""Comment: a note that somebody wrote on a record."""

from dataclasses import dataclass

from dashboard.domain.values.datatypes import Reference


@dataclass(frozen=True, slots=True)
class Comment:
    """A FHIR Annotation with words: `when` is its time as written, "" where it has none; `author` None where it names
    no record.
    """

    author_name: str
    when: str
    text: str
    author: Reference | None = None
