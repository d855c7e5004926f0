"""QuestionnaireResponse: that a questionnaire was answered."""

from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.questionnaire_response import QuestionnaireResponse
from dashboard.domain.timeline.states import excluded_by_status
from dashboard.domain.values.terminology import Terminology
from dashboard.fhir.mapping.dates import partial_date
from dashboard.fhir.mapping.elements import CannotRead, Json, first_named, text
from dashboard.fhir.mapping.reading import origin
from dashboard.fhir.questionnaire_files import questionnaire_titles


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
