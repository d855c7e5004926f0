"""QuestionnaireResponse: that a questionnaire was answered, without the answers."""

from dataclasses import dataclass

from dashboard.domain.values.datatypes import NOBODY, NamedReference, PartialDate, Reference


@dataclass(frozen=True, slots=True)
class QuestionnaireResponse:
    """A QuestionnaireResponse. `questionnaire` is the canonical URL without version, `title` its name; `author` who
    wrote the answers down, else who gave them. The answers are not read: some are not for a shared screen.
    """

    origin: Reference
    questionnaire: str
    title: str
    status: str
    authored: PartialDate | None = None
    author: NamedReference = NOBODY
