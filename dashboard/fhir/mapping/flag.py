"""Flag: a warning to whoever cares for the patient."""

from dashboard.domain.record.exclusion import Exclusion
from dashboard.domain.record.flag import Flag
from dashboard.domain.timeline.states import excluded_by_status
from dashboard.fhir.mapping.concepts import concept_text, named_concept
from dashboard.fhir.mapping.dates import period_or_unreadable
from dashboard.fhir.mapping.elements import Json, many, named_reference, text
from dashboard.fhir.mapping.reading import origin


def from_fhir(resource: Json) -> Flag | Exclusion:
    """Returns the flag, an inactive one too. Raises CannotRead("no-code") for one that says nothing.

    A malformed period hides no flag: it is named in `unreadable`.
    """
    status = text(resource.get("status"))
    excluded = excluded_by_status("Flag", status)
    if excluded is not None:
        return excluded
    start, end, unreadable = period_or_unreadable(resource)
    return Flag(
        origin=origin(resource),
        code=named_concept(resource.get("code")),
        status=status,
        category=", ".join(dict.fromkeys(filter(None, map(concept_text, many(resource.get("category")))))),
        start=start,
        end=end,
        author=named_reference(resource.get("author")),
        unreadable=unreadable,
    )
