"""Step 3 of a search: every row must be one that was asked for.

Some servers ignore a search parameter that they do not know and return everybody's rows. So each row of a search for
named patients, records or ids is checked by the elements that the parameter searches. One wrong row refuses the whole
answer: who gets one cannot know what else is wrong.
"""

from dashboard.errors import UnexpectedAnswer
from dashboard.fhir.search.pages import Pages
from dashboard.fhir.search.plan import Plan
from dashboard.fhir.search.references import Addresses
from dashboard.fhir.search.row_tests import is_about


def check_rows(plan: Plan, part: Pages, addresses: Addresses) -> None:
    """Raises UnexpectedAnswer if a row fails a check of the plan, or is not about the patients that were asked for."""
    tests = [*plan.checks]
    if part.patients:
        tests.append(is_about(plan.request.type, part.patients, addresses))
    for test in tests:
        if not all(map(test, part.rows.values())):
            raise UnexpectedAnswer("search-unwanted-records", what=plan.request.type)
