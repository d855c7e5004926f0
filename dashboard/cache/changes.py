"""Publishes what a writer of this process saved: everybody who may see the resources has them at once."""

from collections.abc import Iterable

from dashboard.cache.change_feed import CHANGE_FEED, Change, ChangeKind
from dashboard.cache.team_cache import TEAM_CACHE
from dashboard.cache.team_resources import patients_of
from dashboard.domain.values.datatypes import Reference
from dashboard.fhir.mapping.elements import Json
from dashboard.fhir.mapping.reading import version


def publish_changes(server: str, resources: Iterable[Json]) -> None:
    """Puts resources, as the server stored them, into every cached value of this server that has their patients, and
    tells whoever follows these patients.
    """
    rows = list(resources)
    TEAM_CACHE.put(server, rows)
    CHANGE_FEED.publish(written_changes(server, rows))


def written_changes(server: str, resources: Iterable[Json]) -> list[Change]:
    """Returns a change for each resource that this process has written."""
    return [
        Change(
            server,
            frozenset(patients_of(row)),
            Reference(str(row.get("resourceType")), str(row.get("id"))),
            version(row),
            ChangeKind.WRITTEN,
        )
        for row in resources
    ]
