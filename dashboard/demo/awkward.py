"""Records that real feeds bring and that software trips over, one kind a function; who has which is in awkward.yaml."""

from dashboard.demo.fhir import Json
from dashboard.demo.records import Writer


def change(w: Writer, made: list[Json]) -> list[Json]:
    """The record made awkward in the way of its patient."""
    return made
