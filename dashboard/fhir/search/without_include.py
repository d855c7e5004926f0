"""What a server without `_include` or `_revinclude` gets: the records are read by more searches.

* Without `_include`: the records that the rows refer to, by lists of ids (`Practitioner?_id=d1,d2`), one search or more
  a type. `iterate:` includes are followed over DEEPEST_ITERATION levels.
* Without `_revinclude`: the records that refer to the rows, by lists of references (`Provenance?target=CarePlan/1`).

Whether a server includes is in its CapabilityStatement. Where it does not say, the server was asked to include, and
only what did not come is read here. The same holds where a page has about as many included records as servers send
at most: HAPI FHIR stops at 1,000 and says nothing. A reading that the server made necessary gives a notice, and nothing
is missing.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from dashboard.domain.record.views import Notice
from dashboard.fhir.client.addresses import Addresses
from dashboard.fhir.search.fetch import Fetcher
from dashboard.fhir.search.includes import included_references
from dashboard.fhir.search.notices import NoticeKind
from dashboard.fhir.search.plan import Plan

Json = dict[str, Any]

MOST_INCLUDED = 800  # records; a page with more may lack some
DEEPEST_ITERATION = 4  # levels of an `iterate:` include that are followed by searches of our own


def read_what_was_not_included(
    plan: Plan,
    rows: Mapping[str, Json],
    pool: dict[str, Json],
    fetcher: Fetcher,
    addresses: Addresses,
    *,
    may_be_cut: bool = False,
) -> list[Notice]:
    """Adds to the pool, by `Type/id`, what the request includes and the server did not send; returns the notices.
    `may_be_cut` says that a page has so many included records that others may be missing.
    """
    notices: list[Notice] = []
    for text in plan.revincludes_to_read:
        pool |= _read_referring(text, rows, fetcher)
        notices.append(Notice(NoticeKind.NO_REVINCLUDE, text))
    for text in plan.revincludes_unsure:
        resource_type = text.split(":")[0]
        if rows and not any(key.startswith(f"{resource_type}/") for key in pool):
            pool |= _read_referring(text, rows, fetcher)
    if may_be_cut:
        for text in plan.request.revinclude:
            # What refers to included records is left to the caller, as its type is not known here.
            if not text.startswith("iterate:") and text not in plan.revincludes_to_read:
                pool |= _read_referring(text, rows, fetcher)
    included = plan.request.include if may_be_cut else (*plan.includes_to_read, *plan.includes_unsure)
    for text in included:
        if _read_referenced(text, rows, pool, fetcher, addresses):
            notices.append(Notice(NoticeKind.NO_INCLUDE, text.removeprefix("iterate:")))
    return notices


def _read_referenced(
    text: str, rows: Mapping[str, Json], pool: dict[str, Json], fetcher: Fetcher, addresses: Addresses
) -> bool:
    """Adds to the pool what `_include=text` would have brought; returns whether anything had to be read."""
    iterating, had_to_read = text.startswith("iterate:"), False
    for _ in range(DEEPEST_ITERATION if iterating else 1):
        sources = [*rows.values(), *pool.values()] if iterating else [*rows.values()]
        missing = included_references(text, sources, addresses) - pool.keys() - rows.keys()
        if not missing:
            break
        had_to_read, before = True, len(pool)
        for resource_type, ids in _ids_by_type(missing).items():
            pool |= fetcher.read_by_lists(resource_type, "_id", ids)
        if len(pool) == before:
            break
    return had_to_read


def _read_referring(text: str, rows: Mapping[str, Json], fetcher: Fetcher) -> dict[str, Json]:
    resource_type, parameter = text.split(":")[:2]
    return fetcher.read_by_lists(resource_type, parameter, rows)


def _ids_by_type(references: Iterable[str]) -> dict[str, list[str]]:
    ids: dict[str, list[str]] = {}
    for reference in sorted(references):
        resource_type, _, resource_id = reference.partition("/")
        ids.setdefault(resource_type, []).append(resource_id)
    return ids
