"""Step 3 of a search: every row must be one that was asked for, or it is left out and named.

Some servers drop the server from an absolute reference, and find `https://elsewhere.example/Patient/p1` for our
Patient/p1. Others ignore a search parameter that they do not know and return everybody's rows. So each row of a search
for named patients, records or ids is checked by the elements that the parameter searches.

* A row that is odd, such as one that refers to another server, is left out; it says nothing against the others.
* A row about somebody else on this server is left out too. Where there are at least as many of them as of those asked
  for, the server has answered another question, and its whole answer is refused: what else is missing cannot be known.
  So is an answer in which no row is right and one names nobody at all.
* A Consent that may be anybody's may deny, so that an answer with one is refused.
"""

from collections.abc import Iterator

from dashboard.domain.record.unreadable import OTHER_TYPE, SOMEBODY_ELSE, Unreadable
from dashboard.errors import UnexpectedAnswer
from dashboard.fhir.client.addresses import Addresses
from dashboard.fhir.mapping.reading import origin
from dashboard.fhir.search.pages import Pages
from dashboard.fhir.search.plan import Plan
from dashboard.fhir.search.references import references_at
from dashboard.fhir.search.row_tests import Json, RowCheck, check_of_patients


def check_rows(plan: Plan, part: Pages, addresses: Addresses) -> list[Unreadable]:
    """Removes the rows that fail a check of the plan, or are not about the patients that were asked for; returns what
    was removed, with the reasons. Raises UnexpectedAnswer for an answer to another question.
    """
    checks = [*plan.checks]
    if part.patients:
        checks.append(check_of_patients(plan.request.type, part.patients, addresses))
    left_out: list[Unreadable] = []
    for key, why in list(_wrong_rows(part, checks, addresses)):
        left_out.append(Unreadable(origin(part.rows.pop(key)), why))
    right = len(part.rows)
    of_others = sum(wrong.why == SOMEBODY_ELSE for wrong in left_out)
    of_anybody = any(wrong.why in ("contained-patient", "no-patient") for wrong in left_out)
    if (of_others and of_others >= right) or (of_anybody and (not right or plan.request.type == "Consent")):
        raise UnexpectedAnswer("search-unwanted-records", what=plan.request.type)
    if part.of_other_types and len(part.of_other_types) >= right:
        raise UnexpectedAnswer("search-other-records", what=plan.request.type)
    return left_out + [Unreadable(origin(resource), OTHER_TYPE) for resource in part.of_other_types]


def _wrong_rows(part: Pages, checks: list[RowCheck], addresses: Addresses) -> Iterator[tuple[str, str]]:
    """The key of each row that fails a check, and why."""
    passed = set(part.rows)
    for check in checks:
        failed = [key for key, row in part.rows.items() if not check.test(row)]
        for key in failed:
            if key in passed:
                yield key, _why(part.rows[key], check, addresses)
        passed.difference_update(failed)


def _why(row: Json, check: RowCheck, addresses: Addresses) -> str:
    """Why a row that failed is not one that was asked for, as a code for the wording."""
    if not check.paths:
        return SOMEBODY_ELSE
    references = set(references_at(row, check.paths, addresses))
    foreign = {reference for reference in references if ":" in reference}
    if any("/".join(reference.split("/")[-2:]) in check.wanted for reference in foreign):
        return "other-server"
    types = {reference.partition("/")[0] for reference in check.wanted}
    if any(reference.partition("/")[0] in types for reference in references - foreign):
        return SOMEBODY_ELSE
    if foreign:
        return "other-server"
    return "contained-patient" if any(reference.startswith("#") for reference in references) else "no-patient"
