"""After a write: everybody who may see the rows sees them at once."""

from collections.abc import Iterable

from dashboard.cache.patient_cache import KEPT, KEPT_TIMELINES
from dashboard.cache.team_cache import STORE
from dashboard.fhir.mapping.reading import Json


def tell_written(server: str, resources: Iterable[Json]) -> None:
    """Puts rows as the server stored them into the kept data of every access scope of this server that holds their
    patient.
    """
    rows = list(resources)
    STORE.written(server, rows)
    KEPT.written(server, rows)
    KEPT_TIMELINES.written(server, rows)
