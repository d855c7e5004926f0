"""After a write: everybody who may see the rows sees them at once."""

from collections.abc import Iterable

from dashboard.gateway.mapping.reading import Json
from dashboard.queries.kept_patients import KEPT, KEPT_TIMELINES
from dashboard.queries.team_data import STORE


def tell_written(server: str, resources: Iterable[Json]) -> None:
    """Puts rows as the server stored them into the kept data of every access scope of this server that holds their
    patient.
    """
    rows = list(resources)
    STORE.written(server, rows)
    KEPT.written(server, rows)
    KEPT_TIMELINES.written(server, rows)
