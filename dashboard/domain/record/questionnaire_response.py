"""QuestionnaireResponse: that a questionnaire was answered, and its answers for whoever opens it."""

from dataclasses import dataclass

from dashboard.domain.values.datatypes import NOBODY, NamedReference, PartialDate, Reference


@dataclass(frozen=True, slots=True)
class Answer:
    """A question with its answer in words, "" for a group of questions; `depth` is how deep it is nested."""

    question: str
    answer: str = ""
    depth: int = 0


@dataclass(frozen=True, slots=True)
class QuestionnaireResponse:
    """A QuestionnaireResponse. `questionnaire` is the canonical URL without version, `title` its name; `author` who
    wrote the answers down, else who gave them. The answers are read only when it is opened: some are not for a shared
    screen.
    """

    origin: Reference
    questionnaire: str
    title: str
    status: str
    authored: PartialDate | None = None
    author: NamedReference = NOBODY
