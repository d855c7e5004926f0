"""Which of some resources a server already has, so that nothing a user changed is written over."""

from collections.abc import Iterable

from dashboard.errors import DashboardError, NotFound, ServerUnavailable
from dashboard.fhir.port import FhirServer
from dashboard.fhir.search.request import SearchRequest, SearchResult

# Ids a search: 100 UUIDs stay under the 8 kB that servers commonly take as an address.
CHUNK = 100


def existing(fhir: FhirServer, wanted: Iterable[tuple[str, str]]) -> set[str]:
    """Of (type, id) pairs, those that are there, as "Type/id". Raises ServerUnavailable."""
    by_type: dict[str, list[str]] = {}
    for kind, id_ in wanted:
        by_type.setdefault(kind, []).append(id_)
    chunks = [
        (kind, ids[start : start + CHUNK]) for kind, ids in by_type.items() for start in range(0, len(ids), CHUNK)
    ]
    # Fresh: who asks is about to write, and another process may just have done so.
    asked = [
        SearchRequest(kind, (("_id", ",".join(ids)), ("_elements", "id")), page_size=len(ids), fresh=True)
        for kind, ids in chunks
    ]
    present: set[str] = set()
    for (kind, ids), result in zip(chunks, fhir.try_all(asked) if asked else [], strict=True):
        if isinstance(result, ServerUnavailable):
            raise result
        if isinstance(result, SearchResult):
            present |= {f"{kind}/{row['id']}" for row in result.rows if row["id"] in ids}
        else:
            # A server that cannot search by _id is asked one by one.
            present |= {f"{kind}/{id_}" for id_ in ids if _is_there(fhir, kind, id_)}
    return present


def _is_there(fhir: FhirServer, kind: str, id_: str) -> bool:
    try:
        fhir.read(kind, id_)
    except ServerUnavailable:
        raise
    except NotFound:
        return False
    except DashboardError:
        # Deleted, or not readable: the write shows which.
        return False
    return True
