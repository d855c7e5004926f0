"""Several searches of one type, taken together."""

from collections.abc import Sequence
from dataclasses import replace

from dashboard.errors import DashboardError
from dashboard.fhir.search.request import SearchResult


def together(parts: Sequence[SearchResult | DashboardError]) -> SearchResult | DashboardError:
    """Returns what the searches of one type found, each row once; the error of the first that failed."""
    results = []
    for part in parts:
        if isinstance(part, DashboardError):
            return part
        results.append(part)
    if len(results) == 1:
        return results[0]
    return replace(
        results[0],
        rows=list({str(row.get("id")): row for result in results for row in result.rows}.values()),
        included={name: row for result in results for name, row in result.included.items()},
        truncated=any(result.truncated for result in results),
        notices=tuple(dict.fromkeys(notice for result in results for notice in result.notices)),
        missing=tuple(sorted({patient for result in results for patient in result.missing})),
        failure=next((result.failure for result in results if result.failure is not None), None),
        left_out=tuple(dict.fromkeys(each for result in results for each in result.left_out)),
    )
