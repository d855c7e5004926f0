"""What of a patient's record is kept from a screen that a room looks at.

Two kinds: what carries a security label that is not known to be harmless (`domain.access.private_items`), and answers
to single questions about mental health (`data/terminology/shared-screen`), of which the total score remains. Both are
taken out of the answers before anything is made of them, with every reference to them, so that no view of the screen
can show one. Who the patient is, who cares for the patient and who consented stays: the label of a Patient says that
the screen is to be masked (`is_labelled`).
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from dashboard.access.own_record import Results, without_items
from dashboard.domain.access.private_items import is_private
from dashboard.domain.values.datatypes import Reference
from dashboard.domain.values.terminology import Terminology
from dashboard.errors import DashboardError
from dashboard.fhir.mapping.concepts import codings
from dashboard.fhir.mapping.elements import Json, many
from dashboard.fhir.mapping.reading import origin
from dashboard.fhir.mapping.security_labels import security_labels
from dashboard.fhir.search.request import SearchResult

SINGLE_ANSWERS: Final = "single-answers"
"""The value set of the questions."""
_WHO: Final = frozenset({"Patient", "CareTeam", "Consent", "Practitioner", "PractitionerRole", "Organization"})
"""Types that say whose record it is and who may see it; without them nothing is shown at all."""
_PARTS: Final = ("component", "contained")


def for_shared_screen(
    results: Results, terminology: Terminology
) -> tuple[dict[str, SearchResult | DashboardError], int]:
    """Returns the answers as a shared screen may show them, and how many records were kept from it."""
    withheld = withheld_in(results, terminology)
    shown = without_items(results, withheld, always=_WHO)
    return {name: _without_answers(answer, terminology) for name, answer in shown.items()}, len(withheld)


def withheld_in(results: Results, terminology: Terminology) -> frozenset[Reference]:
    """Which records of the answers are kept from a shared screen."""
    rows = {id(row): row for answer in results.values() if isinstance(answer, SearchResult) for row in _all(answer)}
    return frozenset(origin(row) for row in rows.values() if _is_withheld(row, terminology))


def is_labelled(patient: Json) -> bool:
    """Whether the Patient carries a label that is not known to be harmless."""
    return is_private(origin(patient), security_labels(patient), ())


def _all(answer: SearchResult) -> Iterable[Json]:
    return (*answer.rows, *answer.included.values())


def _is_withheld(row: Json, terminology: Terminology) -> bool:
    of: Reference = origin(row)
    if of.type in _WHO:
        return False
    return is_private(of, security_labels(row), ()) or _is_single_answer(row, terminology)


def _is_single_answer(part: Json, terminology: Terminology) -> bool:
    return any(SINGLE_ANSWERS in terminology.value_sets(each) for each in codings(part.get("code")))


def _without_answers(answer: SearchResult | DashboardError, terminology: Terminology) -> SearchResult | DashboardError:
    """The same answer without the single answers, as records or as parts of one."""
    if isinstance(answer, DashboardError):
        return answer
    rows = [_whole(row, terminology) for row in answer.rows if not _is_single_answer(row, terminology)]
    return replace(answer, rows=rows)


def _whole(row: Json, terminology: Terminology) -> Json:
    found = {name: many(row[name]) for name in _PARTS if name in row}
    fewer = {
        name: [part for part in parts if not _is_single_answer(part, terminology)] for name, parts in found.items()
    }
    if fewer == found:
        return row
    rest = {name: value for name, value in row.items() if name not in fewer and name != "text"}
    return {**rest, **{name: parts for name, parts in fewer.items() if parts}}
