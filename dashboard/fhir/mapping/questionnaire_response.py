"""QuestionnaireResponse: that a questionnaire was answered, and the answers."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.questionnaire_response import Answer, QuestionnaireResponse
from dashboard.domain.timeline.states import excluded_by_status
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.mapping.dates import partial_date
from dashboard.fhir.mapping.elements import CannotRead, Json, display, first_named, many, one, text
from dashboard.fhir.mapping.quantities import amount, plain_number
from dashboard.fhir.mapping.reading import origin
from dashboard.fhir.questionnaire_files import questionnaire_titles

_TEXTS: Final = ("valueString", "valueDate", "valueDateTime", "valueTime", "valueUri")
MOST_ANSWERS: Final = 500
"""Lines that are read of one response; the record itself has the rest."""


def answers(resource: Json) -> tuple[Answer, ...]:
    """The questions and their answers in the order of the form, nested ones after those that they belong to."""
    return tuple(islice(_answers(resource, 0), MOST_ANSWERS))


def _answers(holder: Json, depth: int) -> Iterator[Answer]:
    for item in many(holder.get("item")):
        given = many(item.get("answer"))
        words = ", ".join(filter(None, map(_answer, given)))
        question = text(item.get("text")) or text(item.get("linkId"))
        if question or words:
            yield Answer(question, words, depth)
        for inner in (item, *given):
            yield from _answers(inner, depth + 1)


def _answer(given: Json) -> str:
    """answer.value[x] in words."""
    coding = one(given.get("valueCoding"))
    quantity = amount(given.get("valueQuantity"))
    named = text(coding.get("display")) or text(coding.get("code")) or quantity or display(given.get("valueReference"))
    attached = text(one(given.get("valueAttachment")).get("title"))
    if named or attached:
        return named or attached
    if isinstance(given.get("valueBoolean"), bool):
        return "yes" if given["valueBoolean"] else "no"
    numbers = (plain_number(given.get(name)) for name in ("valueInteger", "valueDecimal"))
    texts = (text(given.get(name)) for name in _TEXTS)
    return next(filter(None, (*numbers, *texts)), "")


def from_fhir(resource: Json, terminology: Terminology) -> QuestionnaireResponse | Exclusion:
    """Returns the response without its answers. Raises CannotRead("no-code") where it names no questionnaire."""
    status = text(resource.get("status"))
    excluded = excluded_by_status("QuestionnaireResponse", status)
    if excluded is not None:
        return excluded
    url = text(resource.get("questionnaire")).split("|", 1)[0]
    title = questionnaire_titles().get(url) or url.rstrip("/").rsplit("/", 1)[-1]
    if not title:
        raise CannotRead("no-code")
    return QuestionnaireResponse(
        origin=origin(resource),
        questionnaire=url,
        title=title,
        status=status,
        authored=partial_date(resource.get("authored")),
        author=first_named(resource.get("author"), resource.get("source")),
    )
