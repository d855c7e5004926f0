"""After a write: everybody who may see the rows sees them at once."""

from collections.abc import Iterable

from dashboard.cache.patient_cache import SUMMARY_CACHE, TIMELINE_CACHE
from dashboard.cache.team_cache import TEAM_CACHE
from dashboard.fhir.mapping.reading import Json


def publish_changes(server: str, resources: Iterable[Json]) -> None:
    """Puts rows as the server stored them into the kept data of every access scope of this server that holds their
    patient.
    """
    rows = list(resources)
    TEAM_CACHE.written(server, rows)
    SUMMARY_CACHE.written(server, rows)
    TIMELINE_CACHE.written(server, rows)
